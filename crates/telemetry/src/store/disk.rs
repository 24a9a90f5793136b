//! A store on disk: opening it, and the two threads that serve it.
//!
//! The *writer* makes batches durable; the *keeper* turns journals into segments behind its back. The writer begins a
//! new journal whenever it hands the heads to the keeper, so that a journal is needed exactly until the catalog says
//! that its lines are in a segment.

use super::catalog::Catalog;
use super::journal::Journal;
use super::plan::Plan;
use super::queue::Queue;
use super::state::State;
use super::{Shared, keep, segment};
use crate::AppendError;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

/// How long the keeper waits after the disk refused before it tries again.
const AGAIN: Duration = Duration::from_secs(2);

/// The log store does not open.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it.
    InUse(PathBuf),
    Disk {
        what: PathBuf,
        because: io::Error,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::InUse(dir) => write!(f, "another process has the log store in {}", dir.display()),
            OpenError::Disk { what, .. } => write!(f, "the log store's {} cannot be used", what.display()),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::InUse(_) => None,
            OpenError::Disk { because, .. } => Some(because),
        }
    }
}

fn journal_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("journal-{number:012}"))
}

fn segment_path(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("segment-{id:012}"))
}

/// What opening found.
pub struct Opened {
    pub state: State,
    lock: File,
    dir: PathBuf,
    journal: Journal,
    journal_number: u64,
    /// The first journal that is not in segments.
    floor: u64,
    segments: BTreeSet<u64>,
    next_segment: u64,
}

pub fn open(dir: &Path) -> Result<Opened, OpenError> {
    let disk = |what: &Path| {
        let what = what.to_path_buf();
        move |because| OpenError::Disk { what, because }
    };
    fs::create_dir_all(dir).map_err(disk(dir))?;
    let lock_path = dir.join("lock");
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(disk(&lock_path))?;
    if rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err() {
        return Err(OpenError::InUse(dir.to_path_buf()));
    }
    let mut catalog = Catalog::read(dir)
        .map_err(disk(&dir.join("catalog")))?
        .unwrap_or_default();
    let mut state = catalog.state();
    let mut segments = BTreeSet::new();
    for id in &catalog.segments {
        let path = segment_path(dir, *id);
        match segment::open(&path, *id) {
            Ok(made) => {
                segments.insert(*id);
                keep::known(&mut state, made);
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                // The rest is worth more than a refusal to start. It stays there for whoever wants to look.
                tracing::error!(segment = %path.display(), %error, "lines of a log segment are lost");
                fs::rename(&path, path.with_extension("damaged")).map_err(disk(&path))?;
            }
            Err(error) => return Err(disk(&path)(error)),
        }
    }
    let journals = sweep(dir, &catalog, &segments).map_err(disk(dir))?;
    let journal_number = journals.last().copied().unwrap_or(catalog.journal);
    let mut journal = None;
    for number in journals
        .iter()
        .copied()
        .chain(journals.is_empty().then_some(journal_number))
    {
        let path = journal_path(dir, number);
        journal = Some(Journal::open(&path, &mut |entry| state.apply(entry)).map_err(disk(&path))?);
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(disk(dir))?;
    Ok(Opened {
        state,
        lock,
        dir: dir.to_path_buf(),
        journal: journal.expect("at least one journal was opened"),
        journal_number,
        floor: catalog.journal,
        segments,
        next_segment: catalog.next_segment,
    })
}

/// Takes away what a crash left: journals that are in segments, segments that no catalog names. The journals that
/// count, in their order.
fn sweep(dir: &Path, catalog: &Catalog, segments: &BTreeSet<u64>) -> io::Result<Vec<u64>> {
    let mut journals = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let number = |kind: &str| name.strip_prefix(kind).and_then(|n| n.parse::<u64>().ok());
        let stale = if let Some(number) = number("journal-") {
            journals.extend((number >= catalog.journal).then_some(number));
            number < catalog.journal
        } else {
            name == "catalog.new" || number("segment-").is_some_and(|id| !segments.contains(&id))
        };
        if stale {
            fs::remove_file(entry.path())?;
        }
    }
    journals.sort_unstable();
    Ok(journals)
}

/// What writer and keeper tell each other.
#[derive(Default)]
pub struct Desk {
    slip: Mutex<Slip>,
    changed: Condvar,
}

