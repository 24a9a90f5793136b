//! The registry: repositories, the manifests and tags in them, and the blobs that they are made of.
//!
//! Bytes are not here: they lie in the content store by digest. A [`Manifest`] and a [`BlobLink`] each say that their
//! repository has the content of that digest, so content that neither names, in any repository, may be taken away.
//!
//! What holds several records together is done by the functions of [`change`] and nowhere else; the laws are in
//! [`laws`].

pub mod backfill;
pub mod cache;
pub mod change;
pub mod document;
pub(crate) mod laws;
pub mod lifecycle;
mod manifest;
pub mod replication;
mod repository;
mod rules;
pub mod scan;
mod signing;
mod template;
#[cfg(test)]
mod tests;
mod token;

pub use backfill::{Backfill, BackfillStatus};
pub use cache::CacheRule;
pub use change::{Put, Refused};
pub use lifecycle::{LifecycleAction, LifecycleCount, LifecyclePolicy, LifecyclePreview, LifecycleRule, LifecycleTags};
pub use manifest::{BlobLink, ImageTag, Manifest, Part, digest_is_good, digest_of, tag_is_good};
pub use replication::{Destination, Replica, ReplicaStatus, Replication, ReplicationRule, has_part_in};
pub use repository::{Encryption, Repository, RepositoryId, RepositoryLedger, TagMutability};
pub use rules::{PullTimeExclusion, RegistryPolicy, RegistrySetting};
pub use scan::{Finding, Scan, ScanStatus, Scanning};
pub use signing::{Signing, SigningRule};
pub use template::{CreationTemplate, Occasion};
pub use token::{BadToken, Bearer, Tokens, TokensVoid};
