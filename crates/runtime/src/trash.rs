//! Files that nobody needs any more: out of the way at once, gone a little later, so that nobody waits for the disk.
//!
//! What a killed process left here goes when the next one opens it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// A directory on the same file system as what is thrown into it, and the thread that empties it.
pub struct Trash {
    dir: PathBuf,
    thrown: AtomicU64,
    /// What lies there has its room on the disk already, so what waits needs no other bound.
    collector: Option<(Sender<PathBuf>, JoinHandle<()>)>,
}

impl Trash {
    pub fn open(dir: PathBuf) -> io::Result<Trash> {
        fs::create_dir_all(&dir)?;
        let (sender, paths) = channel();
        for left in fs::read_dir(&dir)? {
            let _ = sender.send(left?.path());
        }
        let thread = std::thread::Builder::new().name("trash".into());
        let collector = thread.spawn(move || collect(&paths))?;
        Ok(Trash {
            dir,
            thrown: AtomicU64::new(0),
            collector: Some((sender, collector)),
        })
    }

    /// Takes a directory away, with all that is in it. One that is not there is gone already. Where it has to be removed
    /// on the spot, bit by bit, the file called `first` goes before
    /// the rest.
    pub fn take(&self, path: &Path, first: Option<&str>) -> io::Result<()> {
        let number = self.thrown.fetch_add(1, Ordering::Relaxed);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let here = self.dir.join(format!("{name}.{number}"));
        match (fs::rename(path, &here), &self.collector) {
            (Ok(()), Some((collector, _))) => {
                let _ = collector.send(here); // a collector that is gone leaves it to the next one
                Ok(())
            }
            (Err(error), _) if error.kind() == ErrorKind::NotFound => Ok(()),
            // A full disk may have no room for another name.
            _ => {
                if let Some(first) = first {
                    let _ = fs::remove_file(path.join(first));
                }
                remove(path)
            }
        }
    }
}

impl Drop for Trash {
    /// Nothing is left to the next one that need not be.
    fn drop(&mut self) {
        if let Some((sender, collector)) = self.collector.take() {
            drop(sender);
            let _ = collector.join();
        }
    }
}

fn collect(paths: &Receiver<PathBuf>) {
    for path in paths {
        // What cannot go now is tried again by the next one.
        let _ = remove(&path);
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => fs::remove_file(path),
        done => done,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names.iter().map(|name| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_is_taken_is_out_of_sight_and_what_was_left_goes_too() {
        let top = std::env::temp_dir().join(format!("gantry-trash-{}", std::process::id()));
        let (here, there) = (top.join("here"), top.join("there"));
        fs::create_dir_all(there.join("left by another/deep")).unwrap();
        fs::write(there.join("a file"), "").unwrap();
        for name in ["one", "two"] {
            fs::create_dir_all(here.join(name).join("below")).unwrap();
            fs::write(here.join(name).join("below/file"), "x").unwrap();
        }
        let trash = Trash::open(there.clone()).unwrap();
        trash.take(&here.join("one"), None).unwrap();
        assert_eq!(names(&here), ["two"]);
        trash.take(&here.join("one"), None).unwrap();
        // The name it would have is taken, by something that cannot be replaced.
        fs::create_dir_all(there.join("two.2/in the way")).unwrap();
        trash.take(&here.join("two"), Some("nothing")).unwrap();
        assert!(names(&here).is_empty());
        drop(trash);
        assert_eq!(names(&there), ["two.2"]);
        drop(Trash::open(there.clone()).unwrap());
        assert!(names(&there).is_empty());
        fs::remove_dir_all(top).unwrap();
    }
}
