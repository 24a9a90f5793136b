//! Where content lies: in a directory, or in memory.

use super::memory::MemoryDisk;
use crate::Digest;
use crate::digest::Hasher;
use crate::disk::names;
use crate::store::timestamp;
use base::Timestamp;
use bytes::Bytes;
use rustix::fs::{Timespec, Timestamps, UTIME_NOW};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) enum Place {
    Directory { root: PathBuf, next: AtomicU64 },
    Memory(MemoryDisk),
}

/// Content that is here.
#[derive(Debug, Clone)]
pub struct Blob {
    pub size: u64,
    pub source: Source,
}

#[derive(Debug, Clone)]
pub enum Source {
    /// It never changes, though its name may go.
    File(Arc<File>),
    Memory(Bytes),
}

/// What came of an upload so far.
pub(super) struct Draft {
    sink: Sink,
    hasher: Hasher,
    pub bytes: u64,
    pub mark: Option<u64>,
}

enum Sink {
    /// Closed while nobody is at it.
    File(Option<File>, PathBuf),
    Memory(MemoryDisk, String),
}

impl Place {
    pub fn directory(dir: &Path) -> io::Result<Self> {
        let make = |dir: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
        make(&dir.join("uploads"))?;
        let root = dir.canonicalize()?;
        // Made in order: when the last one is there, all are.
        let shelf = |first: u8| root.join("blobs").join(format!("{first:02x}"));
        if !shelf(255).is_dir() {
            (0..=255).try_for_each(|first| make(&shelf(first)))?;
            sync_dir(&root.join("blobs"))?;
        }
        // Small documents on their way in when the last process died.
        for name in names(&root.join("uploads"))?.iter().filter(|n| n.starts_with("put-")) {
            fs::remove_file(root.join("uploads").join(name))?;
        }
        let next = AtomicU64::new(0);
        Ok(Place::Directory { root, next })
    }

    pub fn open(&self, digest: &Digest) -> io::Result<Option<Blob>> {
        match self {
            Place::Directory { root, .. } => {
                let Some(file) = found(File::open(path(root, digest)))? else {
                    return Ok(None);
                };
                let size = file.metadata()?.len();
                let source = Source::File(Arc::new(file));
                Ok(Some(Blob { size, source }))
            }
            Place::Memory(disk) => Ok(disk.get(digest).map(|bytes| Blob {
                size: bytes.len() as u64,
                source: Source::Memory(bytes),
            })),
        }
    }

    pub fn size(&self, digest: &Digest) -> io::Result<Option<u64>> {
        match self {
            Place::Directory { root, .. } => Ok(found(fs::metadata(path(root, digest)))?.map(|about| about.len())),
            Place::Memory(disk) => Ok(disk.get(digest).map(|bytes| bytes.len() as u64)),
        }
    }

    pub fn put(&self, digest: &Digest, content: &[u8]) -> io::Result<()> {
        if self.size(digest)? == Some(content.len() as u64) {
            return Ok(());
        }
        if let Place::Memory(disk) = self {
            return disk.put(digest, content);
        }
        let (name, mut draft) = self.begin_unnamed()?;
        let kept = draft.write(content).and_then(|()| self.keep(draft, digest));
        if kept.is_err() {
            let _ = self.discard(&name); // the first failure is the one to tell
        }
        kept
    }

    pub fn remove(&self, digest: &Digest) -> io::Result<u64> {
        let size = self.size(digest)?.unwrap_or(0);
        match self {
            Place::Directory { root, .. } => {
                found(fs::remove_file(path(root, digest)))?;
            }
            Place::Memory(disk) => disk.remove(digest)?,
        }
        Ok(size)
    }

    /// All that is here in a directory, what was used longest ago first, with the bytes of each.
    pub fn by_use(&self) -> io::Result<Vec<(Digest, u64)>> {
        let Place::Directory { root, .. } = self else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for first in 0..=255 {
            for digest in self.part(first)? {
                if let Some(about) = found(fs::metadata(path(root, &digest)))? {
                    all.push((about.modified()?, digest, about.len()));
                }
            }
        }
        all.sort();
        Ok(all.into_iter().map(|(_, digest, bytes)| (digest, bytes)).collect())
    }