#[derive(Default)]
struct Slip {
    /// Heads are frozen; the journal with this number has what came after them.
    frozen: Option<u64>,
    /// Lines were forgotten: there may be something to tidy up.
    tidy: bool,
    closed: bool,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Slip> {
        self.slip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tidy(&self) {
        self.lock().tidy = true;
        self.changed.notify_all();
    }

    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

/// The threads of an open store. They end when it is dropped, after what waits is written.
pub struct Threads {
    pub queue: Arc<Queue>,
    pub desk: Arc<Desk>,
    running: Vec<JoinHandle<()>>,
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.queue.close();
        let mut running = std::mem::take(&mut self.running).into_iter();
        let writer = running.next();
        writer.map(JoinHandle::join);
        self.desk.close();
        running.for_each(|thread| {
            if thread.join().is_err() {
                tracing::error!("a thread of the log store panicked");
            }
        });
    }
}

/// An opened store but for its state, which its readers have by now.
pub struct Parts {
    lock: File,
    dir: PathBuf,
    journal: Journal,
    journal_number: u64,
    floor: u64,
    segments: BTreeSet<u64>,
    next_segment: u64,
}

impl Opened {
    pub fn split(self) -> (State, Parts) {
        let parts = Parts {
            lock: self.lock,
            dir: self.dir,
            journal: self.journal,
            journal_number: self.journal_number,
            floor: self.floor,
            segments: self.segments,
            next_segment: self.next_segment,
        };
        (self.state, parts)
    }
}

pub fn start(shared: &Arc<Shared>, parts: Parts) -> io::Result<Threads> {
    let (queue, desk) = (Arc::new(Queue::default()), Arc::new(Desk::default()));
    let writer = Writer {
        shared: Arc::clone(shared),
        queue: Arc::clone(&queue),
        desk: Arc::clone(&desk),
        dir: parts.dir.clone(),
        journal: parts.journal,
        number: parts.journal_number,
        usable: true,
    };
    let keeper = Keeper {
        shared: Arc::clone(shared),
        desk: Arc::clone(&desk),
        dir: parts.dir,
        floor: parts.floor,
        segments: parts.segments,
        next_segment: parts.next_segment,
        _lock: parts.lock,
    };
    let named = |name: &str| thread::Builder::new().name(name.to_string());
    let mut threads = Threads {
        queue,
        desk,
        running: Vec::new(),
    };
    threads.running.push(named("log-writer").spawn(move || writer.run())?);
    threads.running.push(named("log-keeper").spawn(move || keeper.run())?);
    Ok(threads)
}

struct Writer {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    desk: Arc<Desk>,
    dir: PathBuf,
    journal: Journal,
    number: u64,
    usable: bool,
}

impl Writer {
    fn run(mut self) {
        while let Some(waiting) = self.queue.take() {
            let (mut replies, mut outcomes) = (Vec::new(), Vec::new());
            let entries = {
                let state = self.shared.look();
                let mut plan = Plan::new(&state, self.shared.clock.now(), self.shared.options.max_streams);
                for (request, reply) in waiting {
                    outcomes.push(plan.take(request));
                    replies.push(reply);
                }
                plan.entries
            };
            let kept = self.keep(&entries);
            match &kept {
                Ok(()) => self.shared.commit(entries),
                Err(error) => outcomes
                    .iter_mut()
                    .filter(|o| o.is_ok())
                    .for_each(|o| *o = Err(error.clone())),
            }
            for (reply, outcome) in replies.into_iter().zip(outcomes) {
                let _ = reply.send(outcome); // whoever gave up waiting is told nothing
            }
            self.make_room();
        }
    }

    fn keep(&mut self, entries: &[super::state::Entry]) -> Result<(), AppendError> {
        if entries.is_empty() {
            return Ok(());
        }
        if !self.usable {
            return Err(AppendError::Closed);
        }
        self.journal.append(entries).map_err(|broken| {
            self.usable = broken.usable;
            let error = broken.error;
            tracing::warn!(%error, usable = broken.usable, "log lines were not kept");
            AppendError::Disk(Arc::new(error))
        })
    }

