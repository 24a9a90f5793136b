//! ListImageReferrers: what is about an image, which itself need not be there.

use super::name::{is_wanted, status};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecr::access::may;
use crate::ecr::{fault, names, pages, shelf};
use api::ecr;
use model::registry::{Manifest, digest_is_good, document};
use std::sync::Arc;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListImageReferrers",
    default: 20,
    max: 50,
};

/// On one page, about: what one image has may go beyond it.
const MOST_ANNOTATIONS: usize = 1 << 20;

pub async fn run(ctx: Ctx, input: ecr::ListImageReferrersRequest) -> Result<ecr::ListImageReferrersResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    may(&ctx, &view, "ecr:BatchGetImage", &id)?;
    let subject = input.subject_id.unwrap_or_default().image_digest.unwrap_or_default();
    if !digest_is_good(&subject) {
        return Err(fault::invalid_at("subjectId", "it is no digest"));
    }
    let filter = input.filter.unwrap_or_default();
    let kinds = filter.artifact_types.unwrap_or_default();
    let (size, after) = pages::window(&PAGING, &id.key(), input.max_results, input.next_token.as_deref())?;
    let about = Manifest::key_of(&id, &subject);
    let found = view.by_after::<Manifest>(Manifest::BY_SUBJECT, &about, after.as_ref());
    let found = found.filter(|manifest| {
        let kind = manifest.artifact_type.as_ref();
        let of_kind = kinds.is_empty() || kind.is_some_and(|kind| kinds.contains(kind));
        of_kind && is_wanted(manifest, filter.artifact_status.as_deref())
    });
    let found: Vec<Arc<Manifest>> = found.take(size + 1).collect();
    let (mut referrers, mut annotations) = (Vec::new(), 0);
    for manifest in found.iter().take(size) {
        if annotations > MOST_ANNOTATIONS {
            break;
        }
        let one = show(&ctx, manifest).await?;
        annotations += one.annotations.as_ref().map_or(0, document::bytes_of);
        referrers.push(one);
    }
    let keys = found.iter().map(|one| (Manifest::key_of(&id, &one.digest), ()));
    let page = PAGING.page(referrers.len(), keys);
    Ok(ecr::ListImageReferrersResponse {
        referrers: Some(referrers),
        next_token: page.next,
    })
}

async fn show(ctx: &Ctx, manifest: &Arc<Manifest>) -> Result<ecr::ImageReferrer, Fault> {
    let text = shelf::document(ctx, manifest).await?;
    let annotations = document::annotations(text.as_bytes());
    Ok(ecr::ImageReferrer {
        digest: Some(manifest.digest.clone()),
        media_type: Some(manifest.media_type.clone()),
        artifact_type: manifest.artifact_type.clone(),
        size: i64::try_from(manifest.size).ok(),
        annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
        artifact_status: Some(status(manifest).to_string()),
    })
}
