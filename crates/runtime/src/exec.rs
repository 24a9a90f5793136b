//! One more program in a running container.
//!
//! For: the order as it goes over the keeper's socket, serving it in a child that the keeper forks for it, and the
//! answer. The program gets what the container's own program got: namespaces, cgroup, user, capabilities, limits and
//! seccomp filter.
//!
//! Must never know: why it is run.

use crate::dir::Dir;
use crate::keeper::{How, Orders};
use crate::runtime::{Ended, ExecEnd, ExecOutcome, ExecSpec};
use crate::spec::{ContainerSpec, Facts, Terminal, plan, resolve_user};
use crate::starter::{
    Identity, NotExecuted, Report, Step, Stop, become_user, command_failure, execute, give, machine, open_terminal,
    read_filter, read_spec, say, set_limits,
};
use crate::sys::{self, Fork};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, open};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, WaitOptions, pidfd_open};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::io::{self, Error, Read, Write};

/// As the keeper's socket carries it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    args: Vec<String>,
    env: Vec<String>,
    user: Option<String>,
    cwd: Option<String>,
    tty: bool,
    timeout_ms: u64,
    max_output: usize,
}

/// An order that is longer has more arguments than the kernel takes.
const MAX_ORDER_BYTES: u32 = 4 << 20;

impl Order {
    pub fn of(spec: &ExecSpec) -> Order {
        Order {
            args: spec.args.clone(),
            env: spec.env.clone(),
            user: spec.user.clone(),
            cwd: spec.cwd.clone(),
            tty: spec.tty,
            timeout_ms: spec.timeout.as_millis() as u64,
            max_output: spec.max_output,
        }
    }

    /// `x`, length, JSON.
    pub fn message(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("strings and numbers can be written as JSON");
        let mut message = vec![b'x'];
        message.extend_from_slice(&(json.len() as u32).to_le_bytes());
        message.extend_from_slice(&json);
        message
    }

    fn read(caller: &mut impl Read) -> io::Result<Order> {
        let mut head = [0; 5];
        caller.read_exact(&mut head)?;
        let len = u32::from_le_bytes(head[1..].try_into().expect("four bytes"));
        if len > MAX_ORDER_BYTES {
            return Err(Error::other("an order too long"));
        }
        let mut json = vec![0; len as usize];
        caller.read_exact(&mut json)?;
        serde_json::from_slice(&json).map_err(Error::from)
    }
}

/// A line `end number truncated`, then the output.
fn answer(end: ExecEnd, output: &[u8], truncated: bool) -> Vec<u8> {
    let (word, number) = match end {
        ExecEnd::Ended(Ended::Code(code)) => ("code", code),
        ExecEnd::Ended(Ended::Signal(signal)) => ("signal", signal),
        ExecEnd::TimedOut => ("timeout", 0),
    };
    let mut answer = format!("{word} {number} {}\n", u8::from(truncated)).into_bytes();
    answer.extend_from_slice(output);
    answer
}

pub fn read_answer(answer: &[u8]) -> Option<ExecOutcome> {
    let end = memchr::memchr(b'\n', answer)?;
    let words: Vec<&str> = std::str::from_utf8(&answer[..end]).ok()?.split(' ').collect();
    let [word, number, truncated] = words[..] else {
        return None;
    };
    let number = number.parse().ok()?;
    Some(ExecOutcome {
        end: match word {
            "code" => ExecEnd::Ended(Ended::Code(number)),
            "signal" => ExecEnd::Ended(Ended::Signal(number)),
            "timeout" => ExecEnd::TimedOut,
            _ => return None,
        },
        output: answer[end + 1..].to_vec(),
        truncated: truncated == "1",
    })
}

/// In a child of the keeper, with the caller on standard input.
pub fn serve(dir: &Dir, orders: &Orders, container: i32) {
    let Ok(caller) = sys::inherited(0) else { return };
    let _ = sys::die_with_parent();
    let _ = rustix::io::ioctl_fionbio(&caller, false);
    let mut caller = std::fs::File::from(caller);
    let Ok(order) = Order::read(&mut caller) else { return };
    let done = run(dir, orders, container, &order, &caller);
    let bytes = match done {
        Ok(bytes) => bytes,
        Err(Stop::NotExecuted(NotExecuted { code, text })) => {
            answer(ExecEnd::Ended(Ended::Code(code)), text.as_bytes(), false)
        }
        Err(Stop::Failed { step, text }) => answer(
            ExecEnd::Ended(Ended::Code(126)),
            format!("{step}: {text}").as_bytes(),
            false,
        ),
    };
    let _ = caller.write_all(&bytes);
}

