//! A disk in memory, which can crash and fail: for tests and for the simulator.

use super::{Disk, Growing};
use crate::gate::lock;
use base::Dice;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex};

/// Clones are the same disk: a test keeps one, to crash it and to open it again.
#[derive(Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<Platter>>);

#[derive(Default)]
struct Platter {
    files: BTreeMap<String, Bytes>,
    /// Counts the crashes: whoever came before the last has the disk no longer.
    crashes: u64,
    locked: bool,
    /// Operations that change something, until one fails, and how it fails.
    fault: Option<(u64, io::ErrorKind)>,
}

#[derive(Default)]
struct Bytes {
    all: Vec<u8>,
    /// How many of them a crash cannot touch.
    synced: usize,
    /// A crash may leave zeros behind them.
    room_ahead: bool,
}

/// What a crash did to bytes that were not synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crash {
    pub kept: usize,
    pub lost: usize,
    /// Bytes that are there still, but spoiled.
    pub torn: usize,
}

impl MemoryDisk {
    /// Of what is not synced, the dice say how much is lost, and how much of the rest is spoiled.
    pub(crate) fn crash(&self, dice: &dyn Dice) -> Crash {
        let mut platter = lock(&self.0);
        let mut crash = Crash::default();
        for bytes in platter.files.values_mut() {
            let unsynced = bytes.all.len() - bytes.synced;
            let kept = dice.below(unsynced as u64 + 1) as usize;
            bytes.all.truncate(bytes.synced + kept);
            // Sectors reach a disk in any order: the last that were kept may hold anything.
            let torn = if dice.below(2) == 0 {
                dice.below(kept.min(4096) as u64 + 1) as usize
            } else {
                0
            };
            let len = bytes.all.len();
            for byte in &mut bytes.all[len - torn..] {
                *byte = dice.below(256) as u8;
            }
            if bytes.room_ahead && dice.below(2) == 0 {
                bytes.all.resize(len + dice.below(2000) as usize, 0);
            }
            bytes.synced = bytes.all.len();
            crash.kept += kept;
            crash.lost += unsynced - kept;
            crash.torn += torn;
        }
        platter.crashes += 1;
        platter.locked = false;
        platter.fault = None;
        crash
    }

    pub(crate) fn fail_after(&self, operations: u64, kind: io::ErrorKind) {
        lock(&self.0).fault = Some((operations, kind));
    }

    pub(crate) fn bytes(&self) -> usize {
        lock(&self.0).files.values().map(|file| file.all.len()).sum()
    }

    /// Spoils one byte that was synced: a disk that rots.
    pub(crate) fn rot(&self, dice: &dyn Dice) -> Option<(String, usize)> {
        let mut platter = lock(&self.0);
        let all: usize = platter.files.values().map(|f| f.all.len()).sum();
        let mut at = dice.below(all.max(1) as u64) as usize;
        for (name, bytes) in &mut platter.files {
            if at < bytes.all.len() {
                bytes.all[at] ^= 1 << dice.below(8);
                return Some((name.clone(), at));
            }
            at -= bytes.all.len();
        }
        None
    }

    /// One operation that changes something.
    fn operation<T>(&self, act: impl FnOnce(&mut Platter) -> io::Result<T>) -> io::Result<T> {
        let mut platter = lock(&self.0);
        match &mut platter.fault {
            Some((0, kind)) => {
                let kind = *kind;
                platter.fault = None;
                Err(kind.into())
            }
            Some((left, _)) => {
                *left -= 1;
                act(&mut platter)
            }
            None => act(&mut platter),
        }
    }
}

impl Disk for MemoryDisk {
    fn lock(&self) -> io::Result<Option<Box<dyn Send>>> {
        let mut platter = lock(&self.0);
        if platter.locked {
            return Ok(None);
        }
        platter.locked = true;
        Ok(Some(Box::new(Locked {
            disk: self.clone(),
            crashes: platter.crashes,
        })))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.0).files.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Growing>> {
        self.operation(|platter| {
            platter.files.insert(name.to_owned(), Bytes::default());
            Ok(Box::new(GrowingBytes {
                disk: self.clone(),
                name: name.to_owned(),
                crashes: platter.crashes,
            }) as _)
        })
    }

    fn grow(&self, name: &str, len: u64) -> io::Result<Box<dyn Growing>> {
        self.operation(|platter| {
            let bytes = platter.files.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
            bytes.all.truncate(len as usize);
            bytes.synced = bytes.all.len();
            Ok(Box::new(GrowingBytes {
                disk: self.clone(),
                name: name.to_owned(),
                crashes: platter.crashes,
            }) as _)
        })
    }

    fn read(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        let platter = lock(&self.0);
        let bytes = platter.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(bytes.all.clone())))
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        let platter = lock(&self.0);
        Ok(platter.files.get(name).ok_or(io::ErrorKind::NotFound)?.all.len() as u64)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.operation(|platter| {
            let bytes = platter.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
            platter.files.insert(to.to_owned(), bytes);
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.operation(|platter| {
            platter.files.remove(name).ok_or(io::ErrorKind::NotFound)?;
            Ok(())
        })
    }

    fn beside(&self, work: Box<dyn FnOnce() + Send>) {
        work();
    }
}

struct Locked {
    disk: MemoryDisk,
    crashes: u64,
}

impl Drop for Locked {
    fn drop(&mut self) {
        let mut platter = lock(&self.disk.0);
        if platter.crashes == self.crashes {
            platter.locked = false;
        }
    }
}

struct GrowingBytes {
    disk: MemoryDisk,
    name: String,
    crashes: u64,
}

impl GrowingBytes {
    fn with<T>(&self, act: impl FnOnce(&mut Bytes) -> T) -> io::Result<T> {
        self.disk.operation(|platter| {
            if platter.crashes != self.crashes {
                return Err(io::Error::other("the disk crashed since"));
            }
            Ok(act(platter.files.get_mut(&self.name).ok_or(io::ErrorKind::NotFound)?))
        })
    }
}

impl Growing for GrowingBytes {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let half = &bytes[..bytes.len() / 2];
        let done = self.with(|file| file.all.extend_from_slice(bytes));
        if done.is_err() {
            // A write that fails may have written a part.
            let mut platter = lock(&self.disk.0);
            if platter.crashes == self.crashes
                && let Some(file) = platter.files.get_mut(&self.name)
            {
                file.all.extend_from_slice(half);
            }
        }
        done
    }

    fn sync(&mut self) -> io::Result<()> {
        self.with(|file| file.synced = file.all.len())
    }

    fn make_room_ahead(&mut self) {
        let mut platter = lock(&self.disk.0);
        if platter.crashes == self.crashes
            && let Some(file) = platter.files.get_mut(&self.name)
        {
            file.room_ahead = true;
        }
    }
}
