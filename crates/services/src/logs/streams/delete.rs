//! DeleteLogStream.

use crate::common::Ctx;
use crate::logs::{names, no_stream, not_kept};
use api::logs;
use wire::Fault;
use wire::service::Empty;

pub async fn run(ctx: Ctx, input: logs::DeleteLogStreamRequest) -> Result<Empty, Fault> {
    let group = input.log_group_name.unwrap_or_default();
    let stream = input.log_stream_name.unwrap_or_default();
    let record = names::group(&ctx.snapshot(), &group)?;
    if record.deletion_protected {
        let message = "The log group has deletion protection enabled.";
        return Err(Fault::new(&logs::fault::ValidationException, message));
    }
    match ctx.world.logs.remove_stream(&group, &stream).await.map_err(not_kept)? {
        true => Ok(Empty),
        false => Err(no_stream()),
    }
}
