//! Pulling: from a reference to a manifest for this machine, to layers in their places, to a name that needs them.

use crate::config::ImageConfig;
use crate::error::{Fault, PullError, Step};
use crate::fetch::Wanted;
use crate::fixup::stack;
use crate::here::{self, Found, Place};
use crate::layer::{self, About};
use crate::manifest::{BadManifest, Descriptor, Manifest, choose, fit};
use crate::need::{Need, Origin, Pin};
use crate::store::{Image, Images, Want};
use crate::unpack::Budget;
use crate::{Digest, Reference};
use std::collections::HashSet;
use std::future::Future;
use std::io;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What a reference stands for in one registry.
struct Resolved {
    from: Place,
    /// Of the first document on the way, index or manifest.
    digest: Digest,
    /// All documents on the way; the last is the manifest.
    documents: Vec<Vec<u8>>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// A fault, and how often it was met.
struct Failed {
    step: Step,
    tries: u32,
    fault: Fault,
}

impl Images {
    /// Asks the registry, and takes what is not here yet. Who wants the same at the same time waits for the first.
    pub(crate) async fn pull(&self, reference: &Reference, want: &Want<'_>) -> Result<Image, PullError> {
        let who = want
            .credentials
            .as_ref()
            .map(|c| Digest::of(format!("{}\n{}", c.user, c.password.reveal()).as_bytes()));
        let key = format!("{reference} {} {who:?}", want.platform);
        let pulling = async {
            let limit = self.0.settings.pull_timeout;
            let pulled = match tokio::time::timeout(limit, Box::pin(self.pull_now(reference, want))).await {
                Ok(pulled) => pulled,
                Err(_) => Err(Failed {
                    step: Step::Content,
                    tries: 1,
                    fault: Fault::Unreachable {
                        method: "Get",
                        url: reference.to_string(),
                        why: "context deadline exceeded".into(),
                    },
                }),
            };
            pulled.map_err(|failed| PullError {
                reference: reference.to_string(),
                step: failed.step,
                tries: failed.tries,
                fault: Arc::new(failed.fault),
            })
        };
        self.0.pulls.join(&key, pulling).await
    }

    async fn pull_now(&self, reference: &Reference, want: &Want<'_>) -> Result<Image, Failed> {
        let resolved = self.resolve_anywhere(reference, want).await?;
        let (config, parsed) = self.tried(Step::Content, || self.config_of(&resolved)).await?;
        let once = |step: Step| move |fault: Fault| Failed { step, tries: 1, fault };
        let content = once(Step::Content);
        if let Some(offered) = &parsed.platform
            && fit(offered, &want.platform).is_none()
        {
            return Err(once(Step::Resolve)(Fault::NoPlatform(want.platform.clone())));
        }
        if parsed.diff_ids.len() != resolved.layers.len() {
            let differ = BadManifest::Malformed("layers and diff_ids differ".into());
            return Err(once(Step::Resolve)(Fault::Manifest(differ)));
        }
        let mut need = Need {
            reference: reference.to_string(),
            platform: want.platform.to_string(),
            digest: resolved.digest,
            manifest: Digest::of(resolved.documents.last().expect("the manifest at least")),
            config: Digest::of(&config),
            origin: Origin::Pulled,
            layers: parsed.diff_ids.iter().map(Digest::short).collect(),
        };
        let (first_need, documents) = (need.clone(), resolved.documents.clone());
        let kept = self.blocking(move |inner| -> io::Result<Pin> {
            let pin = Pin::new(&inner.disk, &first_need)?;
            documents
                .iter()
                .chain([&config])
                .try_for_each(|document| inner.disk.put_blob(document).map(drop))?;
            Ok(pin)
        });
        let pin = kept.await.map_err(Fault::Disk).map_err(content)?;
        self.layers(&resolved, &parsed.diff_ids).await?;
        let done = self.blocking(move |inner| -> Result<Option<Image>, Fault> {
            let about = |diff: &Digest| Some((*diff, layer::find(&inner.disk, diff)?));
            let layers: Option<Vec<(Digest, About)>> = parsed.diff_ids.iter().map(about).collect();
            let gone = || Fault::Disk(io::Error::other("a layer that was just unpacked is not there"));
            let top = need.config;
            need.layers =
                stack(&inner.disk, &layers.ok_or_else(gone)?).map_err(|error| Fault::Layer { digest: top, error })?;
            let key = Need::key(&need.reference, &need.platform);
            let image = inner.image(&key, need.clone()).map_err(Fault::Disk)?;
            drop(pin); // the image has its own
            inner
                .disk
                .put(&inner.disk.root.join("refs").join(key), need.write().as_bytes())
                .map_err(Fault::Disk)?;
            Ok(image)
        });
        let image = done.await.map_err(content)?;
        let gone = || content(Fault::Disk(io::Error::other("what was just unpacked is not there")));
        let image = image.ok_or_else(gone)?;
        self.0.disk.sync_later(&image.need.layers);
        Ok(image)
    }

