//! The container's root: an overlay of its layers that is only ever mounted in its own mount namespace.
//!
//! Must never know: what is mounted inside it.

use super::{Step, Stop, limited, user_namespace};
use crate::dir::Dir;
use crate::spec::{ContainerSpec, MountKind, Propagation};
use crate::sys::{self, MountAttr};
use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, open};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags,
    UnmountFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen, mount_change, move_mount, open_tree, unmount,
};
use std::io;
use std::path::{Path, PathBuf};

/// The mounted root, before it is entered.
pub struct Place {
    pub root: OwnedFd,
    /// Sources of mounts that stay joined with the host's, taken before the host's mounts were let go.
    pub shared: Vec<(PathBuf, OwnedFd)>,
    /// What maps the container's users, when it has a user namespace.
    pub users: Option<OwnedFd>,
}

pub fn mount(dir: &Dir, spec: &ContainerSpec) -> Result<Place, Stop> {
    rustix::process::umask(Mode::empty());
    let shared = shared_sources(spec)?;
    // What we mount must not be seen by the host; what the host unmounts must not be held by us.
    mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .step("leave the host's mounts")?;
    let users = user_namespace::make(spec.user_namespace)?;
    mount_root(&dir.rootfs(), spec, users.as_ref())?;
    let root = open_directory(&dir.rootfs()).step("open the root")?;
    Ok(Place { root, shared, users })
}

/// Mounts the layers at `target`, in the namespace that this process is in.
fn mount_root(target: &Path, spec: &ContainerSpec, users: Option<&OwnedFd>) -> Result<(), Stop> {
    let layers: Vec<OwnedFd> = spec
        .rootfs
        .layers
        .iter()
        .map(|layer| open_part(layer, target, users).step(&format!("open the layer {}", layer.display())))
        .collect::<Result<_, _>>()?;
    let writable = match spec.rootfs.writable.as_os_str().is_empty() {
        true => None,
        false => Some(open_writable(spec)?),
    };
    match (&layers[..], &writable) {
        ([], _) => {
            return Err(Stop::Failed {
                step: "mount the root".into(),
                text: "an image without layers".into(),
            });
        }
        ([only], None) => {
            let tree = open_tree(only, "", OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::AT_EMPTY_PATH)
                .step("take the layer")?;
            let read_only = MountAttr {
                set: libc::MOUNT_ATTR_RDONLY,
                propagation: libc::MS_PRIVATE,
                ..MountAttr::default()
            };
            sys::mount_setattr(&tree, false, read_only).step("make the root read-only")?;
            attach(&tree, target).step("mount the root")?;
        }
        _ => match overlay(&layers, writable.as_ref(), target) {
            Err(why) if why.raw_os_error() == Some(libc::EINVAL) => {
                overlay_before_6_7(&layers, writable.as_ref(), target).step("mount the root")?
            }
            other => other.step("mount the root")?,
        },
    }
    Ok(())
}

/// By descriptors, so that paths may be long and many, and the container's own mount table tells none of them.
fn by_descriptor(fd: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

fn overlay(layers: &[OwnedFd], writable: Option<&(OwnedFd, OwnedFd)>, target: &Path) -> io::Result<()> {
    let fs = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&fs, "source", "overlay")?;
    for layer in layers.iter().rev() {
        fsconfig_set_string(&fs, "lowerdir+", by_descriptor(layer))?;
    }
    if let Some((upper, work)) = writable {
        fsconfig_set_string(&fs, "upperdir", by_descriptor(upper))?;
        fsconfig_set_string(&fs, "workdir", by_descriptor(work))?;
    }
    fsconfig_create(&fs)?;
    attach(
        &fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())?,
        target,
    )
}

