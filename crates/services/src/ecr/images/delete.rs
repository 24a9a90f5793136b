//! BatchDeleteImage: by digest, an image with all its tags; by tag, the tag, and the image with its last one.

use super::name::{Unknown, find, identifier};
use crate::common::Ctx;
use crate::ecr::access::may;
use crate::ecr::{fault, names};
use api::ecr;
use model::registry::{Refused, RepositoryId, change};
use store::Tx;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecr::BatchDeleteImageRequest) -> Result<ecr::BatchDeleteImageResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let named = input.image_ids.unwrap_or_default();
    let caller = ctx.clone();
    ctx.write(move |tx| {
        may(&caller, tx, "ecr:BatchDeleteImage", &id)?;
        let (mut gone, mut left) = (Vec::new(), named.clone());
        // What an index lists goes when the index has gone, in whatever order they were named.
        loop {
            let mut failures = Vec::new();
            let before = gone.len();
            for one in left {
                match delete(tx, &id, &one)? {
                    Ok(deleted) => gone.extend(deleted),
                    Err(unknown) => failures.push((unknown, one)),
                }
            }
            let waits = failures
                .iter()
                .any(|(unknown, _)| matches!(unknown, Unknown::Listed(_)));
            if gone.len() == before || !waits {
                let failures = failures.iter().map(|(unknown, one)| unknown.failure(one));
                return Ok(ecr::BatchDeleteImageResponse {
                    image_ids: Some(gone),
                    failures: Some(failures.collect()),
                });
            }
            left = failures.into_iter().map(|(_, one)| one).collect();
        }
    })
    .await
}

fn delete(
    tx: &mut Tx,
    id: &RepositoryId,
    named: &ecr::ImageIdentifier,
) -> Result<Result<Vec<ecr::ImageIdentifier>, Unknown>, Fault> {
    let manifest = match find(tx, id, named) {
        Ok(manifest) => manifest,
        Err(unknown) => return Ok(Err(unknown)),
    };
    let digest = &manifest.digest;
    let deleted = match &named.image_tag {
        Some(tag) if change::tags_of(tx, id, digest).len() > 1 => change::untag(tx, id, tag).map(|_| vec![tag.clone()]),
        _ => change::delete_manifest(tx, id, digest),
    };
    match deleted {
        Ok(tags) if tags.is_empty() => Ok(Ok(vec![identifier(digest, None)])),
        Ok(tags) => Ok(Ok(tags.into_iter().map(|tag| identifier(digest, Some(tag))).collect())),
        Err(Refused::Listed(by)) => Ok(Err(Unknown::Listed(by))),
        Err(refused) => Err(fault::refused(refused, id)),
    }
}
