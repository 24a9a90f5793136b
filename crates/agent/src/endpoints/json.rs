//! JSON, written member by member in the order that the agent writes its own.

use base::Timestamp;
use std::fmt::{Display, Write as _};

/// One JSON object.
pub fn object(fill: impl FnOnce(&mut Object<'_>)) -> String {
    let mut out = String::new();
    write_object(&mut out, fill);
    out
}

/// A text as a JSON value of its own: what the agent answers when it has an error to tell.
pub fn text(value: &str) -> String {
    let mut out = String::new();
    write_text(&mut out, value);
    out
}

/// `2026-11-21T02:00:01.1Z`: as many digits as the fraction needs.
pub fn time(at: Timestamp) -> String {
    let text = at.iso8601();
    match text.strip_suffix('Z') {
        Some(rest) if rest.contains('.') => format!("{}Z", rest.trim_end_matches('0')),
        _ => text,
    }
}

/// The members of an object that is being written.
pub struct Object<'o> {
    out: &'o mut String,
    empty: bool,
}

impl Object<'_> {
    pub fn text(&mut self, name: &str, value: &str) {
        write_text(self.begin(name), value);
    }

    /// A member that is left out when there is nothing in it.
    pub fn some_text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.text(name, value);
        }
    }

    pub fn number(&mut self, name: &str, value: impl Display) {
        write!(self.begin(name), "{value}").expect("a string takes everything");
    }

    pub fn flag(&mut self, name: &str, value: bool) {
        self.number(name, value);
    }

    pub fn null(&mut self, name: &str) {
        self.begin(name).push_str("null");
    }

    pub fn some_time(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.text(name, &time(at));
        }
    }

    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        write_object(self.begin(name), fill);
    }

    /// An array of objects.
    pub fn objects<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, fill: impl Fn(T, &mut Object<'_>)) {
        self.array(name, items, |item, out| write_object(out, |object| fill(item, object)));
    }

    pub fn texts<'t>(&mut self, name: &str, items: impl IntoIterator<Item = &'t str>) {
        self.array(name, items, |item, out| write_text(out, item));
    }

    /// Names and values.
    pub fn map<'t>(&mut self, name: &str, pairs: impl IntoIterator<Item = (&'t str, &'t str)>) {
        self.object(name, |object| {
            pairs.into_iter().for_each(|(name, value)| object.text(name, value))
        });
    }

    fn array<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, write: impl Fn(T, &mut String)) {
        let out = self.begin(name);
        out.push('[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write(item, out);
        }
        out.push(']');
    }

    fn begin(&mut self, name: &str) -> &mut String {
        if !std::mem::take(&mut self.empty) {
            self.out.push(',');
        }
        write_text(self.out, name);
        self.out.push(':');
        self.out
    }
}

fn write_object(out: &mut String, fill: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    fill(&mut Object { out, empty: true });
    out.push('}');
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || c == '\u{7f}' => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("a string takes everything");
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Document;

    #[test]
    fn whatever_a_text_holds_it_reads_back() {
        let nasty: String = (0..0x300)
            .filter_map(char::from_u32)
            .chain(['é', '🦀', '\u{2028}'])
            .collect();
        let written = object(|o| {
            o.text(&nasty, &nasty);
            o.objects("list", [1, 2], |n, o| o.number("n", n));
            o.objects("none", [0; 0], |n, o| o.number("n", n));
            o.map("map", [("a", "b")]);
            o.null("null");
        });
        let read = Document::from_json(written.as_bytes(), &Default::default()).expect("it is JSON");
        let Document::Map(members) = &read else {
            panic!("an object: {read:?}");
        };
        assert_eq!(members.get(&nasty), Some(&Document::Text(nasty.clone())));
        let whole = read.to_json();
        assert!(
            whole.contains(r#""list":[{"n":1},{"n":2}],"map":{"a":"b"},"none":[],"null":null"#),
            "{whole}"
        );
    }

    #[test]
    fn times_have_the_digits_they_need() {
        assert_eq!(time(Timestamp(1_795_226_401_100)), "2026-11-21T02:00:01.1Z");
        assert_eq!(time(Timestamp(1_795_226_400_000)), "2026-11-21T02:00:00Z");
        assert_eq!(time(Timestamp(1_795_226_400_010)), "2026-11-21T02:00:00.01Z");
    }
}
