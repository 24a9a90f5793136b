//! ListImages: an identifier for each tag, and one for each image that has none.

use super::name::{identifier, is_wanted};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecr::access::may;
use crate::ecr::{names, pages};
use api::ecr;
use model::registry::{Manifest, change};
use store::Key;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListImages",
    default: 100,
    max: 1000,
};

pub async fn run(ctx: Ctx, input: ecr::ListImagesRequest) -> Result<ecr::ListImagesResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    may(&ctx, &view, "ecr:ListImages", &id)?;
    let filter = input.filter.unwrap_or_default();
    let (size, after) = pages::window(&PAGING, &id.key(), input.max_results, input.next_token.as_deref())?;
    let (tagged, untagged) = match filter.tag_status.as_deref() {
        Some("TAGGED") => (true, false),
        Some("UNTAGGED") => (false, true),
        _ => (true, true),
    };
    // A page may end between two tags of an image: the rest of these come first.
    let open = after.as_ref().filter(|key| key.text(DIGEST + 1).is_some());
    let open = open.and_then(|key| view.get::<Manifest>(&Manifest::key_of(&id, &key.text(DIGEST)?)));
    let manifests = view.scan_after::<Manifest>(&id.key(), after.as_ref());
    let entries = open.into_iter().chain(manifests);
    let entries = entries.filter(|manifest| is_wanted(manifest, filter.image_status.as_deref()));
    let entries = entries.flat_map(|manifest| {
        let tags = change::tags_of(&view, &id, &manifest.digest);
        let key = Manifest::key_of(&id, &manifest.digest);
        let bare = (tags.is_empty() && untagged).then(|| (key.clone(), identifier(&manifest.digest, None)));
        let tags = tags.into_iter().filter(|_| tagged).map(move |tag| {
            let name = identifier(&manifest.digest, Some(tag.tag.clone()));
            (key.part(&tag.tag), name)
        });
        bare.into_iter().chain(tags)
    });
    let is_next = |key: &Key| after.as_ref().is_none_or(|after| key > after);
    let page = PAGING.page(size, entries.filter(|(key, _)| is_next(key)));
    Ok(ecr::ListImagesResponse {
        image_ids: Some(page.items),
        next_token: page.next,
    })
}

/// Which part of a manifest's key is its digest, behind registry, region and name.
const DIGEST: usize = 3;
