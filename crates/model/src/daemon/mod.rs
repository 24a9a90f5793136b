//! Daemons: one task on every node of some capacity, there before other tasks are placed and last to leave.
//!
//! Words: a daemon's *revision* is how its tasks are made, and never changes; a *deployment* is the way of all its nodes
//! to one; the *target* is the revision that every node is to have; a *seat* is a daemon's place on one node, which
//! names the one task that may be there.
//!
//! A daemon's task definition is a [`crate::TaskDefinition`] of a family that no user can name, and its tasks are members
//! of a service that no user can name: both begin with `daemon/`, and names have no slash.

mod deployment;
mod revision;
mod seat;

pub use deployment::{DaemonDeployment, DaemonRollback, DaemonSource};
pub use revision::DaemonRevision;
pub use seat::DaemonSeat;

use crate::record::record;
use crate::words::words;
use crate::{Node, Tag};
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::{Key, View};

words! {
    DaemonStatus { Active = 0 "ACTIVE", DeleteInProgress = 1 "DELETE_IN_PROGRESS", }
}

/// What families and owners of daemons begin with.
const MARK: &str = "daemon/";

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Daemon {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub status: DaemonStatus,
    /// The capacity providers on whose nodes it runs, or [`Daemon::EC2`] and [`Daemon::EXTERNAL`].
    #[n(3)]
    pub providers: Vec<String>,
    #[n(4)]
    pub rules: DaemonRules,
    #[n(5)]
    #[cbor(default)]
    pub tags: Vec<Tag>,
    #[n(6)]
    pub created_at: Timestamp,
    #[n(7)]
    pub updated_at: Timestamp,
    /// The revision that every node is to have.
    #[n(8)]
    pub target: String,
    /// The newest deployment.
    #[n(9)]
    pub deployment: String,
    /// What the last good deployment came to: where a rollback goes.
    #[n(10)]
    pub proven: Option<DaemonSource>,
    /// What chance its tasks draw from, with `drawn`.
    #[n(11)]
    pub seed: u64,
    #[n(12)]
    pub drawn: u64,
    /// Whether the target's tasks come before all others on a node.
    #[n(13)]
    pub critical: bool,
}

record!(Daemon, "daemon", |d| Daemon::key_of(&d.cluster, &d.name));

impl Daemon {
    /// Stands for the nodes of a cluster that are in no capacity provider.
    pub const EC2: &'static str = "EC2";
    /// Stands for its EXTERNAL nodes.
    pub const EXTERNAL: &'static str = "EXTERNAL";

    pub fn key_of(cluster: &str, name: &str) -> Key {
        Key::of([cluster, name])
    }

    /// The task group of its tasks.
    pub fn group(name: &str) -> String {
        format!("daemon:{name}")
    }

    /// What its tasks say as the service that they are of.
    pub fn owner(name: &str) -> String {
        format!("{MARK}{name}")
    }

    /// The daemon that is meant where a service is named.
    pub fn of_owner(service: &str) -> Option<&str> {
        service.strip_prefix(MARK)
    }

    /// The family that keeps the revisions of a daemon task definition.
    pub fn family(name: &str) -> String {
        format!("{MARK}{name}")
    }

    /// The family as its user calls it, if it is one of daemons.
    pub fn of_family(family: &str) -> Option<&str> {
        family.strip_prefix(MARK)
    }

    /// What a daemon must name to be on that node.
    pub fn capacity_of(node: &Node) -> &str {
        match &node.capacity_provider {
            Some(provider) => provider,
            None if node.external => Daemon::EXTERNAL,
            None => Daemon::EC2,
        }
    }

    /// Whether the node is one of its capacity.
    pub fn covers(&self, node: &Node) -> bool {
        let capacity = Daemon::capacity_of(node);
        self.providers.iter().any(|provider| provider == capacity)
    }

    /// The daemons that come first on a node that is new to its capacity, by name.
    pub fn first_on(view: &View, node: &Node) -> Vec<String> {
        let all = view.scan::<Daemon>(&Key::of([node.cluster.as_str()]));
        let first = |d: &Daemon| d.critical && d.status == DaemonStatus::Active && d.covers(node);
        all.filter(|daemon| first(daemon))
            .map(|daemon| daemon.name.clone())
            .collect()
    }

    /// The seed of its next draw.
    pub fn draw(&mut self) -> u64 {
        self.drawn += 1;
        let mut z = self.seed ^ self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// How a daemon is deployed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DaemonRules {
    /// How much of its nodes may be without it at a time, in thousandths of a percent.
    #[n(0)]
    pub drain_millipercent: u32,
    #[n(1)]
    pub bake_minutes: u32,
    #[n(2)]
    #[cbor(default)]
    pub alarms: Vec<String>,
    #[n(3)]
    #[cbor(default)]
    pub alarms_enabled: bool,
}

impl DaemonRules {
    /// How many of so many nodes may be without it at a time: one at least, or nothing would ever change.
    pub fn portion(&self, nodes: usize) -> usize {
        let exact = nodes as u64 * u64::from(self.drain_millipercent) / 100_000;
        usize::try_from(exact).unwrap_or(usize::MAX).max(1)
    }
}

impl Default for DaemonRules {
    fn default() -> Self {
        DaemonRules {
            drain_millipercent: 25_000,
            bake_minutes: 0,
            alarms: Vec::new(),
            alarms_enabled: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portion_is_rounded_down_and_never_empty() {
        let rules = DaemonRules::default();
        assert_eq!([0, 1, 3, 4, 100].map(|n| rules.portion(n)), [1, 1, 1, 1, 25]);
        let none = DaemonRules {
            drain_millipercent: 0,
            ..rules
        };
        assert_eq!(none.portion(100), 1);
    }

    #[test]
    fn nodes_say_whose_capacity_they_are() {
        let mut node = crate::testing::node("n1");
        assert_eq!(Daemon::capacity_of(&node), "EC2");
        node.external = true;
        assert_eq!(Daemon::capacity_of(&node), "EXTERNAL");
        node.capacity_provider = Some("edge".to_string());
        assert_eq!(Daemon::capacity_of(&node), "edge");
    }
}
