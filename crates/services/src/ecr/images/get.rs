//! BatchGetImage: manifests, for those who are about to pull.

use super::name::{Unknown, find, identifier};
use crate::common::Ctx;
use crate::ecr::access::may;
use crate::ecr::{names, shelf};
use api::ecr;
use model::registry::{Manifest, change};
use std::sync::Arc;
use wire::Fault;

/// Of all manifests in one answer.
const MOST_BYTES: u64 = 16 << 20;

pub async fn run(ctx: Ctx, input: ecr::BatchGetImageRequest) -> Result<ecr::BatchGetImageResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    may(&ctx, &view, "ecr:BatchGetImage", &id)?;
    let accepted = input.accepted_media_types;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for named in input.image_ids.unwrap_or_default() {
        let is_accepted = |m: &Manifest| accepted.as_ref().is_none_or(|kinds| kinds.contains(&m.media_type));
        match find(&view, &id, &named) {
            Ok(manifest) if manifest.archived_at.is_some() => failures.push(Unknown::Archived.failure(&named)),
            Ok(manifest) if is_accepted(&manifest) => found.push((manifest, named.image_tag)),
            Ok(_) => failures.push(Unknown::NotFound.failure(&named)),
            Err(unknown) => failures.push(unknown.failure(&named)),
        }
    }
    if found.iter().map(|(manifest, _)| manifest.size).sum::<u64>() > MOST_BYTES {
        let message = format!("The manifests have more than {MOST_BYTES} bytes together: ask for fewer");
        return Err(Fault::new(&ecr::fault::LimitExceededException, message));
    }
    note_pulls(&ctx, found.iter().map(|(manifest, _)| manifest)).await?;
    let mut images = Vec::with_capacity(found.len());
    for (manifest, tag) in found {
        images.push(ecr::Image {
            registry_id: Some(id.registry.clone()),
            repository_name: Some(id.name.clone()),
            image_id: Some(identifier(&manifest.digest, tag)),
            image_manifest: Some(shelf::document(&ctx, &manifest).await?),
            image_manifest_media_type: Some(manifest.media_type.clone()),
        });
    }
    Ok(ecr::BatchGetImageResponse {
        images: Some(images),
        failures: Some(failures),
    })
}

/// Writes down that these were pulled, where it is worth it.
async fn note_pulls(ctx: &Ctx, pulled: impl Iterator<Item = &Arc<Manifest>>) -> Result<(), Fault> {
    let view = ctx.snapshot();
    let worth = |m: &&Arc<Manifest>| change::is_worth_noting(&view, m, &ctx.caller.arn, ctx.now());
    let worth: Vec<Arc<Manifest>> = pulled.filter(worth).cloned().collect();
    if worth.is_empty() {
        return Ok(());
    }
    ctx.write(move |tx| {
        for manifest in &worth {
            change::note_pull(tx, &manifest.repository, &manifest.digest);
        }
        Ok(())
    })
    .await
}
