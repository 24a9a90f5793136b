//! One test: what it asks of which subject, and what a node answers.

use super::Unmet;
use super::parse::Sign;
use crate::NodeView;
use crate::view::Wants;
use base::Timestamp;
use std::borrow::Cow;
use std::cmp::Ordering;
use wire::pattern::Pattern;

pub struct Test {
    /// As it was written.
    pub text: String,
    pub subject: Subject,
    pub negated: bool,
    pub operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    AgentConnected,
    AgentVersion,
    Attribute(String),
    InstanceId,
    RegisteredAt,
    RunningTasks,
    TaskGroup,
}

pub enum Operator {
    Exists,
    /// One of these texts; `==` has one.
    In(Vec<String>),
    Matches(Pattern),
    /// Text against text, as numbers where both are.
    TextIs(Sign, String),
    VersionIs(Sign, Vec<u64>),
    CountIs(Sign, i64),
    /// A span of time, as long as what is left out of its writing: a day, a second.
    TimeIs(Sign, Timestamp, Timestamp),
}

impl Subject {
    pub fn named(name: &str) -> Result<Subject, String> {
        match name {
            "agentConnected" => Ok(Subject::AgentConnected),
            "agentVersion" => Ok(Subject::AgentVersion),
            "ec2InstanceId" => Ok(Subject::InstanceId),
            "registeredAt" => Ok(Subject::RegisteredAt),
            "runningTasksCount" => Ok(Subject::RunningTasks),
            "task:group" => Ok(Subject::TaskGroup),
            "" => Err("Expected what to test, such as attribute:NAME".to_string()),
            _ => match name.strip_prefix("attribute:") {
                Some("") => Err("Expected the name of an attribute".to_string()),
                Some(name) => Ok(Subject::Attribute(name.to_string())),
                None => Err(format!(
                    "Unknown subject '{name}'; there are agentConnected, agentVersion, attribute:NAME, ec2InstanceId, \
                     registeredAt, runningTasksCount and task:group"
                )),
            },
        }
    }

    fn is_ordered(&self) -> bool {
        matches!(
            self,
            Subject::AgentVersion | Subject::RegisteredAt | Subject::RunningTasks
        )
    }
}

impl Operator {
    /// Makes an operator for a subject, or says why the two don't go together.
    pub fn of(subject: &Subject, sign: Sign, mut arguments: Vec<String>) -> Result<Operator, String> {
        let text = |arguments: &mut Vec<String>| {
            arguments
                .pop()
                .expect("all signs but 'exists' and 'in' have one argument")
        };
        match (sign, subject) {
            (Sign::Exists, Subject::AgentConnected | Subject::RegisteredAt | Subject::RunningTasks) => {
                Err("Every node has one, so there is nothing to ask; 'exists' is for attributes".to_string())
            }
            (Sign::Exists, _) => Ok(Operator::Exists),
            (Sign::In | Sign::Matches, subject) if subject.is_ordered() => {
                Err("Only ==, !=, >, >=, < and <= compare versions, times and counts".to_string())
            }
            (Sign::In, _) => Ok(Operator::In(arguments)),
            (Sign::Matches, _) => {
                let source = text(&mut arguments);
                let pattern = Pattern::new(&source).map_err(|why| format!("'{source}' is not a pattern: {why}"))?;
                Ok(Operator::Matches(pattern))
            }
            (sign, Subject::AgentVersion) => {
                let text = text(&mut arguments);
                let version = version(&text).ok_or_else(|| format!("'{text}' is not a version such as 1.80.0"))?;
                Ok(Operator::VersionIs(sign, version))
            }
            (sign, Subject::RegisteredAt) => {
                let text = text(&mut arguments);
                let span = span(&text).ok_or_else(|| format!("'{text}' is not a time such as 2018-06-18T22:28:28Z"))?;
                Ok(Operator::TimeIs(sign, span.0, span.1))
            }
            (sign, Subject::RunningTasks) => {
                let text = text(&mut arguments);
                let count = text.parse().map_err(|_| format!("'{text}' is not a whole number"))?;
                Ok(Operator::CountIs(sign, count))
            }
            (Sign::Equals, _) => Ok(Operator::In(arguments)),
            (sign, Subject::Attribute(_)) => Ok(Operator::TextIs(sign, text(&mut arguments))),
            _ => Err("This subject has no order; ==, !=, in, !in, =~ and !~ can ask about it".to_string()),
        }
    }
}

impl Test {
    pub fn holds(&self, seen: &NodeView) -> bool {
        self.plain(seen) != self.negated
    }

    pub fn wants(&self, wants: &mut Wants) {
        match (&self.subject, &self.operator) {
            (Subject::TaskGroup, Operator::In(groups)) => wants.groups.extend(groups.iter().cloned()),
            (Subject::TaskGroup, _) => wants.all_groups = true,
            (Subject::RunningTasks, _) => wants.running = true,
            _ => {}
        }
    }

