//! What a container may use, and what it has used: control groups of both kinds.
//!
//! For: making a group, limiting it, putting a process in, killing all that is in it, reading what it used, taking it
//! away, and listing what a crash left. All of this is done here and by nobody else.
//!
//! Words: a *hierarchy* is one mounted tree of groups: v2 has one for everything, v1 one for each controller. The *root*
//! is the directory in each that all our groups are below. A *group* is named by its path below the root, the same in
//! every hierarchy. A *parent* is a group of groups; it holds no process.
//!
//! Must never know: containers' files, images, what a parent stands for.

mod device_filter;
mod error;
mod kill;
mod layout;
mod limits;
mod stats;
mod tree;

pub use error::{CgroupError, CgroupWarning};
pub use layout::{Cgroups, Kind};
pub use limits::{memory_swap_bytes, weight_of_shares};
pub use stats::{BlockDevice, Cpu, Memory, Pids, Stats, StatsReader};
pub use tree::Group;

use std::path::PathBuf;

/// A part of what a container sees at its `/sys/fs/cgroup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mounted {
    /// This directory of the host at `/sys/fs/cgroup/<name>`.
    V1 { name: String, directory: PathBuf },
    /// The one tree of v2, as the container's own cgroup namespace shows it.
    V2,
}
