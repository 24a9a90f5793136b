//! What every runtime can do, and how it says what went wrong.
//!
//! For: the one trait that the node's driver is written against, the states it is answered with, and the errors. The
//! contract that all implementations keep is `tests/contract.rs`.
//!
//! Words: a container is *created* when everything about it stands but its program, *running* from the moment that its
//! program was executed, *exited* when that program's end was seen, *lost* when its keeper was gone before it could see
//! the end (nothing of it runs any more then), *absent* when there is nothing by that name.
//!
//! Must never know: who asks, and why.

use crate::cgroup::Stats;
use crate::spec::{ContainerSpec, Terminal};
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

/// An answer that comes later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

pub trait Runtime: Send + Sync {
    /// Builds everything but executes nothing: root, mounts, namespaces, cgroup, keeper. On failure nothing is left.
    fn create<'a>(&'a self, spec: &'a ContainerSpec) -> Later<'a, Created>;

    /// Executes the program of a created container. When it cannot be executed the answer is [`Error::Exec`], and the
    /// container has exited with that error's code.
    fn start<'a>(&'a self, id: &'a str) -> Later<'a, Started>;

    /// Create and start, in one go where that is faster.
    fn run<'a>(&'a self, spec: &'a ContainerSpec) -> Later<'a, Started> {
        Box::pin(async move {
            self.create(spec).await?;
            self.start(&spec.id).await
        })
    }

    /// Sends the signal to the container's first process. Not an error when it has exited meanwhile.
    fn signal<'a>(&'a self, id: &'a str, signal: i32) -> Later<'a, ()>;

    fn state<'a>(&'a self, id: &'a str) -> Later<'a, State>;

    /// Answers when the container is exited, lost or absent, whoever created it. May be dropped and asked again.
    fn wait<'a>(&'a self, id: &'a str) -> Later<'a, State>;

    /// One more program inside a running container, until its end or its timeout.
    fn exec<'a>(&'a self, id: &'a str, exec: &'a ExecSpec) -> Later<'a, ExecOutcome>;

    /// A terminal inside a running container, for as long as the answer is kept.
    fn resize<'a>(&'a self, id: &'a str, size: Terminal) -> Later<'a, ()>;

    fn stats<'a>(&'a self, id: &'a str) -> Later<'a, Stats>;

    /// Kills what still runs and takes away all that create made. Not an error when there is nothing. What the spec
    /// named (layers, writable directory, volumes) is the caller's and stays.
    fn remove<'a>(&'a self, id: &'a str) -> Later<'a, ()>;

    /// All containers that have not been removed, also those that an earlier process created.
    fn list(&self) -> Later<'_, Vec<Listed>>;

    /// Namespaces without a program, for containers to join: lives like a container, until removed.
    fn hold<'a>(&'a self, hold: &'a HoldSpec) -> Later<'a, Held>;

    /// Where the container's records are; see [`crate::logs::LogReader`].
    fn log_dir(&self, id: &str) -> PathBuf;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// As the host sees it; waits to execute the program.
    pub pid: u32,
    /// What could not be given exactly as asked (a limit beyond the machine's), as sentences.
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    pub pid: u32,
    pub at: Nanos,
    pub warnings: Vec<String>,
}

/// Nanoseconds since 1970, by the kernel's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

impl Nanos {
    pub fn millis(self) -> i64 {
        (self.0 / 1_000_000) as i64
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Created,
    Running { pid: u32, started_at: Nanos },
    Exited(Exit),
    Lost,
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    pub how: Ended,
    /// The kernel killed something of it for want of memory.
    pub oom: bool,
    pub at: Nanos,
    /// None: its program was never executed.
    pub started_at: Option<Nanos>,
}

impl Exit {
    /// As a shell says it: the code, or 128 and the signal.
    pub fn code(&self) -> i32 {
        match self.how {
            Ended::Code(code) => code,
            Ended::Signal(signal) => 128 + signal,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Code(i32),
    Signal(i32),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub id: String,
    pub state: State,
    pub labels: Vec<(String, String)>,
}

/// A program to run beside the container's own. What is None is as for the container's own program.
#[derive(Clone, Debug)]
pub struct ExecSpec {
    pub args: Vec<String>,
    /// Added to the container's environment.
    pub env: Vec<String>,
    pub user: Option<String>,
    pub cwd: Option<String>,
    pub tty: bool,
    /// It is killed after that long.
    pub timeout: Duration,
    /// Standard output and error together; what is beyond is dropped.
    pub max_output: usize,
}

impl ExecSpec {
    pub fn new(args: impl IntoIterator<Item = impl Into<String>>) -> ExecSpec {
        ExecSpec {
            args: args.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            user: None,
            cwd: None,
            tty: false,
            timeout: Duration::from_secs(60),
            max_output: 64 * 1024,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecOutcome {
    pub end: ExecEnd,
    pub output: Vec<u8>,
    pub truncated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecEnd {
    /// 126 and 127 also when it could not be executed; the output says why then.
    Ended(Ended),
    TimedOut,
}

#[derive(Clone, Debug, Default)]
pub struct HoldSpec {
    pub id: String,
    pub cgroup_parent: String,
    pub hostname: Option<String>,
    /// Make the pid namespace's and the ipc namespace's holder; at least one.
    pub pid: bool,
    pub ipc: bool,
    pub labels: Vec<(String, String)>,
}

/// Paths for [`crate::spec::PidMode::Join`] and [`crate::spec::IpcMode::Join`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub pid_namespace: Option<PathBuf>,
    pub ipc_namespace: Option<PathBuf>,
}

/// What a runtime could not do. `Display` says what for people; `source` says more.
#[derive(Debug)]
pub enum Error {
    /// There is a container by that id.
    Exists(String),
    /// There is no container by that id, or it is not in a state to be asked that.
    NotThere { id: String, state: State },
    /// The spec itself cannot be carried out.
    Spec(String),
    /// The program cannot be executed: 127 when it is not found, 126 when it cannot be run.
    Exec { code: i32, text: String },
    /// A step of building the container failed, in its own words.
    Build { step: String, text: String },
    /// A file, socket or process of the runtime itself.
    Io { what: String, source: std::io::Error },
    /// The keeper answered nonsense, too late, or not at all.
    Keeper { id: String, text: String },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Exists(id) => write!(f, "container {id} is there already"),
            Error::NotThere { id, state } => write!(f, "container {id} is {state}"),
            Error::Spec(text) => write!(f, "{text}"),
            Error::Exec { text, .. } => write!(f, "{text}"),
            Error::Build { step, text } => write!(f, "{step}: {text}"),
            Error::Io { what, .. } => write!(f, "{what}"),
            Error::Keeper { id, text } => write!(f, "keeper of {id}: {text}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Created => "created",
            State::Running { .. } => "running",
            State::Exited(_) => "exited",
            State::Lost => "lost",
            State::Absent => "absent",
        })
    }
}

impl Error {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        let what = what.into();
        move |source| Error::Io { what, source }
    }
}
