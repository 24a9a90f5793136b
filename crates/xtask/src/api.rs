//! `cargo xtask api`: crates/api, from the models that botocore carries.

use crate::run::{Outcome, quiet, root, step};
use crate::tools::{self, For};
use std::process::Command;

/// Writes the crate, or with `check` only compares and fails when it would change.
pub fn api(check: bool) -> Outcome {
    let bin = step("python packages", || tools::python(For::Tests))?;
    let mut generate = Command::new(bin.join("python"));
    generate
        .arg("-B")
        .arg(root().join("crates/xtask/src/api/generate.py"))
        .arg("crates/api");
    if check {
        generate.arg("--check");
    }
    let name = if check {
        "generated shapes are fresh"
    } else {
        "write generated shapes"
    };
    let said = step(name, || quiet(&mut generate))?;
    eprint!("{said}");
    Ok(())
}