    pub fn part(&self, first: u8) -> io::Result<Vec<Digest>> {
        match self {
            Place::Directory { root, .. } => {
                let names = names(&root.join("blobs").join(format!("{first:02x}")))?;
                let digest = |name: &String| format!("sha256:{name}").parse().ok();
                Ok(names.iter().filter_map(digest).collect())
            }
            Place::Memory(disk) => Ok(disk.part(first)),
        }
    }

    /// Begins what only this process goes on with; answers with the name to discard it by.
    pub fn begin_unnamed(&self) -> io::Result<(String, Draft)> {
        let name = match self {
            Place::Directory { next, .. } => format!("put-{}", next.fetch_add(1, Ordering::Relaxed)),
            Place::Memory(_) => String::new(),
        };
        let draft = self.begin(&name, Timestamp(0))?;
        Ok((name, draft))
    }

    /// Begins an upload of that name.
    pub fn begin(&self, name: &str, now: Timestamp) -> io::Result<Draft> {
        let sink = match self {
            Place::Directory { root, .. } => {
                let path = root.join("uploads").join(name);
                let new = File::options()
                    .read(true)
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&path);
                Sink::File(Some(new?), path)
            }
            Place::Memory(disk) => {
                disk.begin(name, now)?;
                Sink::Memory(disk.clone(), name.to_string())
            }
        };
        Ok(Draft {
            sink,
            hasher: Hasher::default(),
            bytes: 0,
            mark: None,
        })
    }

    /// Remembers a place of an upload.
    pub fn mark(&self, name: &str, draft: &mut Draft, at: u64) -> io::Result<()> {
        draft.mark = Some(at);
        match self {
            Place::Directory { root, .. } => fs::write(marked(root, name), at.to_string()),
            Place::Memory(disk) => disk.mark(name, at),
        }
    }

    pub fn has_upload(&self, name: &str) -> io::Result<bool> {
        match self {
            Place::Directory { root, .. } => fs::exists(root.join("uploads").join(name)),
            Place::Memory(disk) => Ok(disk.so_far(name).is_some()),
        }
    }

    /// Takes up an upload that an earlier process left: reads it once, to know its digest so far.
    pub fn take_up(&self, name: &str) -> io::Result<Option<Draft>> {
        let root = match self {
            Place::Directory { root, .. } => root,
            Place::Memory(disk) => {
                let so_far = disk.so_far(name);
                return Ok(so_far.map(|(bytes, mark)| Draft::of_memory(disk, name, &bytes, mark)));
            }
        };
        let path = root.join("uploads").join(name);
        let Some(mut file) = found(File::options().read(true).write(true).open(&path))? else {
            return Ok(None);
        };
        let (mut hasher, mut bytes, mut some) = (Hasher::default(), 0, vec![0; 256 * 1024]);
        loop {
            match file.read(&mut some)? {
                0 => break,
                n => {
                    hasher.update(&some[..n]);
                    bytes += n as u64;
                }
            }
        }
        // One that was cut off by a crash says nothing.
        let mark = found(fs::read_to_string(marked(root, name)))?.and_then(|at| at.parse().ok());
        let sink = Sink::File(Some(file), path);
        Ok(Some(Draft {
            sink,
            hasher,
            bytes,
            mark,
        }))
    }

    /// What is here, as if it had just come in.
    pub fn again(&self, digest: &Digest) -> io::Result<Option<Draft>> {
        let Place::Directory { root, .. } = self else {
            return Ok(None);
        };
        let path = path(root, digest);
        Ok(found(fs::metadata(&path))?.map(|about| Draft {
            sink: Sink::File(None, path),
            hasher: Hasher::default(),
            bytes: about.len(),
            mark: None,
        }))
    }

    /// The names of uploads that were not changed since then.
    pub fn idle(&self, since: Timestamp) -> io::Result<Vec<String>> {
        match self {
            Place::Directory { root, .. } => {
                let mut idle = names(&root.join("uploads"))?;
                idle.retain(|name| {
                    // A mark goes with its upload; one that a crash left behind goes alone.
                    let of = name.strip_suffix(MARK).map(|of| root.join("uploads").join(of));
                    if of.is_some_and(|of| of.exists()) {
                        return false;
                    }
                    let changed = fs::metadata(root.join("uploads").join(name)).and_then(|about| about.modified());
                    changed.is_ok_and(|changed| timestamp(changed) < since)
                });
                Ok(idle)
            }
            Place::Memory(disk) => Ok(disk.idle(since)),
        }
    }

    pub fn discard(&self, name: &str) -> io::Result<()> {
        match self {
            Place::Directory { root, .. } => {
                found(fs::remove_file(marked(root, name)))?;
                found(fs::remove_file(root.join("uploads").join(name)))?;
            }
            Place::Memory(disk) => disk.discard(name)?,
        }
        Ok(())
    }

    /// Makes it content of that digest, which the caller has compared. It survives a power cut from here on.
    pub fn keep(&self, draft: Draft, digest: &Digest) -> io::Result<()> {
        match (self, draft.sink) {
            (Place::Directory { root, .. }, Sink::File(file, from)) => {
                if self.size(digest)? == Some(fs::metadata(&from)?.len()) {
                    return fs::remove_file(from); // it came in twice; what is here is synced
                }
                let to = path(root, digest);
                match file {
                    Some(file) => file.sync_data()?,
                    None => File::open(&from)?.sync_data()?,
                }
                fs::rename(from, &to)?;
                sync_dir(to.parent().expect("it is in a directory"))
            }
            (Place::Memory(disk), Sink::Memory(_, name)) => disk.keep(&name, digest),
            _ => unreachable!("a draft is kept where it was begun"),
        }
    }
}

