//! From text to rules: `or` binds weakest, then `and`, then `not` and parentheses.

use super::test::{Operator, Subject, Test};
use super::{MOST_CHARS, Malformed, Rule};

/// Parentheses and `not` inside each other; also parentheses inside one pattern.
const DEEPEST: usize = 32;

pub fn parse(text: &str) -> Result<Rule, Malformed> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    if text.chars().count() > MOST_CHARS {
        return Err(parser.wrong(format!("The expression has more than {MOST_CHARS} characters")));
    }
    let rule = parser.any()?;
    parser.space();
    match parser.peek() {
        None => Ok(rule),
        Some(c) => Err(parser.wrong(format!("Expected 'and', 'or' or the end, found '{c}'"))),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Rule, Malformed> {
        let mut rules = vec![self.all()?];
        while self.joined_by("or", "||") {
            rules.push(self.all()?);
        }
        Ok(alone_or(rules, Rule::Any))
    }

    fn all(&mut self) -> Result<Rule, Malformed> {
        let mut rules = vec![self.one()?];
        while self.joined_by("and", "&&") {
            rules.push(self.one()?);
        }
        Ok(alone_or(rules, Rule::All))
    }

    fn one(&mut self) -> Result<Rule, Malformed> {
        if self.depth == DEEPEST {
            return Err(self.wrong(format!(
                "More than {DEEPEST} parentheses and negations inside each other"
            )));
        }
        self.depth += 1;
        let rule = self.one_inside();
        self.depth -= 1;
        rule
    }

    fn one_inside(&mut self) -> Result<Rule, Malformed> {
        self.space();
        if self.sign("!") || self.word("not") {
            return Ok(Rule::Not(Box::new(self.one()?)));
        }
        if !self.sign("(") {
            return self.test();
        }
        let rule = self.any()?;
        self.space();
        if self.sign(")") {
            Ok(rule)
        } else {
            Err(self.wrong("Expected ')'"))
        }
    }

    fn test(&mut self) -> Result<Rule, Malformed> {
        let begin = self.at;
        let start = self.at;
        let name = self.while_true(|c| c.is_alphanumeric() || "._:/\\-".contains(c));
        let subject = Subject::named(name).map_err(|what| Malformed {
            at: self.place(start),
            what,
        })?;
        self.space();
        let (negated, sign) = self.operator()?;
        self.space();
        let start = self.at;
        let arguments = match sign {
            Sign::Exists => Vec::new(),
            Sign::In => self.list()?,
            _ => vec![self.argument(false)?],
        };
        let operator = Operator::of(&subject, sign, arguments);
        let operator = operator.map_err(|what| Malformed {
            at: self.place(start),
            what,
        })?;
        Ok(Rule::Test(Test {
            text: self.text[begin..self.at].to_string(),
            subject,
            negated,
            operator,
        }))
    }

    fn operator(&mut self) -> Result<(bool, Sign), Malformed> {
        for (text, negated, sign) in SIGNS {
            let found = if text.starts_with(|c: char| c.is_alphabetic()) {
                self.word(text)
            } else {
                self.sign_word(text)
            };
            if found {
                return Ok((*negated, *sign));
            }
        }
        let known: Vec<&str> = SIGNS.iter().map(|(text, ..)| *text).collect();
        Err(self.wrong(format!("Expected an operator, one of: {}", known.join(" "))))
    }

    fn list(&mut self) -> Result<Vec<String>, Malformed> {
        if !self.sign("[") {
            return Err(self.wrong("Expected '[' and a list of values"));
        }
        let mut values = Vec::new();
        loop {
            self.space();
            values.push(self.argument(true)?);
            self.space();
            if self.sign("]") {
                return Ok(values);
            }
            if !self.sign(",") {
                return Err(self.wrong("Expected ',' or ']'"));
            }
        }
    }

    /// A value: in quotes, or bare up to a space. A bare one may hold brackets and parentheses that close within it,
    /// as patterns do.
    fn argument(&mut self, in_list: bool) -> Result<String, Malformed> {
        if let Some(quote @ ('\'' | '"')) = self.peek() {
            return self.quoted(quote);
        }
        let rest = &self.text[self.at..];
        let mut open = Vec::new();
        let mut end = rest.len();
        let mut escaped = false;
        for (i, c) in rest.char_indices() {
            let stops = match c {
                c if escaped && !c.is_whitespace() => false,
                '(' | '[' | '{' => {
                    open.push(c);
                    false
                }
                ')' | ']' | '}' => open.pop().is_none(),
                ',' => in_list && open.is_empty(),
                '&' | '|' => open.is_empty() && rest[i + 1..].starts_with(c),
                c => c.is_whitespace(),
            };
            if stops {
                end = i;
                break;
            }
            escaped = c == '\\' && !escaped;
            if open.len() > DEEPEST {
                return Err(self.wrong(format!("More than {DEEPEST} parentheses inside each other")));
            }
        }
        self.at += end;
        match &rest[..end] {
            "" => Err(self.wrong("Expected a value")),
            value => Ok(value.to_string()),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, Malformed> {
        let rest = &self.text[self.at + 1..];
        let Some(end) = rest.find(quote) else {
            return Err(self.wrong(format!("The {quote} is not closed")));
        };
        self.at += end + 2;
        Ok(rest[..end].to_string())
    }

    fn joined_by(&mut self, word: &str, sign: &str) -> bool {
        self.space();
        self.word(word) || self.sign(sign)
    }

    /// Takes a word in any case, if it ends there.
    fn word(&mut self, word: &str) -> bool {
        let rest = &self.text[self.at..];
        let is = rest
            .get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word));
        let ends = is && !rest[word.len()..].starts_with(|c: char| c.is_alphanumeric() || "._:/\\-".contains(c));
        if ends {
            self.at += word.len();
        }
        ends
    }

    /// Takes a sign; `!in` and `!exists` must end there as words do.
    fn sign_word(&mut self, sign: &str) -> bool {
        match sign
            .strip_prefix('!')
            .filter(|word| word.starts_with(|c: char| c.is_alphabetic()))
        {
            None => self.sign(sign),
            Some(word) => {
                let before = self.at;
                let found = self.sign("!") && self.word(word);
                if !found {
                    self.at = before;
                }
                found
            }
        }
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = self.text[self.at..].starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn space(&mut self) {
        self.while_true(char::is_whitespace);
    }

    fn while_true(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let taken = &rest[..rest.find(|c| !belongs(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn wrong(&self, what: impl Into<String>) -> Malformed {
        Malformed {
            at: self.place(self.at),
            what: what.into(),
        }
    }

    fn place(&self, at: usize) -> usize {
        self.text[..at].chars().count() + 1
    }
}

fn alone_or(mut rules: Vec<Rule>, join: fn(Vec<Rule>) -> Rule) -> Rule {
    if rules.len() == 1 { rules.remove(0) } else { join(rules) }
}

/// The plain operators; each but the comparisons has a negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Exists,
    In,
    Matches,
}

/// Longer signs before those they begin with.
const SIGNS: &[(&str, bool, Sign)] = &[
    ("==", false, Sign::Equals),
    ("equals", false, Sign::Equals),
    ("!=", true, Sign::Equals),
    ("not_equals", true, Sign::Equals),
    (">=", false, Sign::GreaterOrEqual),
    ("greater_than_equal", false, Sign::GreaterOrEqual),
    (">", false, Sign::Greater),
    ("greater_than", false, Sign::Greater),
    ("<=", false, Sign::LessOrEqual),
    ("less_than_equal", false, Sign::LessOrEqual),
    ("<", false, Sign::Less),
    ("less_than", false, Sign::Less),
    ("=~", false, Sign::Matches),
    ("matches", false, Sign::Matches),
    ("!~", true, Sign::Matches),
    ("not_matches", true, Sign::Matches),
    ("!exists", true, Sign::Exists),
    ("not_exists", true, Sign::Exists),
    ("exists", false, Sign::Exists),
    ("!in", true, Sign::In),
    ("not_in", true, Sign::In),
    ("in", false, Sign::In),
];
