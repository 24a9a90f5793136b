//! One container as its runner wants it: the typed input of every runtime.
//!
//! For: a value that says all that is to be enforced, checked once by who builds it, kept as JSON beside the container
//! so that whoever comes after a crash reads the same. Every field has a default that an ordinary container can live
//! with, and fields that a reader does not know are ignored: keepers outlive the program that started them.
//!
//! Words: a *layer* is an unpacked read-only directory; the *writable directory* takes the container's changes; a
//! *cgroup parent* is the group of the containers that share limits.
//!
//! Must never know: AWS, tasks, where the layers came from, how any of this is done.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerSpec {
    /// Unique on the machine: letters, digits, `_`, `-`, `.`; names its directory and its cgroup.
    pub id: String,
    pub rootfs: Rootfs,

    /// The program and its arguments. Never empty.
    pub args: Vec<String>,
    pub env: Env,
    /// Working directory inside the container; made when missing. Empty means `/`.
    pub cwd: String,
    /// As an image or a person gives it: "", "name", "uid", "uid:gid", "name:group". Resolved inside the root.
    pub user: String,
    /// Groups beside those of the user, by name or number.
    pub extra_groups: Vec<String>,
    pub hostname: Option<String>,
    pub domain_name: Option<String>,

    /// In the order they are to be mounted. One at the place of a default mount (say `/dev/shm`) takes its place.
    pub mounts: Vec<Mount>,
    pub etc: EtcFiles,
    /// Size of `/dev/shm`. None: 64 MiB.
    pub shm_bytes: Option<u64>,

    /// Names with or without `CAP_`; `ALL` is all. Over the default set: first added, then dropped.
    pub capabilities_add: Vec<String>,
    pub capabilities_drop: Vec<String>,
    pub privileged: bool,
    pub seccomp: Seccomp,
    pub no_new_privileges: bool,
    /// None: the default list. Ignored when privileged.
    pub masked_paths: Option<Vec<String>>,
    /// None: the default list. Ignored when privileged.
    pub readonly_paths: Option<Vec<String>>,
    pub user_namespace: Option<UserNamespace>,

    pub ulimits: Vec<Ulimit>,
    pub sysctls: Vec<(String, String)>,
    pub devices: Vec<Device>,
    pub oom_score_adj: Option<i32>,
    pub cgroup: CgroupSpec,

    pub pid: PidMode,
    pub ipc: IpcMode,
    pub uts: UtsMode,
    pub network: NetworkMode,

    /// A small first process that reaps zombies and passes signals on.
    pub init: bool,
    pub terminal: Option<Terminal>,
    /// Keep standard input open.
    pub stdin: bool,
    pub stop_signal: StopSignal,
    pub logs: LogMode,
    /// Said back by lists; the runtime reads nothing in them.
    pub labels: Vec<(String, String)>,
}

/// `KEY=VALUE` each. Values may be secrets, so only the names print.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Env(pub Vec<String>);

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|one| one.split('=').next().unwrap_or_default());
        f.debug_list().entries(names).finish()
    }
}

