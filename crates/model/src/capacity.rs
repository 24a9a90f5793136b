//! Capacity providers: named sources of capacity that a strategy chooses among.

use crate::record::record;
use crate::{Given, Tag};
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::{Key, View};

/// A capacity provider the user made. `FARGATE` and `FARGATE_SPOT` are always there and have no record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CapacityProvider {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub active: bool,
    /// The cluster it belongs to, for managed-instances providers.
    #[n(2)]
    pub cluster: Option<String>,
    /// The Auto Scaling group or managed-instances settings, as the user gave them.
    #[n(3)]
    pub given: Given,
    #[n(4)]
    pub tags: Vec<Tag>,
    #[n(5)]
    pub created_at: Timestamp,
    /// `CREATE_COMPLETE`, `UPDATE_COMPLETE`, `DELETE_COMPLETE`..
    #[n(6)]
    pub update_status: String,
    #[n(7)]
    pub update_status_reason: Option<String>,
    /// Whether its capacity grows by itself (AWS: managed scaling): tasks that have no room there wait for some.
    #[n(8)]
    #[cbor(default)]
    pub scales: bool,
    /// Whether service tasks leave its DRAINING nodes in order (AWS: managed draining).
    #[n(9)]
    #[cbor(default)]
    pub drains: bool,
}

record!(CapacityProvider, "capacity-provider", |p| CapacityProvider::key_of(
    &p.name
));

impl CapacityProvider {
    pub fn key_of(name: &str) -> Key {
        Key::of([name])
    }

    /// Whether its nodes are AWS's to manage: such a provider is of one cluster (AWS: Managed Instances).
    pub fn is_managed(&self) -> bool {
        self.cluster.is_some()
    }

    /// Whether tasks wait for capacity of the provider of that name. Of FARGATE's they do not.
    pub fn lets_wait(view: &View, name: &str) -> bool {
        view.get::<CapacityProvider>(&CapacityProvider::key_of(name))
            .is_some_and(|provider| provider.active && provider.scales)
    }
}
