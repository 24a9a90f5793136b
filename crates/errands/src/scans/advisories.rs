//! Advisories, as an operator's file tells of them.

use super::versions::compare;
use images::{Inventory, Package};
use model::registry::Finding;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

const SEVERITIES: [&str; 6] = ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL", "UNDEFINED"];
/// Of one image; a record has a bound.
const MOST_FINDINGS: usize = 1000;
const MOST_TEXT: usize = 1000;

struct Advisory {
    id: String,
    /// `debian:12`, `alpine:3.20`
    system: String,
    /// The first version that is good again; none is when there is none.
    fixed: Option<String>,
    severity: String,
    description: Option<String>,
    uri: Option<String>,
}

/// By the name of what they are about: a package, or what it was built from.
pub struct Advisories(HashMap<String, Vec<Advisory>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAdvisories(String);

impl Advisories {
    /// `{"advisories": [{"id", "system", "package", "fixed", "severity", "description", "uri"}]}`
    pub fn read(text: &str) -> Result<Advisories, BadAdvisories> {
        let all: Value = serde_json::from_str(text).map_err(|e| BadAdvisories(format!("it is not JSON: {e}")))?;
        let all = all.get("advisories").and_then(Value::as_array);
        let all = all.ok_or_else(|| BadAdvisories("it has no array 'advisories'".to_string()))?;
        let mut by_name: HashMap<String, Vec<Advisory>> = HashMap::new();
        for (at, one) in all.iter().enumerate() {
            let may = |name: &str| one.get(name).and_then(Value::as_str).map(str::to_string);
            let must = |name: &str| may(name).ok_or_else(|| BadAdvisories(format!("advisories[{at}] has no {name}")));
            let severity = may("severity").unwrap_or_else(|| "UNDEFINED".to_string());
            if !SEVERITIES.contains(&severity.as_str()) {
                return Err(BadAdvisories(format!(
                    "advisories[{at}]: a severity is one of {}",
                    SEVERITIES.join(", ")
                )));
            }
            by_name.entry(must("package")?).or_default().push(Advisory {
                id: must("id")?,
                system: must("system")?,
                fixed: may("fixed"),
                severity,
                description: may("description").map(|text| text.chars().take(MOST_TEXT).collect()),
                uri: may("uri"),
            });
        }
        Ok(Advisories(by_name))
    }

    /// What is known of the packages of an image, the worst first.
    pub fn findings(&self, inventory: &Inventory) -> Vec<Finding> {
        let (Some(system), Some(manager)) = (&inventory.system, inventory.manager) else {
            return Vec::new();
        };
        let is_of = |advisory: &Advisory| {
            let rest = system.strip_prefix(&advisory.system);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let is_bad = |advisory: &Advisory, package: &Package| {
            let fixed = advisory.fixed.as_ref();
            fixed.is_none_or(|fixed| compare(manager, &package.version, fixed) == Ordering::Less)
        };
        let mut findings = Vec::new();
        for package in &inventory.packages {
            let names = [
                Some(&package.name),
                Some(&package.source).filter(|source| **source != package.name),
            ];
            let about = names
                .into_iter()
                .flatten()
                .filter_map(|name| self.0.get(name))
                .flatten();
            for advisory in about.filter(|advisory| is_of(advisory) && is_bad(advisory, package)) {
                findings.push(Finding {
                    id: advisory.id.clone(),
                    severity: advisory.severity.clone(),
                    package: package.name.clone(),
                    version: package.version.clone(),
                    description: advisory.description.clone(),
                    uri: advisory.uri.clone(),
                });
            }
        }
        let rank = |severity: &str| {
            ["CRITICAL", "HIGH", "MEDIUM", "LOW"]
                .iter()
                .position(|s| *s == severity)
                .unwrap_or(4)
        };
        let order = |f: &Finding| (rank(&f.severity), f.id.clone(), f.package.clone());
        findings.sort_by_key(order);
        findings.dedup_by(|a, b| a.id == b.id && a.package == b.package);
        findings.truncate(MOST_FINDINGS);
        findings
    }
}

impl fmt::Display for BadAdvisories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadAdvisories {}

#[cfg(test)]
mod tests {
    use super::*;
    use images::Manager;

    #[test]
    fn only_what_is_not_fixed_in_that_system_is_found() {
        let text = r#"{"advisories": [
            {"id": "CVE-1", "system": "debian:12", "package": "openssl", "fixed": "3.0.2-1", "severity": "LOW"},
            {"id": "CVE-2", "system": "debian:12", "package": "libssl3", "severity": "HIGH"},
            {"id": "CVE-3", "system": "debian:12", "package": "openssl", "fixed": "3.0.1-1"},
            {"id": "CVE-4", "system": "debian:1", "package": "openssl"}]}"#;
        let advisories = Advisories::read(text).expect("a good file");
        let package = Package {
            name: "libssl3".to_string(),
            version: "3.0.1-1".to_string(),
            source: "openssl".to_string(),
        };
        let mut inventory = Inventory {
            system: Some("debian:12.5".to_string()),
            manager: Some(Manager::Dpkg),
            packages: vec![package],
        };
        let ids = |inventory: &Inventory| -> Vec<String> {
            advisories.findings(inventory).into_iter().map(|f| f.id).collect()
        };
        assert_eq!(ids(&inventory), ["CVE-2", "CVE-1"], "the worse first");
        inventory.system = Some("debian:13".to_string());
        assert_eq!(ids(&inventory), [""; 0]);
        for (bad, told) in [
            ("[]", "no array"),
            (r#"{"advisories": [{"id": "x", "package": "p"}]}"#, "has no system"),
            (r#"{"advisories": [{"severity": "BAD"}]}"#, "a severity is one of"),
        ] {
            let why = Advisories::read(bad).err().expect(bad).to_string();
            assert!(why.contains(told), "{bad}: {why}");
        }
    }
}
