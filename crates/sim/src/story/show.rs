//! JSON as a story shows it.

use std::collections::BTreeMap;
use wire::Document;

const WIDTH: usize = 118;

/// Folds compact JSON behind `head` into lines, between members and elements.
pub fn folded(head: &str, json: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = format!("{head} ");
    let mut fresh = true;
    for piece in pieces(json) {
        if !fresh && line.chars().count() + piece.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, "    ".to_string()));
        }
        line.push_str(piece);
        fresh = false;
    }
    lines.push(line);
    lines
}

/// The text cut behind every comma that is not inside a string.
fn pieces(json: &str) -> Vec<&str> {
    let (mut pieces, mut from) = (Vec::new(), 0);
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' if !in_string => {
                pieces.push(&json[from..=at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&json[from..]);
    pieces
}

/// What a script wants to see: `tasks.taskArn failures`, or `tasks.{taskArn,lastStatus}` for two in one.
pub fn paths(words: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for word in words.split_whitespace() {
        match word.split_once('{').zip(word.strip_suffix('}')) {
            None => paths.push(word.to_string()),
            Some(((stem, _), whole)) => {
                let names = whole[stem.len() + 1..].split(',');
                paths.extend(names.map(|name| format!("{stem}{name}")));
            }
        }
    }
    paths
}

/// Only what stands at these paths from the root, and what is around it. Lists are passed through.
pub fn only(document: &Document, paths: &[String]) -> Option<Document> {
    match document {
        Document::Map(members) => {
            let kept = members.iter().filter_map(|(name, value)| {
                if paths.contains(name) {
                    return Some((name.clone(), value.clone()));
                }
                let below = paths
                    .iter()
                    .filter_map(|path| path.strip_prefix(name)?.strip_prefix('.'));
                let below: Vec<String> = below.map(str::to_string).collect();
                Some((name.clone(), only(value, &below)?))
            });
            let kept: BTreeMap<_, _> = kept.collect();
            (!kept.is_empty()).then_some(Document::Map(kept))
        }
        Document::List(items) => {
            let kept: Vec<Document> = items.iter().filter_map(|item| only(item, paths)).collect();
            (!kept.is_empty()).then_some(Document::List(kept))
        }
        _ => None,
    }
}

/// Every text in it, as the name of its member and the text; of a list, the first.
pub fn texts(document: &Document, found: &mut dyn FnMut(&str, &str)) {
    match document {
        Document::Map(members) => {
            for (name, value) in members {
                match value {
                    Document::Text(text) => found(name, text),
                    Document::List(items) => match items.first() {
                        Some(Document::Text(text)) => found(name, text),
                        _ => texts(value, found),
                    },
                    _ => texts(value, found),
                }
            }
        }
        Document::List(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::codec::Limits;

    fn json(text: &str) -> Document {
        Document::from_json(text.as_bytes(), &Limits::default()).expect("JSON")
    }

    #[test]
    fn lines_break_behind_commas_only() {
        let long = format!("{{\"a\":\"{}, {}\",\"b\":[1,2]}}", "x".repeat(60), "y\\\"".repeat(20));
        let lines = folded("200", &long);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].ends_with("\","), "{lines:?}");
        let together: String = lines.iter().map(|line| line.trim_start()).collect();
        assert_eq!(together, format!("200 {long}"));
    }

    #[test]
    fn what_was_not_asked_for_is_left_out() {
        let tasks = json(r#"{"tasks":[{"taskArn":"t","cpu":"1","containers":[{"name":"c"}]}],"failures":[]}"#);
        let kept = only(&tasks, &paths("tasks.{taskArn,containers.name} failures")).expect("something is there");
        let expected = r#"{"failures":[],"tasks":[{"containers":[{"name":"c"}],"taskArn":"t"}]}"#;
        assert_eq!(kept.to_json(), expected);
        assert_eq!(only(&tasks, &paths("taskArn tasks.name")), None);
    }
}
