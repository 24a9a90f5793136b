//! What the store decides, with no thread and no disk: the head, the batch that gathers, the batch in flight.

use crate::backend::{Before, SealedBatch, SealedChange};
use crate::commit::{Change, Commit};
use crate::gate::Gate;
use crate::image::Place;
use crate::limits::Limits;
use crate::tx::Work;
use crate::{Revision, StoreError, Tx, View};
use base::{Clock, Dice, Timestamp};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;

pub(crate) struct Core {
    /// The newest view.
    head: View,
    /// The batch that gathers.
    open: Batch,
    /// Of the newest batch that has commits: once it is open, the head is durable.
    newest_gate: Arc<Gate>,
    /// Why nothing is written any more.
    broken: Option<StoreError>,
    /// Who to wake when there is something to sync.
    pump: Option<Waker>,
    /// Vectors of the transaction before, to be used again.
    spare: Work,
    limits: Arc<Limits>,
    clock: Arc<dyn Clock>,
    conflicts: Option<Arc<dyn Dice>>,
}

/// Commits that are made durable together, and all that follows from it.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) sealed: SealedBatch,
    /// With their encoded sizes.
    pub(crate) commits: Vec<(Arc<Commit>, usize)>,
    /// Where the image holds versions that these commits supersede.
    pub(crate) superseded: Vec<(Revision, Place)>,
    pub(crate) gate: Arc<Gate>,
}

impl Batch {
    /// Empty, with room for as much: batches that follow each other are alike.
    fn as_large_as(other: &Batch) -> Self {
        Batch {
            sealed: SealedBatch {
                changes: Vec::with_capacity(other.sealed.changes.len()),
                bytes: Vec::with_capacity(other.sealed.bytes.len()),
                ..SealedBatch::default()
            },
            commits: Vec::with_capacity(other.commits.len()),
            superseded: Vec::with_capacity(other.superseded.len()),
            gate: Arc::default(),
        }
    }
}

impl Core {
    pub(crate) fn new(head: View, limits: Limits, clock: Arc<dyn Clock>, conflicts: Option<Arc<dyn Dice>>) -> Self {
        Core {
            head,
            open: Batch::default(),
            newest_gate: Arc::new(Gate::opened()),
            broken: None,
            pump: None,
            spare: Work::default(),
            limits: Arc::new(limits),
            clock,
            conflicts,
        }
    }

    /// Runs a write closure. Its outcome, whatever it is, counts only once the gate is open: it may have seen
    /// commits that are not durable yet.
    pub(crate) fn transact<T, E: From<StoreError>>(
        &mut self,
        write: &mut dyn FnMut(&mut Tx) -> Result<T, E>,
    ) -> (Result<T, E>, Arc<Gate>) {
        if let Some(broken) = &self.broken {
            return (Err(broken.clone().into()), Arc::new(Gate::opened()));
        }
        if self.conflicts.as_ref().is_some_and(|dice| dice.below(4) == 0) {
            let (tx, _) = self.run(write);
            self.take_back(tx.undo());
        }
        let (tx, outcome) = self.run(write);
        let outcome = match outcome {
            Err(failure) => {
                self.take_back(tx.undo());
                Err(failure)
            }
            Ok(value) => {
                let at = tx.now();
                match tx.finish() {
                    (work, Ok(())) => {
                        self.commit(work, at);
                        Ok(value)
                    }
                    (work, Err(failure)) => {
                        self.take_back(work);
                        Err(failure.into())
                    }
                }
            }
        };
        (outcome, Arc::clone(&self.newest_gate))
    }

    fn run<T, E: From<StoreError>>(&mut self, write: &mut dyn FnMut(&mut Tx) -> Result<T, E>) -> (Tx, Result<T, E>) {
        let now = self.clock.now().max(self.head.at);
        let mut work = std::mem::take(&mut self.spare);
        work.bytes = std::mem::take(&mut self.open.sealed.bytes);
        let mut tx = Tx::new(&self.head, now, Arc::clone(&self.limits), work);
        let outcome = catch_unwind(AssertUnwindSafe(|| write(&mut tx))).unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<&str>().copied().map(str::to_owned);
            let message = message
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(StoreError::Panicked {
                message: message.into(),
            }
            .into())
        });
        (tx, outcome)
    }

    fn take_back(&mut self, mut work: Work) {
        self.open.sealed.bytes = std::mem::take(&mut work.bytes);
        self.spare = work;
    }

    fn commit(&mut self, mut work: Work, at: Timestamp) {
        let rev = self.head.rev.next();
        if work.changes.is_empty() {
            self.head.image.undo(std::mem::take(&mut work.places), rev); // what came and went within it
            return self.take_back(work);
        }
        (self.head.rev, self.head.at) = (rev, at);
        let size = work.bytes.len() - self.open.sealed.bytes_committed;
        let sealed = &mut self.open.sealed;
        (sealed.rev, sealed.at, sealed.bytes_committed) = (rev, at, work.bytes.len());
        let mut public = Vec::with_capacity(work.changes.len());
        for change in work.changes.drain(..) {
            let def = self.head.tables.def(change.table);
            sealed.changes.push(SealedChange {
                table: def.name,
                key: change.key.clone(),
                rev,
                at,
                before: change.before.as_ref().map(|row| Before {
                    rev: row.rev,
                    at: row.at,
                    record: Arc::clone(&row.record),
                    encode: def.encode,
                }),
                after: change.after.as_ref().map(|(_, range)| range.clone()),
            });
            public.push(Change {
                table: def.name,
                key: change.key,
                before: change.before.map(|row| row.record),
                after: change.after.map(|(record, _)| record),
            });
        }
        let superseded = work.places.drain(..).filter(|place| place.superseded);
        self.open.superseded.extend(superseded.map(|place| (rev, place)));
        self.open.commits.push((
            Arc::new(Commit {
                rev,
                at,
                changes: public.into(),
            }),
            size,
        ));
        self.newest_gate = Arc::clone(&self.open.gate);
        self.take_back(work);
        self.wake_pump();
    }

    /// Whether the batch that gathers should not grow any more.
    pub(crate) fn is_full(&self) -> bool {
        self.open.sealed.bytes.len() >= self.limits.bytes_per_batch
    }

    pub(crate) fn has_commits(&self) -> bool {
        !self.open.commits.is_empty()
    }

    /// Takes what has gathered, to be synced; the next batch gathers from here.
    pub(crate) fn seal(&mut self) -> Option<Batch> {
        if self.open.commits.is_empty() {
            return None;
        }
        let next = Batch::as_large_as(&self.open);
        Some(std::mem::replace(&mut self.open, next))
    }

    /// The disk failed: nothing is written any more, and what is not durable is never published. Answers with the
    /// gate of those who wait.
    pub(crate) fn fail(&mut self, failure: StoreError) -> Arc<Gate> {
        self.broken.get_or_insert(failure);
        std::mem::take(&mut self.open).gate
    }

    /// `waker` is woken when there is something to sync.
    pub(crate) fn wait(&mut self, waker: &Waker) {
        if !self.pump.as_ref().is_some_and(|pump| pump.will_wake(waker)) {
            self.pump = Some(waker.clone());
        }
    }

    pub(crate) fn wake_pump(&mut self) {
        if let Some(pump) = self.pump.take() {
            pump.wake();
        }
    }
}
