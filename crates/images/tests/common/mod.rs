//! What these tests share: a directory of their own that is gone when they are.

#![allow(dead_code, clippy::unwrap_used)] // each file of tests uses some of it, and is a test throughout

pub mod content;
pub mod fake;

use images::{Images, Settings};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub struct Place(PathBuf);

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Place {
    pub fn new() -> Self {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("gty-images-{}-{n}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        Place(dir)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn images(&self) -> Images {
        self.images_with(Settings::default())
    }

    pub fn images_with(&self, settings: Settings) -> Images {
        Images::open(&self.0.join("images"), settings).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Impatient, so that failing does not take long.
pub fn impatient() -> Settings {
    Settings {
        tries: 3,
        first_wait: Duration::from_millis(1),
        connect_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_millis(300),
        ..Settings::default()
    }
}

/// Names in a directory, sorted.
pub fn names(dir: impl AsRef<Path>) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
