//! What can go wrong, as types.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes that are not the record they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord(pub String);

impl BadRecord {
    pub fn new(why: impl fmt::Display) -> Self {
        BadRecord(why.to_string())
    }
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a readable record: {}", self.0)
    }
}

impl std::error::Error for BadRecord {}

/// Why a write was not committed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// Too many writes wait already. The caller may try again.
    Busy { waiting: usize },
    /// One record is larger than a record may be.
    RecordTooLarge {
        table: &'static str,
        bytes: usize,
        limit: usize,
    },
    /// One key is longer than a key may be.
    KeyTooLong {
        table: &'static str,
        bytes: usize,
        limit: usize,
    },
    /// The records that one transaction writes have more bytes than they may.
    TransactionTooLarge { limit: usize },
    /// One transaction changes more records than it may.
    TooManyChanges { limit: usize },
    /// The closure panicked, which is a bug in it; nothing was committed.
    Panicked { message: Arc<str> },
    /// The disk failed. Nothing is written any more until the store is opened anew; reading goes on.
    ReadOnly { reason: Arc<str> },
    /// The store is closed or closing.
    Closed,
}

impl StoreError {
    /// Whether the same write may succeed when it is tried again a little later.
    pub fn may_retry(&self) -> bool {
        matches!(self, StoreError::Busy { .. })
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Busy { waiting } => write!(f, "{waiting} writes wait already"),
            StoreError::RecordTooLarge { table, bytes, limit } => {
                write!(f, "a record of table {table} has {bytes} bytes, more than {limit}")
            }
            StoreError::KeyTooLong { table, bytes, limit } => {
                write!(f, "a key of table {table} has {bytes} bytes, more than {limit}")
            }
            StoreError::TransactionTooLarge { limit } => write!(f, "a transaction writes more than {limit} bytes"),
            StoreError::TooManyChanges { limit } => write!(f, "a transaction changes more than {limit} records"),
            StoreError::Panicked { message } => write!(f, "a write panicked: {message}"),
            StoreError::ReadOnly { reason } => write!(f, "the store is read-only since its disk failed: {reason}"),
            StoreError::Closed => f.write_str("the store is closed"),
        }
    }
}

impl std::error::Error for StoreError {}

/// Why a store could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process (or this one, elsewhere) has it open.
    InUse { dir: PathBuf },
    /// The disk holds a table that this program does not know, so it would lose or misread it.
    UnknownTable { table: String },
    /// A record on disk cannot be read.
    BadRecord {
        table: &'static str,
        key: String,
        why: BadRecord,
    },
    /// What is on disk is not what a store writes.
    Damaged { what: String },
    /// Written by a version of the program whose format this one does not read.
    Format { found: u32, known: u32 },
    Disk {
        doing: &'static str,
        source: std::io::Error,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::InUse { dir } => write!(f, "{} is in use by another process", dir.display()),
            OpenError::UnknownTable { table } => {
                write!(f, "the store holds a table this program does not know: {table}")
            }
            OpenError::BadRecord { table, key, .. } => write!(f, "record {key} of table {table} cannot be read"),
            OpenError::Damaged { what } => write!(f, "the store is damaged: {what}"),
            OpenError::Format { found, known } => {
                write!(f, "the store has format {found}; this program reads format {known}")
            }
            OpenError::Disk { doing, .. } => write!(f, "{doing} failed"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::BadRecord { why, .. } => Some(why),
            OpenError::Disk { source, .. } => Some(source),
            _ => None,
        }
    }
}
