//! Storms about the registry: bounded by count, not by time. `cargo run -p sim -- --pushes --seeds A..B` goes further.

mod seeds;

use sim::pushes;

/// Seeds that every run of the tests goes through, in two parts so that cores share them.
const SEEDS_PER_PART: u64 = 8;

fn part(number: u64) {
    seeds::part(pushes::run, "--pushes ", number, SEEDS_PER_PART);
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
