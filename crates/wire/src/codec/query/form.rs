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
            let end = parameters.partition_point(|p| p.rest(at).is_some_and(|rest| first_segment(rest) == segment));
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
    rest.split_once('.').map_or(rest, |(segment, _)| segment)
}

/// Compares names segment by segment, numbers by their value and before words.
fn by_segments(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (a, b) = match (a.next(), b.next()) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
        };
        if a != b {
            return match (is_index(a), is_index(b)) {
                // Without leading zeros, the longer number is the larger.
                (true, true) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            };
        }
    }
}

/// Whether a segment counts an element: digits, from one, without leading zeros. How large it is does not matter,
/// because it only puts elements in order.
pub fn is_index(segment: &str) -> bool {
    !segment.is_empty() && !segment.starts_with('0') && segment.bytes().all(|b| b.is_ascii_digit())
}
