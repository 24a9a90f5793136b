//! Steps: one line for each with its seconds, and a failing step's output in full.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Why a run ends early, in words for a person. What the step printed has been shown already.
pub type Outcome<T = ()> = Result<T, String>;

/// The workspace, wherever it is checked out and wherever the tool is called from.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here
        .ancestors()
        .nth(2)
        .expect("xtask lives two folders below the workspace");
    root.to_path_buf()
}

/// Runs `work` as a named step.
#[allow(clippy::disallowed_methods)] // How long a step took is for the reader; nothing depends on it.
pub fn step<T>(name: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    eprint!("{name:<40}");
    let start = Instant::now();
    let outcome = work();
    let seconds = start.elapsed().as_secs_f64();
    match &outcome {
        Ok(_) => eprintln!(" {seconds:>7.1} s"),
        Err(why) => eprintln!(" {seconds:>7.1} s  FAILED\n{why}"),
    }
    outcome.map_err(|_| format!("{name} failed"))
}

/// Runs a command quietly and gives what it printed; when it fails, all that it printed is the error.
pub fn quiet(command: &mut Command) -> Outcome<String> {
    let shown = show(command);
    let output = command
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(out);
    }
    let err = String::from_utf8_lossy(&output.stderr);
    Err(format!("{shown}: {}\n{out}{err}", output.status))
}

fn show(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
