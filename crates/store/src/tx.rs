//! A transaction: the head, being changed, with what is needed to undo it.

use crate::commit::{AnyRecord, Revision};
use crate::image::{Place, Row, Stored};
use crate::table::TableId;
use crate::{Key, Limits, Record, StoreError, View};
use base::Timestamp;
use std::collections::HashMap;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// What a write closure is given: reads as a [`View`] (its own changes included), and changes.
///
/// A change beyond a limit makes the whole write answer an error; the closure need not check.
pub struct Tx {
    /// At the revision that this transaction gets, so that it sees its own changes.
    view: View,
    /// Where in `work.changes` a record is; kept only for the many changes that make searching slow.
    places: Option<HashMap<(TableId, Key), usize>>,
    work: Work,
    /// Where the bytes of this transaction begin in `work.bytes`.
    start: usize,
    limits: Arc<Limits>,
    failure: Option<StoreError>,
}

/// What a transaction leaves behind. The vectors are handed on from one transaction to the next.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) changes: Vec<TxChange>,
    /// All that was written to in the image.
    pub(crate) places: Vec<Place>,
    /// Encoded records, behind those of the transactions before it in the batch.
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct TxChange {
    pub(crate) table: TableId,
    pub(crate) key: Key,
    pub(crate) before: Option<Row>,
    /// The record and where its bytes are.
    pub(crate) after: Option<(AnyRecord, Range<usize>)>,
}

/// With fewer changes than this, searching the list is quicker than hashing.
const FEW: usize = 16;

impl Tx {
    pub(crate) fn new(head: &View, now: Timestamp, limits: Arc<Limits>, work: Work) -> Self {
        let start = work.bytes.len();
        Tx {
            view: head.as_of(head.rev.next(), now),
            places: None,
            work,
            start,
            limits,
            failure: None,
        }
    }

    /// The time of this transaction, fixed at its start; never earlier than that of the one before.
    pub fn now(&self) -> Timestamp {
        self.view.at
    }

    /// The revision that this transaction gets if it is committed with changes; what it writes has it.
    pub fn revision(&self) -> Revision {
        self.view.rev
    }

    /// Creates or replaces the record of this key.
    pub fn put<R: Record>(&mut self, record: R) {
        self.put_shared(Arc::new(record));
    }

    /// As [`Tx::put`], for who goes on with the record.
    pub fn put_shared<R: Record>(&mut self, record: Arc<R>) {
        let key = record.key();
        let start = self.work.bytes.len();
        record.encode(&mut self.work.bytes);
        let (end, limits) = (self.work.bytes.len(), &self.limits);
        let too_much = if end - start > limits.bytes_per_record {
            Some(StoreError::RecordTooLarge {
                table: R::TABLE,
                bytes: end - start,
                limit: limits.bytes_per_record,
            })
        } else if end - self.start > limits.bytes_per_tx {
            Some(StoreError::TransactionTooLarge {
                limit: limits.bytes_per_tx,
            })
        } else {
            None
        };
        match too_much {
            None => self.set::<R>(key, Some((record, start..end))),
            Some(failure) => {
                self.work.bytes.truncate(start);
                self.fail(failure);
            }
        }
    }

    /// Deletes the record, if it is there; answers with what it was.
    pub fn delete<R: Record>(&mut self, key: &Key) -> Option<Arc<R>> {
        let was = self.get::<R>(key)?;
        self.set::<R>(key.clone(), None);
        Some(was)
    }

    fn set<R: Record>(&mut self, key: Key, after: Option<(AnyRecord, Range<usize>)>) {
        let table = self.view.tables.id::<R>();
        let (bytes, limit) = (key.as_bytes().len(), self.limits.bytes_per_key);
        if bytes > limit {
            return self.fail(StoreError::KeyTooLong {
                table: R::TABLE,
                bytes,
                limit,
            });
        }
        let place = self.place(table, &key);
        if place.is_none() && self.work.changes.len() >= self.limits.changes_per_tx {
            return self.fail(StoreError::TooManyChanges {
                limit: self.limits.changes_per_tx,
            });
        }
        let new = after.as_ref().map(|(record, _)| Stored {
            at: self.view.at,
            record: Arc::clone(record),
        });
        let before = self
            .view
            .replace(table, &key, self.view.rev, new, &mut self.work.places);
        match place {
            Some(at) => self.work.changes[at].after = after,
            None => {
                if let Some(places) = &mut self.places {
                    places.insert((table, key.clone()), self.work.changes.len());
                }
                self.work.changes.push(TxChange {
                    table,
                    key,
                    before,
                    after,
                });
            }
        }
    }

    fn place(&mut self, table: TableId, key: &Key) -> Option<usize> {
        let changes = &self.work.changes;
        if changes.len() < FEW {
            return changes.iter().position(|c| c.table == table && c.key == *key);
        }
        let all = || {
            changes
                .iter()
                .enumerate()
                .map(|(at, c)| ((c.table, c.key.clone()), at))
                .collect()
        };
        self.places.get_or_insert_with(all).get(&(table, key.clone())).copied()
    }

    /// The first failure is the one to tell.
    fn fail(&mut self, failure: StoreError) {
        self.failure.get_or_insert(failure);
    }

    /// What is to be committed; or, if a limit was passed, why not, and all is as it was before.
    pub(crate) fn finish(mut self) -> (Work, Result<(), StoreError>) {
        if let Some(failure) = self.failure.take() {
            return (self.undo(), Err(failure));
        }
        // What was created and deleted again never was.
        self.work.changes.retain(|c| c.before.is_some() || c.after.is_some());
        (self.work, Ok(()))
    }

    /// Makes all as it was before.
    pub(crate) fn undo(mut self) -> Work {
        self.view
            .image
            .undo(std::mem::take(&mut self.work.places), self.view.rev);
        self.work.bytes.truncate(self.start);
        self.work.changes.clear();
        self.work
    }
}

impl Deref for Tx {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}
