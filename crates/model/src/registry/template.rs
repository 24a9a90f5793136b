//! Templates for repositories that nobody makes by name: what is pushed to, cached or replicated makes them.

use super::{Encryption, LifecyclePolicy, Repository, RepositoryId, TagMutability};
use crate::Tag;
use crate::record::record;
use crate::words::words;
use base::Timestamp;
use minicbor::{Decode, Encode};
use std::sync::Arc;
use store::{Key, View};

words! {
    /// Why a repository is made that nobody has made by name.
    Occasion {
        Replication = 0 "REPLICATION",
        PullThroughCache = 1 "PULL_THROUGH_CACHE",
        CreateOnPush = 2 "CREATE_ON_PUSH",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CreationTemplate {
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    /// Of the names that it is for, up to a slash and without it; or [`CreationTemplate::ROOT`].
    #[n(2)]
    pub prefix: String,
    #[n(3)]
    pub description: Option<String>,
    #[n(4)]
    pub encryption: Encryption,
    #[n(5)]
    pub tags: Vec<Tag>,
    #[n(6)]
    pub mutability: TagMutability,
    #[n(7)]
    pub exclusions: Vec<String>,
    #[n(8)]
    pub policy: Option<String>,
    #[n(9)]
    pub lifecycle: Option<LifecyclePolicy>,
    #[n(10)]
    pub occasions: Vec<Occasion>,
    /// A role that AWS would act as.
    #[n(11)]
    pub role: Option<String>,
    #[n(12)]
    pub created_at: Timestamp,
    #[n(13)]
    pub updated_at: Timestamp,
}

record!(CreationTemplate, "creation-template", |t| CreationTemplate::key_of(
    &t.registry,
    &t.region,
    &t.prefix
));

impl CreationTemplate {
    /// For all names that no other template is for.
    pub const ROOT: &'static str = "ROOT";

    pub fn key_of(registry: &str, region: &str, prefix: &str) -> Key {
        RepositoryId::all_of(registry, region).part(prefix)
    }

    /// The one for a repository that is made on this occasion: that of the longest prefix.
    pub fn of(view: &View, id: &RepositoryId, occasion: Occasion) -> Option<Arc<CreationTemplate>> {
        let slashes = id.name.rmatch_indices('/').map(|(at, _)| &id.name[..at]);
        let prefixes = slashes.chain([CreationTemplate::ROOT]);
        let keys = prefixes.map(|prefix| CreationTemplate::key_of(&id.registry, &id.region, prefix));
        let mut there = keys.filter_map(|key| view.get::<CreationTemplate>(&key));
        there.find(|template| template.occasions.contains(&occasion))
    }

    /// A repository as this template has it.
    pub fn make(&self, id: RepositoryId, now: Timestamp) -> Repository {
        let lifecycle = self
            .lifecycle
            .clone()
            .map(|policy| LifecyclePolicy { put_at: now, ..policy });
        Repository {
            encryption: self.encryption.clone(),
            tags: self.tags.clone(),
            mutability: self.mutability,
            exclusions: self.exclusions.clone(),
            policy: self.policy.clone(),
            lifecycle,
            ..Repository::new(id, now)
        }
    }
}
