//! Who talks to the keeper: a socket in the container's directory, for root alone.
//!
//! A request is one message that fits in one write: `s` start, `k` and a signal's number, `z` and a terminal's rows and
//! columns, `x` and an exec's order, `w` nothing (the connection's end tells the keeper's). Numbers are 4 bytes, little
//! endian. To `s` the answer is `ok`, process id and nanoseconds, or `no`, a code and a text, with zero bytes between.
//!
//! Must never know: what a request does.

use crate::dir::Status;
use crate::spec::Terminal;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{AddressFamily, RecvFlags, SocketAddrUnix, SocketFlags, SocketType};
use std::io;

/// One more is turned away until another has gone.
const MAX_CALLERS: usize = 256;

pub struct Callers {
    listener: OwnedFd,
    /// Those who have not spoken, or who wait.
    silent: Vec<OwnedFd>,
    starting: Vec<OwnedFd>,
}

pub enum Request {
    Start,
    Signal(i32),
    Resize(Terminal),
    /// The order is still to be read from the caller.
    Exec(OwnedFd),
}

impl Callers {
    /// In the current directory, because a socket's path may not be long.
    pub fn listen() -> io::Result<Callers> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let listener = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        let _ = std::fs::remove_file("sock");
        rustix::net::bind(&listener, &SocketAddrUnix::new("sock")?)?;
        std::fs::set_permissions("sock", std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        rustix::net::listen(&listener, 64)?;
        Ok(Callers {
            listener,
            silent: Vec::new(),
            starting: Vec::new(),
        })
    }

    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let full = self.silent.len() >= MAX_CALLERS;
        let listener = (!full).then(|| self.listener.as_fd());
        listener.into_iter().chain(self.silent.iter().map(AsFd::as_fd))
    }

    /// New callers are let in; what was asked comes back.
    pub fn requests(&mut self) -> Vec<Request> {
        while self.silent.len() < MAX_CALLERS {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let Ok(caller) = rustix::net::accept_with(&self.listener, flags) else {
                break;
            };
            // The file's mode says the same; this holds even when somebody has changed that.
            if rustix::net::sockopt::socket_peercred(&caller).is_ok_and(|peer| peer.uid == rustix::process::getuid()) {
                self.silent.push(caller);
            }
        }
        let mut requests = Vec::new();
        let mut index = 0;
        while index < self.silent.len() {
            let mut message = [0u8; 9];
            // An exec's order is left for whoever serves it.
            let got = rustix::net::recv(&self.silent[index], &mut message, RecvFlags::PEEK).map(|(_, got)| got);
            match got {
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => index += 1,
                Ok(got) if got > 0 && message[0] == b'x' => requests.push(Request::Exec(self.silent.remove(index))),
                Ok(got) if got > 0 => {
                    let caller = self.silent.remove(index);
                    let _ = rustix::net::recv(&caller, &mut message, RecvFlags::empty());
                    match (message[0], number(&message, 1), number(&message, 5)) {
                        (b's', ..) => {
                            self.starting.push(caller);
                            requests.push(Request::Start);
                        }
                        (b'k', signal, _) => {
                            requests.push(Request::Signal(signal));
                            self.silent.insert(index, caller); // its end tells the caller that it is done
                            let _ = rustix::io::write(&self.silent[index], b"ok");
                            index += 1;
                        }
                        (b'z', rows, columns) => requests.push(Request::Resize(Terminal {
                            rows: rows as u16,
                            columns: columns as u16,
                        })),
                        (b'w', ..) => {
                            self.silent.insert(index, caller);
                            index += 1;
                        }
                        _ => {}
                    }
                }
                _ => drop(self.silent.remove(index)),
            }
        }
        requests
    }

    pub fn starting(&self) -> bool {
        !self.starting.is_empty()
    }

    /// Answers all who asked for a start.
    pub fn started(&mut self, done: &Result<Status, (i32, String)>) {
        let answer = match done {
            Ok(status) => format!("ok\0{}\0{}", status.pid, status.started_at.map_or(0, |at| at.0)),
            Err((code, text)) => format!("no\0{code}\0{text}"),
        };
        for caller in self.starting.drain(..) {
            let _ = rustix::io::write(caller, answer.as_bytes());
        }
    }
}

fn number(message: &[u8; 9], at: usize) -> i32 {
    i32::from_le_bytes(message[at..at + 4].try_into().expect("four bytes"))
}
