//! Lifecycle policies: which images of a repository go, or are put away, and when.
//!
//! A policy is kept as the user wrote it, with its rules as they were understood that day. What the rules mean for the
//! images of a repository is decided by [`evaluate`], which is pure; [`pinned`] knows the images that must stay whatever
//! rules say, because something that runs is made of them.

mod evaluate;
mod pinned;
#[cfg(test)]
mod tests;

pub use evaluate::{Image, Verdict, evaluate};
pub use pinned::pinned;

use super::{ImageTag, Manifest, RepositoryId, repository::matches};
use crate::record::record;
use crate::words::words;
use base::Timestamp;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use store::View;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LifecyclePolicy {
    /// As the user wrote it.
    #[n(0)]
    pub text: String,
    #[n(1)]
    pub put_at: Timestamp,
    /// When all that it asks for was last done.
    #[n(2)]
    pub evaluated_at: Option<Timestamp>,
    /// What the text means.
    #[n(3)]
    #[cbor(default)]
    pub rules: Vec<LifecycleRule>,
}

/// A policy that is only looked at.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LifecyclePreview {
    #[n(0)]
    pub repository: RepositoryId,
    #[n(1)]
    pub policy: LifecyclePolicy,
}

record!(LifecyclePreview, "lifecycle-preview", |p| p.repository.key());

words! {
    /// Which images a rule is about.
    LifecycleTags { Any = 0 "any", Tagged = 1 "tagged", Untagged = 2 "untagged", }
}

words! {
    LifecycleCount {
        /// All but the newest so many.
        MoreThan = 0 "imageCountMoreThan",
        /// Those pushed longer ago than so many days.
        Pushed = 1 "sinceImagePushed",
        /// Those last pulled longer ago; pushed, if they never were.
        Pulled = 2 "sinceImagePulled",
        /// Those put away longer ago.
        Transitioned = 3 "sinceImageTransitioned",
    }
}

words! {
    LifecycleAction { Expire = 0 "expire", Archive = 1 "transition", }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LifecycleRule {
    /// Rules of a lower number come first; no two have the same.
    #[n(0)]
    pub priority: u32,
    #[n(1)]
    pub tags: LifecycleTags,
    /// Patterns with `*`: an image has a tag for each.
    #[n(2)]
    #[cbor(default)]
    pub patterns: Vec<String>,
    /// Whether it is about images that are put away, rather than about the others.
    #[n(3)]
    pub archived: bool,
    #[n(4)]
    pub count: LifecycleCount,
    #[n(5)]
    pub number: u32,
    #[n(6)]
    pub action: LifecycleAction,
}

impl LifecycleRule {
    fn is_about(&self, image: &Image) -> bool {
        self.archived == image.archived_at.is_some()
            && match self.tags {
                LifecycleTags::Any => true,
                LifecycleTags::Untagged => image.tags.is_empty(),
                LifecycleTags::Tagged => {
                    let has = |pattern: &String| image.tags.iter().any(|tag| matches(pattern, tag));
                    !image.tags.is_empty() && self.patterns.iter().all(has)
                }
            }
    }
}

/// The images of a repository, as rules see them.
pub fn images(view: &View, id: &RepositoryId) -> Vec<Image> {
    let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for tag in view.scan::<ImageTag>(&id.key()) {
        tags.entry(tag.digest.clone()).or_default().push(tag.tag.clone());
    }
    let image = |manifest: std::sync::Arc<Manifest>| Image {
        tags: tags.remove(&manifest.digest).unwrap_or_default(),
        archived_at: manifest.archived_at,
        restored_at: manifest.last_activated_at,
        manifest,
    };
    view.scan::<Manifest>(&id.key()).map(image).collect()
}
