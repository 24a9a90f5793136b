//! Repositories that stand for those of a registry elsewhere: what is not here is fetched when it is asked for, and what a
//! tag names is looked up again when that was last done a day ago.
//!
//! An image comes whole, as any push does: its blobs first, what it lists before it, itself in one transaction. Many who
//! ask for the same at once wait for the one who fetches.

use crate::Registry;
use crate::fault::{Code, Fault};
use bytes::Bytes;
use images::Digest;
use images::content::Pinned;
use images::{Fault as Upset, Upstream};
use model::registry::cache::rule_of;
use model::registry::document::{self, MOST_BYTES};
use model::registry::{CacheRule, ImageTag, Manifest, Occasion, RepositoryId, change};
use std::sync::Arc;

/// An index of indexes is allowed; deeper ones nobody makes.
const MOST_DEPTH: usize = 4;

/// Why something could not be fetched.
#[derive(Clone, Debug)]
pub(crate) enum NotFetched {
    /// It is not there either.
    Nothing,
    /// The registry there does not give it.
    There(String),
    Here(Arc<Fault>),
}

impl Registry {
    /// Sees to it that a repository has what is asked of it, if a rule is about it. What is here already is good enough when
    /// the registry there cannot be asked.
    pub(crate) async fn fetch(&self, id: &RepositoryId, reference: &str) -> Result<(), Fault> {
        if !self.is_stale(id, reference) {
            return Ok(());
        }
        // Goes on when the caller is gone: others may wait for it, and what has come would be for nothing.
        let (registry, of, wanted) = (self.clone(), id.clone(), reference.to_string());
        let fetching = tokio::spawn(async move {
            let key = format!("{of} {wanted}");
            let once = async {
                match registry.is_stale(&of, &wanted) {
                    true => registry.fetch_now(&of, &wanted).await,
                    false => Ok(()),
                }
            };
            registry.0.fetches.join(&key, once).await
        });
        let fetched = fetching.await.map_err(|e| Fault::ours(e.to_string()))?;
        let known = change::find(&self.0.store.snapshot(), id, reference).is_ok();
        match fetched {
            Ok(()) | Err(NotFetched::Nothing) => Ok(()), // then the ordinary answer says that it is unknown
            Err(why) if known => {
                tracing::info!(repository = %id, reference, ?why, "served as it was: it could not be fetched anew");
                Ok(())
            }
            Err(NotFetched::There(why)) => {
                let message = format!("the upstream registry does not give it: {why}");
                Err(Fault::new(502, Code::Unknown, message))
            }
            Err(NotFetched::Here(fault)) => Err(Fault::ours(fault.ours.clone().unwrap_or_default())),
        }
    }

