//! Paths and queries.

use crate::codec::trouble::{Outcome, Trouble};
use std::borrow::Cow;

/// What stands in `path` (without a query, still encoded) where the template has its labels, by their names; `None`
/// when the path does not fit. `{Label}` is one segment, `{Label+}` as many as there are.
pub(crate) fn labels<'t, 'p>(template: &'t str, path: &'p str) -> Option<Vec<(&'t str, &'p str)>> {
    let template = template.split_once('?').map_or(template, |(path, _)| path);
    let (mut template, mut path) = (trim(template), trim(path));
    let mut found = Vec::new();
    loop {
        let (want, more_wanted) = first(template);
        if let Some(greedy) = want.strip_prefix('{').and_then(|w| w.strip_suffix("+}")) {
            // The greedy label takes what the segments after it leave.
            let mut rest = path;
            let mut behind = Vec::new();
            let mut tail = more_wanted;
            while let Some(wanted) = tail {
                let (before, want) = match wanted.rsplit_once('/') {
                    Some((before, want)) => (Some(before), want),
                    None => (None, wanted),
                };
                let (left, have) = rest.rsplit_once('/')?;
                behind.push(segment(want, have)?);
                (rest, tail) = (left, before);
            }
            if rest.is_empty() {
                return None;
            }
            found.push((greedy, rest));
            found.extend(behind.into_iter().rev().flatten());
            return Some(found);
        }
        let (have, more_had) = first(path);
        found.extend(segment(want, have)?);
        match (more_wanted, more_had) {
            (None, None) => return Some(found),
            (Some(t), Some(p)) => (template, path) = (t, p),
            _ => return None,
        }
    }
}

/// `Some(None)` when a literal fits, `Some(Some(..))` when a label does.
#[allow(clippy::option_option)]
fn segment<'t, 'p>(want: &'t str, have: &'p str) -> Option<Option<(&'t str, &'p str)>> {
    match want.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
        Some(_) if have.is_empty() => None,
        Some(label) => Some(Some((label, have))),
        None => (want == have).then_some(None),
    }
}

fn trim(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path)
}

fn first(path: &str) -> (&str, Option<&str>) {
    match path.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    }
}

/// The parameters of a query string or form, decoded.
pub(in crate::codec) fn pairs(query: &str) -> impl Iterator<Item = Outcome<(Cow<'_, str>, Cow<'_, str>)>> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(key, true)?, decode(value, true)?))
    })
}

/// Undoes percent-encoding; in queries, a plus is a space.
pub(in crate::codec) fn decode(text: &str, plus_is_space: bool) -> Outcome<Cow<'_, str>> {
    if !text.bytes().any(|b| b == b'%' || (plus_is_space && b == b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let malformed = || Trouble::new("Malformed percent-encoding in the URI");
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let high = digit().ok_or_else(malformed)?;
                let low = digit().ok_or_else(malformed)?;
                (high * 16 + low) as u8
            }
            b'+' if plus_is_space => b' ',
            byte => byte,
        });
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| malformed())
}
