//! Settles what a layer could not know alone: how directories look that it did not describe, and hard links to files
//! of layers below. Such a layer gets a second form that belongs to the stack it is in: files are hard links to the
//! first form and cost nothing, directories are made anew and look as they do below.
//!
//! Not settled: a path through a symlink of a layer below stays where the archive put it, and so hides the symlink.

use crate::Digest;
use crate::disk::{Disk, within};
use crate::layer::{About, Draft, LayerError};
use crate::unpack::{UnpackError, is_whiteout, open_inside_no_links, times};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{self, AtFlags, Dir, FileType, Gid, Mode, OFlags, Stat, Uid, XattrFlags};
use rustix::io::Errno;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Names of the layers as they are to be stacked, bottom to top; makes second forms where they are needed.
pub(crate) fn stack(disk: &Disk, layers: &[(Digest, About)]) -> Result<Vec<String>, LayerError> {
    let mut names: Vec<String> = Vec::with_capacity(layers.len());
    for (diff, about) in layers {
        let name = if about.stands_alone() || names.is_empty() && about.links.is_empty() {
            diff.short()
        } else {
            let name = Digest::of(format!("{diff} on {}", names.join(" ")).as_bytes()).short();
            if !disk.has_layer(&name) {
                make(disk, &name, diff, about, &names)?;
            }
            name
        };
        names.push(name);
    }
    Ok(names)
}

fn make(disk: &Disk, name: &str, diff: &Digest, about: &About, below: &[String]) -> Result<(), LayerError> {
    let draft = Draft(disk.draft("second"));
    std::fs::create_dir(&draft.0)?;
    let (from, to) = (open(&disk.layer(&diff.short()))?, open(&draft.0)?);
    let below: Vec<OwnedFd> = below
        .iter()
        .rev()
        .map(|n| open(&disk.layer(n)))
        .collect::<Result<_, _>>()?;
    copy(&from, &to, 0).map_err(io::Error::from)?;
    for path in &about.implicit {
        let failed = |e: Errno| UnpackError::Io(path.clone(), e.into());
        if let Some(model) = lower_dir(&below, path)
            && let Ok(dir) = open_inside_no_links(to.as_fd(), path)
        {
            look_like(&model, &dir).map_err(failed)?;
        }
    }
    for (path, target) in &about.links {
        link(&below, &to, path, target).map_err(|e| UnpackError::Io(path.clone(), e.into()))?;
    }
    let about = About {
        diff: None, // nobody finds it by its contents
        bytes: 0,   // its files are counted where they came from
        ..About::default()
    };
    Ok(disk.publish_layer(&draft.0, name, &about.write())?)
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    Ok(fs::open(
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// The same tree: directories anew, all else by hard links. Depth is bounded by the path length that unpacking allows.
fn copy(from: &OwnedFd, to: &OwnedFd, depth: u32) -> Result<(), Errno> {
    if depth > 2048 {
        return Err(Errno::NAMETOOLONG);
    }
    for entry in Dir::read_from(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let there = fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(there.st_mode) == FileType::Directory {
            fs::mkdirat(to, name, Mode::from_raw_mode(0o700))?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let (inner_from, inner_to) = (
                fs::openat(from, name, flags, Mode::empty())?,
                fs::openat(to, name, flags, Mode::empty())?,
            );
            copy(&inner_from, &inner_to, depth + 1)?;
        } else {
            fs::linkat(from, name, to, name, AtFlags::empty())?;
        }
    }
    look_like(from, to)
}

/// Owner, mode, attributes and time of one directory for another.
fn look_like(model: &OwnedFd, dir: &OwnedFd) -> Result<(), Errno> {
    let there = fs::fstat(model)?;
    fs::fchown(
        dir,
        Some(Uid::from_raw(there.st_uid)),
        Some(Gid::from_raw(there.st_gid)),
    )?;
    fs::fchmod(dir, Mode::from_raw_mode(there.st_mode))?;
    let mut names = vec![0; 64 * 1024];
    let length = fs::flistxattr(model, &mut names[..])?;
    for name in names[..length].split(|b| *b == 0).filter(|n| !n.is_empty()) {
        let mut value = vec![0; 64 * 1024];
        let length = fs::fgetxattr(model, name, &mut value[..])?;
        fs::fsetxattr(dir, name, &value[..length], XattrFlags::empty())?;
    }
    fs::futimens(dir, &mtime(&there))
}

fn mtime(of: &Stat) -> fs::Timestamps {
    #[allow(clippy::useless_conversion, clippy::unnecessary_cast)] // the kernel's types differ between machines
    times((of.st_mtime as i64, u32::try_from(of.st_mtime_nsec).unwrap_or(0)))
}

/// The directory that would be seen at `path` without the layer above; `below` is top to bottom.
fn lower_dir(below: &[OwnedFd], path: &Path) -> Option<OwnedFd> {
    for layer in below {
        if let Ok(dir) = open_inside_no_links(layer.as_fd(), path) {
            return Some(dir);
        }
        if hides(layer, path) {
            return None;
        }
    }
    None
}

/// Whether this layer has something at `path` or above it that hides the layers below.
fn hides(layer: &OwnedFd, path: &Path) -> bool {
    path.ancestors().filter(|p| !p.as_os_str().is_empty()).any(|path| {
        let parent = open_inside_no_links(layer.as_fd(), path.parent().unwrap_or(Path::new("")));
        let Ok(parent) = parent else {
            return false;
        };
        let name = path.file_name().expect("not empty");
        let opaque = || {
            let mut value = [0; 1];
            fs::lgetxattr(
                within(&parent, Path::new(name)),
                "trusted.overlay.opaque",
                &mut value[..],
            )
            .is_ok()
        };
        fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|there| FileType::from_raw_mode(there.st_mode) != FileType::Directory || opaque())
    })
}

/// A hard link to what would be seen at `target`.
fn link(below: &[OwnedFd], to: &OwnedFd, path: &Path, target: &Path) -> Result<(), Errno> {
    let split = |path: &Path| Some((path.parent()?.to_path_buf(), PathBuf::from(path.file_name()?)));
    let ((target_parent, target_name), (parent, name)) =
        (split(target).ok_or(Errno::INVAL)?, split(path).ok_or(Errno::INVAL)?);
    let at = open_inside_no_links(to.as_fd(), &parent)?;
    for layer in std::iter::once(to).chain(below) {
        if let Ok(dir) = open_inside_no_links(layer.as_fd(), &target_parent)
            && let Ok(there) = fs::statat(&dir, &target_name, AtFlags::SYMLINK_NOFOLLOW)
        {
            if is_whiteout(&there) || FileType::from_raw_mode(there.st_mode) == FileType::Directory {
                return Err(Errno::NOENT);
            }
            return match fs::linkat(&dir, &target_name, &at, &name, AtFlags::empty()) {
                Err(Errno::EXIST) => Ok(()), // a later entry of the same name has won
                done => done,
            };
        }
        if hides(layer, target) {
            break;
        }
    }
    debug_assert!(!name.as_os_str().as_bytes().is_empty());
    Err(Errno::NOENT)
}
