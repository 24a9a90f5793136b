//! What the store asks of a disk.

pub mod memory;

use crate::commit::{AnyRecord, Revision};
use crate::{Key, OpenError};
use base::Timestamp;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Does the disk work. It sees bytes only, and is driven by one caller at a time.
pub trait Backend: Send + 'static {
    /// Takes the disk for itself and tells every row that is there, in any order; answers with the newest commit.
    fn load(
        &mut self,
        row: &mut dyn FnMut(StoredRow<'_>) -> Result<(), OpenError>,
    ) -> Result<(Revision, Timestamp), OpenError>;

    /// Writes a batch, which need not survive a crash before [`Backend::sync`]: all of it may be lost, or (with a
    /// crash) a part be torn off, but what is found again is whole batches, none without those before it.
    fn append(&mut self, batch: &SealedBatch) -> Result<(), DiskError>;

    /// Makes durable what was appended.
    fn sync(&mut self) -> Result<(), DiskError>;

    /// Past versions; asked from any thread.
    fn archive(&self) -> Arc<dyn Archive>;
}

/// Where past versions are read.
pub trait Archive: Send + Sync + 'static {
    /// The past versions of a record, newest first, at most `limit`.
    fn versions(&self, table: &str, key: &Key, limit: usize) -> Result<Vec<PastVersion>, DiskError>;

    /// Whatever ended at or before this commit may have been forgotten.
    fn forgotten(&self) -> (Revision, Timestamp);
}

/// A row as it is stored.
#[derive(Debug)]
pub struct StoredRow<'a> {
    pub table: &'a str,
    pub key: &'a [u8],
    pub rev: Revision,
    pub at: Timestamp,
    pub record: &'a [u8],
}

/// A version that is no longer the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastVersion {
    /// The commit that wrote it.
    pub rev: Revision,
    pub at: Timestamp,
    /// The commit that ended it.
    pub until_rev: Revision,
    pub until_at: Timestamp,
    /// Whether it was deleted then, not replaced.
    pub deleted: bool,
    pub record: Vec<u8>,
}

/// The changes of consecutive commits, which one sync makes durable together.
#[derive(Default)]
pub struct SealedBatch {
    /// In order; a later change of a record supersedes an earlier one.
    pub changes: Vec<SealedChange>,
    pub(crate) bytes: Vec<u8>,
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
    /// The version that this change ended, its bytes appended to `out`: when it was written.
    pub fn encode_before(&self, out: &mut Vec<u8>) -> Option<(Revision, Timestamp)> {
        let before = self.before.as_ref()?;
        (before.encode)(&before.record, out);
        Some((before.rev, before.at))
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
