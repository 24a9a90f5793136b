//! DescribeDaemonTaskDefinition.

use super::{document, find, named, unknown};
use crate::common::Ctx;
use api::ecs;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DescribeDaemonTaskDefinitionRequest,
) -> Result<ecs::DescribeDaemonTaskDefinitionResponse, Fault> {
    let named = named(ctx.scope(), input.daemon_task_definition.as_deref().unwrap_or_default())?;
    let record = find(&ctx.snapshot(), &named).ok_or_else(unknown)?;
    Ok(ecs::DescribeDaemonTaskDefinitionResponse {
        daemon_task_definition: Some(document::shown(ctx.scope(), &record)),
    })
}
