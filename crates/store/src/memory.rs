//! The backend for tests and simulation: the same log as on a real disk, on a disk that can crash and fail.

use crate::backend::{Archive, Backend, DiskError, SealedBatch, StoredRow};
use crate::disk::memory::{Crash, MemoryDisk};
use crate::log::{Log, Sizes};
use crate::{HistoryLimits, OpenError, Revision, View};
use base::{Dice, Timestamp};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// A disk in memory. Clones are the same disk: a test keeps one, to crash it and to open it again.
#[derive(Clone, Default)]
pub struct MemoryBackend {
    disk: MemoryDisk,
    sizes: Sizes,
    log: Opened,
}

/// Only the store that was opened with it has the log; a clone is a disk to open.
#[derive(Default)]
struct Opened(Option<Log<MemoryDisk>>);

impl Clone for Opened {
    fn clone(&self) -> Self {
        Opened(None)
    }
}

impl MemoryBackend {
    pub fn new() -> Self {
        MemoryBackend::default()
    }

    /// Short segments and frequent images, so that little work meets every case.
    #[must_use]
    pub fn with_small_files(self) -> Self {
        MemoryBackend {
            sizes: Sizes::SMALL,
            ..self
        }
    }

    /// The power goes: of what is not synced, the dice say how much is lost and how much is torn. Whoever had the
    /// disk open has it no longer.
    pub fn crash(&self, dice: &dyn Dice) -> Crash {
        self.disk.crash(dice)
    }

    /// After so many more operations that change the disk, one fails. What it was to write may be there in part.
    pub fn fail_after(&self, operations: u64, kind: io::ErrorKind) {
        self.disk.fail_after(operations, kind);
    }

    /// How many bytes the disk holds.
    pub fn bytes(&self) -> usize {
        self.disk.bytes()
    }

    /// Flips one bit of what is stored; answers where, if there is anything.
    pub fn rot(&self, dice: &dyn Dice) -> Option<(String, usize)> {
        self.disk.rot(dice)
    }

    fn log(&mut self) -> &mut Log<MemoryDisk> {
        self.log
            .0
            .as_mut()
            .expect("a store loads its backend before anything else")
    }
}

impl Backend for MemoryBackend {
    fn load(
        &mut self,
        history: &HistoryLimits,
        row: &mut dyn FnMut(StoredRow<'_>) -> Result<(), OpenError>,
    ) -> Result<(Revision, Timestamp), OpenError> {
        let log = Log::on(Arc::new(self.disk.clone()), self.sizes);
        self.log.0.insert(log).load(history, row).map_err(|error| match error {
            OpenError::InUse { .. } => OpenError::InUse {
                dir: PathBuf::from("memory"),
            },
            other => other,
        })
    }

    fn append(&mut self, batch: &SealedBatch) -> Result<(), DiskError> {
        self.log().append(batch)
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        self.log().sync()
    }

    fn synced(&mut self, state: &Arc<View>) -> Result<(), DiskError> {
        self.log().synced(state)
    }

    fn archive(&self) -> Arc<dyn Archive> {
        self.log
            .0
            .as_ref()
            .expect("a store loads its backend before anything else")
            .archive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::contract;

    impl contract::Medium for MemoryBackend {
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
