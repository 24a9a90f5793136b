//! What stands in the root besides its files: mounts, devices, kernel parameters, and what is hidden.
//!
//! Everything is placed through handles found inside the root (see `tree`), by the mount calls that take handles, so
//! that no path is looked up twice.
//!
//! Must never know: who decided on the list.

use super::root::{Place, take};
use super::tree::{self, Kind, STRAIGHT};
use super::{Step, Stop, fill, user_namespace};
use crate::spec::{ContainerSpec, DEFAULT_NODES, DeviceKind, Plan, PlannedMount};
use crate::sys::{self, MountAttr};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, FileType, Gid, Mode, OFlags, Uid, fstat, makedev, mknodat, symlinkat};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create, fsconfig_set_flag,
    fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};
use std::io;

pub fn mount_all(place: &Place, plan: &Plan) -> Result<(), Stop> {
    for mount in &plan.mounts {
        let done = match mount.kind {
            "bind" => bind(place, mount),
            _ => mount_new(place, mount),
        };
        done.step(&format!("mount {} at {}", mount.source.display(), mount.destination))?;
    }
    Ok(())
}

/// A mount's options, told apart.
#[derive(Debug, Default, PartialEq)]
pub struct Options {
    pub set: u64,
    pub clear: u64,
    pub propagation: u64,
    pub recursive: bool,
    /// For the file system itself.
    pub own: Vec<String>,
}

pub fn options(words: &[String]) -> Options {
    let mut all = Options::default();
    for word in words {
        let (set, clear) = match word.as_str() {
            "ro" => (libc::MOUNT_ATTR_RDONLY, 0),
            "rw" => (0, libc::MOUNT_ATTR_RDONLY),
            "nosuid" => (libc::MOUNT_ATTR_NOSUID, 0),
            "suid" => (0, libc::MOUNT_ATTR_NOSUID),
            "nodev" => (libc::MOUNT_ATTR_NODEV, 0),
            "dev" => (0, libc::MOUNT_ATTR_NODEV),
            "noexec" => (libc::MOUNT_ATTR_NOEXEC, 0),
            "exec" => (0, libc::MOUNT_ATTR_NOEXEC),
            "nodiratime" => (libc::MOUNT_ATTR_NODIRATIME, 0),
            "diratime" => (0, libc::MOUNT_ATTR_NODIRATIME),
            "noatime" => (libc::MOUNT_ATTR_NOATIME, libc::MOUNT_ATTR__ATIME),
            "strictatime" => (libc::MOUNT_ATTR_STRICTATIME, libc::MOUNT_ATTR__ATIME),
            "relatime" => (0, libc::MOUNT_ATTR__ATIME),
            "rbind" => {
                all.recursive = true;
                (0, 0)
            }
            "bind" | "defaults" => (0, 0),
            "private" | "rprivate" => {
                all.propagation = libc::MS_PRIVATE;
                (0, 0)
            }
            "slave" | "rslave" => {
                all.propagation = libc::MS_SLAVE;
                (0, 0)
            }
            "shared" | "rshared" => {
                all.propagation = libc::MS_SHARED;
                (0, 0)
            }
            _ => {
                all.own.push(word.clone());
                (0, 0)
            }
        };
        all.set = all.set & !clear | set;
        all.clear |= clear;
    }
    all
}

fn mount_new(place: &Place, mount: &PlannedMount) -> io::Result<()> {
    let options = options(&mount.options);
    // Only v2 is mounted anew; of v1 the container's own directories are bound.
    let kind = if mount.kind == "cgroup" { "cgroup2" } else { mount.kind };
    let fs = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&fs, "source", mount.source.as_path())?;
    for option in &options.own {
        match option.split_once('=') {
            Some((key, value)) => fsconfig_set_string(&fs, key, value)?,
            None => fsconfig_set_flag(&fs, option.as_str())?,
        }
    }
    fsconfig_create(&fs)?;
    let flags = MountAttrFlags::from_bits_retain(options.set as u32);
    let made = fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, flags)?;
    put(place, &made, &mount.destination, Kind::Directory)
}

