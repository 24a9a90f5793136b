//! A container's output on its way from the keeper to whoever ships it.
//!
//! For: records in bounded files that survive the death of their reader, and the rules of who waits for whom.
//!
//! Words: a *record* is one line or a part of one; a *segment* is a file of records named by a rising number; a
//! *position* is a place between two records; *acknowledged* records will not be asked for again, and segments that
//! are acknowledged as a whole are deleted by the reader, which is also how the writer learns that there is room.
//!
//! A record is: 1 byte stream (`o` standard output, `e` standard error, `l` lost), 1 byte `F` (ends with a line feed,
//! which is not kept) or `P` (cut at 16 KiB, or the output ended), 8 bytes nanoseconds since 1970, 4 bytes length, the
//! bytes. Numbers are little endian. The bytes of a lost record are 8: how many records were dropped before it.
//!
//! Must never know: log drivers, and where records go.

mod reader;
mod writer;

pub use reader::{Batch, LogReader};
pub use writer::LogWriter;

use crate::runtime::Nanos;
use std::io;
use std::path::{Path, PathBuf};

/// Longer lines come in parts of this.
pub const MAX_RECORD_BYTES: usize = 16 * 1024;
const MAX_SEGMENT_BYTES: u64 = 1 << 20;
const HEADER_BYTES: usize = 14;
/// Less than this between writer and reader would mean a file for every line.
pub const MIN_UNREAD_BYTES: u64 = 128 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    Line {
        stream: Stream,
        /// More of the same line follows in the stream's next record, or the output ended without a line feed.
        partial: bool,
        at: Nanos,
        bytes: Vec<u8>,
    },
    /// So many records were dropped here, because nobody read in time or the disk was full.
    Lost { at: Nanos, records: u64 },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub segment: u64,
    pub offset: u64,
}

fn append(out: &mut Vec<u8>, stream: u8, partial: bool, at: Nanos, bytes: &[u8]) {
    out.push(stream);
    out.push(if partial { b'P' } else { b'F' });
    out.extend_from_slice(&at.0.to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// The first record of `data` and its length there. None: not all of it is there (yet).
fn parse(data: &[u8]) -> io::Result<Option<(Record, usize)>> {
    let Some((header, rest)) = data.split_at_checked(HEADER_BYTES) else {
        return Ok(None);
    };
    let at = Nanos(u64::from_le_bytes(header[2..10].try_into().expect("eight bytes")));
    let len = u32::from_le_bytes(header[10..14].try_into().expect("four bytes")) as usize;
    if len > MAX_RECORD_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a record longer than records can be",
        ));
    }
    let Some(bytes) = rest.get(..len) else {
        return Ok(None);
    };
    let line = |stream| Record::Line {
        stream,
        partial: header[1] == b'P',
        at,
        bytes: bytes.to_vec(),
    };
    let record = match (header[0], <[u8; 8]>::try_from(bytes)) {
        (b'o', _) => line(Stream::Out),
        (b'e', _) => line(Stream::Err),
        (b'l', Ok(count)) => Record::Lost {
            at,
            records: u64::from_le_bytes(count),
        },
        _ => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a record of an unknown kind",
            ));
        }
    };
    Ok(Some((record, HEADER_BYTES + len)))
}

fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:06}"))
}

/// All segments with their sizes, oldest first.
fn segments(dir: &Path) -> io::Result<Vec<(u64, u64)>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        // One that is deleted meanwhile is not there.
        if let (Some(number), Ok(meta)) = (number, entry.metadata()) {
            all.push((number, meta.len()));
        }
    }
    all.sort_unstable();
    Ok(all)
}

#[cfg(test)]
mod tests;
