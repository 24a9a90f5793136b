//! Blocks: some lines of one stream in their order, packed.
//!
//! Unpacked, a block is the length of its table, the table (four numbers a line, as differences from the line before)
//! and all messages one after the other. Packed, it is that under zstd. What does not add up is damage, never a panic.

use super::segment::Segment;
use super::varint::{get, put, unzigzag, zigzag};
use crate::Position;
use base::Timestamp;
use std::io;
use std::sync::Arc;

/// Unpacked bytes at which a block is full.
pub const FULL_BYTES: usize = 256 << 10;
/// Lines at which a block is full.
pub const FULL_LINES: usize = 16_384;
/// No block unpacks to more: the longest message is far below.
const MAX_RAW: usize = 64 << 20;
const LEVEL: i32 = 1;

/// Where a block is and what it has.
#[derive(Clone, Debug)]
pub struct Block {
    pub segment: Arc<Segment>,
    pub offset: u64,
    pub len: u32,
    pub crc: u32,
    /// Bytes of messages.
    pub said: u32,
    pub first: Position,
    pub last: Position,
}

/// One line as it goes into a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    pub at: Position,
    pub ingested: Timestamp,
    pub message: &'a str,
}

/// Packs lines, which come in their order.
pub fn pack(rows: &[Row<'_>]) -> io::Result<Vec<u8>> {
    let mut table = Vec::with_capacity(rows.len() * 6);
    let (mut at, mut arrival, mut ingested) = (0i64, 0u64, 0i64);
    for row in rows {
        let time = row.at.time().millis();
        put(&mut table, zigzag(time.wrapping_sub(at)));
        put(&mut table, zigzag(row.at.arrival().wrapping_sub(arrival) as i64));
        put(&mut table, zigzag(row.ingested.millis().wrapping_sub(ingested)));
        put(&mut table, row.message.len() as u64);
        (at, arrival, ingested) = (time, row.at.arrival(), row.ingested.millis());
    }
    let text: usize = rows.iter().map(|row| row.message.len()).sum();
    let mut raw = Vec::with_capacity(table.len() + text + 10);
    put(&mut raw, table.len() as u64);
    raw.extend_from_slice(&table);
    for row in rows {
        raw.extend_from_slice(row.message.as_bytes());
    }
    zstd::bulk::compress(&raw, LEVEL)
}

/// A block, unpacked.
#[derive(Debug)]
pub struct Unpacked {
    raw: Vec<u8>,
    table: std::ops::Range<usize>,
}

/// One line's place in an unpacked block.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub at: Position,
    pub ingested: Timestamp,
    start: usize,
    end: usize,
}

pub fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Unpacked {
    pub fn new(packed: &[u8]) -> io::Result<Self> {
        let size = zstd::zstd_safe::get_frame_content_size(packed);
        let size = size.ok().flatten().and_then(|size| usize::try_from(size).ok());
        let size = size
            .filter(|size| *size <= MAX_RAW)
            .ok_or_else(|| damaged("a block has no size"))?;
        let raw = zstd::bulk::decompress(packed, size)?;
        let mut rest = &raw[..];
        let table = get(&mut rest).and_then(|n| usize::try_from(n).ok());
        let table = table
            .filter(|n| *n <= rest.len())
            .ok_or_else(|| damaged("a block has no table"))?;
        let start = raw.len() - rest.len();
        Ok(Unpacked {
            table: start..start + table,
            raw,
        })
    }

    /// All messages, one after the other.
    pub fn text(&self) -> &[u8] {
        &self.raw[self.table.end..]
    }

    pub fn message(&self, place: &Place) -> io::Result<&str> {
        let bytes = self.text().get(place.start..place.end).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| damaged("a message is not text"))
    }

    /// Every line's place, in their order.
    pub fn places(&self) -> io::Result<Vec<Place>> {
        let mut table = &self.raw[self.table.clone()];
        let mut places = Vec::new();
        let (mut at, mut arrival, mut ingested, mut start) = (0i64, 0u64, 0i64, 0usize);
        let cut = || damaged("a block's table is cut off");
        while !table.is_empty() {
            at = at.wrapping_add(unzigzag(get(&mut table).ok_or_else(cut)?));
            arrival = arrival.wrapping_add(unzigzag(get(&mut table).ok_or_else(cut)?) as u64);
            ingested = ingested.wrapping_add(unzigzag(get(&mut table).ok_or_else(cut)?));
            let len = get(&mut table).and_then(|n| usize::try_from(n).ok()).ok_or_else(cut)?;
            let end = start
                .checked_add(len)
                .filter(|end| *end <= self.text().len())
                .ok_or_else(cut)?;
            places.push(Place {
                at: Position::new(Timestamp(at), arrival),
                ingested: Timestamp(ingested),
                start,
                end,
            });
            start = end;
        }
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_packed_unpacks(lines in prop::collection::vec((0i64..1 << 44, 0u64..1 << 40, 0i64..1 << 44, ".{0,40}"), 0..50)) {
            let rows: Vec<Row<'_>> = lines.iter().map(|(at, arrival, ingested, message)| Row {
                at: Position::new(Timestamp(*at), *arrival), ingested: Timestamp(*ingested), message,
            }).collect();
            let block = Unpacked::new(&pack(&rows).unwrap()).unwrap();
            let places = block.places().unwrap();
            let back: Vec<Row<'_>> = places.iter().map(|p| Row {
                at: p.at, ingested: p.ingested, message: block.message(p).unwrap(),
            }).collect();
            prop_assert_eq!(back, rows);
        }

        #[test]
        fn noise_is_damage(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(block) = Unpacked::new(&bytes) {
                let _ = block.places().map(|places| places.iter().all(|p| block.message(p).is_ok()));
            }
            // And as the contents of a frame that is whole:
            let block = Unpacked::new(&zstd::bulk::compress(&bytes, 1).unwrap());
            if let Ok(block) = block {
                let _ = block.places().map(|places| places.iter().all(|p| block.message(p).is_ok()));
            }
        }
    }
}