fn run(dir: &Dir, orders: &Orders, container: i32, order: &Order, caller: &std::fs::File) -> Result<Vec<u8>, Stop> {
    let pid = Pid::from_raw(container)
        .ok_or_else(|| Error::other("no container"))
        .step("find the container")?;
    let target = pidfd_open(pid, PidfdFlags::empty()).step("find the container")?;
    let (ours, theirs) = Report::pair().step("make a socket pair")?;
    let (output, into) = pipe_with(PipeFlags::CLOEXEC).step("make a pipe")?;
    let cgroup = orders.group().step("find the cgroup")?.open().step("open the cgroup")?;
    if orders.how == How::Native {
        // Our children are born in the container's pid namespace.
        move_into_thread_name_spaces(target.as_fd(), ThreadNameSpaceType::PROCESS_ID).step("join the pid namespace")?;
    }
    let (child, child_fd) = match sys::fork(0, cgroup.as_ref().map(AsFd::as_fd)).step("fork")? {
        Fork::Child => {
            let Err(stop) = become_program(dir, orders, order, &target, &theirs, into);
            let report = match stop {
                Stop::Failed { step, text } => Report::Failed { step, text },
                Stop::NotExecuted(NotExecuted { code, text }) => Report::NotExecuted { code, text },
            };
            let _ = say(&theirs, &report);
            sys::exit_now(126)
        }
        Fork::Parent { child, pidfd } => (child, pidfd),
    };
    drop((theirs, into));
    let mut output = output;
    loop {
        match Report::receive(&ours).step("hear from the child")? {
            None => break,
            Some(Report::Terminal(master)) => output = master,
            Some(Report::NotExecuted { code, text }) => return Err(Stop::NotExecuted(NotExecuted { code, text })),
            Some(Report::Failed { step, text }) => return Err(Stop::Failed { step, text }),
            Some(Report::Ready { .. }) => {}
        }
    }
    rustix::io::ioctl_fionbio(&output, true).step("prepare a pipe")?;
    let (end, said, truncated) = watch(child, &child_fd, &output, caller, order);
    if matches!(orders.how, How::Command { .. }) {
        // The command's own failure is told apart from the program's by what it logged.
        let log = command_log(dir, child);
        let failed = command_failure(&log, order.args.first().map_or("", String::as_str));
        let _ = std::fs::remove_file(log);
        if let Some(Stop::NotExecuted(why)) = failed {
            return Err(Stop::NotExecuted(why));
        }
    }
    Ok(answer(end, &said, truncated))
}

/// Until its end, or its time's, or its caller's.
fn watch(
    child: i32,
    process: &OwnedFd,
    output: &OwnedFd,
    caller: &std::fs::File,
    order: &Order,
) -> (ExecEnd, Vec<u8>, bool) {
    let deadline = monotonic_ms() + order.timeout_ms;
    let (mut said, mut truncated, mut open) = (Vec::new(), false, true);
    let mut timed_out = false;
    loop {
        let left = deadline.saturating_sub(monotonic_ms());
        let wait = Timespec {
            tv_sec: (left / 1000) as i64,
            tv_nsec: (left % 1000 * 1_000_000) as i64,
        };
        let mut fds = vec![
            PollFd::new(process, PollFlags::IN),
            PollFd::new(caller, PollFlags::RDHUP),
        ];
        if open {
            fds.push(PollFd::new(output, PollFlags::IN));
        }
        let _ = poll(&mut fds, Some(&wait));
        let gone = fds[1]
            .revents()
            .intersects(PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR);
        if !timed_out && (left == 0 || gone) {
            timed_out = true;
            // It leads its own group; what left that group is the container's.
            let _ = sys::kill(-child, libc::SIGKILL);
            let _ = sys::kill(child, libc::SIGKILL);
        }
        let status = match Pid::from_raw(child) {
            Some(pid) => rustix::process::waitpid(Some(pid), WaitOptions::NOHANG).ok().flatten(),
            None => None,
        };
        // After its end what is in the pipe is all: others may hold it open for ever.
        let mut buffer = [0; 8192];
        while open {
            match rustix::io::read(output, &mut buffer) {
                Ok(0) => open = false,
                Ok(got) => {
                    let room = order.max_output - said.len();
                    truncated |= got > room;
                    said.extend_from_slice(&buffer[..got.min(room)]);
                    if truncated && status.is_some() {
                        break; // a survivor that floods must not keep us
                    }
                }
                Err(rustix::io::Errno::IO) => open = false, // a terminal without a far side
                Err(_) => break,
            }
        }
        if let Some((_, status)) = status {
            let end = match (timed_out, status.exit_status(), status.terminating_signal()) {
                (true, ..) => ExecEnd::TimedOut,
                (_, Some(code), _) => ExecEnd::Ended(Ended::Code(code)),
                (_, _, signal) => ExecEnd::Ended(Ended::Signal(signal.unwrap_or(libc::SIGKILL))),
            };
            return (end, said, truncated);
        }
    }
}

