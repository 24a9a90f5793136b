//! Clusters: names under which nodes, tasks and services come together.

use crate::record::record;
use crate::{Given, Tag};
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

/// A cluster. Deleting one leaves it INACTIVE for a while, as AWS does, so that it can still be described.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cluster {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub active: bool,
    #[n(2)]
    pub created_at: Timestamp,
    /// When it became INACTIVE.
    #[n(3)]
    pub deleted_at: Option<Timestamp>,
    #[n(4)]
    pub tags: Vec<Tag>,
    /// Settings, configuration and service connect defaults, as the user gave them.
    #[n(5)]
    pub given: Given,
    #[n(6)]
    pub capacity_providers: Vec<String>,
    #[n(7)]
    pub default_strategy: Vec<StrategyItem>,
}

record!(Cluster, "cluster", |c| Cluster::key_of(&c.name));

impl Cluster {
    pub fn key_of(name: &str) -> Key {
        Key::of([name])
    }
}

/// One line of a capacity provider strategy.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StrategyItem {
    #[n(0)]
    pub provider: String,
    #[n(1)]
    pub weight: u32,
    #[n(2)]
    pub base: u32,
}
