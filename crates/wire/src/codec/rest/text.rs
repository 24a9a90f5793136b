//! Values as plain text, the way paths, queries and headers carry them.

use crate::codec::trouble::{Outcome, Trouble};
use crate::schema::{Kind, TimeFormat, Type};
use crate::{Slot, Timestamp, View};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

pub(crate) fn read(slot: Slot<'_>, text: &str, format: TimeFormat) -> Outcome<()> {
    let wrong = |kind| move || Trouble::mismatch("STRING_VALUE", kind);
    match slot {
        Slot::Text(into) => *into = text.to_string(),
        Slot::Flag(into) => *into = text.parse().map_err(|_| wrong(Kind::Flag)())?,
        Slot::Int(into) => *into = text.parse().map_err(|_| wrong(Kind::Int)())?,
        Slot::Long(into) => *into = text.parse().map_err(|_| wrong(Kind::Long)())?,
        Slot::Float(into) => {
            *into = match special(text) {
                Some(n) => n as f32,
                None => text
                    .parse()
                    .ok()
                    .filter(|n: &f32| n.is_finite())
                    .ok_or_else(wrong(Kind::Float))?,
            }
        }
        Slot::Double(into) => {
            *into = match special(text) {
                Some(n) => n,
                None => text
                    .parse()
                    .ok()
                    .filter(|n: &f64| n.is_finite())
                    .ok_or_else(wrong(Kind::Double))?,
            }
        }
        Slot::Time(into) => {
            let read = match format {
                TimeFormat::Iso8601 => Timestamp::parse_iso8601(text),
                TimeFormat::Rfc822 => Timestamp::parse_http_date(text),
                TimeFormat::UnixTimestamp => text.parse().ok().and_then(Timestamp::from_secs_f64),
            };
            *into = read.ok_or_else(wrong(Kind::Time))?;
        }
        Slot::Blob(into) => into.0 = STANDARD.decode(text).map_err(|_| wrong(Kind::Blob)())?,
        Slot::Document(_) => return Err(wrong(Kind::Document)()),
        Slot::List(_) => return Err(wrong(Kind::List)()),
        Slot::Map(_) => return Err(wrong(Kind::Map)()),
        Slot::Structure(_) => return Err(wrong(Kind::Structure)()),
    }
    Ok(())
}

fn special(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// `None` for what a header cannot say.
pub(crate) fn write(view: &View<'_>, ty: &Type, time: Option<TimeFormat>, usual: TimeFormat) -> Option<String> {
    Some(match view {
        View::Text(text) => one_line(text).into_owned(),
        View::Flag(flag) => flag.to_string(),
        View::Int(n) => n.to_string(),
        View::Long(n) => n.to_string(),
        View::Float(n) => number(f64::from(*n), n),
        View::Double(n) => number(*n, n),
        View::Time(at) => match time.or(ty.time).unwrap_or(usual) {
            TimeFormat::Iso8601 => at.iso8601(),
            TimeFormat::Rfc822 => at.http_date(),
            TimeFormat::UnixTimestamp => at.as_secs_f64().to_string(),
        },
        View::Blob(bytes) => STANDARD.encode(bytes),
        View::List(items) => {
            let of = ty.of.expect("a list type says what it is a list of");
            let parts: Vec<String> = (0..items.len())
                .filter_map(|index| write(&items.at(index), of, None, usual))
                .map(|part| if of.kind == Kind::Text { quoted(part) } else { part })
                .collect();
            if parts.is_empty() {
                return None;
            }
            parts.join(", ")
        }
        View::Absent | View::Document(_) | View::Map(_) | View::Structure(_) => return None,
    })
}

fn number(n: f64, shown: &dyn std::fmt::Debug) -> String {
    match n {
        n if n.is_nan() => "NaN".to_string(),
        f64::INFINITY => "Infinity".to_string(),
        f64::NEG_INFINITY => "-Infinity".to_string(),
        _ => format!("{shown:?}"),
    }
}

/// A header is one line: a line break inside of it would begin another.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        return Cow::Owned(text.replace(char::is_control, " "));
    }
    Cow::Borrowed(text)
}

fn quoted(text: String) -> String {
    if text.contains([',', '"']) {
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    text
}

/// The parts of a header that is a list; a part in quotes may have commas in it, and every date has one.
pub(super) fn split_list(value: &str, dates: bool) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let (mut in_quotes, mut commas) = (false, 0);
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => in_quotes = !in_quotes,
            '\\' if in_quotes => part.extend(chars.next()),
            ',' if !in_quotes => {
                commas += 1;
                if dates && commas % 2 == 1 {
                    part.push(c);
                } else {
                    parts.push(std::mem::take(&mut part).trim().to_string());
                }
            }
            c => part.push(c),
        }
    }
    parts.push(part.trim().to_string());
    parts
}
