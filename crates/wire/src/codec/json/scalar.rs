//! The values that have no others inside.

use super::read::Reader;
use crate::Timestamp;
use crate::codec::trouble::{Outcome, Trouble};
use crate::schema::{Kind, TimeFormat};
use base64::Engine as _;
use std::borrow::Cow;

impl<'a> Reader<'a> {
    /// Takes `null` if it comes next, which says the same as nothing at all.
    pub fn null(&mut self) -> Outcome<bool> {
        if self.scan.peek() != Some(b'n') {
            return Ok(false);
        }
        self.scan.word("null").map(|()| true)
    }

    pub fn flag(&mut self) -> Outcome<bool> {
        match self.scan.peek() {
            Some(b't') => self.scan.word("true").map(|()| true),
            Some(b'f') => self.scan.word("false").map(|()| false),
            _ => Err(self.mismatch(Kind::Flag)),
        }
    }

    pub fn string(&mut self, wanted: Kind) -> Outcome<Cow<'a, str>> {
        match self.scan.peek() {
            Some(b'"') => self.scan.string(),
            _ => Err(self.mismatch(wanted)),
        }
    }

    pub fn long(&mut self, wanted: Kind) -> Outcome<i64> {
        match self.scan.peek() {
            Some(b'-' | b'0'..=b'9') => self.scan.number()?.long().ok_or_else(|| out_of_range(wanted)),
            _ => Err(self.mismatch(wanted)),
        }
    }

    pub fn double(&mut self) -> Outcome<f64> {
        match self.scan.peek() {
            Some(b'-' | b'0'..=b'9') => self.scan.number()?.double().ok_or_else(|| out_of_range(Kind::Double)),
            _ => self.special(Kind::Double),
        }
    }

    pub fn float(&mut self) -> Outcome<f32> {
        match self.scan.peek() {
            Some(b'-' | b'0'..=b'9') => {
                // Not by way of a double, which would round twice.
                let parsed = self.scan.number()?.text.parse::<f32>().ok();
                parsed
                    .filter(|n| n.is_finite())
                    .ok_or_else(|| out_of_range(Kind::Float))
            }
            _ => self.special(Kind::Float).map(|n| n as f32),
        }
    }

    /// The numbers that JSON has no digits for are written as strings.
    fn special(&mut self, wanted: Kind) -> Outcome<f64> {
        match self.string(wanted)?.as_ref() {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            _ => Err(Trouble::mismatch("STRING_VALUE", wanted)),
        }
    }

    pub fn time(&mut self, format: Option<TimeFormat>) -> Outcome<Timestamp> {
        let read = match format.unwrap_or(TimeFormat::UnixTimestamp) {
            TimeFormat::UnixTimestamp => match self.scan.peek() {
                Some(b'-' | b'0'..=b'9') => self.scan.number()?.double().and_then(Timestamp::from_secs_f64),
                _ => return Err(self.mismatch(Kind::Time)),
            },
            TimeFormat::Iso8601 => Timestamp::parse_iso8601(&self.string(Kind::Time)?),
            TimeFormat::Rfc822 => Timestamp::parse_http_date(&self.string(Kind::Time)?),
        };
        read.ok_or_else(|| out_of_range(Kind::Time))
    }

    pub fn blob(&mut self) -> Outcome<Vec<u8>> {
        let text = self.string(Kind::Blob)?;
        base64::engine::general_purpose::STANDARD
            .decode(text.as_bytes())
            .map_err(|_| Trouble::new("STRING_VALUE is not valid base64"))
    }

    /// What stands here is whole, but not what was wanted; or it is no JSON at all.
    pub fn mismatch(&mut self, wanted: Kind) -> Trouble {
        let found = match self.scan.peek() {
            Some(b'"') => "STRING_VALUE",
            Some(b'-' | b'0'..=b'9') => "NUMBER_VALUE",
            Some(b't') => "TRUE_VALUE",
            Some(b'f') => "FALSE_VALUE",
            Some(b'n') => "NULL_VALUE",
            Some(b'{') => "{",
            Some(b'[') => "[",
            _ => return self.scan.unexpected(),
        };
        Trouble::mismatch(found, wanted)
    }
}

pub(super) fn out_of_range(wanted: Kind) -> Trouble {
    Trouble::mismatch("NUMBER_VALUE", wanted)
}
