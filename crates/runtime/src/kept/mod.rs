//! Containers with a keeper each: the real runtime, in both of its forms.
//!
//! For: making what a container needs outside of itself (directory, cgroup, keeper), talking to its keeper, and telling
//! its state from what is on the disk and in the kernel. Nothing is remembered here that a later process could not find
//! out anew, except which keepers are children of this very process and must be reaped.
//!
//! Must never know: how the starter builds a container.

mod make;

use crate::cgroup::{Cgroups, Group, Stats, StatsReader};
use crate::dir::Dir;
use crate::exec::{self, Order};
use crate::keeper::{How, Orders};
use crate::runtime::{
    Created, Error, ExecOutcome, ExecSpec, Held, HoldSpec, Later, Listed, Nanos, Runtime, Started, State,
};
use crate::seccomp::Filters;
use crate::spec::{ContainerSpec, Machine, Terminal};
use crate::starter;
use crate::trash::Trash;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream as Socket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const START_TIMEOUT: Duration = Duration::from_secs(30);
/// After its container was killed a keeper has its log to write.
const END_TIMEOUT: Duration = Duration::from_secs(10);
/// An exec's own timeout is the keeper's business; beyond it something is wrong.
const EXEC_GRACE: Duration = Duration::from_secs(10);
const MAX_ANSWER_BYTES: usize = 64 * 1024;

#[derive(Clone, Debug)]
pub struct Settings {
    /// A directory below it for each container. Made when missing, and beside it one with `.gone` after its name.
    pub state_dir: PathBuf,
    /// The executable that answers to the verb `keeper <dir>`; see [`crate::keeper_main`].
    pub keeper: PathBuf,
    /// Below which all cgroups are, say `gantry/<instance>`.
    pub cgroup_root: String,
}

#[derive(Clone)]
pub struct Kept(Arc<Inner>);

struct Inner {
    settings: Settings,
    trash: Trash,
    command: Option<PathBuf>,
    cgroups: Cgroups,
    machine: Machine,
    /// Keepers that this process started and has not reaped.
    children: Arc<Mutex<HashMap<String, Child>>>,
    /// Containers that are on their way, whose keeper has not spoken.
    creating: Mutex<HashSet<String>>,
    readers: Mutex<HashMap<String, StatsReader>>,
    filters: Filters,
}

impl Kept {
    /// Containers are built by our own starter.
    pub fn native(settings: Settings) -> Result<Kept, Error> {
        Kept::new(settings, None)
    }

    /// Containers are built by an OCI runtime's command: `runc`, `crun` or one of their kind.
    pub fn by_command(settings: Settings, command: PathBuf) -> Result<Kept, Error> {
        Kept::new(settings, Some(command))
    }

    fn new(settings: Settings, command: Option<PathBuf>) -> Result<Kept, Error> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&settings.state_dir)
            .map_err(Error::io("cannot make the runtime's directory"))?;
        let trash = Trash::open(settings.state_dir.with_extension("gone"));
        let trash = trash.map_err(Error::io("cannot make the runtime's directory"))?;
        let cgroups = Cgroups::detect(&settings.cgroup_root).map_err(build_error("cgroup"))?;
        let machine = starter::machine().map_err(Error::io("cannot tell what this process may give away"))?;
        Ok(Kept(Arc::new(Inner {
            settings,
            trash,
            command,
            cgroups,
            machine,
            children: Arc::default(),
            creating: Mutex::default(),
            readers: Mutex::default(),
            filters: Filters::default(),
        })))
    }

    /// Takes the groups away, so that the machine is left as it was found; not while there are containers, unless with
    /// `kill`, which ends them all (they show as exited). Whether nothing is left.
    pub async fn leave(&self, kill: bool) -> Result<bool, Error> {
        for container in self.list().await? {
            if !kill {
                return Ok(false);
            }
            if matches!(self.0.state(&container.id), State::Created | State::Running { .. }) {
                self.signal(&container.id, Signal::KILL.as_raw()).await?;
                self.wait(&container.id).await?;
            }
        }
        self.blocking(move |inner| inner.cgroups.leave(kill).map_err(build_error("cgroup")))
            .await
    }

    /// Runs what may block where blocking harms nobody.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.map_err(|why| Error::Io {
            what: "the runtime's thread ended".into(),
            source: io::Error::other(why),
        })?
    }
}

