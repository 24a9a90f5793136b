//! The text of a lifecycle policy, read with care: what it does not say as it should is refused, with the place.

use model::registry::{LifecycleAction, LifecycleCount, LifecycleRule, LifecycleTags};
use serde_json::{Map, Value};

const MOST_RULES: usize = 50;
const MOST_PATTERNS: usize = 100;
const MOST_STARS: usize = 4;
const ARCHIVE: &str = "archive";
const STANDARD: &str = "standard";

/// The rules of a text; the error tells what is wrong with it.
pub fn read(text: &str) -> Result<Vec<LifecycleRule>, String> {
    let document: Value = serde_json::from_str(text).map_err(|e| format!("the text is not JSON: {e}"))?;
    let document = members(&document, "the policy", &["rules"])?;
    let rules = document.get("rules").and_then(Value::as_array);
    let rules = rules.ok_or("the policy must have an array 'rules'")?;
    if rules.is_empty() || rules.len() > MOST_RULES {
        return Err(format!(
            "a policy has 1 to {MOST_RULES} rules, and this one {}",
            rules.len()
        ));
    }
    let rules = rules.iter().enumerate().map(|(at, rule)| {
        let rule = read_rule(rule);
        rule.map_err(|why| format!("rules[{at}]: {why}"))
    });
    let rules: Vec<LifecycleRule> = rules.collect::<Result<_, String>>()?;
    agree(&rules)?;
    Ok(rules)
}

fn read_rule(rule: &Value) -> Result<LifecycleRule, String> {
    let rule = members(rule, "a rule", &["rulePriority", "description", "selection", "action"])?;
    if rule.get("description").is_some_and(|text| !text.is_string()) {
        return Err("'description' must be a string".to_string());
    }
    let selection = rule.get("selection").ok_or("'selection' is missing")?;
    let known = [
        "tagStatus",
        "tagPrefixList",
        "tagPatternList",
        "storageClass",
        "countType",
        "countUnit",
        "countNumber",
    ];
    let selection = members(selection, "'selection'", &known)?;
    let action = rule.get("action").ok_or("'action' is missing")?;
    let action = members(action, "'action'", &["type", "targetStorageClass"])?;
    let tags = one_of(selection, "tagStatus", LifecycleTags::parse)?;
    let count = one_of(selection, "countType", LifecycleCount::parse)?;
    let unit = selection.get("countUnit").map(|unit| unit.as_str().unwrap_or(""));
    match (count, unit) {
        (LifecycleCount::MoreThan, None) => {}
        (LifecycleCount::MoreThan, Some(_)) => {
            return Err(format!("'countUnit' must not be given with countType {count}"));
        }
        (_, Some("days")) => {}
        (_, _) => return Err(format!("'countUnit' must be 'days' with countType {count}")),
    }
    let archived = match selection.get("storageClass") {
        None => false,
        Some(class) if class == STANDARD => false,
        Some(class) if class == ARCHIVE => true,
        Some(_) => return Err(format!("'storageClass' must be one of '{STANDARD}', '{ARCHIVE}'")),
    };
    if archived != (count == LifecycleCount::Transitioned) {
        let class = if archived { STANDARD } else { ARCHIVE };
        return Err(format!("'storageClass' must be '{class}' with countType {count}"));
    }
    Ok(LifecycleRule {
        priority: number(rule, "rulePriority")?,
        tags,
        patterns: patterns(selection, tags)?,
        archived,
        count,
        number: number(selection, "countNumber")?,
        action: read_action(action, archived)?,
    })
}

fn read_action(action: &Map<String, Value>, archived: bool) -> Result<LifecycleAction, String> {
    let kind = one_of(action, "type", LifecycleAction::parse)?;
    match (kind, action.get("targetStorageClass")) {
        (LifecycleAction::Expire, Some(_)) => {
            Err("'targetStorageClass' must not be given with an action that expires".to_string())
        }
        (LifecycleAction::Archive, Some(class)) if class == ARCHIVE => match archived {
            true => Err(format!("images of storage class '{ARCHIVE}' are there already")),
            false => Ok(kind),
        },
        (LifecycleAction::Archive, _) => Err(format!("'targetStorageClass' must be '{ARCHIVE}'")),
        (LifecycleAction::Expire, None) => Ok(kind),
    }
}