    /// The attribute that it asks about, if it asks about one: then [`Test::holds_of`] can answer too.
    pub fn attribute(&self) -> Option<&str> {
        match &self.subject {
            Subject::Attribute(name) => Some(name),
            _ => None,
        }
    }

    /// Whether it holds of a node whose attribute has this value (the empty one, if it has none); `None` is a node without
    /// the attribute. So each value is asked once, however many nodes have it.
    pub fn holds_of(&self, value: Option<&str>) -> bool {
        value.is_some_and(|value| self.passes(value)) != self.negated
    }

    /// This test, and what the node has.
    pub fn unmet(&self, seen: &NodeView, turned: bool) -> Unmet {
        let has = self.value(seen).map(Cow::into_owned).filter(|has| !has.is_empty());
        Unmet {
            test: self.text.clone(),
            turned,
            has,
        }
    }

    fn passes(&self, value: &str) -> bool {
        match &self.operator {
            Operator::Exists => true,
            Operator::In(texts) => texts.iter().any(|t| t == value),
            Operator::Matches(pattern) => pattern.matches(value),
            Operator::TextIs(sign, text) => sign.is(by_number_or_text(value, text)),
            Operator::VersionIs(..) | Operator::CountIs(..) | Operator::TimeIs(..) => false,
        }
    }

    fn plain(&self, seen: &NodeView) -> bool {
        match &self.operator {
            Operator::Exists | Operator::In(_) | Operator::Matches(_) | Operator::TextIs(..) => {
                self.any_value(seen, |value| self.passes(value))
            }
            Operator::VersionIs(sign, asked) => {
                let has = seen.node.agent_version.as_deref().and_then(version);
                has.is_some_and(|has| sign.is(by_parts(&has, asked)))
            }
            Operator::CountIs(sign, asked) => sign.is(i64::from(seen.running).cmp(asked)),
            Operator::TimeIs(sign, from, to) => {
                let at = seen.node.registered_at;
                let order = if at < *from {
                    Ordering::Less
                } else if at >= *to {
                    Ordering::Greater
                } else {
                    Ordering::Equal
                };
                sign.is(order)
            }
        }
    }

    /// Whether any of the subject's values as text passes. An attribute without a value has the empty one.
    fn any_value(&self, seen: &NodeView, passes: impl Fn(&str) -> bool) -> bool {
        match &self.subject {
            Subject::TaskGroup => seen.groups.iter().any(|(group, count)| *count > 0 && passes(group)),
            _ => self.value(seen).is_some_and(|value| passes(&value)),
        }
    }

    /// The subject's value as text, of those that have one at most.
    fn value<'a>(&self, seen: &'a NodeView) -> Option<Cow<'a, str>> {
        match &self.subject {
            Subject::AgentConnected => Some(if seen.node.connected { "true" } else { "false" }.into()),
            Subject::AgentVersion => seen.node.agent_version.as_deref().map(Cow::from),
            Subject::Attribute(name) => {
                let found = seen.node.attributes.iter().find(|a| a.name == *name);
                found.map(|a| a.value.as_deref().unwrap_or_default().into())
            }
            Subject::InstanceId => seen.node.instance_id.as_deref().map(Cow::from),
            Subject::RegisteredAt => Some(seen.node.registered_at.iso8601().into()),
            Subject::RunningTasks => Some(seen.running.to_string().into()),
            Subject::TaskGroup => None,
        }
    }
}

impl Sign {
    fn is(self, order: Ordering) -> bool {
        match self {
            Sign::Equals => order.is_eq(),
            Sign::Less => order.is_lt(),
            Sign::LessOrEqual => order.is_le(),
            Sign::Greater => order.is_gt(),
            Sign::GreaterOrEqual => order.is_ge(),
            Sign::Exists | Sign::In | Sign::Matches => false,
        }
    }
}

fn by_number_or_text(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => x.total_cmp(&y),
        _ => a.cmp(b),
    }
}

/// `1.80.0`, `v1.80`: what follows the numbers is not compared.
fn version(text: &str) -> Option<Vec<u64>> {
    let text = text.trim_start_matches('v');
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    text[..end].split('.').map(|part| part.parse().ok()).collect()
}

fn by_parts(a: &[u64], b: &[u64]) -> Ordering {
    let part = |v: &[u64], i: usize| v.get(i).copied().unwrap_or(0);
    (0..a.len().max(b.len()))
        .map(|i| part(a, i).cmp(&part(b, i)))
        .find(|o| o.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// From the first moment that the text describes up to the first that it does not.
fn span(text: &str) -> Option<(Timestamp, Timestamp)> {
    let (from, length) = match Timestamp::parse_iso8601(text) {
        Some(at) if text.contains('.') => (at, 1),
        Some(at) => (at, 1000),
        None => (Timestamp::parse_iso8601(&format!("{text}T00:00:00Z"))?, 86_400_000),
    };
    Some((from, from.plus_millis(length)))
}
