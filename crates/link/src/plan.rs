//! The task plan: what a task definition means to the node that runs it. Derived and validated once, at registration.
//!
//! Everything optional is `None`, empty or `false` when the user said nothing: the node then does what ECS does. Values
//! are those of the definition; what a container's image says is known only where the image is.

use crate::words::words;
use minicbor::{Decode, Encode};

words! {
    NetworkMode { Bridge = 0 "bridge", Host = 1 "host", Awsvpc = 2 "awsvpc", None = 3 "none", }
}

words! {
    /// Whose processes, or whose shared memory, a container sees.
    Share { Task = 0 "task", Host = 1 "host", None = 2 "none", }
}

words! {
    /// What a container waits for before it is created.
    Condition { Start = 0 "START", Complete = 1 "COMPLETE", Success = 2 "SUCCESS", Healthy = 3 "HEALTHY", }
}

/// A task, as a node sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TaskPlan {
    /// `None` is the node's default, `bridge`.
    #[n(0)]
    pub network_mode: Option<NetworkMode>,
    /// Limits of the task as a whole (1024 units are one core).
    #[n(1)]
    pub cpu_units: Option<u32>,
    #[n(2)]
    pub memory_mib: Option<u32>,
    #[n(3)]
    #[cbor(default)]
    pub containers: Vec<ContainerPlan>,
    #[n(4)]
    #[cbor(default)]
    pub volumes: Vec<Volume>,
    #[n(5)]
    pub pid_mode: Option<Share>,
    #[n(6)]
    pub ipc_mode: Option<Share>,
    #[n(7)]
    pub ephemeral_storage_gib: Option<u32>,
    #[n(8)]
    pub task_role: Option<String>,
    #[n(9)]
    pub execution_role: Option<String>,
    /// `X86_64` or `ARM64`.
    #[n(10)]
    pub cpu_architecture: Option<String>,
    #[n(11)]
    #[cbor(default)]
    pub fault_injection: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ContainerPlan {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub image: String,
    #[n(2)]
    #[cbor(default)]
    pub essential: bool,
    #[n(3)]
    #[cbor(default)]
    pub cpu_units: u32,
    /// The hard limit.
    #[n(4)]
    pub memory_mib: Option<u32>,
    /// The soft limit.
    #[n(5)]
    pub memory_reservation_mib: Option<u32>,
    /// `None` takes the image's; an empty list takes it away, as `ENTRYPOINT []` does.
    #[n(6)]
    pub entry_point: Option<Vec<String>>,
    #[n(7)]
    pub command: Option<Vec<String>>,
    #[n(8)]
    #[cbor(default)]
    pub environment: Vec<Pair>,
    /// Where files of variables are: `arn:aws:s3:::bucket/file.env`, or a `file:///` of the node.
    #[n(9)]
    #[cbor(default)]
    pub environment_files: Vec<String>,
    /// Variables whose values are secrets: name, and where the value is.
    #[n(10)]
    #[cbor(default)]
    pub secrets: Vec<Pair>,
    #[n(11)]
    pub working_directory: Option<String>,
    #[n(12)]
    pub user: Option<String>,
    #[n(13)]
    #[cbor(default)]
    pub ports: Vec<PortWish>,
    #[n(14)]
    #[cbor(default)]
    pub links: Vec<String>,
    #[n(15)]
    #[cbor(default)]
    pub mounts: Vec<MountPoint>,
    #[n(16)]
    #[cbor(default)]
    pub volumes_from: Vec<VolumesFrom>,
    #[n(17)]
    pub hostname: Option<String>,
    #[n(18)]
    #[cbor(default)]
    pub extra_hosts: Vec<Pair>,
    #[n(19)]
    #[cbor(default)]
    pub dns_servers: Vec<String>,
    #[n(20)]
    #[cbor(default)]
    pub dns_search: Vec<String>,
    #[n(21)]
    #[cbor(default)]
    pub disable_networking: bool,
    #[n(22)]
    #[cbor(default)]
    pub privileged: bool,
    #[n(23)]
    #[cbor(default)]
    pub read_only_root: bool,
    #[n(24)]
    #[cbor(default)]
    pub terminal: bool,
    #[n(25)]
    #[cbor(default)]
    pub interactive: bool,
    #[n(26)]
    #[cbor(default)]
    pub ulimits: Vec<Ulimit>,
    #[n(27)]
    #[cbor(default)]
    pub sysctls: Vec<Pair>,
    #[n(28)]
    #[cbor(default)]
    pub capabilities_add: Vec<String>,
    #[n(29)]
    #[cbor(default)]
    pub capabilities_drop: Vec<String>,
    #[n(30)]
    #[cbor(default)]
    pub devices: Vec<Device>,
    #[n(31)]
    #[cbor(default)]
    pub tmpfs: Vec<Tmpfs>,
    #[n(32)]
    pub shm_mib: Option<u32>,
    /// Whether a small init process reaps what the container's processes leave behind.
    #[n(33)]
    #[cbor(default)]
    pub init: bool,
    #[n(34)]
    pub swappiness: Option<u32>,
    #[n(35)]
    pub max_swap_mib: Option<u32>,
    /// `no-new-privileges`, `seccomp=unconfined` and the like, as given.
    #[n(36)]
    #[cbor(default)]
    pub security_options: Vec<String>,
    #[n(37)]
    #[cbor(default)]
    pub depends_on: Vec<Dependency>,
    #[n(38)]
    pub start_timeout_s: Option<u32>,
    #[n(39)]
    pub stop_timeout_s: Option<u32>,
    #[n(40)]
    pub health: Option<HealthCheck>,
    #[n(41)]
    pub restart: Option<RestartPolicy>,
    #[n(42)]
    pub log: Option<LogConfig>,
    #[n(43)]
    #[cbor(default)]
    pub labels: Vec<Pair>,
    /// Where the credentials of a private registry are: the ARN of a secret.
    #[n(44)]
    pub repository_credentials: Option<String>,
    /// Whole GPUs for this container alone.
    #[n(45)]
    #[cbor(default)]
    pub gpus: u32,
    /// Ranges of container ports; in `bridge` mode each port of them gets a free one of the node.
    #[n(46)]
    #[cbor(default)]
    pub port_ranges: Vec<PortRange>,
    /// The type and options of a FireLens router, when this container is one.
    #[n(47)]
    pub firelens: Option<LogConfig>,
}

