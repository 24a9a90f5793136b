//! Amazon CloudWatch Logs: groups. What is written into them comes with the room for logs.

use crate::common::listing::Paging;
use crate::common::table::{Row, Table};
use crate::common::{Ctx, tags};
use api::logs::{self, op};
use base::Arn;
use model::{LogGroup, Tag};
use store::Key;
use wire::Fault;
use wire::validate::{Violation, coral_message};

const PAGING: Paging = Paging {
    operation: "DescribeLogGroups",
    default: 50,
    max: 50,
};

pub fn table() -> Table {
    Table {
        service: &logs::LOGS,
        invalid: |violations: &[Violation]| bad(coral_message(violations)),
        ledger: &[include_str!("../ledger/logs.txt")],
        rows: vec![
            Row::of::<op::CreateLogGroup, _>(create),
            Row::of::<op::DeleteLogGroup, _>(delete),
            Row::of::<op::DescribeLogGroups, _>(describe),
        ],
    }
}

fn bad(message: impl Into<String>) -> Fault {
    Fault::new(&logs::fault::InvalidParameterException, message)
}

async fn create(ctx: Ctx, input: logs::CreateLogGroupRequest) -> Result<wire::service::Empty, Fault> {
    let name = input.log_group_name.unwrap_or_default();
    if name.starts_with("aws/") {
        return Err(bad("Log groups starting with AWS/ are reserved for AWS."));
    }
    let given = input.tags.unwrap_or_default();
    let given: Vec<Tag> = given.into_iter().map(|(key, value)| Tag { key, value }).collect();
    tags::check(&given).map_err(bad)?;
    let (class, kms_key) = (input.log_group_class, input.kms_key_id);
    let protected = input.deletion_protection_enabled.unwrap_or(false);
    ctx.write(move |tx| {
        if tx.get::<LogGroup>(&LogGroup::key_of(&name)).is_some() {
            let message = "The specified log group already exists";
            return Err(Fault::new(&logs::fault::ResourceAlreadyExistsException, message));
        }
        let created_at = tx.now();
        tx.put(LogGroup {
            name: name.clone(),
            created_at,
            class: class.clone().unwrap_or_else(|| "STANDARD".to_string()),
            kms_key: kms_key.clone(),
            tags: given.clone(),
            deletion_protected: protected,
        });
        Ok(wire::service::Empty)
    })
    .await
}

async fn delete(ctx: Ctx, input: logs::DeleteLogGroupRequest) -> Result<wire::service::Empty, Fault> {
    let key = LogGroup::key_of(&input.log_group_name.unwrap_or_default());
    ctx.write(move |tx| {
        let group = tx.get::<LogGroup>(&key).ok_or_else(|| {
            Fault::new(
                &logs::fault::ResourceNotFoundException,
                "The specified log group does not exist.",
            )
        })?;
        if group.deletion_protected {
            let message = "The log group has deletion protection enabled.";
            return Err(Fault::new(&logs::fault::ValidationException, message));
        }
        tx.delete::<LogGroup>(&key);
        Ok(wire::service::Empty)
    })
    .await
}

async fn describe(ctx: Ctx, input: logs::DescribeLogGroupsRequest) -> Result<logs::DescribeLogGroupsResponse, Fault> {
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        return Err(bad(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let after = PAGING
        .after(input.next_token.as_deref())
        .map_err(|_| bad("The specified nextToken is invalid."))?;
    let size = PAGING
        .size(input.limit)
        .ok_or_else(|| bad("The limit is not between 1 and 50."))?;
    let prefix = input.log_group_name_prefix.unwrap_or_default();
    let pattern = input.log_group_name_pattern.unwrap_or_default().to_lowercase();
    let asked = input
        .log_group_identifiers
        .map(|asked| asked.iter().map(|id| name_of(id).to_string()).collect::<Vec<_>>());
    let class = input.log_group_class;
    let snapshot = ctx.snapshot();
    let groups = snapshot
        .scan_after::<LogGroup>(&Key::all(), after.as_ref())
        .filter(|group| {
            group.name.starts_with(&prefix)
                && group.name.to_lowercase().contains(&pattern)
                && asked.as_ref().is_none_or(|asked| asked.contains(&group.name))
                && class.as_ref().is_none_or(|class| *class == group.class)
        });
    let page = PAGING.page(
        size,
        groups.map(|group| (LogGroup::key_of(&group.name), show(&ctx, &group))),
    );
    Ok(logs::DescribeLogGroupsResponse {
        log_groups: Some(page.items),
        next_token: page.next,
    })
}

/// A group's name, from its name or ARN.
fn name_of(identifier: &str) -> &str {
    let arn = Arn::parse(identifier).and_then(|arn| arn.resource.strip_prefix("log-group:"));
    arn.map_or(identifier, |rest| rest.strip_suffix(":*").unwrap_or(rest))
}

fn show(ctx: &Ctx, group: &LogGroup) -> logs::LogGroup {
    let arn = ctx.scope().arn("logs", &format!("log-group:{}", group.name));
    logs::LogGroup {
        log_group_name: Some(group.name.clone()),
        creation_time: Some(group.created_at.millis()),
        metric_filter_count: Some(0),
        arn: Some(format!("{arn}:*")),
        log_group_arn: Some(arn),
        stored_bytes: Some(0),
        kms_key_id: group.kms_key.clone(),
        log_group_class: Some(group.class.clone()),
        deletion_protection_enabled: Some(group.deletion_protected),
        ..Default::default()
    }
}
