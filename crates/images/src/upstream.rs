//! Registries elsewhere that a registry here stands before: asked for what is not here, or may have changed.

use crate::connect::Origin;
use crate::error::Fault;
use crate::registry::{Credentials, Registries, Repository};
use crate::store::Settings;
use crate::{Digest, Reference};
use bytes::Bytes;
use hyper::body::Incoming;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// How registries elsewhere are asked, and with what. Cheap to clone.
#[derive(Clone)]
pub struct Upstreams(Arc<Inner>);

struct Inner {
    registries: Registries,
    /// By the name that rules call them by.
    secrets: BTreeMap<String, Credentials>,
}

/// One repository of one of them.
pub struct Upstream {
    upstreams: Upstreams,
    repository: Repository,
}

/// A blob on its way here.
pub struct Coming {
    upstreams: Upstreams,
    body: Incoming,
    url: String,
}

/// Why a registry elsewhere cannot even be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadUpstream {
    /// It is neither a host nor an address; or one of plain HTTP that is not of this machine.
    Address,
    /// Nobody told of the secret.
    Secret,
}

impl Upstreams {
    pub fn new(settings: &Settings, secrets: BTreeMap<String, Credentials>) -> Self {
        Upstreams(Arc::new(Inner {
            registries: Registries::new(settings),
            secrets,
        }))
    }

    /// A repository there. `address` is a host, or an address that begins with `https://`; one of this machine may speak
    /// plain HTTP, and does unless it says otherwise.
    pub fn at(&self, address: &str, path: &str, secret: Option<&str>) -> Result<Upstream, BadUpstream> {
        let origin = origin(address).ok_or(BadUpstream::Address)?;
        let credentials = match secret {
            None => None,
            Some(name) => Some(self.0.secrets.get(name).cloned().ok_or(BadUpstream::Secret)?),
        };
        Ok(Upstream {
            repository: Repository::new(origin, path, credentials),
            upstreams: self.clone(),
        })
    }
}

fn origin(address: &str) -> Option<Origin> {
    let plain = !address.contains("://");
    let reference = |host: &str| format!("{host}/x").parse::<Reference>().ok();
    let origin = match plain {
        true => {
            let host = address.trim_end_matches('/');
            let named = reference(host).is_some_and(|reference| reference.host == host);
            let tls = !Origin::new(host, false).is_loopback();
            named.then(|| Origin::new(host, tls))?
        }
        false => {
            let (origin, path) = Origin::parse(address)?;
            (path == "/").then_some(origin)?
        }
    };
    (origin.tls || origin.is_loopback()).then_some(origin)
}

/// Whether an address is one that can be asked.
pub fn upstream_is_good(address: &str) -> bool {
    origin(address).is_some()
}

impl fmt::Display for BadUpstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadUpstream::Address => "the address of the upstream registry is no host that can be asked over TLS",
            BadUpstream::Secret => "nobody told of the secret with the credentials of the upstream registry",
        })
    }
}

impl std::error::Error for BadUpstream {}

impl Upstream {
    /// What a tag or digest stands for there.
    pub async fn digest(&self, wanted: &str) -> Result<Option<Digest>, Fault> {
        self.upstreams.0.registries.resolve(&self.repository, wanted).await
    }

    /// A manifest or an index, and of what type it was said to be.
    pub async fn manifest(&self, wanted: &str) -> Result<(Bytes, String), Fault> {
        self.upstreams.0.registries.manifest_as(&self.repository, wanted).await
    }

    pub async fn blob(&self, digest: &Digest) -> Result<Coming, Fault> {
        let response = self.upstreams.0.registries.blob(&self.repository, digest).await?;
        Ok(Coming {
            url: format!("{}/v2/blobs/{digest}", self.repository.origin),
            upstreams: self.upstreams.clone(),
            body: response.into_body(),
        })
    }

    /// Whether it answers, and lets in who asks.
    pub async fn greet(&self) -> Result<(), Fault> {
        self.upstreams.0.registries.greet(&self.repository).await
    }
}

impl Coming {
    pub async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        self.upstreams.0.registries.more(&mut self.body, &self.url).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_speak_plainly() {
        for good in [
            "quay.io",
            "registry-1.docker.io",
            "h.example:5000",
            "127.0.0.1:5000",
            "http://localhost:5000",
        ] {
            assert!(upstream_is_good(good), "{good}");
        }
        for bad in [
            "",
            "a b",
            "http://quay.io",
            "https://quay.io/v2",
            "ftp://quay.io",
            "quay.io/team",
        ] {
            assert!(!upstream_is_good(bad), "{bad}");
        }
    }
}
