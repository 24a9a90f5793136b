//! Storms: bounded by count, not by time. `cargo run -p sim -- --seeds A..B` goes further.

use sim::storm::{self, Report};

/// Seeds that every run of the tests goes through, in four parts so that cores share them.
const SEEDS_PER_PART: u64 = 16;

#[track_caller]
fn nothing_breaks(seed: u64) -> Report {
    let report = storm::run(seed, false);
    let last = report.last.join("\n");
    assert!(
        report.breaches.is_empty(),
        "seed {seed}: {:?}\n{last}\nread it all: cargo run -p sim -- --seed {seed} --trace",
        report.breaches
    );
    report
}

fn part(number: u64) {
    let mut answers = 0;
    for seed in number * SEEDS_PER_PART..(number + 1) * SEEDS_PER_PART {
        answers += nothing_breaks(seed).answers;
    }
    assert!(answers > SEEDS_PER_PART * 50, "clients are answered: {answers}");
}

#[test]
fn no_storm_breaks_a_law_1() {
    part(0);
}

#[test]
fn no_storm_breaks_a_law_2() {
    part(1);
}

#[test]
fn no_storm_breaks_a_law_3() {
    part(2);
}

#[test]
fn no_storm_breaks_a_law_4() {
    part(3);
}

#[test]
fn what_was_found_stays_mended() {
    sim::found_seeds().into_iter().for_each(|seed| _ = nothing_breaks(seed));
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [3, 1_000_003] {
        assert_eq!(storm::run(seed, false), storm::run(seed, false));
    }
    assert_ne!(storm::run(3, false).hash, storm::run(4, false).hash);
}
