//! Whether a shape keeps the bounds of its schema, and AWS's words for it when it does not.
//!
//! For: the walk over a decoded request that every service makes before it means anything. The wording is that of
//! Coral, the framework behind most of AWS's services; a service with words of its own reads the [`Violation`]s.
//!
//! Words: a *constraint* is what the schema asks; a *violation* is one constraint, broken at one place. What breaks a
//! bound of a list's elements (or a map's keys or values) is told about the list, with all the bounds of its elements.
//!
//! Must never know: any service, or how the request was written.

use crate::pattern::Pattern;
use crate::schema::{Kind, Type};
use crate::{Shape, View};
use std::fmt::{self, Write};

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

/// Every constraint of its schema that `shape` breaks, in the order of the model.
pub fn violations(shape: &dyn Shape) -> Vec<Violation> {
    let mut walk = Walk { found: Vec::new() };
    walk.structure(shape, None);
    walk.found
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

/// Where the walk is; written out only when something is wrong there.
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Member(&'static str),
    Element(usize),
    Entry(&'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            write!(f, "{above}.")?;
        }
        match self.step {
            Step::Member(name) => {
                let mut letters = name.chars();
                if let Some(first) = letters.next() {
                    f.write_char(first.to_ascii_lowercase())?;
                }
                f.write_str(letters.as_str())
            }
            Step::Element(index) => write!(f, "{}.member", index + 1),
            Step::Entry(key) => write!(f, "{key}.member"),
        }
    }
}

struct Walk {
    found: Vec<Violation>,
}

impl Walk {
    fn structure(&mut self, shape: &dyn Shape, above: Option<&Path<'_>>) {
        for (i, member) in shape.schema().members.iter().enumerate() {
            let path = Path {
                above,
                step: Step::Member(member.name),
            };
            match shape.view(i) {
                View::Absent if member.required => self.report(&path, Constraint::Required, Shown::Missing),
                View::Absent => {}
                view => {
                    broken(&view, member.ty, &mut |constraint| {
                        self.report(&path, constraint, shown(&view, member.ty));
                    });
                    self.inside(&view, member.ty, &path);
                }
            }
        }
    }

    /// Looks at what a value holds; its own bounds have been looked at.
    fn inside(&mut self, view: &View<'_>, ty: &'static Type, path: &Path<'_>) {
        let (Some(of), true) = (ty.of, self.found.len() < MOST_VIOLATIONS) else {
            if let View::Structure(shape) = view {
                self.structure(*shape, Some(path));
            }
            return;
        };
        match view {
            View::List(items) => {
                let each = constraints(of);
                let bad = !each.is_empty() && (0..items.len()).any(|i| is_broken(&items.at(i), of));
                if bad {
                    self.report(path, Constraint::Elements(each), shown(view, ty));
                }
                if has_inside(of) {
                    for i in 0..items.len() {
                        let element = Path {
                            above: Some(path),
                            step: Step::Element(i),
                        };
                        self.inside(&items.at(i), of, &element);
                    }
                }
            }
            View::Map(entries) => {
                let (mut bad_key, mut bad_value) = (false, false);
                entries.each(&mut |key, value| {
                    bad_key |= ty.key.is_some_and(|ty| is_broken(&View::Text(key), ty));
                    bad_value |= is_broken(&value, of);
                });
                if let (true, Some(key)) = (bad_key, ty.key) {
                    self.report(path, Constraint::Keys(constraints(key)), shown(view, ty));
                }
                if bad_value {
                    self.report(path, Constraint::Values(constraints(of)), shown(view, ty));
                }
                if has_inside(of) {
                    entries.each(&mut |key, value| {
                        let entry = Path {
                            above: Some(path),
                            step: Step::Entry(key),
                        };
                        self.inside(&value, of, &entry);
                    });
                }
            }
            _ => {}
        }
    }

    fn report(&mut self, path: &Path<'_>, constraint: Constraint, value: Shown) {
        if self.found.len() < MOST_VIOLATIONS {
            self.found.push(Violation {
                path: path.to_string(),
                constraint,
                value,
            });
        }
    }
}

fn has_inside(ty: &Type) -> bool {
    matches!(ty.kind, Kind::Structure | Kind::List | Kind::Map)
}

/// All that a type asks of its value, in the order in which AWS tells it.
fn constraints(ty: &'static Type) -> Vec<Constraint> {
    let number = matches!(ty.kind, Kind::Int | Kind::Long | Kind::Float | Kind::Double);
    let max = ty.max.map(if number {
        Constraint::MaxValue
    } else {
        Constraint::MaxLength
    });
    let min = ty.min.map(if number {
        Constraint::MinValue
    } else {
        Constraint::MinLength
    });
    let pattern = ty.pattern.map(Constraint::Pattern);
    let one_of = (!ty.one_of.is_empty()).then_some(Constraint::OneOf(ty.one_of));
    [max, min, pattern, one_of].into_iter().flatten().collect()
}

