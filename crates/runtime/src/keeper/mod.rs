//! One small process beside each container: its parent, its log's writer, the witness of its end.
//!
//! For: containers that outlive whoever asked for them. The keeper has one thread, no runtime and little memory; what
//! needs more (building the container, an exec) is done in forked children that are gone afterwards.
//!
//! Words: the *starter* is the child that builds the container and then becomes its program; the *report* is the socket
//! to it; a *caller* is a connection to the keeper's own socket.
//!
//! Must never know: who reads what it writes.

mod callers;
mod orders;

pub(crate) use callers::Request;
pub(crate) use orders::{How, Orders};

use crate::dir::{Dir, Status, now};
use crate::logs::{LogWriter, Stream};
use crate::runtime::{Ended, Exit};
use crate::starter::{self, Report, Stdio};
use crate::sys::{self, Fork};
use callers::Callers;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::inotify;
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, WaitOptions};
use std::io;

/// Read from a pipe at a time.
const READ_BYTES: usize = 16 * 1024;
/// Between looks at what cannot be waited for.
const LOOK_AGAIN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};
/// After the container's end, output is read for at most that long: somebody else may hold the pipe's other end.
const DRAIN_MILLIS: i64 = 2_000;

/// The hidden verb: `keeper <dir>`. To be called before anything else is set up in the process, with the one who asked
/// on standard input; comes back with the process's exit status when the container is over.
pub fn keeper_main(dir: &std::path::Path) -> u8 {
    let answer = match sys::inherited(0) {
        Ok(fd) => fd,
        Err(_) => return 2,
    };
    match Keeper::begin(Dir::new(dir), &answer) {
        Ok(mut keeper) => {
            drop(answer);
            keeper.keep();
            0
        }
        Err(why) => {
            let _ = rustix::io::write(&answer, why.line().as_bytes());
            1
        }
    }
}

/// Why there is no container, in the words that go to whoever asked.
pub(crate) struct Failure {
    step: String,
    text: String,
    /// The program could not be executed.
    code: Option<i32>,
}

impl Failure {
    fn line(&self) -> String {
        // Steps that fail in the program's execution are told by their code.
        match self.code {
            Some(code) => format!("ex\0{code}\0{}\0", self.text),
            None => format!("no\0{}\0{}\0", self.step, self.text),
        }
    }

    fn new(step: &str, text: impl Into<String>) -> Failure {
        Failure {
            step: step.to_owned(),
            text: text.into(),
            code: None,
        }
    }

    fn at<E: std::error::Error>(step: &str) -> impl FnOnce(E) -> Failure {
        move |why| Failure::new(step, why.to_string())
    }
}

/// How the execution went: a code and a text when there was none.
type Started = Result<Status, (i32, String)>;

struct Keeper {
    dir: Dir,
    /// Held until the process ends.
    _lock: OwnedFd,
    orders: Orders,
    pid: i32,
    pidfd: OwnedFd,
    status: Status,
    signals: OwnedFd,
    callers: Callers,
    /// Open until the program is executed.
    report: Option<OwnedFd>,
    /// How a start by a command went.
    starting: Option<Started>,
    outputs: Vec<(Stream, OwnedFd)>,
    terminal: Option<OwnedFd>,
    /// Kept open, never written: a program that reads it waits.
    _stdin: Option<OwnedFd>,
    log: LogWriter,
    /// Says when the reader has deleted something; watched from when there is something to delete, because ending a
    /// watch takes the kernel some ten milliseconds.
    room: Option<OwnedFd>,
    buffer: Vec<u8>,
}