    /// Hands full heads to the keeper. While it is at work as many lines again may gather; then the writer waits.
    fn make_room(&mut self) {
        let limit = self.shared.options.head_bytes;
        let weight = self.shared.look().active_bytes;
        if weight < limit {
            return;
        }
        let mut slip = self.desk.lock();
        while slip.frozen.is_some() {
            if weight < 2 * limit {
                return;
            }
            slip = self.desk.changed.wait(slip).unwrap_or_else(PoisonError::into_inner);
        }
        let path = journal_path(&self.dir, self.number + 1);
        let journal = Journal::open(&path, &mut |_| {});
        let journal = journal.and_then(|journal| File::open(&self.dir)?.sync_all().map(|()| journal));
        match journal {
            Ok(journal) => {
                self.journal = journal;
                self.number += 1;
                if self.shared.change().freeze() {
                    slip.frozen = Some(self.number);
                    self.desk.changed.notify_all();
                }
            }
            // The old one goes on growing.
            Err(error) => tracing::warn!(%error, "a new log journal cannot be made"),
        }
    }
}

struct Keeper {
    shared: Arc<Shared>,
    desk: Arc<Desk>,
    dir: PathBuf,
    floor: u64,
    segments: BTreeSet<u64>,
    next_segment: u64,
    _lock: File,
}

impl Keeper {
    fn run(mut self) {
        while let Some((frozen, closing)) = self.next() {
            let done = match frozen {
                Some(floor) => self.write(floor),
                None => Ok(()),
            };
            let done = done.and_then(|()| self.tidy());
            if let Err(error) = done {
                tracing::warn!(%error, "the log store could not be tidied up; it will be tried again");
                let slip = self.desk.lock();
                if closing || slip.closed {
                    return;
                }
                let waited = self.desk.changed.wait_timeout(slip, AGAIN);
                let (mut slip, _) = waited.unwrap_or_else(PoisonError::into_inner);
                slip.tidy = true;
            }
        }
    }

    /// The next piece of work; `None` when there will be none.
    fn next(&mut self) -> Option<(Option<u64>, bool)> {
        let mut slip = self.desk.lock();
        loop {
            if slip.frozen.is_some() || slip.tidy {
                slip.tidy = false;
                return Some((slip.frozen, slip.closed));
            }
            if slip.closed {
                return None;
            }
            slip = self.desk.changed.wait(slip).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Frozen heads become a segment, and journals before `floor` go.
    fn write(&mut self, floor: u64) -> io::Result<()> {
        let heads = keep::frozen(&self.shared.look());
        let id = self.next_segment;
        self.next_segment += 1;
        let maker = segment::Maker::file(&segment_path(&self.dir, id))?;
        let (_, blocks) = keep::write(maker, &heads, id)?;
        self.segments.insert(id);
        keep::written(&mut self.shared.change(), &heads, blocks);
        let before = std::mem::replace(&mut self.floor, floor);
        // From here on there is nothing to do again: the catalog is written once more with the next piece of work.
        let mut slip = self.desk.lock();
        slip.frozen = None;
        self.desk.changed.notify_all();
        drop(slip);
        self.catalog()?;
        for number in before..floor {
            remove(&journal_path(&self.dir, number))?;
        }
        Ok(())
    }

    fn catalog(&self) -> io::Result<()> {
        let segments = self.segments.iter().copied().collect();
        let catalog = Catalog::of(&self.shared.look(), self.floor, segments, self.next_segment);
        catalog.write(&self.dir)
    }

    fn tidy(&mut self) -> io::Result<()> {
        let tidying = keep::tidying(&self.shared.look(), &self.segments);
        let mut gone = tidying.dead;
        if !tidying.merge.is_empty() {
            let old = keep::blocks_of(&self.shared.look(), &tidying.merge);
            let id = self.next_segment;
            self.next_segment += 1;
            let maker = segment::Maker::file(&segment_path(&self.dir, id))?;
            let (_, blocks) = keep::merge(maker, &old, id)?;
            self.segments.insert(id);
            keep::merged(&mut self.shared.change(), &tidying.merge, blocks);
            gone.extend(tidying.merge);
        }
        if gone.is_empty() {
            return Ok(());
        }
        self.segments.retain(|id| !gone.contains(id));
        self.catalog()?;
        gone.iter().try_for_each(|id| remove(&segment_path(&self.dir, *id)))
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
