//! The tokens of JSON, taken from text that was checked to be UTF-8 once, as a whole.

use crate::codec::trouble::{Outcome, Trouble};
use std::borrow::Cow;

pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// A number as it was written, and its value when it is a whole number of 64 bits.
pub(super) struct Number<'a> {
    pub text: &'a str,
    pub whole: Option<i64>,
}

impl Number<'_> {
    /// `None` when it is too large for a double.
    pub fn double(&self) -> Option<f64> {
        self.text.parse::<f64>().ok().filter(|n| n.is_finite())
    }

    /// Whole numbers may also be written as `3.0` or `3e0`.
    pub fn long(&self) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        self.whole.or_else(|| {
            let n = self.double()?;
            (n.fract() == 0.0 && n.abs() <= EXACT).then_some(n as i64)
        })
    }
}

impl<'a> Scanner<'a> {
    pub fn new(bytes: &'a [u8]) -> Outcome<Self> {
        let text = std::str::from_utf8(bytes)
            .map_err(|e| Trouble::new(format!("Invalid UTF-8 at byte {}", e.valid_up_to())))?;
        Ok(Scanner { text, at: 0 })
    }

    /// The next byte that is not white space.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match self.here()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Takes `byte` if it comes next.
    #[inline]
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[inline]
    pub fn expect(&mut self, byte: u8) -> Outcome<()> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Takes a literal; `peek` has seen its first letter.
    pub fn word(&mut self, word: &'static str) -> Outcome<()> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.unexpected())
    }

    pub fn end(&mut self) -> Outcome<()> {
        if self.peek().is_none() {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    #[cold]
    pub fn unexpected(&self) -> Trouble {
        match self.text[self.at..].chars().next() {
            None => Trouble::new("Unexpected end of the JSON text"),
            Some(c) => Trouble::new(format!(
                "Unexpected character ({c:?}) at byte {} of the JSON text",
                self.at
            )),
        }
    }

    /// Takes a string; `peek` has seen its quote.
    pub fn string(&mut self) -> Outcome<Cow<'a, str>> {
        if self.here() != Some(b'"') {
            return Err(self.unexpected());
        }
        self.at += 1;
        let text = self.text;
        let start = self.at;
        self.at += plain(&text.as_bytes()[start..]);
        match self.here() {
            Some(b'"') => {
                self.at += 1;
                Ok(Cow::Borrowed(&text[start..self.at - 1]))
            }
            Some(b'\\') => self.escaped(start).map(Cow::Owned),
            _ => Err(self.unexpected()),
        }
    }

    /// The rest of a string from its first escape on.
    fn escaped(&mut self, start: usize) -> Outcome<String> {
        let text = self.text;
        let mut out = text[start..self.at].to_string();
        loop {
            match self.here() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(0x20..) => {
                    let from = self.at;
                    self.at += plain(&text.as_bytes()[from..]);
                    out.push_str(&text[from..self.at]);
                }
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn escape(&mut self) -> Outcome<char> {
        self.at += 1;
        let c = match self.here() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode(&mut self) -> Outcome<char> {
        let high = self.hex4()?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high).ok_or_else(|| self.lone());
        }
        if !self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            return Err(self.lone());
        }
        self.at += 2;
        let low = self.hex4()?;
        if !(0xDC00..0xE000).contains(&low) {
            return Err(self.lone());
        }
        let c = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        Ok(char::from_u32(c).expect("a surrogate pair spells a character between U+10000 and U+10FFFF"))
    }

    fn hex4(&mut self) -> Outcome<u32> {
        let mut n = 0;
        for _ in 0..4 {
            let digit = self
                .here()
                .and_then(|c| char::from(c).to_digit(16))
                .ok_or_else(|| self.unexpected())?;
            n = n * 16 + digit;
            self.at += 1;
        }
        Ok(n)
    }

    fn lone(&self) -> Trouble {
        Trouble::new(format!("Lone surrogate before byte {} of the JSON text", self.at))
    }

    /// Takes a number, by the letter of the grammar: no leading zeros, no bare dots.
    pub fn number(&mut self) -> Outcome<Number<'a>> {
        let start = self.at;
        let negative = self.here() == Some(b'-');
        self.at += usize::from(negative);
        let first = self.at;
        self.digits()?;
        if self.text.as_bytes()[first] == b'0' && self.at > first + 1 {
            self.at = first + 1;
            return Err(self.unexpected());
        }
        let whole_end = self.at;
        if self.here() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.here(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.here(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        // `-0` is left to the doubles, which alone know it.
        let is_whole = self.at == whole_end && text != "-0";
        Ok(Number {
            text,
            whole: if is_whole { text.parse().ok() } else { None },
        })
    }

    fn digits(&mut self) -> Outcome<()> {
        let start = self.at;
        while matches!(self.here(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            Err(self.unexpected())
        } else {
            Ok(())
        }
    }

    #[inline]
    fn here(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// How many bytes come before the first quote, backslash or control character; eight are looked at in one step.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // Sets the high bit of each byte that is below `n`, for n <= 128. A borrow can only spoil bytes above a true hit,
    // and the lowest hit is all that is asked for.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & HIGHS;
    let mut chunks = bytes.chunks_exact(8);
    let mut at = 0;
    for chunk in &mut chunks {
        let word = u64::from_le_bytes(chunk.try_into().expect("chunks_exact gives chunks of exactly eight"));
        let hits =
            below(word ^ (ONES * u64::from(b'"')), 1) | below(word ^ (ONES * u64::from(b'\\')), 1) | below(word, 0x20);
        if hits != 0 {
            return at + hits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + chunks
        .remainder()
        .iter()
        .take_while(|b| **b >= 0x20 && **b != b'"' && **b != b'\\')
        .count()
}
