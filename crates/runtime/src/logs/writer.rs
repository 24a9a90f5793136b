//! The keeper's side: bytes in, records on the disk, never more than agreed.

use super::{HEADER_BYTES, MAX_RECORD_BYTES, MAX_SEGMENT_BYTES, MIN_UNREAD_BYTES, Stream};
use super::{append, segment_path, segments};
use crate::runtime::Nanos;
use crate::spec::LogMode;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// So much is gathered before it is written.
const GATHER_BYTES: usize = 32 * 1024;

pub struct LogWriter {
    dir: PathBuf,
    mode: LogMode,
    segment_bytes: u64,
    /// What is on the disk, oldest first; the last one is being written.
    segments: VecDeque<(u64, u64)>,
    file: File,
    /// Records that are not written yet, and how many they are.
    gathered: Vec<u8>,
    gathered_records: u64,
    /// The beginnings of lines whose ends have not come: of output and of errors.
    begun: [Vec<u8>; 2],
    lost: u64,
}

impl LogWriter {
    /// Goes on after what is in `dir`, which must exist.
    pub fn open(dir: PathBuf, mode: LogMode) -> io::Result<LogWriter> {
        let segment_bytes = match mode {
            LogMode::Blocking { max_bytes } | LogMode::NonBlocking { max_bytes } => max_bytes.max(MIN_UNREAD_BYTES) / 4,
            LogMode::Keep { max_bytes, .. } => max_bytes.max(2 * MAX_RECORD_BYTES as u64),
        };
        let mut segments: VecDeque<_> = segments(&dir)?.into();
        let number = segments.back().map_or(0, |(number, _)| number + 1);
        let file = create(&dir, number)?;
        segments.push_back((number, 0));
        Ok(LogWriter {
            dir,
            mode,
            segment_bytes: segment_bytes.min(MAX_SEGMENT_BYTES),
            segments,
            file,
            gathered: Vec::new(),
            gathered_records: 0,
            begun: [Vec::new(), Vec::new()],
            lost: 0,
        })
    }

    /// What a stream said, in any pieces.
    pub fn feed(&mut self, stream: Stream, mut bytes: &[u8], at: Nanos) {
        let (tag, index) = match stream {
            Stream::Out => (b'o', 0),
            Stream::Err => (b'e', 1),
        };
        while !bytes.is_empty() {
            let mut begun = std::mem::take(&mut self.begun[index]);
            let room = MAX_RECORD_BYTES - begun.len();
            let window = &bytes[..bytes.len().min(room + 1)];
            match memchr::memchr(b'\n', window) {
                Some(end) if begun.is_empty() => self.record(tag, false, at, &bytes[..end]),
                Some(end) => {
                    begun.extend_from_slice(&bytes[..end]);
                    self.record(tag, false, at, &begun);
                    begun.clear();
                }
                None if window.len() > room => {
                    begun.extend_from_slice(&bytes[..room]);
                    self.record(tag, true, at, &begun);
                    begun.clear();
                }
                None => begun.extend_from_slice(window),
            }
            let used = match memchr::memchr(b'\n', window) {
                Some(end) => end + 1,
                None => window.len().min(room),
            };
            bytes = &bytes[used..];
            self.begun[index] = begun;
        }
        self.flush();
    }

    /// The output is over: lines without an end are written as they are.
    pub fn finish(&mut self, at: Nanos) {
        for (index, tag) in [(0, b'o'), (1, b'e')] {
            let begun = std::mem::take(&mut self.begun[index]);
            if !begun.is_empty() {
                self.record(tag, true, at, &begun);
            }
        }
        self.tell_lost(at);
        self.flush();
    }

    /// Whether the container should wait for its reader.
    pub fn full(&self) -> bool {
        matches!(self.mode, LogMode::Blocking { max_bytes } if self.unread() >= max_bytes.max(MIN_UNREAD_BYTES))
    }

    /// Whether a reader could delete something: it never does the segment that is being written.
    pub fn may_be_deleted(&self) -> bool {
        self.segments.len() > 1 && !matches!(self.mode, LogMode::Keep { .. })
    }

    /// Looks which segments the reader has left.
    pub fn recount(&mut self) {
        if let Ok(there) = segments(&self.dir) {
            let oldest = there.first().map_or(u64::MAX, |(number, _)| *number);
            while self.segments.len() > 1 && self.segments[0].0 < oldest {
                self.segments.pop_front();
            }
        }
    }

    /// Deletes the oldest part, for something that matters more.
    pub fn give_room(&mut self) {
        if let Some((oldest, _)) = self.segments.pop_front() {
            let _ = std::fs::remove_file(segment_path(&self.dir, oldest));
        }
    }

    fn unread(&self) -> u64 {
        self.segments.iter().map(|(_, bytes)| bytes).sum::<u64>() + self.gathered.len() as u64
    }

    fn record(&mut self, tag: u8, partial: bool, at: Nanos, bytes: &[u8]) {
        let bytes_more = (HEADER_BYTES + bytes.len()) as u64;
        if let LogMode::NonBlocking { max_bytes } = self.mode
            && self.unread() + bytes_more > max_bytes.max(MIN_UNREAD_BYTES)
        {
            self.lost += 1;
            return;
        }
        self.tell_lost(at);
        let (_, written) = *self.segments.back().expect("there is always a segment being written");
        if written + self.gathered.len() as u64 + bytes_more > self.segment_bytes {
            self.flush();
            self.rotate();
        }
        append(&mut self.gathered, tag, partial, at, bytes);
        self.gathered_records += 1;
        if self.gathered.len() >= GATHER_BYTES {
            self.flush();
        }
    }

    fn tell_lost(&mut self, at: Nanos) {
        if self.lost > 0 {
            append(&mut self.gathered, b'l', false, at, &self.lost.to_le_bytes());
            self.lost = 0;
        }
    }

    /// A write that fails (the disk is full) takes its records with it, counted, and leaves the segment whole.
    fn flush(&mut self) {
        if self.gathered.is_empty() {
            return;
        }
        let last = self
            .segments
            .back_mut()
            .expect("there is always a segment being written");
        match self.file.write_all(&self.gathered) {
            Ok(()) => last.1 += self.gathered.len() as u64,
            Err(_) => {
                self.lost += self.gathered_records;
                let _ = self.file.set_len(last.1);
            }
        }
        self.gathered.clear();
        self.gathered_records = 0;
    }

    fn rotate(&mut self) {
        let (number, _) = *self.segments.back().expect("there is always a segment being written");
        let Ok(file) = create(&self.dir, number + 1) else {
            return; // no room for a new file: go on in the old one, which is bounded by the disk then
        };
        self.file = file;
        self.segments.push_back((number + 1, 0));
        if let LogMode::Keep { max_bytes, max_files } = self.mode {
            let keep = max_bytes.saturating_mul(max_files.into()).max(2 * self.segment_bytes);
            while self.segments.len() > 1 && self.unread() + self.segment_bytes > keep {
                if let Some((oldest, _)) = self.segments.pop_front() {
                    let _ = std::fs::remove_file(segment_path(&self.dir, oldest));
                }
            }
        }
    }
}

fn create(dir: &std::path::Path, number: u64) -> io::Result<File> {
    // Appending, so that what follows a write that was taken back stands where it stood.
    OpenOptions::new()
        .append(true)
        .create_new(true)
        .open(segment_path(dir, number))
}
