//! State kept as a log of batches and, now and then, an image of the whole.
//!
//! Why not an embedded engine: docs/decisions/2026-11-21-embedded-engine.md. The image in memory is all that readers
//! need, so the disk has two jobs only: to hold the changes (which is the history too) and to make restarts quick.
//!
//! Words: a *segment* is a file of the log. A segment begins when the one before is long enough, or an image is taken.
//! Opening reads the newest image and the segments behind it. Segments go when neither history nor opening needs them.

mod archive;
mod bytes;
mod entry;
mod files;
mod frame;
mod image;
mod open;

use crate::backend::{Archive, Backend, DiskError, SealedBatch, StoredRow};
use crate::disk::{Disk, Growing};
use crate::gate::lock;
use crate::{HistoryLimits, OpenError, Revision, View};
use base::Timestamp;
use files::{disk_error, image_name, segment_name};
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

pub(crate) struct Log<D> {
    disk: Arc<D>,
    history: HistoryLimits,
    pub(crate) sizes: Sizes,
    segments: Arc<Mutex<Segments>>,
    tail: Option<Box<dyn Growing>>,
    /// The next batch begins a segment.
    turn_page: bool,
    /// The newest image: what it holds and its size.
    image: (Revision, u64),
    /// Bytes of log since the newest image, or the one under way.
    since_image: u64,
    under_way: Option<Arc<ImageUnderWay>>,
    buffer: Vec<u8>,
    /// Dropped last: the disk is free when all else is done.
    held: Option<Box<dyn Send>>,
}

/// When to do what; tests choose small ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// A segment that is as long as this is followed by another.
    pub(crate) segment: u64,
    /// An image is taken after this much log, or after as much as the last image was long if that is more.
    pub(crate) image: u64,
}

impl Sizes {
    pub(crate) const SMALL: Sizes = Sizes {
        segment: 2 << 10,
        image: 5 << 10,
    };
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes {
            segment: 64 << 20,
            image: 32 << 20,
        }
    }
}

/// Oldest first.
#[derive(Default)]
struct Segments(VecDeque<Segment>);

#[derive(Clone, Copy)]
struct Segment {
    first: Revision,
    first_at: Timestamp,
    size: u64,
}

struct ImageUnderWay {
    rev: Revision,
    stop: AtomicBool,
    outcome: Mutex<Option<io::Result<u64>>>,
    done: Condvar,
}

impl<D: Disk> Log<D> {
    pub(crate) fn on(disk: Arc<D>, sizes: Sizes) -> Self {
        Log {
            disk,
            history: HistoryLimits::default(),
            sizes,
            segments: Arc::default(),
            tail: None,
            turn_page: true,
            image: (Revision(0), 0),
            since_image: 0,
            under_way: None,
            buffer: Vec::new(),
            held: None,
        }
    }

    /// Begins a segment with the commit that comes next.
    fn begin_segment(&mut self, first: Revision, at: Timestamp) -> io::Result<()> {
        let mut tail = files::begin(&*self.disk, &segment_name(first), first, at)?;
        tail.make_room_ahead();
        self.tail = Some(tail);
        self.turn_page = false;
        lock(&self.segments).0.push_back(Segment {
            first,
            first_at: at,
            size: files::beginning_len(),
        });
        Ok(())
    }

    /// The outcome of an image under way, once there is one.
    fn finish_image(&mut self) {
        let Some(under_way) = &self.under_way else { return };
        let Some(outcome) = lock(&under_way.outcome).take() else {
            return;
        };
        let rev = under_way.rev;
        self.under_way = None;
        match outcome {
            Ok(size) => {
                let old = std::mem::replace(&mut self.image, (rev, size));
                if old.0 > Revision(0) {
                    let _ = self.disk.remove(&image_name(old.0)); // opening would remove it too
                }
            }
            // Nothing is lost: the log holds all, and the next image is tried after as much log again.
            Err(error) => tracing::warn!(%error, revision = rev.0, "an image of the store could not be written"),
        }
    }

