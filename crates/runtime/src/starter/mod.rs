//! The child that builds the container around itself and then becomes its program.
//!
//! For: everything between the keeper's clone and the program's execution. It starts in the new namespaces, still with
//! the host's files before it; it mounts the root and everything in it where nobody else can see it, moves into it,
//! gives away its rights, and executes.
//!
//! Words: a *step* is what was being done when it failed, in words for people.
//!
//! Must never know: what happens after the execution.

mod become_user;
mod command;
mod console;
mod facts;
mod fill;
mod hold;
mod init;
mod limited;
mod mounts;
mod program;
mod report;
mod root;
mod tree;
mod user_namespace;

pub(crate) use become_user::{Identity, become_user, read_filter, set_limits};
pub(crate) use command::{COMMAND_PATH, command_failure, start_by_command};
pub(crate) use console::{open_terminal, winsize};
pub(crate) use facts::{machine, warnings};
pub(crate) use program::{NotExecuted, execute};
pub(crate) use report::{Report, say};

use crate::dir::Dir;
use crate::keeper::{How, Orders};
use crate::spec::{ContainerSpec, Facts, IpcMode, NetworkMode, Plan, UtsMode, look_up_devices, plan, resolve_user};
use crate::sys;
use rustix::fd::{AsFd, OwnedFd};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::path::Path;

/// Why the container could not be built.
pub(crate) enum Stop {
    Failed { step: String, text: String },
    NotExecuted(NotExecuted),
}

/// Names the step of what failed.
pub(crate) trait Step<T> {
    fn step(self, step: &str) -> Result<T, Stop>;
}

impl<T, E: std::error::Error> Step<T> for Result<T, E> {
    fn step(self, step: &str) -> Result<T, Stop> {
        self.map_err(|why| {
            let mut text = why.to_string();
            let mut source = why.source();
            while let Some(next) = source {
                text = format!("{text}: {next}");
                source = next.source();
            }
            Stop::Failed {
                step: step.to_owned(),
                text,
            }
        })
    }
}

/// What the program has for its first three descriptors; None is nothing to read, or the terminal.
#[derive(Default)]
pub(crate) struct Stdio {
    pub stdin: Option<OwnedFd>,
    pub stdout: Option<OwnedFd>,
    pub stderr: Option<OwnedFd>,
}

/// Called in the child; ends it when it does not become the program.
pub(crate) fn become_container(dir: &Dir, orders: &Orders, report: OwnedFd, stdio: Stdio) -> ! {
    // Not a way back to whoever asked the keeper, and not a life without the keeper.
    let _ = sys::die_with_parent();
    let null = File::options().read(true).write(true).open("/dev/null");
    if let Ok(null) = null {
        let _ = sys::put_at(&null, 0);
    }
    let done = match &orders.how {
        How::Native => build(dir, orders, &report, stdio),
        How::Hold => hold::hold(dir, orders, &report),
        How::Command { binary, root } => command::create(dir, orders, binary, root, &report, stdio),
    };
    let Err(stop) = done;
    let code = match stop {
        Stop::Failed { step, text } => {
            let _ = report::say(&report, &Report::Failed { step, text });
            1
        }
        Stop::NotExecuted(NotExecuted { code, text }) => {
            let _ = report::say(&report, &Report::NotExecuted { code, text });
            code
        }
    };
    sys::exit_now(code)
}

fn build(dir: &Dir, orders: &Orders, report: &OwnedFd, stdio: Stdio) -> Result<Infallible, Stop> {
    let spec = read_spec(dir)?;
    let _ = rustix::process::setsid();
    let place = root::mount(dir, &spec)?;
    enter_groups(orders)?;
    join_namespaces(&spec)?;
    let plan = decide(&spec, orders, &place)?;
    if let Some(adjustment) = plan.oom_score_adj {
        std::fs::write("/proc/self/oom_score_adj", adjustment.to_string()).step("set oom_score_adj")?;
    }
    mounts::mount_all(&place, &plan)?;
    mounts::make_devices(&place, &plan)?;
    mounts::set_sysctls(&place, &spec)?;
    mounts::hide_paths(&place, &plan)?;
    let identity = Identity::of(&spec, &plan, read_filter(dir)?);
    let terminal = match spec.terminal {
        Some(size) => {
            let (master, slave) =
                open_terminal(&place.root, size, spec.host_uid(plan.user.uid)).step("make a terminal")?;
            mounts::bind_console(&place, &console::terminal_name(&master).step("make a terminal")?)?;
            report::say(report, &Report::Terminal(master)).step("hand over the terminal")?;
            Some(slave)
        }
        None => None,
    };
    root::enter(&place, &spec)?;
    set_names(&spec)?;
    go_to(&plan.cwd, &spec)?;
    put_stdio(stdio, terminal, spec.host_uid(plan.user.uid))?;

    report::say(
        report,
        &Report::Ready {
            pid: None,
            warnings: warnings(&plan),
        },
    )
    .step("report")?;
    Report::await_start(report).step("wait for the start")?;
    set_limits(&identity)?;
    if let Some(users) = &place.users {
        join_users(users)?;
    }
    if spec.init {
        init::stay_behind(report, &identity)?;
    }
    become_user(&identity)?;
    match execute(&spec.args, &plan.env) {
        Err(why) => Err(Stop::NotExecuted(why)),
    }
}

