//! CreateLogStream.

use crate::common::Ctx;
use crate::logs::{exists, names, not_kept};
use api::logs;
use wire::Fault;
use wire::service::Empty;

pub async fn run(ctx: Ctx, input: logs::CreateLogStreamRequest) -> Result<Empty, Fault> {
    let group = input.log_group_name.unwrap_or_default();
    let stream = input.log_stream_name.unwrap_or_default();
    names::group(&ctx.snapshot(), &group)?;
    match ctx.world.logs.make_stream(&group, &stream).await.map_err(not_kept)? {
        true => Ok(Empty),
        false => Err(exists("The specified log stream already exists")),
    }
}
