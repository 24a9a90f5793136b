//! Writer and reader against each other: nothing lost, nothing twice, within bounds.

use super::*;
use crate::spec::LogMode;
use proptest::prelude::*;

const KEEP: LogMode = LogMode::Keep {
    max_bytes: 64 << 20,
    max_files: 4,
};

/// A container's directory with a log in it, gone at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let path = std::env::temp_dir().join(format!("gantry-logs-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("log")).unwrap();
        Place(path)
    }

    fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    fn writer(&self, mode: LogMode) -> LogWriter {
        LogWriter::open(self.log(), mode).unwrap()
    }

    fn all(&self) -> Vec<Record> {
        let mut reader = LogReader::open(&self.log());
        read_all(&mut reader)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn read_all(reader: &mut LogReader) -> Vec<Record> {
    let mut all = Vec::new();
    loop {
        let some = reader.read().unwrap();
        if some.is_empty() {
            return all;
        }
        all.extend(some);
    }
}

/// What a stream said, put together again.
fn said(records: &[Record], wanted: Stream) -> Vec<u8> {
    let mut all = Vec::new();
    for record in records {
        if let Record::Line {
            stream, partial, bytes, ..
        } = record
            && *stream == wanted
        {
            all.extend_from_slice(bytes);
            if !partial {
                all.push(b'\n');
            }
        }
    }
    all
}

fn lost(records: &[Record]) -> u64 {
    records
        .iter()
        .map(|record| {
            if let Record::Lost { records, .. } = record {
                *records
            } else {
                0
            }
        })
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn what_was_said_is_what_is_read(
        pieces in proptest::collection::vec(
            (any::<bool>(), proptest::collection::vec((0usize..20_000, any::<bool>()), 0..4)), 0..8)
    ) {
        let place = Place::new("property");
        let mut writer = place.writer(KEEP);
        let mut expected = [Vec::new(), Vec::new()];
        for (index, (err, runs)) in pieces.iter().enumerate() {
            let bytes: Vec<u8> = runs.iter().flat_map(|(len, ends)| {
                let mut run = vec![b'a' + index as u8; *len];
                run.extend(ends.then_some(b'\n'));
                run
            }).collect();
            let bytes = &bytes;
            writer.feed(if *err { Stream::Err } else { Stream::Out }, bytes, Nanos(index as u64));
            expected[usize::from(*err)].extend_from_slice(bytes);
        }
        writer.finish(Nanos(99));
        let records = place.all();
        prop_assert_eq!(said(&records, Stream::Out), &expected[0][..]);
        prop_assert_eq!(said(&records, Stream::Err), &expected[1][..]);
        let longest = records.iter().map(|r| if let Record::Line { bytes, .. } = r { bytes.len() } else { 0 }).max();
        prop_assert!(longest.unwrap_or(0) <= MAX_RECORD_BYTES);
    }
}

#[test]
fn a_line_of_exactly_the_longest_length_is_one_full_record() {
    let place = Place::new("exact");
    let mut writer = place.writer(KEEP);
    let mut line = vec![b'x'; MAX_RECORD_BYTES];
    line.push(b'\n');
    writer.feed(Stream::Out, &line, Nanos(1));
    let records = place.all();
    assert!(matches!(&records[..], [Record::Line { partial: false, bytes, .. }] if bytes.len() == MAX_RECORD_BYTES));
}

#[test]
fn a_reader_that_dies_misses_nothing_and_segments_go_when_acknowledged() {
    let place = Place::new("resume");
    let mut writer = place.writer(LogMode::Blocking { max_bytes: 1 << 30 });
    let line = [b'y'; 999];
    let mut wanted = 0;
    let mut seen = 0;
    for round in 0..6 {
        for _ in 0..1000 {
            writer.feed(Stream::Out, &line, Nanos(round));
            writer.feed(Stream::Out, b"\n", Nanos(round));
            wanted += 1;
        }
        // A new reader each time; it acknowledges the first thing it reads and dies with the rest.
        let mut reader = LogReader::open(&place.log());
        seen += reader.read().unwrap().len();
        let at = reader.position();
        reader.acknowledge(at).unwrap();
        reader.read().unwrap();
    }
    let before = segments(&place.log()).unwrap().len();
    let mut reader = LogReader::open(&place.log());
    seen += read_all(&mut reader).len();
    assert_eq!(seen, wanted);
    let at = reader.position();
    reader.acknowledge(at).unwrap();
    assert!(before > 1, "the test writes more than a segment");
    assert_eq!(segments(&place.log()).unwrap().len(), 1);
}

#[test]
fn blocking_is_full_until_the_reader_made_room() {
    let place = Place::new("blocking");
    let mut writer = place.writer(LogMode::Blocking { max_bytes: 256 * 1024 });
    let mut fed = 0u64;
    while !writer.full() {
        writer.feed(Stream::Out, &[b'z'; 1000], Nanos(0));
        writer.feed(Stream::Out, b"\n", Nanos(0));
        fed += 1;
        assert!(fed < 1000, "never full");
    }
    let mut reader = LogReader::open(&place.log());
    assert_eq!(read_all(&mut reader).len() as u64, fed);
    writer.recount();
    assert!(writer.full(), "read is not yet acknowledged");
    let at = reader.position();
    reader.acknowledge(at).unwrap();
    writer.recount();
    assert!(!writer.full());
}

#[test]
fn non_blocking_drops_and_counts() {
    let place = Place::new("dropping");
    let mut writer = place.writer(LogMode::NonBlocking { max_bytes: 128 * 1024 });
    for _ in 0..1000 {
        writer.feed(
            Stream::Err,
            b"some words that nobody reads, at least not now, and so they are dropped ............\n",
            Nanos(1),
        );
        writer.feed(Stream::Err, &[b'-'; 900], Nanos(1));
        writer.feed(Stream::Err, b"\n", Nanos(1));
    }
    let mut reader = LogReader::open(&place.log());
    let first = read_all(&mut reader);
    assert!(first.len() < 2000);
    let at = reader.position();
    reader.acknowledge(at).unwrap();
    writer.recount();
    writer.feed(Stream::Err, b"heard again\n", Nanos(2));
    let rest = read_all(&mut reader);
    let heard = first
        .iter()
        .filter(|record| matches!(record, Record::Line { .. }))
        .count();
    assert_eq!(heard as u64 + lost(&first) + lost(&rest), 2000);
    assert_eq!(said(&rest, Stream::Err), b"heard again\n");
}

#[test]
fn keeping_rotates_and_has_the_newest() {
    let place = Place::new("keeping");
    let mut writer = place.writer(LogMode::Keep {
        max_bytes: 100_000,
        max_files: 3,
    });
    for number in 0..10_000 {
        writer.feed(Stream::Out, format!("line {number:090}\n").as_bytes(), Nanos(number));
    }
    let bytes: u64 = segments(&place.log()).unwrap().iter().map(|(_, bytes)| bytes).sum();
    assert!((200_000..=300_000).contains(&bytes), "{bytes}");
    let text = said(&place.all(), Stream::Out);
    assert!(text.ends_with(format!("line {:090}\n", 9999).as_bytes()));
}

#[test]
fn a_record_that_is_not_all_there_waits() {
    let mut data = Vec::new();
    append(&mut data, b'o', false, Nanos(7), b"hello");
    for end in 0..data.len() {
        assert!(parse(&data[..end]).unwrap().is_none());
    }
    assert_eq!(parse(&data).unwrap().unwrap().1, data.len());
    data[0] = b'?';
    assert!(parse(&data).is_err());
}
