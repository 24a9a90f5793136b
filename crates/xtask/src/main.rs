//! The developers' own tools: `cargo xtask help`.

mod api;
mod run;
mod tools;

use run::Outcome;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <what>

  api [--check]   write crates/api from botocore's models (or fail when it would change)
  help            this
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
