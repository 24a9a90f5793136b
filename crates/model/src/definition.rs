//! Task definitions: what the user registered, and the plans derived from it once.

use crate::record::record;
use crate::words::words;
use crate::{DaemonRevision, Given, ServiceRevision, Tag, Task};
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::{Key, View};

words! {
    /// Where a revision is in its life.
    DefinitionStatus {
        Active = 0 "ACTIVE",
        Inactive = 1 "INACTIVE",
        DeleteInProgress = 2 "DELETE_IN_PROGRESS",
    }
}

/// A family's counter. Revisions are never given twice, also when all of a family's are gone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Family {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub last_revision: u32,
    #[n(2)]
    pub active_revisions: u32,
}

record!(Family, "family", |f| Family::key_of(&f.name));

impl Family {
    pub fn key_of(name: &str) -> Key {
        Key::of([name])
    }
}

/// One revision of a task definition.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TaskDefinition {
    #[n(0)]
    pub family: String,
    #[n(1)]
    pub revision: u32,
    #[n(2)]
    pub status: DefinitionStatus,
    #[n(3)]
    pub registered_at: Timestamp,
    #[n(4)]
    pub registered_by: String,
    #[n(5)]
    pub deregistered_at: Option<Timestamp>,
    #[n(6)]
    pub delete_requested_at: Option<Timestamp>,
    #[n(7)]
    pub tags: Vec<Tag>,
    /// The definition as the user gave it, with AWS's defaults filled in.
    #[n(8)]
    pub given: Given,
    #[n(9)]
    pub plan: Plan,
    /// Launch types the definition fits: `EC2`, `FARGATE`, `EXTERNAL`, `MANAGED_INSTANCES`.
    #[n(10)]
    pub compatibilities: Vec<String>,
    /// Names of the capabilities that a node must have.
    #[n(11)]
    pub requires_attributes: Vec<String>,
    /// What the node that runs it sees of it.
    #[n(12)]
    #[cbor(default)]
    pub work: link::TaskPlan,
}

record!(
    TaskDefinition,
    "task-definition",
    |d| TaskDefinition::key_of(&d.family, d.revision),
    [TaskDefinition::BY_STATUS],
    |d, put| {
        put(TaskDefinition::BY_STATUS, Key::of([d.status.as_str()]));
    }
);

impl TaskDefinition {
    /// Index: status. Records with one index key come in the order of their own: family, then revision.
    pub const BY_STATUS: &'static str = "status";

    pub fn key_of(family: &str, revision: u32) -> Key {
        Key::of([family]).part_u64(u64::from(revision))
    }

    /// `web:3`
    pub fn name(&self) -> String {
        format!("{}:{}", self.family, self.revision)
    }

    /// Whether a revision that the user deleted may go for good: not while a task that has not stopped stands on it, or a
    /// service or daemon would start one.
    pub fn may_vanish(&self, view: &View) -> bool {
        let of_this = Key::of([self.family.as_str()]).part_u64(u64::from(self.revision));
        self.status == DefinitionStatus::DeleteInProgress
            && view.by::<Task>(Task::BY_FAMILY, &of_this).all(|task| task.is_stopped())
            && view.count_by::<ServiceRevision>(ServiceRevision::BY_DEFINITION, &of_this) == 0
            && view.count_by::<DaemonRevision>(DaemonRevision::BY_DEFINITION, &of_this) == 0
    }
}

/// What the scheduler sees of a definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Plan {
    /// `bridge`, `host`, `awsvpc`, `none`, or empty for the platform's default.
    #[n(0)]
    pub network_mode: String,
    /// Task-wide CPU units (1024 are one core), when the user set a task size.
    #[n(1)]
    pub cpu_units: Option<u32>,
    #[n(2)]
    pub memory_mib: Option<u32>,
    #[n(3)]
    pub containers: Vec<ContainerPlan>,
    #[n(4)]
    pub placement: Vec<PlacementRule>,
    /// `X86_64` or `ARM64`, when given.
    #[n(5)]
    pub cpu_architecture: Option<String>,
    /// `LINUX` or a Windows family, when given.
    #[n(6)]
    pub os_family: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ContainerPlan {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub image: String,
    #[n(2)]
    pub essential: bool,
    #[n(3)]
    pub cpu_units: u32,
    /// The hard limit.
    #[n(4)]
    pub memory_mib: Option<u32>,
    /// The soft limit, which is what placement counts when both are given.
    #[n(5)]
    pub memory_reservation_mib: Option<u32>,
    #[n(6)]
    pub ports: Vec<PortPlan>,
    /// Whole GPUs for this container alone.
    #[n(7)]
    pub gpus: u32,
    #[n(8)]
    pub has_health_check: bool,
    /// Ranges of container ports, each with as many free ports of the node (in `bridge` mode).
    #[n(9)]
    pub port_ranges: Vec<PortRange>,
    /// Whether it takes every GPU that its node has.
    #[n(10)]
    pub all_gpus: bool,
    /// Whether each task of a service takes what the image's tag stands for just then, instead of what it stood for when
    /// the deployment began.
    #[n(11)]
    #[cbor(default)]
    pub floats: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PortPlan {
    #[n(0)]
    pub container_port: u16,
    /// 0 asks for any free port.
    #[n(1)]
    pub host_port: u16,
    #[n(2)]
    pub udp: bool,
}

/// Container ports `first` to `last`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PortRange {
    #[n(0)]
    pub first: u16,
    #[n(1)]
    pub last: u16,
    #[n(2)]
    pub udp: bool,
}

/// A port taken on a node's own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct HostPort {
    #[n(0)]
    pub port: u16,
    #[n(1)]
    pub udp: bool,
}

/// A placement constraint: `memberOf` with its expression, or `distinctInstance` without.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PlacementRule {
    #[n(0)]
    pub kind: String,
    #[n(1)]
    pub expression: String,
}
