//! What holds for all of one registry in one region.

use super::RepositoryId;
use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::{Key, View};

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

/// What the account has set for its registry, other than it usually is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrySetting {
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    #[n(2)]
    pub name: String,
    #[n(3)]
    pub value: String,
}

record!(RegistrySetting, "registry-setting", |s| RegistrySetting::key_of(
    &s.registry,
    &s.region,
    &s.name
));

impl RegistrySetting {
    /// Whether a blob of one repository comes into another without being sent; it does unless this is `DISABLED`.
    pub const BLOB_MOUNTING: &'static str = "BLOB_MOUNTING";
    pub const ENABLED: &'static str = "ENABLED";
    pub const DISABLED: &'static str = "DISABLED";

    pub fn key_of(registry: &str, region: &str, name: &str) -> Key {
        RepositoryId::all_of(registry, region).part(name)
    }

    pub fn mounts_blobs(view: &View, registry: &str, region: &str) -> bool {
        let set = view.get::<RegistrySetting>(&RegistrySetting::key_of(
            registry,
            region,
            RegistrySetting::BLOB_MOUNTING,
        ));
        set.is_none_or(|set| set.value != RegistrySetting::DISABLED)
    }
}

/// Somebody whose pulls are not noted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PullTimeExclusion {
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    /// The ARN of a user or a role.
    #[n(2)]
    pub principal: String,
    #[n(3)]
    pub created_at: Timestamp,
}

record!(PullTimeExclusion, "pull-time-exclusion", |e| PullTimeExclusion::key_of(
    &e.registry,
    &e.region,
    &e.principal
));

impl PullTimeExclusion {
    pub fn key_of(registry: &str, region: &str, principal: &str) -> Key {
        RepositoryId::all_of(registry, region).part(principal)
    }

    /// Whether somebody is excluded, or has the role that is.
    pub fn has(view: &View, registry: &str, region: &str, caller: &str) -> bool {
        let all = RepositoryId::all_of(registry, region);
        view.scan::<PullTimeExclusion>(&all)
            .any(|excluded| policy::is_same(&excluded.principal, caller))
    }
}