/// A name and a value. Values may be secrets of the user's, so they do not show in logs.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct Pair {
    #[n(0)]
    pub name: String,
    #[n(1)]
    #[cbor(default)]
    pub value: String,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=..", self.name)
    }
}

impl Pair {
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Pair {
        Pair {
            name: name.into(),
            value: value.into(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PortWish {
    #[n(0)]
    pub container_port: u16,
    /// 0 asks for any free port of the node.
    #[n(1)]
    #[cbor(default)]
    pub host_port: u16,
    #[n(2)]
    #[cbor(default)]
    pub udp: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PortRange {
    #[n(0)]
    pub first: u16,
    #[n(1)]
    pub last: u16,
    #[n(2)]
    #[cbor(default)]
    pub udp: bool,
}

/// A volume of the task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Volume {
    #[n(0)]
    pub name: String,
    /// A path of the node that is mounted as it is (`host.sourcePath`).
    #[n(1)]
    pub host_path: Option<String>,
    /// Given when the volume outlives its task (`dockerVolumeConfiguration` with scope `shared`).
    #[n(2)]
    #[cbor(default)]
    pub shared: bool,
    /// Whether a shared volume is made when it is not there.
    #[n(3)]
    #[cbor(default)]
    pub autoprovision: bool,
    #[n(4)]
    pub driver: Option<String>,
    #[n(5)]
    #[cbor(default)]
    pub driver_options: Vec<Pair>,
    /// Kinds that no node can mount yet (`efs`, `fsx`, `ebs`): the task then fails with a reason that names it.
    #[n(6)]
    pub unsupported: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MountPoint {
    #[n(0)]
    pub volume: String,
    #[n(1)]
    pub path: String,
    #[n(2)]
    #[cbor(default)]
    pub read_only: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct VolumesFrom {
    #[n(0)]
    pub container: String,
    #[n(1)]
    #[cbor(default)]
    pub read_only: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ulimit {
    /// `nofile`, `nproc`, ..
    #[n(0)]
    pub name: String,
    /// -1 is no limit.
    #[n(1)]
    pub soft: i64,
    #[n(2)]
    pub hard: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Device {
    #[n(0)]
    pub host_path: String,
    /// `None` is the path on the node.
    #[n(1)]
    pub container_path: Option<String>,
    /// Of `read`, `write`, `mknod`; empty means all.
    #[n(2)]
    #[cbor(default)]
    pub permissions: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Tmpfs {
    #[n(0)]
    pub path: String,
    #[n(1)]
    pub size_mib: u32,
    #[n(2)]
    #[cbor(default)]
    pub options: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dependency {
    #[n(0)]
    pub container: String,
    #[n(1)]
    pub condition: Condition,
}

/// A health check with ECS's defaults filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HealthCheck {
    /// `["CMD", ..]`, `["CMD-SHELL", ".."]`, or `["NONE"]`, which takes the image's check away.
    #[n(0)]
    pub command: Vec<String>,
    #[n(1)]
    pub interval_s: u32,
    #[n(2)]
    pub timeout_s: u32,
    #[n(3)]
    pub retries: u32,
    #[n(4)]
    #[cbor(default)]
    pub start_period_s: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RestartPolicy {
    #[n(0)]
    #[cbor(default)]
    pub ignored_exit_codes: Vec<i32>,
    /// How long it must have run before it is started again; ECS's default is 300.
    #[n(1)]
    pub attempt_period_s: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogConfig {
    /// `awslogs`, `json-file`, ..
    #[n(0)]
    pub driver: String,
    #[n(1)]
    #[cbor(default)]
    pub options: Vec<Pair>,
    #[n(2)]
    #[cbor(default)]
    pub secret_options: Vec<Pair>,
}
