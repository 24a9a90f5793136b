//! SubmitAttachmentStateChanges.

use super::{ACK, known_attachments};
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::SubmitAttachmentStateChangesRequest,
) -> Result<ecs::SubmitAttachmentStateChangesResponse, Fault> {
    let cluster = names::cluster_name(ctx.scope(), input.cluster.as_deref())?;
    let view = ctx.snapshot();
    names::active_cluster(&view, &cluster)?;
    known_attachments(&view, ctx.scope(), input.attachments.as_deref().unwrap_or_default())?;
    Ok(ecs::SubmitAttachmentStateChangesResponse {
        acknowledgment: Some(ACK.to_string()),
    })
}
