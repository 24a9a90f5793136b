//! What of a registry is to be signed when it is pushed. Nothing here signs: it is kept, and said.

use super::RepositoryId;
use super::repository::matches;
use crate::record::record;
use minicbor::{Decode, Encode};

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SigningRule {
    /// The ARN of a signing profile.
    #[n(0)]
    pub profile: String,
    /// Patterns with `*` for names of repositories; none for all.
    #[n(1)]
    #[cbor(default)]
    pub patterns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Signing {
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    #[n(2)]
    #[cbor(default)]
    pub rules: Vec<SigningRule>,
}

record!(Signing, "signing", |s| RepositoryId::all_of(&s.registry, &s.region));

impl Signing {
    /// The profiles that images of a repository are to be signed with, each once.
    pub fn profiles(&self, repository: &str) -> Vec<&str> {
        let is_about =
            |rule: &&SigningRule| rule.patterns.is_empty() || rule.patterns.iter().any(|p| matches(p, repository));
        let mut profiles: Vec<&str> = self.rules.iter().filter(is_about).map(|rule| &*rule.profile).collect();
        profiles.sort_unstable();
        profiles.dedup();
        profiles
    }
}
