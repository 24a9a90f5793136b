//! The messages of a session, up from the node and down from the server.
//!
//! A session begins with [`Up::Hello`], answered by [`Down::Welcome`] or [`Down::Refused`]. Then the server assigns: at
//! first the full set, later differences that name the generation they apply to. The node reports what it sees, each
//! report with a sequence that the server acknowledges once it is durable; what is not acknowledged is told again in the
//! next session. Logs travel in a session of their own, so that they never delay control.

use crate::TaskPlan;
use crate::vpc::{Away, Vpc};
use crate::words::words;
use base::Timestamp;
use minicbor::{Decode, Encode};

words! {
    /// Where a task or a container is in its life, as far as a node sees it. In order; nothing goes back.
    Phase {
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
    Health { Healthy = 0 "HEALTHY", Unhealthy = 1 "UNHEALTHY", Unknown = 2 "UNKNOWN", }
}

words! {
    /// Why a task stopped, of the reasons that a node can know.
    StopCode {
        TaskFailedToStart = 0 "TaskFailedToStart",
        EssentialContainerExited = 1 "EssentialContainerExited",
    }
}

words! {
    /// What a session is for.
    Purpose { Control = 0 "control", Logs = 1 "logs", }
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Up {
    #[n(0)]
    Hello(#[n(0)] Box<Hello>),
    /// What was seen since the last report. Acknowledged with the sequence.
    #[n(1)]
    Report(#[n(0)] u64, #[n(1)] Vec<TaskReport>),
    /// The node lives.
    #[n(2)]
    Beat,
    #[n(3)]
    Ask(#[n(0)] u64, #[n(1)] Question),
    /// Of a session for logs.
    #[n(4)]
    Logs(#[n(0)] u64, #[n(1)] LogBatch),
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Down {
    #[n(0)]
    Welcome(#[n(0)] Welcome),
    #[n(1)]
    Refused(#[n(0)] String),
    #[n(2)]
    Assign(#[n(0)] Assign),
    /// Everything up to this sequence is durable.
    #[n(3)]
    Ack(#[n(0)] u64),
    #[n(4)]
    Answer(#[n(0)] u64, #[n(1)] Answer),
    /// The batch of this sequence is durable, or will never be taken and why.
    #[n(5)]
    LogAck(#[n(0)] u64, #[n(1)] Option<String>),
}

/// Who the node is and what it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    #[n(0)]
    pub protocol: u32,
    #[n(1)]
    pub purpose: Option<Purpose>,
    /// The id that the node got when it first registered.
    #[n(2)]
    pub node: Option<String>,
    #[n(3)]
    pub cluster: String,
    #[n(4)]
    pub instance_id: Option<String>,
    #[n(5)]
    pub resources: Resources,
    #[n(6)]
    #[cbor(default)]
    pub attributes: Vec<NodeAttribute>,
    #[n(7)]
    pub agent_version: String,
    /// Whether tasks of launch type FARGATE run here too.
    #[n(8)]
    #[cbor(default)]
    pub fargate: bool,
    #[n(9)]
    pub availability_zone: Option<String>,
}

/// The protocol that this version speaks.
pub const PROTOCOL: u32 = 1;

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Resources {
    #[n(0)]
    pub cpu_units: u32,
    #[n(1)]
    pub memory_mib: u32,
    /// TCP ports that are never given to tasks.
    #[n(2)]
    #[cbor(default)]
    pub reserved_ports: Vec<u16>,
    #[n(3)]
    #[cbor(default)]
    pub reserved_ports_udp: Vec<u16>,
    #[n(4)]
    #[cbor(default)]
    pub gpus: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct NodeAttribute {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub value: Option<String>,
}

/// What a node learns when it is taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Welcome {
    #[n(0)]
    pub node: String,
    /// The ARN that containers of EC2 tasks are told.
    #[n(1)]
    pub node_arn: String,
    #[n(2)]
    pub region: String,
    #[n(3)]
    pub account: String,
    /// How often the node says that it lives.
    #[n(4)]
    pub beat_every_ms: u64,
    /// Where tasks have addresses of their own.
    #[n(5)]
    pub vpc: Option<Vpc>,
}

/// Tasks given to the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Assign {
    /// Of what holds once this is applied.
    #[n(0)]
    pub generation: u64,
    /// Of what this is a difference to; without one it is the full set, and tasks not named in it are nobody's.
    #[n(1)]
    pub to: Option<u64>,
    #[n(2)]
    #[cbor(default)]
    pub tasks: Vec<Assignment>,
    /// Keys of tasks that are to stop.
    #[n(3)]
    #[cbor(default)]
    pub stop: Vec<String>,
    /// Keys of tasks that are over for the server: whatever is left of them is to go.
    #[n(4)]
    #[cbor(default)]
    pub gone: Vec<String>,
    /// Of a full set that takes several messages: keys of tasks that come in later ones, and are not nobody's.
    #[n(5)]
    #[cbor(default)]
    pub keep: Vec<String>,
    /// Of a full set all addresses that live on other nodes, of a difference those that have moved.
    #[n(6)]
    #[cbor(default)]
    pub away: Vec<Away>,
}

/// One task, given to this node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Assignment {
    /// `cluster/id`: what both ends call the task.
    #[n(0)]
    pub key: String,
    #[n(1)]
    pub id: String,
    #[n(2)]
    pub arn: String,
    #[n(3)]
    pub cluster: String,
    #[n(4)]
    pub cluster_arn: String,
    #[n(5)]
    pub family: String,
    #[n(6)]
    pub revision: u32,
    #[n(7)]
    pub group: String,
    /// `EC2`, `FARGATE`, ..
    #[n(8)]
    pub launch_type: String,
    #[n(9)]
    pub availability_zone: Option<String>,
    /// Of each container, in the order of the plan's.
    #[n(10)]
    #[cbor(default)]
    pub container_arns: Vec<String>,
    /// With the task's overrides laid over it.
    #[n(11)]
    pub plan: TaskPlan,
    /// The address of its own that an `awsvpc` task has.
    #[n(12)]
    pub interface: Option<Interface>,
    #[n(13)]
    #[cbor(default)]
    pub stop: bool,
    #[n(14)]
    pub created_at: Timestamp,
    #[n(15)]
    pub service: Option<String>,
    /// Host ports that are its own by the server's ledger need no asking; GPUs that are its own, by id.
    #[n(16)]
    #[cbor(default)]
    pub gpus: Vec<String>,
    #[n(17)]
    #[cbor(default)]
    pub exec_enabled: bool,
    /// The server has heard of it from this node before: if the node does not have it, it has vanished, and must not be
    /// started a second time.
    #[n(18)]
    #[cbor(default)]
    pub known: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Interface {
    /// `eni-..`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub address: String,
    #[n(2)]
    pub mac: String,
    #[n(3)]
    pub subnet_id: String,
    #[n(4)]
    pub subnet_cidr: String,
    #[n(5)]
    pub gateway: String,
    #[n(6)]
    pub vpc_id: String,
    #[n(7)]
    pub private_dns_name: Option<String>,
    #[n(8)]
    #[cbor(default)]
    pub security_groups: Vec<String>,
}

/// What the node sees of a task: all of it, so that the last report is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TaskReport {
    #[n(0)]
    pub key: String,
    #[n(1)]
    pub phase: Option<Phase>,
    #[n(2)]
    pub stop_code: Option<StopCode>,
    #[n(3)]
    pub reason: Option<String>,
    #[n(4)]
    #[cbor(default)]
    pub containers: Vec<ContainerReport>,
    #[n(5)]
    pub pull_started_at: Option<Timestamp>,
    #[n(6)]
    pub pull_stopped_at: Option<Timestamp>,
    #[n(7)]
    pub execution_stopped_at: Option<Timestamp>,
    #[n(8)]
    pub started_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ContainerReport {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub phase: Option<Phase>,
    #[n(2)]
    pub runtime_id: Option<String>,
    #[n(3)]
    pub image_digest: Option<String>,
    #[n(4)]
    pub exit_code: Option<i32>,
    #[n(5)]
    pub reason: Option<String>,
    #[n(6)]
    #[cbor(default)]
    pub ports: Vec<PortBinding>,
    #[n(7)]
    pub health: Option<Health>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PortBinding {
    #[n(0)]
    pub host_ip: String,
    #[n(1)]
    pub host_port: u16,
    #[n(2)]
    pub container_port: u16,
    #[n(3)]
    #[cbor(default)]
    pub udp: bool,
}

/// Log events of one stream, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogBatch {
    #[n(0)]
    pub group: String,
    #[n(1)]
    pub stream: String,
    /// Whether the group is made when it is not there.
    #[n(2)]
    #[cbor(default)]
    pub create_group: bool,
    /// Where the events come from, so that a batch that is sent twice is kept once.
    #[n(3)]
    pub source: String,
    /// None at all makes the stream, and finds out whether it can be written to.
    #[n(5)]
    #[cbor(default)]
    pub events: Vec<LogEvent>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogEvent {
    #[n(0)]
    pub at: Timestamp,
    #[n(1)]
    pub message: String,
    /// Where the source stands behind this event. Grows.
    #[n(2)]
    pub position: u64,
}

/// What a node asks for its containers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Question {
    /// The scale-in protection of a task.
    #[n(0)]
    Protection(#[n(0)] String),
    /// Sets it: key, whether, for how many minutes.
    #[n(1)]
    Protect(#[n(0)] String, #[n(1)] bool, #[n(2)] Option<u32>),
    /// The tags of a task and of its node.
    #[n(2)]
    Tags(#[n(0)] String),
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    #[n(0)]
    Protection(#[n(0)] bool, #[n(1)] Option<Timestamp>),
    #[n(1)]
    Tags(#[n(0)] Vec<crate::plan::Pair>, #[n(1)] Vec<crate::plan::Pair>),
    /// AWS's code and message.
    #[n(2)]
    No(#[n(0)] String, #[n(1)] String),
}
