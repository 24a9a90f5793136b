//! From raw records to events.
//!
//! Positions: a record stands at bytes `start..end` of its source. An event's position lies within the record that
//! brought it about, so the same records give the same positions again, and [`Assembler::resume_from`] says from where
//! records must be read again so that nothing of what was not given out yet is missing. A record takes at least ten
//! bytes more of its source than it says, which leaves room: events that it brings about stand at its beginning, one that
//! is given out because time is up five before its end, those at the end of everything behind that one.

use super::{MAX_MESSAGE, Options};
use crate::Event;
use base::Timestamp;
use regex_lite::Regex;
use std::borrow::Cow;

/// A piece of output as the keeper wrote it down.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Of standard error rather than standard output.
    pub stderr: bool,
    /// The line goes on with the next record of the same stream.
    pub partial: bool,
    pub at: Timestamp,
    pub bytes: &'a [u8],
    pub start: u64,
    pub end: u64,
}

/// Lines on their way to being events. It holds at most three messages' worth of bytes.
#[derive(Debug)]
pub struct Assembler {
    begins: Option<Regex>,
    flush_ms: i64,
    /// Unfinished lines of standard output and standard error.
    lines: [Pending; 2],
    /// An event whose next line may come yet.
    event: Pending,
    /// Of the last event that was given out.
    position: u64,
    /// Where the next record starts, as far as is known.
    end: u64,
}

#[derive(Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    at: Timestamp,
    /// Where its first record starts; `None` when nothing is pending.
    start: Option<u64>,
    /// A part of this line went out already.
    begun: bool,
}

impl Assembler {
    pub fn new(options: &Options) -> Self {
        Assembler {
            begins: options.begins.clone(),
            flush_ms: options.flush_ms,
            lines: Default::default(),
            event: Pending::default(),
            position: 0,
            end: 0,
        }
    }

    /// Takes a record in. Events that it completes go to `out`.
    pub fn push(&mut self, record: Record<'_>, out: &mut Vec<Event>) {
        self.position = self.position.max(record.start);
        self.end = record.end;
        let which = usize::from(record.stderr);
        let line = &mut self.lines[which];
        if line.start.is_none() {
            line.at = record.at;
            line.start = Some(record.start);
        }
        line.bytes.extend_from_slice(record.bytes);
        let mut line = std::mem::take(line);
        while effective_len(&line.bytes) > MAX_MESSAGE {
            let rest = line.bytes.split_off(prefix_len(&line.bytes, MAX_MESSAGE));
            let piece = std::mem::replace(&mut line.bytes, rest);
            self.piece(&piece, &line, false, out);
            line.begun = true;
            line.start = Some(record.start);
        }
        if record.partial {
            self.lines[which] = line;
        } else if !line.bytes.is_empty() || self.begins.is_some() {
            self.piece(&line.bytes, &line, true, out);
        }
    }

    /// A line, or a part of one that is too long.
    fn piece(&mut self, bytes: &[u8], line: &Pending, last: bool, out: &mut Vec<Event>) {
        let Some(begins) = &self.begins else {
            self.give(bytes, line.at, out);
            return;
        };
        let new = !line.begun && begins.is_match(&String::from_utf8_lossy(bytes));
        if new || effective_len(&self.event.bytes) + effective_len(bytes) + 1 > MAX_MESSAGE {
            self.flush(out);
        }
        if self.event.start.is_none() {
            self.event.at = line.at;
            self.event.start = line.start;
        }
        self.event.bytes.extend_from_slice(bytes);
        if last && effective_len(&self.event.bytes) < MAX_MESSAGE {
            self.event.bytes.push(b'\n');
        }
    }

    fn flush(&mut self, out: &mut Vec<Event>) {
        let event = std::mem::take(&mut self.event);
        self.give(&event.bytes, event.at, out);
    }

    /// An event, unless there is nothing in it.
    fn give(&mut self, bytes: &[u8], at: Timestamp, out: &mut Vec<Event>) {
        if bytes.is_empty() {
            return;
        }
        self.position += 1;
        let message = match String::from_utf8_lossy(bytes) {
            Cow::Borrowed(text) => text.to_string(),
            Cow::Owned(text) => text,
        };
        out.push(Event {
            at,
            message,
            position: self.position,
        });
    }

