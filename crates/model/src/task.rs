//! Tasks, and the only road by which their status moves.

use crate::record::record;
use crate::words::words;
use crate::{Attachment, Daemon, Demand, Given, Tag};
use base::Timestamp;
use minicbor::{Decode, Encode};
use std::fmt;
use store::Key;

words! {
    /// In the order of a task's life; a task only ever goes forward.
    TaskStatus {
        Provisioning = 0 "PROVISIONING",
        Pending = 1 "PENDING",
        Activating = 2 "ACTIVATING",
        Running = 3 "RUNNING",
        Deactivating = 4 "DEACTIVATING",
        Stopping = 5 "STOPPING",
        Deprovisioning = 6 "DEPROVISIONING",
        Stopped = 7 "STOPPED",
    }
}

words! {
    LaunchType {
        Ec2 = 0 "EC2",
        Fargate = 1 "FARGATE",
        External = 2 "EXTERNAL",
        ManagedInstances = 3 "MANAGED_INSTANCES",
    }
}

words! {
    Health { Healthy = 0 "HEALTHY", Unhealthy = 1 "UNHEALTHY", Unknown = 2 "UNKNOWN", }
}

words! {
    /// Why a task stopped, in the one word AWS gives it.
    StopCode {
        TaskFailedToStart = 0 "TaskFailedToStart",
        EssentialContainerExited = 1 "EssentialContainerExited",
        UserInitiated = 2 "UserInitiated",
        ServiceSchedulerInitiated = 3 "ServiceSchedulerInitiated",
        SpotInterruption = 4 "SpotInterruption",
        TerminationNotice = 5 "TerminationNotice",
    }
}

words! {
    /// Who moves a task.
    Actor {
        /// The node that runs it, telling what it saw.
        Node = 0 "node",
        /// The scheduler, when it finds a place for a task that waited for one.
        Placer = 1 "placer",
        /// A controller: the node is gone, or the wait for a place was too long.
        Controller = 2 "controller",
        /// The API, for a task that no node has yet.
        User = 3 "user",
    }
}

/// A task: one run of a task definition.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Task {
    #[n(0)]
    pub cluster: String,
    /// The last part of its ARN: 32 hex digits.
    #[n(1)]
    pub id: String,
    #[n(2)]
    pub family: String,
    #[n(3)]
    pub revision: u32,
    #[n(4)]
    pub status: TaskStatus,
    /// Where it should go: `Running` or `Stopped`.
    #[n(5)]
    pub desired: TaskStatus,
    #[n(6)]
    pub launch_type: Option<LaunchType>,
    #[n(7)]
    pub capacity_provider: Option<String>,
    /// The node's id once it is placed. Of a FARGATE task it may be a node of another cluster, and is never shown.
    #[n(8)]
    pub node: Option<String>,
    /// What it holds of its node's ledger.
    #[n(9)]
    pub demand: Demand,
    #[n(10)]
    pub group: String,
    #[n(11)]
    pub started_by: Option<String>,
    #[cbor(n(12), decode_with = "crate::record::exactly")]
    pub containers: Vec<Container>,
    #[n(13)]
    pub health: Health,
    /// Overrides, network configuration and what else only the user reads, as given.
    #[n(14)]
    pub given: Given,
    #[n(15)]
    pub tags: Vec<Tag>,
    #[n(16)]
    pub created_at: Timestamp,
    #[n(17)]
    pub started_at: Option<Timestamp>,
    /// When the user or a controller asked it to stop.
    #[n(18)]
    pub stopping_at: Option<Timestamp>,
    #[n(19)]
    pub execution_stopped_at: Option<Timestamp>,
    #[n(20)]
    pub stopped_at: Option<Timestamp>,
    #[n(21)]
    pub stop_code: Option<StopCode>,
    #[n(22)]
    pub stopped_reason: Option<String>,
    #[n(23)]
    pub pull_started_at: Option<Timestamp>,
    #[n(24)]
    pub pull_stopped_at: Option<Timestamp>,
    #[n(25)]
    pub connected: bool,
    #[n(26)]
    pub connected_at: Option<Timestamp>,
    /// Goes up by one with every change that a client can see.
    #[n(27)]
    pub version: u64,
    #[n(28)]
    pub availability_zone: Option<String>,
    /// Task size as the API shows it (`cpu`, `memory`), when the definition or an override set one.
    #[n(29)]
    pub cpu: Option<String>,
    #[n(30)]
    pub memory: Option<String>,
    #[n(31)]
    pub exec_enabled: bool,
    /// The reason it is where it is, as data for `explain`: why it waits, why it was placed where it is.
    #[n(32)]
    pub because: Option<String>,
    /// What its node needs beside the definition, when there is anything.
    #[n(33)]
    pub launch: Option<Box<Launch>>,
    /// Its interface, when it has one of its own.
    #[n(34)]
    pub attachment: Option<Box<Attachment>>,
    /// The architecture it was launched on, as people see it.
    #[n(35)]
    pub architecture: Option<String>,
    /// The service that it is of.
    #[n(36)]
    pub member: Option<Box<Membership>>,
    /// Until when it is not stopped to make its service smaller.
    #[n(37)]
    pub protected_until: Option<Timestamp>,
}

