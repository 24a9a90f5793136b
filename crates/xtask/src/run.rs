//! Steps: one line for each with its seconds, and a failing step's output in full.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Why something ends early, in words for a person.
pub type Outcome<T = ()> = Result<T, String>;

/// The workspace, wherever it is checked out and wherever the tool is called from.
pub fn root() -> PathBuf {
    // Cargo says it at run time; two checkouts that share a target folder share the binary.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&here)
        .ancestors()
        .nth(2)
        .expect("xtask lives two folders below the workspace");
    root.to_path_buf()
}

/// Runs `work` as a named step and says on standard error how long it took. A failure is shown here, once.
#[allow(clippy::disallowed_methods)] // How long a step took is for the reader; nothing depends on it.
pub fn step<T>(name: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    eprint!("{name:<36}");
    let start = Instant::now();
    let outcome = work();
    let seconds = start.elapsed().as_secs_f64();
    match &outcome {
        Ok(_) => eprintln!("{seconds:>8.1} s"),
        Err(why) => eprintln!("{seconds:>8.1} s  FAILED\n{}", why.trim_end()),
    }
    outcome.map_err(|_| format!("{name}: failed"))
}

/// What a command printed, on both roads.
pub struct Printed {
    pub ok: bool,
    pub out: String,
    pub err: String,
    shown: String,
}

impl Printed {
    /// All of it, under the command that printed it.
    pub fn whole(&self) -> String {
        format!("$ {}\n{}{}", self.shown, self.out, self.err)
    }
}

/// Runs a command at the root of the workspace and keeps what it prints.
pub fn capture(command: &mut Command) -> Outcome<Printed> {
    let shown = show(command);
    let output = command
        .current_dir(root())
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("$ {shown}\n{error}"))?;
    Ok(Printed {
        ok: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        shown,
    })
}

/// Runs a command that must succeed and gives its standard output.
pub fn quiet(command: &mut Command) -> Outcome<String> {
    let printed = capture(command)?;
    if printed.ok {
        Ok(printed.out)
    } else {
        Err(printed.whole())
    }
}

/// Runs a command whose output goes straight to the reader.
pub fn open(command: &mut Command) -> Outcome {
    let shown = show(command);
    let status = command
        .current_dir(root())
        .status()
        .map_err(|error| format!("$ {shown}\n{error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{shown}: {status}"))
    }
}

fn show(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

/// `cargo` with the words of a sentence.
pub fn cargo(words: &str) -> Command {
    // Cargo names itself to what it runs; this is the same toolchain that runs us.
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(words.split_whitespace());
    cargo
}

/// Where cargo puts what it builds, such as `debug/gantry`.
pub fn built(path: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(target).join(path)
}
