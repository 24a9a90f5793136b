//! From a pattern's text to its tree. Only what the models use is understood; anything else is an error that names it.

use super::class::{Class, Group, Part, any, shorthand};
use std::sync::Arc;

/// A pattern's tree. Groups leave no trace in it, because nobody asks what a group matched.
#[derive(Clone, Debug)]
pub enum Node {
    Class(Arc<Class>),
    Concat(Vec<Node>),
    Either(Vec<Node>),
    Repeat(Box<Node>, usize, Option<usize>),
    Look { ahead: Box<Node>, negative: bool },
    Start,
    End,
}

/// The largest count in braces; the models' largest is 1024.
const MOST_REPEATS: usize = 4096;

pub fn parse(source: &str) -> Result<Node, String> {
    let mut parser = Parser {
        chars: source.chars().collect(),
        at: 0,
    };
    let node = parser.either()?;
    match parser.peek() {
        None => Ok(node),
        Some(c) => Err(format!("{c:?} closes nothing")),
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Result<char, String> {
        let c = self.peek().ok_or("the pattern ends too early")?;
        self.at += 1;
        Ok(c)
    }

    fn take(&mut self, text: &str) -> bool {
        let there = text
            .chars()
            .enumerate()
            .all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        if there {
            self.at += text.chars().count();
        }
        there
    }

    fn either(&mut self) -> Result<Node, String> {
        let mut branches = vec![self.concat()?];
        while self.take("|") {
            branches.push(self.concat()?);
        }
        Ok(one_or(branches, Node::Either))
    }

    fn concat(&mut self) -> Result<Node, String> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            let atom = self.atom()?;
            parts.push(self.repeated(atom)?);
        }
        Ok(one_or(parts, Node::Concat))
    }

    fn atom(&mut self) -> Result<Node, String> {
        Ok(match self.next()? {
            '(' => {
                let look = if self.take("?=") {
                    Some(false)
                } else if self.take("?!") {
                    Some(true)
                } else if !self.take("?:") && self.peek() == Some('?') {
                    return Err("a group of an unknown kind".to_string());
                } else {
                    None
                };
                let inner = self.either()?;
                if !self.take(")") {
                    return Err("a group is not closed".to_string());
                }
                match look {
                    Some(negative) => Node::Look {
                        ahead: Box::new(inner),
                        negative,
                    },
                    None => inner,
                }
            }
            '[' => Node::Class(Arc::new(self.class()?)),
            '.' => Node::Class(Arc::new(Class::new(any(), false))),
            '^' => Node::Start,
            '$' => Node::End,
            '\\' => Node::Class(Arc::new(Class::new(self.escape()?, false))),
            c @ ('*' | '+' | '?' | '{') => return Err(format!("{c:?} repeats nothing")),
            c => Node::Class(Arc::new(Class::new(single(c as u32), false))),
        })
    }

    fn repeated(&mut self, atom: Node) -> Result<Node, String> {
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                let close = self.chars[self.at..].iter().position(|&c| c == '}');
                let close = self.at + close.ok_or("a count is not closed")?;
                let inside: String = self.chars[self.at + 1..close].iter().collect();
                self.at = close;
                let (min, max) = inside.split_once(',').unwrap_or((&inside, &inside));
                let max = if max.is_empty() { None } else { Some(count(max)?) };
                (count(min)?, max)
            }
            _ => return Ok(atom),
        };
        self.at += 1;
        // Lazy or not makes no difference to whether the whole text matches.
        self.take("?");
        if max.is_some_and(|max| max < min) {
            return Err("a count runs backwards".to_string());
        }
        Ok(Node::Repeat(Box::new(atom), min, max))
    }

    fn class(&mut self) -> Result<Class, String> {
        let negated = self.take("^");
        let mut parts = Vec::new();
        while !self.take("]") {
            let from = match self.next()? {
                '[' => return Err("a class within a class".to_string()),
                '&' if self.peek() == Some('&') => return Err("an intersection of classes".to_string()),
                '\\' => match self.escape()?.as_slice() {
                    [Part::Range(from, to)] if from == to => *from,
                    several => {
                        parts.extend_from_slice(several);
                        continue;
                    }
                },
                c => c as u32,
            };
            // A hyphen makes a range only between two single characters.
            let ranges = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|&c| c != ']');
            if !ranges {
                parts.push(Part::Range(from, from));
                continue;
            }
            self.at += 1;
            let to = match self.next()? {
                '\\' => match self.escape()?.as_slice() {
                    [Part::Range(to, last)] if to == last => *to,
                    _ => return Err("a range ends in a class".to_string()),
                },
                c => c as u32,
            };
            if to < from {
                return Err("a range runs backwards".to_string());
            }
            parts.push(Part::Range(from, to));
        }
        Ok(Class::new(parts, negated))
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<Vec<Part>, String> {
        let letter = self.next()?;
        if let Some(parts) = shorthand(letter) {
            return Ok(parts);
        }
        Ok(match letter {
            'n' => single(0x0A),
            'r' => single(0x0D),
            't' => single(0x09),
            'f' => single(0x0C),
            'x' => single(self.hex(2)?),
            'u' => {
                let high = self.hex(4)?;
                if (0xD800..0xDC00).contains(&high) && self.take("\\u") {
                    // Java writes what lies beyond four digits as a pair of surrogates.
                    let low = self.hex(4)?;
                    let low = low
                        .checked_sub(0xDC00)
                        .filter(|low| *low < 0x400)
                        .ok_or("half a surrogate pair")?;
                    single(0x1_0000 + ((high - 0xD800) << 10) + low)
                } else {
                    single(high)
                }
            }
            'p' | 'P' => {
                let close = self.chars[self.at..]
                    .iter()
                    .position(|&c| c == '}')
                    .ok_or("a category is not closed")?;
                let name: String = self.chars[self.at..self.at + close].iter().skip(1).collect();
                self.at += close + 1;
                match Group::named(&name) {
                    Some(group) => vec![Part::Group {
                        group,
                        within: letter == 'p',
                    }],
                    None if name == "Print" && letter == 'p' => vec![Part::Range(0x20, 0x7E)],
                    None => return Err(format!("the category {name:?}")),
                }
            }
            c if c.is_ascii_alphanumeric() => return Err(format!("the escape \\{c}")),
            c => single(c as u32),
        })
    }

    fn hex(&mut self, digits: usize) -> Result<u32, String> {
        let mut value = 0;
        for _ in 0..digits {
            value = value * 16 + self.next()?.to_digit(16).ok_or("a digit that is not hexadecimal")?;
        }
        Ok(value)
    }
}

fn single(code: u32) -> Vec<Part> {
    vec![Part::Range(code, code)]
}

fn count(digits: &str) -> Result<usize, String> {
    let count: usize = digits.parse().map_err(|_| format!("the count {digits:?}"))?;
    (count <= MOST_REPEATS)
        .then_some(count)
        .ok_or_else(|| format!("a count of {count}"))
}

fn one_or(mut nodes: Vec<Node>, several: fn(Vec<Node>) -> Node) -> Node {
    match nodes.len() {
        1 => nodes.remove(0),
        _ => several(nodes),
    }
}
