//! Every bound of a store, in one place.

use base::{Clock, Dice};
use std::sync::Arc;
use std::time::Duration;

/// What a store is opened with.
pub struct Options {
    pub limits: Limits,
    pub history: HistoryLimits,
    pub clock: Arc<dyn Clock>,
    /// For tests: now and then, as these dice fall, a write closure is run and undone before it is run for good.
    pub conflicts: Option<Arc<dyn Dice>>,
}

impl Options {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Options {
            limits: Limits::default(),
            history: HistoryLimits::default(),
            clock,
            conflicts: None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Limits {
    /// Records that one transaction may change.
    pub changes_per_tx: usize,
    /// Bytes of all records that one transaction writes.
    pub bytes_per_tx: usize,
    /// Bytes of one encoded record.
    pub bytes_per_record: usize,
    /// Bytes of one key, an index key too.
    pub bytes_per_key: usize,
    /// Writes that may wait for their turn; more are refused as `Busy`.
    pub waiting_writes: usize,
    /// Bytes that one batch gathers before the next writes wait for it to be synced.
    pub bytes_per_batch: usize,
    /// Commits that a watch may lie behind before it is `Lagged`.
    pub ring_commits: usize,
    /// Encoded bytes of these commits, likewise.
    pub ring_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            changes_per_tx: 20_000,
            bytes_per_tx: 64 << 20,
            bytes_per_record: 1 << 20,
            bytes_per_key: 1 << 10,
            waiting_writes: 8_192,
            bytes_per_batch: 8 << 20,
            ring_commits: 65_536,
            ring_bytes: 64 << 20,
        }
    }
}

/// How long past versions are kept: until one of the bounds is reached.
#[derive(Clone, Debug)]
pub struct HistoryLimits {
    pub keep: Duration,
    pub bytes: u64,
    /// Versions that one question may answer with.
    pub versions_per_answer: usize,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        HistoryLimits {
            keep: Duration::from_secs(7 * 24 * 3600),
            bytes: 1 << 30,
            versions_per_answer: 1_000,
        }
    }
}
