//! Reading policies: JSON as IAM's grammar has it, and nothing else.

use crate::condition::{Operator, Relation, Set, Test, block, date};
use crate::pattern::Pattern;
use crate::principal::{Principal, Principals};
use crate::{Match, Policy, Statement};
use serde_json::{Map, Value};
use std::fmt;

/// Where a policy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// At its resource, which it need not name.
    AtResource,
    /// At several resources, which it names.
    AtResources,
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad(String);

/// Of one policy.
const MOST_STATEMENTS: usize = 200;
const VARIABLES_SINCE: &str = "2012-10-17";

type Read<T> = Result<T, Bad>;

fn bad<T>(why: impl Into<String>) -> Read<T> {
    Err(Bad(why.into()))
}

impl Policy {
    pub fn read(text: &str, stands: Stands) -> Read<Policy> {
        let value: Value = serde_json::from_str(text).map_err(|e| Bad(format!("it is no JSON: {e}")))?;
        let Value::Object(policy) = value else {
            return bad("a policy is a JSON object");
        };
        only(&policy, &["Version", "Id", "Statement"])?;
        let variables = match policy.get("Version") {
            None => false,
            Some(Value::String(version)) if version == VARIABLES_SINCE => true,
            Some(Value::String(version)) if version == "2008-10-17" => false,
            Some(_) => return bad("the Version is 2012-10-17 or 2008-10-17"),
        };
        let statements: Vec<&Value> = match policy.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => return bad("there is no Statement"),
        };
        if statements.is_empty() || statements.len() > MOST_STATEMENTS {
            return bad(format!("a policy has 1 to {MOST_STATEMENTS} statements"));
        }
        let mut sids = Vec::new();
        let read = |value: &Value| {
            let Value::Object(map) = value else {
                return bad("a statement is a JSON object");
            };
            if let Some(sid) = map.get("Sid") {
                let Value::String(sid) = sid else {
                    return bad("a Sid is a string");
                };
                if !sid.is_empty() && sids.contains(sid) {
                    return bad(format!("two statements have the Sid {sid}"));
                }
                sids.push(sid.clone());
            }
            statement(map, stands, variables)
        };
        let statements = statements.into_iter().map(read).collect::<Read<_>>()?;
        Ok(Policy { statements })
    }
}

fn only(map: &Map<String, Value>, known: &[&str]) -> Read<()> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => bad(format!("{key} is not known")),
        None => Ok(()),
    }
}

fn statement(map: &Map<String, Value>, stands: Stands, variables: bool) -> Read<Statement> {
    const KNOWN: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    only(map, &KNOWN)?;
    let denies = match map.get("Effect").and_then(Value::as_str) {
        Some("Deny") => true,
        Some("Allow") => false,
        _ => return bad("the Effect is Allow or Deny"),
    };
    let Some(principals) = either(map, "Principal", "NotPrincipal", principals)? else {
        return bad("there is no Principal");
    };
    let Some(actions) = either(map, "Action", "NotAction", actions)? else {
        return bad("there is no Action");
    };
    let resources = either(map, "Resource", "NotResource", |value| {
        let named = strings(value, "Resource")?;
        let good = |text: &&str| **text == *"*" || text.starts_with("arn:");
        match named.iter().find(|text| !good(text)) {
            Some(text) => bad(format!("{text} is no resource")),
            None => Ok(named.into_iter().map(|text| Pattern::new(text, variables)).collect()),
        }
    })?;
    if resources.is_none() && stands == Stands::AtResources {
        return bad("there is no Resource");
    }
    let conditions = match map.get("Condition") {
        None => Vec::new(),
        Some(Value::Object(operators)) => conditions(operators, variables)?,
        Some(_) => return bad("a Condition is a JSON object"),
    };
    Ok(Statement {
        denies,
        principals: Some(principals),
        actions,
        resources,
        conditions,
    })
}

/// One of two elements that stand for each other's opposite.
fn either<T>(
    map: &Map<String, Value>,
    is: &str,
    is_not: &str,
    read: impl FnOnce(&Value) -> Read<T>,
) -> Read<Option<Match<T>>> {
    match (map.get(is), map.get(is_not)) {
        (None, None) => Ok(None),
        (Some(value), None) => read(value).map(Match::Is).map(Some),
        (None, Some(value)) => read(value).map(Match::IsNot).map(Some),
        (Some(_), Some(_)) => bad(format!("{is} and {is_not} exclude each other")),
    }
}

/// One string, or a list of them that has at least one.
fn strings<'a>(value: &'a Value, what: &str) -> Read<Vec<&'a str>> {
    let all: Option<Vec<&str>> = match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(many) => many.iter().map(Value::as_str).collect(),
        _ => None,
    };
    match all.filter(|all| !all.is_empty() && all.iter().all(|text| !text.is_empty())) {
        Some(all) => Ok(all),
        None => bad(format!("{what} is a string, or a list of strings")),
    }
}

