//! Unpacks one layer into a directory of its own, ready to be a lower directory of overlayfs.
//!
//! A deleted file becomes a character device 0:0, a directory that hides what is below gets `trusted.overlay.opaque`.
//! Every path is walked by the kernel with the layer as its root (`openat2` with `RESOLVE_IN_ROOT`), so that neither
//! `/etc`, nor a symlink to it, nor a swap of the two ever leads outside; `..` is refused.
//!
//! What one layer alone cannot know is told in [`Unpacked`]: directories that it did not describe, and hard links to
//! files of layers below. `fixup` settles them when the layers below are known.

use crate::tar::{Entry, Kind, Reader, TarError};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{self, AtFlags, FileType, Gid, Mode, OFlags, ResolveFlags, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What an image may weigh unpacked; shared by its layers, which unpack at once.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: AtomicU64,
    entries: AtomicU64,
}

#[derive(Debug, Default)]
pub(crate) struct Unpacked {
    pub bytes: u64,
    /// Directories that had to be made but were not in the archive.
    pub implicit: BTreeSet<PathBuf>,
    /// Hard links (path, target) to files that are not in this layer.
    pub links: Vec<(PathBuf, PathBuf)>,
}

#[derive(Debug)]
pub enum UnpackError {
    Tar(TarError),
    /// A path that leads, or tries to lead, out of the layer.
    UnsafePath(String),
    TooManyBytes,
    TooManyEntries,
    NeedsRoot,
    Io(PathBuf, io::Error),
}

impl Budget {
    pub fn new(bytes: u64, entries: u64) -> Self {
        Budget {
            bytes: AtomicU64::new(bytes),
            entries: AtomicU64::new(entries),
        }
    }

    fn spend(&self, bytes: u64) -> Result<(), UnpackError> {
        let take = |from: &AtomicU64, n: u64| {
            from.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(n))
                .is_ok()
        };
        if !take(&self.entries, 1) {
            return Err(UnpackError::TooManyEntries);
        }
        take(&self.bytes, bytes).then_some(()).ok_or(UnpackError::TooManyBytes)
    }
}

/// What one layer has spent, given back if the layer comes to nothing.
struct Spent<'a> {
    budget: &'a Budget,
    bytes: u64,
    entries: u64,
}

impl Drop for Spent<'_> {
    fn drop(&mut self) {
        self.budget.bytes.fetch_add(self.bytes, Ordering::Relaxed);
        self.budget.entries.fetch_add(self.entries, Ordering::Relaxed);
    }
}

/// Writes the archive into `root`, which must be empty. Reads no further than the archive's end.
pub(crate) fn unpack<R: Read>(tar: &mut Reader<R>, root: OwnedFd, budget: &Budget) -> Result<Unpacked, UnpackError> {
    if !rustix::process::geteuid().is_root() {
        return Err(UnpackError::NeedsRoot);
    }
    let mut layer = Layer {
        root,
        parent: None,
        dirs: Vec::new(),
        buffer: vec![0; 128 * 1024],
        done: Unpacked::default(),
    };
    let mut spent = Spent {
        budget,
        bytes: 0,
        entries: 0,
    };
    while let Some(entry) = tar.next()? {
        budget.spend(entry.size)?;
        (spent.bytes, spent.entries) = (spent.bytes + entry.size, spent.entries + 1);
        layer.done.bytes += entry.size;
        layer.add(&entry, tar)?;
    }
    let done = layer.finish()?;
    (spent.bytes, spent.entries) = (0, 0);
    Ok(done)
}

const DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Symlinks are followed as in the container: `/` is the layer.
const INSIDE: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);

struct Layer {
    root: OwnedFd,
    /// The directory that was used last: archives come directory by directory.
    parent: Option<(PathBuf, OwnedFd)>,
    /// Directories' times are set at the end, because every file made in them changes them.
    dirs: Vec<(PathBuf, (i64, u32))>,
    buffer: Vec<u8>,
    done: Unpacked,
}

