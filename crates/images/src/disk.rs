//! The directory that images are kept in, safe for several processes at once.
//!
//! | place | what |
//! |---|---|
//! | `blobs/<digest>` | indexes, manifests and configs; checked against their names when read |
//! | `layers/<name>` | one unpacked layer, a lower directory for overlayfs |
//! | `about/<name>` | what the layer holds, and its size |
//! | `unsynced/<boot>-<name>` | that layer may be torn if the machine has booted since |
//! | `refs/<key>` | a need by a reference; when it was changed is when it was last used |
//! | `holders/<name>` | a need by a container |
//! | `tmp/<process>/` | drafts, trash and needs of one process; swept when its lock is free |
//! | `lock` | shared to note a need, exclusive to collect what nobody needs |
//!
//! Content appears by rename, whole or not at all. Nothing is synced one by one: what a power cut may tear is either
//! checked by digest when read, or listed in `unsynced` (a directory, so ordered before the rename by the journal) and
//! thrown away at the next boot. Who must acknowledge syncs all at once.

use crate::Digest;
use crate::unpack::handle;
use rustix::fs::{FlockOperation, flock, syncfs};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Debug)]
pub(crate) struct Disk {
    pub root: PathBuf,
    /// `tmp/<process>`
    own: PathBuf,
    /// Held as long as this lives, so that others know.
    _own_lock: File,
    next: AtomicU64,
    syncing: Arc<Syncing>,
}

/// Layers on their way to the disk. Apart from [`Disk`], because the end of this process does not wait for it.
#[derive(Debug)]
struct Syncing {
    root: PathBuf,
    boot: String,
    /// `None` when nobody is at it.
    waiting: Mutex<Option<Vec<String>>>,
}

/// Keeps collection away while a need is noted, or all others away while collecting.
pub(crate) struct Locked(#[allow(dead_code)] File); // unlocks when closed

impl Disk {
    pub fn open(root: &Path) -> io::Result<Self> {
        for dir in ["blobs", "layers", "about", "unsynced", "refs", "holders", "tmp"] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(root.join(dir))?;
        }
        let root = root.canonicalize()?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?
            .trim()
            .to_string();
        let locked = lock(&root, FlockOperation::LockExclusive)?;
        sweep(&root);
        discard_torn(&root, &boot)?;
        let (own, own_lock) = own_place(&root)?;
        drop(locked);
        let syncing = Syncing {
            root: root.clone(),
            boot,
            waiting: Mutex::default(),
        };
        Ok(Disk {
            root,
            own,
            _own_lock: own_lock,
            next: AtomicU64::new(0),
            syncing: Arc::new(syncing),
        })
    }

    pub fn shared(&self) -> io::Result<Locked> {
        lock(&self.root, FlockOperation::LockShared)
    }

    pub fn exclusive(&self) -> io::Result<Locked> {
        lock(&self.root, FlockOperation::LockExclusive)
    }

    /// A name that nobody else has, in this process' own place.
    pub fn draft(&self, what: &str) -> PathBuf {
        self.own
            .join(format!("{what}-{}", self.next.fetch_add(1, Ordering::Relaxed)))
    }

    pub fn layer(&self, name: &str) -> PathBuf {
        self.root.join("layers").join(name)
    }

    /// A small file, whole or not at all.
    pub fn put(&self, to: &Path, content: &[u8]) -> io::Result<()> {
        let draft = self.draft("file");
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(content))
            .and_then(|()| fs::rename(&draft, to));
        if written.is_err() {
            let _ = fs::remove_file(&draft); // the first failure is the one to tell
        }
        written
    }

    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join(digest.hex())
    }

    /// A blob, if it is there and is what its name says.
    pub fn blob(&self, digest: &Digest) -> Option<Vec<u8>> {
        let content = read_bounded(&self.blob_path(digest), MOST_BLOB).ok()??;
        (Digest::of(&content) == *digest).then_some(content)
    }

    pub fn put_blob(&self, content: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(content);
        if self.blob(&digest).is_none() {
            self.put(&self.blob_path(&digest), content)?;
        }
        Ok(digest)
    }

    pub fn has_layer(&self, name: &str) -> bool {
        self.layer(name).is_dir()
    }

    pub fn about(&self, name: &str) -> io::Result<Option<String>> {
        let content = read_bounded(&self.root.join("about").join(name), MOST_ABOUT)?;
        Ok(content.and_then(|c| String::from_utf8(c).ok()))
    }

    /// Makes a finished draft the layer of that name. Harmless if somebody else was faster.
    pub fn publish_layer(&self, draft: &Path, name: &str, about: &str) -> io::Result<()> {
        self.put(&self.root.join("about").join(name), about.as_bytes())?;
        File::create(self.syncing.mark(name))?;
        match fs::rename(draft, self.layer(name)) {
            Err(_) if self.has_layer(name) => fs::remove_dir_all(draft),
            done => done,
        }
    }

    /// All that was written so far is on the disk when this returns.
    pub fn sync(&self) -> io::Result<()> {
        self.syncing.sync(&names(&self.root.join("layers"))?)
    }

    /// The same for these layers, without anybody waiting: until it is done, a power cut costs a pull, and no more.
    pub fn sync_later(&self, layers: &[String]) {
        let mut waiting = self.syncing.waiting.lock().expect("never poisoned");
        if let Some(waiting) = &mut *waiting {
            return waiting.extend_from_slice(layers);
        }
        *waiting = Some(layers.to_vec());
        let syncing = self.syncing.clone();
        let at_it = std::thread::Builder::new().name("images-sync".into());
        if let Err(e) = at_it.spawn(move || syncing.work()) {
            tracing::warn!(error = %e, "images are not synced to the disk now");
            *waiting = None;
        }
    }

    /// Takes it away at once; `trash` is emptied later. Must hold the exclusive lock.
    pub fn discard(&self, what: &Path, trash: &Path) -> io::Result<()> {
        let name = what.file_name().expect("content has a name");
        match fs::rename(what, trash.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

impl Syncing {
    fn mark(&self, layer: &str) -> PathBuf {
        self.root.join("unsynced").join(format!("{}-{layer}", self.boot))
    }

    /// When it returns, these layers need no more doubt.
    fn sync(&self, layers: &[String]) -> io::Result<()> {
        let marks: Vec<PathBuf> = layers
            .iter()
            .map(|n| self.mark(n))
            .filter(|path| path.exists())
            .collect();
        syncfs(File::open(&self.root)?)?;
        for mark in marks {
            let _ = fs::remove_file(mark); // another process may have done so; a mark that stays costs a pull at worst
        }
        Ok(())
    }

    fn work(&self) {
        loop {
            let layers = {
                let mut waiting = self.waiting.lock().expect("never poisoned");
                match waiting.replace(Vec::new()) {
                    Some(layers) if !layers.is_empty() => layers,
                    _ => return *waiting = None,
                }
            };
            match self.sync(&layers) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(error = %e, "images could not be synced to the disk")
                }
                _ => {} // or all of it was removed meanwhile
            }
        }
    }
}

