//! Users of the container that are nobody on the host.
//!
//! Everything is built by the real root, in namespaces that belong to the host's user namespace; only then does the
//! program's process go into a user namespace of its own. So root in the container has no power over its mounts, its
//! network or its process tree, not even with capabilities. Its files are mapped by their mounts: on the disk they are
//! as the image has them.
//!
//! Must never know: which numbers are free.

use super::{Step, Stop};
use crate::spec::UserNamespace;
use crate::sys::{self, Fork, MountAttr};
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::process::{Pid, Signal, WaitOptions};
use std::fs::File;
use std::io;

/// A new namespace with that mapping, held by its descriptor alone.
pub fn make(wanted: Option<UserNamespace>) -> Result<Option<OwnedFd>, Stop> {
    wanted
        .map(|wanted| with_mapping(wanted).step("make a user namespace"))
        .transpose()
}

/// Somebody has to be in it until it has been opened.
fn with_mapping(wanted: UserNamespace) -> io::Result<OwnedFd> {
    let (child, process) = match sys::fork(libc::CLONE_NEWUSER as u64, None)? {
        Fork::Child => {
            let _ = sys::die_with_parent();
            let _ = sys::block_signals();
            loop {
                sys::wait_signal();
            }
        }
        Fork::Parent { child, pidfd } => (child, pidfd),
    };
    let open = || -> io::Result<OwnedFd> {
        let host = number_on_the_host(&process)?;
        for (file, first) in [("gid_map", wanted.host_gid), ("uid_map", wanted.host_uid)] {
            std::fs::write(format!("/proc/{host}/{file}"), format!("0 {first} {}\n", wanted.count))?;
        }
        Ok(File::open(format!("/proc/{host}/ns/user"))?.into())
    };
    let opened = open();
    let _ = rustix::process::pidfd_send_signal(&process, Signal::KILL);
    let _ = Pid::from_raw(child).map(|pid| rustix::process::waitpid(Some(pid), WaitOptions::empty()));
    opened
}

/// The starter may be in a pid namespace already, while `/proc` is still the host's. The kernel tells of a process's
/// descriptor what the `/proc` that is asked calls it.
fn number_on_the_host(process: &OwnedFd) -> io::Result<u32> {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", process.as_raw_fd()))?;
    let number = info
        .lines()
        .find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok());
    number.ok_or_else(|| io::Error::other("a process without a number"))
}

/// Maps what a mount that is not attached yet shows.
pub fn map_mount(mount: &OwnedFd, namespace: &OwnedFd) -> io::Result<()> {
    let attr = MountAttr {
        set: libc::MOUNT_ATTR_IDMAP,
        userns: Some(namespace.as_raw_fd()),
        ..MountAttr::default()
    };
    sys::mount_setattr(mount, false, attr)
}
