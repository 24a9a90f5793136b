//! Whether a shape keeps the bounds of its schema, and AWS's words for it when it does not.
//!
//! For: the walk over a decoded request that every service makes before it means anything. The wording is that of
//! Coral, the framework behind most of AWS's services; a service with words of its own reads the [`Violation`]s.
//!
//! Words: a *constraint* is what the schema asks; a *violation* is one constraint, broken at one place. What breaks a
//! bound of a list's elements (or a map's keys or values) is told about the list, with all the bounds of its elements.
//!
//! Must never know: any service, or how the request was written.

mod show;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt::{self, Write};
pub use walk::violations;

/// More violations than this are not looked for.
pub const MOST_VIOLATIONS: usize = 100;
/// How much of a refused value is shown, in characters.
pub const MOST_SHOWN: usize = 2048;

/// One constraint, broken at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// `tags.1.member.key`, counted from one, each name beginning with a small letter.
    pub path: String,
    pub constraint: Constraint,
    pub value: Shown,
}

/// The refused value as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Missing,
    /// The model calls it sensitive.
    Hidden,
    Text(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    Required,
    MaxLength(f64),
    MinLength(f64),
    MaxValue(f64),
    MinValue(f64),
    Pattern(&'static str),
    OneOf(&'static [&'static str]),
    /// All the constraints that each element has.
    Elements(Vec<Constraint>),
    Keys(Vec<Constraint>),
    Values(Vec<Constraint>),
}

/// `1 validation error detected: Value 'X' at 'launchType' failed to satisfy constraint: ...`
pub fn coral_message(violations: &[Violation]) -> String {
    let errors = if violations.len() == 1 { "error" } else { "errors" };
    let mut message = format!("{} validation {errors} detected: ", violations.len());
    for (i, violation) in violations.iter().enumerate() {
        let separator = if i == 0 { "" } else { "; " };
        write!(message, "{separator}{violation}").expect("a String takes every write");
    }
    message
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Shown::Missing => f.write_str("Value null")?,
            Shown::Hidden => f.write_str("Value")?,
            Shown::Text(text) => write!(f, "Value '{text}'")?,
        }
        write!(
            f,
            " at '{}' failed to satisfy constraint: {}",
            self.path, self.constraint
        )
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::Required => f.write_str("Member must not be null"),
            Constraint::MaxLength(max) => write!(f, "Member must have length less than or equal to {max}"),
            Constraint::MinLength(min) => write!(f, "Member must have length greater than or equal to {min}"),
            Constraint::MaxValue(max) => write!(f, "Member must have value less than or equal to {max}"),
            Constraint::MinValue(min) => write!(f, "Member must have value greater than or equal to {min}"),
            Constraint::Pattern(pattern) => write!(f, "Member must satisfy regular expression pattern: {pattern}"),
            Constraint::OneOf(values) => write!(f, "Member must satisfy enum value set: [{}]", values.join(", ")),
            Constraint::Elements(each) => write!(f, "Member must satisfy constraint: {}", Each(each)),
            Constraint::Keys(each) => write!(f, "Map keys must satisfy constraint: {}", Each(each)),
            Constraint::Values(each) => write!(f, "Map value must satisfy constraint: {}", Each(each)),
        }
    }
}

struct Each<'a>(&'a [Constraint]);

impl fmt::Display for Each<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, constraint) in self.0.iter().enumerate() {
            write!(f, "{}{constraint}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str("]")
    }
}
