//! Measures the store: `cargo run --release -p store --example bench_store [-- DIR [SECONDS [WHAT]]]`, where WHAT is
//! one of open, etcd (the store beside it), tasks, one, watch, restart.
//!
//! Prints lines `name value unit`. CPU is that of the whole process, the load included: there is nothing to subtract.
#![allow(clippy::disallowed_methods)] // a bench reads the real clock

#[path = "bench/cpu.rs"]
mod cpu;
#[path = "bench/etcd.rs"]
mod etcd;

use base::{Dice, SeededDice, SystemClock};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{BadRecord, EmbeddedBackend, Key, Options, Record, Store, StoreError, Tables};

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
    Store::open(EmbeddedBackend::at(dir), tables, options).expect("it opens")
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [what, dir, name, rows] = args.as_slice()
        && what == "reopen"
    {
        return reopen(Path::new(dir), name, rows.parse().expect("rows"));
    }
    let mut args = args.into_iter();
    let dir = args
        .next()
        .map_or_else(|| std::env::temp_dir().join("gantry-bench-store"), PathBuf::from);
    let seconds: u64 = args.next().map_or(3, |s| s.parse().expect("seconds"));
    let only = args.next();
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let _ = std::fs::remove_dir_all(&dir);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads");
    let time = Duration::from_secs(seconds);
    if wanted("open") {
        open_empty(&dir, &runtime);
    }
    if wanted("etcd") {
        beside_etcd(&dir, &runtime, time, WRITERS);
        beside_etcd(&dir, &runtime, time, 8);
    }
    if wanted("puts") {
        runtime
            .block_on(commits(&dir.join("puts"), WRITERS, time, put_value))
            .report("puts");
    }
    if wanted("tasks") {
        let figures = runtime.block_on(commits(&dir.join("tasks"), WRITERS, time, move_task));
        figures.report("tasks");
    }
    if wanted("one") {
        runtime
            .block_on(commits(&dir.join("one"), 1, time, put_value))
            .report("one");
    }
    if wanted("watch") {
        watch(&dir, &runtime);
    }
    if wanted("restart") {
        restart(&dir, &runtime, "100k", 100_000);
        restart(&dir, &runtime, "1M", 1_000_000);
    }
    let _ = std::fs::remove_dir_all(&dir);
}

fn open_empty(dir: &Path, runtime: &tokio::runtime::Runtime) {
    let begin = Instant::now();
    let store = open(&dir.join("empty"));
    runtime.block_on(async {
        put_value(store.clone(), 1).await;
        report("open_empty_to_first_commit", begin.elapsed().as_secs_f64() * 1e3, "ms");
        store.close().await;
    });
}

/// Store and etcd in turns, three times; of each the median.
fn beside_etcd(dir: &Path, runtime: &tokio::runtime::Runtime, time: Duration, connections: u64) {
    let _ = std::fs::remove_dir_all(dir);
    println!("# etcd: {WRITERS} clients on {connections} connections");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let load = runtime.block_on(load_alone(time));
    for round in 0..3 {
        let ours_now = runtime.block_on(commits(&dir.join(format!("puts{round}")), WRITERS, time, put_value));
        ours.push(ours_now);
        // Many clients on one connection are kind to etcd; a connection for each is how clients come.
        let etcd = etcd::puts(
            &dir.join(format!("etcd{round}")),
            WRITERS,
            connections,
            KEYS,
            VALUE,
            time,
        );
        theirs.extend(etcd.map(|f| Figures {
            done: f.puts,
            cpu: f.cpu,
            took: f.took,
            waits: f.waits,
        }));
    }
    let median = |mut all: Vec<Figures>| {
        all.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
        all.swap_remove(all.len() / 2)
    };
    let ours = median(ours);
    ours.report("puts");
    report("puts_load_alone_cpu", load, "us/commit");
    if theirs.is_empty() {
        println!("# no etcd here: apt-get install -y etcd-server");
        return;
    }
    let theirs = median(theirs);
    theirs.report("etcd_puts");
    let cpu = theirs.cpu_each() / ours.cpu_each();
    println!(
        "# {:<34} {:>12} {:>12} {:>8} {:>8}",
        "", "gantry store", "etcd", "ratio", "goal"
    );
    let row = |what: &str, ours: f64, theirs: f64, ratio: f64, goal: &str| {
        println!("# {what:<34} {ours:>12.1} {theirs:>12.1} {ratio:>7.1}x {goal:>8}");
    };
    row(
        "durable commits/s, 64 writers",
        ours.rate(),
        theirs.rate(),
        ours.rate() / theirs.rate(),
        "6x",
    );
    row(
        "CPU us/commit (ours with its load)",
        ours.cpu_each(),
        theirs.cpu_each(),
        cpu,
        "20x",
    );
    let alone = (ours.cpu_each() - load).max(0.01);
    row(
        "CPU us/commit (ours without it)",
        alone,
        theirs.cpu_each(),
        theirs.cpu_each() / alone,
        "20x",
    );
    let (p50, their_p50) = (ours.wait(50), theirs.wait(50));
    row("p50 us, 64 writers", p50, their_p50, their_p50 / p50, "");
    report("ratio_puts", ours.rate() / theirs.rate(), "x");
    report("ratio_cpu", cpu, "x");
}

