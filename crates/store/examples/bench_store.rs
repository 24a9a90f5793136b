//! Measures the store: `cargo run --release -p store --example bench_store [-- DIR [SECONDS]]`.
//!
//! Prints lines `name value unit`. CPU is that of the whole process, the load included: there is nothing to subtract.
#![allow(clippy::disallowed_methods)] // a bench reads the real clock

#[path = "bench/cpu.rs"]
mod cpu;

use base::{Dice, SeededDice, SystemClock};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::{BadRecord, EmbeddedBackend, HistoryLimits, Key, Options, Record, Store, StoreError, Tables};

const WRITERS: u64 = 64;
const KEYS: u64 = 100_000;
const VALUE: usize = 300;

/// As a value in a key-value store: no index.
#[derive(Clone)]
struct Value {
    id: u64,
    bytes: Vec<u8>,
}

impl Record for Value {
    const TABLE: &'static str = "values";

    fn key(&self) -> Key {
        Key::of(["default", &format!("{:032x}", spread(self.id))])
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&self.bytes);
    }

    fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        let (id, bytes) = bytes.split_first_chunk().ok_or_else(|| BadRecord::new("short"))?;
        Ok(Value {
            id: u64::from_le_bytes(*id),
            bytes: bytes.to_vec(),
        })
    }
}

/// As a task: some strings, found by service and by node.
#[derive(Clone)]
struct Task {
    id: u64,
    status: u8,
    texts: [Box<str>; 6],
}

impl Task {
    fn new(id: u64, status: u8) -> Self {
        let texts = [
            format!("service-{}", id % 1000),
            format!("node-{}", id % 5003),
            format!("arn:aws:ecs:us-east-1:000000000000:task-definition/web-{}:7", id % 100),
            "started because the service wants four".to_owned(),
            format!("10.0.{}.{} eni-{:017x}", id % 251, id % 241, id),
            "2026-11-21T07:49:47.123Z 2026-11-21T07:49:48.456Z FARGATE 256 512 1.4.0".to_owned(),
        ];
        Task {
            id,
            status,
            texts: texts.map(String::into_boxed_str),
        }
    }
}

impl Record for Task {
    const TABLE: &'static str = "tasks";
    const INDEXES: &'static [&'static str] = &["service", "node"];

    fn key(&self) -> Key {
        Key::of(["default", &format!("{:032x}", spread(self.id))])
    }

    fn indexes(&self, put: &mut dyn FnMut(&'static str, Key)) {
        put("service", Key::of([&*self.texts[0]]));
        put("node", Key::of([&*self.texts[1]]));
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_le_bytes());
        out.push(self.status);
        for text in &self.texts {
            out.push(text.len() as u8);
            out.extend_from_slice(text.as_bytes());
        }
    }

    fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        let short = || BadRecord::new("short");
        let (id, rest) = bytes.split_first_chunk().ok_or_else(short)?;
        let (status, mut rest) = rest.split_first().ok_or_else(short)?;
        let mut text = || {
            let (len, tail) = rest.split_first().ok_or_else(short)?;
            let (text, tail) = tail.split_at_checked(usize::from(*len)).ok_or_else(short)?;
            rest = tail;
            std::str::from_utf8(text).map(Box::from).map_err(BadRecord::new)
        };
        let texts = [text()?, text()?, text()?, text()?, text()?, text()?];
        Ok(Task {
            id: u64::from_le_bytes(*id),
            status: *status,
            texts,
        })
    }
}

/// Ids that lie anywhere, as random ones do.
fn spread(id: u64) -> u128 {
    let dice = SeededDice::new(id);
    u128::from(dice.u64()) << 64 | u128::from(dice.u64())
}

fn open(dir: &Path) -> Store {
    let tables = Tables::new().with::<Value>().with::<Task>();
    let options = Options::new(Arc::new(SystemClock));
    Store::open(EmbeddedBackend::at(dir, HistoryLimits::default()), tables, options).expect("it opens")
}

fn main() {
    let mut args = std::env::args().skip(1);
    let dir = args
        .next()
        .map_or_else(|| std::env::temp_dir().join("gantry-bench-store"), PathBuf::from);
    let seconds: u64 = args.next().map_or(3, |s| s.parse().expect("seconds"));
    let only = args.next();
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name.starts_with(only));
    let _ = std::fs::remove_dir_all(&dir);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads");
    let time = Duration::from_secs(seconds);
    if wanted("empty") {
        let begin = Instant::now();
        let store = open(&dir.join("empty"));
        report("empty_open", begin.elapsed().as_secs_f64() * 1e3, "ms");
        runtime.block_on(store.close());
    }
    if wanted("puts") {
        runtime.block_on(commits(&dir, "puts", WRITERS, time, |store, n| async move {
            let value = Value {
                id: n % KEYS,
                bytes: vec![n as u8; VALUE],
            };
            let write = move |tx: &mut store::Tx| -> Result<(), StoreError> {
                tx.put(value.clone());
                Ok(())
            };
            store.write(write).await.expect("it is written");
        }));
    }
    if wanted("tasks") {
        runtime.block_on(commits(&dir, "tasks", WRITERS, time, |store, n| async move {
            let task = Task::new(n % KEYS, (n / KEYS) as u8);
            let write = move |tx: &mut store::Tx| -> Result<(), StoreError> {
                let status = tx.get::<Task>(&task.key()).map_or(0, |old| old.status + 1);
                tx.put(Task { status, ..task.clone() });
                Ok(())
            };
            store.write(write).await.expect("it is written");
        }));
    }
    if wanted("one") {
        runtime.block_on(one_writer(&dir, time));
    }
    if wanted("watch") {
        watch(&dir, &runtime);
    }
    for (name, rows) in [("100k", 100_000), ("1M", 1_000_000)] {
        if wanted("restart") {
            restart(&dir, &runtime, name, rows);
        }
    }
    let _ = std::fs::remove_dir_all(&dir);
}

