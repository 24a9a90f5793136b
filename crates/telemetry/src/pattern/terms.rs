//! Terms: words, phrases and regular expressions that a message must have, must not have, or has one of.

use super::cursor::Cursor;
use super::test::regex;
use super::{PatternError, refuse};
use memchr::memmem::Finder;
use regex_lite::Regex;

#[derive(Debug, Default)]
pub struct Terms {
    all: Vec<Term>,
    any: Vec<Term>,
    none: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    Text(String, Box<Finder<'static>>),
    Regex(Regex),
}

impl Term {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Term::Text(_, finder) => finder.find(message.as_bytes()).is_some(),
            Term::Regex(regex) => regex.is_match(message),
        }
    }
}

impl Terms {
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut terms = Terms::default();
        let mut cursor = Cursor::new(text);
        loop {
            cursor.space();
            let Some(first) = cursor.peek() else { break };
            let list = match first {
                '?' => &mut terms.any,
                '-' => &mut terms.none,
                _ => &mut terms.all,
            };
            if matches!(first, '?' | '-') {
                cursor.take_one();
            }
            list.push(term(&mut cursor)?);
            if cursor.peek().is_some_and(|c| !c.is_whitespace()) {
                let rest = cursor.rest();
                return refuse(format!(
                    "Invalid filter pattern: there is no space before '{}'",
                    shown(rest)
                ));
            }
        }
        // Beside terms that must or must not be there, those of which one may be there say nothing.
        if !terms.all.is_empty() || !terms.none.is_empty() {
            terms.any.clear();
        }
        Ok(terms)
    }

    pub fn matches(&self, message: &str) -> bool {
        self.all.iter().all(|term| term.is_in(message))
            && !self.none.iter().any(|term| term.is_in(message))
            && (self.any.is_empty() || self.any.iter().any(|term| term.is_in(message)))
    }

    pub fn needle(&self) -> Option<&str> {
        let any = if self.any.len() == 1 { &self.any[..] } else { &[] };
        let texts = self.all.iter().chain(any).filter_map(|term| match term {
            Term::Text(text, _) => Some(text.as_str()),
            Term::Regex(_) => None,
        });
        texts.max_by_key(|text| text.len()).filter(|text| !text.is_empty())
    }
}

fn term(cursor: &mut Cursor<'_>) -> Result<Term, PatternError> {
    let text = match cursor.peek() {
        Some('"') => cursor.quoted()?,
        Some('%') => return cursor.percented().and_then(regex).map(Term::Regex),
        _ => {
            let word = cursor.take(|c| !c.is_whitespace());
            let plain = |c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii();
            if word.is_empty() || !word.chars().all(plain) {
                return refuse(format!("Invalid character(s) in term '{}'", shown(word)));
            }
            word.to_string()
        }
    };
    let finder = Box::new(Finder::new(&text).into_owned());
    Ok(Term::Text(text, finder))
}

fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

impl Cursor<'_> {
    fn take_one(&mut self) {
        let first = self.peek().map_or(0, char::len_utf8);
        *self = Cursor::new(&self.rest()[first..]);
    }
}
