//! Reading a pattern from left to right.

use super::{PatternError, refuse};

pub struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Cursor { rest: text }
    }

    pub fn rest(&self) -> &'a str {
        self.rest
    }

    pub fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes `text`, if it comes next.
    pub fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a whole word, in whatever case, if it comes next.
    pub fn eat_word(&mut self, word: &str) -> bool {
        let Some((head, rest)) = self.rest.split_at_checked(word.len()) else {
            return false;
        };
        let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if ends && head.eq_ignore_ascii_case(word) {
            self.rest = rest;
            return true;
        }
        false
    }

    /// Takes characters as long as `wanted` says so.
    pub fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// What stands between double quotes; a backslash keeps the character behind it. The first quote comes next.
    pub fn quoted(&mut self) -> Result<String, PatternError> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, c @ ('"' | '\\'))) => text.push(c),
                    Some((_, c)) => text.extend(['\\', c]),
                    None => break,
                },
                c => text.push(c),
            }
        }
        refuse("Invalid filter pattern: a quotation mark is not closed")
    }

    /// What stands between percent signs. The first comes next.
    pub fn percented(&mut self) -> Result<&'a str, PatternError> {
        let inner = &self.rest[1..];
        match inner.find('%') {
            Some(end) => {
                self.rest = &inner[end + 1..];
                Ok(&inner[..end])
            }
            None => refuse("Invalid filter pattern: a regular expression is not closed"),
        }
    }
}
