//! How fast lines go in and are found: `cargo run --release -p telemetry --example bench_logs`.
//!
//! Lines look like those of a web server in JSON. In: durable appends as a node's collector makes them, from one sender
//! and from many. Out: reading all, searching for a rare word, and a filter that has to read the JSON. CPU is what the
//! whole process used, so a figure per core holds whatever else the machine does.

use base::{Clock, SystemClock, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use telemetry::pattern::Pattern;
use telemetry::{Append, Event, Logs, Options, Query};

const LINES: u64 = 2_000_000;
const BATCH: u64 = 1000;
const STREAMS: u64 = 20;

fn main() {
    let dir = std::env::temp_dir().join(format!("gantry-bench-logs-{}", std::process::id()));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let logs = Logs::open(&dir, clock, Options::default()).expect("a new directory opens");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    println!(
        "{:<34} {:>12} {:>10} {:>12} {:>10}",
        "", "lines/s", "MB/s", "lines/cpu-s", "MB/cpu-s"
    );

    // Made before the clock runs: what is measured is the store.
    let batches: Vec<Append> = (0..LINES / BATCH).map(batch).collect();
    let bytes: u64 = batches
        .iter()
        .flat_map(|b| &b.events)
        .map(|e| e.message.len() as u64)
        .sum();
    measure("append, durable, 16 in flight", LINES, bytes, || {
        runtime.block_on(async {
            let mut waiting = std::collections::VecDeque::new();
            for batch in batches {
                waiting.push_back(logs.append(batch));
                if waiting.len() == 16 {
                    let first = waiting.pop_front().expect("there are sixteen");
                    first.await.expect("the disk takes it");
                }
            }
            for last in waiting {
                last.await.expect("the disk takes it");
            }
        });
    });
    for (what, pattern) in [
        ("read all", ""),
        ("search a word that is rare", "\"needle\""),
        ("search two words", "GET 503"),
        ("filter JSON", "{ $.status = 503 && $.ms > 900 }"),
    ] {
        let pattern = Pattern::parse(pattern).expect("a good pattern");
        let mut query = Query {
            scan_bytes: 64 << 20,
            needle: pattern.needle().map(|needle| needle.as_bytes().to_vec()),
            ..Query::of("bench")
        };
        measure(what, LINES, bytes, || {
            runtime.block_on(async {
                while let Some(next) = logs
                    .find(&query, |line| pattern.matches(line))
                    .await
                    .expect("it reads")
                    .next
                {
                    query.after = Some(next);
                }
            });
        });
    }
    drop(logs);
    let disk: u64 = std::fs::read_dir(&dir)
        .expect("it is there")
        .filter_map(|entry| entry.and_then(|entry| entry.metadata()).ok())
        .map(|metadata| metadata.len())
        .sum();
    println!(
        "{bytes} bytes of messages take {disk} on disk: {:.1} to 1",
        bytes as f64 / disk as f64
    );
    std::fs::remove_dir_all(&dir).expect("it is ours");
}

fn batch(number: u64) -> Append {
    let events = (0..BATCH).map(|i| {
        let n = number * BATCH + i;
        // A sequence without a pattern that a compressor would find.
        let noise = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (n << 7);
        let status = [200, 200, 200, 201, 204, 304, 404, 503][(noise >> 11) as usize % 8];
        let word = if n % 400_000 == 123 { "needle" } else { "haystack" };
        Event {
            at: Timestamp(1_700_000_000_000 + (n / 100) as i64),
            message: format!(
                "{{\"level\":\"info\",\"method\":\"GET\",\"path\":\"/api/v1/{word}/{}\",\"status\":{status},\"ms\":{},\
                 \"request\":\"{noise:016x}\",\"user\":\"user-{}\"}}",
                noise % 1000,
                noise % 1013,
                noise % 5000
            ),
            position: n + 1,
        }
    });
    Append {
        source: Some("node/container".into()),
        events: events.collect(),
        ..Append::line("bench", &format!("task/{}", number % STREAMS), Timestamp(0), "")
    }
}

fn measure(what: &str, lines: u64, bytes: u64, run: impl FnOnce()) {
    #[allow(clippy::disallowed_methods)] // a bench measures the machine
    let (began, cpu) = (std::time::Instant::now(), cpu_time());
    run();
    let (took, cpu) = (began.elapsed().as_secs_f64(), (cpu_time() - cpu).as_secs_f64());
    let mb = bytes as f64 / 1e6;
    let lines = lines as f64;
    println!(
        "{what:<34} {:>12.0} {:>10.1} {:>12.0} {:>10.1}",
        lines / took,
        mb / took,
        lines / cpu,
        mb / cpu
    );
}

fn cpu_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}