impl Runtime for Kept {
    fn create<'a>(&'a self, spec: &'a ContainerSpec) -> Later<'a, Created> {
        let spec = spec.clone();
        Box::pin(async move {
            let answer = self.blocking(move |inner| inner.create(&spec, false)).await?;
            Ok(Created {
                pid: answer.pid,
                warnings: answer.warnings,
            })
        })
    }

    fn run<'a>(&'a self, spec: &'a ContainerSpec) -> Later<'a, Started> {
        let spec = spec.clone();
        Box::pin(async move { self.blocking(move |inner| inner.create(&spec, true)).await })
    }

    fn start<'a>(&'a self, id: &'a str) -> Later<'a, Started> {
        Box::pin(async move {
            let mut socket = self.0.connect(id)?;
            let answer = within(START_TIMEOUT, id, async {
                socket.write_all(b"s").await?;
                read_some(&mut socket).await
            })
            .await?;
            let text = String::from_utf8_lossy(&answer);
            let mut fields = text.splitn(3, '\0');
            match (fields.next(), fields.next(), fields.next()) {
                (Some("ok"), Some(pid), Some(at)) => Ok(Started {
                    pid: pid.parse().unwrap_or(0),
                    at: Nanos(at.parse().unwrap_or(0)),
                    warnings: Vec::new(),
                }),
                (Some("no"), Some(code), Some(text)) => Err(Error::Exec {
                    code: code.parse().unwrap_or(126),
                    text: text.to_owned(),
                }),
                _ => Err(self.0.nonsense(id)),
            }
        })
    }

    fn signal<'a>(&'a self, id: &'a str, signal: i32) -> Later<'a, ()> {
        Box::pin(async move {
            let mut socket = match self.0.connect(id) {
                Err(Error::NotThere {
                    state: State::Exited(_) | State::Lost,
                    ..
                }) => return Ok(()),
                other => other?,
            };
            let mut message = [b'k', 0, 0, 0, 0];
            message[1..].copy_from_slice(&signal.to_le_bytes());
            let sent = within(START_TIMEOUT, id, async {
                socket.write_all(&message).await?;
                // Its answer, or the end of a keeper that has just seen the container's.
                let _ = read_some(&mut socket).await;
                Ok(())
            })
            .await;
            match self.0.state(id) {
                State::Exited(_) | State::Lost => Ok(()),
                _ => sent,
            }
        })
    }

    fn state<'a>(&'a self, id: &'a str) -> Later<'a, State> {
        Box::pin(async move { Ok(self.0.state(id)) })
    }

