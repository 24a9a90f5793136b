//! The store against a list of lines, in memory and on disk, through restarts and torn journals.

use super::*;
use base::ManualClock;
use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};

fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// A directory that goes when the test ends.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "gantry-logs-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let dir = Dir(std::env::temp_dir().join(name));
        fs::create_dir_all(&dir.0).unwrap();
        dir
    }

    /// As a crash at this moment leaves it; an error when files go while they are copied.
    fn copy(&self) -> std::io::Result<Dir> {
        let copy = Dir::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            fs::copy(entry.path(), copy.0.join(entry.file_name()))?;
        }
        Ok(copy)
    }

    fn files(&self, kind: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(kind);
        let mut files: Vec<PathBuf> = entries.filter(named).collect();
        files.sort();
        files
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// So small that every few lines go into a segment.
fn tiny() -> Options {
    Options {
        head_bytes: 2000,
        ..Options::default()
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::at(Timestamp(1_000_000)))
}

fn open(dir: &Dir) -> Logs {
    Logs::open(&dir.0, clock(), tiny()).unwrap()
}

fn find(logs: &Logs, query: &Query) -> Found {
    block_on(logs.find(query, |_| true)).unwrap()
}

fn messages(found: &Found) -> Vec<&str> {
    found.lines.iter().map(|line| line.message.as_str()).collect()
}

fn say(logs: &Logs, group: &str, stream: &str, at: i64, message: &str) {
    block_on(logs.append(Append::line(group, stream, Timestamp(at), message))).unwrap();
}

fn from_source(stream: &str, positions: std::ops::Range<u64>) -> Append {
    let event = |position| Event {
        at: Timestamp(position as i64),
        message: format!("line {position}"),
        position,
    };
    Append {
        source: Some("node/container".into()),
        events: positions.map(event).collect(),
        ..Append::line("g", stream, Timestamp(0), "")
    }
}

#[derive(Clone, Debug)]
enum Op {
    Say {
        stream: u8,
        events: Vec<(i64, u8)>,
    },
    RemoveStream(u8),
    RemoveGroup,
    Expire(i64),
    Reopen,
    Read {
        from: i64,
        until: i64,
        newest: bool,
        page: usize,
        streams: u8,
    },
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let say = (0u8..4, prop::collection::vec((0i64..1000, 0u8..255), 1..30));
    let read = (0i64..1000, 0i64..1200, any::<bool>(), 1usize..40, 0u8..6);
    prop::collection::vec(
        prop_oneof![
            8 => say.prop_map(|(stream, events)| Op::Say { stream, events }),
            1 => (0u8..4).prop_map(Op::RemoveStream),
            1 => Just(Op::RemoveGroup),
            1 => (0i64..300).prop_map(Op::Expire),
            1 => Just(Op::Reopen),
            6 => read.prop_map(|(from, until, newest, page, streams)| Op::Read { from, until, newest, page, streams }),
        ],
        1..60,
    )
}

/// Runs the operations on the store and on a list, and compares whatever is read.
fn as_a_list(ops: Vec<Op>, dir: Option<&Dir>) {
    let make = || dir.map_or_else(|| Logs::memory_with(clock(), tiny()), open);
    let mut logs = make();
    let mut list: Vec<(String, i64, String)> = Vec::new();
    let mut expired = 0;
    let mut said = 0;
    for op in ops {
        match op {
            Op::Say { stream, events } => {
                let stream = format!("s{stream}");
                let mut append = Append::line("g", &stream, Timestamp(0), "");
                append.events.clear();
                for (at, letter) in events {
                    said += 1;
                    let message = format!(
                        "{said} {}",
                        char::from(b'a' + letter % 26).to_string().repeat(letter.into())
                    );
                    list.push((stream.clone(), at, message.clone()));
                    append.events.push(Event {
                        at: Timestamp(at),
                        message,
                        position: 0,
                    });
                }
                block_on(logs.append(append)).unwrap();
            }
            Op::RemoveStream(stream) => {
                let stream = format!("s{stream}");
                block_on(logs.remove_stream("g", &stream)).unwrap();
                list.retain(|(s, ..)| *s != stream);
            }
            Op::RemoveGroup => {
                block_on(logs.remove_group("g")).unwrap();
                list.clear();
            }
            Op::Expire(before) => {
                expired = expired.max(before);
                logs.expire("g", Timestamp(expired));
            }
            Op::Reopen if dir.is_some() => {
                drop(logs);
                logs = make();
            }
            Op::Reopen => {}
            Op::Read {
                from,
                until,
                newest,
                page,
                streams,
            } => {
                let from = from.max(expired);
                let chosen = |stream: &str| match streams {
                    0..4 => stream == format!("s{streams}"),
                    _ => true,
                };
                let mut wanted: Vec<&(String, i64, String)> = list
                    .iter()
                    .filter(|(s, at, _)| chosen(s) && (from..until).contains(at))
                    .collect();
                wanted.sort_by_key(|(_, at, _)| *at); // stable: of one time, the earlier arrival first
                if newest {
                    wanted.reverse();
                }
                let mut query = Query {
                    streams: match streams {
                        0..4 => Streams::Named(vec![format!("s{streams}")]),
                        4 => Streams::Prefix("s".into()),
                        _ => Streams::All,
                    },
                    from: Timestamp(from),
                    until: Timestamp(until),
                    order: if newest { Order::NewestFirst } else { Order::OldestFirst },
                    lines: page,
                    bytes: 600,
                    scan_bytes: 500,
                    ..Query::of("g")
                };
                let (mut got, mut pages) = (Vec::new(), 0);
                loop {
                    pages += 1;
                    assert!(pages < 10_000, "a search that does not get on");
                    let found = find(&logs, &query);
                    assert!(found.lines.len() <= page);
                    got.extend(
                        found
                            .lines
                            .into_iter()
                            .map(|l| (l.stream.to_string(), l.at.time().millis(), l.message)),
                    );
                    match found.next {
                        Some(next) => query.after = Some(next),
                        None => break,
                    }
                }
                assert_eq!(got.iter().collect::<Vec<_>>(), wanted);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn in_memory_it_is_a_list_of_lines(ops in ops()) {
        as_a_list(ops, None);
    }

    #[test]
    fn on_disk_it_is_a_list_of_lines(ops in ops()) {
        let dir = Dir::new();
        as_a_list(ops, Some(&dir));
    }

    /// Whatever part of the journal a crash leaves, what was said before it is there, whole batches of it.
    #[test]
    fn a_torn_journal_ends_at_a_batch(batches in 1usize..8, cut in 0.0f64..1.0) {
        let dir = Dir::new();
        {
            let logs = Logs::open(&dir.0, clock(), Options::default()).unwrap();
            for batch in 0..batches as u64 {
                block_on(logs.append(from_source("s", batch * 10 + 1..batch * 10 + 11))).unwrap();
            }
        }
        let journal = dir.files("journal-").pop().unwrap();
        let len = fs::metadata(&journal).unwrap().len();
        let left = (len as f64 * cut) as u64;
        fs::File::options().write(true).open(&journal).unwrap().set_len(left).unwrap();
        let logs = Logs::open(&dir.0, clock(), Options::default()).unwrap();
        let found = find(&logs, &Query::of("g"));
        prop_assert_eq!(found.lines.len() % 10, 0);
        let heard = logs.acknowledged("g", "s", "node/container");
        prop_assert_eq!(heard, found.lines.len() as u64);
        // And the source goes on from there.
        let all = block_on(logs.append(from_source("s", 1..batches as u64 * 10 + 1))).unwrap();
        prop_assert_eq!(all.stored, batches * 10 - found.lines.len());
        prop_assert_eq!(find(&logs, &Query::of("g")).lines.len(), batches * 10);
    }
}

#[test]
fn what_was_acknowledged_is_in_what_a_crash_leaves() {
    let dir = Dir::new();
    let logs = open(&dir);
    for batch in 0..60 {
        let acknowledged = block_on(logs.append(from_source("s", batch * 5 + 1..batch * 5 + 6))).unwrap();
        assert_eq!(acknowledged.acknowledged, batch * 5 + 5);
        if batch % 7 == 0 {
            // The keeper is at work while the copy is made, so it may have moved on in between: then it is no crash.
            let before = (dir.files("journal-"), dir.files("segment-"));
            let Ok(crashed) = dir.copy() else { continue };
            if before != (dir.files("journal-"), dir.files("segment-")) {
                continue;
            }
            let again = Logs::open(&crashed.0, clock(), tiny()).unwrap();
            let found = find(&again, &Query::of("g"));
            assert_eq!(found.lines.len() as u64, batch * 5 + 5);
        }
    }
}

#[test]
fn segments_are_merged_and_what_is_gone_gives_its_disk_back() {
    let dir = Dir::new();
    let logs = open(&dir);
    for i in 0..3000 {
        say(
            &logs,
            "g",
            &format!("s{}", i % 3),
            i,
            &format!("{i} {}", "x".repeat(50)),
        );
    }
    drop(logs);
    let segments = dir.files("segment-").len();
    assert!((1..12).contains(&segments), "{segments} segments");
    assert!(dir.files("journal-").len() <= 2);
    let logs = open(&dir);
    assert_eq!(find(&logs, &Query::of("g").stream("s1")).lines.len(), 1000);
    assert_eq!(
        logs.bytes("g"),
        (0..3000).map(|i: u32| i.to_string().len() as u64 + 51).sum::<u64>()
    );
    assert!(block_on(logs.remove_group("g")).unwrap());
    assert_eq!((logs.bytes("g"), logs.groups().len()), (0, 0));
    drop(logs);
    assert_eq!(dir.files("segment-"), Vec::<PathBuf>::new());
    assert_eq!(find(&open(&dir), &Query::of("g")), Found::default());
}

#[test]
fn a_damaged_segment_loses_its_own_lines_and_no_others() {
    let dir = Dir::new();
    let logs = open(&dir);
    for i in 0..100 {
        say(&logs, "g", "s", i, &"x".repeat(50));
    }
    drop(logs);
    let segments = dir.files("segment-");
    let damaged = segments.first().unwrap();
    let len = fs::metadata(damaged).unwrap().len();
    fs::File::options()
        .write(true)
        .open(damaged)
        .unwrap()
        .set_len(len - 3)
        .unwrap();
    let logs = open(&dir);
    let left = find(&logs, &Query::of("g")).lines.len();
    assert!(left < 100 && (left > 0 || segments.len() == 1), "{left}");
    say(&logs, "g", "s", 100, "and on");
    assert!(messages(&find(&logs, &Query::of("g"))).contains(&"and on"));
}

#[test]
fn a_directory_belongs_to_one() {
    let dir = Dir::new();
    let _logs = open(&dir);
    assert!(matches!(Logs::open(&dir.0, clock(), tiny()), Err(OpenError::InUse(_))));
}

#[test]
fn streams_tell_of_themselves() {
    let logs = Logs::memory(clock());
    assert!(block_on(logs.make_stream("g", "b")).unwrap());
    say(&logs, "g", "a", 5, "five");
    say(&logs, "g", "a", 3, "three");
    let info = logs.stream("g", "a").unwrap();
    assert_eq!(
        (info.first_event, info.last_event, info.bytes),
        (Some(Timestamp(3)), Some(Timestamp(5)), 9)
    );
    assert_eq!(info.last_ingestion, Some(Timestamp(1_000_000)));
    let mut names = Vec::new();
    logs.streams("g", Some("a"), &mut |stream| {
        names.push(stream.name.to_string());
        ControlFlow::Continue(())
    });
    assert_eq!(names, ["b"]);
    assert_eq!(logs.stream("g", "b").unwrap().last_event, None);
    assert!(logs.stream("h", "b").is_none());
    let missing = Append {
        create: false,
        ..Append::line("g", "c", Timestamp(0), "x")
    };
    assert!(matches!(block_on(logs.append(missing)), Err(AppendError::NoSuchStream)));
}

#[test]
fn subscribers_hear_their_groups() {
    let logs = Logs::memory(clock());
    say(&logs, "g", "s", 1, "before");
    let mut heard = logs.subscribe(vec!["g".into()]);
    say(&logs, "h", "s", 1, "elsewhere");
    say(&logs, "g", "s", 2, "after");
    let said = block_on(heard.next()).unwrap();
    assert_eq!((&*said.group, &*said.stream, &*said.lines[0].1), ("g", "s", "after"));
    drop(logs);
    assert_eq!(block_on(heard.next()), None);
}

#[test]
fn a_needle_in_a_hundred_blocks_is_found_and_the_others_are_passed_over() {
    let logs = Logs::memory_with(clock(), tiny());
    for i in 0..2000 {
        let message = if i == 1234 {
            "the needle".to_string()
        } else {
            format!("hay {i}")
        };
        say(&logs, "g", "s", i, &message);
    }
    let mut query = Query {
        needle: Some(b"needle".to_vec()),
        scan_bytes: 4000,
        ..Query::of("g")
    };
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let page = block_on(logs.find(&query, |message| message.contains("needle"))).unwrap();
        found.extend(page.lines);
        pages += 1;
        assert!(pages < 1000, "a search that does not get on");
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    assert_eq!(found.len(), 1);
    assert!(pages > 1);
}
