//! What the store asks of whatever keeps its state.

use crate::commit::{AnyRecord, Revision};
use crate::{HistoryLimits, Key, OpenError, View};
use base::Timestamp;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Keeps the state. It sees bytes only, and is driven by one caller at a time.
pub trait Backend: Send + 'static {
    /// Takes the state for itself and tells every row; what is told later supersedes what was told before. Answers
    /// with the newest commit. From now on past versions are kept within `history`.
    fn load(
        &mut self,
        history: &HistoryLimits,
        row: &mut dyn FnMut(StoredRow<'_>) -> Result<(), OpenError>,
    ) -> Result<(Revision, Timestamp), OpenError>;

    /// Writes a batch. Before [`Backend::sync`] a crash may lose it, but only whole.
    fn append(&mut self, batch: &SealedBatch) -> Result<(), DiskError>;

    /// Makes durable what was appended.
    fn sync(&mut self) -> Result<(), DiskError>;

    /// Told after a sync, with the state as it is then: the time for whatever keeps restarts quick.
    fn synced(&mut self, state: &Arc<View>) -> Result<(), DiskError>;

    /// Past versions; asked from any thread.
    fn archive(&self) -> Arc<dyn Archive>;
}

/// Where past versions are read.
pub trait Archive: Send + Sync + 'static {
    /// What became of a record since `since`, newest first, and what it was before that; at most `limit`. It may be
    /// ahead of what is published.
    fn versions(&self, table: &str, key: &Key, since: Timestamp, limit: usize) -> Result<Vec<PastVersion>, DiskError>;

    /// Tells the changes of these tables by commits after `from`, in order, until `each` says that it is enough. It may
    /// be ahead of what is published.
    fn changes(
        &self,
        tables: &[&str],
        from: Revision,
        each: &mut dyn FnMut(PastChange<'_>) -> bool,
    ) -> Result<(), DiskError>;

    /// A commit after which everything since this time came, as far as it is kept.
    fn before(&self, at: Timestamp) -> Revision;

    /// The state after this commit, and after every later one, can still be told.
    fn oldest(&self) -> (Revision, Timestamp);
}

/// A row as it is stored; without a record, it was deleted.
#[derive(Debug)]
pub struct StoredRow<'a> {
    pub table: &'a str,
    pub key: &'a [u8],
    pub rev: Revision,
    pub at: Timestamp,
    pub record: Option<&'a [u8]>,
}

/// What one commit made of a record; without bytes, it deleted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastVersion {
    pub rev: Revision,
    pub at: Timestamp,
    pub record: Option<Vec<u8>>,
}

/// A record before and after one commit, as bytes.
#[derive(Clone, Copy, Debug)]
pub struct PastChange<'a> {
    pub table: &'a str,
    pub key: &'a [u8],
    pub rev: Revision,
    pub at: Timestamp,
    pub before: Option<&'a [u8]>,
    pub after: Option<&'a [u8]>,
}

/// The changes of consecutive commits, which one sync makes durable together.
#[derive(Default)]
pub struct SealedBatch {
    /// In order; a later change of a record supersedes an earlier one.
    pub changes: Vec<SealedChange>,
    pub(crate) bytes: Vec<u8>,
    /// How many of these bytes belong to commits already.
    pub(crate) bytes_committed: usize,
    /// The newest commit in it.
    pub rev: Revision,
    pub at: Timestamp,
}

pub struct SealedChange {
    pub table: &'static str,
    pub key: Key,
    pub rev: Revision,
    pub at: Timestamp,
    pub(crate) before: Option<Before>,
    pub(crate) after: Option<Range<usize>>,
}

pub(crate) struct Before {
    pub(crate) rev: Revision,
    pub(crate) at: Timestamp,
    pub(crate) record: AnyRecord,
    pub(crate) encode: fn(&AnyRecord, &mut Vec<u8>),
}

impl SealedBatch {
    /// The record's bytes after the change; `None` when it deleted the record.
    pub fn after(&self, change: &SealedChange) -> Option<&[u8]> {
        change.after.clone().map(|range| &self.bytes[range])
    }
}

impl SealedChange {
    /// Which commit wrote the version that this change ended.
    pub fn before(&self) -> Option<(Revision, Timestamp)> {
        self.before.as_ref().map(|before| (before.rev, before.at))
    }

    /// Appends the bytes of that version.
    pub fn encode_before(&self, out: &mut Vec<u8>) {
        if let Some(before) = &self.before {
            (before.encode)(&before.record, out);
        }
    }
}

/// The disk did not do what it was asked to.
#[derive(Debug)]
pub struct DiskError {
    pub doing: &'static str,
    pub source: std::io::Error,
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed", self.doing)
    }
}

impl std::error::Error for DiskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
