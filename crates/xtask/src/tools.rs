//! What the tools need from outside: Python packages in their own environment under `target/tools`.

use crate::run::{Outcome, quiet, root};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const REQUIREMENTS: &str = include_str!("../tools/requirements.txt");

/// The environment's folder of commands, made or brought up to date when needed.
pub fn python() -> Outcome<PathBuf> {
    let venv = root().join("target/tools/venv");
    // Written last, so an interrupted installation is done again.
    let stamp = venv.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(venv.join("bin"));
    }
    quiet(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let list = root().join("crates/xtask/tools/requirements.txt");
    quiet(
        Command::new(venv.join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--requirement",
            ])
            .arg(&list),
    )?;
    fs::write(&stamp, REQUIREMENTS).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(venv.join("bin"))
}