    fn wait<'a>(&'a self, id: &'a str) -> Later<'a, State> {
        Box::pin(async move {
            loop {
                if let Ok(mut socket) = self.0.connect(id) {
                    // The connection ends when the keeper does, in whatever way.
                    let _ = socket.write_all(b"w").await;
                    let mut nothing = [0; 16];
                    while socket.read(&mut nothing).await.is_ok_and(|got| got > 0) {}
                }
                let id = id.to_owned();
                let state = self.blocking(move |inner| Ok(inner.settle(&id))).await?;
                if !matches!(state, State::Created | State::Running { .. }) {
                    return Ok(state);
                }
                // It is busy with others, or just dying: once more, not at once.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    }

    fn exec<'a>(&'a self, id: &'a str, spec: &'a ExecSpec) -> Later<'a, ExecOutcome> {
        Box::pin(async move {
            let state = self.0.state(id);
            if !matches!(state, State::Running { .. }) {
                return Err(Error::NotThere {
                    id: id.to_owned(),
                    state,
                });
            }
            let mut socket = self.0.connect(id)?;
            let answer = within(spec.timeout + EXEC_GRACE, id, async {
                socket.write_all(&Order::of(spec).message()).await?;
                let mut answer = Vec::new();
                let most = spec.max_output as u64 + 1024;
                (&mut socket).take(most).read_to_end(&mut answer).await?;
                Ok(answer)
            })
            .await?;
            exec::read_answer(&answer).ok_or_else(|| self.0.nonsense(id))
        })
    }

    fn resize<'a>(&'a self, id: &'a str, size: Terminal) -> Later<'a, ()> {
        Box::pin(async move {
            let mut message = [b'z', 0, 0, 0, 0, 0, 0, 0, 0];
            message[1..5].copy_from_slice(&u32::from(size.rows).to_le_bytes());
            message[5..].copy_from_slice(&u32::from(size.columns).to_le_bytes());
            let mut socket = self.0.connect(id)?;
            within(START_TIMEOUT, id, async {
                socket.write_all(&message).await?;
                let _ = read_some(&mut socket).await;
                Ok(())
            })
            .await
        })
    }

    fn stats<'a>(&'a self, id: &'a str) -> Later<'a, Stats> {
        let id = id.to_owned();
        Box::pin(async move { self.blocking(move |inner| inner.stats(&id)).await })
    }

    fn remove<'a>(&'a self, id: &'a str) -> Later<'a, ()> {
        let id = id.to_owned();
        Box::pin(async move { self.blocking(move |inner| inner.remove(&id)).await })
    }

    fn list(&self) -> Later<'_, Vec<Listed>> {
        Box::pin(async move { self.blocking(Inner::list).await })
    }

    fn hold<'a>(&'a self, hold: &'a HoldSpec) -> Later<'a, Held> {
        let hold = hold.clone();
        Box::pin(async move { self.blocking(move |inner| inner.hold(&hold)).await })
    }

    fn log_dir(&self, id: &str) -> PathBuf {
        self.0.dir(id).log()
    }
}

impl Inner {
    fn dir(&self, id: &str) -> Dir {
        Dir::new(self.settings.state_dir.join(id))
    }

    fn group_of(&self, id: &str) -> Option<Group> {
        let orders = Orders::read(&self.dir(id)).ok()?;
        orders.group().ok()
    }

    fn state(&self, id: &str) -> State {
        if bad_name(id) {
            return State::Absent;
        }
        if hold_lock(&self.creating).contains(id) {
            return State::Created;
        }
        self.dir(id).state()
    }

    /// The state; what a dead keeper left running is killed before it is called lost.
    fn settle(&self, id: &str) -> State {
        let state = self.state(id);
        if !matches!(state, State::Created | State::Running { .. }) {
            self.reap(id);
        }
        if state == State::Lost {
            if let Some(group) = self.group_of(id) {
                let _ = group.kill();
            }
            // Whoever reads the log learns that nothing will come.
            let _ = self.dir(id).put("lost", b"");
        }
        state
    }

    /// Takes the exit of a keeper that is our child.
    fn reap(&self, id: &str) {
        let child = hold_lock(&self.children).remove(id);
        if let Some(mut child) = child {
            // Its lock is free or its container over, so it is at its end; this does not wait long.
            let _ = child.wait();
        }
    }

    fn connect(&self, id: &str) -> Result<UnixStream, Error> {
        let not_there = || Error::NotThere {
            id: id.to_owned(),
            state: self.state(id),
        };
        if bad_name(id) {
            return Err(not_there());
        }
        let socket = connect(&self.dir(id).socket()).map_err(|_| not_there())?;
        socket
            .set_nonblocking(true)
            .map_err(Error::io("cannot prepare a socket"))?;
        UnixStream::from_std(socket).map_err(Error::io("cannot use a socket"))
    }

    fn stats(&self, id: &str) -> Result<Stats, Error> {
        let mut readers = hold_lock(&self.readers);
        if let Some(reader) = readers.get(id) {
            if !reader.is_gone() {
                return Ok(reader.read());
            }
            readers.remove(id);
        }
        let group = self.group_of(id).filter(Group::exists).ok_or_else(|| Error::NotThere {
            id: id.to_owned(),
            state: self.state(id),
        })?;
        let reader = group.stats().map_err(build_error("stats"))?;
        let stats = reader.read();
        readers.insert(id.to_owned(), reader);
        Ok(stats)
    }

