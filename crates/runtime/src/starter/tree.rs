//! Paths inside a container's root, which an image may have filled with links in bad faith.
//!
//! For: opening and making places under the root such that no link leads out of it.
//!
//! Must never know: what is put at the places.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, ResolveFlags, mkdirat, openat, openat2};
use rustix::io::Errno;
use std::io;

/// Links are followed inside the root.
const INSIDE: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);
/// Links are refused.
pub const STRAIGHT: ResolveFlags = INSIDE.union(ResolveFlags::NO_SYMLINKS);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Directory,
    File,
}

/// A handle on what is there, to mount on or to look at.
pub fn find(root: impl AsFd, path: &str) -> io::Result<OwnedFd> {
    find_with(root, path, INSIDE)
}

pub fn find_with(root: impl AsFd, path: &str, resolve: ResolveFlags) -> io::Result<OwnedFd> {
    let relative = relative(path);
    Ok(openat2(
        root,
        relative,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        resolve,
    )?)
}

pub fn open(root: impl AsFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    Ok(openat2(
        root,
        relative(path),
        flags | OFlags::CLOEXEC,
        Mode::empty(),
        INSIDE,
    )?)
}

/// A handle on what is there, or on what is made there with all directories above it.
pub fn make(root: impl AsFd, path: &str, kind: Kind, resolve: ResolveFlags) -> io::Result<OwnedFd> {
    let root = root.as_fd();
    match find_with(root, path, resolve) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    let path = relative(path);
    let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
    let parent = make(root, parent, Kind::Directory, resolve)?;
    make_child(&parent, name, kind)?;
    find_with(root, path, resolve)
}

fn make_child(parent: &OwnedFd, name: &str, kind: Kind) -> io::Result<()> {
    let made = match kind {
        Kind::Directory => mkdirat(parent, name, Mode::from_raw_mode(0o755)),
        Kind::File => {
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            openat(parent, name, flags, Mode::from_raw_mode(0o644)).map(drop)
        }
    };
    match made {
        Err(Errno::EXIST) => Ok(()),
        other => Ok(other?),
    }
}

/// The directory of a path (made when missing) and its last name.
pub fn make_parent(root: impl AsFd, path: &str) -> io::Result<(OwnedFd, &str)> {
    let path = relative(path);
    let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
    Ok((make(root, parent, Kind::Directory, INSIDE)?, name))
}

fn relative(path: &str) -> &str {
    match path.trim_matches('/') {
        "" => ".",
        rest => rest,
    }
}

pub fn inside() -> ResolveFlags {
    INSIDE
}
