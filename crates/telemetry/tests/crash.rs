//! A writer is killed in the middle, again and again: what was acknowledged is there, once, in its order.
//!
//! This program starts itself: with a directory as its argument it is the writer, which says each number on standard
//! output once the store has acknowledged it. As a node does, every writer begins with lines that were sent before.

use base::{Clock, SystemClock, Timestamp};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use telemetry::{Append, Event, Logs, Options, Query};

const LIVES: u64 = 6;
/// Lines that a writer lives to see acknowledged, at least.
const LINES: u64 = 3000;
const BATCH: u64 = 7;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("write") => {
            let (dir, from) = (
                arguments.next().expect("a directory"),
                arguments.next().expect("a number"),
            );
            write(Path::new(&dir), from.parse().expect("a number"));
        }
        // What the test runner asks of a program.
        Some("--list") if arguments.any(|a| a == "--ignored") => {}
        Some("--list") => println!("killed_writers: test"),
        _ => killed_writers(),
    }
}

fn open(dir: &Path) -> Logs {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let options = Options {
        head_bytes: 50_000,
        ..Options::default()
    };
    Logs::open(dir, clock, options).expect("the store opens after every crash")
}

fn write(dir: &Path, from: u64) {
    let logs = open(dir);
    let mut out = std::io::stdout().lock();
    let mut next = from;
    loop {
        let event = |position: u64| Event {
            at: Timestamp((position / 3) as i64),
            message: format!("{position} {}", "x".repeat((position % 90) as usize)),
            position,
        };
        let append = Append {
            source: Some("writer".into()),
            events: (next..next + BATCH).map(event).collect(),
            ..Append::line("g", "s", Timestamp(0), "")
        };
        let appended = wait(logs.append(append)).expect("the disk takes it");
        assert_eq!(appended.acknowledged.max(next), appended.acknowledged);
        next += BATCH;
        if writeln!(out, "{}", appended.acknowledged)
            .and_then(|()| out.flush())
            .is_err()
        {
            return;
        }
    }
}

fn killed_writers() {
    let dir = std::env::temp_dir().join(format!("gantry-logs-crash-{}", std::process::id()));
    let me = std::env::current_exe().expect("this program has a path");
    let mut acknowledged = 0u64;
    for life in 0..LIVES {
        // Some of what is sent was acknowledged before.
        let from = acknowledged.saturating_sub(20) + 1;
        let mut writer = Command::new(&me)
            .args(["write".as_ref(), dir.as_os_str(), from.to_string().as_ref()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts again");
        let goal = acknowledged + LINES + life;
        let mut lines = BufReader::new(writer.stdout.take().expect("it is a pipe")).lines();
        while acknowledged < goal {
            let line = lines
                .next()
                .expect("the writer writes until it is killed")
                .expect("it writes text");
            acknowledged = acknowledged.max(line.parse().expect("it writes numbers"));
        }
        writer.kill().expect("it runs");
        writer.wait().expect("it was killed");
        for line in lines.map_while(Result::ok) {
            acknowledged = acknowledged.max(line.parse().unwrap_or(0)); // what was said before the end counts
        }
        let logs = open(&dir);
        let found = all(&logs);
        let numbers: BTreeSet<u64> = found.iter().copied().collect();
        assert_eq!(numbers.len(), found.len(), "a line is there twice");
        assert!(found.is_sorted(), "lines are out of order");
        assert!(
            (1..=acknowledged).all(|n| numbers.contains(&n)),
            "an acknowledged line is lost"
        );
        assert_eq!(numbers.last().copied(), Some(logs.acknowledged("g", "s", "writer")));
    }
    std::fs::remove_dir_all(&dir).expect("it is ours");
}

fn all(logs: &Logs) -> Vec<u64> {
    let (mut query, mut numbers) = (Query::of("g"), Vec::new());
    loop {
        let found = wait(logs.find(&query, |_| true)).expect("what is there reads");
        numbers.extend(found.lines.iter().map(|line| {
            let number = line.message.split(' ').next().and_then(|n| n.parse::<u64>().ok());
            number.expect("every line begins with its number")
        }));
        match found.next {
            Some(next) => query.after = Some(next),
            None => return numbers,
        }
    }
}

fn wait<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
