//! The keeper's work: lines from memory into segments, and segments into fewer and better ones.

use super::block::{Block, FULL_BYTES, Row, Unpacked};
use super::head::Head;
use super::segment::{Made, Maker};
use super::state::{State, StreamId};
use crate::Position;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

/// Segments of about one size at which they are made one.
const MERGE: usize = 8;
/// Larger segments are left as they are, unless most of what they hold is gone.
const MERGED_ENOUGH: u64 = 256 << 20;
const SMALLEST: u64 = 1 << 20;

/// The frozen heads, by stream.
pub fn frozen(state: &State) -> Vec<(StreamId, Arc<Head>)> {
    let heads = state
        .streams
        .values()
        .filter_map(|s| Some((s.id, Arc::clone(s.frozen.as_ref()?))));
    let mut heads: Vec<_> = heads.collect();
    heads.sort_by_key(|(id, _)| *id);
    heads
}

/// Writes heads into a segment.
pub fn write(mut maker: Maker, heads: &[(StreamId, Arc<Head>)], id: u64) -> io::Result<Made> {
    for (stream, head) in heads {
        let lines = head.all();
        let rows: Vec<Row<'_>> = lines
            .iter()
            .map(|(at, line)| Row {
                at: *at,
                ingested: line.ingested,
                message: &line.message,
            })
            .collect();
        maker.add(*stream, &rows)?;
    }
    maker.finish(id)
}

/// The frozen heads' lines are in a segment now. Streams that were removed meanwhile stay so.
pub fn written(state: &mut State, heads: &[(StreamId, Arc<Head>)], blocks: BTreeMap<StreamId, Vec<Block>>) {
    for (id, _) in heads {
        if let Some(stream) = state.streams.get_mut(id) {
            stream.frozen = None;
        }
    }
    add(state, blocks);
}

fn add(state: &mut State, blocks: BTreeMap<StreamId, Vec<Block>>) {
    for (id, new) in blocks {
        if let Some(stream) = state.streams.get_mut(&id) {
            let all = Arc::make_mut(&mut stream.blocks);
            all.extend(new);
            all.sort_by_key(|block| block.first);
        }
    }
}

/// Takes up the blocks of a segment that was there before. Blocks of streams that are gone are left out.
pub fn known(state: &mut State, (_, blocks): Made) {
    add(state, blocks);
}

/// Bytes of each segment that somebody may still ask for, and its length.
fn live(state: &State, segments: &BTreeSet<u64>) -> BTreeMap<u64, (u64, u64)> {
    let mut live: BTreeMap<u64, (u64, u64)> = segments.iter().map(|id| (*id, (0, 0))).collect();
    for block in state.streams.values().flat_map(|s| s.blocks.iter()) {
        let entry = live.entry(block.segment.id).or_default();
        entry.0 += u64::from(block.len);
        entry.1 = block.segment.len;
    }
    live
}

/// What is to be done about segments.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tidying {
    /// Nobody can ask for anything of them.
    pub dead: Vec<u64>,
    /// To be made into one.
    pub merge: Vec<u64>,
}

pub fn tidying(state: &State, segments: &BTreeSet<u64>) -> Tidying {
    decide(&live(state, segments))
}

/// `segments`: the live bytes and the length of each.
fn decide(segments: &BTreeMap<u64, (u64, u64)>) -> Tidying {
    let mut tidying = Tidying::default();
    let mut tiers: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    for (id, (live, len)) in segments {
        if *live == 0 {
            tidying.dead.push(*id);
        } else if *live < len / 2 && *len > SMALLEST {
            tidying.merge.push(*id);
        } else if *len < MERGED_ENOUGH {
            let tier = (len / SMALLEST).max(1).ilog2() / 2;
            tiers.entry(tier).or_default().push(*id);
        }
    }
    if tidying.merge.len() < 2 {
        let full = tiers.into_values().find(|tier| tier.len() >= MERGE);
        tidying.merge.extend(full.into_iter().flatten().take(MERGE));
    }
    tidying.merge.truncate(MERGE);
    tidying.merge.sort_unstable();
    tidying
}

