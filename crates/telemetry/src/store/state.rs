//! What is known of every stream: its name, where its lines are, how far its sources got.
//!
//! Changes come as [`Entry`]s, from the writer when they are durable or from the journal when it is read again; both go
//! through [`State::apply`]. Where lines are kept (a *head* in memory, *blocks* in segments) changes without an entry,
//! because it changes nothing of what is kept.

use super::block::Block;
use super::head::Head;
use crate::Position;
use base::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Sources that one stream remembers; of more, those that were silent longest are forgotten.
const MAX_SOURCES: usize = 64;

pub type StreamId = u64;

/// One change of what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Made {
        id: StreamId,
        group: Arc<str>,
        name: Arc<str>,
        at: Timestamp,
    },
    Removed {
        id: StreamId,
    },
    Lines {
        id: StreamId,
        ingested: Timestamp,
        /// The first line's arrival; the others follow it.
        first: u64,
        /// The source and how far it is stored with these lines.
        source: Option<(Arc<str>, u64)>,
        lines: Vec<(Timestamp, Arc<str>)>,
    },
}

#[derive(Debug)]
pub struct Stream {
    pub id: StreamId,
    pub group: Arc<str>,
    pub name: Arc<str>,
    pub made: Timestamp,
    pub last_ingestion: Option<Timestamp>,
    /// The one heard of last stands last.
    pub sources: Vec<(Arc<str>, u64)>,
    /// Lines that arrive.
    pub active: Option<Arc<Head>>,
    /// Lines that are on their way into a segment.
    pub frozen: Option<Arc<Head>>,
    /// In the order of their first lines.
    pub blocks: Arc<Vec<Block>>,
}

impl Stream {
    pub fn heard(&self, source: &str) -> Option<u64> {
        self.sources.iter().find(|(s, _)| **s == *source).map(|(_, at)| *at)
    }

    pub fn hear(&mut self, source: Arc<str>, position: u64) {
        let before = self.heard(&source).unwrap_or(0);
        self.sources.retain(|(s, _)| *s != source);
        if self.sources.len() == MAX_SOURCES {
            self.sources.remove(0);
        }
        self.sources.push((source, position.max(before)));
    }

    /// The first and the last line's position.
    pub fn span(&self) -> Option<(Position, Position)> {
        let heads = [&self.active, &self.frozen]
            .into_iter()
            .flatten()
            .filter_map(|h| h.span());
        let blocks = self.blocks.iter().map(|b| (b.first, b.last));
        heads.chain(blocks).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Bytes of all messages.
    pub fn bytes(&self) -> u64 {
        let heads = [&self.active, &self.frozen]
            .into_iter()
            .flatten()
            .map(|h| h.bytes() as u64);
        heads.sum::<u64>() + self.blocks.iter().map(|b| u64::from(b.said)).sum::<u64>()
    }
}

#[derive(Debug, Default)]
pub struct State {
    /// Group, name, id.
    pub names: BTreeMap<Arc<str>, BTreeMap<Arc<str>, StreamId>>,
    pub streams: HashMap<StreamId, Stream>,
    pub next_stream: StreamId,
    pub next_arrival: u64,
    /// Bytes that the active heads take.
    pub active_bytes: usize,
}

impl State {
    pub fn find(&self, group: &str, name: &str) -> Option<StreamId> {
        self.names.get(group)?.get(name).copied()
    }

    /// May be told again what it already knows: the journal reaches back behind the catalog.
    pub fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Made { id, group, name, at } => {
                self.next_stream = self.next_stream.max(id + 1);
                self.put(Stream {
                    id,
                    group,
                    name,
                    made: at,
                    last_ingestion: None,
                    sources: Vec::new(),
                    active: None,
                    frozen: None,
                    blocks: Arc::default(),
                });
            }
            Entry::Removed { id } => {
                if let Some(stream) = self.streams.remove(&id) {
                    self.active_bytes -= stream.active.as_ref().map_or(0, |head| head.weight());
                    self.forget_name(&stream);
                }
            }
            Entry::Lines {
                id,
                ingested,
                first,
                source,
                lines,
            } => {
                self.next_arrival = self.next_arrival.max(first + lines.len() as u64);
                let Some(stream) = self.streams.get_mut(&id) else {
                    return; // removed since
                };
                stream.last_ingestion = stream.last_ingestion.max(Some(ingested));
                if let Some((source, position)) = source {
                    stream.hear(source, position);
                }
                if !lines.is_empty() {
                    let head = stream.active.get_or_insert_default();
                    self.active_bytes += head.take(ingested, first, lines);
                }
            }
        }
    }

    /// Takes up a stream. One that is known stays as it is, but has its name again: the journal may just have told of
    /// another that had it before.
    pub fn put(&mut self, stream: Stream) {
        let group = self.names.entry(Arc::clone(&stream.group)).or_default();
        group.insert(Arc::clone(&stream.name), stream.id);
        self.streams.entry(stream.id).or_insert(stream);
    }

    fn forget_name(&mut self, stream: &Stream) {
        if let Some(group) = self.names.get_mut(&stream.group) {
            if group.get(&stream.name) == Some(&stream.id) {
                group.remove(&stream.name);
            }
            if group.is_empty() {
                self.names.remove(&stream.group);
            }
        }
    }

    /// Makes active heads frozen, unless some are frozen already. Whether there is anything to write now.
    pub fn freeze(&mut self) -> bool {
        let mut any = false;
        for stream in self.streams.values_mut().filter(|s| s.active.is_some()) {
            debug_assert!(stream.frozen.is_none(), "the keeper takes one set of heads at a time");
            stream.frozen = stream.active.take();
            any = true;
        }
        self.active_bytes = 0;
        any
    }
}
