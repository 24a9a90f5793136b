//! A form as a sorted list of parameters: what begins alike stands together, and elements stand in their order.

use crate::Fault;
use crate::codec::rest::uri;
use std::borrow::Cow;
use std::cmp::Ordering;

/// The longest parameter name in bytes. Names are made of the model's names and indexes; AWS's longest are near 200.
const LONGEST_NAME: usize = 1024;

#[derive(Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    pub name: Cow<'a, str>,
    pub value: Cow<'a, str>,
}

impl Parameter<'_> {
    /// What is left of the name after `at` bytes, or nothing when the name ends before.
    pub fn rest(&self, at: usize) -> Option<&str> {
        self.name.get(at..)
    }
}

/// Parameters that share everything up to and including one segment of their names.
pub struct Group<'p, 'a> {
    pub segment: &'p str,
    pub parameters: &'p [Parameter<'a>],
    /// Where their next segments begin.
    pub at: usize,
}

/// Reads a form. Parameters of one name keep their order, so that the last can win.
pub fn parse(form: &str, most: usize) -> Result<Vec<Parameter<'_>>, Fault> {
    let mut parameters = Vec::new();
    for pair in uri::pairs(form) {
        let (name, value) = pair.map_err(|_| malformed("A parameter is not correctly percent-encoded."))?;
        if name.len() > LONGEST_NAME {
            return Err(malformed(format!(
                "The name of a parameter is longer than {LONGEST_NAME} bytes."
            )));
        }
        if parameters.len() == most {
            return Err(malformed(format!("The request has more than {most} parameters.")));
        }
        parameters.push(Parameter { name, value });
    }
    parameters.sort_by(|a, b| by_segments(&a.name, &b.name));
    Ok(parameters)
}

fn malformed(message: impl Into<String>) -> Fault {
    Fault::common("MalformedQueryString", 400, message)
}

/// The groups of `parameters`, which all begin with the same `at` bytes. Those whose names end there are left out.
pub fn groups<'p, 'a>(mut parameters: &'p [Parameter<'a>], at: usize) -> impl Iterator<Item = Group<'p, 'a>> {
    std::iter::from_fn(move || {
        loop {
            let (first, others) = parameters.split_first()?;
            let Some(rest) = first.rest(at) else {
                parameters = others;
                continue;
            };
            let segment = first_segment(rest);
            let end = parameters.partition_point(|p| p.rest(at).is_some_and(|rest| begins_with(rest, segment)));
            let (group, others) = parameters.split_at(end);
            parameters = others;
            return Some(Group {
                segment,
                parameters: group,
                at: at + segment.len() + 1,
            });
        }
    })
}

fn first_segment(rest: &str) -> &str {
    // Segments are short: looking at byte after byte is quicker than setting up a search.
    rest.bytes().position(|b| b == b'.').map_or(rest, |dot| &rest[..dot])
}

fn begins_with(rest: &str, segment: &str) -> bool {
    rest.strip_prefix(segment)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Compares names segment by segment, numbers by their value and before words. What both begin with is skipped, because
/// most names have much in common.
fn by_segments(a: &str, b: &str) -> Ordering {
    let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let start = a.as_bytes()[..common]
        .iter()
        .rposition(|c| *c == b'.')
        .map_or(0, |dot| dot + 1);
    let (a, b) = (&a[start..], &b[start..]);
    let (first_a, first_b) = (first_segment(a), first_segment(b));
    if first_a == first_b {
        // One name is all that the other begins with, or they are the same.
        return a.len().cmp(&b.len());
    }
    match (is_index(first_a), is_index(first_b)) {
        // Without leading zeros, the longer number is the larger.
        (true, true) => first_a.len().cmp(&first_b.len()).then_with(|| first_a.cmp(first_b)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => first_a.cmp(first_b),
    }
}

/// Whether a segment counts an element: digits, from one, without leading zeros. How large it is does not matter,
/// because it only puts elements in order.
pub fn is_index(segment: &str) -> bool {
    !segment.is_empty() && !segment.starts_with('0') && segment.bytes().all(|b| b.is_ascii_digit())
}
