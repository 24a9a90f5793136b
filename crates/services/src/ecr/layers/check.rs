//! BatchCheckLayerAvailability.

use crate::common::Ctx;
use crate::ecr::access::may;
use crate::ecr::{names, shelf};
use api::ecr;
use model::registry::{BlobLink, Manifest, RepositoryId, change, digest_is_good};
use store::View;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecr::BatchCheckLayerAvailabilityRequest,
) -> Result<ecr::BatchCheckLayerAvailabilityResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    may(&ctx, &view, "ecr:BatchCheckLayerAvailability", &id)?;
    let (mut layers, mut failures, mut here) = (Vec::new(), Vec::new(), Vec::new());
    for digest in input.layer_digests.unwrap_or_default() {
        if !digest_is_good(&digest) {
            let code = match digest.is_empty() {
                true => "MissingLayerDigest",
                false => "InvalidLayerDigest",
            };
            failures.push(ecr::LayerFailure {
                layer_digest: Some(digest),
                failure_code: Some(code.to_string()),
                failure_reason: Some("Invalid request parameters: layer digest".to_string()),
            });
            continue;
        }
        let link = view.get::<BlobLink>(&BlobLink::key_of(&id, &digest));
        // Whoever hears that it is here does not send it: content that was lost must not be promised.
        let link = match link {
            Some(link) if shelf::has(&ctx, &link).await? => Some(link),
            _ => None,
        };
        let availability = match &link {
            None => "UNAVAILABLE",
            Some(_) if change::is_archived(&view, &id, &digest) => "ARCHIVED",
            Some(_) => "AVAILABLE",
        };
        here.extend(link.is_some().then(|| digest.clone()));
        layers.push(ecr::Layer {
            layer_availability: Some(availability.to_string()),
            layer_size: link.as_ref().and_then(|link| i64::try_from(link.size).ok()),
            media_type: link.is_some().then(|| media_type(&view, &id, &digest)).flatten(),
            layer_digest: Some(digest),
        });
    }
    keep_links(&ctx, &id, here).await?;
    Ok(ecr::BatchCheckLayerAvailabilityResponse {
        layers: Some(layers),
        failures: Some(failures),
    })
}

/// As an image of the repository says it.
fn media_type(view: &View, id: &RepositoryId, digest: &str) -> Option<String> {
    let user = change::user_of(view, id, digest)?;
    let user = view.get::<Manifest>(&Manifest::key_of(id, &user))?;
    let part = user.blobs().find(|part| part.digest == digest)?;
    Some(part.media_type.clone())
}

/// Whoever hears that a layer is here may build on it: a link that no image uses is as good as new from then.
async fn keep_links(ctx: &Ctx, id: &RepositoryId, here: Vec<String>) -> Result<(), Fault> {
    let view = ctx.snapshot();
    let old = |digest: &String| {
        let link = view.get::<BlobLink>(&BlobLink::key_of(id, digest));
        let old = link.is_some_and(|link| ctx.now().since(link.linked_at) > change::RENEW_MS);
        old && change::user_of(&view, id, digest).is_none()
    };
    let old: Vec<String> = here.into_iter().filter(old).collect();
    if old.is_empty() {
        return Ok(());
    }
    let id = id.clone();
    ctx.write(move |tx| {
        for digest in &old {
            let link = tx.get::<BlobLink>(&BlobLink::key_of(&id, digest));
            let size = link.map(|link| link.size);
            if let Some(size) = size {
                change::link(tx, &id, digest, size).map_err(|refused| crate::ecr::fault::refused(refused, &id))?;
            }
        }
        Ok(())
    })
    .await
}
