//! A disk in memory, which can crash and fail: for tests and for the simulator.
//!
//! What is appended but not synced lies as bytes in frames, as it would on a disk. A crash keeps some prefix of these
//! bytes and may spoil the last of them; opening finds the whole frames that are left.

use super::{Archive, Backend, DiskError, PastVersion, SealedBatch, StoredRow};
use crate::gate::lock;
use crate::{HistoryLimits, Key, OpenError, Revision};
use base::{Dice, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The disk itself: clones are the same disk, so a test keeps one to crash it and to open it again.
#[derive(Clone, Default)]
pub struct MemoryBackend {
    disk: Arc<Mutex<Disk>>,
    history: HistoryLimits,
    /// Which opening of the disk this is the backend of.
    opening: u64,
}

/// What the disk is to do wrong. Each is done once, then forgotten.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The append that fails, counted from 0, and with what.
    pub append: Option<(u64, io::ErrorKind)>,
    /// The sync that fails, likewise. What was appended may have reached the disk or not.
    pub sync: Option<(u64, io::ErrorKind)>,
}

/// What a crash did to the bytes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    pub kept: usize,
    pub lost: usize,
    /// Bytes that were kept but spoiled.
    pub torn: usize,
}

#[derive(Default)]
struct Disk {
    rows: BTreeMap<(String, Vec<u8>), Kept>,
    past: VecDeque<(String, Vec<u8>, PastVersion)>,
    past_bytes: u64,
    forgotten: (Revision, Timestamp),
    newest: (Revision, Timestamp),
    unsynced: Vec<u8>,
    faults: Faults,
    /// The opening that may use it; none when it is free.
    user: Option<u64>,
    openings: u64,
}

struct Kept {
    rev: Revision,
    at: Timestamp,
    record: Vec<u8>,
}

impl MemoryBackend {
    pub fn new() -> Self {
        MemoryBackend::default()
    }

    #[must_use]
    pub fn with_history(mut self, history: HistoryLimits) -> Self {
        self.history = history;
        self
    }

    pub fn set_faults(&self, faults: Faults) {
        lock(&self.disk).faults = faults;
    }

    /// The power goes: of what is not synced, the dice say how much is lost and how much is torn. Whoever had the
    /// disk open has it no longer.
    pub fn crash(&self, dice: &dyn Dice) -> Crash {
        let mut disk = lock(&self.disk);
        let all = disk.unsynced.len();
        let kept = dice.below(all as u64 + 1) as usize;
        disk.unsynced.truncate(kept);
        // Sectors are written in any order: some of the last that came may hold anything.
        let torn = if kept > 0 && dice.below(2) == 0 {
            dice.below(kept.min(512) as u64 + 1) as usize
        } else {
            0
        };
        for byte in &mut disk.unsynced[kept - torn..] {
            *byte = dice.below(256) as u8;
        }
        disk.user = None;
        Crash {
            kept,
            lost: all - kept,
            torn,
        }
    }
}

impl Backend for MemoryBackend {
    fn load(
        &mut self,
        row: &mut dyn FnMut(StoredRow<'_>) -> Result<(), OpenError>,
    ) -> Result<(Revision, Timestamp), OpenError> {
        let mut disk = lock(&self.disk);
        if disk.user.is_some() {
            return Err(OpenError::InUse {
                dir: PathBuf::from("memory"),
            });
        }
        disk.openings += 1;
        self.opening = disk.openings;
        disk.user = Some(self.opening);
        disk.settle(&self.history);
        for ((table, key), kept) in &disk.rows {
            row(StoredRow {
                table,
                key,
                rev: kept.rev,
                at: kept.at,
                record: &kept.record,
            })?;
        }
        Ok(disk.newest)
    }

    fn append(&mut self, batch: &SealedBatch) -> Result<(), DiskError> {
        let mut disk = self.mine("appending")?;
        let fault = due(&mut disk.faults.append);
        let frame = frame::write(batch);
        if let Some(kind) = fault {
            let part = frame.len() / 2;
            disk.unsynced.extend_from_slice(&frame[..part]);
            return Err(DiskError {
                doing: "appending",
                source: kind.into(),
            });
        }
        disk.unsynced.extend_from_slice(&frame);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        let mut disk = self.mine("syncing")?;
        if let Some(kind) = due(&mut disk.faults.sync) {
            return Err(DiskError {
                doing: "syncing",
                source: kind.into(),
            });
        }
        disk.settle(&self.history);
        Ok(())
    }

    fn archive(&self) -> Arc<dyn Archive> {
        Arc::new(MemoryArchive(Arc::clone(&self.disk)))
    }
}

impl MemoryBackend {
    /// The disk, unless a crash took it away.
    fn mine(&self, doing: &'static str) -> Result<std::sync::MutexGuard<'_, Disk>, DiskError> {
        let disk = lock(&self.disk);
        if disk.user == Some(self.opening) {
            Ok(disk)
        } else {
            Err(DiskError {
                doing,
                source: io::Error::other("the disk is gone"),
            })
        }
    }
}

impl Drop for MemoryBackend {
    fn drop(&mut self) {
        let mut disk = lock(&self.disk);
        if self.opening != 0 && disk.user == Some(self.opening) {
            disk.user = None;
        }
    }
}

/// Counts down to a fault.
fn due(fault: &mut Option<(u64, io::ErrorKind)>) -> Option<io::ErrorKind> {
    let (left, kind) = fault.as_mut()?;
    let kind = *kind;
    if *left == 0 {
        *fault = None;
        return Some(kind);
    }
    *left -= 1;
    None
}

impl Disk {
    /// Turns whole frames into rows, and forgets what is behind the last of them.
    fn settle(&mut self, history: &HistoryLimits) {
        let bytes = std::mem::take(&mut self.unsynced);
        let mut rest = bytes.as_slice();
        while let Some((changes, next)) = frame::read(rest) {
            rest = next;
            for change in changes {
                self.apply(change);
            }
        }
        self.trim(history);
    }

