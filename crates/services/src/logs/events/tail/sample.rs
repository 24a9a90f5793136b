//! What one update tells: everything that was heard since the last, or a fair sample of it when it was too much.

use api::logs;
use base::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use telemetry::{Position, Said};

/// Events in one update.
pub const MAX_EVENTS: usize = 500;
/// Bytes of messages in one update. Escaped, they may become six times as many, and a client takes 16 MiB at once.
pub const MAX_BYTES: usize = 2 << 20;

/// One line. It holds on to nothing of the batch that it came in.
#[derive(Debug)]
pub struct Heard {
    group: Arc<str>,
    stream: Arc<str>,
    at: Position,
    ingested: Timestamp,
    message: Arc<str>,
}

impl Heard {
    pub fn of(said: &Said, (at, message): &(Position, Arc<str>)) -> Self {
        Heard {
            group: Arc::clone(&said.group),
            stream: Arc::clone(&said.stream),
            at: *at,
            ingested: said.ingested,
            message: Arc::clone(message),
        }
    }
}

/// Every line has had the same chance to be in it.
#[derive(Debug, Default)]
pub struct Sample {
    /// With their places in the order in which they were heard.
    held: Vec<(u64, Heard)>,
    bytes: usize,
    heard: u64,
    is_partial: bool,
}

impl Sample {
    /// Takes a line in, perhaps in place of another; `below` draws a number below another.
    pub fn take(&mut self, line: Heard, below: impl FnOnce(u64) -> u64) {
        self.heard += 1;
        let fits = |bytes: usize| bytes + line.message.len() <= MAX_BYTES;
        if self.held.len() < MAX_EVENTS && fits(self.bytes) {
            self.bytes += line.message.len();
            self.held.push((self.heard, line));
            return;
        }
        self.is_partial = true;
        let place = below(self.heard) as usize;
        if let Some((_, out)) = self.held.get(place)
            && fits(self.bytes - out.message.len())
        {
            self.bytes = self.bytes - out.message.len() + line.message.len();
            self.held[place] = (self.heard, line);
        }
    }

    /// Some of what was said was never heard.
    pub fn is_partial(&mut self) {
        self.is_partial = true;
    }

    pub fn update(mut self, groups: &BTreeMap<String, String>) -> logs::LiveTailSessionUpdate {
        self.held.sort_unstable_by_key(|(heard, _)| *heard);
        let show = |(_, line): (u64, Heard)| logs::LiveTailSessionLogEvent {
            log_stream_name: Some(line.stream.to_string()),
            log_group_identifier: groups.get(&*line.group).cloned(),
            message: Some(line.message.to_string()),
            timestamp: Some(line.at.time().millis()),
            ingestion_time: Some(line.ingested.millis()),
        };
        logs::LiveTailSessionUpdate {
            session_metadata: Some(logs::LiveTailSessionMetadata {
                sampled: Some(self.is_partial),
            }),
            session_results: Some(self.held.into_iter().map(show).collect()),
        }
    }
}
