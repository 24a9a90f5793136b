//! What the keeper is told, as little as it needs: the container's own spec is read by the starter.
//!
//! Must never know: what is in the container.

use crate::cgroup::{CgroupError, Cgroups, Group};
use crate::dir::Dir;
use crate::spec::LogMode;
use crate::sys::{self, Fork};
use rustix::fd::AsFd;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Error};
use std::path::{Path, PathBuf};

/// One for all instances on the machine; empty most of the time, and left.
const KEEPERS: &str = "gantry-keepers";
const SYSTEMD: &str = "/sys/fs/cgroup/systemd";
const UNIFIED: &str = "/sys/fs/cgroup/unified";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Orders {
    pub how: How,
    pub cgroups: Cgroups,
    /// The container's group.
    pub group: String,
    /// Namespaces to be made at once, as clone flags.
    pub namespaces: u64,
    /// The pid namespace to be born in.
    pub join_pid: Option<PathBuf>,
    pub logs: LogMode,
    pub terminal: bool,
    pub stdin: bool,
    /// The root needs devices that the container may not use.
    pub enter_late: bool,
    /// Execute the program at once, without waiting to be told.
    pub start: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// The starter builds the container itself.
    Native,
    /// An OCI runtime's command does, keeping its own state in the second directory.
    Command { binary: PathBuf, root: PathBuf },
    /// No program: the namespaces alone.
    Hold,
}

impl Orders {
    pub fn read(dir: &Dir) -> io::Result<Orders> {
        let text = std::fs::read(dir.file("keep.json"))?;
        serde_json::from_slice(&text).map_err(Error::from)
    }

    pub fn group(&self) -> Result<Group, CgroupError> {
        self.cgroups.group(&self.group)
    }

    /// Stopping the service that started the keeper must not stop the keeper. Where a group cannot be entered, that is as
    /// well as it can be had. The keeper does itself what costs nothing: moving somebody else stops all forks and ends of
    /// processes on the machine, for some ten milliseconds.
    pub fn leave_the_service(&self) {
        if self.cgroups.is_v2() {
            return;
        }
        if let Ok(group) = self.cgroups.group_of_keepers()
            && group.enter(0).is_err()
            && self.cgroups.keepers().is_ok()
        {
            let _ = group.enter(0);
        }
        // Beside v1's controllers there are hierarchies without any, in which services are told apart.
        if Path::new(SYSTEMD).is_dir() {
            let group = Path::new(SYSTEMD).join(KEEPERS);
            let _ = std::fs::create_dir_all(&group);
            let _ = std::fs::write(group.join("tasks"), "0");
        }
    }

    /// The rest of it, which v2 knows no cheap way for. Done by whoever started the keeper, when it has spoken.
    pub fn take_out_of_the_service(&self, keeper: u32) {
        if self.cgroups.is_v2() {
            if let Ok(group) = self.cgroups.keepers() {
                let _ = group.enter(keeper);
            }
        } else if Path::new(UNIFIED).is_dir() && in_a_service() {
            let group = Path::new(UNIFIED).join(KEEPERS);
            let _ = std::fs::create_dir_all(&group);
            let _ = std::fs::write(group.join("cgroup.procs"), keeper.to_string());
        }
    }

    /// On v2 the container's group; where v2 is only beside v1, the keepers' there.
    fn birthplace(&self) -> io::Result<Option<File>> {
        if self.born_inside() {
            return self.group().map_err(Error::other)?.open();
        }
        let group = Path::new(UNIFIED).join(KEEPERS);
        if self.cgroups.is_v2() || !Path::new(UNIFIED).is_dir() || std::fs::create_dir_all(&group).is_err() {
            return Ok(None);
        }
        Ok(File::open(group).ok())
    }

    /// On v2 a process can be born in its group. Not one that has first to do what the group's device filter forbids.
    fn born_inside(&self) -> bool {
        self.cgroups.is_v2() && !self.enter_late && !matches!(self.how, How::Command { .. })
    }

    /// Unless the starter was born there it moves itself.
    pub fn enter(&self) -> Result<(), CgroupError> {
        if self.born_inside() {
            return Ok(());
        }
        self.group()?.enter(0)
    }

    /// The starter, in the container's namespaces and, where it can be had in one go, in its cgroup.
    pub fn fork(&self) -> io::Result<Fork> {
        let into = self.birthplace()?;
        let Some(path) = &self.join_pid else {
            return sys::fork(self.namespaces, into.as_ref().map(AsFd::as_fd));
        };
        // Only children are born in it; afterwards ours are born at home again.
        let (theirs, home) = (File::open(path)?, File::open("/proc/self/ns/pid")?);
        move_into_link_name_space(theirs.as_fd(), Some(LinkNameSpaceType::ProcessID))?;
        let fork = sys::fork(self.namespaces, into.as_ref().map(AsFd::as_fd))?;
        if let Fork::Parent { .. } = fork {
            move_into_link_name_space(home.as_fd(), Some(LinkNameSpaceType::ProcessID))?;
        }
        Ok(fork)
    }

    /// Everything of the container, also what is not below its first process.
    pub fn kill_group(&self) {
        if let Ok(group) = self.group() {
            // Mostly there is nobody: then nothing needs to be frozen to be counted.
            if !group.pids().is_ok_and(|all| all.is_empty()) {
                let _ = group.kill();
            }
        }
    }

    pub fn oom_kills(&self) -> u64 {
        self.group().map_or(0, |group| group.oom_kills())
    }
}

/// Whether v2 has this process anywhere but at its top, where nobody would look for what belongs to a service.
fn in_a_service() -> bool {
    std::fs::read_to_string("/proc/self/cgroup").map_or(true, |text| !text.lines().any(|line| line == "0::/"))
}
