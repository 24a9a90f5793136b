//! What every file keeps to.

use super::File;

/// A file longer than this has more than one file in it.
const LINES: usize = 600;

/// Folders that ties to one machine would show, in pieces so that this file is not found by itself.
const MACHINE: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
];

/// Where packages come from is the machine's business, which its tools are configured for.
const REGISTRIES: &[&str] = &[
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("deb.debian", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("proxy.golang", ".org"),
];

/// What is wrong with one file, one line each.
pub fn broken(file: &File) -> Vec<String> {
    let File { path, text } = file;
    let mut broken = Vec::new();
    let rust = path.ends_with(".rs");
    if rust && !text.starts_with("//! ") {
        broken.push(format!(
            "{path}: begin with a `//!` header: what it is for, its words, what it must never know"
        ));
    }
    if path.ends_with(".py") && !text.trim_start_matches("#!").contains("\"\"\"") {
        broken.push(format!("{path}: begin with a docstring: what it is for"));
    }
    let lines = text.lines().count();
    if (rust || path.ends_with(".py")) && !is_generated(text) && lines > LINES {
        broken.push(format!("{path}: {lines} lines, and {LINES} is the bound"));
    }
    for (number, line) in text.lines().enumerate() {
        let mut say = |what: &str, found: &str| broken.push(format!("{path}:{}: {what}: {found}", number + 1));
        MACHINE
            .iter()
            .filter(|folder| names(line, folder))
            .for_each(|folder| say("a path of one machine", folder));
        REGISTRIES
            .iter()
            .filter(|host| line.contains(*host))
            .for_each(|host| say("a registry's host name", host));
        if rust {
            let unfinished = [concat!("todo", "!("), concat!("unimplemented", "!(")];
            unfinished
                .iter()
                .filter(|word| line.contains(*word))
                .for_each(|word| say("unfinished", word));
        }
    }
    broken
}

fn is_generated(text: &str) -> bool {
    text.lines()
        .take(20)
        .any(|line| line.contains("Written by `cargo xtask api`"))
}

/// Whether an absolute path into `folder` stands in the line: `a/home/b` is none, and `/home/` alone may be any.
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + folder.len()..].chars().next();
        before.is_none_or(|c| " \"'`=(:".contains(c)) && after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(path: &str, text: &str) -> usize {
        broken(&File {
            path: path.to_string(),
            text: text.to_string(),
        })
        .len()
    }

    #[test]
    fn a_file_begins_by_saying_what_it_is_for() {
        assert_eq!(judged("a.rs", "//! A.\n"), 0);
        assert_eq!(judged("a.rs", "use std::fs;\n"), 1);
        assert_eq!(judged("a.py", "import os\n"), 1);
    }

    #[test]
    fn a_file_has_a_bound() {
        let long = "//! A.\n".repeat(LINES + 1);
        assert_eq!(judged("a.rs", &long), 1);
        assert_eq!(
            judged(
                "a.rs",
                &format!("//! A.\n//! {} `cargo xtask api`.\n{long}", "Written by")
            ),
            0
        );
    }

    #[test]
    fn nothing_ties_the_project_to_a_machine_or_a_registry() {
        assert_eq!(judged("a.md", &format!("see {}me/x", MACHINE[1])), 1);
        assert_eq!(judged("a.md", &format!("in crates{}here", MACHINE[2])), 0);
        assert_eq!(judged("a.md", &format!("from {}", REGISTRIES[0])), 1);
        assert_eq!(
            judged("a.rs", &format!("//! A.\nfn a() {{ {}) }}\n", concat!("todo", "!("))),
            1
        );
    }
}
