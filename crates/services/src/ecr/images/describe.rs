//! DescribeImages: those that are named, or all that a filter lets through, page by page.

use super::name::{Unknown, find, is_wanted, status};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecr::access::may;
use crate::ecr::{fault, names, pages};
use api::ecr;
use model::registry::{Manifest, RepositoryId, change};
use store::View;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "DescribeImages",
    default: 100,
    max: 1000,
};

pub async fn run(ctx: Ctx, input: ecr::DescribeImagesRequest) -> Result<ecr::DescribeImagesResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    may(&ctx, &view, "ecr:DescribeImages", &id)?;
    let filter = input.filter.unwrap_or_default();
    if let Some(named) = input.image_ids {
        pages::alone(input.next_token.as_deref(), input.max_results, "imageIds")?;
        let details = named.iter().map(|one| match find(&view, &id, one) {
            Ok(manifest) => Ok(show(&view, &manifest)),
            Err(Unknown::Nothing) => Err(fault::invalid_at("imageIds", "both tag and digest cannot be null")),
            Err(Unknown::BadDigest) => Err(fault::invalid_at("imageDigest", "it is no digest")),
            Err(_) => Err(fault::no_image(
                &id,
                one.image_digest.as_deref(),
                one.image_tag.as_deref(),
            )),
        });
        return Ok(ecr::DescribeImagesResponse {
            image_details: Some(details.collect::<Result<_, Fault>>()?),
            next_token: None,
        });
    }
    let (size, after) = pages::window(&PAGING, &id.key(), input.max_results, input.next_token.as_deref())?;
    let found = view.scan_after::<Manifest>(&id.key(), after.as_ref());
    let found = found.filter(|manifest| {
        let tagged = || !change::tags_of(&view, &id, &manifest.digest).is_empty();
        let of_status = match filter.tag_status.as_deref() {
            Some("TAGGED") => tagged(),
            Some("UNTAGGED") => !tagged(),
            _ => true,
        };
        of_status && is_wanted(manifest, filter.image_status.as_deref())
    });
    let page = PAGING.page(size, found.map(|m| (Manifest::key_of(&id, &m.digest), show(&view, &m))));
    Ok(ecr::DescribeImagesResponse {
        image_details: Some(page.items),
        next_token: page.next,
    })
}

fn show(view: &View, manifest: &Manifest) -> ecr::ImageDetail {
    let id = &manifest.repository;
    let tags = change::tags_of(view, id, &manifest.digest);
    let tags: Vec<String> = tags.iter().map(|tag| tag.tag.clone()).collect();
    ecr::ImageDetail {
        registry_id: Some(id.registry.clone()),
        repository_name: Some(id.name.clone()),
        image_digest: Some(manifest.digest.clone()),
        image_tags: Some(tags).filter(|tags| !tags.is_empty()),
        image_size_in_bytes: i64::try_from(bytes(view, id, manifest)).ok(),
        image_pushed_at: Some(manifest.pushed_at),
        image_manifest_media_type: Some(manifest.media_type.clone()),
        artifact_media_type: manifest.artifact_type.clone().or_else(|| {
            let config = manifest.config.as_ref();
            config.map(|config| config.media_type.clone())
        }),
        last_recorded_pull_time: manifest.pulled_at,
        subject_manifest_digest: manifest.subject.clone(),
        image_status: Some(status(manifest).to_string()),
        last_archived_at: manifest.last_archived_at,
        last_activated_at: manifest.last_activated_at,
        ..Default::default()
    }
}

/// Of an index: the bytes of the largest that it lists.
fn bytes(view: &View, id: &RepositoryId, manifest: &Manifest) -> u64 {
    let listed = manifest.manifests.iter();
    let listed = listed.filter_map(|digest| view.get::<Manifest>(&Manifest::key_of(id, digest)));
    let largest = listed.map(|m| m.image_bytes()).max();
    largest.unwrap_or_else(|| manifest.image_bytes())
}
