//! The data items of CBOR (RFC 8949), one head at a time.

use crate::codec::trouble::{Outcome, Trouble};
use std::borrow::Cow;

/// Major types, the upper three bits of a head.
pub(super) mod major {
    pub const UNSIGNED: u8 = 0;
    pub const NEGATIVE: u8 = 1;
    pub const BYTES: u8 = 2;
    pub const TEXT: u8 = 3;
    pub const ARRAY: u8 = 4;
    pub const MAP: u8 = 5;
    pub const TAG: u8 = 6;
    pub const SIMPLE: u8 = 7;
}

/// The lower five bits of a head of no length said beforehand; as a simple value, the end of such an item.
const INDEFINITE: u8 = 31;

#[derive(Clone, Copy)]
pub(super) struct Head {
    pub major: u8,
    pub info: u8,
    /// The number that the head carries: a value, a length, or the bits of a float.
    pub argument: u64,
}

/// A number of whatever width.
pub(super) enum Number {
    Whole(i128),
    Fraction(f64),
}

impl Number {
    pub fn double(&self) -> f64 {
        match self {
            Number::Whole(n) => *n as f64,
            Number::Fraction(n) => *n,
        }
    }

    /// Writers may also put a whole number into a float.
    pub fn long(&self) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Number::Whole(n) => i64::try_from(*n).ok(),
            Number::Fraction(n) => (n.fract() == 0.0 && n.abs() <= EXACT).then_some(*n as i64),
        }
    }
}

pub(super) struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Items<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Items { bytes, at: 0 }
    }

    pub fn end(&self) -> Outcome<()> {
        if self.at == self.bytes.len() {
            return Ok(());
        }
        Err(Trouble::new(format!(
            "Trailing bytes from byte {} of the CBOR data on",
            self.at
        )))
    }

    /// The head of the next value; tags before it are passed over, as are those we do not know.
    pub fn value(&mut self) -> Outcome<Head> {
        loop {
            let head = self.head()?;
            if head.major != major::TAG {
                return Ok(head);
            }
        }
    }

    fn head(&mut self) -> Outcome<Head> {
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 31);
        let argument = match info {
            0..=23 => u64::from(info),
            24..=27 => self
                .take(1 << (info - 24))?
                .iter()
                .fold(0, |n, byte| n << 8 | u64::from(*byte)),
            // Only strings, arrays, maps and the break that ends them come without a length.
            INDEFINITE if (2..=5).contains(&major) || major == major::SIMPLE => 0,
            _ => {
                return Err(Trouble::new(format!(
                    "Malformed item at byte {} of the CBOR data",
                    self.at - 1
                )));
            }
        };
        Ok(Head { major, info, argument })
    }

    /// Takes `null` or `undefined` if it comes next.
    pub fn null(&mut self) -> bool {
        let found = matches!(self.bytes.get(self.at), Some(0xf6 | 0xf7));
        self.at += usize::from(found);
        found
    }

    /// How many items follow the head of an array or map; `None` when a break ends them. Each takes at least one
    /// byte, so that a false promise is found out before anything is made for it.
    pub fn count(&self, head: Head) -> Outcome<Option<u64>> {
        if head.info == INDEFINITE {
            return Ok(None);
        }
        if head.argument > (self.bytes.len() - self.at) as u64 {
            return Err(Trouble::new("Unexpected end of the CBOR data"));
        }
        Ok(Some(head.argument))
    }

    /// Whether the items of an array or map go on, given how many are left.
    pub fn more(&mut self, left: &mut Option<u64>) -> bool {
        match left {
            Some(0) => false,
            Some(n) => {
                *n -= 1;
                true
            }
            None => {
                let ended = self.bytes.get(self.at) == Some(&0xff);
                self.at += usize::from(ended);
                !ended
            }
        }
    }

    pub fn text(&mut self, head: Head) -> Outcome<Cow<'a, str>> {
        let invalid = || Trouble::new("Invalid UTF-8 in a text string");
        Ok(match self.string(head)? {
            Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| invalid())?),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).map_err(|_| invalid())?),
        })
    }

    /// What a byte or text string holds.
    pub fn string(&mut self, head: Head) -> Outcome<Cow<'a, [u8]>> {
        if head.info != INDEFINITE {
            return self.take_long(head.argument).map(Cow::Borrowed);
        }
        let mut whole = Vec::new();
        let mut left = None;
        while self.more(&mut left) {
            let chunk = self.head()?;
            if chunk.major != head.major || chunk.info == INDEFINITE {
                return Err(Trouble::new("Malformed chunk of a string"));
            }
            whole.extend_from_slice(self.take_long(chunk.argument)?);
        }
        Ok(Cow::Owned(whole))
    }

    fn take_long(&mut self, count: u64) -> Outcome<&'a [u8]> {
        self.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn take(&mut self, count: usize) -> Outcome<&'a [u8]> {
        let taken = self.bytes[self.at..]
            .get(..count)
            .ok_or_else(|| Trouble::new("Unexpected end of the CBOR data"))?;
        self.at += count;
        Ok(taken)
    }
}

impl Head {
    pub fn number(self) -> Option<Number> {
        Some(match (self.major, self.info) {
            (major::UNSIGNED, _) => Number::Whole(i128::from(self.argument)),
            (major::NEGATIVE, _) => Number::Whole(-1 - i128::from(self.argument)),
            (major::SIMPLE, 25) => Number::Fraction(half(self.argument as u16)),
            (major::SIMPLE, 26) => Number::Fraction(f64::from(f32::from_bits(self.argument as u32))),
            (major::SIMPLE, 27) => Number::Fraction(f64::from_bits(self.argument)),
            _ => return None,
        })
    }

    pub fn flag(self) -> Option<bool> {
        match (self.major, self.info) {
            (major::SIMPLE, 20) => Some(false),
            (major::SIMPLE, 21) => Some(true),
            _ => None,
        }
    }

    /// For messages, in the words of the JSON protocols.
    pub fn found(self) -> &'static str {
        match (self.major, self.info) {
            (major::TEXT, _) => "STRING_VALUE",
            (major::BYTES, _) => "BYTES_VALUE",
            (major::ARRAY, _) => "[",
            (major::MAP, _) => "{",
            (major::SIMPLE, 20) => "FALSE_VALUE",
            (major::SIMPLE, 21) => "TRUE_VALUE",
            (major::SIMPLE, 22 | 23) => "NULL_VALUE",
            (major::SIMPLE, INDEFINITE) => "BREAK",
            (major::SIMPLE, 0..=24) => "SIMPLE_VALUE",
            _ => "NUMBER_VALUE",
        }
    }
}

/// A float of two bytes: a sign, five bits of exponent, ten of fraction.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff);
    match i32::from(bits >> 10 & 31) {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        exponent => sign * (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}
