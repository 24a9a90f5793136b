//! Copies of images elsewhere: which are wanted, and how far each has got.
//!
//! Whoever puts an image notes in the same transaction that copies are wanted ([`note`]), so none is forgotten. A
//! [`Replica`] is at once the order and the record of what came of it. What comes as a copy is not copied further.

use super::change::{self, Refused};
use super::{Manifest, Occasion, Repository, RepositoryId};
use crate::record::record;
use crate::words::words;
use base::{Scope, Timestamp};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Key, Tx, View};

/// The header by which one Gantry tells another that it pushes a copy: it is not copied further, and a repository is made
/// for it as replication makes them.
pub const COPY_HEADER: &str = "gantry-replication";

/// A registry in a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct Destination {
    #[n(0)]
    pub region: String,
    /// The account.
    #[n(1)]
    pub registry: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReplicationRule {
    #[n(0)]
    #[cbor(default)]
    pub destinations: Vec<Destination>,
    /// What names of repositories begin with; none for all.
    #[n(1)]
    #[cbor(default)]
    pub prefixes: Vec<String>,
    /// Whether images and tags that are taken away are taken away there, too; none if it was not said.
    #[n(2)]
    pub deletes: Option<bool>,
}

/// What of a registry in a region is to be copied where.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Replication {
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    #[n(2)]
    #[cbor(default)]
    pub rules: Vec<ReplicationRule>,
}

record!(Replication, "replication", |r| RepositoryId::all_of(
    &r.registry,
    &r.region
));

/// Whether the registry of this Gantry is in a region: its own, or one where something of it is, or is to be. Images that
/// came as copies are told of, tagged and deleted there.
pub fn has_part_in(view: &View, scope: &Scope, region: &str) -> bool {
    let registry = &*scope.account;
    let is_copied_to = |rules: Arc<Replication>| {
        let mut all = rules.rules.iter().flat_map(|rule| &rule.destinations);
        rules.registry == registry && all.any(|to| to.registry == registry && to.region == region)
    };
    let has_one = || {
        view.scan::<Repository>(&RepositoryId::all_of(registry, region))
            .next()
            .is_some()
    };
    *region == *scope.region || has_one() || view.scan::<Replication>(&Key::all()).any(is_copied_to)
}

impl Replication {
    /// Whether a rule wants images of a repository copied there.
    pub fn wants(&self, repository: &str, to: &Destination) -> bool {
        let wants = |rule: &ReplicationRule| rule.is_about(repository) && rule.destinations.contains(to);
        self.rules.iter().any(wants)
    }
}

impl ReplicationRule {
    fn is_about(&self, name: &str) -> bool {
        self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }
}

words! {
    ReplicaStatus { InProgress = 0 "IN_PROGRESS", Complete = 1 "COMPLETE", Failed = 2 "FAILED", }
}

/// An image's copy in another place.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Replica {
    #[n(0)]
    pub repository: RepositoryId,
    #[n(1)]
    pub digest: String,
    #[n(2)]
    pub to: Destination,
    #[n(3)]
    pub status: ReplicaStatus,
    /// Of one that failed.
    #[n(4)]
    pub failure: Option<String>,
    /// How often it was tried in vain.
    #[n(5)]
    pub tries: u32,
    /// When to try, while it is in progress.
    #[n(6)]
    pub due: Timestamp,
    /// How often it was wanted: what was wanted again while it was being made is made again.
    #[n(7)]
    pub wanted: u64,
    /// The backfill that it is part of, the newest one.
    #[n(8)]
    pub backfill: Option<String>,
}

record!(
    Replica,
    "replica",
    |r| Replica::key_of(&r.repository, &r.digest, &r.to),
    [Replica::WAITING, Replica::BY_BACKFILL],
    |r, put| {
        if let Some(backfill) = &r.backfill {
            put(Replica::BY_BACKFILL, Key::of([backfill, r.status.as_str()]));
        }
        if r.status == ReplicaStatus::InProgress {
            put(
                Replica::WAITING,
                Key::all().part_u64(u64::try_from(r.due.millis()).unwrap_or(0)),
            );
        }
    }
);

impl Replica {
    /// Index of those in progress: when they are due.
    pub const WAITING: &'static str = "waiting";
    /// Index: the id of a backfill, and how far the replica is.
    pub const BY_BACKFILL: &'static str = "backfill";

