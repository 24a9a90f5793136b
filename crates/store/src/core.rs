//! What the store decides, with no thread and no disk: the head, the batch that gathers, the batch in flight.

use crate::backend::{Before, SealedBatch, SealedChange};
use crate::commit::{Change, Commit};
use crate::gate::Gate;
use crate::limits::Limits;
use crate::tx::Done;
use crate::{StoreError, Tx, View};
use base::{Clock, Dice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;

pub(crate) struct Core {
    /// The newest view; away only while a transaction has it.
    head: Option<View>,
    /// The batch that gathers.
    open: Batch,
    /// Of the newest batch that has commits: once it is open, the head is durable.
    newest_gate: Arc<Gate>,
    /// Why nothing is written any more.
    broken: Option<StoreError>,
    /// Who to wake when there is something to sync.
    pump: Option<Waker>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    conflicts: Option<Arc<dyn Dice>>,
}

/// Commits that are made durable together, and all that follows from it.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) sealed: SealedBatch,
    /// With their encoded sizes.
    pub(crate) commits: Vec<(Arc<Commit>, usize)>,
    pub(crate) gate: Arc<Gate>,
    /// The state after it; set when it is sealed.
    pub(crate) view: Option<View>,
}

impl Core {
    pub(crate) fn new(head: View, limits: Limits, clock: Arc<dyn Clock>, conflicts: Option<Arc<dyn Dice>>) -> Self {
        let newest_gate = Arc::new(Gate::opened());
        Core {
            head: Some(head),
            open: Batch::default(),
            newest_gate,
            broken: None,
            pump: None,
            limits,
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
            self.head = Some(tx.undo());
        }
        let (tx, outcome) = self.run(write);
        let outcome = match outcome {
            Err(failure) => {
                self.head = Some(tx.undo());
                Err(failure)
            }
            Ok(value) => match tx.finish() {
                Ok(done) => {
                    self.commit(done);
                    Ok(value)
                }
                Err((head, failure)) => {
                    self.head = Some(head);
                    Err(failure.into())
                }
            },
        };
        (outcome, Arc::clone(&self.newest_gate))
    }

    fn run<T, E: From<StoreError>>(&mut self, write: &mut dyn FnMut(&mut Tx) -> Result<T, E>) -> (Tx, Result<T, E>) {
        let head = self
            .head
            .take()
            .expect("only a transaction takes the head, and it gives it back");
        let now = self.clock.now().max(head.at);
        let mut tx = Tx::new(head, now, self.limits.clone());
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

    fn commit(&mut self, done: Done) {
        let Done {
            mut view,
            rev,
            at,
            changes,
            bytes,
        } = done;
        if changes.is_empty() {
            self.head = Some(view);
            return;
        }
        (view.rev, view.at) = (rev, at);
        let sealed = &mut self.open.sealed;
        let offset = sealed.bytes.len();
        sealed.bytes.extend_from_slice(&bytes);
        (sealed.rev, sealed.at) = (rev, at);
        let mut public = Vec::with_capacity(changes.len());
        for change in changes {
            let def = view.tables.def(change.table);
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
                after: change
                    .after
                    .as_ref()
                    .map(|(_, range)| range.start + offset..range.end + offset),
            });
            public.push(Change {
                table: def.name,
                key: change.key,
                before: change.before.map(|row| row.record),
                after: change.after.map(|(record, _)| record),
            });
        }
        self.open.commits.push((
            Arc::new(Commit {
                rev,
                at,
                changes: public.into(),
            }),
            bytes.len(),
        ));
        self.newest_gate = Arc::clone(&self.open.gate);
        self.head = Some(view);
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
        let mut batch = std::mem::take(&mut self.open);
        batch.view = Some(
            self.head
                .clone()
                .expect("no transaction is under way while the core is locked"),
        );
        Some(batch)
    }

    /// The disk failed: what is not durable is forgotten, here and for good. Answers with the gates of those who wait.
    pub(crate) fn fail(&mut self, published: View, failure: StoreError) -> Arc<Gate> {
        self.head = Some(published);
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
