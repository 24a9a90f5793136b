//! Fields of a line: `[ip, user, time, request = *.html*, status = 4*, ...]`.
//!
//! A line is cut at spaces; what stands in quotes or brackets is one field.

use super::cursor::Cursor;
use super::test::{Test, Value};
use super::{PatternError, refuse};

/// Regular expressions in one pattern.
const MAX_REGEXES: usize = 2;

#[derive(Debug)]
pub struct Fields {
    /// Before the ellipsis, or all of them.
    first: Vec<Field>,
    /// Behind the ellipsis, when there is one.
    last: Option<Vec<Field>>,
}

/// One of these must hold in all of its parts; `[]` when anything will do.
type Field = Vec<Vec<Test>>;

impl Fields {
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut cursor = Cursor::new(text);
        cursor.eat("[");
        let (mut fields, mut first): (Vec<Field>, Option<Vec<Field>>) = (Vec::new(), None);
        loop {
            cursor.space();
            if cursor.eat("...") {
                if first.is_some() {
                    return refuse("Invalid filter pattern: there can be only one ellipsis");
                }
                first = Some(std::mem::take(&mut fields));
            } else {
                fields.push(field(&mut cursor)?);
            }
            cursor.space();
            if cursor.eat("]") {
                break;
            }
            if !cursor.eat(",") {
                return refuse("Invalid filter pattern: fields are separated by commas and end with ']'");
            }
        }
        cursor.space();
        if !cursor.rest().is_empty() {
            return refuse("Invalid filter pattern: there is something behind ']'");
        }
        let parsed = match first {
            Some(first) => Fields {
                first,
                last: Some(fields),
            },
            None => Fields {
                first: fields,
                last: None,
            },
        };
        let all = parsed
            .first
            .iter()
            .chain(parsed.last.iter().flatten())
            .flatten()
            .flatten();
        if all.filter(|test| test.is_regex()).count() > MAX_REGEXES {
            return refuse(format!(
                "Invalid filter pattern: more than {MAX_REGEXES} regular expressions"
            ));
        }
        Ok(parsed)
    }

    pub fn matches(&self, message: &str) -> bool {
        let words = words(message);
        let behind = self.last.as_ref().map_or(0, Vec::len);
        let enough = match self.last {
            Some(_) => words.len() >= self.first.len() + behind,
            None => words.len() == self.first.len(),
        };
        let at_end = words.len().saturating_sub(behind);
        enough
            && holds(&self.first, &words[..self.first.len().min(words.len())])
            && self.last.as_ref().is_none_or(|last| holds(last, &words[at_end..]))
    }
}

fn holds(fields: &[Field], words: &[&str]) -> bool {
    let one = |field: &Field, word| {
        field.is_empty()
            || field
                .iter()
                .any(|tests| tests.iter().all(|test| test.holds(Value::Word(word))))
    };
    fields.iter().zip(words).all(|(field, word)| one(field, word))
}

/// `name`, or comparisons of one name joined by `&&` and `||`.
fn field(cursor: &mut Cursor<'_>) -> Result<Field, PatternError> {
    let mut alternatives: Field = Vec::new();
    let mut together = Vec::new();
    let mut name = None;
    loop {
        cursor.space();
        let grouped = cursor.eat("(");
        cursor.space();
        let this = cursor.take(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == '$' || c == '.');
        if this.is_empty() && name.is_none() && cursor.rest().starts_with([',', ']']) {
            return Ok(alternatives); // a field without a name
        }
        if this.is_empty() || name.is_some_and(|name| name != this) {
            return refuse("Invalid filter pattern: a condition begins with the name of its field");
        }
        let test = Test::parse(cursor, &[',', ']'])?;
        cursor.space();
        if grouped && !cursor.eat(")") {
            return refuse("Invalid filter pattern: a parenthesis is not closed");
        }
        let Some(test) = test else {
            return match name {
                None => Ok(alternatives),
                Some(_) => refuse("Invalid filter pattern: a condition has no comparison"),
            };
        };
        name = Some(this);
        together.push(test);
        cursor.space();
        if cursor.eat("&&") {
            continue;
        }
        alternatives.push(std::mem::take(&mut together));
        if !cursor.eat("||") {
            return Ok(alternatives);
        }
    }
}

/// A line's fields.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let closed = close.and_then(|close| Some((rest[1..].find(close)? + 1, close)));
        let (word, behind) = match closed {
            Some((end, _)) => (&rest[1..end], &rest[end + 1..]),
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        words.push(word);
        rest = behind.trim_start();
    }
    words
}