    /// Gives out an event that waited long enough for its next line.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<Event>) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.position = self.position.max(self.end.saturating_sub(5));
            self.flush(out);
        }
    }

    /// When [`Assembler::tick`] has something to do.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.event.start?;
        Some(Timestamp(self.event.at.millis().saturating_add(self.flush_ms)))
    }

    /// The container has ended: what is pending is all there will be.
    pub fn finish(&mut self, out: &mut Vec<Event>) {
        self.position = self.position.max(self.end.saturating_sub(4));
        for which in 0..2 {
            let line = std::mem::take(&mut self.lines[which]);
            if !line.bytes.is_empty() {
                self.piece(&line.bytes, &line, true, out);
            }
        }
        self.flush(out);
    }

    /// Everything before this is in events that were given out.
    pub fn resume_from(&self) -> u64 {
        let pending = self.lines.iter().chain([&self.event]).filter_map(|p| p.start);
        pending.min().unwrap_or(self.end)
    }
}

/// How long bytes are as text, where what is not text is replaced.
fn effective_len(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.len(),
        Err(_) => bytes
            .utf8_chunks()
            .map(|c| c.valid().len() + replaced(c.invalid()))
            .sum(),
    }
}

fn replaced(invalid: &[u8]) -> usize {
    if invalid.is_empty() {
        0
    } else {
        char::REPLACEMENT_CHARACTER.len_utf8()
    }
}

