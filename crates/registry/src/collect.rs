//! Taking away what nobody needs: uploads that nobody goes on with, blobs that no manifest came to use, content that no
//! repository has. Runs beside pushes: content on its way into a record is pinned, and a record is looked at again in
//! the transaction that takes it away.

use crate::Registry;
use crate::fault::Fault;
use base::Timestamp;
use images::Digest;
use model::registry::{BlobLink, RepositoryId, change};
use std::io;
use std::time::Duration;
use store::Key;

/// How long what is not needed yet is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace {
    /// An upload that does not go on.
    pub upload: Duration,
    /// A blob that no manifest of its repository uses: a push may take its time.
    pub unused: Duration,
}

impl Default for Grace {
    fn default() -> Self {
        Grace {
            upload: Duration::from_secs(24 * 60 * 60),
            unused: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// What a round took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    pub uploads: usize,
    pub links: usize,
    pub blobs: usize,
    pub bytes: u64,
}

/// Links that one transaction takes away.
const LINKS_AT_ONCE: usize = 500;

impl Registry {
    /// A round of collection.
    pub async fn collect(&self, grace: Grace) -> io::Result<Collected> {
        let now = self.0.clock.now();
        let before = |grace: Duration| {
            let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
            Timestamp(now.millis().saturating_sub(grace))
        };
        let mut collected = Collected {
            uploads: self.0.content.expire(before(grace.upload)).await?,
            links: self.expire_links(before(grace.unused)).await?,
            ..Collected::default()
        };
        for first in 0..=255 {
            for digest in self.0.content.part(first).await? {
                if let Some(bytes) = self.take_unless_needed(&digest).await? {
                    collected.blobs += 1;
                    collected.bytes += bytes;
                }
            }
        }
        self.0.content.trim().await?;
        Ok(collected)
    }

    /// Answers with the bytes that went, if it did.
    async fn take_unless_needed(&self, digest: &Digest) -> io::Result<Option<u64>> {
        let (store, text) = (&self.0.store, digest.to_string());
        if change::is_needed(&store.snapshot(), &text) {
            return Ok(None); // most are, and need not be asked twice
        }
        let needed = || change::is_needed(&store.snapshot(), &text);
        self.0.content.collect(digest, needed).await
    }

    async fn expire_links(&self, before: Timestamp) -> io::Result<usize> {
        let (mut after, mut gone) = (None::<Key>, 0);
        loop {
            let view = self.0.store.snapshot();
            let some: Vec<_> = view
                .scan_after::<BlobLink>(&Key::all(), after.as_ref())
                .take(LINKS_AT_ONCE)
                .collect();
            let Some(last) = some.last() else { return Ok(gone) };
            after = Some(BlobLink::key_of(&last.repository, &last.digest));
            let unused = |link: &&std::sync::Arc<BlobLink>| {
                link.linked_at < before && change::user_of(&view, &link.repository, &link.digest).is_none()
            };
            let old: Vec<(RepositoryId, String)> = some
                .iter()
                .filter(unused)
                .map(|link| (link.repository.clone(), link.digest.clone()))
                .collect();
            if !old.is_empty() {
                let expired = self.write(move |tx| Ok(change::expire_links(tx, &old, before))).await;
                gone += expired.map_err(|fault: Fault| io::Error::other(fault.ours.unwrap_or_default()))?;
            }
        }
    }
}