    /// Mirrors first; what they cannot do, the registry itself must.
    async fn resolve_anywhere(&self, reference: &Reference, want: &Want<'_>) -> Result<Resolved, Failed> {
        if let Some(here) = &self.0.settings.here {
            let once = |fault| Failed {
                step: Step::Resolve,
                tries: 1,
                fault,
            };
            let filled = (here.fill)(reference.clone()).await;
            match (here.find)(reference) {
                Found::Elsewhere => {}
                Found::Nothing => return Err(once(filled.map_or_else(Fault::Missing, |()| Fault::NotFound))),
                Found::Denied(why) => return Err(once(Fault::Denied(why))),
                Found::Digest(digest) => {
                    let (place, exactly) = (
                        Place::Here(here.content.clone()),
                        Reference {
                            digest: Some(digest),
                            ..reference.clone()
                        },
                    );
                    return self.resolve_at(&place, &exactly, want).await.map_err(once);
                }
            }
        }
        if let Some(home) = self.0.registries.home(reference) {
            let home = Place::There(home);
            let resolved = self.tried(Step::Resolve, || self.resolve_at(&home, reference, want));
            match resolved.await {
                Err(failed) if failed.fault.is_misdirected() => {}
                resolved => return resolved,
            }
        }
        let mut places = self.0.registries.places(reference, want.credentials.as_ref());
        let last = places.pop().expect("the registry itself at least");
        for mirror in places {
            match self.resolve_at(&Place::There(mirror.clone()), reference, want).await {
                Ok(resolved) => return Ok(resolved),
                Err(fault) => tracing::debug!(mirror = %mirror.origin, %fault, "the mirror does not have it"),
            }
        }
        let last = Place::There(last);
        self.tried(Step::Resolve, || self.resolve_at(&last, reference, want))
            .await
    }

    async fn resolve_at(&self, from: &Place, reference: &Reference, want: &Want<'_>) -> Result<Resolved, Fault> {
        let registries = &self.0.registries;
        let mut wanted = reference.wanted();
        let mut expected = reference.digest;
        if expected.is_none()
            && let Place::There(from) = from
            && let Some(digest) = registries.resolve(from, &wanted).await?
        {
            (wanted, expected) = (digest.to_string(), Some(digest));
        }
        let mut documents: Vec<Vec<u8>> = Vec::new();
        let mut first = None;
        // An index of indexes is allowed; a ring of them cannot be, as digests name them.
        while documents.len() < 4 {
            let here = match expected {
                Some(digest) => self.blocking(move |inner| inner.disk.blob(&digest)).await,
                None => None,
            };
            let document = match (here, from, expected) {
                (Some(document), ..) => document,
                (None, Place::There(from), _) => registries.manifest(from, &wanted).await?.to_vec(),
                (None, Place::Here(content), Some(digest)) => here::document(content, &digest).await?,
                (None, Place::Here(_), None) => return Err(Fault::NotFound),
            };
            let got = Digest::of(&document);
            if let Some(wanted) = expected.filter(|wanted| *wanted != got) {
                return Err(Fault::WrongDigest { wanted, got });
            }
            first.get_or_insert(got);
            let manifest = Manifest::parse(&document).map_err(Fault::Manifest)?;
            documents.push(document);
            match manifest {
                Manifest::Image { config, layers } => {
                    return Ok(Resolved {
                        from: from.clone(),
                        digest: first.expect("set above"),
                        documents,
                        config,
                        layers,
                    });
                }
                Manifest::Index(manifests) => {
                    let chosen = choose(&manifests, &want.platform);
                    let chosen = chosen.ok_or_else(|| Fault::NoPlatform(want.platform.clone()))?;
                    let digest = chosen.digest().map_err(Fault::Manifest)?;
                    (wanted, expected) = (digest.to_string(), Some(digest));
                }
            }
        }
        Err(Fault::Manifest(BadManifest::Malformed("indexes too deep".into())))
    }

