//! One comparison: an operator and what a value is held against.

use super::cursor::Cursor;
use super::{PatternError, refuse};
use regex_lite::Regex;

#[derive(Debug)]
pub struct Test {
    op: Op,
    operand: Operand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
enum Operand {
    /// As it was written, and whether it was in quotes.
    Text {
        text: String,
        quoted: bool,
    },
    Number {
        number: f64,
        text: String,
    },
    Regex(Regex),
}

/// What is held against it.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    Text(&'a str),
    Number(f64),
    /// A word of a line, which may be either.
    Word(&'a str),
    /// Something that equals nothing that can be written.
    Other,
}

impl Test {
    /// Reads operator and operand, if an operator comes next.
    pub fn parse(cursor: &mut Cursor<'_>, ends: &[char]) -> Result<Option<Self>, PatternError> {
        cursor.space();
        let op = [
            ("!=", Op::NotEqual),
            ("<=", Op::LessOrEqual),
            (">=", Op::GreaterOrEqual),
            ("==", Op::Equal),
            ("=", Op::Equal),
            ("<", Op::Less),
            (">", Op::Greater),
        ];
        let Some((_, op)) = op.into_iter().find(|(sign, _)| cursor.eat(sign)) else {
            return Ok(None);
        };
        cursor.space();
        let operand = match cursor.peek() {
            Some('"') => Operand::Text {
                text: cursor.quoted()?,
                quoted: true,
            },
            Some('%') => Operand::Regex(regex(cursor.percented()?)?),
            _ => {
                let text = cursor.take(|c| !c.is_whitespace() && !ends.contains(&c) && !"&|()\"".contains(c));
                if text.is_empty() {
                    return refuse("Invalid filter pattern: a comparison has no value");
                }
                match number(text) {
                    Some(number) => Operand::Number {
                        number,
                        text: text.to_string(),
                    },
                    None => Operand::Text {
                        text: text.to_string(),
                        quoted: false,
                    },
                }
            }
        };
        let orders = !matches!(op, Op::Equal | Op::NotEqual);
        if orders && !matches!(operand, Operand::Number { .. }) {
            return refuse("Invalid filter pattern: only numbers can be compared by size");
        }
        Ok(Some(Test { op, operand }))
    }

    pub fn is_regex(&self) -> bool {
        matches!(self.operand, Operand::Regex(_))
    }

    pub fn holds(&self, value: Value<'_>) -> bool {
        match self.op {
            Op::Equal => self.equals(value),
            Op::NotEqual => !self.equals(value),
            op => {
                let (Some(left), Operand::Number { number: right, .. }) = (value.number(), &self.operand) else {
                    return false;
                };
                match op {
                    Op::Less => left < *right,
                    Op::LessOrEqual => left <= *right,
                    Op::Greater => left > *right,
                    _ => left >= *right,
                }
            }
        }
    }

    fn equals(&self, value: Value<'_>) -> bool {
        match (&self.operand, value) {
            (_, Value::Other) => false,
            (Operand::Regex(regex), Value::Text(text) | Value::Word(text)) => regex.is_match(text),
            (Operand::Regex(regex), Value::Number(n)) => regex.is_match(&n.to_string()),
            (Operand::Number { number, text }, Value::Word(word)) => {
                word == text || self::number(word).is_some_and(|n| n == *number)
            }
            (Operand::Number { number, .. }, Value::Number(n)) => n == *number,
            (Operand::Number { text, .. }, Value::Text(t)) => t == text,
            (Operand::Text { text, .. }, Value::Text(t) | Value::Word(t)) => like(text, t),
            (Operand::Text { text, quoted: false }, Value::Number(n)) => like(text, &n.to_string()),
            (Operand::Text { .. }, Value::Number(_)) => false,
        }
    }
}

impl Value<'_> {
    fn number(self) -> Option<f64> {
        match self {
            Value::Number(n) => Some(n),
            Value::Word(word) => number(word),
            Value::Text(_) | Value::Other => None,
        }
    }
}

/// `-1`, `.5`, `6e-3`; not what else Rust takes for a number, such as `inf`.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let plain = plain && text.bytes().any(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Whether `text` is like `pattern`, in which a star stands for anything.
pub fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, reach)) = star {
            star = Some((at, reach + 1));
            (p, t) = (at + 1, reach + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

/// How large a compiled expression may become.
const REGEX_BYTES: usize = 256 << 10;

/// The part of regular expressions that the language has: no groups, no text beyond ASCII.
pub fn regex(text: &str) -> Result<Regex, PatternError> {
    let odd = |c: &char| !c.is_ascii_alphanumeric() && !":_#=@/;,- ^$?[]{}|\\*+.".contains(*c);
    if let Some(odd) = text.chars().find(odd) {
        return refuse(format!(
            "Invalid filter pattern: '{odd}' is not supported in a regular expression"
        ));
    }
    if text.is_empty() {
        return refuse("Invalid filter pattern: a regular expression is empty");
    }
    let built = regex_lite::RegexBuilder::new(text).size_limit(REGEX_BYTES).build();
    built.map_err(|_| PatternError(format!("Invalid filter pattern: '{text}' is not a regular expression")))
}