impl Keeper {
    fn begin(dir: Dir, answer: &OwnedFd) -> Result<Keeper, Failure> {
        let _ = rustix::process::setsid();
        sys::subreaper().map_err(Failure::at("become a subreaper"))?;
        sys::undumpable().map_err(Failure::at("hide"))?;
        rustix::process::chdir(dir.path()).map_err(Failure::at("open the directory"))?;
        let lock = dir
            .lock()
            .map_err(Failure::at("lock"))?
            .ok_or_else(|| Failure::new("lock", "the container has a keeper"))?;
        let orders = Orders::read(&dir).map_err(Failure::at("read the orders"))?;
        let signals = sys::signal_fd(&[libc::SIGCHLD]).map_err(Failure::at("take signals"))?;
        let callers = Callers::listen().map_err(Failure::at("listen"))?;
        std::fs::create_dir_all(dir.log()).map_err(Failure::at("make the log directory"))?;
        let log = LogWriter::open(dir.log(), orders.logs).map_err(Failure::at("open the log"))?;
        orders.leave_the_service();

        let (ours, theirs) = Report::pair().map_err(Failure::at("make a socket pair"))?;
        let pipe = || pipe_with(PipeFlags::CLOEXEC).map_err(Failure::at("make a pipe"));
        let mut stdio = Stdio::default();
        let (mut outputs, mut stdin) = (Vec::new(), None);
        if !orders.terminal {
            let (out, err) = (pipe()?, pipe()?);
            outputs = vec![(Stream::Out, out.0), (Stream::Err, err.0)];
            (stdio.stdout, stdio.stderr) = (Some(out.1), Some(err.1));
            if orders.stdin {
                let (theirs, ours) = pipe()?;
                (stdio.stdin, stdin) = (Some(theirs), Some(ours));
            }
        }
        let (pid, pidfd) = match orders.fork().map_err(Failure::at("clone"))? {
            Fork::Child => starter::become_container(&dir, &orders, theirs, stdio),
            Fork::Parent { child, pidfd } => (child, pidfd),
        };
        drop((theirs, stdio));
        let mut keeper = Keeper {
            dir,
            _lock: lock,
            orders,
            pid,
            pidfd,
            status: Status {
                pid: pid as u32,
                started_at: None,
            },
            signals,
            callers,
            report: Some(ours),
            starting: None,
            outputs,
            terminal: None,
            _stdin: stdin,
            log,
            room: None,
            buffer: vec![0; READ_BYTES],
        };
        let warnings = match keeper.await_ready() {
            Ok(warnings) => warnings,
            Err(failure) => {
                keeper.kill_everything();
                return Err(failure);
            }
        };
        for (_, output) in &keeper.outputs {
            rustix::io::ioctl_fionbio(output, true).map_err(Failure::at("prepare a pipe"))?;
        }
        keeper
            .dir
            .put_status(keeper.status)
            .map_err(Failure::at("write the status"))?;
        let answered = match keeper.orders.start {
            true => keeper.start_now(),
            false => Ok(keeper.status),
        };
        let line = match answered {
            Ok(Status { pid, started_at }) => format!("ok\0{pid}\0{}\0{warnings}", started_at.map_or(0, |at| at.0)),
            Err((code, text)) => format!("ex\0{code}\0{text}\0"),
        };
        let _ = rustix::io::write(answer, line.as_bytes());
        Ok(keeper)
    }

    /// Until the starter says that all stands but the program.
    fn await_ready(&mut self) -> Result<String, Failure> {
        loop {
            let report = self.report.as_ref().expect("open until the program runs");
            match Report::receive(report).map_err(Failure::at("hear from the starter"))? {
                Some(Report::Ready { pid, warnings }) => {
                    if let Some(pid) = pid {
                        self.adopt(pid)?;
                        self.report = None;
                    }
                    return Ok(warnings);
                }
                Some(Report::Terminal(master)) => {
                    let reading = master.try_clone().map_err(Failure::at("take the terminal"))?;
                    self.outputs.push((Stream::Out, reading));
                    self.terminal = Some(master);
                }
                Some(Report::Failed { step, text }) => return Err(Failure::new(&step, text)),
                Some(Report::NotExecuted { code, text }) => {
                    return Err(Failure {
                        code: Some(code),
                        ..Failure::new("execute", text)
                    });
                }
                None => return Err(Failure::new("start", "the starter died without a word")),
            }
        }
    }

