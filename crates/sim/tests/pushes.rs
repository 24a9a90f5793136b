//! Storms about the registry: bounded by count, not by time. `cargo run -p sim -- --pushes --seeds A..B` goes further.

use sim::pushes;
use sim::storm::Report;

/// Seeds that every run of the tests goes through, in two parts so that cores share them.
const SEEDS_PER_PART: u64 = 8;

#[track_caller]
fn nothing_breaks(seed: u64) -> Report {
    let report = pushes::run(seed, false);
    let last = report.last.join("\n");
    assert!(
        report.breaches.is_empty(),
        "seed {seed}: {:?}\n{last}\nread it all: cargo run -p sim -- --pushes --seed {seed} --trace",
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
fn no_storm_about_images_breaks_a_law_1() {
    part(0);
}

#[test]
fn no_storm_about_images_breaks_a_law_2() {
    part(1);
}

#[test]
fn the_same_seed_is_the_same_run() {
    assert_eq!(pushes::run(3, false), pushes::run(3, false));
    assert_ne!(pushes::run(3, false).hash, pushes::run(4, false).hash);
}
