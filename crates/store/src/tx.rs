//! A transaction: the head, being changed, with what is needed to undo it.

use crate::commit::{AnyRecord, Revision};
use crate::image::Row;
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
    view: View,
    base: Revision,
    now: Timestamp,
    changes: Vec<TxChange>,
    /// Where in `changes` a record is; kept only for the many changes that make searching slow.
    places: HashMap<(TableId, Key), usize>,
    bytes: Vec<u8>,
    limits: Limits,
    failure: Option<StoreError>,
}

pub(crate) struct TxChange {
    pub(crate) table: TableId,
    pub(crate) key: Key,
    pub(crate) before: Option<Row>,
    /// The record and where its bytes are.
    pub(crate) after: Option<(AnyRecord, Range<usize>)>,
}

/// A transaction that may be committed.
pub(crate) struct Done {
    pub(crate) view: View,
    pub(crate) rev: Revision,
    pub(crate) at: Timestamp,
    pub(crate) changes: Vec<TxChange>,
    pub(crate) bytes: Vec<u8>,
}

/// With fewer changes than this, searching the list is quicker than hashing.
const FEW: usize = 16;

impl Tx {
    pub(crate) fn new(view: View, now: Timestamp, limits: Limits) -> Self {
        Tx {
            base: view.rev,
            view,
            now,
            changes: Vec::new(),
            places: HashMap::new(),
            bytes: Vec::new(),
            limits,
            failure: None,
        }
    }

    /// The time of this transaction, fixed at its start; never earlier than that of the one before.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The revision that this transaction gets if it is committed with changes.
    pub fn commit_revision(&self) -> Revision {
        self.base.next()
    }

    /// Creates or replaces the record of this key.
    pub fn put<R: Record>(&mut self, record: R) {
        let key = record.key();
        let start = self.bytes.len();
        record.encode(&mut self.bytes);
        let (bytes, limit) = (self.bytes.len() - start, self.limits.bytes_per_record);
        if bytes > limit {
            self.fail(StoreError::RecordTooLarge {
                table: R::TABLE,
                bytes,
                limit,
            });
            return self.bytes.truncate(start);
        }
        let range = start..self.bytes.len();
        self.set::<R>(key, Some((Arc::new(record), range)));
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
        if place.is_none() && self.changes.len() >= self.limits.changes_per_tx {
            return self.fail(StoreError::TooManyChanges {
                limit: self.limits.changes_per_tx,
            });
        }
        let row = after.as_ref().map(|(record, _)| Row {
            rev: self.commit_revision(),
            at: self.now,
            record: Arc::clone(record),
        });
        let before = self.view.replace(table, &key, row);
        match place {
            Some(at) => self.changes[at].after = after,
            None => {
                if !self.places.is_empty() {
                    self.places.insert((table, key.clone()), self.changes.len());
                }
                self.changes.push(TxChange {
                    table,
                    key,
                    before,
                    after,
                });
            }
        }
    }

    fn place(&mut self, table: TableId, key: &Key) -> Option<usize> {
        if self.changes.len() < FEW {
            return self.changes.iter().position(|c| c.table == table && c.key == *key);
        }
        if self.places.is_empty() {
            self.places = self
                .changes
                .iter()
                .enumerate()
                .map(|(at, c)| ((c.table, c.key.clone()), at))
                .collect();
        }
        self.places.get(&(table, key.clone())).copied()
    }

    /// The first failure is the one to tell.
    fn fail(&mut self, failure: StoreError) {
        self.failure.get_or_insert(failure);
    }

    /// Ready to commit; or, if a limit was passed, the view as it was before.
    pub(crate) fn finish(mut self) -> Result<Done, (View, StoreError)> {
        if let Some(failure) = self.failure.take() {
            return Err((self.undo(), failure));
        }
        // What was created and deleted again never was.
        self.changes.retain(|c| c.before.is_some() || c.after.is_some());
        Ok(Done {
            rev: self.base.next(),
            at: self.now,
            view: self.view,
            changes: self.changes,
            bytes: self.bytes,
        })
    }

    /// The view as it was before.
    pub(crate) fn undo(mut self) -> View {
        for change in self.changes.into_iter().rev() {
            self.view.replace(change.table, &change.key, change.before);
        }
        self.view
    }
}

impl Deref for Tx {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}
