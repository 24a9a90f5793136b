//! DescribeLogGroups.

use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::logs::{bad, names};
use api::logs;
use model::LogGroup;
use store::Key;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "DescribeLogGroups",
    default: 50,
    max: 50,
};

pub async fn run(ctx: Ctx, input: logs::DescribeLogGroupsRequest) -> Result<logs::DescribeLogGroupsResponse, Fault> {
    let named = [&input.log_group_name_prefix, &input.log_group_name_pattern];
    if named.iter().all(|given| given.is_some()) {
        let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        return Err(bad(message));
    }
    if input.log_group_identifiers.is_some()
        && (named.iter().any(|given| given.is_some()) || input.log_group_class.is_some())
    {
        let message = "LogGroup identifiers and other filters are mutually exclusive parameters.";
        return Err(bad(message));
    }
    let after = PAGING
        .after(input.next_token.as_deref())
        .map_err(|_| bad("The specified nextToken is invalid."))?;
    let size = PAGING
        .size(input.limit)
        .ok_or_else(|| bad("The limit is not between 1 and 50."))?;
    let prefix = input.log_group_name_prefix.unwrap_or_default();
    let brief = input.log_group_name_pattern.is_some();
    let pattern = input.log_group_name_pattern.unwrap_or_default();
    let asked = input.log_group_identifiers.map(|asked| {
        // What names nothing here is not found, and no fault.
        let names = asked.iter().filter_map(|id| names::of_identifier(&ctx, id).ok());
        names.collect::<Vec<_>>()
    });
    let class = input.log_group_class;
    let snapshot = ctx.snapshot();
    let groups = snapshot
        .scan_after::<LogGroup>(&Key::all(), after.as_ref())
        .filter(|group| {
            group.name.starts_with(&prefix)
                && group.name.contains(&pattern)
                && asked.as_ref().is_none_or(|asked| asked.contains(&group.name))
                && class.as_ref().is_none_or(|class| is_of_class(group, class))
        });
    let page = PAGING.page(
        size,
        groups.map(|group| (LogGroup::key_of(&group.name), show(&ctx, &group, brief))),
    );
    Ok(logs::DescribeLogGroupsResponse {
        log_groups: Some(page.items),
        next_token: page.next,
    })
}

/// The two classes that cost less are asked for together.
fn is_of_class(group: &LogGroup, class: &str) -> bool {
    let cheap = |class: &str| matches!(class, "INFREQUENT_ACCESS" | "ESSENTIALS");
    group.class == class || (cheap(&group.class) && cheap(class))
}

/// `brief`: who asked by a pattern is told less.
fn show(ctx: &Ctx, group: &LogGroup, brief: bool) -> logs::LogGroup {
    let arn = names::arn(ctx, &group.name);
    let shown = logs::LogGroup {
        log_group_name: Some(group.name.clone()),
        creation_time: Some(group.created_at.millis()),
        arn: Some(format!("{arn}:*")),
        ..Default::default()
    };
    if brief {
        return shown;
    }
    logs::LogGroup {
        retention_in_days: group.retention_days.and_then(|days| i32::try_from(days).ok()),
        metric_filter_count: Some(0),
        log_group_arn: Some(arn),
        stored_bytes: i64::try_from(ctx.world.logs.bytes(&group.name)).ok(),
        kms_key_id: group.kms_key.clone(),
        log_group_class: Some(group.class.clone()),
        deletion_protection_enabled: Some(group.deletion_protected),
        ..shown
    }
}