impl Draft {
    fn of_memory(disk: &MemoryDisk, name: &str, so_far: &[u8], mark: Option<u64>) -> Draft {
        let mut hasher = Hasher::default();
        hasher.update(so_far);
        Draft {
            sink: Sink::Memory(disk.clone(), name.to_string()),
            hasher,
            bytes: so_far.len() as u64,
            mark,
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.sink {
            Sink::File(file, path) => {
                let file = match file {
                    Some(file) => file,
                    None => file.insert(File::options().write(true).open(path)?),
                };
                file.write_all_at(bytes, self.bytes)?;
            }
            Sink::Memory(disk, name) => disk.append(name, bytes)?,
        }
        // Behind the write: what was not written whole was not received.
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// What came so far, to be read.
    pub fn file(&self) -> io::Result<File> {
        match &self.sink {
            Sink::File(_, path) => File::open(path),
            Sink::Memory(..) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Nobody is at it for now.
    pub fn park(mut self) -> Self {
        if let Sink::File(file, _) = &mut self.sink {
            *file = None;
        }
        self
    }

    pub fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }
}

impl Blob {
    /// It was used just now.
    pub(super) fn touch(&self) {
        if let Source::File(file) = &self.source {
            let now = Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_NOW,
            };
            let times = Timestamps {
                last_access: now,
                last_modification: now,
            };
            let _ = rustix::fs::futimens(file, &times); // else it only seems older than it is
        }
    }

    pub(super) fn whole(&self) -> io::Result<Bytes> {
        self.range(0, self.size)
    }

    /// Some of it. Reads from the disk, so not for a thread that must not wait.
    pub fn range(&self, from: u64, bytes: u64) -> io::Result<Bytes> {
        match &self.source {
            Source::File(file) => {
                let mut some = vec![0; usize::try_from(bytes).map_err(io::Error::other)?];
                file.read_exact_at(&mut some, from)?;
                Ok(some.into())
            }
            Source::Memory(all) => {
                let at = |n: u64| usize::try_from(n).map_err(io::Error::other);
                let (from, to) = (at(from)?, at(from + bytes)?);
                let fits = from <= to && to <= all.len();
                match fits {
                    true => Ok(all.slice(from..to)),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                }
            }
        }
    }

    /// A reader of all of it, from its beginning, for a thread that may wait.
    pub fn reader(&self) -> impl Read + Send + use<> {
        Reader {
            blob: self.clone(),
            at: 0,
        }
    }
}

struct Reader {
    blob: Blob,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = match &self.blob.source {
            Source::File(file) => file.read_at(out, self.at)?,
            Source::Memory(all) => {
                let left = &all[usize::try_from(self.at).map_err(io::Error::other)?..];
                let n = left.len().min(out.len());
                out[..n].copy_from_slice(&left[..n]);
                n
            }
        };
        self.at += n as u64;
        Ok(n)
    }
}

fn path(root: &Path, digest: &Digest) -> PathBuf {
    let hex = digest.hex();
    root.join("blobs").join(&hex[..2]).join(&hex)
}

/// What the name of a mark has behind that of its upload.
const MARK: &str = ".mark";

fn marked(root: &Path, upload: &str) -> PathBuf {
    root.join("uploads").join(format!("{upload}{MARK}"))
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Not to be there is no failure.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}
