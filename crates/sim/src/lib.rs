//! A whole Gantry in one thread, with weather.
//!
//! For: finding what breaks before anybody's cluster does. Handlers, controllers, simulated nodes and the store run as
//! they are, on a clock, dice and a disk that the simulator owns; so a run is a seed, and a seed is a run.
//!
//! Words: a [`world::World`] is one machine and its server; *weather* is what goes wrong; a [`storm`] is clients and
//! weather together, then calm, then the question whether everything came to rest where it should; a [`story`] is a
//! golden transcript of requests and what became of them.
//!
//! Must never know: the machine's own time, chance or disk (but for the stories and seeds that it reads).

pub mod chance;
pub mod clients;
pub mod executor;
pub mod laws;
pub mod logs;
pub mod news;
pub mod published;
pub mod pushes;
pub mod server;
pub mod storm;
pub mod story;
pub mod trace;
pub mod world;

use std::path::{Path, PathBuf};

/// The stories of this crate, in the order of their names.
pub fn story_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "txt"));
    files.sort();
    files
}

/// Seeds that once broke a law.
pub fn found_seeds() -> Vec<u64> {
    let lines = include_str!("../seeds.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect()
}
