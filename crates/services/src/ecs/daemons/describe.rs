//! DescribeDaemon.

use super::{arns, find, render};
use crate::common::Ctx;
use api::ecs;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::DescribeDaemonRequest) -> Result<ecs::DescribeDaemonResponse, Fault> {
    let named = arns::read_daemon(ctx.scope(), input.daemon_arn.as_deref())?;
    let view = ctx.snapshot();
    let daemon = find(&view, &named)?;
    Ok(ecs::DescribeDaemonResponse {
        daemon: Some(render::daemon(&view, ctx.scope(), &daemon)),
    })
}