fn actions(value: &Value) -> Read<Vec<Pattern>> {
    let named = strings(value, "Action")?;
    let good = |text: &str| {
        text == "*"
            || text
                .split_once(':')
                .is_some_and(|(s, a)| !s.is_empty() && !a.is_empty())
    };
    match named.iter().find(|text| !good(text)) {
        Some(text) => bad(format!("{text} is no action")),
        None => Ok(named.into_iter().map(|text| Pattern::new(text, false)).collect()),
    }
}

fn principals(value: &Value) -> Read<Principals> {
    let kinds = match value {
        Value::String(all) if all == "*" => return Ok(Principals::Everybody),
        Value::Object(kinds) if !kinds.is_empty() => kinds,
        _ => return bad("a Principal is \"*\" or a JSON object"),
    };
    let mut these = Vec::new();
    for (kind, value) in kinds {
        let named = strings(value, "Principal")?;
        match kind.as_str() {
            "AWS" if named.contains(&"*") => return Ok(Principals::Everybody),
            "AWS" => {
                for text in named {
                    match Principal::read(text) {
                        Some(principal) => these.push(principal),
                        None => return bad(format!("{text} is no principal")),
                    }
                }
            }
            "Service" | "Federated" | "CanonicalUser" => these.push(Principal::Other),
            kind => return bad(format!("{kind} is no kind of principal")),
        }
    }
    Ok(Principals::These(these))
}

fn conditions(operators: &Map<String, Value>, variables: bool) -> Read<Vec<Test>> {
    let mut tests = Vec::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else {
            return bad(format!("{operator} has keys and values"));
        };
        for (key, values) in keys {
            tests.push(test(operator, key, values, variables)?);
        }
    }
    Ok(tests)
}

fn test(written: &str, key: &str, values: &Value, variables: bool) -> Read<Test> {
    let (set, name) = match written.split_once(':') {
        Some(("ForAllValues", name)) => (Set::All, name),
        Some(("ForAnyValue", name)) => (Set::Any, name),
        Some(_) => return bad(format!("{written} is no operator")),
        None => (Set::One, written),
    };
    let (name, if_exists) = match name.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (name, false),
    };
    // Numbers and booleans may be written as such.
    let plain: Vec<String> = match values {
        Value::Array(many) => many.iter().map(plain).collect::<Read<_>>()?,
        one => vec![plain(one)?],
    };
    let text = |wild: bool, ignore_case: bool| {
        let pattern = |text: &String| match wild {
            true => Pattern::new(text, variables),
            false => Pattern::literal(text, variables),
        };
        let patterns = plain.iter().map(pattern).collect();
        Ok(Operator::Text { patterns, ignore_case })
    };
    let wrong = |value: &String| Bad(format!("{value} is no value for {written}"));
    let number = |relation| {
        let read = |v: &String| v.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(|| wrong(v));
        Ok(Operator::Number(relation, plain.iter().map(read).collect::<Read<_>>()?))
    };
    let dated = |relation| {
        let read = |v: &String| date(v).ok_or_else(|| wrong(v));
        Ok(Operator::Date(relation, plain.iter().map(read).collect::<Read<_>>()?))
    };
    let flags = || -> Read<Vec<bool>> { plain.iter().map(|v| v.parse().map_err(|_| wrong(v))).collect() };
    let blocks = || -> Read<_> { plain.iter().map(|v| block(v).ok_or_else(|| wrong(v))).collect() };
    let (operator, not) = match name {
        "StringEquals" => (text(false, false)?, false),
        "StringNotEquals" => (text(false, false)?, true),
        "StringEqualsIgnoreCase" => (text(false, true)?, false),
        "StringNotEqualsIgnoreCase" => (text(false, true)?, true),
        "StringLike" | "ArnLike" | "ArnEquals" => (text(true, false)?, false),
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (text(true, false)?, true),
        "NumericEquals" => (number(Relation::Equal)?, false),
        "NumericNotEquals" => (number(Relation::Equal)?, true),
        "NumericLessThan" => (number(Relation::Less)?, false),
        "NumericLessThanEquals" => (number(Relation::LessOrEqual)?, false),
        "NumericGreaterThan" => (number(Relation::Greater)?, false),
        "NumericGreaterThanEquals" => (number(Relation::GreaterOrEqual)?, false),
        "DateEquals" => (dated(Relation::Equal)?, false),
        "DateNotEquals" => (dated(Relation::Equal)?, true),
        "DateLessThan" => (dated(Relation::Less)?, false),
        "DateLessThanEquals" => (dated(Relation::LessOrEqual)?, false),
        "DateGreaterThan" => (dated(Relation::Greater)?, false),
        "DateGreaterThanEquals" => (dated(Relation::GreaterOrEqual)?, false),
        "Bool" => (Operator::Bool(flags()?), false),
        "IpAddress" => (Operator::Address(blocks()?), false),
        "NotIpAddress" => (Operator::Address(blocks()?), true),
        "Null" if !if_exists => match flags()?[..] {
            [absent] => (Operator::Null(absent), false),
            _ => return bad("Null has one value"),
        },
        _ => return bad(format!("{written} is no operator")),
    };
    Ok(Test {
        key: key.to_string(),
        operator,
        not,
        if_exists,
        set,
    })
}

fn plain(value: &Value) -> Read<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        _ => bad("a value is a string"),
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Bad {}
