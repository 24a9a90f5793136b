//! How a service's tasks are made.

use crate::record::record;
use crate::words::words;
use crate::{Given, StrategyItem, Template};
use base::Timestamp;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use store::Key;

words! {
    /// What `deployments` of a service shows it as.
    RevisionStatus { Primary = 0 "PRIMARY", Active = 1 "ACTIVE", Inactive = 2 "INACTIVE", }
}

words! {
    RolloutState { InProgress = 0 "IN_PROGRESS", Completed = 1 "COMPLETED", Failed = 2 "FAILED", }
}

/// One revision of a service. Its id is that of the deployment `ecs-svc/ID` that DescribeServices shows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceRevision {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub service: String,
    /// 19 digits.
    #[n(2)]
    pub id: String,
    #[n(3)]
    pub created_at: Timestamp,
    #[n(4)]
    pub updated_at: Timestamp,
    #[n(5)]
    pub template: Template,
    /// How its tasks are divided among capacity providers; empty for plain launch types.
    #[n(6)]
    #[cbor(default)]
    pub shares: Vec<StrategyItem>,
    /// What only the user reads of it, as given.
    #[n(7)]
    pub given: Given,
    #[n(8)]
    pub status: RevisionStatus,
    #[n(9)]
    pub rollout: RolloutState,
    #[n(10)]
    pub rollout_reason: String,
    /// How many of it there should be right now.
    #[n(11)]
    pub desired: u32,
    /// Failures that the breaker counts: since the last healthy task, if it is reset by one.
    #[n(12)]
    pub failed: u32,
    /// How many of the tally's failures have been counted.
    #[n(13)]
    pub seen_failed: u64,
    /// Failures one after the other, without a minute of calm: what slows down new starts.
    #[n(14)]
    pub streak: u32,
    #[n(15)]
    pub last_failed_at: Option<Timestamp>,
    /// Image references resolved to digests, by container: the same for all its tasks from the first that told one.
    #[n(16)]
    #[cbor(default)]
    pub images: BTreeMap<String, String>,
    /// Of a task set, its id.
    #[n(17)]
    pub task_set: Option<String>,
    /// Whether it was said that its starts are held back.
    #[n(18)]
    #[cbor(default)]
    pub throttled: bool,
}

record!(
    ServiceRevision,
    "service-revision",
    |r| ServiceRevision::key_of(&r.cluster, &r.service, &r.id),
    [ServiceRevision::BY_DEFINITION, ServiceRevision::BY_PROVIDER],
    |r, put| {
        if r.status != RevisionStatus::Inactive {
            let family = Key::of([r.template.family.as_str()]);
            put(
                ServiceRevision::BY_DEFINITION,
                family.part_u64(u64::from(r.template.revision)),
            );
            for share in &r.shares {
                put(ServiceRevision::BY_PROVIDER, Key::of([share.provider.as_str()]));
            }
        }
    }
);

impl ServiceRevision {
    /// Index of those that are not INACTIVE: family and revision of their task definition.
    pub const BY_DEFINITION: &'static str = "definition";
    /// Index of those that are not INACTIVE: capacity provider.
    pub const BY_PROVIDER: &'static str = "provider";

    pub fn key_of(cluster: &str, service: &str, id: &str) -> Key {
        Key::of([cluster, service, id])
    }

    /// The `startedBy` of its tasks, and the id of the deployment that is shown, or of its task set.
    pub fn deployment_id(&self) -> String {
        ServiceRevision::shown_as(&self.id)
    }

    /// How people see a revision of this id: as the deployment of that name.
    pub fn shown_as(id: &str) -> String {
        format!("{SHOWN}{id}")
    }

    /// The id of the revision that is shown so.
    pub fn id_in(shown: &str) -> Option<&str> {
        shown.strip_prefix(SHOWN)
    }
}

/// What ECS puts before the digits.
const SHOWN: &str = "ecs-svc/";
