//! Pages that the binary itself prints: `cargo xtask docs` writes them, `cargo xtask check` compares them.

use crate::run::{Outcome, built, cargo, quiet, root};
use std::fs;
use std::process::Command;

struct Page {
    path: &'static str,
    /// What `gantry` is asked, to print the page.
    words: &'static str,
}

/// Add a row for each page that is printed from code.
const PAGES: &[Page] = &[
    Page {
        path: "docs/fidelity.md",
        words: "admin fidelity --markdown",
    },
    Page {
        path: "docs/moves.md",
        words: "admin moves --markdown",
    },
];

pub fn write() -> Outcome {
    quiet(&mut cargo("build --quiet --package gantry"))?;
    for page in PAGES {
        let path = root().join(page.path);
        fs::write(&path, print(page)?).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Compares the pages with what the binary prints, which must have been built.
pub fn check() -> Outcome {
    for page in PAGES {
        let kept = fs::read_to_string(root().join(page.path)).map_err(|error| format!("{}: {error}", page.path))?;
        if kept != print(page)? {
            return Err(format!("{} is stale: run `cargo xtask docs`", page.path));
        }
    }
    Ok(())
}

fn print(page: &Page) -> Outcome<String> {
    quiet(Command::new(built("debug/gantry")).args(page.words.split(' ')))
}
