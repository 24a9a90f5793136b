//! The filter language of log searches.
//!
//! Three notations, told apart by their first character: terms (`ERROR -"timed out" %4\d\d%`), fields of a line
//! (`[ip, user, status = 4*, ...]`), and members of a JSON object (`{ $.status = 404 && $.user IS NULL }`).
//!
//! Parsing and matching never panic and take time in proportion to pattern and message: wildcards are matched without
//! going back further than the last one, regular expressions by an engine without backtracking.

mod cursor;
mod fields;
mod json;
mod terms;
mod test;

use std::fmt;

/// Longer patterns are refused.
pub const MAX_LEN: usize = 1024;

/// A pattern, ready to be held against messages.
#[derive(Debug)]
pub struct Pattern(Kind);

#[derive(Debug)]
enum Kind {
    Terms(terms::Terms),
    Fields(fields::Fields),
    Json(json::Json),
}

/// Why a pattern was refused, in a sentence for who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError(pub String);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

fn refuse<T>(why: impl Into<String>) -> Result<T, PatternError> {
    Err(PatternError(why.into()))
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.chars().count() > MAX_LEN {
            return refuse(format!("Filter pattern is longer than {MAX_LEN} characters"));
        }
        let text = text.trim();
        let kind = match text.chars().next() {
            Some('{') => Kind::Json(json::Json::parse(text)?),
            Some('[') => Kind::Fields(fields::Fields::parse(text)?),
            _ => Kind::Terms(terms::Terms::parse(text)?),
        };
        Ok(Pattern(kind))
    }

    pub fn matches(&self, message: &str) -> bool {
        match &self.0 {
            Kind::Terms(terms) => terms.matches(message),
            Kind::Fields(fields) => fields.matches(message),
            Kind::Json(json) => json.matches(message),
        }
    }

    /// Text that stands in every message that matches, when there is any such.
    pub fn needle(&self) -> Option<&str> {
        match &self.0 {
            Kind::Terms(terms) => terms.needle(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
