//! Who may do what: policies as IAM writes them, read once and evaluated without knowing any service.
//!
//! For: policies that stand at a resource (a repository, a registry), and later those that stand at an identity. A policy
//! is read strictly: what is not understood is refused, for a condition that nobody looks at protects nobody.
//!
//! Words: a *statement* allows or denies; a [`Request`] is who does what to which resource, and its *context* is what
//! conditions may ask about; a [`Verdict`] is what a policy says of a request. What to do when no statement speaks is
//! for the caller to decide.
//!
//! Must never know: any service's actions, records, the network. It has no clock: the time is in the context.

mod condition;
mod pattern;
mod principal;
mod read;
#[cfg(test)]
mod tests;

pub use principal::{account_of, is_same};
pub use read::{Bad, Stands};

use condition::Test;
use pattern::Pattern;
use principal::Principals;
use std::collections::BTreeMap;

/// A policy, read.
#[derive(Debug)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug)]
struct Statement {
    denies: bool,
    principals: Option<Match<Principals>>,
    actions: Match<Vec<Pattern>>,
    /// `None` where the policy stands at its resource, and need not say it.
    resources: Option<Match<Vec<Pattern>>>,
    conditions: Vec<Test>,
}

/// What must be so, or must not.
#[derive(Debug)]
enum Match<T> {
    Is(T),
    IsNot(T),
}

/// What somebody is about to do.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The ARN of who asks.
    pub principal: &'a str,
    /// `ecr:PutImage`
    pub action: &'a str,
    /// The ARN of what it is done to.
    pub resource: &'a str,
    pub context: &'a Context,
}

/// What conditions may ask about. Keys have no case.
#[derive(Clone, Debug, Default)]
pub struct Context(BTreeMap<String, Vec<String>>);

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A statement denies it, whatever others say.
    Deny,
    Allow,
    /// No statement is about it.
    Silent,
}

impl Policy {
    /// An action it names that none of these is: a statement about it would be about nothing.
    pub fn unknown_action<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
        let named = self.statements.iter().flat_map(|statement| statement.actions.either());
        let is_one = |pattern: &&Pattern| known.clone().any(|action| pattern.fits_without_case(action));
        named
            .into_iter()
            .find(|pattern| !is_one(pattern))
            .map(Pattern::to_string)
    }

    pub fn verdict(&self, request: &Request<'_>) -> Verdict {
        let mut verdict = Verdict::Silent;
        for statement in self.statements.iter().filter(|statement| statement.is_about(request)) {
            if statement.denies {
                return Verdict::Deny;
            }
            verdict = Verdict::Allow;
        }
        verdict
    }
}

impl Verdict {
    /// What two policies say together.
    pub fn and(self, other: Verdict) -> Verdict {
        match (self, other) {
            (Verdict::Deny, _) | (_, Verdict::Deny) => Verdict::Deny,
            (Verdict::Allow, _) | (_, Verdict::Allow) => Verdict::Allow,
            (Verdict::Silent, Verdict::Silent) => Verdict::Silent,
        }
    }
}

impl Statement {
    fn is_about(&self, request: &Request<'_>) -> bool {
        let context = request.context;
        let any = |patterns: &Vec<Pattern>, text: &str| patterns.iter().any(|p| p.fits(text, context));
        let principal = |principals: &Match<Principals>| principals.holds(|p| p.has(request.principal));
        let action = |patterns: &Vec<Pattern>| patterns.iter().any(|p| p.fits_without_case(request.action));
        self.principals.as_ref().is_none_or(principal)
            && self.actions.holds(action)
            && self
                .resources
                .as_ref()
                .is_none_or(|resources| resources.holds(|r| any(r, request.resource)))
            && self.conditions.iter().all(|test| test.holds(context))
    }
}

impl<T> Match<T> {
    fn either(&self) -> &T {
        match self {
            Match::Is(it) | Match::IsNot(it) => it,
        }
    }

    fn holds(&self, is: impl FnOnce(&T) -> bool) -> bool {
        match self {
            Match::Is(what) => is(what),
            Match::IsNot(what) => !is(what),
        }
    }
}

impl Context {
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.entry(key.to_ascii_lowercase()).or_default().push(value.into());
        self
    }

    /// All values of a key; none if there is no such key.
    fn values(&self, key: &str) -> &[String] {
        self.0.get(&key.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }
}
