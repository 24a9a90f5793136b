//! The cluster query language: `attribute:ecs.instance-type =~ t3.* and not (task:group == database)`.
//!
//! For: `memberOf` constraints and the filter of ListContainerInstances. Read once, with the place of what is wrong,
//! then asked of any number of nodes.
//!
//! Words: a *test* asks one thing of one *subject*; a subject has no, one or many *values* (a node has many task
//! groups), and a test holds when any value passes. The negated operators are the plain ones turned round, so a node
//! without an attribute passes `attribute:x != y`.

mod parse;
pub(crate) mod test;

use crate::NodeView;
use crate::view::Wants;
use std::fmt;
use test::Test;

/// The longest expression that AWS takes.
pub const MOST_CHARS: usize = 2000;

/// An expression, ready to be asked.
pub struct Expression {
    text: String,
    rule: Rule,
    wants: Wants,
}

pub(crate) enum Rule {
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    Test(Test),
}

/// A test that speaks against a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// As it is written in the expression.
    pub test: String,
    /// Whether it holds, and must not.
    pub turned: bool,
    /// What the node has, when it has one value.
    pub has: Option<String>,
}

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The character at which it was noticed, counted from 1.
    pub at: usize,
    pub what: String,
}

impl Expression {
    pub fn parse(text: &str) -> Result<Expression, Malformed> {
        let rule = parse::parse(text)?;
        let mut wants = Wants::default();
        rule.wants(&mut wants);
        Ok(Expression {
            text: text.to_string(),
            rule,
            wants,
        })
    }

    /// Whether the node is a member of what the expression describes.
    pub fn holds(&self, node: &NodeView) -> bool {
        self.rule.holds(node)
    }

    /// The fewest tests that would have to come out otherwise, for the node to be a member.
    pub fn unmet(&self, node: &NodeView) -> Vec<Unmet> {
        self.rule.unmet(node, true)
    }

    /// What the expression must know of the tasks on nodes.
    pub fn wants(&self, wants: &mut Wants) {
        wants.groups.extend(self.wants.groups.iter().cloned());
        wants.all_groups |= self.wants.all_groups;
        wants.running |= self.wants.running;
    }

    /// Whether it asks how many tasks are RUNNING.
    pub fn counts_running(&self) -> bool {
        self.wants.running
    }

    /// Whether it asks nothing of the tasks on nodes, which come and go.
    pub fn is_steady(&self) -> bool {
        self.wants == Wants::default()
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn rule(&self) -> &Rule {
        &self.rule
    }
}

impl Rule {
    fn holds(&self, node: &NodeView) -> bool {
        match self {
            Rule::All(rules) => rules.iter().all(|r| r.holds(node)),
            Rule::Any(rules) => rules.iter().any(|r| r.holds(node)),
            Rule::Not(rule) => !rule.holds(node),
            Rule::Test(test) => test.holds(node),
        }
    }

    /// What keeps the rule from coming out as it should.
    fn unmet(&self, node: &NodeView, should: bool) -> Vec<Unmet> {
        if self.holds(node) == should {
            return Vec::new();
        }
        let of_each = |rules: &[Rule]| -> Vec<Vec<Unmet>> { rules.iter().map(|r| r.unmet(node, should)).collect() };
        match (self, should) {
            (Rule::Not(rule), _) => rule.unmet(node, !should),
            (Rule::Test(test), _) => vec![test.unmet(node, !should)],
            // All must come out so,
            (Rule::All(rules), true) | (Rule::Any(rules), false) => of_each(rules).concat(),
            // or any one.
            (Rule::Any(rules), true) | (Rule::All(rules), false) => {
                of_each(rules).into_iter().min_by_key(Vec::len).unwrap_or_default()
            }
        }
    }

    fn wants(&self, wants: &mut Wants) {
        match self {
            Rule::All(rules) | Rule::Any(rules) => rules.iter().for_each(|r| r.wants(wants)),
            Rule::Not(rule) => rule.wants(wants),
            Rule::Test(test) => test.wants(wants),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.turned { "not " } else { "" }, self.test)?;
        match &self.has {
            Some(has) => write!(f, "; it is {has}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at character {}", self.what, self.at)
    }
}

impl std::error::Error for Malformed {}

#[cfg(test)]
mod tests;