fn report(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}

async fn commits<F: Future<Output = ()> + Send>(
    dir: &Path,
    name: &str,
    writers: u64,
    time: Duration,
    write: impl Fn(Store, u64) -> F + Send + Sync + Copy + 'static,
) {
    let store = open(&dir.join(name));
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU64::new(0));
    let (begin, cpu) = (Instant::now(), cpu::of_this_process());
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let (store, stop, done) = (store.clone(), stop.clone(), done.clone());
            tokio::spawn(async move {
                let dice = SeededDice::new(writer);
                let mut waits = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let begin = Instant::now();
                    write(store.clone(), dice.u64()).await;
                    waits.push(begin.elapsed().as_micros() as u32);
                    done.fetch_add(1, Ordering::Relaxed);
                }
                waits
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.expect("a writer ends"));
    }
    let (took, cpu) = (begin.elapsed(), cpu::of_this_process() - cpu);
    let commits = done.load(Ordering::Relaxed) as f64;
    waits.sort_unstable();
    report(&format!("{name}_commits"), commits / took.as_secs_f64(), "/s");
    report(&format!("{name}_cpu"), cpu.as_secs_f64() * 1e6 / commits, "us/commit");
    report(&format!("{name}_p50"), f64::from(waits[waits.len() / 2]), "us");
    report(&format!("{name}_p99"), f64::from(waits[waits.len() * 99 / 100]), "us");
    store.close().await;
}

async fn one_writer(dir: &Path, time: Duration) {
    commits(dir, "one", 1, time, |store, n| async move {
        let value = Value {
            id: n % KEYS,
            bytes: vec![n as u8; VALUE],
        };
        let write = move |tx: &mut store::Tx| -> Result<(), StoreError> {
            tx.put(value.clone());
            Ok(())
        };
        store.write(write).await.expect("it is written");
    })
    .await;
}

/// Many watchers read the same commits.
fn watch(dir: &Path, runtime: &tokio::runtime::Runtime) {
    const WATCHERS: usize = 100;
    const COMMITS: u64 = 20_000;
    let store = open(&dir.join("watch"));
    let from = store.snapshot().revision();
    runtime.block_on(async {
        let writes = (0..COMMITS).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let write = move |tx: &mut store::Tx| -> Result<(), StoreError> {
                    tx.put(Value {
                        id: n % KEYS,
                        bytes: vec![0; VALUE],
                    });
                    Ok(())
                };
                while store.write(write).await.is_err_and(|e| e.may_retry()) {
                    tokio::task::yield_now().await;
                }
            })
        });
        for write in writes.collect::<Vec<_>>() {
            write.await.expect("a writer ends");
        }
        let (begin, cpu) = (Instant::now(), cpu::of_this_process());
        let watchers: Vec<_> = (0..WATCHERS)
            .map(|_| {
                let mut watch = store.watch(from);
                tokio::spawn(async move {
                    let mut changes = 0;
                    while changes < COMMITS {
                        changes += watch.next().await.expect("the ring holds them all").changes.len() as u64;
                    }
                })
            })
            .collect();
        for watcher in watchers {
            watcher.await.expect("a watcher ends");
        }
        let deliveries = (WATCHERS as u64 * COMMITS) as f64;
        let cpu = cpu::of_this_process() - cpu;
        report("watch_deliveries", deliveries / begin.elapsed().as_secs_f64(), "/s");
        report("watch_deliveries_per_core", deliveries / cpu.as_secs_f64(), "/s");
        store.close().await;
    });
}

fn restart(dir: &Path, runtime: &tokio::runtime::Runtime, name: &str, rows: u64) {
    let dir = dir.join(name);
    let store = open(&dir);
    let before = cpu::resident();
    let begin = Instant::now();
    runtime.block_on(async {
        for first in (0..rows).step_by(1000) {
            let write = move |tx: &mut store::Tx| -> Result<(), StoreError> {
                (first..first + 1000).for_each(|id| tx.put(Task::new(id, 0)));
                Ok(())
            };
            store.write(write).await.expect("it is written");
        }
    });
    report(&format!("fill_{name}"), begin.elapsed().as_secs_f64() * 1e3, "ms");
    runtime.block_on(store.close());
    drop(store);
    let dir_of = dir.clone();
    let begin = Instant::now();
    let store = open(&dir_of);
    report(&format!("restart_{name}"), begin.elapsed().as_secs_f64() * 1e3, "ms");
    let held = cpu::resident().saturating_sub(before);
    report(
        &format!("memory_{name}"),
        held as f64 / rows as f64,
        "bytes/record (resident, upper bound)",
    );
    assert_eq!(store.snapshot().count::<Task>(&Key::all()) as u64, rows);
    runtime.block_on(store.close());
}