/// The blocks of some segments, by stream, in the order of their first lines.
pub fn blocks_of(state: &State, segments: &[u64]) -> BTreeMap<StreamId, Vec<Block>> {
    let mut all = BTreeMap::new();
    for stream in state.streams.values() {
        let theirs = stream.blocks.iter().filter(|b| segments.contains(&b.segment.id));
        let theirs: Vec<Block> = theirs.cloned().collect();
        if !theirs.is_empty() {
            all.insert(stream.id, theirs);
        }
    }
    all
}

/// Writes blocks anew: small ones joined, those that overlap sorted.
pub fn merge(mut maker: Maker, all: &BTreeMap<StreamId, Vec<Block>>, id: u64) -> io::Result<Made> {
    for (stream, blocks) in all {
        let (mut open, mut bytes): (Vec<Unpacked>, usize) = (Vec::new(), 0);
        let mut until = Position::FIRST;
        for block in blocks {
            if bytes >= FULL_BYTES && block.first > until {
                pour(&mut maker, *stream, &open)?;
                open.clear();
                bytes = 0;
            }
            open.push(block.open()?);
            bytes += block.said as usize;
            until = until.max(block.last);
        }
        pour(&mut maker, *stream, &open)?;
    }
    maker.finish(id)
}

fn pour(maker: &mut Maker, stream: StreamId, open: &[Unpacked]) -> io::Result<()> {
    let mut rows = Vec::new();
    for block in open {
        for place in block.places()? {
            rows.push(Row {
                at: place.at,
                ingested: place.ingested,
                message: block.message(&place)?,
            });
        }
    }
    rows.sort_by_key(|row| row.at);
    maker.add(stream, &rows)
}

/// Blocks of `gone` are replaced. A stream that lost some of them meanwhile (they were too old) loses them again later.
pub fn merged(state: &mut State, gone: &[u64], blocks: BTreeMap<StreamId, Vec<Block>>) {
    for stream in state.streams.values_mut() {
        if stream.blocks.iter().any(|b| gone.contains(&b.segment.id)) {
            Arc::make_mut(&mut stream.blocks).retain(|b| !gone.contains(&b.segment.id));
        }
    }
    add(state, blocks);
}

/// Forgets what a group's streams said before.
pub fn expire(state: &mut State, group: &str, before: Position) {
    let ids: Vec<StreamId> = state
        .names
        .get(group)
        .into_iter()
        .flat_map(|g| g.values().copied())
        .collect();
    for id in ids {
        let Some(stream) = state.streams.get_mut(&id) else {
            continue;
        };
        if stream.blocks.iter().any(|block| block.last < before) {
            Arc::make_mut(&mut stream.blocks).retain(|block| block.last >= before);
        }
        if let Some(head) = &stream.active {
            state.active_bytes -= head.expire(before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_one_size_are_merged_and_dead_ones_go() {
        const MIB: u64 = 1 << 20;
        let mut segments: BTreeMap<u64, (u64, u64)> = (0..7).map(|id| (id, (MIB, MIB + 9))).collect();
        assert_eq!(decide(&segments), Tidying::default());
        segments.insert(7, (0, MIB));
        segments.insert(8, (300 * MIB, 300 * MIB));
        assert_eq!((decide(&segments).dead, decide(&segments).merge), (vec![7], vec![]));
        segments.insert(9, (2 * MIB, 2 * MIB));
        assert_eq!(decide(&segments).merge, [0, 1, 2, 3, 4, 5, 6, 9]);
        // One that is mostly empty goes first.
        let hollow = BTreeMap::from([(1, (100 * MIB, 300 * MIB)), (2, (9 * MIB, 9 * MIB))]);
        assert_eq!(decide(&hollow).merge, [1]);
    }
}