/// Prefixes become patterns.
fn patterns(selection: &Map<String, Value>, tags: LifecycleTags) -> Result<Vec<String>, String> {
    let list = |name: &str| -> Result<Vec<String>, String> {
        let Some(list) = selection.get(name) else {
            return Ok(Vec::new());
        };
        let text = |item: &Value| item.as_str().filter(|text| !text.is_empty()).map(str::to_string);
        let texts = list
            .as_array()
            .and_then(|items| items.iter().map(text).collect::<Option<Vec<_>>>());
        let texts = texts.filter(|texts| !texts.is_empty() && texts.len() <= MOST_PATTERNS);
        texts.ok_or_else(|| format!("'{name}' must be a list of 1 to {MOST_PATTERNS} strings that are not empty"))
    };
    let (prefixes, patterns) = (list("tagPrefixList")?, list("tagPatternList")?);
    if tags != LifecycleTags::Tagged {
        return match prefixes.is_empty() && patterns.is_empty() {
            true => Ok(Vec::new()),
            false => Err(format!(
                "'tagPrefixList' and 'tagPatternList' must not be given with tagStatus {tags}"
            )),
        };
    }
    if let Some(many) = patterns.iter().find(|p| p.matches('*').count() > MOST_STARS) {
        return Err(format!("the pattern '{many}' has more than {MOST_STARS} wildcards"));
    }
    if let Some(star) = prefixes.iter().find(|p| p.contains('*')) {
        return Err(format!(
            "the prefix '{star}' has a wildcard: 'tagPatternList' takes those"
        ));
    }
    match (prefixes.is_empty(), patterns.is_empty()) {
        (false, true) => Ok(prefixes.iter().map(|prefix| format!("{prefix}*")).collect()),
        (true, false) => Ok(patterns),
        (_, _) => Err("tagStatus tagged needs one of 'tagPrefixList' and 'tagPatternList'".to_string()),
    }
}

/// What rules must be together.
fn agree(rules: &[LifecycleRule]) -> Result<(), String> {
    for (at, rule) in rules.iter().enumerate() {
        let others = || {
            rules
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .map(|(_, other)| other)
        };
        if others().any(|other| other.priority == rule.priority) {
            return Err(format!("rulePriority {} is given twice", rule.priority));
        }
        let same_class = || others().filter(|other| other.archived == rule.archived);
        if rule.tags == LifecycleTags::Any && same_class().any(|other| other.priority > rule.priority) {
            return Err(format!(
                "rulePriority {}: a rule with tagStatus any must have the highest rulePriority of its storage class",
                rule.priority
            ));
        }
        let sorted = |rule: &LifecycleRule| {
            let mut patterns = rule.patterns.clone();
            patterns.sort();
            patterns
        };
        let same = |other: &LifecycleRule| other.tags == rule.tags && sorted(other) == sorted(rule);
        if same_class().any(same) {
            return Err(format!("two rules select the same images: {}", selects(rule)));
        }
    }
    Ok(())
}

fn selects(rule: &LifecycleRule) -> String {
    match rule.patterns.is_empty() {
        true => rule.tags.to_string(),
        false => format!("{} {}", rule.tags, rule.patterns.join(", ")),
    }
}

fn members<'a>(value: &'a Value, what: &str, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let members = value.as_object().ok_or_else(|| format!("{what} must be an object"))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("{what} has no member '{name}'")),
        None => Ok(members),
    }
}

fn number(of: &Map<String, Value>, name: &str) -> Result<u32, String> {
    let number = of.get(name).and_then(Value::as_u64).filter(|number| *number > 0);
    let number = number.and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| format!("'{name}' must be a whole number above 0"))
}

fn one_of<T>(of: &Map<String, Value>, name: &str, parse: fn(&str) -> Option<T>) -> Result<T, String> {
    let text = of.get(name).ok_or_else(|| format!("'{name}' is missing"))?;
    let parsed = text.as_str().and_then(parse);
    parsed.ok_or_else(|| format!("{text} is not a value of '{name}'"))
}
