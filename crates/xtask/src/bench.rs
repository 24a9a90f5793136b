//! `cargo xtask bench NAME`: figures beside a peer's, from the same run on the same machine.
//!
//! A bench prints a table with ratios to standard output, which docs/performance.md keeps beside the command that made
//! it. Rust benches are examples of the crate that they measure; those that drive servers are Python.

use crate::run::{Outcome, built, cargo, open, quiet, step};
use crate::tools::{self, For};
use std::process::Command;

struct Bench {
    name: &'static str,
    about: &'static str,
    run: fn(&[&str]) -> Outcome,
}

/// Add a row for each bench.
const BENCHES: &[Bench] = &[
    Bench {
        name: "store",
        about: "durable commits with 64 writers beside etcd",
        run: store,
    },
    Bench {
        name: "door",
        about: "ECS calls, footprint and restart beside moto_server",
        run: door,
    },
    Bench {
        name: "start",
        about: "starts of tasks and pulls beside runc and docker, and what a node takes; as root",
        run: start,
    },
    Bench {
        name: "registry",
        about: "pushes and pulls beside docker-registry; the last layer may be larger: --large-mib 4096",
        run: registry,
    },
    Bench {
        name: "placement",
        about: "placements a second and how good they are, beside the exact scan; takes numbers of nodes",
        run: placement,
    },
    Bench {
        name: "cluster",
        about: "RunTask and a large service on 10,000 simulated nodes; --full for a service of 100,000 tasks",
        run: cluster,
    },
    Bench {
        name: "service",
        about: "services of real containers until they run and are replaced, beside Docker Swarm; as root",
        run: service,
    },
];

pub fn bench(words: &[&str]) -> Outcome {
    let Some((name, words)) = words.split_first() else {
        for bench in BENCHES {
            println!("  {:<10}{}", bench.name, bench.about);
        }
        return Ok(());
    };
    let bench = BENCHES.iter().find(|bench| bench.name == *name);
    let bench = bench.ok_or_else(|| format!("no bench is called `{name}`; see `cargo xtask bench`"))?;
    (bench.run)(words)
}

fn store(words: &[&str]) -> Outcome {
    step("Debian packages", || tools::debian(For::Benches))?;
    open(cargo("run --quiet --release --package store --example bench_store --").args(words))
}

fn placement(words: &[&str]) -> Outcome {
    open(cargo("run --quiet --release --package scheduler --example bench_placement --").args(words))
}

fn door(words: &[&str]) -> Outcome {
    with_servers("crates/xtask/src/bench/door.py", words)
}

fn start(words: &[&str]) -> Outcome {
    beside_docker("crates/xtask/src/bench/start.py", words)
}

fn cluster(words: &[&str]) -> Outcome {
    with_servers("crates/xtask/src/bench/cluster.py", words)
}

fn service(words: &[&str]) -> Outcome {
    beside_docker("crates/xtask/src/bench/service.py", words)
}

fn registry(words: &[&str]) -> Outcome {
    with_servers("crates/xtask/src/bench/registry.py", words)
}

/// A bench whose peer is Docker, unless it is told to leave that out.
fn beside_docker(script: &str, words: &[&str]) -> Outcome {
    if !words.contains(&"--no-docker") {
        step("Docker's packages", tools::docker)?;
    }
    with_servers(script, words)
}

/// A bench in Python that is given the binary.
fn with_servers(script: &str, words: &[&str]) -> Outcome {
    step("Debian packages", || tools::debian(For::Benches))?;
    let bin = step("Python packages", || tools::python(For::Benches))?;
    step("build", || {
        quiet(&mut cargo("build --quiet --release --package gantry"))
    })?;
    let mut bench = Command::new(bin.join("python"));
    bench.args(["-B", script]).arg(built("release/gantry"));
    open(bench.args(words))
}
