//! A container's directory: what is written there, by whom, and what it tells.
//!
//! For: the state of a container, readable by any process at any time, without asking anybody. Files are put in place
//! whole (written beside and renamed).
//!
//! Words: `spec.json` is the spec as given; `config.json` the OCI form of it; `keep.json` the keeper's orders; `lock` is
//! held by a living keeper; `status` says how far it came; `exit` that all is over, and how; `log/` has the output.
//!
//! Must never know: how containers are built.

use crate::runtime::{Ended, Exit, Nanos, State};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Flock, FlockType, Pid};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the end of a container takes to be told, and some room.
const EXIT_BYTES: usize = 128;

#[derive(Clone, Debug)]
pub struct Dir(PathBuf);

/// How far a container came before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    pub pid: u32,
    pub started_at: Option<Nanos>,
}

impl Dir {
    pub fn new(path: impl Into<PathBuf>) -> Dir {
        Dir(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.file("sock")
    }

    pub fn log(&self) -> PathBuf {
        self.file("log")
    }

    pub fn rootfs(&self) -> PathBuf {
        self.file("rootfs")
    }

    /// Writes a file so that it is there whole or not at all, also for one who reads while it is replaced.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let beside = self.file(&format!(".{name}"));
        let file = fs::File::create(&beside)?;
        io::Write::write_all(&mut &file, content)?;
        fs::rename(&beside, self.file(name))
    }

    pub fn put_status(&self, status: Status) -> io::Result<()> {
        let at = status.started_at.map_or(0, |at| at.0);
        self.put("status", format!("{} {at}\n", status.pid).as_bytes())
    }

    pub fn status(&self) -> Option<Status> {
        let text = fs::read_to_string(self.file("status")).ok()?;
        let mut words = text.split_whitespace();
        let pid = words.next()?.parse().ok()?;
        let at: u64 = words.next()?.parse().ok()?;
        Some(Status {
            pid,
            started_at: (at != 0).then_some(Nanos(at)),
        })
    }

    /// Takes the room that the end will need, so that a disk which is full by then keeps nobody from telling it.
    pub fn reserve_exit(&self) -> io::Result<()> {
        fs::write(self.file(".exit"), [b' '; EXIT_BYTES])
    }

    /// Survives a power cut once this has returned.
    pub fn put_exit(&self, exit: Exit) -> io::Result<()> {
        let (how, number) = match exit.how {
            Ended::Code(code) => ("code", code),
            Ended::Signal(signal) => ("signal", signal),
        };
        let started = exit.started_at.map_or(0, |at| at.0);
        let oom = u8::from(exit.oom);
        let text = format!("{how} {number} oom {oom} at {} started {started}\n", exit.at.0);
        // Over what was reserved, without giving any of it back.
        let file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.file(".exit"))?;
        io::Write::write_all(&mut &file, format!("{text:<EXIT_BYTES$}").as_bytes())?;
        file.sync_data()?;
        fs::rename(self.file(".exit"), self.file("exit"))
    }

    pub fn exit(&self) -> Option<Exit> {
        let text = fs::read_to_string(self.file("exit")).ok()?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let [how, number, "oom", oom, "at", at, "started", started] = words[..] else {
            return None;
        };
        let number = number.parse().ok()?;
        let started: u64 = started.parse().ok()?;
        Some(Exit {
            how: if how == "signal" {
                Ended::Signal(number)
            } else {
                Ended::Code(number)
            },
            oom: oom == "1",
            at: Nanos(at.parse().ok()?),
            started_at: (started != 0).then_some(Nanos(started)),
        })
    }

    /// Takes the lock for as long as this process lives. None: somebody has it.
    ///
    /// A record lock, because forked children do not inherit it and the kernel tells who holds it.
    pub fn lock(&self) -> io::Result<Option<rustix::fd::OwnedFd>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let file = rustix::fs::open(self.file("lock"), flags, Mode::from_raw_mode(0o600))?;
        match rustix::fs::fcntl_lock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => Ok(None),
            Err(why) => Err(why.into()),
        }
    }

    /// The living keeper's process, if there is one.
    pub fn keeper(&self) -> Option<Pid> {
        let file = rustix::fs::open(self.file("lock"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
        let wanted = Flock::from(FlockType::WriteLock);
        rustix::process::fcntl_getlk(&file, &wanted).ok()??.pid
    }

    pub fn state(&self) -> State {
        if !self.0.is_dir() {
            return State::Absent;
        }
        if let Some(exit) = self.exit() {
            return State::Exited(exit);
        }
        let alive = self.keeper().is_some();
        let status = self.status();
        match (alive, status) {
            (
                true,
                Some(Status {
                    pid,
                    started_at: Some(at),
                }),
            ) => State::Running { pid, started_at: at },
            (true, _) => State::Created,
            // The keeper may have written its last word between the two looks.
            (false, Some(_)) => self.exit().map_or(State::Lost, State::Exited),
            // It writes its status before anything is executed: whoever made the directory was killed on the way.
            (false, None) => State::Absent,
        }
    }
}

/// The kernel's time of day. For what the kernel did, not for decisions.
pub fn now() -> Nanos {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    Nanos(now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(name: &str) -> (PathBuf, Dir) {
        let path = std::env::temp_dir().join(format!("gantry-dir-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        (path.clone(), Dir::new(path))
    }

    #[test]
    fn an_exit_is_read_as_it_was_written() {
        let (path, dir) = fresh("exit");
        for how in [Ended::Code(3), Ended::Signal(9)] {
            let exit = Exit {
                how,
                oom: true,
                at: Nanos(17),
                started_at: Some(Nanos(5)),
            };
            dir.put_exit(exit).unwrap();
            assert_eq!(dir.state(), State::Exited(exit));
        }
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn without_a_lock_and_an_exit_it_is_lost_and_without_a_directory_absent() {
        let (path, dir) = fresh("lost");
        dir.put_status(Status {
            pid: 1,
            started_at: Some(Nanos(5)),
        })
        .unwrap();
        assert_eq!(dir.state(), State::Lost);
        fs::remove_file(dir.file("status")).unwrap();
        assert_eq!(dir.state(), State::Absent);
        fs::remove_dir_all(path).unwrap();
        assert_eq!(dir.state(), State::Absent);
    }
}