    pub fn key_of(repository: &RepositoryId, digest: &str, to: &Destination) -> Key {
        Manifest::key_of(repository, digest).part(&to.registry).part(&to.region)
    }

    /// The repository that has the copy.
    pub fn target(&self) -> RepositoryId {
        RepositoryId::new(&self.to.registry, &self.to.region, &self.repository.name)
    }
}

/// The replicas of an image.
pub fn of(view: &View, id: &RepositoryId, digest: &str) -> Vec<Replica> {
    let replicas = view.scan::<Replica>(&Manifest::key_of(id, digest));
    replicas.map(|replica| (*replica).clone()).collect()
}

/// Notes that copies of an image are wanted wherever the rules say.
pub(super) fn note(tx: &mut Tx, id: &RepositoryId, digest: &str) {
    let Some(replication) = tx.get::<Replication>(&RepositoryId::all_of(&id.registry, &id.region)) else {
        return;
    };
    let rules = replication.rules.iter().filter(|rule| rule.is_about(&id.name));
    let destinations: BTreeSet<&Destination> = rules.flat_map(|rule| &rule.destinations).collect();
    for to in destinations {
        if (&to.registry, &to.region) == (&id.registry, &id.region) {
            continue;
        }
        let before = tx.get::<Replica>(&Replica::key_of(id, digest, to));
        let due = tx.now();
        tx.put(Replica {
            repository: id.clone(),
            digest: digest.to_string(),
            to: to.clone(),
            status: ReplicaStatus::InProgress,
            failure: None,
            tries: 0,
            due,
            wanted: before.as_ref().map_or(1, |before| before.wanted + 1),
            backfill: before.and_then(|before| before.backfill.clone()),
        });
    }
}

/// The repositories of this registry where images and tags go when they go here.
pub(super) fn followers(view: &View, id: &RepositoryId) -> Vec<RepositoryId> {
    let replication = view.get::<Replication>(&RepositoryId::all_of(&id.registry, &id.region));
    let rules = replication.iter().flat_map(|replication| &replication.rules);
    let rules = rules.filter(|rule| rule.deletes == Some(true) && rule.is_about(&id.name));
    let to: BTreeSet<&Destination> = rules.flat_map(|rule| &rule.destinations).collect();
    let to = to
        .into_iter()
        .filter(|to| to.registry == id.registry && to.region != id.region);
    to.map(|to| RepositoryId::new(&to.registry, &to.region, &id.name))
        .collect()
}

/// Forgets what was noted of an image that is gone.
pub(super) fn forget(tx: &mut Tx, id: &RepositoryId, digest: &str) {
    for replica in of(tx, id, digest) {
        tx.delete::<Replica>(&Replica::key_of(id, digest, &replica.to));
    }
}

/// Writes down what came of a try. What was wanted again in between stays as it is, and is tried again.
pub fn tried(tx: &mut Tx, replica: &Replica, status: ReplicaStatus, failure: Option<String>, due: Timestamp) {
    let now = tx.get::<Replica>(&Replica::key_of(&replica.repository, &replica.digest, &replica.to));
    let Some(now) = now.filter(|now| now.wanted == replica.wanted) else {
        return;
    };
    tx.put(Replica {
        status,
        failure,
        tries: replica.tries + u32::from(status != ReplicaStatus::Complete),
        due,
        ..(*now).clone()
    });
}

/// Copies an image with the tags that it has now into another repository of this Gantry, which is made if it is not
/// there. What the image lists must be there already.
pub fn copy(tx: &mut Tx, from: &RepositoryId, digest: &str, to: &RepositoryId) -> Result<(), Refused> {
    let manifest = tx.get::<Manifest>(&Manifest::key_of(from, digest));
    let manifest = manifest.ok_or_else(|| Refused::NoManifest(digest.to_string()))?;
    let tags: Vec<String> = change::tags_of(tx, from, digest)
        .iter()
        .map(|tag| tag.tag.clone())
        .collect();
    change::create_for(tx, to, Occasion::Replication);
    for part in manifest.blobs() {
        change::link(tx, to, &part.digest, part.size)?;
    }
    let copy = Manifest {
        repository: to.clone(),
        pushed_at: tx.now(),
        pulled_at: None,
        archived_at: None,
        last_archived_at: None,
        last_activated_at: None,
        ..(*manifest).clone()
    };
    change::put_copy(tx, copy, &tags).map(drop)
}
