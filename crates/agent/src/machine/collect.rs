//! Passing on what a container says: records from its keeper's files become events, and go to the server in batches.
//!
//! Where a source stands behind an event is the place in those files behind the event's last record, so that after a
//! crash of the agent the same events have the same places, however they are batched.

use crate::ship::Shipper;
use base::{Clock, Timestamp};
use link::{LogBatch, LogEvent};
use runtime::logs::{Batch, LogReader, Position, Record, Stream};
use std::io;
use std::path::Path;
use std::time::Duration;
use telemetry::Event;
use telemetry::driver::{self, Assembler, Batcher, Options};

/// The header of a record in the keeper's files.
const RECORD_HEADER_BYTES: u64 = 14;

/// Where a container's events go.
#[derive(Clone, Debug)]
pub struct Destination {
    pub options: Options,
    pub stream: String,
    /// Names the container's run among all sources of the stream.
    pub source: String,
}

impl Destination {
    pub fn batch(&self, events: Vec<Event>) -> LogBatch {
        let event = |event: Event| LogEvent {
            at: event.at,
            message: event.message,
            position: event.position,
        };
        LogBatch {
            group: self.options.group.clone(),
            stream: self.stream.clone(),
            create_group: self.options.create_group,
            source: self.source.clone(),
            events: events.into_iter().map(event).collect(),
        }
    }
}

/// Reads until the container has ended and everything is passed on.
pub async fn collect(dir: &Path, to: &Destination, shipper: &Shipper, clock: &dyn Clock) -> io::Result<()> {
    let mut reader = LogReader::open(dir);
    let mut assembler = Assembler::new(&to.options);
    let mut passing = Passing {
        to,
        shipper,
        batcher: Batcher::default(),
        complained: false,
    };
    let mut kept = None;
    loop {
        let mut events = Vec::new();
        let end = match read(&mut reader, assembler.deadline(), clock).await? {
            None => {
                assembler.tick(clock.now(), &mut events);
                false
            }
            Some(batch) => {
                push(&mut assembler, &batch.records, batch.next, &mut events);
                batch.end
            }
        };
        if end {
            assembler.finish(&mut events);
        }
        passing.on(events).await;
        // What is part of an unfinished event stays to be read again.
        let done = assembler.resume_from();
        if kept != Some(done) && done > 0 {
            match reader.acknowledge(place(done)) {
                // The disk is full: after a crash these are passed on again, which their places make harmless.
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
                kept => kept?,
            }
            kept = Some(done);
        }
        if end {
            return Ok(());
        }
    }
}

/// The next records; `None` when it is time to give out what waits for more.
async fn read(reader: &mut LogReader, until: Option<Timestamp>, clock: &dyn Clock) -> io::Result<Option<Batch>> {
    let Some(until) = until else {
        return reader.next().await.map(Some);
    };
    let wait = Duration::from_millis(until.since(clock.now()).max(1).unsigned_abs());
    match tokio::time::timeout(wait, reader.next()).await {
        Ok(batch) => batch.map(Some),
        Err(_) => Ok(None),
    }
}

struct Passing<'a> {
    to: &'a Destination,
    shipper: &'a Shipper,
    batcher: Batcher,
    complained: bool,
}

impl Passing<'_> {
    /// Waits until the server has all of them.
    async fn on(&mut self, events: Vec<Event>) {
        let mut full = Vec::new();
        for event in events {
            full.extend(self.batcher.push(event));
        }
        full.extend(self.batcher.take());
        for events in full {
            let refused = self.shipper.ship(self.to.batch(events)).await.err();
            if let Some(why) = refused.filter(|_| !self.complained) {
                let group = &self.to.options.group;
                tracing::warn!(group, stream = self.to.stream, why, "events are refused, and dropped");
                self.complained = true;
            }
        }
    }
}

/// Gives the records of a batch to the assembler, each with its place: a batch is contiguous and within one segment.
fn push(assembler: &mut Assembler, records: &[Record], next: Position, events: &mut Vec<Event>) {
    let all: u64 = records.iter().map(bytes).sum();
    let mut offset = next.offset - all;
    for record in records {
        let start = number(Position { offset, ..next });
        offset += bytes(record);
        let end = number(Position { offset, ..next });
        let said;
        let (stderr, partial, at, bytes) = match record {
            Record::Line {
                stream,
                partial,
                at,
                bytes,
            } => (*stream == Stream::Err, *partial, *at, bytes.as_slice()),
            Record::Lost { at, records } => {
                said = format!("{records} lines were dropped here: they came faster than they could be passed on");
                (false, false, *at, said.as_bytes())
            }
        };
        let record = driver::Record {
            stderr,
            partial,
            at: Timestamp(at.millis()),
            bytes,
            start,
            end,
        };
        assembler.push(record, events);
    }
}

/// What a record takes in its file.
fn bytes(record: &Record) -> u64 {
    RECORD_HEADER_BYTES
        + match record {
            Record::Line { bytes, .. } => bytes.len() as u64,
            Record::Lost { .. } => 8,
        }
}

/// A place as one number that grows, and back. Segments are far smaller than 4 GiB.
fn number(place: Position) -> u64 {
    place.segment << 32 | place.offset
}

fn place(number: u64) -> Position {
    Position {
        segment: number >> 32,
        offset: number & u64::from(u32::MAX),
    }
}
