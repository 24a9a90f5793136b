//! The backend for one server: a directory.

use crate::backend::{Archive, Backend, DiskError, SealedBatch, StoredRow};
use crate::disk::files::FileDisk;
use crate::log::{Log, Sizes};
use crate::{HistoryLimits, OpenError, Revision, View};
use base::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Keeps the state in a directory, which one process at a time may use.
pub struct EmbeddedBackend {
    dir: PathBuf,
    log: Log<FileDisk>,
}

impl EmbeddedBackend {
    /// The directory is made when the store is opened.
    pub fn at(dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref();
        let log = Log::on(Arc::new(FileDisk::at(dir)), Sizes::default());
        EmbeddedBackend {
            dir: dir.to_owned(),
            log,
        }
    }

    /// Short segments and frequent images, so that little work meets every case. For tests.
    #[must_use]
    pub fn with_small_files(mut self) -> Self {
        self.log.sizes = Sizes::SMALL;
        self
    }
}

impl Backend for EmbeddedBackend {
    fn load(
        &mut self,
        history: &HistoryLimits,
        row: &mut dyn FnMut(StoredRow<'_>) -> Result<(), OpenError>,
    ) -> Result<(Revision, Timestamp), OpenError> {
        self.log.load(history, row).map_err(|error| match error {
            OpenError::InUse { .. } => OpenError::InUse { dir: self.dir.clone() },
            other => other,
        })
    }

    fn append(&mut self, batch: &SealedBatch) -> Result<(), DiskError> {
        self.log.append(batch)
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        self.log.sync()
    }

    fn synced(&mut self, state: &Arc<View>) -> Result<(), DiskError> {
        self.log.synced(state)
    }

    fn archive(&self) -> Arc<dyn Archive> {
        self.log.archive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TempDir, contract};

    impl contract::Medium for TempDir {
        type Backend = EmbeddedBackend;

        fn backend(&self) -> EmbeddedBackend {
            EmbeddedBackend::at(self.path().join("state"))
        }
    }

    #[test]
    fn the_embedded_backend_keeps_the_contract() {
        contract::run(|| TempDir::new("store"));
    }
}
