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
    /// well as it can be had. Done by whoever started it, when it has spoken: moving a process takes the kernel some ten
    /// milliseconds, in which the keeper has other things to do.
    pub fn take_out_of_the_service(&self, keeper: u32) {
        if let Ok(group) = self.cgroups.keepers() {
            let _ = group.enter(keeper);
        }
        // Beside v1's controllers there are hierarchies without any, in which services are told apart.
        for hierarchy in [SYSTEMD, UNIFIED] {
            if !self.cgroups.is_v2() && Path::new(hierarchy).is_dir() {
                let group = Path::new(hierarchy).join(KEEPERS);
                let _ = std::fs::create_dir_all(&group);
                let _ = std::fs::write(group.join("cgroup.procs"), keeper.to_string());
            }
        }
    }

    /// The starter leaves by itself, before there is anything in the container.
    fn leave_as_starter(&self) {
        if !self.cgroups.is_v2() && Path::new(SYSTEMD).is_dir() {
            let group = Path::new(SYSTEMD).join(KEEPERS);
            let _ = std::fs::create_dir_all(&group);
            let _ = std::fs::write(group.join("tasks"), "0");
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
        self.leave_as_starter();
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
