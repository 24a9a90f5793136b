//! SubmitAttachmentStateChanges.

use super::{ACK, no_attachments};
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::SubmitAttachmentStateChangesRequest,
) -> Result<ecs::SubmitAttachmentStateChangesResponse, Fault> {
    let cluster = names::cluster_name(ctx.scope(), input.cluster.as_deref())?;
    names::active_cluster(&ctx.snapshot(), &cluster)?;
    no_attachments(input.attachments.as_deref().unwrap_or_default())?;
    Ok(ecs::SubmitAttachmentStateChangesResponse {
        acknowledgment: Some(ACK.to_string()),
    })
}
