//! PutLogGroupDeletionProtection.

use crate::common::Ctx;
use crate::logs::names;
use api::logs;
use wire::Fault;
use wire::service::Empty;

pub async fn run(ctx: Ctx, input: logs::PutLogGroupDeletionProtectionRequest) -> Result<Empty, Fault> {
    let name = names::of_identifier(&ctx, &input.log_group_identifier.unwrap_or_default())?;
    let protected = input.deletion_protection_enabled.unwrap_or_default();
    ctx.write(move |tx| {
        let mut group = names::group_in(tx, &name)?;
        group.deletion_protected = protected;
        tx.put(group);
        Ok(Empty)
    })
    .await
}
