//! PutAccountSettingDefault: the account chooses for all who have not.

use super::{facts, principal, put};
use crate::common::Ctx;
use api::ecs;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::PutAccountSettingDefaultRequest,
) -> Result<ecs::PutAccountSettingDefaultResponse, Fault> {
    let fact = facts::named(input.name.as_deref())?;
    let root = principal::root(ctx.scope());
    let setting = put::choose(&ctx, fact, input.value.unwrap_or_default(), &root).await?;
    Ok(ecs::PutAccountSettingDefaultResponse { setting: Some(setting) })
}