/// Where the container's files come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rootfs {
    /// Unpacked layers, lowest first.
    pub layers: Vec<PathBuf>,
    /// Holds `upper` and `work`. With a size limit also the file that the limit is kept in.
    pub writable: PathBuf,
    pub read_only: bool,
    /// Limit of what the writable directory may hold; containers that name the same writable file share it.
    pub size_limit_mib: Option<u64>,
    /// The sparse file behind the limit. None: `writable` itself with `.img` after its name.
    pub size_limit_file: Option<PathBuf>,
    /// Where empty file systems of each size are kept, to be copied for the next of that size; made when missing. None:
    /// each is made anew, which takes a hundred times as long.
    pub size_limit_templates: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mount {
    pub kind: MountKind,
    /// Host path of a bind or volume; ignored for tmpfs.
    #[serde(default)]
    pub source: PathBuf,
    /// Absolute path inside the container.
    pub destination: String,
    #[serde(default)]
    pub read_only: bool,
    /// As for mount(8): `noexec`, `nosuid`, `size=64m`, `mode=1777`...
    #[serde(default)]
    pub options: Vec<String>,
    #[serde(default)]
    pub propagation: Propagation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MountKind {
    /// A host path, file or directory; a missing source is an error.
    Bind,
    /// A directory that belongs to a volume; an empty one is first filled with what the image has at the destination.
    Volume,
    Tmpfs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Propagation {
    #[default]
    Private,
    /// What the host mounts there later is seen inside.
    Slave,
    Shared,
}

/// Files of the host that stand at `/etc/...` in the container. None: the image's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EtcFiles {
    pub resolv_conf: Option<PathBuf>,
    pub hosts: Option<PathBuf>,
    pub hostname: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seccomp {
    /// The built-in profile, made for the container's own capabilities.
    #[default]
    Default,
    Unconfined,
    /// A profile of the user, in Docker's JSON form.
    Custom(PathBuf),
}

/// Container ids from 0 are these host ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserNamespace {
    pub host_uid: u32,
    pub host_gid: u32,
    pub count: u32,
}

/// `name` as for setrlimit, lower case, without `RLIMIT_`: `nofile`, `memlock`... `u64::MAX` is unlimited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    pub name: String,
    pub soft: u64,
    pub hard: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub host_path: PathBuf,
    pub container_path: PathBuf,
    pub read: bool,
    pub write: bool,
    pub mknod: bool,
}

/// Where the container stands among cgroups, and what it may use. It gets the group `<root>/<parent>/<id>`, where the
/// root is the runtime's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CgroupSpec {
    /// Relative, may be several names deep, may be empty. Made when missing, removed with its last child.
    pub parent: String,
    /// Limits of the parent as a whole.
    pub parent_limits: Limits,
    pub limits: Limits,
}

/// None is no limit. Said in one way for both kinds of cgroups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Relative weight, 2 to 262144; 1024 is one ordinary share.
    pub cpu_shares: Option<u64>,
    pub cpu_quota: Option<CpuQuota>,
    /// Which processors, as in `0-3,6`.
    pub cpuset: Option<String>,
    /// Beyond it something is killed.
    pub memory_bytes: Option<u64>,
    /// Given back first, down to this, when the machine runs short.
    pub memory_soft_bytes: Option<u64>,
    /// Swap beside the memory; 0 is none. Counts only with `memory_bytes`.
    pub swap_bytes: Option<u64>,
    /// 0 to 100. Only v1 has it.
    pub swappiness: Option<u8>,
    pub pids: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuQuota {
    pub quota_us: u64,
    pub period_us: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PidMode {
    #[default]
    Private,
    Host,
    /// The namespace at this path, say `/proc/<pid>/ns/pid`.
    Join(PathBuf),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IpcMode {
    #[default]
    Private,
    /// Private and without `/dev/shm`.
    None,
    Host,
    /// The namespace at this path. A shared `/dev/shm` is one more bind mount.
    Join(PathBuf),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UtsMode {
    #[default]
    Private,
    Host,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkMode {
    /// A namespace with nothing but loopback.
    #[default]
    Private,
    Host,
    Join(PathBuf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    pub rows: u16,
    pub columns: u16,
}

/// A signal by number. SIGTERM unless something else was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StopSignal(pub i32);

impl Default for StopSignal {
    fn default() -> StopSignal {
        StopSignal(15)
    }
}

/// What happens to output that nobody has read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogMode {
    /// The container waits for its reader when this much is unread.
    Blocking { max_bytes: u64 },
    /// What comes beyond this much is dropped and counted.
    NonBlocking { max_bytes: u64 },
    /// The newest is kept, in `max_files` of `max_bytes` each; nobody need read.
    Keep { max_bytes: u64, max_files: u32 },
}

impl Default for LogMode {
    fn default() -> LogMode {
        LogMode::Keep {
            max_bytes: 10 << 20,
            max_files: 1,
        }
    }
}

impl ContainerSpec {
    /// What the host calls that user of the container.
    pub fn host_uid(&self, uid: u32) -> u32 {
        self.user_namespace
            .map_or(uid, |users| users.host_uid.saturating_add(uid))
    }
}
