//! Passing on what a container says: records from its keeper's files become events, and go to the server in batches.
//!
//! Where a source stands behind an event is the place in those files behind the event's last record, so that after a
//! crash of the agent the same events have the same places, however they are batched.

use crate::ship::Shipper;
use base::Timestamp;
use link::{LogBatch, LogEvent};
use runtime::logs::{LogReader, Position, Record, Stream};
use std::io;
use std::path::Path;

/// What goes in one batch at most, and what the service counts for each event beside its message.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1 << 20;
const EVENT_OVERHEAD_BYTES: usize = 26;

/// A longer line is more than one event.
const MOST_EVENT_BYTES: usize = 256 * 1024 - EVENT_OVERHEAD_BYTES;

/// The header of a record in the keeper's files.
const RECORD_HEADER_BYTES: u64 = 14;

/// Where a container's events go.
#[derive(Clone, Debug)]
pub struct Destination {
    pub group: String,
    pub stream: String,
    pub create_group: bool,
    /// Names the container's run among all sources of the stream.
    pub source: String,
}

impl Destination {
    pub fn batch(&self, events: Vec<LogEvent>) -> LogBatch {
        LogBatch {
            group: self.group.clone(),
            stream: self.stream.clone(),
            create_group: self.create_group,
            source: self.source.clone(),
            events,
        }
    }
}

/// Reads until the container has ended and everything is passed on.
pub async fn collect(dir: &Path, to: &Destination, shipper: &Shipper) -> io::Result<()> {
    let mut reader = LogReader::open(dir);
    let mut lines = Lines::default();
    let mut complained = false;
    loop {
        let batch = reader.next().await?;
        let places = places(&batch.records, batch.next);
        let mut events = Vec::new();
        for (record, place) in batch.records.into_iter().zip(places) {
            lines.take(record, place, &mut events);
        }
        if batch.end {
            lines.finish(&mut events);
        }
        let Some(last) = events.last().map(|(place, _)| *place) else {
            if batch.end {
                return Ok(());
            }
            continue;
        };
        for some in pieces(events) {
            if let Err(why) = shipper.ship(to.batch(some)).await
                && !complained
            {
                tracing::warn!(
                    group = to.group,
                    stream = to.stream,
                    why,
                    "events are refused, and dropped"
                );
                complained = true;
            }
        }
        // What is part of an unfinished line stays to be read again.
        reader.acknowledge(last)?;
        if batch.end {
            return Ok(());
        }
    }
}

/// The place behind each record of a batch, which is contiguous and within one segment.
fn places(records: &[Record], next: Position) -> Vec<Position> {
    let mut offset = next.offset;
    let mut places: Vec<Position> = records
        .iter()
        .rev()
        .map(|record| {
            let place = Position { offset, ..next };
            let bytes = match record {
                Record::Line { bytes, .. } => bytes.len() as u64,
                Record::Lost { .. } => 8,
            };
            offset -= RECORD_HEADER_BYTES + bytes;
            place
        })
        .collect();
    places.reverse();
    places
}

/// A place as one number that grows.
fn number(place: Position) -> u64 {
    place.segment << 32 | place.offset
}

fn pieces(events: Vec<(Position, LogEvent)>) -> Vec<Vec<LogEvent>> {
    let mut all: Vec<Vec<LogEvent>> = Vec::new();
    let mut bytes = 0;
    for (_, event) in events {
        let size = event.message.len() + EVENT_OVERHEAD_BYTES;
        match all.last_mut() {
            Some(piece) if piece.len() < MOST_EVENTS && bytes + size <= MOST_BYTES => {
                piece.push(event);
                bytes += size;
            }
            _ => {
                all.push(vec![event]);
                bytes = size;
            }
        }
    }
    all
}

/// Joins the parts of long lines.
#[derive(Default)]
struct Lines {
    open: [Option<(Timestamp, Vec<u8>)>; 2],
    last: Position,
}

impl Lines {
    fn take(&mut self, record: Record, place: Position, events: &mut Vec<(Position, LogEvent)>) {
        self.last = place;
        match record {
            Record::Lost { at, records } => {
                let message =
                    format!("{records} lines were dropped here: they came faster than they could be passed on");
                events.push((place, event(Timestamp(at.millis()), message, place)));
            }
            Record::Line {
                stream,
                partial,
                at,
                bytes,
            } => {
                let open = &mut self.open[usize::from(stream == Stream::Err)];
                let (began, mut line) = open.take().unwrap_or((Timestamp(at.millis()), Vec::new()));
                line.extend(bytes);
                if partial && line.len() < MOST_EVENT_BYTES {
                    *open = Some((began, line));
                } else {
                    say(began, &line, place, events);
                }
            }
        }
    }

    fn finish(&mut self, events: &mut Vec<(Position, LogEvent)>) {
        for (began, line) in self.open.iter_mut().filter_map(Option::take) {
            say(began, &line, self.last, events);
        }
    }
}

/// An empty line is no event: the service takes none.
fn say(began: Timestamp, line: &[u8], place: Position, events: &mut Vec<(Position, LogEvent)>) {
    if !line.is_empty() {
        let message = String::from_utf8_lossy(line).into_owned();
        events.push((place, event(began, message, place)));
    }
}

fn event(at: Timestamp, message: String, place: Position) -> LogEvent {
    LogEvent {
        at,
        message,
        position: number(place),
    }
}
