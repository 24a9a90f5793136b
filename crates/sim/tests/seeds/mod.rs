//! Runs seeds of a storm, and fails with the words that show what broke.

use sim::storm::Report;

/// `words` are what the command line wants beside the seed.
#[track_caller]
pub fn nothing_breaks(run: fn(u64, bool) -> Report, words: &str, seed: u64) -> Report {
    let report = run(seed, false);
    let last = report.last.join("\n");
    assert!(
        report.breaches.is_empty(),
        "seed {seed}: {:?}\n{last}\nread it all: cargo run -p sim -- {words}--seed {seed} --trace",
        report.breaches
    );
    report
}

/// Each as many seeds as `per_part`, from 0 on, so that cores share them.
#[track_caller]
pub fn part(run: fn(u64, bool) -> Report, words: &str, number: u64, per_part: u64) {
    let mut answers = 0;
    for seed in number * per_part..(number + 1) * per_part {
        answers += nothing_breaks(run, words, seed).answers;
    }
    assert!(answers > per_part * 50, "clients are answered: {answers}");
}
