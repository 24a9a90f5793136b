//! The shipper's side: records out, in order, from where it was left.

use super::{Position, Record, parse, segment_path, segments};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use tokio::io::unix::AsyncFd;

/// So much is read from the disk at a time, at least one record.
const READ_BYTES: usize = 64 * 1024;

/// Reads one container's records. There should be one reader to acknowledge; there may be others that do not.
pub struct LogReader {
    dir: PathBuf,
    at: Position,
    file: Option<(u64, File)>,
    watch: Option<AsyncFd<rustix::fd::OwnedFd>>,
}

/// What was read, and where one would go on.
#[derive(Debug)]
pub struct Batch {
    pub records: Vec<Record>,
    pub next: Position,
    /// Nothing will come any more.
    pub end: bool,
}

impl LogReader {
    /// Goes on where the last reader acknowledged, or begins with the oldest there is.
    pub fn open(log_dir: &Path) -> LogReader {
        let at = read_position(log_dir).unwrap_or_default();
        LogReader::open_at(log_dir, at)
    }

    pub fn open_at(log_dir: &Path, at: Position) -> LogReader {
        LogReader {
            dir: log_dir.to_owned(),
            at,
            file: None,
            watch: None,
        }
    }

    pub fn position(&self) -> Position {
        self.at
    }

    /// Whether the container is over, so that what is there now is all.
    pub fn ended(&self) -> bool {
        ended(&self.dir)
    }

    /// What is there now, up to some 64 KiB; may be nothing.
    pub fn read(&mut self) -> io::Result<Vec<Record>> {
        loop {
            self.open_current()?;
            let Some((_, file)) = &self.file else {
                return Ok(Vec::new());
            };
            // Looked at before reading: what is in this segment by then is all that will ever be, if there is a next.
            let more = segments(&self.dir)?
                .iter()
                .map(|(number, _)| *number)
                .find(|number| *number > self.at.segment);
            let mut data = vec![0; READ_BYTES];
            let mut got = 0;
            while got < data.len() {
                match file.read_at(&mut data[got..], self.at.offset + got as u64)? {
                    0 => break,
                    n => got += n,
                }
            }
            let mut records = Vec::new();
            let mut used = 0;
            while let Some((record, bytes)) = parse(&data[used..got])? {
                records.push(record);
                used += bytes;
            }
            self.at.offset += used as u64;
            match more {
                _ if !records.is_empty() => return Ok(records),
                None => return Ok(records),
                Some(next) => {
                    self.at = Position {
                        segment: next,
                        offset: 0,
                    }
                }
            }
        }
    }

    /// Waits until there is something, or nothing will come any more.
    pub async fn next(&mut self) -> io::Result<Batch> {
        loop {
            // Watch before looking, and look at the end before reading: nothing can fall between.
            if self.watch.is_none() {
                self.watch = Some(watch(&self.dir)?);
            }
            let end = ended(&self.dir);
            let records = self.read()?;
            if !records.is_empty() || end {
                return Ok(Batch {
                    end: end && records.is_empty(),
                    records,
                    next: self.at,
                });
            }
            let watch = self.watch.as_ref().expect("made above");
            let mut ready = watch.readable().await?;
            let mut events = [0; 4096];
            while rustix::io::read(watch.get_ref(), &mut events).is_ok_and(|n| n > 0) {}
            ready.clear_ready();
        }
    }

    /// Records before `position` will not be asked for again, not even after a crash.
    pub fn acknowledge(&mut self, position: Position) -> io::Result<()> {
        let beside = self.dir.join(".position");
        let noted = fs::write(&beside, format!("{} {}\n", position.segment, position.offset))
            .and_then(|()| fs::rename(beside, self.dir.join("position")));
        // Also when it could not be noted, for want of room: this makes some.
        for (number, _) in segments(&self.dir)?
            .into_iter()
            .filter(|(number, _)| *number < position.segment)
        {
            match fs::remove_file(segment_path(&self.dir, number)) {
                Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
                _ => {}
            }
        }
        noted
    }

    /// The file to read, or the oldest after it when that is gone.
    fn open_current(&mut self) -> io::Result<()> {
        if self.file.as_ref().is_none_or(|(number, _)| *number != self.at.segment) {
            let opened = match File::open(segment_path(&self.dir, self.at.segment)) {
                Err(why) if why.kind() == io::ErrorKind::NotFound => {
                    let there = segments(&self.dir).unwrap_or_default();
                    let Some((oldest, _)) = there.into_iter().find(|(number, _)| *number > self.at.segment) else {
                        return Ok(());
                    };
                    self.at = Position {
                        segment: oldest,
                        offset: 0,
                    };
                    File::open(segment_path(&self.dir, oldest))?
                }
                other => other?,
            };
            self.file = Some((self.at.segment, opened));
        }
        Ok(())
    }
}

fn read_position(dir: &Path) -> Option<Position> {
    let text = fs::read_to_string(dir.join("position")).ok()?;
    let (segment, offset) = text.trim().split_once(' ')?;
    Some(Position {
        segment: segment.parse().ok()?,
        offset: offset.parse().ok()?,
    })
}

/// The container's end is put beside the directory of its log, after the last record.
fn ended(log_dir: &Path) -> bool {
    let beside = |name: &str| log_dir.parent().is_none_or(|dir| dir.join(name).exists());
    beside("exit") || beside("lost")
}

fn watch(log_dir: &Path) -> io::Result<AsyncFd<rustix::fd::OwnedFd>> {
    let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    inotify::add_watch(
        &fd,
        log_dir,
        WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::DELETE_SELF,
    )?;
    if let Some(dir) = log_dir.parent() {
        inotify::add_watch(&fd, dir, WatchFlags::MOVED_TO | WatchFlags::DELETE_SELF)?;
    }
    // Its successor is unsafe because a type may change its descriptor under way; an OwnedFd cannot.
    #[allow(deprecated)]
    AsyncFd::new(fd)
}