/// The longest beginning that is at most `max` long as text and ends between two characters.
fn prefix_len(bytes: &[u8], max: usize) -> usize {
    let (mut taken, mut len) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid();
        if len + valid.len() > max {
            return taken + valid.floor_char_boundary(max - len);
        }
        (taken, len) = (taken + valid.len(), len + valid.len());
        if len + replaced(chunk.invalid()) > max {
            return taken;
        }
        (taken, len) = (taken + chunk.invalid().len(), len + replaced(chunk.invalid()));
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assembler(options: &[(&str, &str)]) -> Assembler {
        let all = options.iter().copied().chain([("awslogs-group", "g")]);
        Assembler::new(&Options::parse(all).unwrap())
    }

    /// Records one after the other, each twenty bytes longer than what it says.
    fn feed(assembler: &mut Assembler, records: &[(bool, bool, &[u8])]) -> Vec<Event> {
        let (mut out, mut start) = (Vec::new(), 0);
        for (i, (stderr, partial, bytes)) in records.iter().enumerate() {
            let end = start + 20 + bytes.len() as u64;
            let at = Timestamp(1000 + i as i64);
            let record = Record {
                stderr: *stderr,
                partial: *partial,
                at,
                bytes,
                start,
                end,
            };
            assembler.push(record, &mut out);
            start = end;
        }
        out
    }

    fn said(events: &[Event]) -> Vec<(i64, &str)> {
        events.iter().map(|e| (e.at.millis(), e.message.as_str())).collect()
    }

    #[test]
    fn pieces_of_a_line_are_joined_and_empty_lines_are_nothing() {
        let mut it = assembler(&[]);
        let records: [(bool, bool, &[u8]); 6] = [
            (false, true, b"one "),
            (true, false, b"oops"),
            (false, false, b"two"),
            (false, false, b""),
            (true, true, b"un"),
            (false, false, b"\xff!"),
        ];
        let events = feed(&mut it, &records);
        assert_eq!(said(&events), [(1001, "oops"), (1000, "one two"), (1005, "\u{fffd}!")]);
        assert!(events.windows(2).all(|two| two[0].position < two[1].position));
        // The unfinished line of standard error is where to begin again.
        assert_eq!(it.resume_from(), 24 + 24 + 23 + 20);
        let mut out = Vec::new();
        it.finish(&mut out);
        assert_eq!(said(&out), [(1004, "un")]);
        assert_eq!(it.resume_from(), 24 + 24 + 23 + 20 + 22 + 22);
    }

    #[test]
    fn lines_of_an_event_are_joined_until_the_next_begins_or_time_is_up() {
        let mut it = assembler(&[("awslogs-multiline-pattern", "^INFO")]);
        let lines: [(bool, bool, &[u8]); 5] = [
            (false, false, b"INFO a"),
            (false, false, b""),
            (false, false, b"  at b"),
            (false, false, b"INFO c"),
            (true, false, b"more"),
        ];
        let mut events = feed(&mut it, &lines);
        assert_eq!(said(&events), [(1000, "INFO a\n\n  at b\n")]);
        assert_eq!(it.deadline(), Some(Timestamp(6003)));
        it.tick(Timestamp(6002), &mut events);
        assert_eq!(events.len(), 1);
        it.tick(Timestamp(6003), &mut events);
        assert_eq!(said(&events)[1..], [(1003, "INFO c\nmore\n")]);
        assert_eq!((it.deadline(), it.resume_from()), (None, 20 * 5 + 6 + 6 + 6 + 4));
    }

    #[test]
    fn a_line_that_never_ends_takes_no_more_memory_than_a_few_messages() {
        for options in [&[][..], &[("awslogs-multiline-pattern", "^x")]] {
            let mut it = assembler(options);
            let (mut out, mut start, mut held, mut total) = (Vec::new(), 0, 0, 0);
            let chunk = "é".repeat(8 << 10);
            for _ in 0..100 {
                let end = start + chunk.len() as u64 + 20;
                let record = Record {
                    stderr: false,
                    partial: true,
                    at: Timestamp(1),
                    bytes: chunk.as_bytes(),
                    start,
                    end,
                };
                it.push(record, &mut out);
                start = end;
                total += chunk.len();
                held = held.max(it.lines[0].bytes.capacity() + it.event.bytes.capacity());
            }
            assert!(held < 4 * MAX_MESSAGE, "{held}");
            it.finish(&mut out);
            assert!(
                out.iter()
                    .all(|e| e.message.len() <= MAX_MESSAGE && e.message.chars().all(|c| c == 'é' || c == '\n'))
            );
            let text: usize = out.iter().map(|e| e.message.trim_end().len()).sum();
            assert_eq!(text, total);
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_the_same_records_give_the_same_positions(
            records in prop::collection::vec((any::<bool>(), any::<bool>(), "[a-z]{0,9}"), 0..40),
            cut in 0usize..40,
        ) {
            let records: Vec<(bool, bool, &[u8])> = records.iter().map(|(e, p, s)| (*e, *p, s.as_bytes())).collect();
            let mut it = assembler(&[]);
            let mut all = feed(&mut it, &records);
            it.finish(&mut all);
            let letters: usize = records.iter().map(|(_, _, bytes)| bytes.len()).sum();
            prop_assert_eq!(all.iter().map(|e| e.message.len()).sum::<usize>(), letters);
            prop_assert!(all.windows(2).all(|two| two[0].position < two[1].position));

            // A node that stops in the middle and begins again where it was told loses nothing, and repeats only what
            // can be known by its position.
            let mut it = assembler(&[]);
            let cut = cut.min(records.len());
            let kept = feed(&mut it, &records[..cut]);
            let resume = it.resume_from();
            let (mut it, mut again, mut start) = (assembler(&[]), Vec::new(), 0);
            for (i, (stderr, partial, bytes)) in records.iter().enumerate() {
                let end = start + 20 + bytes.len() as u64;
                if start >= resume {
                    let at = Timestamp(1000 + i as i64);
                    it.push(Record { stderr: *stderr, partial: *partial, at, bytes, start, end }, &mut again);
                }
                start = end;
            }
            it.finish(&mut again);
            let acknowledged = kept.last().map_or(0, |e| e.position);
            let whole: Vec<Event> = kept.into_iter().chain(again.into_iter().filter(|e| e.position > acknowledged)).collect();
            let strip = |events: &[Event]| events.iter().map(|e| e.message.clone()).collect::<Vec<_>>();
            prop_assert_eq!(strip(&whole), strip(&all));
        }
    }
}