impl Layer {
    fn add<R: Read>(&mut self, entry: &Entry, content: &mut Reader<R>) -> Result<(), UnpackError> {
        let path = clean(&entry.path)?;
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return self.describe_root(entry);
        };
        let (parent, name) = (parent.to_path_buf(), Path::new(name));
        let failed = |e: Errno| UnpackError::Io(path.clone(), e.into());
        if let Some(gone) = name.as_os_str().as_bytes().strip_prefix(b".wh.") {
            return self.whiteout(&path, &parent, gone);
        }
        let link = match entry.kind {
            Kind::Hardlink => Some(self.target(&entry.link)?),
            _ => None,
        };
        self.enter(&parent)?;
        let at = self.parent.as_ref().expect("just entered").1.as_fd();
        match entry.kind {
            Kind::Dir => {
                let hides = self.make_dir(at, name).map_err(failed)?;
                let dir = fs::openat(at, name, DIR | OFlags::NOFOLLOW, Mode::empty()).map_err(failed)?;
                describe(&dir, entry).map_err(failed)?;
                if hides {
                    make_opaque(&dir).map_err(failed)?;
                }
                self.done.implicit.remove(&path);
                self.dirs.push((path, entry.mtime));
            }
            Kind::File => {
                let file = replacing(at, name, || {
                    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                    fs::openat(at, name, flags, Mode::RUSR | Mode::WUSR)
                });
                let mut file = std::fs::File::from(file.map_err(failed)?);
                loop {
                    let n = content.read(&mut self.buffer).map_err(TarError::Io)?;
                    if n == 0 {
                        break;
                    }
                    file.write_all(&self.buffer[..n])
                        .map_err(|e| UnpackError::Io(path.clone(), e))?;
                }
                describe(&file, entry)
                    .and_then(|()| fs::futimens(&file, &times(entry.mtime)))
                    .map_err(failed)?;
            }
            Kind::Hardlink => {
                let (target, found) = link.expect("looked up above");
                match found {
                    Some((dir, file)) => {
                        replacing(at, name, || fs::linkat(&dir, &file, at, name, AtFlags::empty())).map_err(failed)?
                    }
                    None => self.done.links.push((path, target)),
                }
            }
            Kind::Symlink => {
                let to = Path::new(std::ffi::OsStr::from_bytes(&entry.link));
                replacing(at, name, || fs::symlinkat(to, at, name)).map_err(failed)?;
                describe_node(at, name, entry, false).map_err(failed)?;
            }
            Kind::Char | Kind::Block | Kind::Fifo => {
                let kind = match entry.kind {
                    Kind::Char => FileType::CharacterDevice,
                    Kind::Block => FileType::BlockDevice,
                    _ => FileType::Fifo,
                };
                let device = fs::makedev(entry.device.0, entry.device.1);
                replacing(at, name, || fs::mknodat(at, name, kind, Mode::empty(), device)).map_err(failed)?;
                describe_node(at, name, entry, true).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn describe_root(&mut self, entry: &Entry) -> Result<(), UnpackError> {
        if entry.kind != Kind::Dir {
            return Err(UnpackError::UnsafePath(
                String::from_utf8_lossy(&entry.path).into_owned(),
            ));
        }
        describe(&self.root, entry).map_err(|e| UnpackError::Io("/".into(), e.into()))?;
        self.dirs.push((PathBuf::new(), entry.mtime));
        Ok(())
    }

    /// `.wh.name` hides name of the layers below; `.wh..wh..opq` hides all of them in this directory.
    fn whiteout(&mut self, path: &Path, parent: &Path, gone: &[u8]) -> Result<(), UnpackError> {
        let failed = |e: Errno| UnpackError::Io(path.to_path_buf(), e.into());
        if matches!(gone, b"" | b"." | b"..") {
            return Err(UnpackError::UnsafePath(path.display().to_string()));
        }
        if gone.starts_with(b".wh.") && gone != b".wh..opq" {
            return Ok(()); // aufs kept its own things under such names; they mean nothing here
        }
        self.enter(parent)?;
        let at = &self.parent.as_ref().expect("just entered").1;
        if gone == b".wh..opq" {
            return make_opaque(at).map_err(failed);
        }
        let name = Path::new(std::ffi::OsStr::from_bytes(gone));
        match fs::mknodat(at, name, FileType::CharacterDevice, Mode::empty(), 0) {
            // This layer has the name itself: then only what is below is meant.
            Err(Errno::EXIST) => match fs::openat(at, name, DIR | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(dir) => make_opaque(&dir).map_err(failed),
                Err(_) => Ok(()), // a file hides what is below by being there
            },
            done => done.map_err(failed),
        }
    }

    /// Makes the directory if it is not there. True if it took the place of a whiteout, and so must hide what is below.
    fn make_dir(&self, at: BorrowedFd<'_>, name: &Path) -> Result<bool, Errno> {
        match fs::mkdirat(at, name, Mode::from_raw_mode(0o755)) {
            Err(Errno::EXIST) => {}
            done => return done.map(|()| false),
        }
        let there = fs::statat(at, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(there.st_mode) == FileType::Directory {
            return Ok(false);
        }
        fs::unlinkat(at, name, AtFlags::empty())?;
        fs::mkdirat(at, name, Mode::from_raw_mode(0o755))?;
        Ok(is_whiteout(&there))
    }

    /// Where a hard link points to, and that file's directory and name if it is in this layer.
    #[allow(clippy::type_complexity)] // two names and a handle; a struct would say no more
    fn target(&mut self, link: &[u8]) -> Result<(PathBuf, Option<(OwnedFd, PathBuf)>), UnpackError> {
        let target = clean(link)?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(UnpackError::UnsafePath(String::from_utf8_lossy(link).into_owned()));
        };
        let found = match self.open_dir(parent) {
            Ok(dir) => fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|there| {
                    FileType::from_raw_mode(there.st_mode) != FileType::Directory && !is_whiteout(&there)
                })
                .then_some((dir, PathBuf::from(name))),
            Err(_) => None,
        };
        Ok((target, found))
    }

    fn open_dir(&self, path: &Path) -> Result<OwnedFd, Errno> {
        open_inside(self.root.as_fd(), path, DIR)
    }

    /// Makes `path` the directory that work goes on in; makes it, and those above it, if they are not there.
    fn enter(&mut self, path: &Path) -> Result<(), UnpackError> {
        if self.parent.as_ref().is_some_and(|(at, _)| at == path) {
            return Ok(());
        }
        let failed = |e: Errno| UnpackError::Io(path.to_path_buf(), e.into());
        let dir = match self.open_dir(path) {
            Err(Errno::NOENT) => {
                self.make_all(path, 0).map_err(failed)?;
                self.open_dir(path)
            }
            dir => dir,
        };
        self.parent = Some((path.to_path_buf(), dir.map_err(failed)?));
        Ok(())
    }

    /// `links` counts the symlinks that led here.
    fn make_all(&mut self, path: &Path, links: u32) -> Result<(), Errno> {
        if links > 8 {
            return Err(Errno::LOOP);
        }
        let mut so_far = PathBuf::new();
        for part in path.components() {
            let above = self.open_dir(&so_far)?;
            so_far.push(part);
            let name = Path::new(part.as_os_str());
            match fs::mkdirat(&above, name, Mode::from_raw_mode(0o755)) {
                Ok(()) => {
                    fs::chmodat(&above, name, Mode::from_raw_mode(0o755), AtFlags::empty())?; // whatever the umask is
                    self.done.implicit.insert(so_far.clone());
                }
                Err(Errno::EXIST) if self.open_dir(&so_far).is_ok() => {}
                Err(Errno::EXIST) => {
                    // A symlink to a directory that a layer below may have.
                    let to = fs::readlinkat(&above, name, Vec::new()).map_err(|_| Errno::NOTDIR)?;
                    let from = so_far.parent().expect("has a last part");
                    self.make_all(&lead(from, to.as_bytes()), links + 1)?;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Unpacked, UnpackError> {
        for (path, mtime) in &self.dirs {
            // Gone, or something else by now: then it has other times.
            if let Ok(dir) = open_inside_no_links(self.root.as_fd(), path) {
                fs::futimens(dir, &times(*mtime)).map_err(|e| UnpackError::Io(path.clone(), e.into()))?;
            }
        }
        // What was made implicitly may have been removed again.
        let root = self.root.as_fd();
        self.done
            .implicit
            .retain(|path| open_inside_no_links(root, path).is_ok());
        Ok(self.done)
    }
}

/// A path in an archive as a path below its root: no leading slash, no `.`, and never `..`.
pub(crate) fn clean(path: &[u8]) -> Result<PathBuf, UnpackError> {
    let unsafe_path = || UnpackError::UnsafePath(String::from_utf8_lossy(path).chars().take(200).collect());
    if path.len() >= 4096 || path.contains(&0) {
        return Err(unsafe_path());
    }
    let mut clean = PathBuf::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return Err(unsafe_path()),
            part => clean.push(std::ffi::OsStr::from_bytes(part)),
        }
    }
    Ok(clean)
}

/// Where a symlink in `from` leads when the layer is the root.
fn lead(from: &Path, to: &[u8]) -> PathBuf {
    let mut path = if to.starts_with(b"/") {
        PathBuf::new()
    } else {
        from.to_path_buf()
    };
    for part in to.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                path.pop();
            }
            part => path.push(std::ffi::OsStr::from_bytes(part)),
        }
    }
    path
}