/// Which service a task is of, and which of its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Membership {
    #[n(0)]
    pub service: String,
    #[n(1)]
    pub revision: String,
}

/// What one run says beside its definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Launch {
    /// What it changes of the definition's work.
    #[n(0)]
    #[cbor(default)]
    pub overrides: link::Overrides,
    #[n(1)]
    pub network: Option<VpcWish>,
    #[n(2)]
    pub reference_id: Option<String>,
    /// How volumes that the definition leaves open are to be made, as given.
    #[n(3)]
    #[cbor(default)]
    pub volumes: Given,
}

/// Where in the VPC a task of network mode `awsvpc` wants its interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct VpcWish {
    #[n(0)]
    pub subnets: Vec<String>,
    /// Empty takes the VPC's default one.
    #[n(1)]
    #[cbor(default)]
    pub security_groups: Vec<String>,
    #[n(2)]
    #[cbor(default)]
    pub assign_public_ip: bool,
}

record!(
    Task,
    "task",
    |t| Task::key_of(&t.cluster, &t.id),
    [
        Task::BY_NODE,
        Task::BY_DESIRED,
        Task::BY_STATUS,
        Task::BY_FAMILY,
        Task::BY_SERVICE
    ],
    |t, put| {
        // Live tasks only: what runs on a node is asked often, what ran there is not.
        if let Some(node) = &t.node
            && !t.is_stopped()
        {
            put(Task::BY_NODE, Key::of([node]));
        }
        // By where it should go, as ListTasks asks.
        put(Task::BY_DESIRED, Key::of([t.cluster.as_str(), t.desired.as_str()]));
        put(Task::BY_STATUS, Key::of([t.cluster.as_str(), t.status.as_str()]));
        put(
            Task::BY_FAMILY,
            Key::of([t.family.as_str()]).part_u64(u64::from(t.revision)),
        );
        if let Some(member) = &t.member
            && !t.is_stopped()
        {
            let of = [t.cluster.as_str(), member.service.as_str(), member.revision.as_str()];
            put(Task::BY_SERVICE, Key::of(of));
        }
    }
);

impl Task {
    /// Index of tasks that are not STOPPED: node. Tasks with one index key come in the order of their own.
    pub const BY_NODE: &'static str = "node";
    /// Index: cluster, desired status.
    pub const BY_DESIRED: &'static str = "desired";
    /// Index: cluster, status.
    pub const BY_STATUS: &'static str = "status";
    /// Index: family, revision.
    pub const BY_FAMILY: &'static str = "family";
    /// Index of tasks that are not STOPPED: cluster, service, revision of the service.
    pub const BY_SERVICE: &'static str = "service";

    /// How long a task is protected that does not say, and the longest that it can ask for.
    pub const PROTECTED_MINUTES: u32 = 120;
    pub const MOST_PROTECTED_MINUTES: u32 = 2880;

    pub fn key_of(cluster: &str, id: &str) -> Key {
        Key::of([cluster, id])
    }

    /// Whether it must not be stopped to make its service smaller.
    pub fn is_protected(&self, now: Timestamp) -> bool {
        self.protected_until.is_some_and(|until| until > now)
    }

    /// Protects it from being stopped to make its service smaller, for so many minutes, or takes the protection away.
    /// Only tasks of services that are meant to run can be protected: `false` for another.
    pub fn protect(&mut self, minutes: Option<u32>, now: Timestamp) -> bool {
        if !self.is_of_service() || self.desired == TaskStatus::Stopped {
            return false;
        }
        self.protected_until = minutes.map(|minutes| now.plus_millis(i64::from(minutes) * 60_000));
        self.version += 1;
        true
    }

    /// Whether it is a service's; those of managed daemons are not.
    pub fn is_of_service(&self) -> bool {
        let member = self.member.as_ref();
        member.is_some_and(|member| Daemon::of_owner(&member.service).is_none())
    }

    pub fn is_stopped(&self) -> bool {
        self.status == TaskStatus::Stopped
    }

    /// Moves the task to `to`, if `actor` may do that from where it is, and notes the times that go with it.
    ///
    /// `why` is the reason when the move is a stop; the first reason given stays.
    pub fn advance(&mut self, actor: Actor, to: TaskStatus, at: Timestamp, why: Option<Why>) -> Result<(), BadMove> {
        let from = self.status;
        if !MOVES.contains(&Move(actor, from, to)) {
            return Err(BadMove { actor, from, to });
        }
        self.status = to;
        self.version += 1;
        match to {
            TaskStatus::Running => drop(self.started_at.get_or_insert(at)),
            TaskStatus::Stopped => {
                self.desired = TaskStatus::Stopped;
                self.stopped_at = Some(at);
                self.execution_stopped_at.get_or_insert(at);
            }
            _ => {}
        }
        if let Some(Why { code, reason }) = why {
            self.stop_code.get_or_insert(code);
            self.stopped_reason.get_or_insert(reason);
        }
        Ok(())
    }

