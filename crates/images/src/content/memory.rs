//! A disk that is not there: content lies in memory, for tests and simulations. Like a disk it outlives whoever opened it,
//! loses what was not synced when the power goes, and fails when it is told to.

use crate::Digest;
use base::{Dice, Timestamp};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// Cheap to clone; all clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<Disk>>);

#[derive(Default)]
struct Disk {
    blobs: BTreeMap<Digest, Bytes>,
    uploads: BTreeMap<String, Upload>,
    /// Taken away, and not synced since: a power cut may bring it back.
    unsynced: Vec<(Digest, Bytes)>,
    /// Writes that succeed yet; all when it is none.
    writes_left: Option<u64>,
    writes: u64,
}

struct Upload {
    begun: Timestamp,
    bytes: Vec<u8>,
    mark: Option<u64>,
}

/// Removals that a power cut may take back.
const MOST_UNSYNCED: usize = 64;

impl MemoryDisk {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().expect("never poisoned")
    }

    /// After so many more writes every one fails; none for never.
    pub fn fail_after(&self, writes: Option<u64>) {
        self.disk().writes_left = writes;
    }

    /// The power goes: of half uploads some is lost or torn, and what was just taken away may be back.
    pub fn crash(&self, dice: &dyn Dice) {
        let mut disk = self.disk();
        disk.writes += 1;
        disk.uploads.retain(|_, _| dice.below(4) > 0);
        for upload in disk.uploads.values_mut() {
            let whole = upload.bytes.len();
            match dice.below(3) {
                0 => upload.bytes.truncate(dice.below(whole as u64 + 1) as usize),
                1 => upload.bytes[whole / 2..].fill(0),
                _ => {}
            }
        }
        for (digest, bytes) in std::mem::take(&mut disk.unsynced) {
            if dice.below(2) == 0 {
                disk.blobs.entry(digest).or_insert(bytes);
            }
        }
    }

    /// All content that is here.
    pub fn blobs(&self) -> BTreeMap<Digest, Bytes> {
        self.disk().blobs.clone()
    }

    /// How often it was written to: when it was not, nothing is other than it was.
    pub fn writes(&self) -> u64 {
        self.disk().writes
    }

    /// How many uploads have begun and not ended.
    pub fn uploads(&self) -> usize {
        self.disk().uploads.len()
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<Bytes> {
        self.disk().blobs.get(digest).cloned()
    }

    pub(super) fn part(&self, first: u8) -> Vec<Digest> {
        let disk = self.disk();
        disk.blobs.keys().filter(|d| d.first() == first).copied().collect()
    }

    pub(super) fn put(&self, digest: &Digest, content: &[u8]) -> io::Result<()> {
        let mut disk = self.disk();
        disk.write()?;
        disk.keep(digest, Bytes::copy_from_slice(content));
        Ok(())
    }

    pub(super) fn remove(&self, digest: &Digest) -> io::Result<()> {
        let mut disk = self.disk();
        disk.write()?;
        if let Some(bytes) = disk.blobs.remove(digest) {
            disk.unsynced.push((*digest, bytes));
            let extra = disk.unsynced.len().saturating_sub(MOST_UNSYNCED);
            disk.unsynced.drain(..extra);
        }
        Ok(())
    }

    pub(super) fn begin(&self, name: &str, begun: Timestamp) -> io::Result<()> {
        let mut disk = self.disk();
        disk.write()?;
        let (bytes, mark) = (Vec::new(), None);
        disk.uploads.insert(name.to_string(), Upload { begun, bytes, mark });
        Ok(())
    }

    pub(super) fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.disk();
        disk.write()?;
        let upload = disk.uploads.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        upload.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn mark(&self, name: &str, at: u64) -> io::Result<()> {
        let mut disk = self.disk();
        disk.write()?;
        disk.uploads.get_mut(name).ok_or(io::ErrorKind::NotFound)?.mark = Some(at);
        Ok(())
    }

    /// What came, and the place that was marked.
    pub(super) fn so_far(&self, name: &str) -> Option<(Vec<u8>, Option<u64>)> {
        let disk = self.disk();
        disk.uploads.get(name).map(|upload| (upload.bytes.clone(), upload.mark))
    }

    pub(super) fn idle(&self, since: Timestamp) -> Vec<String> {
        let disk = self.disk();
        let idle = disk.uploads.iter().filter(|(_, upload)| upload.begun < since);
        idle.map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn discard(&self, name: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.write()?;
        disk.uploads.remove(name);
        Ok(())
    }

    /// Makes an upload content.
    pub(super) fn keep(&self, name: &str, digest: &Digest) -> io::Result<()> {
        let mut disk = self.disk();
        disk.write()?;
        let upload = disk.uploads.remove(name).ok_or(io::ErrorKind::NotFound)?;
        disk.keep(digest, upload.bytes.into());
        Ok(())
    }
}

impl Disk {
    fn write(&mut self) -> io::Result<()> {
        self.writes += 1;
        match &mut self.writes_left {
            Some(0) => Err(io::ErrorKind::StorageFull.into()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// With it the folder is synced.
    fn keep(&mut self, digest: &Digest, content: Bytes) {
        self.blobs.entry(*digest).or_insert(content);
        self.unsynced.retain(|(gone, _)| gone.first() != digest.first());
    }
}
