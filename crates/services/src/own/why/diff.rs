//! What two documents have not in common, as paths with what stands there in each.

use super::{Past, json};
use crate::common::given;
use crate::ecs::definitions;
use api::ecs;
use model::{ServiceRevision, TaskDefinition};
use serde_json::{Map, Value, json};

/// More changes than that are another document.
const MOST_CHANGES: usize = 200;

/// What every revision has of its own.
const OWN: [&str; 14] = [
    "compatibilities",
    "createdAt",
    "deleteRequestedAt",
    "deregisteredAt",
    "registeredAt",
    "registeredBy",
    "requiresAttributes",
    "revision",
    "serviceArn",
    "serviceRevisionArn",
    "status",
    "taskDefinition",
    "taskDefinitionArn",
    "updatedAt",
];

/// `family:revision` of each, and what changed; `None` when one of them is not there any more.
pub fn definitions(past: &Past<'_>, family: &str, from: u32, to: u32) -> Option<Value> {
    let changes = defined(past, (family, from), (family, to))?;
    Some(json!({"from": format!("{family}:{from}"), "to": format!("{family}:{to}"), "changes": changes}))
}

/// What changed from one definition to another, which may be of another family.
fn defined(past: &Past<'_>, from: (&str, u32), to: (&str, u32)) -> Option<Vec<Value>> {
    let document = |(family, revision)| {
        let (definition, _) = past.last::<TaskDefinition>(&TaskDefinition::key_of(family, revision))?;
        Some(json(&definitions::render::definition(&past.world.scope, &definition)))
    };
    Some(changes(&document(from)?, &document(to)?))
}

/// The same for two revisions of a service: what it says of itself, and its definition behind it.
pub fn revisions(past: &Past<'_>, from: &ServiceRevision, to: &ServiceRevision) -> Value {
    let document = |revision: &ServiceRevision| {
        let kept: ecs::ServiceRevision = given::recall(&revision.given);
        json(&kept)
    };
    let mut all = changes(&document(from), &document(to));
    let (old, new) = (&from.template, &to.template);
    let defined = defined(past, (&old.family, old.revision), (&new.family, new.revision));
    all.extend(defined.into_iter().flatten());
    let name = |revision: &ServiceRevision| {
        let template = &revision.template;
        format!(
            "{} ({}:{})",
            revision.deployment_id(),
            template.family,
            template.revision
        )
    };
    json!({"from": name(from), "to": name(to), "changes": all})
}

pub fn changes(from: &Value, to: &Value) -> Vec<Value> {
    let without = |document: &Value| {
        let mut members = document.as_object().cloned().unwrap_or_default();
        OWN.iter().for_each(|name| drop(members.remove(*name)));
        Value::Object(members)
    };
    let mut changes = Vec::new();
    compare("", &without(from), &without(to), &mut changes);
    changes
}

fn compare(path: &str, from: &Value, to: &Value, changes: &mut Vec<Value>) {
    if from == to || changes.len() >= MOST_CHANGES {
        return;
    }
    let below = |name: &str| match path {
        "" => name.to_string(),
        path => format!("{path}.{name}"),
    };
    match (from, to) {
        (Value::Object(old), Value::Object(new)) => {
            members(old, new, |name, old, new| compare(&below(name), old, new, changes));
        }
        (Value::Array(old), Value::Array(new)) => match (by_name(old), by_name(new)) {
            (Some(old), Some(new)) => {
                members(&old, &new, |name, old, new| {
                    compare(&format!("{path}[{name}]"), old, new, changes)
                });
            }
            _ => changes.push(json!({"path": path, "from": from, "to": to})),
        },
        _ => changes.push(json!({"path": path, "from": from, "to": to})),
    }
}

fn members(old: &Map<String, Value>, new: &Map<String, Value>, mut each: impl FnMut(&str, &Value, &Value)) {
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    for name in new.keys().chain(gone) {
        let of = |members: &Map<String, Value>| members.get(name).cloned().unwrap_or(Value::Null);
        each(name, &of(old), &of(new));
    }
}

/// A list of things with names, such as containers or variables, by them; `None` when some have none, or share one.
fn by_name(list: &[Value]) -> Option<Map<String, Value>> {
    let mut named = Map::new();
    for one in list {
        let name = one.get("name").or_else(|| one.get("containerPort"))?;
        let name = name.as_str().map_or_else(|| name.to_string(), str::to_string);
        if named.insert(name, one.clone()).is_some() {
            return None;
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_by_its_path_and_things_with_names_by_them() {
        let from = json!({
            "revision": 1, "cpu": "256", "family": "web",
            "containerDefinitions": [
                {"name": "app", "image": "a:1", "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                {"name": "old", "image": "x"},
            ],
        });
        let to = json!({
            "revision": 2, "family": "web", "command": ["a", "b"],
            "containerDefinitions": [
                {"name": "app", "image": "a:2", "environment": [{"name": "B", "value": "3"}, {"name": "A", "value": "1"}]},
            ],
        });
        let told: Vec<String> = changes(&from, &to)
            .iter()
            .map(|c| format!("{} {} > {}", c["path"].as_str().unwrap_or_default(), c["from"], c["to"]))
            .collect();
        assert_eq!(
            told,
            [
                "command null > [\"a\",\"b\"]",
                "containerDefinitions[app].environment[B].value \"2\" > \"3\"",
                "containerDefinitions[app].image \"a:1\" > \"a:2\"",
                "containerDefinitions[old] {\"image\":\"x\",\"name\":\"old\"} > null",
                "cpu \"256\" > null",
            ]
        );
        assert!(changes(&from, &from).is_empty());
    }
}