    fn remove(&self, id: &str) -> Result<(), Error> {
        if bad_name(id) {
            return Ok(());
        }
        let dir = self.dir(id);
        hold_lock(&self.readers).remove(id);
        if !dir.path().is_dir() {
            return Ok(());
        }
        let orders = Orders::read(&dir).ok();
        let group = orders.as_ref().and_then(|orders| orders.group().ok());
        let keeper = dir.keeper().and_then(|pid| pidfd_open(pid, PidfdFlags::NONBLOCK).ok());
        if let Some(group) = &group {
            group.kill().map_err(build_error("kill"))?;
        }
        if let Some(keeper) = keeper
            && !ends_within(&keeper, END_TIMEOUT)
        {
            let _ = pidfd_send_signal(&keeper, Signal::KILL);
            ends_within(&keeper, END_TIMEOUT);
        }
        // One that never answered has no lock to be found by.
        if let Some(mut child) = hold_lock(&self.children).remove(id) {
            let pid = Pid::from_child(&child);
            if pidfd_open(pid, PidfdFlags::empty()).is_ok_and(|fd| !ends_within(&fd, END_TIMEOUT)) {
                let _ = child.kill();
            }
            let _ = child.wait();
        }
        if let Some(Orders {
            how: How::Command { binary, root },
            ..
        }) = &orders
        {
            let delete = Command::new(binary)
                .arg("--root")
                .arg(root)
                .args(["delete", "--force", id])
                .output();
            delete.map_err(Error::io("cannot run the OCI runtime"))?;
        }
        if let Some(group) = &group {
            group.kill().map_err(build_error("kill"))?; // what was forked while the keeper died
            group.remove().map_err(build_error("remove the cgroup"))?;
        }
        // Whole, so that it is either what it was or absent. Where that cannot be, without what says that there was
        // something it is at least never lost.
        self.trash
            .take(dir.path(), Some("status"))
            .map_err(Error::io("cannot remove the container's directory"))
    }

    fn list(&self) -> Result<Vec<Listed>, Error> {
        let mut all = Vec::new();
        let unreadable = "cannot read the runtime's directory";
        for entry in fs::read_dir(&self.settings.state_dir).map_err(Error::io(unreadable))? {
            let name = entry.map_err(Error::io(unreadable))?.file_name();
            let Some(id) = name.to_str().filter(|id| !bad_name(id)) else {
                continue;
            };
            let text = fs::read(self.dir(id).file("spec.json")).unwrap_or_default();
            let spec: ContainerSpec = serde_json::from_slice(&text).unwrap_or_default();
            all.push(Listed {
                id: id.to_owned(),
                state: self.settle(id),
                labels: spec.labels,
            });
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(all)
    }
}

/// What cannot be a container's id, and so not the name of a directory here.
fn bad_name(id: &str) -> bool {
    id.is_empty() || id.starts_with('.') || id.contains(['/', '\0'])
}

fn hold_lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// An error and all that it stands on.
fn whole(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", whole(source)),
        None => error.to_string(),
    }
}

fn build_error<E: std::error::Error>(step: &'static str) -> impl FnOnce(E) -> Error {
    move |why| Error::Build {
        step: step.to_owned(),
        text: whole(&why),
    }
}

/// A socket's path may have 107 bytes; a longer one is reached through its directory's descriptor.
fn connect(path: &Path) -> io::Result<Socket> {
    if path.as_os_str().len() < 100 {
        return Socket::connect(path);
    }
    let dir: OwnedFd = fs::File::open(path.parent().unwrap_or(path))?.into();
    Socket::connect(format!("/proc/self/fd/{}/sock", dir.as_raw_fd()))
}

fn ends_within(process: &OwnedFd, time: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let time = Timespec {
        tv_sec: time.as_secs() as i64,
        tv_nsec: time.subsec_nanos().into(),
    };
    poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&time)).is_ok_and(|ready| ready > 0)
}

async fn within<T>(time: Duration, id: &str, work: impl Future<Output = io::Result<T>>) -> Result<T, Error> {
    let keeper = |text: String| Error::Keeper {
        id: id.to_owned(),
        text,
    };
    match tokio::time::timeout(time, work).await {
        Ok(done) => done.map_err(|why| keeper(format!("cannot be talked to ({why})"))),
        Err(_) => Err(keeper("does not answer".into())),
    }
}

/// One answer: what comes until the other side has said it all.
async fn read_some(socket: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut answer = vec![0; MAX_ANSWER_BYTES];
    let got = socket.read(&mut answer).await?;
    answer.truncate(got);
    Ok(answer)
}
