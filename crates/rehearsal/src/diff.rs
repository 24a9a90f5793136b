//! What a wish changes of what people see: the service and its definition as the API shows them, before and after.

use crate::{Wish, call};
use serde_json::{Map, Value};
use services::{Ctx, Services};

/// One property that is not as it was. `None` when it was not there, or is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `service.desiredCount`, `definition.containerDefinitions.web.image`.
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// What changes by itself, or because the plan's own steps change it.
const FLEETING: [&str; 14] = [
    "service.events",
    "service.deployments",
    "service.runningCount",
    "service.pendingCount",
    "service.taskSets",
    "service.currentServiceDeployment",
    "service.currentServiceRevisions",
    "service.createdAt",
    "service.serviceArn",
    "service.clusterArn",
    "definition.registeredAt",
    "definition.taskDefinitionArn",
    "definition.revision",
    "definition.registeredBy",
];

/// The service that the wish is about and its definition, flat.
pub async fn look(ctx: &Ctx, services: &Services, wish: &Wish) -> Vec<(String, String)> {
    let mut found = Map::new();
    let text = |name: &str| wish.input.get(name).and_then(Value::as_str).map(str::to_string);
    if let Some(name) = text("service").or_else(|| text("serviceName")) {
        let mut ask = Map::new();
        ask.insert("services".to_string(), Value::from(vec![name]));
        if let Some(cluster) = text("cluster") {
            ask.insert("cluster".to_string(), Value::from(cluster));
        }
        let told = call(ctx, services, "DescribeServices", &Value::Object(ask)).await;
        let service = told.ok().and_then(|told| told.get("services")?.get(0).cloned());
        if let Some(service) = service.filter(|s| s.get("status").and_then(Value::as_str) == Some("ACTIVE")) {
            found.insert("service".to_string(), service);
        }
    }
    let of_service = found
        .get("service")
        .and_then(|s| s.get("taskDefinition")?.as_str().map(str::to_string));
    if let Some(definition) = of_service {
        let mut ask = Map::new();
        ask.insert("taskDefinition".to_string(), Value::from(definition));
        let told = call(ctx, services, "DescribeTaskDefinition", &Value::Object(ask)).await;
        if let Some(definition) = told.ok().and_then(|told| told.get("taskDefinition").cloned()) {
            found.insert("definition".to_string(), definition);
        }
    }
    let mut flat = Vec::new();
    flatten(String::new(), &Value::Object(found), &mut flat);
    flat.retain(|(path, _)| !FLEETING.iter().any(|fleeting| path.starts_with(fleeting)));
    flat
}

/// One line a leaf. Members of lists that have names go by them.
fn flatten(path: String, value: &Value, out: &mut Vec<(String, String)>) {
    let under = |name: &str| {
        if path.is_empty() {
            name.to_string()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| flatten(under(name), value, out)),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let name = item.get("name").and_then(Value::as_str);
                let name = name.map_or_else(|| at.to_string(), str::to_string);
                flatten(under(&name), item, out);
            }
        }
        Value::String(text) => out.push((path, text.clone())),
        Value::Null => {}
        plain => out.push((path, plain.to_string())),
    }
}

pub fn between(before: &[(String, String)], after: &[(String, String)]) -> Vec<Difference> {
    let find = |all: &[(String, String)], path: &str| {
        let found = all.iter().find(|(at, _)| at == path);
        found.map(|(_, value)| value.clone())
    };
    let mut paths: Vec<&String> = before.iter().chain(after).map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    let differences = paths.into_iter().map(|path| Difference {
        path: path.clone(),
        before: find(before, path),
        after: find(after, path),
    });
    differences.filter(|d| d.before != d.after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_compared_by_their_names() {
        let flat = |text: &str| {
            let mut out = Vec::new();
            flatten(
                String::new(),
                &serde_json::from_str(text).expect("it is JSON"),
                &mut out,
            );
            out
        };
        let before = flat(r#"{"a": {"list": [{"name": "web", "image": "w:1"}, {"name": "log"}]}, "gone": true}"#);
        let after = flat(r#"{"a": {"list": [{"name": "log"}, {"name": "web", "image": "w:2"}]}, "new": 3}"#);
        let told: Vec<String> = between(&before, &after)
            .into_iter()
            .map(|d| format!("{}: {:?} -> {:?}", d.path, d.before, d.after))
            .collect();
        let expected = [
            r#"a.list.web.image: Some("w:1") -> Some("w:2")"#,
            r#"gone: Some("true") -> None"#,
            r#"new: None -> Some("3")"#,
        ];
        assert_eq!(told, expected);
    }
}
