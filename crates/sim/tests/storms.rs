//! Storms: bounded by count, not by time. `cargo run -p sim -- --seeds A..B` goes further.

mod seeds;

use sim::storm;

/// Seeds that every run of the tests goes through, in four parts so that cores share them.
const SEEDS_PER_PART: u64 = 16;

fn part(number: u64) {
    seeds::part(storm::run, "", number, SEEDS_PER_PART);
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
    sim::found_seeds()
        .into_iter()
        .for_each(|seed| _ = seeds::nothing_breaks(storm::run, "", seed));
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [3, 1_000_003] {
        assert_eq!(storm::run(seed, false), storm::run(seed, false));
    }
    assert_ne!(storm::run(3, false).hash, storm::run(4, false).hash);
}
