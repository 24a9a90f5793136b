//! Making a container: its directory, its cgroup, its orders, its keeper; all of them or none.
//!
//! Must never know: what becomes of the container.

use super::{Inner, build_error, hold_lock, whole};
use crate::cgroup::{CgroupError, Cgroups, Group};
use crate::dir::Dir;
use crate::keeper::{How, Orders};
use crate::runtime::{Error, Held, HoldSpec, Nanos, Started};
use crate::seccomp::Filter;
use crate::spec::{
    CgroupSpec, ContainerSpec, Env, Facts, IpcMode, LogMode, NetworkMode, PidMode, User, UtsMode, look_up_devices, plan,
};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Building a container may wait for disks; not for ever.
const CREATE_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_ANSWER_BYTES: usize = 64 * 1024;

impl Inner {
    pub(super) fn create(&self, spec: &ContainerSpec, start: bool) -> Result<Started, Error> {
        // Decided once here to refuse what cannot be, and again inside the root, where the user is known.
        let devices = look_up_devices(&spec.devices).map_err(|why| Error::Spec(whole(&why)))?;
        let facts = Facts {
            machine: &self.machine,
            user: User::default(),
            devices,
            cgroups: Vec::new(),
        };
        let plan = plan(spec, facts).map_err(|why| Error::Spec(whole(&why)))?;
        if let Some(what) = not_to_be_had(spec, self.command.is_some()) {
            return Err(Error::Spec(what.to_owned()));
        }
        let how = match &self.command {
            None => How::Native,
            Some(binary) => How::Command {
                binary: binary.clone(),
                root: self.settings.state_dir.join(".oci"),
            },
        };
        let private = |is: bool, flag: i32| if is { flag as u64 } else { 0 };
        let namespaces = match how {
            How::Command { .. } => libc::CLONE_NEWNS as u64,
            _ => {
                libc::CLONE_NEWNS as u64
                    | private(spec.pid == PidMode::Private, libc::CLONE_NEWPID)
                    | private(matches!(spec.ipc, IpcMode::Private | IpcMode::None), libc::CLONE_NEWIPC)
                    | private(spec.uts == UtsMode::Private, libc::CLONE_NEWUTS)
                    | private(spec.network == NetworkMode::Private, libc::CLONE_NEWNET)
            }
        };
        let join_pid = match (&spec.pid, &how) {
            (PidMode::Join(path), How::Native) => Some(path.clone()),
            _ => None,
        };
        let orders = Orders {
            how,
            cgroups: self.cgroups.clone(),
            group: self.group(&spec.cgroup, &spec.id)?.path().to_owned(),
            namespaces,
            join_pid,
            logs: spec.logs,
            terminal: spec.terminal.is_some(),
            stdin: spec.stdin,
            enter_late: spec.rootfs.size_limit_mib.is_some(),
            start,
        };
        let filter = self
            .filters
            .of(spec, plan.bounding)
            .map_err(|why| Error::Spec(whole(&why)))?;
        self.build(spec, &orders, filter.as_deref(), |cgroups| {
            cgroups
                .create(&spec.cgroup, &spec.id, &plan.device_rules)
                .map(|(_, warnings)| warnings.iter().map(ToString::to_string).collect())
        })
    }

    /// Everything or nothing: what was made is taken away when the keeper has no container to show.
    fn build(
        &self,
        spec: &ContainerSpec,
        orders: &Orders,
        filter: Option<&Filter>,
        cgroup: impl FnOnce(&Cgroups) -> Result<Vec<String>, CgroupError>,
    ) -> Result<Started, Error> {
        let id = &spec.id;
        let dir = self.dir(id);
        match fs::DirBuilder::new().mode(0o700).create(dir.path()) {
            Err(why) if why.kind() == ErrorKind::AlreadyExists => return Err(Error::Exists(id.clone())),
            other => other.map_err(Error::io("cannot make the container's directory"))?,
        }
        hold_lock(&self.creating).insert(id.clone());
        let built = (|| {
            let write = |name: &str, content: serde_json::Result<Vec<u8>>| -> Result<(), Error> {
                let content = content.map_err(|why| Error::Spec(why.to_string()))?;
                fs::write(dir.file(name), content).map_err(Error::io(format!("cannot write {name}")))
            };
            fs::create_dir(dir.rootfs()).map_err(Error::io("cannot make the root's directory"))?;
            write("spec.json", serde_json::to_vec(spec))?;
            write("keep.json", serde_json::to_vec(orders))?;
            if let Some(filter) = filter {
                write("seccomp.bpf", Ok(filter.as_bytes().to_vec()))?;
            }
            dir.reserve_exit()
                .map_err(Error::io("cannot reserve room for the end"))?;
            // Only now, when the orders that name the group are written: who finds them after a crash takes it away.
            let mut warnings = cgroup(&self.cgroups).map_err(build_error("cgroup"))?;
            let mut started = self.start_keeper(id, &dir)?;
            let (orders, children, id) = (orders.clone(), Arc::clone(&self.children), id.clone());
            tokio::task::spawn_blocking(move || {
                // Not yet reaped, so its number is its own.
                let keeper = hold_lock(&children).get(&id).map(Child::id);
                if let Some(keeper) = keeper {
                    orders.take_out_of_the_service(keeper);
                }
            });
            warnings.append(&mut started.warnings);
            started.warnings = warnings;
            Ok(started)
        })();
        hold_lock(&self.creating).remove(id);
        // A program that cannot be executed leaves an exited container, as a start later would have.
        if built
            .as_ref()
            .is_err_and(|why| !(orders.start && matches!(why, Error::Exec { .. }) && dir.status().is_some()))
        {
            let _ = self.remove(id);
        }
        built
    }