    fn begin_image(&mut self, state: &Arc<View>) {
        let under_way = Arc::new(ImageUnderWay {
            rev: state.rev,
            stop: AtomicBool::new(false),
            outcome: Mutex::new(None),
            done: Condvar::new(),
        });
        self.since_image = 0;
        self.turn_page = true;
        self.under_way = Some(Arc::clone(&under_way));
        let (disk, state) = (Arc::clone(&self.disk), Arc::clone(state));
        self.disk.beside(Box::new(move || {
            let outcome = image::write(&*disk, &state, &under_way.stop);
            drop((disk, state));
            *lock(&under_way.outcome) = Some(outcome);
            under_way.done.notify_all();
        }));
    }

    /// Removes the oldest segments, as long as opening does not need them and history holds enough without them.
    fn trim(&mut self, now: Timestamp) {
        let keep = i64::try_from(self.history.keep.as_millis()).unwrap_or(i64::MAX);
        let oldest = now.plus_millis(keep.saturating_neg());
        let mut segments = lock(&self.segments);
        let mut total: u64 = segments.0.iter().map(|s| s.size).sum();
        while let (Some(first), Some(second)) = (segments.0.front().copied(), segments.0.get(1)) {
            let in_image = second.first <= self.image.0.next();
            let enough = total > self.history.bytes || second.first_at < oldest;
            if !in_image || !enough {
                break;
            }
            match self.disk.remove(&segment_name(first.first)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => break, // the next after it would leave a hole
                _ => {}
            }
            segments.0.pop_front();
            total -= first.size;
        }
    }
}

impl<D: Disk> Backend for Log<D> {
    fn load(
        &mut self,
        history: &HistoryLimits,
        row: &mut dyn FnMut(StoredRow<'_>) -> Result<(), OpenError>,
    ) -> Result<(Revision, Timestamp), OpenError> {
        self.history = history.clone();
        open::open(self, row)
    }

    fn append(&mut self, batch: &SealedBatch) -> Result<(), DiskError> {
        let Some(first) = batch.changes.first() else {
            return Ok(());
        };
        let (first, at) = (first.rev, first.at);
        let long = lock(&self.segments)
            .0
            .back()
            .is_none_or(|s| s.size >= self.sizes.segment);
        if self.turn_page || long {
            self.begin_segment(first, at)
                .map_err(disk_error("beginning a segment of the log"))?;
            self.trim(at);
        }
        let segment = lock(&self.segments).0.back().expect("a segment has begun").first;
        self.buffer.clear();
        frame::put(&mut self.buffer, frame::Mark::Batch, first, batch.rev, |out| {
            batch
                .changes
                .iter()
                .for_each(|change| entry::put_change(out, batch, change, segment));
        });
        let tail = self.tail.as_mut().expect("a segment has begun");
        tail.append(&self.buffer).map_err(disk_error("appending to the log"))?;
        let size = self.buffer.len() as u64;
        lock(&self.segments).0.back_mut().expect("a segment has begun").size += size;
        self.since_image += size;
        self.buffer.shrink_to(1 << 20);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        match &mut self.tail {
            Some(tail) => tail.sync().map_err(disk_error("syncing the log")),
            None => Ok(()),
        }
    }

    fn synced(&mut self, state: &Arc<View>) -> Result<(), DiskError> {
        self.finish_image();
        if self.under_way.is_none() && self.since_image >= self.sizes.image.max(self.image.1) {
            self.begin_image(state);
        }
        Ok(())
    }

    fn archive(&self) -> Arc<dyn Archive> {
        Arc::new(archive::LogArchive {
            disk: Arc::clone(&self.disk),
            segments: Arc::clone(&self.segments),
        })
    }
}

impl<D> Drop for Log<D> {
    /// Nobody writes to the disk after it was let go.
    fn drop(&mut self) {
        if let Some(under_way) = self.under_way.take() {
            under_way.stop.store(true, Ordering::Relaxed);
            let mut outcome = lock(&under_way.outcome);
            while outcome.is_none() {
                outcome = under_way
                    .done
                    .wait(outcome)
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
            }
        }
    }
}
