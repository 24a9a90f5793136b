//! How long placements take, and how good they are: `cargo xtask bench placement [nodes..]`.
//!
//! Prints, for several numbers of nodes, placements a second of one core: by the yard (the engine alone, in calls of ten
//! tasks), by the board in transactions of a store in memory, and by the exact scan (on nodes already read, copied for each
//! call), which is the oracle of the tests and the measure here. CPU time, not the clock's, because other work shares the machine.

#![allow(clippy::disallowed_methods)] // a bench reads the real clock

mod quality;
mod stored;
mod work;

use scheduler::board::Yard;
use scheduler::{Ask, Strategy};
use std::time::{Duration, Instant};
use work::{Kind, World, cpu, kinds};

/// Tasks in one call, as RunTask's most.
const CALL: u32 = 10;

fn main() {
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let sizes = if asked.is_empty() {
        vec![1_000, 10_000, 100_000]
    } else {
        asked
    };
    println!("| placements/s/core, {CALL} a call | nodes | engine | exact scan | ratio |");
    println!("|---|--:|--:|--:|--:|");
    for nodes in &sizes {
        let world = World::of(*nodes);
        for kind in kinds() {
            let fast = engine(&world, std::slice::from_ref(&kind), 400_000);
            let exact = exact(&world, &kind);
            row(&kind.name, *nodes, fast, Some(exact));
        }
        let mixed: Vec<Kind> = kinds().into_iter().filter(|kind| !kind.is_distinct()).collect();
        row("these in turns", *nodes, engine(&world, &mixed, 400_000), None);
        row(
            "100 services in turns",
            *nodes,
            engine(&world, &work::services(100), 100_000),
            None,
        );
    }
    println!("\n| one task a call, the kinds in turns | nodes | p50 | p99 | p99.9 | a class that is new |");
    println!("|---|--:|--:|--:|--:|--:|");
    for nodes in &sizes {
        single(&World::of(*nodes));
    }
    println!(
        "\n| in transactions of a store in memory, {CALL} a call, ledgers written | nodes | tasks/s/core | with the exact scan | ratio |"
    );
    println!("|---|--:|--:|--:|--:|");
    for nodes in sizes.iter().filter(|nodes| **nodes <= 10_000) {
        stored::run(*nodes);
    }
    quality::run();
}

fn row(name: &str, nodes: usize, fast: f64, exact: Option<f64>) {
    let (exact, ratio) = match exact {
        Some(exact) => (whole(exact), format!("{:.0}x", fast / exact)),
        None => Default::default(),
    };
    println!(
        "| {name} | {} | {} | {exact} | {ratio} |",
        whole(nodes as f64),
        whole(fast)
    );
}

/// Placements a second of CPU. Each kind is asked once before, so what is measured is a scheduler that is at work.
fn engine(world: &World, kinds: &[Kind], tasks: u64) -> f64 {
    let mut best = 0.0f64;
    for _ in 0..3 {
        let mut yard = world.yard();
        let tasks = tasks.min(world.nodes as u64 * 30);
        let mut placed = 0;
        for (seed, kind) in kinds.iter().enumerate() {
            ask(&mut yard, kind, 1, seed as u64);
        }
        let start = cpu();
        let mut turn = 0;
        while placed < tasks {
            let kind = &kinds[turn % kinds.len()];
            placed += u64::from(ask(&mut yard, kind, CALL, turn as u64));
            turn += 1;
        }
        let spent = cpu() - start;
        best = best.max(placed as f64 / spent.as_secs_f64());
    }
    best
}

fn exact(world: &World, kind: &Kind) -> f64 {
    let views = world.views();
    let (mut placed, start) = (0, cpu());
    while placed < 50 || (cpu() - start) < Duration::from_millis(300) {
        kind.with(CALL, placed, |request| {
            let assigned = scheduler::place(views.clone(), request).assigned;
            assert_eq!(assigned.len(), CALL as usize);
        });
        placed += u64::from(CALL);
    }
    placed as f64 / (cpu() - start).as_secs_f64()
}

fn ask(yard: &mut Yard, kind: &Kind, count: u32, seed: u64) -> u32 {
    kind.with(count, seed, |request| {
        let picks = yard.pick(&Ask {
            pool: scheduler::view::Pool::Cluster("default"),
            request,
            near: None,
        });
        assert_eq!(picks.len(), count as usize, "{} has no place", kind.name);
        count
    })
}

/// By the clock: what one caller waits.
fn single(world: &World) {
    let kinds: Vec<Kind> = kinds().into_iter().filter(|kind| !kind.is_distinct()).collect();
    let mut yard = world.yard();
    let now = Instant::now;
    let mut fresh = Duration::MAX;
    for (i, kind) in kinds.iter().enumerate() {
        let start = now();
        ask(&mut yard, kind, 1, i as u64);
        if i > 0 {
            fresh = fresh.min(start.elapsed());
        }
    }
    let mut times: Vec<Duration> = (0..200_000.min(world.nodes * 30))
        .map(|turn| {
            let start = now();
            ask(&mut yard, &kinds[turn % kinds.len()], 1, turn as u64);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: f64| micros(times[(times.len() as f64 * share) as usize]);
    let (p50, p99, p999) = (at(0.5), at(0.99), at(0.999));
    println!(
        "| | {} | {p50} | {p99} | {p999} | {} |",
        whole(world.nodes as f64),
        micros(fresh)
    );
}

fn micros(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 100.0 {
        format!("{micros:.1} µs")
    } else {
        format!("{} µs", whole(micros))
    }
}

/// With commas.
pub fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let comma = |(i, c): (usize, char)| {
        let left = digits.len() - i;
        let comma = (i > 0 && left.is_multiple_of(3)).then_some(',');
        comma.into_iter().chain([c])
    };
    digits.chars().enumerate().flat_map(comma).collect()
}

/// Strategies by their words in tables.
pub fn spread_default() -> Vec<Strategy> {
    Strategy::unspoken().to_vec()
}