/// Manifests and configs are smaller than this.
pub(crate) const MOST_BLOB: u64 = 8 << 20;
const MOST_ABOUT: u64 = 64 << 20;

/// `None` when it is not there.
pub(crate) fn read_bounded(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut content = Vec::new();
    file.take(most + 1).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("more than {most} bytes"),
        ));
    }
    Ok(Some(content))
}

/// The names in one of the directories.
pub(crate) fn names(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

fn lock(root: &Path, how: FlockOperation) -> io::Result<Locked> {
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(root.join("lock"))?;
    loop {
        match flock(&file, how) {
            Err(rustix::io::Errno::INTR) => {}
            done => break done?,
        }
    }
    Ok(Locked(file))
}

/// Removes what processes have left that are no more. What cannot be removed stays for the next time.
fn sweep(root: &Path) {
    let Ok(entries) = fs::read_dir(root.join("tmp")) else {
        return;
    };
    for entry in entries.flatten() {
        let lock = File::open(entry.path().join("lock"));
        let alive = lock.is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err());
        if !alive && let Err(e) = fs::remove_dir_all(entry.path()) {
            tracing::warn!(error = %e, dir = %entry.path().display(), "leftovers of a dead process could not be removed");
        }
    }
}

/// Layers that were not yet synced when the machine last went down.
fn discard_torn(root: &Path, boot: &str) -> io::Result<()> {
    for mark in names(&root.join("unsynced"))? {
        let Some((mark_boot, layer)) = mark.rsplit_once('-') else {
            continue;
        };
        if mark_boot == boot {
            continue;
        }
        match fs::remove_dir_all(root.join("layers").join(layer)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => fs::remove_file(root.join("unsynced").join(mark))?,
        }
    }
    Ok(())
}

fn own_place(root: &Path) -> io::Result<(PathBuf, File)> {
    let pid = std::process::id();
    // The same number can be alive twice: in another pid namespace, or opened twice by one process.
    for n in 0..1000 {
        let own = root.join("tmp").join(format!("{pid}-{n}"));
        match fs::DirBuilder::new().mode(0o700).create(&own) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
            made => made?,
        }
        let lock = File::create(own.join("lock"))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        return Ok((own, lock));
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.own); // what stays is swept at the next opening
    }
}

/// An open directory as std's functions want it.
pub(crate) fn within(dir: &impl rustix::fd::AsFd, name: &Path) -> PathBuf {
    handle(dir).join(name)
}