    async fn config_of(&self, resolved: &Resolved) -> Result<(Vec<u8>, ImageConfig), Fault> {
        let digest = resolved.config.digest().map_err(Fault::Manifest)?;
        let content = match self.blocking(move |inner| inner.disk.blob(&digest)).await {
            Some(content) => content,
            None => match &resolved.from {
                Place::Here(content) => here::document(content, &digest).await?,
                Place::There(from) => {
                    let response = self.0.registries.blob(from, &digest).await?;
                    let url = format!("{}/v2/blobs/{digest}", from.origin);
                    self.0.registries.whole(response, &url).await?.to_vec()
                }
            },
        };
        match Digest::of(&content) {
            got if got != digest => Err(Fault::WrongDigest { wanted: digest, got }),
            _ => {
                let parsed = ImageConfig::parse(&content).map_err(Fault::Manifest)?;
                Ok((content, parsed))
            }
        }
    }

    /// Several at once; each is fetched once, whoever else wants it. The first failure ends the others.
    async fn layers(&self, resolved: &Resolved, diffs: &[Digest]) -> Result<(), Failed> {
        let limits = &self.0.settings.limits;
        let budget = Arc::new(Budget::new(limits.unpacked_bytes, limits.entries));
        let at_once = Arc::new(Semaphore::new(self.0.settings.parallel.max(1)));
        let mut seen = HashSet::new();
        let mut fetching = JoinSet::new(); // dropped, it aborts what it holds
        for (layer, diff) in resolved.layers.iter().zip(diffs) {
            if !seen.insert(*diff) {
                continue;
            }
            let digest = layer.digest().map_err(Fault::Manifest).map_err(|fault| Failed {
                step: Step::Resolve,
                tries: 1,
                fault,
            })?;
            let wanted = Wanted {
                digest,
                size: layer.size,
                diff: *diff,
            };
            let (images, from, budget, at_once) =
                (self.clone(), resolved.from.clone(), budget.clone(), at_once.clone());
            fetching.spawn(async move {
                let _turn = at_once.acquire_owned().await.expect("never closed");
                images.layer(&from, &wanted, &budget).await
            });
        }
        while let Some(fetched) = fetching.join_next().await {
            fetched.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))?;
        }
        Ok(())
    }

    async fn layer(&self, from: &Place, wanted: &Wanted, budget: &Arc<Budget>) -> Result<(), Failed> {
        let mut outcome = Ok(());
        // Not the outcome is shared but the layer: one who waited looks for it, and if it is not there tries itself.
        while outcome.is_ok() && !self.has(wanted.diff).await {
            let fetching = async {
                if !self.has(wanted.diff).await {
                    outcome = match from {
                        Place::Here(content) => {
                            self.tried(Step::Content, || self.unpack_here(content, wanted, budget))
                                .await
                        }
                        Place::There(from) => {
                            self.tried(Step::Content, || self.fetch_layer(from, wanted, budget))
                                .await
                        }
                    };
                }
            };
            self.0.layer_pulls.join(&wanted.diff.to_string(), fetching).await;
        }
        outcome
    }

    async fn has(&self, diff: Digest) -> bool {
        self.blocking(move |inner| layer::find(&inner.disk, &diff).is_some())
            .await
    }

    /// Again after a while, if what happened may pass.
    async fn tried<T, F: Future<Output = Result<T, Fault>>>(
        &self,
        step: Step,
        work: impl Fn() -> F,
    ) -> Result<T, Failed> {
        let settings = &self.0.settings;
        let mut tries = 0;
        loop {
            tries += 1;
            match Box::pin(work()).await {
                Ok(done) => return Ok(done),
                Err(fault) if fault.may_pass() && tries < settings.tries => {
                    tokio::time::sleep(settings.first_wait.saturating_mul(1 << (tries - 1).min(6))).await;
                }
                Err(fault) => return Err(Failed { step, tries, fault }),
            }
        }
    }
}