    /// Asks for all that whoever has something fetched must be allowed; a repository that is not there is made for it.
    pub(crate) fn may_fetch<E>(
        &self,
        id: &RepositoryId,
        allowed: impl Fn(&'static str) -> Result<(), E>,
    ) -> Result<(), E> {
        allowed("ecr:BatchImportUpstreamImage")?;
        match change::repository(&self.0.store.snapshot(), id) {
            Ok(_) => Ok(()),
            Err(_) => allowed("ecr:CreateRepository"),
        }
    }

    /// Whether the registry elsewhere is to be asked.
    pub(crate) fn is_stale(&self, id: &RepositoryId, reference: &str) -> bool {
        let view = self.0.store.snapshot();
        if rule_of(&view, id).is_none() {
            return false;
        }
        match reference.contains(':') {
            true => change::find(&view, id, reference).is_err(),
            false => view
                .get::<ImageTag>(&ImageTag::key_of(id, reference))
                .is_none_or(|tag| self.0.clock.now().since(tag.tagged_at) >= CacheRule::FRESH_MS),
        }
    }

    async fn fetch_now(&self, id: &RepositoryId, reference: &str) -> Result<(), NotFetched> {
        let Some((rule, path)) = rule_of(&self.0.store.snapshot(), id) else {
            return Err(NotFetched::Nothing);
        };
        let upstream = self
            .0
            .upstreams
            .at(&rule.upstream, &path, rule.credential_arn.as_deref());
        let upstream = upstream.map_err(|bad| NotFetched::There(bad.to_string()))?;
        let is_tag = !reference.contains(':');
        let known = change::find(&self.0.store.snapshot(), id, reference).ok();
        if let Some(known) = known.filter(|_| is_tag) {
            let now = upstream.digest(reference).await.map_err(there)?;
            if now.is_some_and(|now| now.to_string() == known.digest) {
                return self.confirm(id, reference).await;
            }
        }
        let tag = is_tag.then(|| reference.to_string());
        self.image(&upstream, id, reference, tag, MOST_DEPTH).await
    }

    /// Notes that a tag was looked up just now, and is what it was.
    async fn confirm(&self, id: &RepositoryId, tag: &str) -> Result<(), NotFetched> {
        let (id, tag) = (id.clone(), tag.to_string());
        let confirmed = self.write(move |tx| {
            change::confirm_tag(tx, &id, &tag);
            Ok(())
        });
        confirmed.await.map_err(here)
    }

    async fn image(
        &self,
        upstream: &Upstream,
        id: &RepositoryId,
        reference: &str,
        tag: Option<String>,
        depth: usize,
    ) -> Result<(), NotFetched> {
        let (bytes, kind) = upstream.manifest(reference).await.map_err(there)?;
        if bytes.len() > MOST_BYTES {
            return Err(NotFetched::There("its manifest has more than 4 MiB".to_string()));
        }
        let manifest = document::read(id, &bytes, &kind);
        let manifest = manifest.map_err(|why| NotFetched::There(format!("its manifest is invalid: {why}")))?;
        if reference.contains(':') && manifest.digest != reference {
            return Err(NotFetched::There(format!(
                "it gives {} for {reference}",
                manifest.digest
            )));
        }
        for listed in &manifest.manifests {
            let there = self
                .0
                .store
                .snapshot()
                .get::<Manifest>(&Manifest::key_of(id, listed))
                .is_some();
            match (there, depth) {
                (true, _) => {}
                (false, 0) => return Err(NotFetched::There("it lists what lists what lists ..".to_string())),
                (false, _) => Box::pin(self.image(upstream, id, listed, None, depth - 1)).await?,
            }
        }
        let mut blobs = Vec::new();
        for part in manifest.blobs() {
            blobs.push(self.blob(upstream, id, &part.digest, part.size).await?);
        }
        let agrees = change::agrees(&self.0.store.snapshot(), id, &document::listed(&bytes));
        agrees.map_err(|refused| NotFetched::There(refused.to_string()))?;
        self.keep(manifest, bytes, tag, blobs).await
    }

    /// What was fetched is there all at once, and so is its repository.
    async fn keep(
        &self,
        manifest: Manifest,
        bytes: Bytes,
        tag: Option<String>,
        blobs: Vec<Pinned>,
    ) -> Result<(), NotFetched> {
        let pinned = self.0.content.put(bytes).await.map_err(|e| here(Fault::disk(e)))?;
        let tags: Vec<String> = tag.into_iter().collect();
        let links: Vec<_> = blobs.iter().map(|blob| (blob.digest.to_string(), blob.size)).collect();
        let written = self.write_pinned((pinned, blobs), move |tx| {
            let (id, name) = (&manifest.repository, &manifest.repository.name);
            change::create_for(tx, id, Occasion::PullThroughCache);
            for (digest, size) in &links {
                change::link(tx, id, digest, *size).map_err(|refused| Fault::refused(refused, name))?;
            }
            let manifest = Manifest {
                pushed_at: tx.now(),
                ..manifest.clone()
            };
            change::put_manifest(tx, manifest, &tags).map_err(|refused| Fault::refused(refused, name))
        });
        written.await.map(drop).map_err(here)
    }

    /// A blob that is here, or is fetched now. Nothing shows it until its image is whole.
    async fn blob(
        &self,
        upstream: &Upstream,
        id: &RepositoryId,
        digest: &str,
        size: u64,
    ) -> Result<Pinned, NotFetched> {
        let wanted: Digest = digest
            .parse()
            .map_err(|_| NotFetched::There(format!("{digest} is no digest")))?;
        let known = self.0.content.pin(&wanted).await.map_err(|e| here(Fault::disk(e)))?;
        match known.filter(|known| known.size == size) {
            Some(known) => Ok(known),
            None => self.receive(upstream, id, wanted, size).await,
        }
    }

    async fn receive(
        &self,
        upstream: &Upstream,
        id: &RepositoryId,
        wanted: Digest,
        size: u64,
    ) -> Result<Pinned, NotFetched> {
        let (upload, owner) = (self.0.dice.uuid(), id.to_string());
        let cannot = |why: String| here(Fault::ours(why));
        let content = &self.0.content;
        let begun = content.begin(&upload, &owner, self.0.clock.now()).await;
        begun.map_err(|e| cannot(e.to_string()))?;
        let mut turn = content
            .receive_fetched(&upload, &owner)
            .await
            .map_err(|e| cannot(e.to_string()))?;
        let coming = async {
            let mut blob = upstream.blob(&wanted).await.map_err(there)?;
            while let Some(bytes) = blob.next().await.map_err(there)? {
                if turn.offset() + bytes.len() as u64 > size {
                    return Err(NotFetched::There(format!("{wanted} has more than {size} bytes")));
                }
                turn.write(bytes).await.map_err(|e| cannot(e.to_string()))?;
            }
            Ok(())
        };
        if let Err(why) = coming.await {
            turn.abandon().await.map_err(|e| here(Fault::disk(e)))?;
            return Err(why);
        }
        let finished = turn.finish(wanted).await;
        finished.map_err(|error| NotFetched::There(error.to_string()))
    }
}

fn there(upset: Upset) -> NotFetched {
    match upset {
        Upset::NotFound => NotFetched::Nothing,
        upset => NotFetched::There(upset.to_string()),
    }
}

fn here(fault: Fault) -> NotFetched {
    NotFetched::Here(Arc::new(fault))
}
