//! The node's memory of its works: one file each, replaced as a whole.
//!
//! It is written before anything is done, so that whatever runs is known. It is not synced: after a power loss nothing
//! runs any more, and a work that is missing is told to the server as vanished.

use crate::work::Work;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
}

const ENDING: &str = "work";

impl Journal {
    pub fn open(dir: &Path) -> io::Result<Journal> {
        // Plans hold what their users keep secret.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        Ok(Journal { dir: dir.to_path_buf() })
    }

    /// All works, and the names of files that hold none: a crash of the machine can leave such.
    pub fn read(&self) -> io::Result<(Vec<Work>, Vec<PathBuf>)> {
        let (mut works, mut bad) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            match minicbor::decode(&fs::read(&path)?) {
                Ok(work) => works.push(work),
                Err(_) => bad.push(path),
            }
        }
        Ok((works, bad))
    }

    pub fn keep(&self, work: &Work) -> io::Result<()> {
        let bytes = minicbor::to_vec(work).expect("a vector takes whatever is written to it");
        let path = self.path(work);
        let new = path.with_extension("new");
        match fs::write(&new, &bytes) {
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                let _ = fs::remove_file(&new); // nothing, or a part of it
                overwrite(&path, &bytes).map_err(|_| error)
            }
            written => written.and_then(|()| fs::rename(&new, &path)),
        }
    }

    pub fn forget(&self, work: &Work) -> io::Result<()> {
        match fs::remove_file(self.path(work)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    /// Task ids are hex digits, and unique across clusters.
    fn path(&self, work: &Work) -> PathBuf {
        self.dir.join(&work.assigned.id).with_extension(ENDING)
    }
}

/// In the room that an earlier note has: so that on a full disk what is known can still change, and its end make room.
/// What stood behind a longer note before stays behind the new one, and is not read.
fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::OpenOptions::new().write(true).open(path)?.write_all(bytes)
}
