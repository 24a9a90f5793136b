//! Keeping house: what stays of tasks on purpose must not fill the disk. That is logs that were kept here, and images.

use super::Machine;
use base::Timestamp;
use images::Thresholds;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::{Notify, watch};

/// Between two rounds, as ECS's own agent.
const EVERY: Duration = Duration::from_secs(30 * 60);
/// So many tasks that were taken away make a round come sooner.
const MANY_TASKS: u32 = 64;

/// How much of the logs that are kept here stays after their tasks are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    age_ms: i64,
    bytes: u64,
    tasks: usize,
}

const BOUNDS: Bounds = Bounds {
    age_ms: 7 * 24 * 60 * 60 * 1000,
    bytes: 1 << 30,
    tasks: 10_000,
};

/// When to do it.
#[derive(Debug, Default)]
pub(crate) struct House {
    left: AtomicU32,
    soon: Notify,
}

impl House {
    /// A task left its logs here.
    pub fn left_logs(&self) {
        if self.left.fetch_add(1, Ordering::Relaxed) + 1 >= MANY_TASKS {
            self.soon.notify_one();
        }
    }
}

impl Machine {
    /// Rounds, until `stopped`.
    pub async fn keep_house(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        loop {
            self.house.left.store(0, Ordering::Relaxed);
            let (logs, now) = (self.paths.logs(), self.clock.now());
            let tidied = tokio::task::spawn_blocking(move || tidy(&logs, now, BOUNDS)).await;
            if let Err(error) = tidied.expect("looking at files does not panic, and is not cancelled") {
                tracing::warn!(%error, "old logs of tasks cannot be taken away");
            }
            if let Err(error) = self.images.gc(Thresholds::default(), now).await {
                tracing::warn!(%error, "images that nobody uses cannot be taken away");
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.house.soon.notified() => {}
                _ = stopped.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// For a pull that found the disk full: all images go that nobody uses and a registry has.
    pub(super) async fn make_room(&self) {
        let all = Thresholds {
            imported: false,
            ..Thresholds::everything()
        };
        match self.images.gc(all, self.clock.now()).await {
            Ok(gone) => tracing::warn!(
                images = gone.references.len(),
                bytes = gone.bytes,
                "the disk is full: images that nobody uses were taken away"
            ),
            Err(error) => tracing::error!(%error, "the disk is full, and images cannot be taken away"),
        }
    }
}

/// What one task left.
#[derive(Clone, Debug)]
struct Left {
    path: PathBuf,
    at: Timestamp,
    bytes: u64,
}

fn tidy(dir: &Path, now: Timestamp, bounds: Bounds) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry?;
        let modified = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH);
        all.push(Left {
            at: Timestamp(modified.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))),
            bytes: bytes(&entry.path())?,
            path: entry.path(),
        });
    }
    for path in too_much(all, now, bounds) {
        fs::remove_dir_all(path)?;
    }
    Ok(())
}

/// Of all files below.
fn bytes(dir: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        sum += match entry.file_type()?.is_dir() {
            true => bytes(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(sum)
}

/// What has to go: the oldest, until the rest is within bounds.
fn too_much(mut all: Vec<Left>, now: Timestamp, bounds: Bounds) -> Vec<PathBuf> {
    all.sort_by_key(|left| std::cmp::Reverse(left.at));
    let mut sum = 0u64;
    let stays = all.iter().enumerate().take_while(|(n, left)| {
        sum = sum.saturating_add(left.bytes);
        *n < bounds.tasks && sum <= bounds.bytes && now.since(left.at) <= bounds.age_ms
    });
    let stays = stays.count();
    all.into_iter().skip(stays).map(|left| left.path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Bounds = Bounds {
        age_ms: 1000,
        bytes: 1000,
        tasks: 100,
    };

    fn gone(bounds: Bounds) -> Vec<String> {
        let left = |(name, at, bytes): (&str, i64, u64)| Left {
            path: PathBuf::from(name),
            at: Timestamp(at),
            bytes,
        };
        let all = [("b", 200, 20), ("c", 300, 30), ("a", 100, 10)].map(left);
        let mut gone: Vec<String> = too_much(all.to_vec(), Timestamp(400), bounds)
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        gone.sort();
        gone
    }

    #[test]
    fn the_oldest_go_until_the_rest_is_within_each_bound() {
        assert!(gone(WIDE).is_empty());
        assert_eq!(gone(Bounds { age_ms: 250, ..WIDE }), ["a"]);
        assert_eq!(gone(Bounds { bytes: 59, ..WIDE }), ["a"]);
        assert_eq!(gone(Bounds { bytes: 49, ..WIDE }), ["a", "b"]);
        assert_eq!(gone(Bounds { tasks: 1, ..WIDE }), ["a", "b"]);
        assert_eq!(gone(Bounds { bytes: 0, ..WIDE }), ["a", "b", "c"]);
    }

    #[test]
    fn files_are_counted_and_taken_away() {
        let dir = std::env::temp_dir().join(format!("gantry-house-{}", std::process::id()));
        for (task, size) in [("one", 10), ("two", 3000)] {
            let run = dir.join(task).join("app").join("run");
            fs::create_dir_all(&run).unwrap();
            fs::write(run.join("000000"), vec![0; size]).unwrap();
        }
        // What was written right now is never older than now, so only the bytes can be too many.
        let names = || fs::read_dir(&dir).unwrap().count();
        assert_eq!(bytes(&dir).unwrap(), 3010);
        tidy(&dir, Timestamp(0), Bounds { bytes: 5000, ..WIDE }).unwrap();
        assert_eq!(names(), 2);
        tidy(&dir, Timestamp(0), Bounds { bytes: 0, ..WIDE }).unwrap();
        assert_eq!(names(), 0);
        fs::remove_dir_all(&dir).unwrap();
        tidy(&dir, Timestamp(0), WIDE).unwrap();
    }
}
