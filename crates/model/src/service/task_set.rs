//! Task sets: what a service has instead of a target when somebody else controls its deployments.

use super::ServiceRevision;
use crate::record::record;
use crate::{Given, Tag};
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

/// A part of a service's tasks. How they are made is in the [`super::ServiceRevision`] of the same id.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TaskSet {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub service: String,
    /// `ecs-svc/` and 19 digits: the revision's id.
    #[n(2)]
    pub id: String,
    /// Of the service's desired count, in hundredths of a percent.
    #[n(3)]
    pub scale: u32,
    #[n(4)]
    pub external_id: Option<String>,
    #[n(5)]
    pub draining: bool,
    #[n(6)]
    #[cbor(default)]
    pub tags: Vec<Tag>,
    #[n(7)]
    pub given: Given,
    #[n(8)]
    pub created_at: Timestamp,
    #[n(9)]
    pub updated_at: Timestamp,
    #[n(10)]
    pub steady_since: Option<Timestamp>,
}

record!(TaskSet, "task-set", |t| TaskSet::key_of(&t.cluster, &t.service, &t.id));

impl TaskSet {
    pub fn key_of(cluster: &str, service: &str, id: &str) -> Key {
        Key::of([cluster, service, id])
    }

    /// The id of the revision that says how its tasks are made.
    pub fn revision(&self) -> &str {
        ServiceRevision::id_in(&self.id).unwrap_or(&self.id)
    }

    /// How many tasks of `desired` it should have: rounded up, as ECS rounds.
    pub fn share(&self, desired: u32) -> u32 {
        let exact = u64::from(desired) * u64::from(self.scale);
        u32::try_from(exact.div_ceil(10_000)).unwrap_or(u32::MAX)
    }
}
