//! Pull-through cache rules: which repositories stand for those of a registry elsewhere.

use super::RepositoryId;
use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::{Key, View};

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CacheRule {
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    /// What names of repositories begin with, before a slash; `ROOT` for all that no other rule is about.
    #[n(2)]
    pub prefix: String,
    /// A host, such as `quay.io`.
    #[n(3)]
    pub upstream: String,
    /// Which kind of registry the user says it is.
    #[n(4)]
    pub kind: Option<String>,
    #[n(5)]
    pub credential_arn: Option<String>,
    #[n(6)]
    pub role_arn: Option<String>,
    /// What stands for the prefix there; `ROOT` for nothing.
    #[n(7)]
    pub upstream_prefix: String,
    #[n(8)]
    pub created_at: Timestamp,
    #[n(9)]
    pub updated_at: Timestamp,
}

record!(CacheRule, "cache-rule", |r| CacheRule::key_of(
    &r.registry,
    &r.region,
    &r.prefix
));

impl CacheRule {
    pub const ROOT: &'static str = "ROOT";
    /// What is older is looked up again where it came from.
    pub const FRESH_MS: i64 = 24 * 60 * 60 * 1000;

    pub fn key_of(registry: &str, region: &str, prefix: &str) -> Key {
        RepositoryId::all_of(registry, region).part(prefix)
    }

    /// What a repository is called there, if the rule is about it.
    fn path(&self, name: &str) -> Option<String> {
        let rest = match self.prefix.as_str() {
            CacheRule::ROOT => name,
            prefix => name.strip_prefix(prefix.trim_end_matches('/'))?.strip_prefix('/')?,
        };
        Some(match self.upstream_prefix.as_str() {
            CacheRule::ROOT => rest.to_string(),
            prefix => format!("{}/{rest}", prefix.trim_end_matches('/')),
        })
    }
}

/// The rule with the longest prefix that is about a repository, and what the repository is called there.
pub fn rule_of(view: &View, id: &RepositoryId) -> Option<(CacheRule, String)> {
    let rules = view.scan::<CacheRule>(&RepositoryId::all_of(&id.registry, &id.region));
    let about = rules.filter_map(|rule| Some((rule.path(&id.name)?, rule)));
    let longest = about.max_by_key(|(_, rule)| match rule.prefix.as_str() {
        CacheRule::ROOT => 0,
        prefix => prefix.len(),
    });
    longest.map(|(path, rule)| ((*rule).clone(), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_what_a_repository_is_called_there() {
        let path = |prefix: &str, upstream_prefix: &str, name: &str| {
            let rule = CacheRule {
                registry: String::new(),
                region: String::new(),
                prefix: prefix.to_string(),
                upstream: String::new(),
                kind: None,
                credential_arn: None,
                role_arn: None,
                upstream_prefix: upstream_prefix.to_string(),
                created_at: Timestamp(0),
                updated_at: Timestamp(0),
            };
            rule.path(name)
        };
        let is = |path: &str| Some(path.to_string());
        assert_eq!(path("hub", "ROOT", "hub/library/nginx"), is("library/nginx"));
        assert_eq!(path("hub/", "team/", "hub/nginx"), is("team/nginx"));
        assert_eq!(path("ROOT", "ROOT", "a/b"), is("a/b"));
        assert_eq!(path("hub", "ROOT", "hubs/nginx"), None);
        assert_eq!(path("hub", "ROOT", "hub"), None);
    }
}
