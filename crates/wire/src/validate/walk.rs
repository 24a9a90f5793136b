//! The walk over a shape, and what it finds.

use super::show::shown;
use super::{Constraint, MOST_VIOLATIONS, Shown, Violation};
use crate::pattern::Pattern;
use crate::schema::{Kind, Type};
use crate::{Shape, View};
use std::fmt::{self, Write};

/// Every constraint of its schema that `shape` breaks, in the order of the model.
pub fn violations(shape: &dyn Shape) -> Vec<Violation> {
    let mut walk = Walk { found: Vec::new() };
    walk.structure(shape, None);
    walk.found
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
