//! The catalog: which streams and segments there are, and where the journal goes on.
//!
//! Written anew and put in the old one's place in one move, so there is always a whole one.

use super::state::{State, Stream, StreamId};
use base::Timestamp;
use minicbor::{Decode, Encode};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

#[derive(Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Catalog {
    /// The first journal that is not in segments.
    #[n(0)]
    pub journal: u64,
    #[n(1)]
    pub segments: Vec<u64>,
    #[n(2)]
    pub next_segment: u64,
    #[n(3)]
    pub next_stream: StreamId,
    #[n(4)]
    pub next_arrival: u64,
    #[n(5)]
    pub streams: Vec<Kept>,
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub struct Kept {
    #[n(0)]
    id: StreamId,
    #[n(1)]
    group: String,
    #[n(2)]
    name: String,
    #[n(3)]
    made: Timestamp,
    #[n(4)]
    last_ingestion: Option<Timestamp>,
    #[n(5)]
    sources: Vec<(String, u64)>,
}

impl Catalog {
    pub fn of(state: &State, journal: u64, segments: Vec<u64>, next_segment: u64) -> Self {
        let mut streams: Vec<&Stream> = state.streams.values().collect();
        streams.sort_by_key(|stream| stream.id);
        let kept = |stream: &Stream| Kept {
            id: stream.id,
            group: stream.group.to_string(),
            name: stream.name.to_string(),
            made: stream.made,
            last_ingestion: stream.last_ingestion,
            sources: stream.sources.iter().map(|(s, at)| (s.to_string(), *at)).collect(),
        };
        Catalog {
            journal,
            segments,
            next_segment,
            next_stream: state.next_stream,
            next_arrival: state.next_arrival,
            streams: streams.into_iter().map(kept).collect(),
        }
    }

    /// The state but for its lines.
    pub fn state(&mut self) -> State {
        let mut state = State {
            next_stream: self.next_stream,
            next_arrival: self.next_arrival,
            ..State::default()
        };
        let mut group: Arc<str> = Arc::from("");
        for kept in std::mem::take(&mut self.streams) {
            if *group != *kept.group {
                // Streams of one group share its name, as they do when they are made.
                let known = state.names.get_key_value(kept.group.as_str());
                group = known.map_or_else(|| Arc::from(kept.group.as_str()), |(name, _)| Arc::clone(name));
            }
            state.put(Stream {
                id: kept.id,
                group: Arc::clone(&group),
                name: Arc::from(kept.name),
                made: kept.made,
                last_ingestion: kept.last_ingestion,
                sources: kept.sources.into_iter().map(|(s, at)| (Arc::from(s), at)).collect(),
                active: None,
                frozen: None,
                blocks: Arc::default(),
            });
        }
        state
    }

    /// The catalog in a directory; `None` when there is none yet.
    pub fn read(dir: &Path) -> io::Result<Option<Self>> {
        let bytes = match fs::read(dir.join("catalog")) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let damaged = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        let (sum, body) = bytes
            .split_first_chunk::<4>()
            .ok_or_else(|| damaged("it is cut off".into()))?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return Err(damaged("it does not fit its checksum".into()));
        }
        minicbor::decode(body).map(Some).map_err(|e| damaged(e.to_string()))
    }

    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let mut bytes = vec![0; 4];
        minicbor::encode(self, &mut bytes).expect("a vector takes whatever is written to it");
        let sum = crc32fast::hash(&bytes[4..]);
        bytes[..4].copy_from_slice(&sum.to_le_bytes());
        let new = dir.join("catalog.new");
        let mut file = File::create(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, dir.join("catalog"))?;
        File::open(dir)?.sync_all()
    }
}
