//! What the node of this machine finds here: references that mean this registry, without asking over any network.

use crate::Registry;
use crate::route::ecr_host;
use images::{Digest, Found, Here, Reference};
use model::registry::cache::rule_of;
use model::registry::{RepositoryId, change};
use std::sync::Arc;

impl Registry {
    /// For the node of this machine. `port` is the one that this registry answers on, on loopback.
    pub fn here(&self, port: u16) -> Here {
        let (finder, filler) = (self.clone(), self.clone());
        Here {
            content: self.0.content.clone(),
            find: Arc::new(move |reference| finder.find(reference, port)),
            fill: Arc::new(move |reference| {
                let registry = filler.clone();
                Box::pin(async move { registry.fill(&reference, port).await })
            }),
        }
    }

    async fn fill(&self, reference: &Reference, port: u16) -> Result<(), String> {
        let Some(id) = self.means(&reference.host, &reference.path, port) else {
            return Ok(());
        };
        let wanted = wanted(reference);
        if !self.is_stale(&id, &wanted) {
            return Ok(());
        }
        let node = self.node(THIS);
        let denied = self.may_fetch(&id, |action| match self.0.permit.allows(&node, None, action, &id) {
            true => Ok(()),
            false => Err(self.refusal(&node, action, &id)),
        });
        if let Err(denied) = denied {
            // What is here already may be had all the same.
            let is_here = change::find(&self.0.store.snapshot(), &id, &wanted).is_ok();
            return if is_here { Ok(()) } else { Err(denied) };
        }
        let fetched = self.fetch(&id, &wanted).await;
        fetched.map_err(|fault| {
            tracing::info!(%reference, ?fault, "an image could not be fetched from where it is");
            fault.message().to_string()
        })
    }

    fn find(&self, reference: &Reference, port: u16) -> Found {
        let Some(id) = self.means(&reference.host, &reference.path, port) else {
            return Found::Elsewhere;
        };
        let node = self.node(THIS);
        for action in ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] {
            if !self.0.permit.allows(&node, None, action, &id) {
                return Found::Denied(self.refusal(&node, action, &id));
            }
        }
        let wanted = wanted(reference);
        let view = self.0.store.snapshot();
        let found = change::repository(&view, &id).and_then(|_| change::find(&view, &id, &wanted));
        match found.map(|manifest| (manifest.digest.parse::<Digest>(), manifest)) {
            Ok((_, manifest)) if manifest.archived_at.is_some() => Found::Nothing,
            Ok((Ok(digest), manifest)) => {
                self.note_pull(&id, &manifest, &node.principal);
                Found::Digest(digest)
            }
            _ => Found::Nothing,
        }
    }

    /// The repository that a reference of that host is to this Gantry, which answers at that port; `None` if it is
    /// somebody else's.
    pub(crate) fn means(&self, host: &str, path: &str, port: u16) -> Option<RepositoryId> {
        let scope = &self.0.scope;
        match ecr_host(host) {
            Some((account, region)) if account == &*scope.account => {
                let id = RepositoryId::new(account, region, path);
                // An account that AWS has may have repositories there that are not here.
                let known = || {
                    let view = self.0.store.snapshot();
                    change::repository(&view, &id).is_ok() || rule_of(&view, &id).is_some()
                };
                (*scope.account == *NOBODYS_ACCOUNT || known()).then_some(id)
            }
            None if is_own(host, port) => Some(RepositoryId::new(&scope.account, &scope.region, path)),
            _ => None,
        }
    }
}

/// What the node of this machine is called before it has a name.
const THIS: &str = "this";

/// What of its repository a reference names.
fn wanted(reference: &Reference) -> String {
    match (&reference.digest, &reference.tag) {
        (Some(digest), _) => digest.to_string(),
        (None, tag) => tag.clone().unwrap_or_else(|| "latest".to_string()),
    }
}

/// The account that Gantry is if it is not told otherwise; AWS has none of that number.
const NOBODYS_ACCOUNT: &str = "000000000000";

/// Whether a host is this machine at that port, by a name that means no other machine anywhere.
fn is_own(host: &str, port: u16) -> bool {
    let Some((name, at)) = host.rsplit_once(':') else {
        return false;
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let loopback = name == "localhost"
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    loopback && at.parse() == Ok(port)
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn only_loopback_at_that_port_is_this_machine() {
        for host in ["localhost:4566", "127.0.0.1:4566", "127.9.9.9:4566", "[::1]:4566"] {
            assert!(is_own(host, 4566), "{host}");
        }
        for host in [
            "localhost",
            "localhost:4567",
            "10.0.0.1:4566",
            "example.com:4566",
            "[::2]:4566",
            ":4566",
        ] {
            assert!(!is_own(host, 4566), "{host}");
        }
    }
}
