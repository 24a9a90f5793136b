//! What holds for all of one registry in one region.

use super::RepositoryId;
use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

/// The registry's own policy, beside those of its repositories.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RegistryPolicy {
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    /// As the user wrote it.
    #[n(2)]
    pub text: String,
    #[n(3)]
    pub put_at: Timestamp,
}

record!(RegistryPolicy, "registry-policy", |p| RegistryPolicy::key_of(
    &p.registry,
    &p.region
));

impl RegistryPolicy {
    pub fn key_of(registry: &str, region: &str) -> Key {
        RepositoryId::all_of(registry, region)
    }
}