/// Kernels that take the layers one by one are younger than production's.
fn overlay_before_6_7(layers: &[OwnedFd], writable: Option<&(OwnedFd, OwnedFd)>, target: &Path) -> io::Result<()> {
    let lower: Vec<String> = layers.iter().rev().map(by_descriptor).collect();
    let mut data = format!("lowerdir={}", lower.join(":"));
    if let Some((upper, work)) = writable {
        data += &format!(",upperdir={},workdir={}", by_descriptor(upper), by_descriptor(work));
    }
    let data = std::ffi::CString::new(data)?;
    Ok(rustix::mount::mount(
        "overlay",
        target,
        "overlay",
        MountFlags::empty(),
        data.as_c_str(),
    )?)
}

/// A part of the overlay: the directory as it is, or with its owners mapped. A mapped one must stand somewhere while the
/// overlay takes it; it stands where the overlay will cover it.
fn open_part(path: &Path, target: &Path, users: Option<&OwnedFd>) -> io::Result<OwnedFd> {
    let directory = open_directory(path)?;
    let Some(users) = users else { return Ok(directory) };
    let mapped = take(&directory, false)?;
    user_namespace::map_mount(&mapped, users)?;
    attach(&mapped, target)?;
    Ok(mapped)
}

fn attach(mount: &OwnedFd, target: &Path) -> io::Result<()> {
    Ok(move_mount(
        mount,
        "",
        CWD,
        target,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )?)
}

/// The upper and the work directory.
fn open_writable(spec: &ContainerSpec) -> Result<(OwnedFd, OwnedFd), Stop> {
    let mut base = spec.rootfs.writable.clone();
    make_directories(&base).step("make the writable directory")?;
    if let Some(limit) = spec.rootfs.size_limit_mib {
        limited::mount(&spec.rootfs, limit)?;
        base.push(&spec.id); // others may share the file
    }
    for name in ["upper", "work"] {
        make_directories(&base.join(name)).step("make the writable directory")?;
    }
    // Not mapped: the overlay works in there as the real root, who has no number in the mapping. What the container
    // writes is its own on the disk, beginning with its `/`.
    if let Some(users) = spec.user_namespace {
        let owned = std::os::unix::fs::chown(base.join("upper"), Some(users.host_uid), Some(users.host_gid));
        owned.step("make the writable directory")?;
    }
    let (upper, work) = (open_directory(&base.join("upper")), open_directory(&base.join("work")));
    Ok((
        upper.step("open the writable directory")?,
        work.step("open the writable directory")?,
    ))
}

/// The upper directory's mode is that of the container's `/`.
fn make_directories(path: &Path) -> io::Result<()> {
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o755)
        .recursive(true)
        .create(path)
}

fn shared_sources(spec: &ContainerSpec) -> Result<Vec<(PathBuf, OwnedFd)>, Stop> {
    let mut shared = Vec::new();
    for mount in &spec.mounts {
        if mount.propagation == Propagation::Shared && mount.kind != MountKind::Tmpfs {
            let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
            let tree = open_tree(CWD, &mount.source, flags).step(&format!("bind {}", mount.source.display()))?;
            shared.push((mount.source.clone(), tree));
        }
    }
    Ok(shared)
}

/// From here on there is nothing but the container's files.
pub fn enter(place: &Place, spec: &ContainerSpec) -> Result<(), Stop> {
    if spec.rootfs.read_only {
        let read_only = MountAttr {
            set: libc::MOUNT_ATTR_RDONLY,
            ..MountAttr::default()
        };
        sys::mount_setattr(&place.root, false, read_only).step("make the root read-only")?;
    }
    let pivot = || -> Result<(), Errno> {
        rustix::process::fchdir(&place.root)?;
        // The old root ends up on top of the new one, and is then taken away.
        rustix::process::pivot_root(".", ".")?;
        mount_change(".", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)?;
        unmount(".", UnmountFlags::DETACH)?;
        rustix::process::chdir("/")
    };
    pivot().step("enter the root")
}

fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    Ok(open(
        path,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// What a mount is taken of, as [`open_tree`] wants it.
pub fn take(at: impl AsFd, recursive: bool) -> io::Result<OwnedFd> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    if recursive {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    Ok(open_tree(at, "", flags)?)
}