pub(crate) fn read_spec(dir: &Dir) -> Result<ContainerSpec, Stop> {
    let text = std::fs::read(dir.file("spec.json")).step("read the spec")?;
    serde_json::from_slice(&text).step("read the spec")
}

/// On v1, or where the kernel could not put us there at birth.
pub(crate) fn enter_groups(orders: &Orders) -> Result<(), Stop> {
    orders.enter().step("enter the cgroup")?;
    // After the cgroup was entered, so that the namespace has it as its top.
    sys::unshare(libc::CLONE_NEWCGROUP).step("unshare the cgroup namespace")
}

fn join_namespaces(spec: &ContainerSpec) -> Result<(), Stop> {
    if let NetworkMode::Join(path) = &spec.network {
        join(path, LinkNameSpaceType::Network).step("join the network namespace")?;
    }
    if let IpcMode::Join(path) = &spec.ipc {
        join(path, LinkNameSpaceType::InterProcessCommunication).step("join the ipc namespace")?;
    }
    Ok(())
}

fn join(path: &Path, kind: LinkNameSpaceType) -> io::Result<()> {
    Ok(move_into_link_name_space(File::open(path)?.as_fd(), Some(kind))?)
}

/// Only now, with the root before us, is it known who the user is.
fn decide(spec: &ContainerSpec, orders: &Orders, place: &root::Place) -> Result<Plan, Stop> {
    let user = resolve_user(&place.root, &spec.user, &spec.extra_groups).step("find the user")?;
    let machine = machine().step("look at the machine")?;
    let facts = Facts {
        machine: &machine,
        user,
        devices: look_up_devices(&spec.devices).step("look up devices")?,
        cgroups: orders.group().step("find the cgroup")?.mounted(),
    };
    plan(spec, facts).step("plan")
}

fn set_names(spec: &ContainerSpec) -> Result<(), Stop> {
    if spec.uts != UtsMode::Private {
        return Ok(());
    }
    if let Some(name) = &spec.hostname {
        rustix::system::sethostname(name.as_bytes()).step("set the host name")?;
    }
    if let Some(name) = &spec.domain_name {
        rustix::system::setdomainname(name.as_bytes()).step("set the domain name")?;
    }
    Ok(())
}

/// A working directory that is not there is made, as images expect.
fn go_to(cwd: &str, spec: &ContainerSpec) -> Result<(), Stop> {
    if let Err(rustix::io::Errno::NOENT) = rustix::process::chdir(cwd) {
        if spec.rootfs.read_only {
            return rustix::process::chdir(cwd).step(&format!("change to the working directory {cwd}"));
        }
        std::fs::create_dir_all(cwd).step("make the working directory")?;
    }
    rustix::process::chdir(cwd).step(&format!("change to the working directory {cwd}"))
}

/// A program that opens `/dev/stdout` anew must be let to, whoever it is.
pub(crate) fn give(pipe: &OwnedFd, owner: u32) -> Result<(), Stop> {
    rustix::fs::fchown(pipe, Some(rustix::fs::Uid::from_raw(owner)), None).step("give the output's pipe to the user")
}

/// From here on this process has power over what is mapped, and over nothing else.
pub(crate) fn join_users(namespace: &OwnedFd) -> Result<(), Stop> {
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::User)).step("join the user namespace")
}

/// `/dev/null` is the container's own, so that no file of the host is in its hands.
fn put_stdio(stdio: Stdio, terminal: Option<OwnedFd>, owner: u32) -> Result<(), Stop> {
    if let Some(terminal) = terminal {
        rustix::process::ioctl_tiocsctty(&terminal).step("take the terminal")?;
        for number in 0..3 {
            sys::put_at(&terminal, number).step("take the terminal")?;
        }
        return Ok(());
    }
    let null = || {
        File::options()
            .read(true)
            .write(true)
            .open("/dev/null")
            .map(OwnedFd::from)
    };
    for (number, fd) in [(0, stdio.stdin), (1, stdio.stdout), (2, stdio.stderr)] {
        let fd = match fd {
            Some(fd) => {
                give(&fd, owner)?;
                fd
            }
            None => null().step("open /dev/null")?,
        };
        sys::put_at(&fd, number).step("set standard input and output")?;
    }
    Ok(())
}