    fn apply(&mut self, change: frame::Read) {
        let place = (change.table, change.key);
        let deleted = change.record.is_none();
        let before = match change.record {
            Some(record) => self.rows.insert(
                place.clone(),
                Kept {
                    rev: change.rev,
                    at: change.at,
                    record,
                },
            ),
            None => self.rows.remove(&place),
        };
        if let Some(Kept { rev, at, record }) = before {
            self.past_bytes += record.len() as u64;
            let past = PastVersion {
                rev,
                at,
                until_rev: change.rev,
                until_at: change.at,
                deleted,
                record,
            };
            self.past.push_back((place.0, place.1, past));
        }
        self.newest = (change.rev, change.at);
    }

    fn trim(&mut self, history: &HistoryLimits) {
        let oldest = self
            .newest
            .1
            .plus_millis(-i64::try_from(history.keep.as_millis()).unwrap_or(i64::MAX));
        while let Some((_, _, past)) = self.past.front()
            && (self.past_bytes > history.bytes || past.until_at < oldest)
        {
            self.past_bytes -= past.record.len() as u64;
            self.forgotten = (past.until_rev, past.until_at);
            self.past.pop_front();
        }
    }
}

struct MemoryArchive(Arc<Mutex<Disk>>);

impl Archive for MemoryArchive {
    fn versions(&self, table: &str, key: &Key, limit: usize) -> Result<Vec<PastVersion>, DiskError> {
        let disk = lock(&self.0);
        let mine = disk
            .past
            .iter()
            .rev()
            .filter(|(t, k, _)| t == table && k == key.as_bytes());
        Ok(mine.map(|(_, _, past)| past.clone()).take(limit).collect())
    }

    fn forgotten(&self) -> (Revision, Timestamp) {
        lock(&self.0).forgotten
    }
}

/// Batches as bytes: length, checksum, changes.
mod frame {
    use super::SealedBatch;
    use crate::Revision;
    use base::Timestamp;

    pub(super) struct Read {
        pub(super) table: String,
        pub(super) key: Vec<u8>,
        pub(super) rev: Revision,
        pub(super) at: Timestamp,
        pub(super) record: Option<Vec<u8>>,
    }

    pub(super) fn write(batch: &SealedBatch) -> Vec<u8> {
        let mut body = Vec::new();
        for change in &batch.changes {
            blob(&mut body, change.table.as_bytes());
            blob(&mut body, change.key.as_bytes());
            body.extend_from_slice(&change.rev.0.to_le_bytes());
            body.extend_from_slice(&change.at.0.to_le_bytes());
            let record = batch.after(change);
            body.push(u8::from(record.is_some()));
            blob(&mut body, record.unwrap_or_default());
        }
        let mut frame = Vec::with_capacity(body.len() + 16);
        frame.extend_from_slice(&(body.len() as u64).to_le_bytes());
        frame.extend_from_slice(&sum(&body).to_le_bytes());
        frame.extend_from_slice(&body);
        frame
    }

    /// The first whole frame and what follows it.
    pub(super) fn read(bytes: &[u8]) -> Option<(Vec<Read>, &[u8])> {
        let (len, rest) = number(bytes)?;
        let (wanted, rest) = number(rest)?;
        let (mut body, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
        if body.is_empty() || sum(body) != wanted {
            return None;
        }
        let mut changes = Vec::new();
        while !body.is_empty() {
            let (table, next) = unblob(body)?;
            let (key, next) = unblob(next)?;
            let (rev, next) = number(next)?;
            let (at, next) = number(next)?;
            let (kept, next) = next.split_first()?;
            let (record, next) = unblob(next)?;
            body = next;
            changes.push(Read {
                table: String::from_utf8(table.to_vec()).ok()?,
                key: key.to_vec(),
                rev: Revision(rev),
                at: Timestamp(at as i64),
                record: (*kept == 1).then(|| record.to_vec()),
            });
        }
        Some((changes, rest))
    }

    fn blob(out: &mut Vec<u8>, bytes: &[u8]) {
        out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        out.extend_from_slice(bytes);
    }

    fn unblob(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        let (len, rest) = number(bytes)?;
        rest.split_at_checked(usize::try_from(len).ok()?)
    }

    fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
        let (number, rest) = bytes.split_first_chunk()?;
        Some((u64::from_le_bytes(*number), rest))
    }

    /// FNV-1a: enough to tell torn bytes in a test.
    fn sum(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, b| {
            (sum ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::contract;

    impl contract::Disk for MemoryBackend {
        type Backend = MemoryBackend;

        fn backend(&self) -> MemoryBackend {
            self.clone()
        }
    }

    #[test]
    fn the_memory_backend_keeps_the_contract() {
        contract::run(MemoryBackend::new);
    }
}
