//! Segments: files of blocks, written once.
//!
//! A segment is a mark, blocks, an index of the blocks, and a tail that says where the index is. It counts only when
//! the catalog names it, so one that was cut off by a crash is swept away.

use super::block::{self, Block, FULL_BYTES, FULL_LINES, Row, Unpacked, damaged};
use super::state::StreamId;
use super::varint::{get, put};
use crate::Position;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

const MARK: &[u8; 8] = b"GTYLOGS1";
/// Offset, length and checksum of the index, then the mark again.
const TAIL: usize = 8 + 8 + 4 + 8;

#[derive(Debug)]
pub struct Segment {
    pub id: u64,
    data: Data,
    pub len: u64,
}

#[derive(Debug)]
enum Data {
    File(File),
    Memory(Vec<u8>),
}

impl Segment {
    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        match &self.data {
            Data::File(file) => {
                let mut bytes = vec![0; len];
                file.read_exact_at(&mut bytes, offset)?;
                Ok(bytes)
            }
            Data::Memory(all) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let part = all.get(start..).and_then(|rest| rest.get(..len));
                part.map(<[u8]>::to_vec).ok_or_else(|| damaged("a segment is cut off"))
            }
        }
    }
}

impl Block {
    pub fn open(&self) -> io::Result<Unpacked> {
        let packed = self.segment.read(self.offset, self.len as usize)?;
        if crc32fast::hash(&packed) != self.crc {
            return Err(damaged("a block's checksum does not fit"));
        }
        Unpacked::new(&packed)
    }
}

/// A segment in the making. Lines of one stream come in their order, one stream after the other.
pub struct Maker {
    out: Out,
    at: u64,
    index: Vec<(StreamId, Part)>,
}

/// A block but for its segment, which is not there yet.
#[derive(Clone, Debug)]
struct Part {
    offset: u64,
    len: u32,
    crc: u32,
    said: u32,
    first: Position,
    last: Position,
}

enum Out {
    File(io::BufWriter<File>),
    Memory(Vec<u8>),
}

/// The finished segment and its blocks by stream.
pub type Made = (Arc<Segment>, BTreeMap<StreamId, Vec<Block>>);

impl Maker {
    pub fn memory() -> Self {
        Maker {
            out: Out::Memory(MARK.to_vec()),
            at: MARK.len() as u64,
            index: Vec::new(),
        }
    }

    pub fn file(path: &Path) -> io::Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)?;
        let mut out = io::BufWriter::with_capacity(1 << 20, file);
        out.write_all(MARK)?;
        Ok(Maker {
            out: Out::File(out),
            at: MARK.len() as u64,
            index: Vec::new(),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        match &mut self.out {
            Out::File(file) => file.write_all(bytes),
            Out::Memory(all) => all.write_all(bytes),
        }
    }

    /// Adds a stream's lines, in as many blocks as they need.
    pub fn add(&mut self, id: StreamId, rows: &[Row<'_>]) -> io::Result<()> {
        let (mut start, mut bytes) = (0, 0);
        for (i, row) in rows.iter().enumerate() {
            bytes += row.message.len() + 8;
            if bytes >= FULL_BYTES || i + 1 - start >= FULL_LINES || i + 1 == rows.len() {
                self.block(id, &rows[start..=i])?;
                (start, bytes) = (i + 1, 0);
            }
        }
        Ok(())
    }

    fn block(&mut self, id: StreamId, rows: &[Row<'_>]) -> io::Result<()> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(());
        };
        let packed = block::pack(rows)?;
        let small = |n: usize| u32::try_from(n).map_err(|_| damaged("a block is too large"));
        let part = Part {
            offset: self.at,
            len: small(packed.len())?,
            crc: crc32fast::hash(&packed),
            said: small(rows.iter().map(|row| row.message.len()).sum())?,
            first: first.at,
            last: last.at,
        };
        self.write(&packed)?;
        self.index.push((id, part));
        Ok(())
    }

    /// Writes index and tail, and in a file makes all of it durable.
    pub fn finish(mut self, id: u64) -> io::Result<Made> {
        let mut bytes = Vec::new();
        put(&mut bytes, self.index.len() as u64);
        for (stream, part) in &self.index {
            put(&mut bytes, *stream);
            put(&mut bytes, part.offset);
            for n in [part.len, part.crc, part.said] {
                put(&mut bytes, u64::from(n));
            }
            for position in [part.first, part.last] {
                bytes.extend_from_slice(&position.0.to_le_bytes());
            }
        }
        let mut tail = self.at.to_le_bytes().to_vec();
        tail.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        tail.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        tail.extend_from_slice(MARK);
        self.write(&bytes)?;
        self.write(&tail)?;
        let data = match self.out {
            Out::Memory(all) => Data::Memory(all),
            Out::File(file) => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.sync_data()?;
                Data::File(file)
            }
        };
        let segment = Arc::new(Segment { id, data, len: self.at });
        Ok((Arc::clone(&segment), by_stream(&segment, self.index)))
    }
}

fn by_stream(segment: &Arc<Segment>, index: Vec<(StreamId, Part)>) -> BTreeMap<StreamId, Vec<Block>> {
    let mut all: BTreeMap<StreamId, Vec<Block>> = BTreeMap::new();
    for (stream, part) in index {
        all.entry(stream).or_default().push(Block {
            segment: Arc::clone(segment),
            offset: part.offset,
            len: part.len,
            crc: part.crc,
            said: part.said,
            first: part.first,
            last: part.last,
        });
    }
    all
}

/// Opens a segment that was finished before.
pub fn open(path: &Path, id: u64) -> io::Result<Made> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    let segment = Arc::new(Segment {
        id,
        data: Data::File(file),
        len,
    });
    let short = || damaged("a segment is cut off");
    let tail_at = len.checked_sub(TAIL as u64).ok_or_else(short)?;
    let tail = segment.read(tail_at, TAIL)?;
    let number = |at: usize| u64::from_le_bytes(tail[at..at + 8].try_into().expect("eight bytes"));
    let (at, size) = (number(0), number(8));
    let crc = u32::from_le_bytes(tail[16..20].try_into().expect("four bytes"));
    if &tail[20..] != MARK || at.checked_add(size) != Some(tail_at) {
        return Err(short());
    }
    let bytes = segment.read(at, usize::try_from(size).map_err(|_| short())?)?;
    if crc32fast::hash(&bytes) != crc {
        return Err(damaged("a segment's index does not fit its checksum"));
    }
    let index = read_index(&bytes).ok_or_else(|| damaged("a segment's index does not read"))?;
    Ok((Arc::clone(&segment), by_stream(&segment, index)))
}

fn read_index(mut bytes: &[u8]) -> Option<Vec<(StreamId, Part)>> {
    let input = &mut bytes;
    let count = get(input)?;
    let mut index = Vec::new();
    for _ in 0..count {
        let (stream, offset) = (get(input)?, get(input)?);
        let mut small = [0u32; 3];
        for n in &mut small {
            *n = u32::try_from(get(input)?).ok()?;
        }
        let mut positions = [Position::FIRST; 2];
        for position in &mut positions {
            let (head, rest) = input.split_first_chunk::<16>()?;
            *input = rest;
            *position = Position(u128::from_le_bytes(*head));
        }
        let [len, crc, said] = small;
        let [first, last] = positions;
        index.push((
            stream,
            Part {
                offset,
                len,
                crc,
                said,
                first,
                last,
            },
        ));
    }
    Some(index)
}