    fn start_keeper(&self, id: &str, dir: &Dir) -> Result<Started, Error> {
        let io = |what: &str| Error::io(format!("{what} for {id}"));
        let (ours, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .map_err(|why| io("cannot make a socket pair")(why.into()))?;
        let errors = fs::File::create(dir.file("keeper.err")).map_err(io("cannot make the keeper's file"))?;
        let child = Command::new(&self.settings.keeper)
            .arg("keeper")
            .arg(dir.path())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::from(errors))
            .spawn()
            .map_err(io("cannot start the keeper"))?;
        hold_lock(&self.children).insert(id.to_owned(), child);

        rustix::net::sockopt::set_socket_timeout(&ours, rustix::net::sockopt::Timeout::Recv, Some(CREATE_TIMEOUT))
            .map_err(|why| io("cannot set a timeout")(why.into()))?;
        let mut answer = vec![0; MAX_ANSWER_BYTES];
        let got = rustix::io::read(&ours, &mut answer[..]).map_err(|why| Error::Keeper {
            id: id.to_owned(),
            text: format!("no answer ({why})"),
        })?;
        let text = String::from_utf8_lossy(&answer[..got]);
        let fields: Vec<&str> = text.splitn(4, '\0').collect();
        match fields[..] {
            ["ok", pid, at, warnings] => Ok(Started {
                pid: pid.parse().unwrap_or(0),
                at: Nanos(at.parse().unwrap_or(0)),
                warnings: warnings.lines().map(str::to_owned).collect(),
            }),
            ["ex", code, text, _] => Err(Error::Exec {
                code: code.parse().unwrap_or(126),
                text: text.to_owned(),
            }),
            ["no", step, text, _] => Err(Error::Build {
                step: step.to_owned(),
                text: text.to_owned(),
            }),
            _ => Err(self.nonsense(id)),
        }
    }

    pub(super) fn nonsense(&self, id: &str) -> Error {
        let said = fs::read_to_string(self.dir(id).file("keeper.err")).unwrap_or_default();
        let last = said.lines().last().unwrap_or("ended without an answer");
        Error::Keeper {
            id: id.to_owned(),
            text: last.to_owned(),
        }
    }

    pub(super) fn hold(&self, hold: &HoldSpec) -> Result<Held, Error> {
        let spec = ContainerSpec {
            id: hold.id.clone(),
            args: vec!["hold".into()],
            hostname: hold.hostname.clone(),
            cgroup: CgroupSpec {
                parent: hold.cgroup_parent.clone(),
                ..CgroupSpec::default()
            },
            env: Env::default(),
            labels: hold.labels.clone(),
            logs: LogMode::default(),
            ..ContainerSpec::default()
        };
        let flag = |is: bool, flag: i32| if is { flag as u64 } else { 0 };
        let orders = Orders {
            how: How::Hold,
            cgroups: self.cgroups.clone(),
            group: self.group(&spec.cgroup, &spec.id)?.path().to_owned(),
            namespaces: flag(hold.pid, libc::CLONE_NEWPID) | flag(hold.ipc, libc::CLONE_NEWIPC),
            join_pid: None,
            logs: spec.logs,
            terminal: false,
            stdin: false,
            enter_late: false,
            start: false,
        };
        let held = self.build(&spec, &orders, None, |cgroups| {
            cgroups.create(&spec.cgroup, &spec.id, &[]).map(|_| Vec::new())
        })?;
        let path = |is: bool, name: &str| is.then(|| PathBuf::from(format!("/proc/{}/ns/{name}", held.pid)));
        Ok(Held {
            pid_namespace: path(hold.pid, "pid"),
            ipc_namespace: path(hold.ipc, "ipc"),
        })
    }

    pub(super) fn group(&self, spec: &CgroupSpec, id: &str) -> Result<Group, Error> {
        self.cgroups.of_container(spec, id).map_err(build_error("cgroup"))
    }
}

/// Refused, because doing without it unasked would be worse.
fn not_to_be_had(spec: &ContainerSpec, by_command: bool) -> Option<&'static str> {
    match (by_command, spec) {
        (
            true,
            ContainerSpec {
                user_namespace: Some(_),
                ..
            },
        ) => Some("a user namespace is not to be had from an OCI command"),
        (true, ContainerSpec { init: true, .. }) => Some("an init process is not to be had from an OCI command"),
        (true, ContainerSpec { terminal: Some(_), .. }) => Some("a terminal is not to be had from an OCI command"),
        _ => None,
    }
}