fn open_inside(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    loop {
        match fs::openat2(root, path, flags, Mode::empty(), INSIDE) {
            Err(Errno::AGAIN | Errno::INTR) => {} // something was renamed on this machine meanwhile
            done => return done,
        }
    }
}

/// Opens a directory by its very path: not through symlinks.
pub(crate) fn open_inside_no_links(root: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd, Errno> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    loop {
        match fs::openat2(root, path, DIR, Mode::empty(), how) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            done => return done,
        }
    }
}

pub(crate) fn is_whiteout(there: &fs::Stat) -> bool {
    FileType::from_raw_mode(there.st_mode) == FileType::CharacterDevice && there.st_rdev == 0
}

/// Makes something, after taking away what has its name, if anything has.
fn replacing<T>(at: BorrowedFd<'_>, name: &Path, make: impl Fn() -> Result<T, Errno>) -> Result<T, Errno> {
    match make() {
        Err(Errno::EXIST) => {}
        done => return done,
    }
    match fs::unlinkat(at, name, AtFlags::empty()) {
        Err(Errno::ISDIR) => {
            let path = handle(at).join(name);
            std::fs::remove_dir_all(path).map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
        }
        done => done?,
    }
    make()
}

/// A path to what is open, for calls that take no handle.
pub(crate) fn handle(fd: impl AsFd) -> PathBuf {
    use std::os::fd::AsRawFd;
    PathBuf::from(format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd()))
}