    /// The container's first process is not the starter but one that it left to us (an OCI command's).
    fn adopt(&mut self, pid: i32) -> Result<(), Failure> {
        let known = Pid::from_raw(pid).ok_or_else(|| Failure::new("start", "no process id"))?;
        self.pidfd = rustix::process::pidfd_open(known, rustix::process::PidfdFlags::empty())
            .map_err(Failure::at("open the process"))?;
        self.pid = pid;
        self.status.pid = pid as u32;
        Ok(())
    }

    /// The program is executed before anybody is answered.
    fn start_now(&mut self) -> Started {
        self.start();
        if let Some(report) = &self.report {
            let heard = Report::receive(report).ok().flatten();
            return self.executed(heard);
        }
        match self.starting.take() {
            Some(done) => done,
            None => Ok(self.status),
        }
    }

    fn keep(&mut self) {
        loop {
            self.wait_for_something();
            if !sys::read_signals(&self.signals).is_empty()
                && let Some(how) = self.reap()
            {
                return self.finish(how);
            }
            self.hear_report();
            self.read_outputs();
            self.answer_callers();
            self.look_for_room();
        }
    }

    fn wait_for_something(&self) {
        let mut fds = vec![PollFd::new(&self.signals, PollFlags::IN)];
        fds.extend(self.room.iter().map(|fd| PollFd::new(fd, PollFlags::IN)));
        fds.extend(self.report.iter().map(|fd| PollFd::new(fd, PollFlags::IN)));
        fds.extend(self.callers.fds().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        if !self.log.full() {
            fds.extend(self.outputs.iter().map(|(_, fd)| PollFd::new(fd, PollFlags::IN)));
        }
        // Without a watch on what it waits for, it looks from time to time.
        let blind = self.log.full() && self.room.is_none();
        let _ = poll(&mut fds, blind.then_some(&LOOK_AGAIN));
    }

    fn look_for_room(&mut self) {
        match &self.room {
            None if self.log.may_be_deleted() => {
                self.room = watch_room(&self.dir).ok();
                self.log.recount();
            }
            None => {}
            Some(room) => {
                let mut events = [0; 1024];
                if rustix::io::read(room, &mut events).is_ok() {
                    self.log.recount();
                }
            }
        }
    }

    /// All children that ended; the answer is the container's own end.
    fn reap(&mut self) -> Option<Ended> {
        let mut ended = None;
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if pid.as_raw_nonzero().get() == self.pid {
                ended = Some(match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => Ended::Code(code),
                    (None, signal) => Ended::Signal(signal.unwrap_or(libc::SIGKILL)),
                });
            }
        }
        ended
    }

    fn hear_report(&mut self) {
        let Some(report) = &self.report else { return };
        let heard = match Report::receive_now(report) {
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => return,
            other => other.ok().flatten(),
        };
        let asked = self.callers.starting();
        let done = self.executed(heard);
        if asked {
            self.callers.started(&done);
        }
    }

    /// What the starter's last word, or its silence, means.
    fn executed(&mut self, heard: Option<Report>) -> Started {
        self.report = None;
        match heard {
            // Closed by the execution itself: the program runs.
            None => {
                self.status.started_at = Some(now());
                let _ = self.dir.put_status(self.status);
                Ok(self.status)
            }
            Some(Report::NotExecuted { code, text }) => Err((code, text)),
            Some(Report::Failed { step, text }) => Err((126, format!("{step}: {text}"))),
            Some(Report::Ready { .. } | Report::Terminal(_)) => Err((126, "the starter said nonsense".into())),
        }
    }

    fn read_outputs(&mut self) {
        let mut index = 0;
        while index < self.outputs.len() {
            if self.log.full() {
                return;
            }
            let (stream, fd) = &self.outputs[index];
            match rustix::io::read(fd, &mut self.buffer[..]) {
                Ok(0) | Err(Errno::IO) => drop(self.outputs.remove(index)), // EIO: a terminal without a far side
                Ok(got) => {
                    self.log.feed(*stream, &self.buffer[..got], now());
                    index += 1;
                }
                Err(_) => index += 1,
            }
        }
    }

    fn answer_callers(&mut self) {
        for request in self.callers.requests() {
            match request {
                Request::Start => self.start(),
                Request::Signal(signal) => self.signal(signal),
                Request::Resize(size) => {
                    if let Some(terminal) = &self.terminal {
                        let _ = rustix::termios::tcsetwinsize(terminal, starter::winsize(size));
                    }
                }
                Request::Exec(caller) => {
                    if let Ok(Fork::Child) = sys::fork(0, None) {
                        // Nothing of the keeper's may live on in here but the caller.
                        let _ = sys::put_at(&caller, 0);
                        sys::close_from(3);
                        crate::exec::serve(&self.dir, &self.orders, self.pid);
                        sys::exit_now(0);
                    }
                }
            }
        }
    }

    fn start(&mut self) {
        match (&self.orders.how, &self.report, self.status.started_at) {
            (How::Native, Some(report), None) => drop(Report::say_start(report)),
            (How::Command { binary, root }, _, None) => {
                let started = starter::start_by_command(&self.dir, binary, root);
                let done = started.map(|()| {
                    self.status.started_at = Some(now());
                    let _ = self.dir.put_status(self.status);
                    self.status
                });
                self.callers.started(&done);
                self.starting = Some(done);
            }
            _ => self.callers.started(&Ok(self.status)),
        }
    }

    fn signal(&self, number: i32) {
        // The descriptor is the very process, whatever became of its number.
        let _ = sys::pidfd_signal(&self.pidfd, number);
    }

    fn kill_everything(&self) {
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, Signal::KILL);
        self.orders.kill_group();
    }

    /// The end: nothing of the container runs on, all it said is on the disk, and then how it ended.
    fn finish(&mut self, how: Ended) {
        let at = now();
        let oom = self.orders.oom_kills() > 0;
        if self.report.is_some() {
            self.hear_report();
        }
        self.kill_everything();
        self.drain();
        self.log.finish(now());
        let exit = Exit {
            how,
            oom,
            at,
            started_at: self.status.started_at,
        };
        if self.dir.put_exit(exit).is_err() {
            // The disk is full, maybe of our own log: its oldest part is worth less than the end.
            self.log.give_room();
            let _ = self.dir.put_exit(exit);
        }
        self.callers
            .started(&Err((126, "the container ended before it was started".into())));
    }

    /// What is in the pipes still. No more than they hold, whatever the log's limit.
    fn drain(&mut self) {
        let end = now().0 + DRAIN_MILLIS as u64 * 1_000_000;
        while !self.outputs.is_empty() && now().0 < end {
            let mut fds: Vec<_> = self
                .outputs
                .iter()
                .map(|(_, fd)| PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN))
                .collect();
            let _ = poll(&mut fds, Some(&LOOK_AGAIN));
            let mut index = 0;
            while index < self.outputs.len() {
                let (stream, fd) = &self.outputs[index];
                match rustix::io::read(fd, &mut self.buffer[..]) {
                    Ok(0) | Err(Errno::IO) => drop(self.outputs.remove(index)),
                    Ok(got) => {
                        self.log.feed(*stream, &self.buffer[..got], now());
                        index += 1;
                    }
                    Err(_) => index += 1,
                }
            }
        }
    }
}

fn watch_room(dir: &Dir) -> io::Result<OwnedFd> {
    let fd = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
    inotify::add_watch(&fd, dir.log(), inotify::WatchFlags::DELETE)?;
    Ok(fd)
}