async fn put_value(store: Store, n: u64) {
    let mut value = Some(Value {
        id: n % KEYS,
        bytes: vec![n as u8; VALUE],
    });
    let write = move |tx: &mut store::Tx| -> Result<(), StoreError> {
        tx.put(value.take().expect("without injected conflicts a closure runs once"));
        Ok(())
    };
    store.write(write).await.expect("it is written");
}

async fn move_task(store: Store, n: u64) {
    let task = Task::new(n % KEYS, 0);
    let write = move |tx: &mut store::Tx| -> Result<(), StoreError> {
        let status = tx.get::<Task>(&task.key()).map_or(0, |old| old.status.wrapping_add(1));
        tx.put(Task { status, ..task.clone() });
        Ok(())
    };
    store.write(write).await.expect("it is written");
}

/// What the writers cost by themselves: the same tasks, values and clock, and no store. Microseconds each.
async fn load_alone(time: Duration) -> f64 {
    let (begin, cpu) = (Instant::now(), cpu::of_this_process());
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            tokio::spawn(async move {
                let (dice, mut waits) = (SeededDice::new(writer), Vec::new());
                while begin.elapsed() < time {
                    let started = Instant::now();
                    let n = dice.u64();
                    let value = Value {
                        id: n % KEYS,
                        bytes: vec![n as u8; VALUE],
                    };
                    std::hint::black_box((value.key(), &value));
                    tokio::task::yield_now().await;
                    waits.push(started.elapsed().as_micros() as u32);
                }
                waits.len()
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await.expect("a writer ends");
    }
    (cpu::of_this_process() - cpu).as_secs_f64() * 1e6 / done as f64
}

struct Figures {
    done: f64,
    cpu: Duration,
    took: Duration,
    /// Microseconds, sorted.
    waits: Vec<u32>,
}

impl Figures {
    fn rate(&self) -> f64 {
        self.done / self.took.as_secs_f64()
    }

    fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.done
    }

    fn wait(&self, percent: usize) -> f64 {
        f64::from(self.waits[self.waits.len() * percent / 100])
    }

    fn report(&self, name: &str) {
        report(&format!("{name}_commits"), self.rate(), "/s");
        report(&format!("{name}_cpu"), self.cpu_each(), "us/commit");
        report(&format!("{name}_p50"), self.wait(50), "us");
        report(&format!("{name}_p99"), self.wait(99), "us");
    }
}

fn report(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}

async fn commits<F: Future<Output = ()> + Send>(
    dir: &Path,
    writers: u64,
    time: Duration,
    write: impl Fn(Store, u64) -> F + Send + Sync + Copy + 'static,
) -> Figures {
    let store = open(dir);
    let (begin, cpu) = (Instant::now(), cpu::of_this_process());
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let (dice, mut waits) = (SeededDice::new(writer), Vec::new());
                while begin.elapsed() < time {
                    let started = Instant::now();
                    write(store.clone(), dice.u64()).await;
                    waits.push(started.elapsed().as_micros() as u32);
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.expect("a writer ends"));
    }
    let (took, cpu) = (begin.elapsed(), cpu::of_this_process() - cpu);
    waits.sort_unstable();
    store.close().await;
    Figures {
        done: waits.len() as f64,
        cpu,
        took,
        waits,
    }
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
    // A process of its own, as a restart is; what was filled here is not in its memory.
    let this = std::env::current_exe().expect("this program has a path");
    let status = Command::new(this)
        .arg("reopen")
        .arg(&dir)
        .args([name, &rows.to_string()])
        .status();
    assert!(status.is_ok_and(|status| status.success()), "it opens again");
}

fn reopen(dir: &Path, name: &str, rows: u64) {
    let before = cpu::resident();
    let begin = Instant::now();
    let store = open(dir);
    report(&format!("restart_{name}"), begin.elapsed().as_secs_f64() * 1e3, "ms");
    let held = cpu::resident().saturating_sub(before);
    report(
        &format!("memory_{name}"),
        held as f64 / rows as f64,
        "bytes/record (resident, upper bound)",
    );
    assert_eq!(store.snapshot().count::<Task>(&Key::all()) as u64, rows);
}
