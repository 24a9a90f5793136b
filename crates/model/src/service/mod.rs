//! Services: names under which a number of tasks is kept running.
//!
//! Words: a *revision* is how a service's tasks are made, and never changes but for what needs no new tasks; a
//! *deployment* is the way from the revisions that run to a new one; the *target* is the revision that the service is to
//! have (ECS shows it as the PRIMARY deployment); a *tally* says how many tasks of each revision there are, and is
//! changed wherever a task is.

mod deployment;
mod event;
mod revision;
mod rules;
mod tally;
mod task_set;

pub use deployment::{
    DeploymentStatus, HookRun, HookStatus, MonitorStatus, Rollback, ServiceDeployment, Source, Stage,
};
pub use event::{About, ServiceEvent};
pub use revision::{RevisionStatus, RolloutState, ServiceRevision};
pub use rules::{Alarms, Breaker, EarlySuccess, Hook, HookAction, Rules, Strategy, Threshold};
pub use tally::{ServiceTally, Standing, Tally};
pub use task_set::TaskSet;

use crate::record::record;
use crate::words::words;
use crate::{Given, PlacementOrder, PlacementRule, Tag};
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

words! {
    ServiceStatus { Active = 0 "ACTIVE", Draining = 1 "DRAINING", Inactive = 2 "INACTIVE", }
}

words! {
    Scheduling { Replica = 0 "REPLICA", Daemon = 1 "DAEMON", }
}

words! {
    /// Who moves a service from one revision to the next.
    Controls { Ecs = 0 "ECS", CodeDeploy = 1 "CODE_DEPLOY", External = 2 "EXTERNAL", }
}

words! {
    /// Whose tags its tasks get.
    PropagateTags { None = 0 "NONE", TaskDefinition = 1 "TASK_DEFINITION", Service = 2 "SERVICE", }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Service {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub status: ServiceStatus,
    #[n(3)]
    pub scheduling: Scheduling,
    #[n(4)]
    pub controls: Controls,
    /// Of a DAEMON service: as many as there are nodes for it, as last seen.
    #[n(5)]
    pub desired: u32,
    #[n(6)]
    pub rules: Rules,
    /// Unhealthy tasks are left alone for so long after their start.
    #[n(7)]
    pub grace_seconds: u32,
    #[n(8)]
    pub zone_rebalancing: bool,
    #[n(9)]
    #[cbor(default)]
    pub tags: Vec<Tag>,
    #[n(10)]
    pub managed_tags: bool,
    #[n(11)]
    pub propagate_tags: PropagateTags,
    /// What only the user reads, as given: load balancers, registries, the deployment configuration with its defaults.
    #[n(12)]
    pub given: Given,
    #[n(13)]
    pub created_at: Timestamp,
    #[n(14)]
    pub created_by: Option<String>,
    /// When it became INACTIVE.
    #[n(15)]
    pub deleted_at: Option<Timestamp>,
    /// The revision that it is to have; `None` while task sets say that.
    #[n(16)]
    pub target: Option<String>,
    /// The newest deployment.
    #[n(17)]
    pub deployment: Option<String>,
    /// What chance its tasks draw from, with [`Service::drawn`]: no two draws are alike, and a step that runs again draws
    /// the same.
    #[n(18)]
    pub seed: u64,
    #[n(19)]
    pub drawn: u64,
    /// How many events were told.
    #[n(20)]
    pub events: u64,
    /// Whether its last word was that it is steady.
    #[n(21)]
    pub steady: bool,
    /// Whether its last word was that a task has no place: it is not said again until something else was.
    #[n(22)]
    #[cbor(default)]
    pub barren: Option<String>,
    /// The newest revision that a deployment to it came to a good end of: where a rollback goes.
    #[n(23)]
    pub proven: Option<String>,
    /// When its tasks were last moved for balance.
    #[n(24)]
    pub balanced_at: Option<Timestamp>,
    /// The run's own constraints and strategies, which need no new revision to change.
    #[n(25)]
    #[cbor(default)]
    pub placement: Vec<PlacementRule>,
    #[n(26)]
    #[cbor(default)]
    pub order: Vec<PlacementOrder>,
    /// Whether its primary task set was named, and which, when it is controlled from outside.
    #[n(27)]
    pub primary_set: Option<String>,
    // 28 is of a field that nobody set.
    #[n(29)]
    #[cbor(default)]
    pub exec_enabled: bool,
    /// The Cloud Map namespace of its Service Connect configuration.
    #[n(30)]
    pub namespace: Option<String>,
    /// From where to where a task is on its way, for balance.
    #[n(31)]
    pub balancing: Option<String>,
    /// Since when a task has no place while nodes that were cut off a moment ago may be on their way back: until that has
    /// lasted, nothing is said and nothing makes room.
    #[n(32)]
    pub patient_since: Option<Timestamp>,
    /// The place that a task leaves when the one that is on its way for balance is there.
    #[n(33)]
    pub leaves: Option<Place>,
    /// It told that its zones are being evened out, and of no end yet.
    #[n(34)]
    #[cbor(default)]
    pub evening_out: bool,
}

/// Where tasks are, as balance sees it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Place {
    /// The attribute of nodes that tells places apart; without one each node is a place.
    #[n(0)]
    pub by: Option<String>,
    #[n(1)]
    pub at: String,
}

