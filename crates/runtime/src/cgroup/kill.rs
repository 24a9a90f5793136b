//! Everything in a group ends, whatever it does against it.
//!
//! v2 has one word for it. v1 has not: there the group is frozen, so that nobody forks while we count, everyone is sent
//! SIGKILL, and it is thawed for them to die; again until nobody is left.

use super::error::{CgroupError, gone};
use super::tree::{Group, write};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::fd::OwnedFd;
use std::path::Path;

/// Rounds of killing, each of which waits no longer than [`PATIENCE`] for the killed to be dead.
const MAX_ROUNDS: usize = 20;
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000_000,
};
const MOMENT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 1_000_000,
};
/// Descriptors held at once; the rest has its turn in the next round.
const MAX_AT_ONCE: usize = 256;

impl Group {
    /// Kills all that is in it and below, and returns when nothing runs there any more. Blocks.
    pub fn kill(&self) -> Result<(), CgroupError> {
        let Some(directory) = self.directory("freezer") else {
            return Ok(());
        };
        if self.cgroups.is_v2() {
            match write(&directory.join("cgroup.kill"), "1") {
                Ok(()) if await_empty(&directory) => return Ok(()),
                Ok(()) => {}
                Err(error) if gone(&error) && !directory.is_dir() => return Ok(()),
                // A kernel before 5.14 has no such file: the long way.
                Err(_) => {}
            }
        }
        for _ in 0..MAX_ROUNDS {
            // A group that cannot be frozen is killed all the same, if it does not outrun us.
            let _ = self.freeze(true);
            let targets: Vec<OwnedFd> = self.pids()?.into_iter().take(MAX_AT_ONCE).filter_map(open).collect();
            for target in &targets {
                // One that is dead already cannot be killed, which is what was wanted.
                let _ = pidfd_send_signal(target, Signal::KILL);
            }
            let _ = self.freeze(false);
            await_dead(&targets);
            if targets.is_empty() && self.pids()?.is_empty() {
                return Ok(());
            }
        }
        Err(CgroupError::Busy(directory))
    }

    /// Stops all that is in it where it stands, or lets it go on.
    pub fn freeze(&self, frozen: bool) -> Result<(), CgroupError> {
        let Some(directory) = self.directory("freezer") else {
            return Ok(());
        };
        let (file, value) = match (self.cgroups.is_v2(), frozen) {
            (true, true) => ("cgroup.freeze", "1"),
            (true, false) => ("cgroup.freeze", "0"),
            (false, true) => ("freezer.state", "FROZEN"),
            (false, false) => ("freezer.state", "THAWED"),
        };
        let file = directory.join(file);
        write(&file, value).map_err(CgroupError::io("cannot write", &file))
    }
}

fn open(pid: u32) -> Option<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
    pidfd_open(pid, PidfdFlags::empty()).ok()
}

/// Waits until each of them is dead, no longer than the patience for one.
fn await_dead(targets: &[OwnedFd]) -> bool {
    targets.iter().all(|target| {
        let mut one = [PollFd::new(target, PollFlags::IN)];
        matches!(poll(&mut one, Some(&PATIENCE)), Ok(ready) if ready > 0)
    })
}

/// Waits, within a bound, until no process is in this directory's group: true when there is none.
pub(super) fn await_empty(directory: &Path) -> bool {
    match File::open(directory.join("cgroup.events")) {
        Ok(events) => await_unpopulated(events),
        Err(_) => {
            let text = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
            let pids = text.lines().filter_map(|line| line.parse().ok());
            let targets: Vec<OwnedFd> = pids.take(MAX_AT_ONCE).filter_map(open).collect();
            if targets.is_empty() {
                // The last process is dead but not yet off the group's books, of which v1 tells nobody: let it run.
                let _ = poll(&mut [], Some(&MOMENT));
            }
            await_dead(&targets)
        }
    }
}

/// v2 says when the last process is gone, by an exceptional condition on the file.
fn await_unpopulated(mut events: File) -> bool {
    for _ in 0..MAX_ROUNDS {
        let mut text = String::new();
        if events.rewind().is_err() || events.read_to_string(&mut text).is_err() {
            return true; // the group itself is gone
        }
        if super::stats::keyed(&text, "populated") != Some(1) {
            return true;
        }
        let mut one = [PollFd::new(&events, PollFlags::PRI)];
        let _ = poll(&mut one, Some(&PATIENCE));
    }
    false
}