fn make_opaque(dir: impl AsFd) -> Result<(), Errno> {
    fs::fsetxattr(dir, "trusted.overlay.opaque", b"y", XattrFlags::empty())
}

/// Owner first: the kernel takes setuid and capabilities away from what changes its owner.
fn describe(file: impl AsFd, entry: &Entry) -> Result<(), Errno> {
    let file = file.as_fd();
    fs::fchown(file, Some(Uid::from_raw(entry.uid)), Some(Gid::from_raw(entry.gid)))?;
    fs::fchmod(file, Mode::from_raw_mode(entry.mode))?;
    for (name, value) in entry.xattrs.iter().filter(|(name, _)| is_welcome(name)) {
        fs::fsetxattr(file, name.as_slice(), value, XattrFlags::empty())?;
    }
    Ok(())
}

/// The same for what must not be opened.
fn describe_node(at: BorrowedFd<'_>, name: &Path, entry: &Entry, has_mode: bool) -> Result<(), Errno> {
    let (uid, gid) = (Uid::from_raw(entry.uid), Gid::from_raw(entry.gid));
    fs::chownat(at, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
    if has_mode {
        fs::chmodat(at, name, Mode::from_raw_mode(entry.mode), AtFlags::empty())?;
    }
    for (attribute, value) in entry
        .xattrs
        .iter()
        .filter(|(name, _)| name.starts_with(b"security.") && is_welcome(name))
    {
        fs::lsetxattr(handle(at).join(name), attribute.as_slice(), value, XattrFlags::empty())?;
    }
    fs::utimensat(at, name, &times(entry.mtime), AtFlags::SYMLINK_NOFOLLOW)
}

/// Attributes that an image may bring. Those of overlayfs itself would forge whiteouts and redirects.
fn is_welcome(name: &[u8]) -> bool {
    (name.starts_with(b"user.") && !name.starts_with(b"user.overlay.")) || name == b"security.capability"
}

pub(crate) fn times((seconds, nanos): (i64, u32)) -> Timestamps {
    let time = Timespec {
        tv_sec: seconds,
        tv_nsec: nanos.into(),
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}

impl UnpackError {
    /// The errno below, if there is one: a full disk is told apart by it.
    pub(crate) fn io(&self) -> Option<&io::Error> {
        match self {
            UnpackError::Io(_, e) | UnpackError::Tar(TarError::Io(e)) => Some(e),
            _ => None,
        }
    }
}

impl From<TarError> for UnpackError {
    fn from(error: TarError) -> Self {
        UnpackError::Tar(error)
    }
}

impl fmt::Display for UnpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnpackError::Tar(e) => e.fmt(f),
            UnpackError::UnsafePath(path) => write!(f, "the path {path:?} leads out of the layer"),
            UnpackError::TooManyBytes => f.write_str("the image is larger than allowed when unpacked"),
            UnpackError::TooManyEntries => f.write_str("the image has more files than allowed"),
            UnpackError::NeedsRoot => f.write_str("unpacking needs root: images hold owners, devices and whiteouts"),
            UnpackError::Io(path, _) => write!(f, "write /{}", path.display()),
        }
    }
}

impl std::error::Error for UnpackError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            UnpackError::Tar(e) => e.source(),
            UnpackError::Io(_, e) => Some(e),
            _ => None,
        }
    }
}
