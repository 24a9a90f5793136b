//! DeleteLogGroup: the events, then the group.
//!
//! In this order, so that a crash in between leaves a group without events, which can be deleted again. What is said
//! in the group in between goes behind it; and what a crash keeps of that is swept away at the next start.

use crate::common::Ctx;
use crate::logs::{names, not_kept};
use api::logs;
use model::LogGroup;
use wire::Fault;
use wire::service::Empty;

pub async fn run(ctx: Ctx, input: logs::DeleteLogGroupRequest) -> Result<Empty, Fault> {
    let name = input.log_group_name.unwrap_or_default();
    may_go(&names::group(&ctx.snapshot(), &name)?)?;
    ctx.world.logs.remove_group(&name).await.map_err(not_kept)?;
    let gone = name.clone();
    ctx.write(move |tx| {
        may_go(&names::group_in(tx, &name)?)?;
        tx.delete::<LogGroup>(&LogGroup::key_of(&name));
        Ok(Empty)
    })
    .await?;
    ctx.world.logs.remove_group(&gone).await.map_err(not_kept)?;
    Ok(Empty)
}

fn may_go(group: &LogGroup) -> Result<(), Fault> {
    if group.deletion_protected {
        let message = "The log group has deletion protection enabled.";
        return Err(Fault::new(&logs::fault::ValidationException, message));
    }
    Ok(())
}
