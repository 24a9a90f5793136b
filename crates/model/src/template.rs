//! What is settled about tasks that are made alike, before any of them is.
//!
//! A request to run tasks, and each revision of a service, come to a template once, in the room that knows API shapes;
//! from then on any number of tasks are made of it by those that know none.

use crate::record::record;
use crate::{ContainerPlan, Demand, Given, Launch, LaunchType, PlacementRule, Tag, VpcWish};
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::{Key, View};

/// Tasks of one definition and launch type, ready to be placed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Template {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub family: String,
    #[n(2)]
    pub revision: u32,
    #[n(3)]
    pub launch_type: LaunchType,
    #[n(4)]
    pub group: String,
    #[n(5)]
    pub started_by: Option<String>,
    #[n(6)]
    pub demand: Demand,
    /// Whether each takes every GPU of its node, instead of the number in its demand.
    #[n(7)]
    #[cbor(default)]
    pub all_gpus: bool,
    /// The definition's, with what the run changes laid over them.
    #[n(8)]
    pub containers: Vec<ContainerPlan>,
    /// Attributes that a node must have, whatever their values.
    #[n(9)]
    #[cbor(default)]
    pub requires: Vec<String>,
    #[n(10)]
    pub cpu_architecture: Option<String>,
    #[n(11)]
    pub os_family: Option<String>,
    /// The definition's constraints and those of the run.
    #[n(12)]
    #[cbor(default)]
    pub rules: Vec<PlacementRule>,
    /// What places are preferred; empty for the default.
    #[n(13)]
    #[cbor(default)]
    pub order: Vec<PlacementOrder>,
    /// Where its interface is to be, when it has one of its own; security groups are settled.
    #[n(14)]
    pub network: Option<VpcWish>,
    /// The size as the API shows it.
    #[n(15)]
    pub cpu: Option<String>,
    #[n(16)]
    pub memory: Option<String>,
    #[n(17)]
    #[cbor(default)]
    pub tags: Vec<Tag>,
    #[n(18)]
    #[cbor(default)]
    pub exec_enabled: bool,
    /// What of its tasks only the user reads.
    #[n(19)]
    #[cbor(default)]
    pub given: Given,
    #[n(20)]
    pub for_node: Option<Box<Launch>>,
}

/// One placement strategy, in AWS's words: `spread` by `attribute:..` or `instanceId`, `binpack` by `cpu`, `random`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PlacementOrder {
    #[n(0)]
    pub kind: String,
    #[n(1)]
    pub field: String,
}

/// What is kept for a task that waits for a place: all that placing it takes. Gone once it has one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Waiting {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub task: String,
    #[n(2)]
    pub template: Template,
    #[n(3)]
    pub provider: Option<String>,
    /// When it is given up.
    #[n(4)]
    pub until: Timestamp,
    /// Seed of what is random about its place and its interface.
    #[n(5)]
    pub seed: u64,
    #[n(6)]
    pub since: Timestamp,
}

record!(Waiting, "waiting", |w| Waiting::key_of(&w.cluster, &w.task));

impl Waiting {
    /// How long a task waits for a place before it is given up. (AWS says 10 to 30 minutes.)
    pub const LONGEST_MS: i64 = 15 * 60 * 1000;
    /// How many tasks of a cluster may wait at a time: AWS's quota.
    pub const MOST_PER_CLUSTER: usize = 500;

    /// How many tasks more may wait in a cluster.
    pub fn room(view: &View, cluster: &str) -> usize {
        let waiting = view.scan::<Waiting>(&Key::of([cluster])).take(Self::MOST_PER_CLUSTER);
        Self::MOST_PER_CLUSTER - waiting.count()
    }

    /// As the task's own.
    pub fn key_of(cluster: &str, task: &str) -> Key {
        Key::of([cluster, task])
    }
}
