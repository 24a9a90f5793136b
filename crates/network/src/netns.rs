//! Network namespaces that need no process to stay: each is a bind mount of itself on a file.
//!
//! What a kill -9 leaves is the mount; [`crate::Network::release`] takes it away by its path. Copies of the mount in
//! other mount namespaces cannot keep it alive: removing the file takes the mount off everywhere.
#![allow(unsafe_code)] // Leaving a namespace for a new one is told to one thread alone, which then ends.

use crate::netlink::Socket;
use rustix::io::Errno;
use rustix::mount::{self, UnmountFlags};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// A new namespace: what it is known by, and a socket that speaks inside of it.
pub struct Netns {
    pub file: File,
    pub socket: Socket,
}

/// Of the magic numbers that tell file systems apart, the one of namespaces.
const NAMESPACE_FS: u64 = 0x6e73_6673;

/// What every new namespace starts with: no IPv6 but on loopback (we give no addresses of it), and, as in Docker, low
/// ports and ping for everybody inside, who shares them with nobody.
const INSIDE: [(&str, &str); 3] = [
    ("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"),
    ("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"),
    ("/proc/sys/net/ipv4/ping_group_range", "0 2147483647"),
];

/// Makes a namespace and mounts it at `path`, where nothing is yet.
pub fn make(path: &Path) -> io::Result<Netns> {
    File::create_new(path)?;
    // A thread cannot go back to a namespace it has no name for, so one is spent: it costs less than a fork.
    let made = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("netns".into())
            .spawn_scoped(scope, || make_here(path))?;
        thread.join().expect("this thread has nothing that panics")
    });
    if made.is_err() {
        let _ = fs::remove_file(path);
    }
    made
}

fn make_here(path: &Path) -> io::Result<Netns> {
    // SAFETY: the flag moves this thread alone, and it shares no table of files that is taken apart.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET)? };
    mount::mount_bind("/proc/thread-self/ns/net", path)?;
    for (setting, value) in INSIDE {
        // Comforts; a kernel without IPv6 or a read-only /proc has them not.
        let _ = fs::write(setting, value);
    }
    Ok(Netns {
        file: File::open("/proc/thread-self/ns/net")?,
        socket: Socket::route()?,
    })
}

/// Whether a namespace is mounted here.
pub fn is_mounted(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|found| found.f_type as u64 == NAMESPACE_FS)
}

/// Takes the mount and its file away; what is gone already is fine. Processes inside keep the namespace until they end.
pub fn remove(path: &Path) -> io::Result<()> {
    // A crash, or somebody curious, may have mounted it twice: bounded, so that nothing can keep us here.
    for _ in 0..16 {
        match mount::unmount(path, UnmountFlags::DETACH) {
            Ok(()) => {}
            Err(Errno::INVAL | Errno::NOENT) => break,
            Err(error) => return Err(error.into()),
        }
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