fn is_broken(view: &View<'_>, ty: &'static Type) -> bool {
    let mut any = false;
    broken(view, ty, &mut |_| any = true);
    any
}

/// Reports each constraint of `ty` that the value itself breaks.
fn broken(view: &View<'_>, ty: &'static Type, report: &mut dyn FnMut(Constraint)) {
    let length = match view {
        View::Text(text) => {
            let length = text.chars().count();
            // What is far too long is not matched as well, so that a refusal costs no more than its bound.
            let worth_matching = ty.max.is_none_or(|max| length as f64 <= max.max(1024.0));
            if let Some(pattern) = ty.pattern
                && worth_matching
                && Pattern::of(pattern).is_some_and(|p| !p.matches(text))
            {
                report(Constraint::Pattern(pattern));
            }
            if !ty.one_of.is_empty() && !ty.one_of.contains(text) {
                report(Constraint::OneOf(ty.one_of));
            }
            length
        }
        View::Blob(bytes) => bytes.len(),
        View::List(items) => items.len(),
        View::Map(entries) => entries.len(),
        View::Int(n) => return outside(f64::from(*n), ty, Constraint::MaxValue, Constraint::MinValue, report),
        View::Long(n) => return outside(*n as f64, ty, Constraint::MaxValue, Constraint::MinValue, report),
        View::Float(n) => return outside(f64::from(*n), ty, Constraint::MaxValue, Constraint::MinValue, report),
        View::Double(n) => return outside(*n, ty, Constraint::MaxValue, Constraint::MinValue, report),
        _ => return,
    };
    outside(length as f64, ty, Constraint::MaxLength, Constraint::MinLength, report);
}

fn outside(
    size: f64,
    ty: &Type,
    above: fn(f64) -> Constraint,
    below: fn(f64) -> Constraint,
    report: &mut dyn FnMut(Constraint),
) {
    if let Some(max) = ty.max.filter(|max| size > *max) {
        report(above(max));
    }
    if let Some(min) = ty.min.filter(|min| size < *min) {
        report(below(min));
    }
}

fn shown(view: &View<'_>, ty: &'static Type) -> Shown {
    let hidden = |ty: Option<&Type>| ty.is_some_and(|ty| ty.sensitive);
    if ty.sensitive || hidden(ty.of) || hidden(ty.key) {
        return Shown::Hidden;
    }
    let mut text = String::new();
    show(view, ty, &mut text);
    if let Some((cut, _)) = text.char_indices().nth(MOST_SHOWN) {
        text.truncate(cut);
        text.push_str("...");
    }
    Shown::Text(text)
}

/// Values look as Java prints them, because that is what AWS's messages hold. Stops soon after it has enough.
fn show(view: &View<'_>, ty: &'static Type, out: &mut String) {
    if out.len() > 4 * MOST_SHOWN {
        return;
    }
    if ty.sensitive {
        return out.push_str("***");
    }
    let of = ty.of.unwrap_or(ty);
    match view {
        View::Absent => out.push_str("null"),
        View::Text(text) => {
            // One more than is shown, so that the cut can be seen.
            let end = text.char_indices().nth(MOST_SHOWN + 1).map_or(text.len(), |(at, _)| at);
            out.push_str(&text[..end]);
        }
        View::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
        View::Int(n) => out.push_str(&n.to_string()),
        View::Long(n) => out.push_str(&n.to_string()),
        View::Float(n) => out.push_str(&format!("{n:?}")),
        View::Double(n) => out.push_str(&format!("{n:?}")),
        View::Time(time) => out.push_str(&time.iso8601()),
        View::Blob(bytes) => out.push_str(&format!("[{} bytes]", bytes.len())),
        View::Document(_) => out.push_str("{..}"),
        View::List(items) => {
            out.push('[');
            for i in 0..items.len() {
                if i > 0 {
                    out.push_str(", ");
                }
                show(&items.at(i), of, out);
                if out.len() > 4 * MOST_SHOWN {
                    break;
                }
            }
            out.push(']');
        }
        View::Map(entries) => {
            let mut first = true;
            out.push('{');
            entries.each(&mut |key, value| {
                if out.len() <= 4 * MOST_SHOWN {
                    out.push_str(if std::mem::take(&mut first) { "" } else { ", " });
                    out.push_str(key);
                    out.push('=');
                    show(&value, of, out);
                }
            });
            out.push('}');
        }
        View::Structure(shape) => {
            let schema = shape.schema();
            out.push_str(schema.name);
            out.push('(');
            let mut first = true;
            for (i, member) in schema.members.iter().enumerate() {
                let view = shape.view(i);
                if !view.is_absent() {
                    out.push_str(if std::mem::take(&mut first) { "" } else { ", " });
                    out.push_str(member.name);
                    out.push('=');
                    show(&view, member.ty, out);
                }
            }
            out.push(')');
        }
    }
}

#[cfg(test)]
mod tests;
