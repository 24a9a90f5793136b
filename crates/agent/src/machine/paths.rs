//! Where the node keeps what.

use crate::work::Work;
use link::plan::Volume;
use std::path::{Path, PathBuf};

/// The node's own directory and what is in it.
#[derive(Clone, Debug)]
pub struct Paths(PathBuf);

impl Paths {
    pub fn new(dir: &Path) -> Paths {
        Paths(dir.to_path_buf())
    }

    /// One file for each work.
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// The runtime's own.
    pub fn containers(&self) -> PathBuf {
        self.0.join("containers")
    }

    pub fn network(&self) -> PathBuf {
        self.0.join("network")
    }

    pub fn tasks(&self) -> PathBuf {
        self.0.join("tasks")
    }

    /// Where that goes at its end, to be taken away when nobody waits.
    pub fn gone(&self) -> PathBuf {
        self.0.join("tasks.gone")
    }

    /// All that a task has here, gone with it.
    pub fn task(&self, work: &Work) -> PathBuf {
        self.tasks().join(&work.assigned.id)
    }

    pub fn part(&self, work: &Work, part: usize) -> PathBuf {
        self.task(work).join(part.to_string())
    }

    /// The container's changes to its image.
    pub fn writable(&self, work: &Work, part: usize) -> PathBuf {
        self.part(work, part).join("root")
    }

    /// Holds all writable layers of a task whose storage is limited.
    pub fn storage_file(&self, work: &Work) -> PathBuf {
        self.task(work).join("storage.img")
    }

    /// Empty file systems, to be copied.
    pub fn templates(&self) -> PathBuf {
        self.0.join("templates")
    }

    pub fn file(&self, work: &Work, part: usize, name: &str) -> PathBuf {
        self.part(work, part).join(name)
    }

    pub fn volume(&self, work: &Work, volume: &Volume) -> PathBuf {
        if volume.shared {
            self.0.join("volumes").join(&volume.name)
        } else {
            self.task(work).join("volumes").join(&volume.name)
        }
    }

    pub fn anonymous_volume(&self, work: &Work, part: usize, nth: usize) -> PathBuf {
        self.part(work, part).join(format!("volume-{nth}"))
    }

    /// What containers said that keep their logs here.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// Values that task definitions name as secrets, one file each.
    pub fn secrets(&self) -> PathBuf {
        self.0.join("secrets")
    }
}
