//! `cargo xtask tidy`: the house rules that a machine can see. What it cannot see is in CONTRIBUTING.md.

mod files;
mod floors;
mod words;

use crate::run::{Outcome, root, step};
use std::fs;
use std::path::Path;

/// A file of the project: its path from the root, and its text.
pub struct File {
    pub path: String,
    pub text: String,
}

pub fn tidy() -> Outcome {
    step("tidy", || {
        let files = read()?;
        let mut broken = floors::broken(&floors::crates()?);
        broken.extend(files.iter().flat_map(files::broken));
        broken.extend(words::broken(&files));
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken.join("\n"))
        }
    })
}

/// Every text file that belongs to the project, in order. Folders of what tools made are left out by name, so that a
/// copy without its history is tidied just the same.
fn read() -> Outcome<Vec<File>> {
    let mut files = Vec::new();
    let mut waiting = vec![root()];
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let kind = entry
                .file_type()
                .map_err(|error| format!("{}: {error}", path.display()))?;
            if kind.is_dir() && !made_by_tools(&name) {
                waiting.push(path);
            } else if kind.is_file() && name != "Cargo.lock" {
                // What is not text (an image, say) has no lines to judge.
                if let Ok(text) = fs::read_to_string(&path) {
                    files.push(File {
                        path: from_root(&path),
                        text,
                    });
                }
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn made_by_tools(folder: &str) -> bool {
    let hidden = folder.starts_with('.') && ![".ci", ".cargo", ".config"].contains(&folder);
    hidden || ["target", "node_modules", "__pycache__", "dist"].contains(&folder)
}

fn from_root(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.to_string_lossy().into_owned()
}
