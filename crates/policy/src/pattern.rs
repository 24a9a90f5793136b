//! Patterns: `*` is any text, `?` any one character, `${key}` the one value that the context has of that key.

use crate::Context;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Char(char),
    One,
    Any,
    Variable(String),
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Char(c) => write!(f, "{c}"),
            Piece::One => f.write_str("?"),
            Piece::Any => f.write_str("*"),
            Piece::Variable(name) => write!(f, "${{{name}}}"),
        })
    }
}

impl Pattern {
    /// With wildcards; and with variables, if the policy's version has them.
    pub fn new(text: &str, variables: bool) -> Self {
        Pattern::read(text, variables, true)
    }

    /// Where `*` and `?` are themselves.
    pub fn literal(text: &str, variables: bool) -> Self {
        Pattern::read(text, variables, false)
    }

    fn read(text: &str, variables: bool, wild: bool) -> Self {
        let mut pieces = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if variables
                && let Some(inner) = rest.strip_prefix("${")
                && let Some((name, behind)) = inner.split_once('}')
            {
                pieces.push(match name {
                    "*" | "?" | "$" => Piece::Char(name.chars().next().expect("it is one")),
                    _ => Piece::Variable(name.to_string()),
                });
                rest = behind;
                continue;
            }
            rest = &rest[c.len_utf8()..];
            match c {
                '*' if wild && pieces.last() == Some(&Piece::Any) => {} // two are one
                '*' if wild => pieces.push(Piece::Any),
                '?' if wild => pieces.push(Piece::One),
                c => pieces.push(Piece::Char(c)),
            }
        }
        Pattern(pieces)
    }

    /// A pattern whose variables the context does not have fits nothing.
    pub fn fits(&self, text: &str, context: &Context) -> bool {
        self.matches(text, context, false)
    }

    pub fn fits_without_case(&self, text: &str) -> bool {
        self.matches(text, &Context::default(), true)
    }

    /// As [`Pattern::fits`], letters being the same in both cases.
    pub fn fits_ignoring_case(&self, text: &str, context: &Context) -> bool {
        self.matches(text, context, true)
    }

    fn matches(&self, text: &str, context: &Context, ignore_case: bool) -> bool {
        let mut pieces = Vec::with_capacity(self.0.len());
        for piece in &self.0 {
            match piece {
                Piece::Variable(name) => match context.values(name) {
                    [one] => pieces.extend(one.chars().map(Piece::Char)),
                    _ => return false,
                },
                piece => pieces.push(piece.clone()),
            }
        }
        let text: Vec<char> = text.chars().collect();
        let same = |a: char, b: char| match ignore_case {
            true => a.to_lowercase().eq(b.to_lowercase()),
            false => a == b,
        };
        // Back to the last star whenever it goes wrong: no more steps than pieces times characters.
        let (mut p, mut t) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            match pieces.get(p) {
                Some(Piece::Any) => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(Piece::One) => (p, t) = (p + 1, t + 1),
                Some(Piece::Char(c)) if same(*c, text[t]) => (p, t) = (p + 1, t + 1),
                _ => match &mut star {
                    None => return false,
                    Some((at, from)) => {
                        *from += 1;
                        (p, t) = (*at + 1, *from);
                    }
                },
            }
        }
        pieces[p..].iter().all(|piece| *piece == Piece::Any)
    }
}
