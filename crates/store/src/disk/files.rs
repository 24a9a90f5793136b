//! A directory on a real disk.

use super::{Disk, Growing};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub(crate) struct FileDisk {
    dir: PathBuf,
}

impl FileDisk {
    pub(crate) fn at(dir: &Path) -> Self {
        FileDisk { dir: dir.to_owned() }
    }

    /// What happened to names in the directory is durable once the directory is synced.
    fn sync_dir(&self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }
}

impl Disk for FileDisk {
    /// An advisory lock on a file: the kernel frees it when the process dies, however it dies.
    fn lock(&self) -> io::Result<Option<Box<dyn Send>>> {
        fs::create_dir_all(&self.dir)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.dir.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Growing>> {
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(self.dir.join(name))?;
        self.sync_dir()?;
        Ok(Box::new(GrowingFile(file)))
    }

    fn grow(&self, name: &str, len: u64) -> io::Result<Box<dyn Growing>> {
        let file = OpenOptions::new().append(true).open(self.dir.join(name))?;
        file.set_len(len)?;
        file.sync_all()?;
        Ok(Box::new(GrowingFile(file)))
    }

    fn read(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.dir.join(name))?))
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        Ok(fs::metadata(self.dir.join(name))?.len())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.dir.join(from), self.dir.join(to))?;
        self.sync_dir()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.dir.join(name))
    }

    fn beside(&self, work: Box<dyn FnOnce() + Send>) {
        let spawned = std::thread::Builder::new().name("store-image".into()).spawn(work);
        drop(spawned); // without a thread there is no image this time, and the log stays a little longer
    }
}

struct GrowingFile(File);

impl Growing for GrowingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}
