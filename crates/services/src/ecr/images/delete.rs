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
    let (mut left, mut gone) = (input.image_ids.unwrap_or_default(), Vec::new());
    loop {
        let (caller, id) = (ctx.clone(), id.clone());
        let step = ctx.write(move |tx| {
            may(&caller, tx, "ecr:BatchDeleteImage", &id)?;
            delete_some(tx, &id, &left)
        });
        let step = step.await?;
        gone.extend(step.gone);
        if !step.more {
            let failures = step.failures.iter().map(|(unknown, one)| unknown.failure(one));
            return Ok(ecr::BatchDeleteImageResponse {
                image_ids: Some(gone),
                failures: Some(failures.collect()),
            });
        }
        left = step.failures.into_iter().map(|(_, one)| one).chain(step.left).collect();
    }
}

/// Tags and images that one transaction takes away, about: a hundred images may have many tags.
const AT_ONCE: usize = 5_000;

#[derive(Default)]
struct Step {
    gone: Vec<ecr::ImageIdentifier>,
    failures: Vec<(Unknown, ecr::ImageIdentifier)>,
    /// Not looked at yet.
    left: Vec<ecr::ImageIdentifier>,
    /// There is more to do, also of what failed for now.
    more: bool,
}

fn delete_some(tx: &mut Tx, id: &RepositoryId, named: &[ecr::ImageIdentifier]) -> Result<Step, Fault> {
    let mut step = Step {
        left: named.to_vec(),
        ..Step::default()
    };
    // What an index lists goes when the index has gone, in whatever order they were named.
    loop {
        let before = step.gone.len();
        let mut left = std::mem::take(&mut step.left).into_iter();
        for one in left.by_ref() {
            match delete(tx, id, &one)? {
                Ok(deleted) => step.gone.extend(deleted),
                Err(unknown) => step.failures.push((unknown, one)),
            }
            if step.gone.len() >= AT_ONCE {
                break;
            }
        }
        step.left = left.collect();
        let waits = |(unknown, _): &(Unknown, _)| matches!(unknown, Unknown::Listed(_));
        let waits = step.failures.iter().any(waits);
        if step.gone.len() >= AT_ONCE {
            step.more = waits || !step.left.is_empty();
            return Ok(step);
        }
        if step.gone.len() == before || !waits {
            return Ok(step);
        }
        step.left = step.failures.drain(..).map(|(_, one)| one).collect();
    }
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
