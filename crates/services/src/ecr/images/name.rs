//! What requests call an image by: its digest, one of its tags, or both.

use api::ecr;
use model::registry::{ImageTag, Manifest, RepositoryId, change, digest_is_good, tag_is_good};
use std::sync::Arc;
use store::View;

/// Why an identifier means nothing, as the batch operations tell it for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    Nothing,
    BadDigest,
    BadTag,
    /// The tag is another image's.
    Mismatch,
    NotFound,
    /// The index of this digest lists it.
    Listed(String),
    /// It is in the archive.
    Archived,
}

impl Unknown {
    pub fn failure(&self, id: &ecr::ImageIdentifier) -> ecr::ImageFailure {
        let (code, reason) = match self {
            Unknown::Nothing => (
                "MissingDigestAndTag",
                "Invalid request parameters: both tag and digest cannot be null".to_string(),
            ),
            Unknown::BadDigest => (
                "InvalidImageDigest",
                "Invalid request parameters: image digest".to_string(),
            ),
            Unknown::BadTag => ("InvalidImageTag", "Invalid request parameters: image tag".to_string()),
            Unknown::Mismatch => (
                "ImageTagDoesNotMatchDigest",
                "The given image tag and image digest do not match".to_string(),
            ),
            Unknown::NotFound => ("ImageNotFound", "Requested image not found".to_string()),
            Unknown::Listed(by) => (
                "ImageReferencedByManifestList",
                format!("Requested image referenced by manifest list: [{by}]"),
            ),
            Unknown::Archived => (
                "ImageInaccessible",
                "Requested image is in the archive: restore it first".to_string(),
            ),
        };
        ecr::ImageFailure {
            image_id: Some(id.clone()),
            failure_code: Some(code.to_string()),
            failure_reason: Some(reason),
        }
    }
}

/// The manifest that is meant.
pub fn find(view: &View, id: &RepositoryId, named: &ecr::ImageIdentifier) -> Result<Arc<Manifest>, Unknown> {
    let (digest, tag) = (named.image_digest.as_deref(), named.image_tag.as_deref());
    if digest.is_none() && tag.is_none() {
        return Err(Unknown::Nothing);
    }
    if digest.is_some_and(|digest| !digest_is_good(digest)) {
        return Err(Unknown::BadDigest);
    }
    if tag.is_some_and(|tag| !tag_is_good(tag)) {
        return Err(Unknown::BadTag);
    }
    let of_tag = match tag {
        None => None,
        Some(tag) => {
            let tag = view.get::<ImageTag>(&ImageTag::key_of(id, tag));
            Some(tag.ok_or(Unknown::NotFound)?.digest.clone())
        }
    };
    let digest = match (digest, of_tag) {
        (Some(digest), Some(other)) if digest != other => return Err(Unknown::Mismatch),
        (Some(digest), _) => digest.to_string(),
        (None, Some(digest)) => digest,
        (None, None) => return Err(Unknown::Nothing),
    };
    change::find(view, id, &digest).map_err(|_| Unknown::NotFound)
}

pub fn identifier(digest: &str, tag: Option<String>) -> ecr::ImageIdentifier {
    ecr::ImageIdentifier {
        image_digest: Some(digest.to_string()),
        image_tag: tag,
    }
}

/// The status of an image, as a word.
pub fn status(manifest: &Manifest) -> &'static str {
    match manifest.archived_at {
        Some(_) => "ARCHIVED",
        None => "ACTIVE",
    }
}

/// Whether a filter lets an image of this status through. Who does not say it means those that are active.
pub fn is_wanted(manifest: &Manifest, filter: Option<&str>) -> bool {
    match filter.unwrap_or("ACTIVE") {
        "ANY" => true,
        wanted => wanted == status(manifest),
    }
}