    /// Asks the task to stop. The node (or a controller) then moves it there. Asking again changes nothing.
    pub fn ask_to_stop(&mut self, at: Timestamp, why: Why) {
        if self.desired == TaskStatus::Stopped {
            return;
        }
        self.desired = TaskStatus::Stopped;
        self.stopping_at = Some(at);
        self.stop_code.get_or_insert(why.code);
        self.stopped_reason.get_or_insert(why.reason);
        self.version += 1;
    }
}

/// The reason of a stop: AWS's one word, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    pub code: StopCode,
    pub reason: String,
}

/// One step a task may take, and who may make it take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move(pub Actor, pub TaskStatus, pub TaskStatus);

/// All steps. The table in the documentation, the check in [`Task::advance`] and a property test come from here.
pub const MOVES: &[Move] = {
    use Actor::*;
    use TaskStatus::*;
    &[
        Move(Placer, Provisioning, Pending),
        Move(User, Provisioning, Stopped),
        Move(Controller, Provisioning, Stopped),
        Move(Node, Pending, Activating),
        Move(Node, Pending, Running),
        Move(Node, Pending, Deprovisioning),
        Move(Node, Pending, Stopped),
        Move(Node, Activating, Running),
        Move(Node, Activating, Deactivating),
        Move(Node, Activating, Stopping),
        Move(Node, Activating, Deprovisioning),
        Move(Node, Activating, Stopped),
        Move(Node, Running, Deactivating),
        Move(Node, Running, Stopping),
        Move(Node, Running, Deprovisioning),
        Move(Node, Running, Stopped),
        Move(Node, Deactivating, Stopping),
        Move(Node, Deactivating, Deprovisioning),
        Move(Node, Deactivating, Stopped),
        Move(Node, Stopping, Deprovisioning),
        Move(Node, Stopping, Stopped),
        Move(Node, Deprovisioning, Stopped),
        Move(Controller, Pending, Stopped),
        Move(Controller, Activating, Stopped),
        Move(Controller, Running, Stopped),
        Move(Controller, Deactivating, Stopped),
        Move(Controller, Stopping, Stopped),
        Move(Controller, Deprovisioning, Stopped),
    ]
};

/// A step that is not in [`MOVES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadMove {
    pub actor: Actor,
    pub from: TaskStatus,
    pub to: TaskStatus,
}

impl fmt::Display for BadMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} may not move a task from {} to {}",
            self.actor, self.from, self.to
        )
    }
}

impl std::error::Error for BadMove {}

/// One container of a task, as last seen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Container {
    #[n(0)]
    pub name: String,
    /// A UUID: the last part of the container's ARN.
    #[n(1)]
    pub id: String,
    #[n(2)]
    pub image: String,
    #[n(3)]
    pub image_digest: Option<String>,
    #[n(4)]
    pub status: TaskStatus,
    #[n(5)]
    pub runtime_id: Option<String>,
    #[n(6)]
    pub exit_code: Option<i32>,
    #[n(7)]
    pub reason: Option<String>,
    #[n(8)]
    pub health: Health,
    #[n(9)]
    pub ports: Vec<Port>,
    #[n(10)]
    pub essential: bool,
    #[n(11)]
    pub cpu_units: u32,
    #[n(12)]
    pub memory_mib: Option<u32>,
    #[n(13)]
    pub memory_reservation_mib: Option<u32>,
    /// Helpers that run inside it, such as the one that takes `execute-command`.
    #[n(14)]
    pub agents: Vec<ManagedAgent>,
    /// Whether its definition has a health check; without one its health says nothing about the task's.
    #[n(15)]
    pub has_health_check: bool,
    /// The GPUs of its node that it has for itself, by id.
    #[n(16)]
    #[cbor(default)]
    pub gpus: Vec<String>,
}

/// A helper process inside a container, as last seen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ManagedAgent {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub status: String,
    #[n(2)]
    pub reason: Option<String>,
    #[n(3)]
    pub last_started_at: Option<Timestamp>,
}

/// A port of a container that can be reached on its node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Port {
    #[n(0)]
    pub bind_ip: String,
    #[n(1)]
    pub container_port: u16,
    #[n(2)]
    pub host_port: u16,
    #[n(3)]
    pub udp: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_goes_forward() {
        for Move(actor, from, to) in MOVES {
            assert!(from < to, "{actor} moves a task back from {from} to {to}");
        }
    }

    #[test]
    fn every_status_but_the_last_has_a_way_out_and_can_be_given_up() {
        for status in TaskStatus::ALL {
            let can_stop = MOVES.contains(&Move(Actor::Controller, *status, TaskStatus::Stopped));
            assert_eq!(can_stop, *status != TaskStatus::Stopped, "{status}");
        }
    }

    #[test]
    fn no_move_is_listed_twice() {
        for (i, step) in MOVES.iter().enumerate() {
            assert!(!MOVES[i + 1..].contains(step), "{step:?}");
        }
    }
}
