//! The patterns of the models: whether a text matches one as a whole.
//!
//! For: validation. The models are written in Java's dialect (`\p{L}`, `\u00FF`, look-ahead), and callers choose the
//! text, so the matcher must run in time linear in the text: it walks all ways through a pattern at once and never
//! goes back. That is why this is not a backtracking engine; and `regex-lite`, which is linear too, has neither Unicode
//! classes nor look-ahead, which ECS tags and Cloud Map names need. What is left is small.
//!
//! Words: a *class* is a set of characters; a *run* is a pattern that is one repeated class, as most are, and is
//! matched without a machine.
//!
//! Must never know: what is being validated.

mod class;
mod machine;
mod parse;

use class::Class;
use machine::Machine;
use parse::Node;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

/// What has been compiled so far; bounded by the patterns that the models hold.
type Compiled = HashMap<&'static str, Option<Arc<Pattern>>>;

/// A pattern, ready to match.
pub enum Pattern {
    Run { class: Arc<Class>, min: usize, max: usize },
    Machine(Machine),
}

impl Pattern {
    /// `Err` says what in the pattern is not understood.
    pub fn new(source: &str) -> Result<Pattern, String> {
        let node = parse::parse(source)?;
        match run_of(node) {
            Ok((class, min, max)) => Ok(Pattern::Run { class, min, max }),
            Err(node) => Machine::new(&node).map(Pattern::Machine),
        }
    }

    /// Whether the pattern describes all of `text`.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Run { class, min, max } => {
                let mut count = 0;
                text.chars().all(|c| {
                    count += 1;
                    class.has(c)
                }) && (*min..=*max).contains(&count)
            }
            Pattern::Machine(machine) => machine.matches(text),
        }
    }

    /// The pattern of a model, compiled once for the life of the process. `None` when it is not understood: then
    /// nothing is refused. A test over the generated shapes keeps that from happening unseen.
    pub fn of(source: &'static str) -> Option<Arc<Pattern>> {
        static COMPILED: OnceLock<RwLock<Compiled>> = OnceLock::new();
        let compiled = COMPILED.get_or_init(Default::default);
        let known = compiled.read().unwrap_or_else(|broken| broken.into_inner());
        if let Some(pattern) = known.get(source) {
            return pattern.clone();
        }
        drop(known);
        let pattern = Pattern::new(source).ok().map(Arc::new);
        let mut known = compiled.write().unwrap_or_else(|broken| broken.into_inner());
        known.entry(source).or_insert(pattern).clone()
    }
}

/// Takes a node apart that is one repeated class between anchors, or gives it back.
fn run_of(node: Node) -> Result<(Arc<Class>, usize, usize), Node> {
    match node {
        Node::Class(class) => Ok((class, 1, 1)),
        Node::Repeat(inner, min, max) => match *inner {
            Node::Class(class) => Ok((class, min, max.unwrap_or(usize::MAX))),
            other => Err(Node::Repeat(Box::new(other), min, max)),
        },
        Node::Concat(mut parts) => {
            if let [Node::Start, _, Node::End] = parts[..] {
                run_of(parts.swap_remove(1))
            } else {
                Err(Node::Concat(parts))
            }
        }
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).expect("a pattern we understand").matches(text)
    }

    #[test]
    fn the_whole_text_must_match() {
        assert!(matches("[a-z]+", "abc"));
        assert!(!matches("[a-z]+", "abc1"));
        assert!(!matches("[a-z]+", ""));
        assert!(matches("a|b.c", "bxc"));
        assert!(!matches("a|b.c", "ab"));
        assert!(matches("^$|arn:.+", ""));
        assert!(!matches(".+", "a\nb"));
    }

    #[test]
    fn tags_take_letters_of_any_script() {
        let tag = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)";
        for good in ["", "Käse 1/2=x", "日本語", "a\u{3000}b", "٣", "x@y.z+_-:"] {
            assert!(matches(tag, good), "{good}");
        }
        for bad in ["a#b", "tab\t", "100%", "🦀", "e\u{301}"] {
            assert!(!matches(tag, bad), "{bad}");
        }
        assert!(matches(r"\P{L}", "1"));
        assert!(!matches(r"[^\p{L}]", "é"));
    }

    #[test]
    fn classes_read_as_java_reads_them() {
        assert!(matches("[a-zA-Z0-9-_]+", "a-_9"));
        assert!(matches(r"[\w-_.]+", "a-_."));
        assert!(!matches(r"\w+", "é"));
        assert!(matches(r"[\u0020-\u00FF]+", "aÿ"));
        assert!(!matches(r"[\u0020-\u00FF]+", "Ā"));
        assert!(matches(
            r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*",
            "a🦀\n"
        ));
        assert!(matches(r"[\x20-\x7E]+", "~ "));
        assert!(matches(r"[^\x00-\x1F:\x7F]+", "é"));
        assert!(!matches(r"[^\x00-\x1F:\x7F]+", "a:"));
        assert!(matches(r"[\s\S]+", "\u{0}\n "));
        assert!(matches(r"[$]LATEST", "$LATEST"));
        assert!(matches(r"\p{Print}+", "a b"));
    }

    #[test]
    fn counts_groups_and_looking_ahead() {
        assert!(matches(r"^(2|4|5)\d\d$", "404"));
        assert!(!matches(r"^(2|4|5)\d\d$", "304"));
        assert!(matches("x{2,}", "xxx") && !matches("x{2,}", "x"));
        assert!(matches("(ab){1,2}", "abab") && !matches("(ab){1,2}", "ababab"));
        assert!(matches("x{3}", "xxx") && !matches("x{3}", "xx"));
        assert!(matches("(a*)*b?", "aaab"));
        let name = r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$";
        assert!(matches(name, "a-b-c") && !matches(name, "a--c"));
        assert!(matches("^(?!arn:)[!-~]{1,1024}$", "srv-1") && !matches("^(?!arn:)[!-~]{1,1024}$", "arn:x"));
        let host = r"((?=^.{1,7}$)^([a-z_]+|[a-z])(\.[a-z]+)*$)|(^\.$)";
        assert!(matches(host, "a.b.c") && matches(host, ".") && !matches(host, "abcd.efg"));
    }

    #[test]
    fn a_pattern_that_ruins_backtrackers_is_walked_in_line() {
        // Exponential for an engine that goes back; here it must simply end.
        let pattern = Pattern::new(r"^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$").expect("a pattern we understand");
        assert!(!pattern.matches(&("a".repeat(5000) + "!")));
        assert!(pattern.matches(&"a".repeat(5000)));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for bad in [
            r"(a)\1",
            "(?i)a",
            "[a-z&&[^b]]",
            "a**",
            "(a",
            "[a",
            "a)",
            "x{99999}",
            r"\p{Greek}",
            "(?<=a)b",
            "a{2",
            "[z-a]",
        ] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
        assert!(Pattern::of("(?i)a").is_none());
        assert!(Pattern::of("a+").is_some_and(|p| p.matches("aa")));
    }
}
