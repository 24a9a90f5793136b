//! A volume that is empty is first given what the image has at its place, as Docker does.
//!
//! Must never know: whose volume it is.

use super::tree;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, Uid, chownat, fchmod, fchown, fstat, mkdirat, mknodat, openat,
    readlinkat, statat, symlinkat,
};
use std::io;
use std::path::Path;

/// Deeper or more is not an image's default content.
const MAX_DEPTH: usize = 64;
const MAX_FILES: usize = 1_000_000;

pub fn fill(volume: &Path, root: &OwnedFd, place: &str) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let to = openat(CWD, volume, flags, Mode::empty())?;
    if !names(&to)?.is_empty() {
        return Ok(());
    }
    let from = match tree::open(root, place, OFlags::RDONLY | OFlags::DIRECTORY) {
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(()),
        other => other?,
    };
    let mut left = MAX_FILES;
    copy_directory(&from, &to, MAX_DEPTH, &mut left)
}

fn names(dir: &OwnedFd) -> io::Result<Vec<std::ffi::CString>> {
    let mut all = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            all.push(entry.file_name().to_owned());
        }
    }
    Ok(all)
}

/// By handles alone and following no link, so that nothing outside of either directory is touched.
fn copy_directory(from: &OwnedFd, to: &OwnedFd, depth: usize, left: &mut usize) -> io::Result<()> {
    let meta = fstat(from)?;
    fchown(to, Some(Uid::from_raw(meta.st_uid)), Some(Gid::from_raw(meta.st_gid)))?;
    fchmod(to, Mode::from_raw_mode(meta.st_mode))?;
    let deeper = depth
        .checked_sub(1)
        .ok_or_else(|| io::Error::other("directories too deep to fill a volume with"))?;
    for name in names(from)? {
        *left = left
            .checked_sub(1)
            .ok_or_else(|| io::Error::other("too many files to fill a volume with"))?;
        let meta = statat(from, &name, AtFlags::SYMLINK_NOFOLLOW)?;
        let mode = Mode::from_raw_mode(meta.st_mode);
        let (uid, gid) = (Uid::from_raw(meta.st_uid), Gid::from_raw(meta.st_gid));
        match FileType::from_raw_mode(meta.st_mode) {
            FileType::Directory => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                mkdirat(to, &name, mode)?;
                let (from, to) = (
                    openat(from, &name, flags, Mode::empty())?,
                    openat(to, &name, flags, Mode::empty())?,
                );
                copy_directory(&from, &to, deeper, left)?;
            }
            FileType::Symlink => {
                symlinkat(readlinkat(from, &name, Vec::new())?, to, &name)?;
                chownat(to, &name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
            }
            FileType::RegularFile => {
                let source = openat(
                    from,
                    &name,
                    OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                    Mode::empty(),
                )?;
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                let target = openat(to, &name, flags, mode)?;
                io::copy(
                    &mut std::fs::File::from(source),
                    &mut std::fs::File::from(target.as_fd().try_clone_to_owned()?),
                )?;
                fchown(&target, Some(uid), Some(gid))?;
                fchmod(&target, mode)?; // last: changing the owner takes the set-user-id bit
            }
            kind => {
                mknodat(to, &name, kind, mode, meta.st_rdev)?;
                chownat(to, &name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
            }
        }
    }
    Ok(())
}
