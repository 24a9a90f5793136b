//! The files of a log: their names and how they begin.
//!
//! `log-<revision>` is a segment, from this revision on; `image-<revision>` is the whole state after it.

use super::bytes::{Bytes, put_version};
use crate::disk::{Disk, Growing};
use crate::{DiskError, OpenError, Revision};
use base::Timestamp;
use std::io::{self, Read};

const FORMAT: u32 = 1;
const TITLE: &[u8; 12] = b"Gantry store";
/// Title, format, and (padded) the version that begins the file.
const BEGINNING: usize = 48;

pub(super) const UNFINISHED: &str = ".tmp";

pub(super) fn segment_name(first: Revision) -> String {
    format!("log-{:020}", first.0)
}

pub(super) fn image_name(rev: Revision) -> String {
    format!("image-{:020}", rev.0)
}

/// The revisions in names of one kind (`log-`, `image-`), lowest first.
pub(super) fn revisions(names: &[String], kind: &str) -> Vec<Revision> {
    let number = |name: &String| name.strip_prefix(kind).filter(|n| n.len() == 20)?.parse().ok();
    let mut found: Vec<Revision> = names.iter().filter_map(number).map(Revision).collect();
    found.sort_unstable();
    found
}

pub(super) fn begin(disk: &dyn Disk, name: &str, rev: Revision, at: Timestamp) -> io::Result<Box<dyn Growing>> {
    let mut beginning = TITLE.to_vec();
    beginning.extend_from_slice(&FORMAT.to_le_bytes());
    put_version(&mut beginning, rev, at);
    beginning.resize(BEGINNING - 4, 0);
    let sum = crc32fast::hash(&beginning);
    beginning.extend_from_slice(&sum.to_le_bytes());
    let mut file = disk.create(name)?;
    file.append(&beginning)?;
    file.sync()?;
    Ok(file)
}

pub(super) const fn beginning_len() -> u64 {
    BEGINNING as u64
}

pub(super) struct Opened {
    pub(super) file: Box<dyn Read + Send>,
    pub(super) size: u64,
    pub(super) rev: Revision,
    pub(super) at: Timestamp,
}

/// Reads a file's beginning; `None` when it was not written whole.
pub(super) fn open(disk: &dyn Disk, name: &str) -> Result<Option<Opened>, OpenError> {
    let failed = |source| OpenError::Disk {
        doing: "reading the store",
        source,
    };
    let size = disk.size(name).map_err(failed)?;
    if size < BEGINNING as u64 {
        return Ok(None);
    }
    let mut file = disk.read(name).map_err(failed)?;
    let mut bytes = [0; BEGINNING];
    file.read_exact(&mut bytes).map_err(failed)?;
    let (bytes, sum) = bytes.split_at(BEGINNING - 4);
    if crc32fast::hash(bytes).to_le_bytes() != sum || !bytes.starts_with(TITLE) {
        return Ok(None);
    }
    let (found, rest) = bytes[TITLE.len()..]
        .split_first_chunk()
        .expect("the beginning is longer than that");
    let found = u32::from_le_bytes(*found);
    if found != FORMAT {
        return Err(OpenError::Format { found, known: FORMAT });
    }
    Ok(Bytes(rest).version().map(|(rev, at)| Opened { file, size, rev, at }))
}

pub(super) fn disk_error(doing: &'static str) -> impl Fn(io::Error) -> DiskError {
    move |source| DiskError { doing, source }
}
