//! GetDownloadUrlForLayer: an address of the registry's own door, with the permission written into it.

use crate::common::Ctx;
use crate::ecr::access::may;
use crate::ecr::{fault, names};
use api::ecr;
use model::registry::change;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecr::GetDownloadUrlForLayerRequest,
) -> Result<ecr::GetDownloadUrlForLayerResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    may(&ctx, &view, "ecr:GetDownloadUrlForLayer", &id)?;
    let digest = input.layer_digest.unwrap_or_default();
    if change::user_of(&view, &id, &digest).is_none() {
        return Err(fault::no_layer(&id, &digest));
    }
    if change::is_archived(&view, &id, &digest) {
        let message = format!("The layer with digest '{digest}' is in the archive: restore its image first");
        return Err(Fault::new(&ecr::fault::LayerInaccessibleException, message));
    }
    let (shelf, caller) = (&ctx.world.shelf, &ctx.caller);
    let pass = shelf
        .tokens
        .pass(&id, &digest, (&caller.arn, &caller.user_id), ctx.now());
    let (host, name, region, pass) = (&shelf.host, &id.name, &id.region, pass.reveal());
    Ok(ecr::GetDownloadUrlForLayerResponse {
        download_url: Some(format!(
            "http://{host}/v2/{name}/blobs/{digest}?region={region}&pass={pass}"
        )),
        layer_digest: Some(digest),
    })
}