fn bind(place: &Place, mount: &PlannedMount) -> io::Result<()> {
    let options = options(&mount.options);
    if mount.fill_from_image {
        fill::fill(&mount.source, &place.root, &mount.destination)?;
    }
    let tree = match place.shared.iter().find(|(source, _)| *source == mount.source) {
        Some((_, tree)) => take(tree, options.recursive)?,
        None => {
            let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
            if options.recursive {
                flags |= OpenTreeFlags::AT_RECURSIVE;
            }
            open_tree(CWD, &mount.source, flags)?
        }
    };
    let attr = MountAttr {
        set: options.set,
        clear: options.clear,
        propagation: options.propagation,
        userns: None,
    };
    sys::mount_setattr(&tree, options.recursive, attr)?;
    // A volume is the container's: its files are root's own on the disk, and so in the container. A bind is the host's.
    if let (Some(users), true) = (&place.users, mount.fill_from_image) {
        user_namespace::map_mount(&tree, users)?;
    }
    let kind = match FileType::from_raw_mode(fstat(&tree)?.st_mode) {
        FileType::Directory => Kind::Directory,
        _ => Kind::File,
    };
    put(place, &tree, &mount.destination, kind)
}

/// `/proc` and `/sys` are hidden in parts later: a link in their way would lead that astray.
fn put(place: &Place, mount: &OwnedFd, destination: &str, kind: Kind) -> io::Result<()> {
    let critical = ["/proc", "/sys"]
        .iter()
        .any(|one| destination == *one || destination.starts_with(&format!("{one}/")));
    let resolve = if critical { STRAIGHT } else { tree::inside() };
    let target = tree::make(&place.root, destination, kind, resolve)?;
    move_onto(mount, &target)
}

fn move_onto(mount: &OwnedFd, target: &OwnedFd) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(mount, "", target, "", flags)?)
}

/// The nodes of `/dev`. Not when the container brings a `/dev` of its own.
pub fn make_devices(place: &Place, plan: &Plan) -> Result<(), Stop> {
    if !plan
        .mounts
        .iter()
        .any(|mount| mount.destination == "/dev" && mount.kind == "tmpfs")
    {
        return Ok(());
    }
    let dev = tree::find(&place.root, "/dev").step("open /dev")?;
    for (name, major, minor) in DEFAULT_NODES {
        let name = name.rsplit('/').next().unwrap_or(name);
        let made = mknodat(
            &dev,
            name,
            FileType::CharacterDevice,
            Mode::from_raw_mode(0o666),
            makedev(major, minor),
        );
        unless_there(made).step(&format!("make the device {name}"))?;
    }
    let links = [
        ("/proc/self/fd", "fd"),
        ("/proc/self/fd/0", "stdin"),
        ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"),
        ("/proc/kcore", "core"),
        ("pts/ptmx", "ptmx"),
    ];
    for (target, name) in links {
        unless_there(symlinkat(target, &dev, name)).step(&format!("make the link {name}"))?;
    }
    for node in &plan.devices {
        let path = node.path.to_string_lossy();
        let make = || -> io::Result<()> {
            let (parent, name) = tree::make_parent(&place.root, &path)?;
            let kind = match node.kind {
                DeviceKind::Char => FileType::CharacterDevice,
                DeviceKind::Block => FileType::BlockDevice,
            };
            unless_there(mknodat(
                &parent,
                name,
                kind,
                Mode::from_raw_mode(node.mode),
                makedev(node.major, node.minor),
            ))?;
            let (uid, gid) = (Uid::from_raw(node.uid), Gid::from_raw(node.gid));
            Ok(rustix::fs::chownat(
                &parent,
                name,
                Some(uid),
                Some(gid),
                rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
            )?)
        };
        make().step(&format!("make the device {path}"))?;
    }
    Ok(())
}

