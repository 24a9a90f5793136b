//! What the tools need from outside: Python packages in their own environment under `target/tools`, and a few Debian
//! packages. Both are listed in crates/xtask/tools, and nowhere else.

use crate::run::{Outcome, capture, quiet, root};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const PYTHON: &str = include_str!("../tools/requirements.txt");
const PYTHON_BENCH: &str = include_str!("../tools/requirements-bench.txt");
const DEBIAN: &str = include_str!("../tools/debian.txt");
const DEBIAN_BENCH: &str = include_str!("../tools/debian-bench.txt");

/// What a list is needed for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    Tests,
    Benches,
}

/// The folder of commands of a Python environment, made or brought up to date when needed.
pub fn python(what: For) -> Outcome<PathBuf> {
    debian(For::Tests)?;
    // The peers that benches measure against bring dozens of packages, so they live apart.
    let (venv, list, wanted) = match what {
        For::Tests => ("target/tools/venv", "crates/xtask/tools/requirements.txt", PYTHON),
        For::Benches => (
            "target/tools/venv-bench",
            "crates/xtask/tools/requirements-bench.txt",
            PYTHON_BENCH,
        ),
    };
    let venv = root().join(venv);
    // Written last, so that an interrupted installation is done again.
    let stamp = venv.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(venv.join("bin"));
    }
    quiet(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    quiet(pip.arg(root().join(list)))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(venv.join("bin"))
}

/// Installs the Debian packages that are missing, as root; anyone else is told what to install.
pub fn debian(what: For) -> Outcome {
    let missing: Vec<&str> = packages(if what == For::Tests { DEBIAN } else { DEBIAN_BENCH })
        .filter(|(_, probe)| !capture(Command::new("sh").args(["-c", probe])).is_ok_and(|printed| printed.ok))
        .map(|(package, _)| package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if quiet(Command::new("id").arg("-u"))?.trim() != "0" {
        return Err(format!(
            "missing Debian packages; run: sudo apt-get install {}",
            missing.join(" ")
        ));
    }
    quiet(Command::new("apt-get").arg("update"))?;
    let mut install = Command::new("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "--yes", "--no-install-recommends"]);
    quiet(install.args(missing)).map(drop)
}

/// Docker's files in `target/tools/docker`: installing its packages would start a daemon and set up the machine's network.
pub fn docker() -> Outcome {
    let folder = root().join("target/tools/docker");
    if folder.join("usr/sbin/dockerd").exists() && folder.join("usr/bin/containerd").exists() {
        return Ok(());
    }
    let debs = folder.join("debs");
    let failed = |error: std::io::Error| format!("{}: {error}", debs.display());
    fs::create_dir_all(&debs).map_err(failed)?;
    quiet(Command::new("apt-get").arg("update"))?;
    // It writes where it is run; and as root it would hand its work to another user, who may not write there.
    let download = "cd \"$0\" && apt-get -o APT::Sandbox::User=root download docker.io containerd";
    quiet(Command::new("sh").args(["-c", download]).arg(&debs))?;
    for deb in fs::read_dir(&debs).map_err(failed)? {
        let deb = deb.map_err(failed)?.path();
        quiet(Command::new("dpkg-deb").arg("-x").args([&deb, &folder]))?;
    }
    fs::remove_dir_all(&debs).map_err(failed)
}

/// Rows of `package: command that succeeds when it is there`.
fn packages(list: &str) -> impl Iterator<Item = (&str, &str)> {
    let rows = list.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_package_and_how_to_see_it() {
        for list in [DEBIAN, DEBIAN_BENCH] {
            let rows = list
                .lines()
                .filter(|line| !line.starts_with('#') && !line.is_empty())
                .count();
            assert_eq!(packages(list).count(), rows);
        }
    }

    #[test]
    fn every_python_package_is_pinned() {
        for list in [PYTHON, PYTHON_BENCH] {
            for line in list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
                assert!(line.contains("=="), "{line}");
            }
        }
    }
}
