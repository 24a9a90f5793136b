//! From shapes to data items, always of a length said beforehand.

use super::item::major;
use crate::{Document, Shape, Timestamp, View};

pub(super) struct Writer<'o>(pub &'o mut Vec<u8>);

impl Writer<'_> {
    pub fn structure(&mut self, shape: &dyn Shape) {
        // How many members are present is known when they are written: the count goes into a gap left for it, as wide
        // as all members would need.
        let members = shape.schema().members;
        let start = self.0.len();
        self.map(members.len());
        let body = self.0.len();
        let mut present = 0usize;
        for (index, member) in members.iter().enumerate() {
            let view = shape.view(index);
            if !view.is_absent() {
                present += 1;
                self.text(member.name);
                self.view(view);
            }
        }
        if body - start == 1 {
            self.0[start] = major::MAP << 5 | present as u8;
        } else {
            let width = body - start - 1;
            let count = (present as u64).to_be_bytes();
            self.0[start + 1..body].copy_from_slice(&count[8 - width..]);
        }
    }

    fn view(&mut self, view: View<'_>) {
        match view {
            View::Absent => self.0.push(0xf6),
            View::Text(text) => self.text(text),
            View::Flag(flag) => self.flag(flag),
            View::Int(n) => self.whole(i64::from(n)),
            View::Long(n) => self.whole(n),
            View::Float(n) => {
                self.0.push(0xfa);
                self.0.extend_from_slice(&n.to_be_bytes());
            }
            View::Double(n) => self.double(n),
            View::Time(at) => self.time(at),
            View::Blob(bytes) => {
                self.head(major::BYTES, bytes.len() as u64);
                self.0.extend_from_slice(bytes);
            }
            View::Document(document) => self.document(document),
            View::Structure(shape) => self.structure(shape),
            View::List(items) => {
                self.array(items.len());
                for index in 0..items.len() {
                    self.view(items.at(index));
                }
            }
            View::Map(entries) => {
                self.map(entries.len());
                entries.each(&mut |key, value| {
                    self.text(key);
                    self.view(value);
                });
            }
        }
    }

    fn document(&mut self, document: &Document) {
        match document {
            Document::Null => self.0.push(0xf6),
            Document::Flag(flag) => self.flag(*flag),
            Document::Whole(n) => self.whole(*n),
            Document::Number(n) => self.double(*n),
            Document::Text(text) => self.text(text),
            Document::List(list) => {
                self.array(list.len());
                list.iter().for_each(|value| self.document(value));
            }
            Document::Map(map) => {
                self.map(map.len());
                for (key, value) in map {
                    self.text(key);
                    self.document(value);
                }
            }
        }
    }

    pub fn text(&mut self, text: &str) {
        self.head(major::TEXT, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub fn map(&mut self, entries: usize) {
        self.head(major::MAP, entries as u64);
    }

    pub fn array(&mut self, elements: usize) {
        self.head(major::ARRAY, elements as u64);
    }

    fn flag(&mut self, flag: bool) {
        self.0.push(0xf4 + u8::from(flag));
    }

    pub(super) fn whole(&mut self, n: i64) {
        if n >= 0 {
            self.head(major::UNSIGNED, n as u64);
        } else {
            self.head(major::NEGATIVE, !n as u64);
        }
    }

    fn double(&mut self, n: f64) {
        self.0.push(0xfb);
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    /// Tag 1: seconds since 1970, whole when they are.
    fn time(&mut self, at: Timestamp) {
        self.head(major::TAG, 1);
        match at.millis() % 1000 {
            0 => self.whole(at.millis() / 1000),
            _ => self.double(at.as_secs_f64()),
        }
    }

    fn head(&mut self, major: u8, argument: u64) {
        let bytes = argument.to_be_bytes();
        let (info, used) = match argument {
            0..=23 => (argument as u8, 0),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.push(major << 5 | info);
        self.0.extend_from_slice(&bytes[8 - used..]);
    }
}