record!(
    Service,
    "service",
    |s| Service::key_of(&s.cluster, &s.name),
    [Service::BY_NAMESPACE, Service::NEEDY],
    |s, put| {
        if let Some(namespace) = &s.namespace {
            put(Service::BY_NAMESPACE, Key::of([namespace.as_str()]));
        }
        let daemon = s.scheduling == Scheduling::Daemon && s.status == ServiceStatus::Active;
        if daemon || s.lacks_room() || s.zone_rebalancing || s.moves_an_hour().is_some() {
            put(Service::NEEDY, Key::of([s.cluster.as_str()]));
        }
    }
);

impl Service {
    /// Index: Cloud Map namespace.
    pub const BY_NAMESPACE: &'static str = "namespace";
    /// Index of services that do something when nodes come, or have room: cluster.
    pub const NEEDY: &'static str = "needy";

    pub fn key_of(cluster: &str, name: &str) -> Key {
        Key::of([cluster, name])
    }

    /// The task group of its tasks.
    pub fn group(name: &str) -> String {
        format!("service:{name}")
    }

    /// Gantry's own tag: as many tasks an hour may be moved to keep to the service's placement strategy after nodes came,
    /// went, or became freer.
    pub const REBALANCE_TAG: &'static str = "gantry:rebalance";
    pub const MOST_MOVES_AN_HOUR: u32 = 3600;

    /// What a value of that tag allows.
    pub fn moves_of(value: &str) -> Option<u32> {
        let moves: u32 = value.parse().ok()?;
        (1..=Self::MOST_MOVES_AN_HOUR).contains(&moves).then_some(moves)
    }

    /// The budget of moves for the sake of the placement strategy, where there is one.
    pub fn moves_an_hour(&self) -> Option<u32> {
        let tag = self.tags.iter().find(|tag| tag.key == Self::REBALANCE_TAG)?;
        Self::moves_of(&tag.value)
    }

    /// So long it waits for nodes that were cut off a moment ago, as all are when the server starts.
    pub const PATIENCE_MS: i64 = 15_000;

    /// Whether there was no place for a task when it was tried last.
    pub fn lacks_room(&self) -> bool {
        self.barren.is_some() || self.patient_since.is_some()
    }

    /// After a deployment that failed: the revision that served before, of which what is missing is made. `rollout` says
    /// of a revision what became of it, if it is there.
    pub fn served_before<'a>(
        &'a self,
        failed: Option<&'a ServiceDeployment>,
        rollout: impl Fn(&str) -> Option<RolloutState>,
    ) -> Option<&'a String> {
        let sources = failed
            .into_iter()
            .flat_map(|d| &d.sources)
            .map(|source| &source.revision);
        let good = |id: &&String| {
            let rollout = rollout(id);
            self.target.as_ref() != Some(*id) && rollout.is_some_and(|rollout| rollout != RolloutState::Failed)
        };
        self.proven.iter().chain(sources).find(good)
    }

    /// There is a place for each of its tasks.
    pub fn has_room(&mut self) {
        (self.barren, self.patient_since) = (None, None);
    }

    /// The seed of its next draw.
    pub fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.mixed()
    }

    /// A seed for what leaves nothing behind: a look that changes nothing must not change the service.
    pub fn glance(&self) -> u64 {
        !self.mixed()
    }

    fn mixed(&self) -> u64 {
        let mut z = self.seed ^ self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
