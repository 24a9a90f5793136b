//! The developers' own tools: `cargo xtask help`.

mod api;
mod bench;
mod check;
mod counts;
mod generated;
mod run;
mod tidy;
mod tools;

use check::Reach;
use run::{Outcome, step};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <what>

  check           format, tidy, clippy, fresh generated files, unit, property and simulation tests
  test            check, and real AWS clients and privileged tests; installs by itself what they need
  tidy            the house rules that a machine can see
  bench [NAME]    measure against a peer in the same run; without a name, say which there are
  sim WORDS       the simulator: `--seeds 0..1000 [--pushes]`, `--seed N --trace`, `stories [--bless]`
  api [--check]   write crates/api from botocore's models (or fail when that would change a file)
  docs            write the pages that the binary prints, such as docs/fidelity.md
  help            this

Standard error gets one line for each step with its seconds, and a failing step's output in full. `check` and `test`
end with one line on standard output: how many tests passed, failed and were skipped. With CI set, they go on after a
failing step, and a skipped test is a failure of `test`.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Outcome {
    match words {
        ["check"] => check::check(Reach::Check),
        ["test"] => check::check(Reach::Test),
        ["tidy"] => tidy::tidy(),
        ["bench", words @ ..] => bench::bench(words),
        ["sim", words @ ..] => run::open(run::cargo("run --quiet --package sim --").args(words)),
        ["docs"] => step("pages that the binary prints", generated::write),
        ["api"] => api::api(false),
        ["api", "--check"] => api::api(true),
        ["help" | "--help" | "-h"] | [] => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!(
            "nothing is called `{}`; see `cargo xtask help`",
            words.join(" ")
        )),
    }
}
