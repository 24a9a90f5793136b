//! Members of a JSON object: `{ ($.user.id = 1) && ($.users[*].email = "*@example.com") }`.

use super::cursor::Cursor;
use super::test::{Test, Value};
use super::{PatternError, refuse};
use serde_json::Value as Tree;

/// Parentheses inside each other.
const MAX_DEPTH: usize = 32;
/// Regular expressions in one pattern.
const MAX_REGEXES: usize = 2;

#[derive(Debug)]
pub struct Json(Expression);

#[derive(Debug)]
enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Is { path: Vec<Step>, what: What },
}

#[derive(Debug)]
enum What {
    Test(Test),
    True,
    False,
    Null,
    Absent,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Element(usize),
    Every,
}

impl Json {
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut parser = Parser {
            cursor: Cursor::new(text),
            regexes: 0,
        };
        parser.cursor.eat("{");
        let expression = parser.any(0)?;
        parser.cursor.space();
        if !parser.cursor.eat("}") {
            return refuse("Invalid filter pattern: '}' is missing, or there is something before it");
        }
        parser.cursor.space();
        if !parser.cursor.rest().is_empty() {
            return refuse("Invalid filter pattern: there is something behind '}'");
        }
        if parser.regexes > MAX_REGEXES {
            return refuse(format!(
                "Invalid filter pattern: more than {MAX_REGEXES} regular expressions"
            ));
        }
        Ok(Json(expression))
    }

    /// A message that is no JSON matches nothing.
    pub fn matches(&self, message: &str) -> bool {
        let looks_like_it = message.trim_start().starts_with(['{', '[']);
        looks_like_it && serde_json::from_str(message).is_ok_and(|tree| self.0.holds(&tree))
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    regexes: usize,
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Expression, PatternError> {
        let mut parts = vec![self.all(depth)?];
        while self.joined("||") {
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Expression, PatternError> {
        let mut parts = vec![self.single(depth)?];
        while self.joined("&&") {
            parts.push(self.single(depth)?);
        }
        Ok(one_or(parts, Expression::All))
    }

    fn joined(&mut self, sign: &str) -> bool {
        self.cursor.space();
        self.cursor.eat(sign)
    }

    fn single(&mut self, depth: usize) -> Result<Expression, PatternError> {
        self.cursor.space();
        if self.cursor.eat("(") {
            if depth == MAX_DEPTH {
                return refuse("Invalid filter pattern: too many parentheses inside each other");
            }
            let inner = self.any(depth + 1)?;
            self.cursor.space();
            if !self.cursor.eat(")") {
                return refuse("Invalid filter pattern: a parenthesis is not closed");
            }
            return Ok(inner);
        }
        let path = self.path()?;
        let what = self.what()?;
        Ok(Expression::Is { path, what })
    }

    fn path(&mut self) -> Result<Vec<Step>, PatternError> {
        if !self.cursor.eat("$") {
            return refuse("Invalid filter pattern: a member is written $.name");
        }
        let mut path = Vec::new();
        loop {
            let dotted = self.cursor.eat(".");
            if self.cursor.eat("[") {
                path.push(self.bracket()?);
                if !self.cursor.eat("]") {
                    return refuse("Invalid filter pattern: a bracket is not closed");
                }
            } else if dotted {
                let name = self
                    .cursor
                    .take(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == '@');
                if name.is_empty() {
                    return refuse("Invalid filter pattern: a member has no name");
                }
                path.push(Step::Member(name.to_string()));
            } else {
                return Ok(path);
            }
        }
    }

    fn bracket(&mut self) -> Result<Step, PatternError> {
        self.cursor.space();
        if self.cursor.eat("*") {
            return Ok(Step::Every);
        }
        let step = match self.cursor.peek() {
            Some('"') => Step::Member(self.cursor.quoted()?),
            Some('\'') => {
                self.cursor.eat("'");
                let name = self.cursor.take(|c| c != '\'').to_string();
                if !self.cursor.eat("'") {
                    return refuse("Invalid filter pattern: a quotation mark is not closed");
                }
                Step::Member(name)
            }
            _ => match self.cursor.take(|c| c.is_ascii_digit()).parse() {
                Ok(index) => Step::Element(index),
                Err(_) => return refuse("Invalid filter pattern: brackets hold a number, a name in quotes, or a star"),
            },
        };
        self.cursor.space();
        Ok(step)
    }

    fn what(&mut self) -> Result<What, PatternError> {
        self.cursor.space();
        if self.cursor.eat_word("IS") {
            self.cursor.space();
            let words = [("TRUE", What::True), ("FALSE", What::False), ("NULL", What::Null)];
            let found = words.into_iter().find(|(word, _)| self.cursor.eat_word(word));
            return match found {
                Some((_, what)) => Ok(what),
                None => refuse("Invalid filter pattern: IS is followed by TRUE, FALSE or NULL"),
            };
        }
        if self.cursor.eat_word("NOT") {
            self.cursor.space();
            return match self.cursor.eat_word("EXISTS") {
                true => Ok(What::Absent),
                false => refuse("Invalid filter pattern: NOT is followed by EXISTS"),
            };
        }
        let test = Test::parse(&mut self.cursor, &['}'])?;
        let test =
            test.ok_or_else(|| PatternError("Invalid filter pattern: a member has no comparison".to_string()))?;
        self.regexes += usize::from(test.is_regex());
        Ok(What::Test(test))
    }
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}

impl Expression {
    fn holds(&self, tree: &Tree) -> bool {
        match self {
            Expression::All(parts) => parts.iter().all(|part| part.holds(tree)),
            Expression::Any(parts) => parts.iter().any(|part| part.holds(tree)),
            Expression::Is {
                path,
                what: What::Absent,
            } => !reaches(tree, path, &|_| true),
            Expression::Is { path, what } => reaches(tree, path, &|found| what.holds(found)),
        }
    }
}

impl What {
    fn holds(&self, found: &Tree) -> bool {
        match (self, found) {
            (What::True, found) => *found == Tree::Bool(true),
            (What::False, found) => *found == Tree::Bool(false),
            (What::Null, found) => found.is_null(),
            (What::Test(test), Tree::String(text)) => test.holds(Value::Text(text)),
            (What::Test(test), Tree::Number(n)) => n.as_f64().is_some_and(|n| test.holds(Value::Number(n))),
            (What::Test(test), Tree::Bool(flag)) => test.holds(Value::Word(if *flag { "true" } else { "false" })),
            (What::Test(test), _) => test.holds(Value::Other),
            (What::Absent, _) => false,
        }
    }
}

/// Whether something that the path leads to is as wanted.
fn reaches(tree: &Tree, path: &[Step], wanted: &dyn Fn(&Tree) -> bool) -> bool {
    let Some((step, rest)) = path.split_first() else {
        return wanted(tree);
    };
    match (step, tree) {
        (Step::Member(name), Tree::Object(members)) => {
            members.get(name).is_some_and(|inner| reaches(inner, rest, wanted))
        }
        (Step::Element(index), Tree::Array(items)) => {
            items.get(*index).is_some_and(|inner| reaches(inner, rest, wanted))
        }
        (Step::Every, Tree::Array(items)) => items.iter().any(|inner| reaches(inner, rest, wanted)),
        (Step::Every, Tree::Object(members)) => members.values().any(|inner| reaches(inner, rest, wanted)),
        _ => false,
    }
}