fn monotonic_ms() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1000 + now.tv_nsec as u64 / 1_000_000
}

fn become_program(
    dir: &Dir,
    orders: &Orders,
    order: &Order,
    target: &OwnedFd,
    report: &OwnedFd,
    output: OwnedFd,
) -> Result<Infallible, Stop> {
    if let How::Command { binary, root } = &orders.how {
        return by_command(dir, order, binary, root, output);
    }
    let mut spec = read_spec(dir)?;
    adjust(&mut spec, order);
    let machine = machine().step("look at the machine")?;
    let seccomp = read_filter(dir)?;
    orders.enter().step("enter the cgroup")?;
    let all = ThreadNameSpaceType::MOUNT
        | ThreadNameSpaceType::NETWORK
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
        | ThreadNameSpaceType::CONTROL_GROUP;
    let _ = rustix::process::setsid();
    move_into_thread_name_spaces(target.as_fd(), all).step("join the namespaces")?;
    let root = open("/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).step("open the root")?;
    let user = resolve_user(&root, &spec.user, &spec.extra_groups).step("find the user")?;
    let facts = Facts {
        machine: &machine,
        user,
        devices: Vec::new(),
        cgroups: Vec::new(),
    };
    let plan = plan(&spec, facts).step("plan")?;
    let identity = Identity::of(&spec, &plan, seccomp);
    if let Some(size) = spec.terminal {
        let (master, slave) = open_terminal(&root, size, spec.host_uid(plan.user.uid)).step("make a terminal")?;
        say(report, &Report::Terminal(master)).step("hand over the terminal")?;
        rustix::process::ioctl_tiocsctty(&slave).step("take the terminal")?;
        for number in 0..3 {
            sys::put_at(&slave, number).step("take the terminal")?;
        }
    } else {
        let null = open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).step("open /dev/null")?;
        sys::put_at(&null, 0).step("set standard input")?;
        give(&output, spec.host_uid(plan.user.uid))?;
        for number in 1..3 {
            sys::put_at(&output, number).step("set standard output")?;
        }
    }
    rustix::process::chdir(plan.cwd.as_str()).step(&format!("change to the working directory {}", plan.cwd))?;
    set_limits(&identity)?;
    if spec.user_namespace.is_some() {
        move_into_thread_name_spaces(target.as_fd(), ThreadNameSpaceType::USER).step("join the user namespace")?;
    }
    become_user(&identity)?;
    match execute(&spec.args, &plan.env) {
        Err(why) => Err(Stop::NotExecuted(why)),
    }
}

/// The container's spec as it would be with the order's program.
fn adjust(spec: &mut ContainerSpec, order: &Order) {
    spec.args = order.args.clone();
    spec.env.0.extend(order.env.iter().cloned());
    if let Some(user) = &order.user {
        spec.user = user.clone();
    }
    if let Some(cwd) = &order.cwd {
        spec.cwd = cwd.clone();
    }
    let size = spec.terminal.unwrap_or(Terminal { rows: 24, columns: 80 });
    spec.terminal = order.tty.then_some(size);
    spec.devices.clear();
}

fn command_log(dir: &Dir, child: i32) -> std::path::PathBuf {
    dir.file(&format!("exec-{child}.log"))
}

fn by_command(
    dir: &Dir,
    order: &Order,
    binary: &std::path::Path,
    root: &std::path::Path,
    output: OwnedFd,
) -> Result<Infallible, Stop> {
    let id = dir
        .path()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut args: Vec<String> = vec![
        binary.to_string_lossy().into_owned(),
        "--root".into(),
        root.to_string_lossy().into_owned(),
        "--log".into(),
        command_log(dir, rustix::process::getpid().as_raw_nonzero().get())
            .to_string_lossy()
            .into_owned(),
        "--log-format".into(),
        "json".into(),
        "exec".into(),
    ];
    for one in &order.env {
        args.extend(["--env".into(), one.clone()]);
    }
    if let Some(user) = &order.user {
        args.extend(["--user".into(), user.clone()]);
    }
    if let Some(cwd) = &order.cwd {
        args.extend(["--cwd".into(), cwd.clone()]);
    }
    args.push(id);
    args.extend(order.args.iter().cloned());
    let null = open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).step("open /dev/null")?;
    let _ = rustix::process::setsid();
    sys::put_at(&null, 0).step("set standard input")?;
    for number in 1..3 {
        sys::put_at(&output, number).step("set standard output")?;
    }
    sys::default_signals();
    match execute(&args, &[crate::starter::COMMAND_PATH.to_owned()]) {
        Err(why) => Err(Stop::NotExecuted(why)),
    }
}
