//! PutImage.

use super::name::identifier;
use crate::common::Ctx;
use crate::ecr::access::may;
use crate::ecr::{fault, names, shelf};
use api::ecr;
use model::registry::{Manifest, change, document, tag_is_good};
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecr::PutImageRequest) -> Result<ecr::PutImageResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    may(&ctx, &ctx.snapshot(), "ecr:PutImage", &id)?;
    let text = input.image_manifest.unwrap_or_default();
    let media_type = input.image_manifest_media_type.filter(|kind| !kind.is_empty());
    let Some(media_type) = media_type.or_else(|| document::media_type(text.as_bytes())) else {
        let why = "the manifest does not tell its media type, nor does imageManifestMediaType";
        return Err(fault::invalid_at("imageManifest", why));
    };
    let read = document::read(&id, text.as_bytes(), &media_type);
    let manifest = read.map_err(|why| fault::invalid_at("imageManifest", &format!("Invalid image manifest: {why}")))?;
    if input.image_digest.is_some_and(|said| said != manifest.digest) {
        return Err(Fault::new(
            &ecr::fault::ImageDigestDoesNotMatchException,
            format!(
                "The specified image digest does not match the digest that was calculated for the image: {}",
                manifest.digest
            ),
        ));
    }
    let agrees = change::agrees(&ctx.snapshot(), &id, &document::listed(text.as_bytes()));
    agrees.map_err(|refused| fault::refused(refused, &id))?;
    let tag = input.image_tag;
    if tag.as_ref().is_some_and(|tag| !tag_is_good(tag)) {
        return Err(fault::invalid_at("imageTag", "it is no tag"));
    }
    let pinned = ctx.world.shelf.content.put(text.clone().into_bytes().into()).await;
    let pinned = pinned.map_err(shelf::disk)?;
    let (tags, caller, digest): (Vec<String>, _, _) =
        (tag.iter().cloned().collect(), ctx.clone(), manifest.digest.clone());
    let to = id.clone();
    shelf::write_pinned(&ctx, pinned, move |tx| {
        may(&caller, tx, "ecr:PutImage", &to)?;
        let manifest = Manifest {
            pushed_at: tx.now(),
            ..manifest.clone()
        };
        let digest = manifest.digest.clone();
        let put = change::put_manifest(tx, manifest, &tags).map_err(|refused| fault::refused(refused, &to))?;
        if !put.is_news() {
            let tag = tags.first().map_or("null", String::as_str);
            let message = format!(
                "Image with digest '{digest}' and tag '{tag}' already exists in {}",
                fault::place(&to)
            );
            return Err(Fault::new(&ecr::fault::ImageAlreadyExistsException, message));
        }
        Ok(())
    })
    .await?;
    Ok(ecr::PutImageResponse {
        image: Some(ecr::Image {
            registry_id: Some(id.registry),
            repository_name: Some(id.name),
            image_id: Some(identifier(&digest, tag)),
            image_manifest: Some(text),
            image_manifest_media_type: Some(media_type),
        }),
    })
}
