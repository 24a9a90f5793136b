//! `cargo xtask check` and `cargo xtask test`: what must hold at every commit.
//!
//! A *runner* is a step that runs tests and counts them. Rust tests marked `#[ignore]` need root or minutes: `check`
//! skips them, `test` runs them.

use crate::counts::{self, Counts};
use crate::run::{Outcome, built, capture, cargo, quiet, step};
use crate::tools::{self, For};
use crate::{api, generated, tidy};
use std::process::Command;

/// How far to go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What needs neither root nor a client: minutes while writing.
    Check,
    /// Everything.
    Test,
}

/// Goes through the steps. The last line on standard output, and the only one, says how many tests passed.
pub fn check(reach: Reach) -> Outcome {
    let mut run = Run {
        reach,
        in_ci: std::env::var_os("CI").is_some(),
        counts: Counts::default(),
        failed: Vec::new(),
    };
    let ended = run.steps();
    run.failed.extend(ended.err());
    if !run.failed.is_empty() && run.counts.failed == 0 {
        // A step that counts nothing failed. A red run never says `0 failed`.
        run.counts.failed = 1;
    }
    println!("{}", run.counts);
    if run.failed.is_empty() {
        Ok(())
    } else {
        Err(run.failed.join("\nerror: "))
    }
}

struct Run {
    reach: Reach,
    in_ci: bool,
    counts: Counts,
    failed: Vec<String>,
}

impl Run {
    fn steps(&mut self) -> Outcome {
        self.end(step("format", format))?;
        self.end(tidy::tidy())?;
        self.end(api::api(true))?;
        self.end(step("clippy", || {
            quiet(&mut cargo("clippy --quiet --workspace --all-targets -- -D warnings")).map(drop)
        }))?;
        // The binary and the tests in one go: built apart, they would differ in features and be compiled twice.
        // Everything below needs what this builds, so a failure ends the run.
        step("build", || {
            quiet(&mut cargo(
                "build --quiet --workspace --lib --bins --tests --example conformance",
            ))
            .map(drop)
        })?;
        self.end(step("generated pages are fresh", generated::check))?;
        let reach = self.reach;
        self.runner("unit, property, simulation", || rust(reach))?;
        self.runner("examples in documentation", || {
            counted(&mut cargo("test --workspace --doc --no-fail-fast"), counts::cargo_test)
        })?;
        self.runner("the generator", || pytest("crates/xtask/src/api"))?;
        if reach == Reach::Test {
            self.runner("real clients", || {
                tools::docker()?;
                pytest("tests/clients")
            })?;
        }
        Ok(())
    }

    fn runner(&mut self, name: &str, work: impl FnOnce() -> Outcome<Tested>) -> Outcome {
        let all_must_run = self.in_ci && self.reach == Reach::Test;
        let mut counts = Counts::default();
        let outcome = step(name, || {
            let tested = work()?;
            counts = tested.counts;
            if !tested.ok {
                return Err(tested.printed);
            }
            if all_must_run && counts.skipped > 0 {
                return Err(format!(
                    "where everything must run, {} were skipped\n{}",
                    counts.skipped, tested.printed
                ));
            }
            Ok(())
        });
        eprintln!("    {counts}");
        self.counts += counts;
        self.end(outcome)
    }

    /// A machine wants to hear of everything that is wrong, a person of the first.
    fn end(&mut self, outcome: Outcome) -> Outcome {
        match outcome {
            Err(why) if self.in_ci => {
                self.failed.push(why);
                Ok(())
            }
            outcome => outcome,
        }
    }
}

fn format() -> Outcome {
    let listed = quiet(&mut cargo("fmt --all --check -- --files-with-diff"));
    listed.map(drop).map_err(|why| format!("{why}run `cargo fmt --all`"))
}

struct Tested {
    counts: Counts,
    ok: bool,
    printed: String,
}

fn counted(runner: &mut Command, read: fn(&str) -> Counts) -> Outcome<Tested> {
    let printed = capture(runner)?;
    let whole = printed.whole();
    Ok(Tested {
        counts: read(&whole),
        ok: printed.ok,
        printed: whole,
    })
}

fn rust(reach: Reach) -> Outcome<Tested> {
    let all = reach == Reach::Test;
    if capture(&mut cargo("nextest --version")).is_ok_and(|printed| printed.ok) {
        let mut nextest = cargo("nextest run --workspace --lib --bins --tests --no-fail-fast --no-tests pass");
        nextest.args(["--status-level", "skip", "--final-status-level", "none"]);
        if all {
            nextest.args(["--run-ignored", "all"]);
        }
        return counted(&mut nextest, counts::nextest);
    }
    // A fresh machine has no nextest.
    let mut test = cargo("test --workspace --lib --bins --tests --no-fail-fast");
    if all {
        test.args(["--", "--include-ignored"]);
    }
    counted(&mut test, counts::cargo_test)
}

/// Runs a folder of Python tests; those of real clients drive what was built above.
fn pytest(folder: &str) -> Outcome<Tested> {
    let bin = tools::python(For::Tests)?;
    let mut pytest = Command::new(bin.join("python"));
    pytest.args(["-B", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", folder]);
    // `aws` and its friends are found before those that the machine may have.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path)));
    pytest.env("PATH", path.map_err(|error| error.to_string())?);
    pytest.env("GANTRY_BIN", built("debug/gantry"));
    pytest.env("GANTRY_CODEC", built("debug/examples/conformance"));
    counted(&mut pytest, counts::pytest)
}
