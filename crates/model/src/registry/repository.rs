//! Repositories: named places for images that belong together.

use super::LifecyclePolicy;
use crate::Tag;
use crate::record::record;
use crate::words::words;
use base::Timestamp;
use minicbor::{Decode, Encode};
use std::fmt;
use store::Key;

/// Whose registry, in which region, and the name there, such as `team/web`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct RepositoryId {
    /// The account.
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    #[n(2)]
    pub name: String,
}

impl RepositoryId {
    pub fn new(registry: &str, region: &str, name: &str) -> Self {
        RepositoryId {
            registry: registry.to_string(),
            region: region.to_string(),
            name: name.to_string(),
        }
    }

    /// The key of the repository, and the beginning of the keys of all that is in it.
    pub fn key(&self) -> Key {
        Key::of([&self.registry, &self.region, &self.name])
    }

    /// The beginning of the keys of all repositories of one registry in one region.
    pub fn all_of(registry: &str, region: &str) -> Key {
        Key::of([registry, region])
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.registry, self.region, self.name)
    }
}

words! {
    /// Whether a tag that is there may be given to another image.
    TagMutability {
        Mutable = 0 "MUTABLE",
        Immutable = 1 "IMMUTABLE",
        ImmutableWithExclusion = 2 "IMMUTABLE_WITH_EXCLUSION",
        MutableWithExclusion = 3 "MUTABLE_WITH_EXCLUSION",
    }
}

/// What the user wants content to be encrypted with; it is not.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Encryption {
    /// `AES256`, `KMS` or `KMS_DSSE`.
    #[n(0)]
    pub kind: String,
    #[n(1)]
    pub kms_key: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Repository {
    #[n(0)]
    pub id: RepositoryId,
    #[n(1)]
    pub created_at: Timestamp,
    #[n(2)]
    pub mutability: TagMutability,
    /// Patterns with `*` for tags that are the other way round than `mutability` says.
    #[n(3)]
    pub exclusions: Vec<String>,
    #[n(4)]
    pub scan_on_push: bool,
    #[n(5)]
    pub encryption: Encryption,
    #[n(6)]
    pub tags: Vec<Tag>,
    /// As the user wrote it.
    #[n(7)]
    pub policy: Option<String>,
    #[n(8)]
    pub lifecycle: Option<LifecyclePolicy>,
}

record!(Repository, "repository", |r| r.id.key());

impl Repository {
    /// As CreateRepository makes it when nothing is said but the name.
    pub fn new(id: RepositoryId, now: Timestamp) -> Self {
        Repository {
            id,
            created_at: now,
            mutability: TagMutability::Mutable,
            exclusions: Vec::new(),
            scan_on_push: false,
            encryption: Encryption {
                kind: "AES256".to_string(),
                kms_key: None,
            },
            tags: Vec::new(),
            policy: None,
            lifecycle: None,
        }
    }

    /// Whether this tag, once given, stays with its image.
    pub fn fixes(&self, tag: &str) -> bool {
        let excluded = || self.exclusions.iter().any(|pattern| matches(pattern, tag));
        match self.mutability {
            TagMutability::Mutable => false,
            TagMutability::Immutable => true,
            TagMutability::ImmutableWithExclusion => !excluded(),
            TagMutability::MutableWithExclusion => excluded(),
        }
    }
}

/// Whether the whole text fits a pattern in which `*` stands for any text, also none.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().expect("split gives at least one");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty(); // no star at all
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// How much is in a repository. Whoever adds or removes writes it, so that the bounds hold whoever comes at once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RepositoryLedger {
    #[n(0)]
    pub repository: RepositoryId,
    #[n(1)]
    pub manifests: u32,
    #[n(2)]
    pub tags: u32,
}

record!(RepositoryLedger, "repository-ledger", |l| l.repository.key());
