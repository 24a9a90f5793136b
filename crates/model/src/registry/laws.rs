//! What must always hold of the registry; [`crate::invariants::LAWS`] names them.

use super::{BlobLink, ImageTag, Manifest, Repository, RepositoryId, RepositoryLedger};
use std::collections::BTreeMap;
use store::{Key, Snapshot};

pub(crate) fn tags_name_manifests(s: &Snapshot) -> Vec<String> {
    let dangling = |t: &ImageTag| s.get::<Manifest>(&Manifest::key_of(&t.repository, &t.digest)).is_none();
    s.scan::<ImageTag>(&Key::all())
        .filter(|t| dangling(t))
        .map(|t| format!("{}:{} names {}", t.repository, t.tag, t.digest))
        .collect()
}

pub(crate) fn manifests_are_complete(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for manifest in s.scan::<Manifest>(&Key::all()) {
        let at = |digest: &str| Manifest::key_of(&manifest.repository, digest);
        let blobs = manifest.blobs().map(|part| &part.digest);
        let mut missing: Vec<&String> = blobs.filter(|d| s.get::<BlobLink>(&at(d)).is_none()).collect();
        missing.extend(
            manifest
                .manifests
                .iter()
                .filter(|d| s.get::<Manifest>(&at(d)).is_none()),
        );
        let tell = |digest: &String| format!("{}@{} lacks {digest}", manifest.repository, manifest.digest);
        wrong.extend(missing.into_iter().map(tell));
    }
    wrong
}

pub(crate) fn all_is_in_a_repository(s: &Snapshot) -> Vec<String> {
    let lost = |id: &RepositoryId| s.get::<Repository>(&id.key()).is_none();
    let manifests = s.scan::<Manifest>(&Key::all()).filter(|m| lost(&m.repository));
    let tags = s.scan::<ImageTag>(&Key::all()).filter(|t| lost(&t.repository));
    let links = s.scan::<BlobLink>(&Key::all()).filter(|l| lost(&l.repository));
    let ledgers = s.scan::<RepositoryLedger>(&Key::all()).filter(|l| lost(&l.repository));
    manifests
        .map(|m| format!("{}@{}", m.repository, m.digest))
        .chain(tags.map(|t| format!("{}:{}", t.repository, t.tag)))
        .chain(links.map(|l| format!("{}, blob {}", l.repository, l.digest)))
        .chain(ledgers.map(|l| format!("{}, ledger", l.repository)))
        .collect()
}

pub(crate) fn ledgers_count(s: &Snapshot) -> Vec<String> {
    let mut counts: BTreeMap<RepositoryId, (u32, u32)> = BTreeMap::new();
    for manifest in s.scan::<Manifest>(&Key::all()) {
        counts.entry(manifest.repository.clone()).or_default().0 += 1;
    }
    for tag in s.scan::<ImageTag>(&Key::all()) {
        counts.entry(tag.repository.clone()).or_default().1 += 1;
    }
    let mut wrong = Vec::new();
    for ledger in s.scan::<RepositoryLedger>(&Key::all()) {
        let has = counts.remove(&ledger.repository).unwrap_or_default();
        let says = (ledger.manifests, ledger.tags);
        if has != says {
            wrong.push(format!("{} says {says:?}, and has {has:?}", ledger.repository));
        }
    }
    wrong.extend(counts.into_keys().map(|id| format!("{id} has no ledger")));
    wrong
}
