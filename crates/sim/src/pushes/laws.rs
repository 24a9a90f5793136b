//! What must hold whatever happens: of each change, and of what lies on the disk.

use super::told::{Ask, Told};
use crate::server::Server;
use images::Digest;
use images::content::MemoryDisk;
use model::registry::lifecycle::pinned;
use model::registry::{BlobLink, ImageTag, Manifest, Repository, RepositoryId, digest_of};
use std::collections::{BTreeMap, BTreeSet};
use store::{Commit, Key, Revision, Snapshot, Watch};

/// Looks on, in one life of the server.
pub struct Looker {
    watch: Watch,
    before: Snapshot,
    /// Content that was seen to be what its name says.
    right: BTreeSet<Digest>,
    /// What was last looked at: the store's revision, and the disk's writes.
    looked_at: Option<(Revision, u64)>,
}

impl Looker {
    pub fn new(server: &Server) -> Looker {
        let before = server.store().snapshot();
        Looker {
            watch: server.store().watch(before.revision()),
            before,
            right: BTreeSet::new(),
            looked_at: None,
        }
    }

    /// What came of a move.
    pub fn look(&mut self, server: &Server, disk: &MemoryDisk, told: &Told) {
        let now = server.store().snapshot();
        while let Ok(Some(commit)) = self.watch.try_next() {
            self.commit(&commit, &now, told);
        }
        let at = Some((now.revision(), disk.writes()));
        if self.looked_at != at {
            self.looked_at = at;
            self.content(&now, disk, told);
        }
        self.before = now;
    }

    fn commit(&self, commit: &Commit, now: &Snapshot, told: &Told) {
        let asks = told.asks();
        let untagged: Vec<(RepositoryId, String, String)> = commit
            .changes
            .iter()
            .filter_map(|change| match change.of::<ImageTag>() {
                Some((Some(old), None)) => Some((old.repository.clone(), old.digest.clone(), old.tag.clone())),
                _ => None,
            })
            .collect();
        for change in &commit.changes {
            if let Some((Some(_), None)) = change.of::<BlobLink>() {
                told.removals.set(told.removals.get() + 1);
            }
            if let Some((Some(old), None)) = change.of::<Manifest>() {
                told.removals.set(told.removals.get() + 1);
                self.may_go(&old, &asks, &untagged, now, told);
            }
            if let Some((Some(old), Some(new))) = change.of::<ImageTag>() {
                let fixed = |view: &Snapshot| {
                    let repository = view.get::<Repository>(&old.repository.key());
                    repository.is_some_and(|repository| repository.fixes(&old.tag))
                };
                let moved = old.digest != new.digest && fixed(&self.before) && fixed(now);
                let at = format!("{}:{}", old.repository, old.tag);
                told.law(!moved, "a tag that is immutable never moves", at);
            }
        }
    }

    fn may_go(
        &self,
        old: &Manifest,
        asks: &[Ask],
        untagged: &[(RepositoryId, String, String)],
        now: &Snapshot,
        told: &Told,
    ) {
        let asked = asks.iter().any(|ask| match ask {
            Ask::Image(id, digest) => (id, digest) == (&old.repository, &old.digest),
            Ask::Repository(id) => *id == old.repository,
            Ask::Tag(id, tag) => untagged.contains(&(id.clone(), old.digest.clone(), tag.clone())),
        });
        if asked {
            return;
        }
        let at = format!("{}@{}", old.repository, old.digest);
        let policed = |view: &Snapshot| {
            let repository = view.get::<Repository>(&old.repository.key());
            repository.is_some_and(|repository| repository.lifecycle.is_some())
        };
        let policed = policed(&self.before) || policed(now);
        told.law(policed, "an image goes only when somebody or a policy says so", &*at);
        let pinned = [&self.before, now]
            .iter()
            .all(|view| pinned(view).contains(&old.digest));
        told.law(!pinned, "what runs never expires", at);
    }

    /// Whatever is recorded lies on the disk, and is what its name says.
    fn content(&mut self, now: &Snapshot, disk: &MemoryDisk, told: &Told) {
        let blobs = disk.blobs();
        self.right.retain(|digest| blobs.contains_key(digest));
        for (digest, bytes) in &blobs {
            if self.right.insert(*digest) {
                let right = digest_of(bytes) == digest.to_string();
                told.law(right, "content is what its digest says", digest.to_string());
            }
        }
        let sizes: BTreeMap<String, u64> = blobs.iter().map(|(d, b)| (d.to_string(), b.len() as u64)).collect();
        let manifests = now.scan::<Manifest>(&Key::all()).map(|m| (m.digest.clone(), m.size));
        let links = now
            .scan::<BlobLink>(&Key::all())
            .map(|link| (link.digest.clone(), link.size));
        for (digest, size) in manifests.chain(links) {
            let there = sizes.get(&digest) == Some(&size);
            told.law(there, "the registry has the content of what is in it", digest);
        }
    }
}
