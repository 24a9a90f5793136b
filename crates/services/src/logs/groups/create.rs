//! CreateLogGroup.

use crate::common::{Ctx, tags};
use crate::logs::{bad, exists};
use api::logs;
use model::{LogGroup, Tag};
use wire::Fault;
use wire::service::Empty;

pub async fn run(ctx: Ctx, input: logs::CreateLogGroupRequest) -> Result<Empty, Fault> {
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
            return Err(exists("The specified log group already exists"));
        }
        let mut group = LogGroup::new(name.clone(), tx.now());
        group.class = class.clone().unwrap_or(group.class);
        group.kms_key = kms_key.clone();
        group.tags = given.clone();
        group.deletion_protected = protected;
        tx.put(group);
        Ok(Empty)
    })
    .await
}
