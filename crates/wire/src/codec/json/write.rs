//! From shapes to JSON text.

use super::Style;
use super::scan::plain;
use crate::schema::{Place, TimeFormat, Type};
use crate::{Document, Shape, Timestamp, View};
use base64::Engine as _;
use std::io::Write as _;

pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    style: Style,
}

impl<'o> Writer<'o> {
    pub fn new(style: Style, out: &'o mut Vec<u8>) -> Self {
        Writer { out, style }
    }

    pub fn structure(&mut self, shape: &dyn Shape) {
        let places = self.style;
        self.members(shape, places);
    }

    fn members(&mut self, shape: &dyn Shape, places: Style) {
        let mut open = b'{';
        for (index, member) in shape.schema().members.iter().enumerate() {
            if places == Style::Rest && member.place != Place::Body {
                continue;
            }
            let view = shape.view(index);
            if view.is_absent() {
                continue;
            }
            let name = match self.style {
                Style::Rpc | Style::Event => member.name,
                Style::Rest => member.location_name.unwrap_or(member.name),
            };
            // Names of members are identifiers and need no escapes.
            self.out.extend_from_slice(&[open, b'"']);
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"\":");
            self.view(view, member.ty, member.time);
            open = b',';
        }
        self.raw(if open == b'{' { "{}" } else { "}" });
    }

    pub fn view(&mut self, view: View<'_>, ty: &'static Type, time: Option<TimeFormat>) {
        match view {
            View::Absent => self.raw("null"),
            View::Text(text) => self.text(text),
            View::Flag(flag) => self.raw(if flag { "true" } else { "false" }),
            View::Int(n) => self.whole(i64::from(n)),
            View::Long(n) => self.whole(n),
            View::Float(n) if n.is_finite() => self.show(n),
            View::Float(n) => self.special(f64::from(n)),
            View::Double(n) => self.double(n),
            View::Time(at) => self.time(at, time.or(ty.time)),
            View::Blob(bytes) => self.blob(bytes),
            View::Document(document) => self.document(document),
            View::Structure(shape) => self.members(shape, Style::Rpc),
            View::List(items) => {
                let of = ty.of.expect("a list type says what it is a list of");
                self.raw("[");
                for index in 0..items.len() {
                    if index > 0 {
                        self.raw(",");
                    }
                    self.view(items.at(index), of, None);
                }
                self.raw("]");
            }
            View::Map(entries) => {
                let of = ty.of.expect("a map type says what its values are");
                let mut first = true;
                self.raw("{");
                entries.each(&mut |key, value| {
                    if !std::mem::take(&mut first) {
                        self.raw(",");
                    }
                    self.text(key);
                    self.raw(":");
                    self.view(value, of, None);
                });
                self.raw("}");
            }
        }
    }

    pub fn document(&mut self, document: &Document) {
        match document {
            Document::Null => self.raw("null"),
            Document::Flag(flag) => self.raw(if *flag { "true" } else { "false" }),
            Document::Whole(n) => self.whole(*n),
            Document::Number(n) => self.double(*n),
            Document::Text(text) => self.text(text),
            Document::List(list) => {
                self.raw("[");
                for (index, value) in list.iter().enumerate() {
                    if index > 0 {
                        self.raw(",");
                    }
                    self.document(value);
                }
                self.raw("]");
            }
            Document::Map(map) => {
                self.raw("{");
                for (index, (key, value)) in map.iter().enumerate() {
                    if index > 0 {
                        self.raw(",");
                    }
                    self.text(key);
                    self.raw(":");
                    self.document(value);
                }
                self.raw("}");
            }
        }
    }

    pub fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    pub fn text(&mut self, text: &str) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.out.push(b'"');
        let mut rest = text.as_bytes();
        loop {
            let (clean, tail) = rest.split_at(plain(rest));
            self.out.extend_from_slice(clean);
            let Some((&byte, after)) = tail.split_first() else {
                break;
            };
            match byte {
                b'"' => self.raw("\\\""),
                b'\\' => self.raw("\\\\"),
                b'\n' => self.raw("\\n"),
                b'\r' => self.raw("\\r"),
                b'\t' => self.raw("\\t"),
                byte => {
                    self.raw("\\u00");
                    self.out
                        .extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                }
            }
            rest = after;
        }
        self.out.push(b'"');
    }

    fn whole(&mut self, n: i64) {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut left = n.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        if n < 0 {
            self.out.push(b'-');
        }
        self.out.extend_from_slice(&digits[at..]);
    }

    fn double(&mut self, n: f64) {
        if n.is_finite() { self.show(n) } else { self.special(n) }
    }

    /// The shortest digits that read back as the same number; `Debug` also keeps the exponents of the very large.
    fn show(&mut self, n: impl std::fmt::Debug) {
        write!(self.out, "{n:?}").expect("a Vec takes all that is written");
    }

    fn special(&mut self, n: f64) {
        self.raw(match n {
            n if n.is_nan() => "\"NaN\"",
            n if n > 0.0 => "\"Infinity\"",
            _ => "\"-Infinity\"",
        });
    }

    fn time(&mut self, at: Timestamp, format: Option<TimeFormat>) {
        let format = match self.style {
            Style::Event => TimeFormat::Iso8601,
            _ => format.unwrap_or(TimeFormat::UnixTimestamp),
        };
        match format {
            TimeFormat::Iso8601 => self.text(&at.iso8601()),
            TimeFormat::Rfc822 => self.text(&at.http_date()),
            TimeFormat::UnixTimestamp => {
                let ms = at.millis();
                if ms < 0 {
                    self.raw("-");
                }
                self.whole((ms.unsigned_abs() / 1000) as i64);
                let fraction = ms.unsigned_abs() % 1000;
                if fraction > 0 {
                    let digits = [fraction / 100, fraction / 10 % 10, fraction % 10].map(|d| b'0' + d as u8);
                    let used = 3 - digits.iter().rev().take_while(|d| **d == b'0').count();
                    self.raw(".");
                    self.out.extend_from_slice(&digits[..used]);
                }
            }
        }
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.raw("\"");
        self.raw(&base64::engine::general_purpose::STANDARD.encode(bytes));
        self.raw("\"");
    }
}