fn unless_there(made: Result<(), Errno>) -> Result<(), Errno> {
    match made {
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

/// Through the container's own `/proc`, before parts of it become read-only.
pub fn set_sysctls(place: &Place, spec: &ContainerSpec) -> Result<(), Stop> {
    for (name, value) in &spec.sysctls {
        let set = || -> io::Result<()> {
            let path = format!("proc/sys/{}", name.replace('.', "/"));
            let flags = OFlags::WRONLY | OFlags::CLOEXEC;
            let file = rustix::fs::openat2(&place.root, path, flags, Mode::empty(), STRAIGHT)?;
            if rustix::fs::fstatfs(&file)?.f_type != rustix::fs::PROC_SUPER_MAGIC {
                return Err(io::Error::other("that is not a kernel parameter"));
            }
            rustix::io::write(&file, value.as_bytes())?;
            Ok(())
        };
        set().step(&format!("set the sysctl {name}"))?;
    }
    Ok(())
}

/// Masked paths read as nothing, read-only ones cannot be written. What is not there needs neither.
pub fn hide_paths(place: &Place, plan: &Plan) -> Result<(), Stop> {
    for path in &plan.readonly_paths {
        let hide = |target: OwnedFd| -> io::Result<()> {
            let copy = take(&target, true)?;
            let attr = MountAttr {
                set: libc::MOUNT_ATTR_RDONLY,
                propagation: libc::MS_PRIVATE,
                ..MountAttr::default()
            };
            sys::mount_setattr(&copy, true, attr)?;
            move_onto(&copy, &target)
        };
        if_there(tree::find(&place.root, path), hide).step(&format!("make {path} read-only"))?;
    }
    for path in &plan.masked_paths {
        let hide = |target: OwnedFd| -> io::Result<()> {
            if FileType::from_raw_mode(fstat(&target)?.st_mode) == FileType::Directory {
                let fs = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
                fsconfig_set_string(&fs, "size", "0")?;
                fsconfig_create(&fs)?;
                let flags = MountAttrFlags::MOUNT_ATTR_RDONLY | MountAttrFlags::MOUNT_ATTR_NOEXEC;
                let nothing = fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, flags)?;
                return move_onto(&nothing, &target);
            }
            move_onto(&host_null()?, &target)
        };
        if_there(tree::find(&place.root, path), hide).step(&format!("mask {path}"))?;
    }
    Ok(())
}

fn if_there(found: io::Result<OwnedFd>, then: impl FnOnce(OwnedFd) -> io::Result<()>) -> io::Result<()> {
    match found {
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
        other => then(other?),
    }
}

/// The host's own, looked at before it is trusted to be what it is called.
fn host_null() -> io::Result<OwnedFd> {
    let tree = open_tree(
        CWD,
        "/dev/null",
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )?;
    let found = fstat(&tree)?;
    let null = FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice && found.st_rdev == makedev(1, 3);
    if !null {
        return Err(io::Error::other("/dev/null is something else here"));
    }
    // Read-only in the way of mounts: a device can still be opened, its owner and mode not be changed.
    let attr = MountAttr {
        set: libc::MOUNT_ATTR_RDONLY,
        ..MountAttr::default()
    };
    sys::mount_setattr(&tree, false, attr)?;
    Ok(tree)
}

/// `/dev/console` is the container's terminal.
pub fn bind_console(place: &Place, name: &str) -> Result<(), Stop> {
    let bind = || -> io::Result<()> {
        let found = tree::find(&place.root, &format!("/dev/pts/{name}"))?;
        let target = tree::make(&place.root, "/dev/console", Kind::File, tree::inside())?;
        move_onto(&take(found.as_fd(), false)?, &target)
    };
    bind().step("make the console")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_apart_and_the_last_word_counts() {
        let words: Vec<String> = ["rbind", "ro", "nosuid", "rw", "size=1m", "rslave", "noatime"]
            .map(String::from)
            .into();
        let all = options(&words);
        assert_eq!(all.set, libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOATIME);
        assert!(all.recursive && all.propagation == libc::MS_SLAVE);
        assert_eq!(all.own, ["size=1m"]);
    }
}
