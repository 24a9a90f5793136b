//! The crash harness: a child process writes with 64 writers and is killed with SIGKILL at a random moment, again and
//! again. What it acknowledged through a pipe must be there afterwards, and no transaction may be there by half.
//!
//! Half of the lives go on in one directory, half begin in a fresh one.

use base::{Dice, SystemClock, SystemDice};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use store::{BadRecord, EmbeddedBackend, HistoryLimits, Key, Options, Record, Snapshot, Store, StoreError, Tables, Tx};

const WRITERS: u64 = 64;
const KILLS: u64 = 200;
/// Records that every transaction of a writer replaces together.
const SLOTS: u64 = 3;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", dir] => write_until_killed(Path::new(dir)),
        args if args.contains(&"--list") => println!("crash: test"),
        _ => be_killed_and_look(),
    }
    ExitCode::SUCCESS
}

/// One slot of a writer, or (a new record each time) the mark that its newest transaction leaves.
#[derive(Clone, Debug)]
struct Entry {
    writer: u64,
    slot: Slot,
    number: u64,
    ballast: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Fixed(u64),
    Mark,
}

impl Entry {
    fn new(writer: u64, slot: Slot, number: u64) -> Self {
        Entry {
            writer,
            slot,
            number,
            ballast: vec![number as u8; 200],
        }
    }
}

impl Record for Entry {
    const TABLE: &'static str = "entries";

    fn key(&self) -> Key {
        let writer = Key::all().part_u64(self.writer);
        match self.slot {
            Slot::Fixed(slot) => writer.part("slot").part_u64(slot),
            Slot::Mark => writer.part("mark").part_u64(self.number),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let slot = match self.slot {
            Slot::Fixed(slot) => slot,
            Slot::Mark => u64::MAX,
        };
        [self.writer, slot, self.number]
            .iter()
            .for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        out.extend_from_slice(&self.ballast);
    }

    fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        let mut rest = bytes;
        let mut number = || {
            let (number, tail) = rest.split_first_chunk().ok_or_else(|| BadRecord::new("cut off"))?;
            rest = tail;
            Ok(u64::from_le_bytes(*number))
        };
        let (writer, slot, number) = (number()?, number()?, number()?);
        let slot = if slot == u64::MAX {
            Slot::Mark
        } else {
            Slot::Fixed(slot)
        };
        Ok(Entry {
            writer,
            slot,
            number,
            ballast: rest.to_vec(),
        })
    }
}

fn open(dir: &Path) -> Store {
    let history = HistoryLimits {
        bytes: 256 << 10,
        ..HistoryLimits::default()
    };
    let options = Options {
        history,
        ..Options::new(Arc::new(SystemClock))
    };
    let backend = EmbeddedBackend::at(dir).with_small_files();
    Store::open(backend, Tables::new().with::<Entry>(), options).expect("it opens")
}

/// The newest transaction of a writer, all of it.
fn newest(now: &Snapshot, writer: u64) -> u64 {
    let all = Key::all().part_u64(writer);
    let entries: Vec<_> = now.scan::<Entry>(&all).collect();
    let Some(first) = entries.first() else { return 0 };
    let whole = entries.len() as u64 == SLOTS + 1
        && entries
            .iter()
            .all(|e| e.number == first.number && e.ballast.iter().all(|b| *b == e.number as u8));
    assert!(whole, "a transaction is there by half: {entries:?}");
    first.number
}

/// The child: every writer goes on from where it was, and tells each write that is acknowledged.
fn write_until_killed(dir: &Path) {
    let store = open(dir);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("threads can be had");
    runtime.block_on(async {
        let writers = (0..WRITERS).map(|writer| tokio::spawn(write_on(store.clone(), writer)));
        for writer in writers.collect::<Vec<_>>() {
            writer.await.expect("a writer does not panic");
        }
    });
}

async fn write_on(store: Store, writer: u64) {
    let mut number = newest(&store.snapshot(), writer);
    loop {
        number += 1;
        let write = move |tx: &mut Tx| -> Result<(), StoreError> {
            tx.delete::<Entry>(&Entry::new(writer, Slot::Mark, number - 1).key());
            (0..SLOTS).for_each(|slot| tx.put(Entry::new(writer, Slot::Fixed(slot), number)));
            tx.put(Entry::new(writer, Slot::Mark, number));
            Ok(())
        };
        store.write(write).await.expect("it is written");
        // A line this short goes into the pipe whole or not at all.
        let told = std::io::stdout()
            .lock()
            .write_all(format!("{writer} {number}\n").as_bytes());
        if told.is_err() {
            return; // nobody listens any more
        }
    }
}

fn be_killed_and_look() {
    let dice = SystemDice::default();
    let base = TempDir(std::env::temp_dir().join(format!("gantry-crash-{}", std::process::id())));
    let mut acknowledged = BTreeMap::new();
    let (mut writes, mut silent) = (0, 0);
    for life in 0..KILLS {
        let fresh = life % 2 == 1;
        let dir = if fresh {
            base.0.join(format!("fresh-{life}"))
        } else {
            base.0.join("lasting")
        };
        let mut mine = if fresh {
            BTreeMap::new()
        } else {
            std::mem::take(&mut acknowledged)
        };
        let heard = live(&dir, Duration::from_millis(dice.below(40)));
        writes += heard.len();
        silent += u64::from(heard.is_empty());
        mine.extend(heard);
        look(&dir, &mine, life);
        if fresh {
            std::fs::remove_dir_all(&dir).expect("the directory can be removed");
        } else {
            acknowledged = mine;
        }
    }
    println!("crash harness: {KILLS} kills ({silent} before the first write), {writes} acknowledged writes, none lost");
    assert!(silent < KILLS / 2, "most lives are long enough to write something");
}

/// Runs a child, kills it, and answers with what it acknowledged: writers and numbers, in order.
fn live(dir: &Path, life: Duration) -> Vec<(u64, u64)> {
    let this = std::env::current_exe().expect("this program has a path");
    let mut child = Command::new(this)
        .args([Path::new("write"), dir])
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be started");
    let out = child.stdout.take().expect("it was asked for");
    let (heard_first, first) = mpsc::channel();
    let listener = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if let Some((writer, number)) = line.split_once(' ') {
                heard.push((writer.parse().expect("a number"), number.parse().expect("a number")));
                let _ = heard_first.send(());
            }
        }
        heard
    });
    // One life in eight ends without waiting for its first write: while the store opens, say.
    if !life.subsec_millis().is_multiple_of(8) {
        let _ = first.recv_timeout(Duration::from_secs(20));
    }
    // The moment to strike: as good as random. There is nothing to wait for here.
    let (_never, moment) = mpsc::channel::<()>();
    let _ = moment.recv_timeout(life);
    child.kill().expect("the child can be killed");
    let status = child.wait().expect("the child has ended");
    assert!(status.code().is_none(), "the child ended by itself: {status}");
    listener.join().expect("the listener does not panic")
}

fn look(dir: &Path, acknowledged: &BTreeMap<u64, u64>, life: u64) {
    let store = open(dir);
    let now = store.snapshot();
    for writer in 0..WRITERS {
        let found = newest(&now, writer);
        let wanted = acknowledged.get(&writer).copied().unwrap_or_default();
        assert!(
            found >= wanted,
            "life {life}: writer {writer} was told that {wanted} is written; there is {found}"
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime can be had");
    runtime.block_on(store.close());
}

struct TempDir(PathBuf);

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
