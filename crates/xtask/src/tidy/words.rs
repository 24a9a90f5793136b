//! The pages of docs/ that make a promise: words that exist, decisions that are dated.

use super::File;

/// What is wrong, one line each.
pub fn broken(files: &[File]) -> Vec<String> {
    let code: Vec<String> = files
        .iter()
        .filter(|file| file.path.ends_with(".rs"))
        .map(|file| file.text.to_lowercase())
        .collect();
    let mut broken = Vec::new();
    if let Some(words) = files.iter().find(|file| file.path == "docs/words.md") {
        for word in defined(&words.text) {
            // Several words may be one name in code: `task plan` is `TaskPlan` or `task_plan`.
            let spellings = [
                word.to_lowercase(),
                word.to_lowercase().replace(' ', ""),
                word.to_lowercase().replace(' ', "_"),
            ];
            if !code
                .iter()
                .any(|text| spellings.iter().any(|spelling| text.contains(spelling)))
            {
                broken.push(format!("docs/words.md: nothing in the code is called `{word}`"));
            }
        }
    }
    let decisions = files
        .iter()
        .filter_map(|file| file.path.strip_prefix("docs/decisions/"));
    for name in decisions.filter(|name| *name != "README.md" && !is_dated(name)) {
        broken.push(format!(
            "docs/decisions/{name}: begin the name with its date, as in 2026-01-31-what.md"
        ));
    }
    broken
}

/// The words that the page defines: those in bold at the start of a line, a list item or a table row.
fn defined(page: &str) -> Vec<&str> {
    let bold = page
        .lines()
        .filter(|line| line.trim_start_matches(['-', '|', ' ']).starts_with("**"));
    bold.filter_map(|line| line.split("**").nth(1)).collect()
}

fn is_dated(name: &str) -> bool {
    let shape = "0000-00-00-";
    name.len() > shape.len()
        && name
            .chars()
            .zip(shape.chars())
            .all(|(c, of)| if of == '0' { c.is_ascii_digit() } else { c == of })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.to_string(),
            text: text.to_string(),
        }
    }

    #[test]
    fn a_word_is_defined_in_bold_where_a_line_begins() {
        assert_eq!(
            defined("- **shape**: a value\n**codec** reads\n| **task plan** | x |\nnot **this**"),
            ["shape", "codec", "task plan"]
        );
    }

    #[test]
    fn words_exist_and_decisions_are_dated() {
        let code = || file("crates/a/src/lib.rs", "struct TaskPlan;");
        assert!(broken(&[code(), file("docs/words.md", "- **task plan**: what to run")]).is_empty());
        assert_eq!(broken(&[code(), file("docs/words.md", "- **pod**: not ours")]).len(), 1);
        assert!(
            broken(&[
                file("docs/decisions/2026-01-31-store.md", ""),
                file("docs/decisions/README.md", "")
            ])
            .is_empty()
        );
        assert_eq!(broken(&[file("docs/decisions/store.md", "")]).len(), 1);
    }
}
