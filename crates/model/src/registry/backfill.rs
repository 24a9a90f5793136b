//! Copies of what was there before a replication rule was: all images that the rules for a destination are about.
//!
//! A backfill looks through the registry in small steps and notes a [`Replica`] for each image; what makes those of pushes
//! makes these. It is done when none of its replicas is in progress.

use super::{Destination, Manifest, Replica, ReplicaStatus, Replication, RepositoryId, change};
use crate::record::record;
use crate::words::words;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::{Key, Tx, View};

words! {
    BackfillStatus {
        /// It looks for what is to be copied.
        Preparing = 0 "PREPARING",
        InProgress = 1 "IN_PROGRESS",
        Complete = 2 "COMPLETE",
        /// What was wanted and is not yet underway is forgotten.
        Stopping = 4 "STOPPING",
        Stopped = 5 "STOPPED",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Backfill {
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    #[n(2)]
    pub id: String,
    #[n(3)]
    pub to: Destination,
    #[n(4)]
    pub status: BackfillStatus,
    #[n(5)]
    pub started_at: Timestamp,
    #[n(6)]
    pub ended_at: Option<Timestamp>,
    /// The repository and the digest that were looked at last.
    #[n(7)]
    pub looked_at: Option<(String, String)>,
    /// Whether all were looked at.
    #[n(8)]
    pub is_prepared: bool,
}

record!(Backfill, "backfill", |b| Backfill::key_of(
    &b.registry,
    &b.region,
    &b.id
));

/// How far a backfill is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub complete: u32,
    pub failed: u32,
    pub left: u32,
}

impl Backfill {
    /// ECR's own quota.
    pub const MOST_AT_ONCE: usize = 10;

    pub fn key_of(registry: &str, region: &str, id: &str) -> Key {
        RepositoryId::all_of(registry, region).part(id)
    }

    pub fn is_over(&self) -> bool {
        matches!(self.status, BackfillStatus::Complete | BackfillStatus::Stopped)
    }

    /// Its replicas that are so.
    pub fn replicas<'a>(
        &self,
        view: &'a View,
        status: ReplicaStatus,
    ) -> impl Iterator<Item = std::sync::Arc<Replica>> + 'a {
        view.by::<Replica>(Replica::BY_BACKFILL, &Key::of([&*self.id, status.as_str()]))
    }

    /// Counts, as the images are told one for each tag, or one for none.
    pub fn progress(&self, view: &View) -> Progress {
        let count = |status| {
            let each = self.replicas(view, status).map(|replica| {
                let tags = change::tags_of(view, &replica.repository, &replica.digest).len();
                u32::try_from(tags.max(1)).unwrap_or(u32::MAX)
            });
            each.sum()
        };
        Progress {
            complete: count(ReplicaStatus::Complete),
            failed: count(ReplicaStatus::Failed),
            left: count(ReplicaStatus::InProgress),
        }
    }
}

/// Looks at some more images; true when there are none left.
pub fn look_on(tx: &mut Tx, backfill: &mut Backfill, most: usize) -> bool {
    let all = RepositoryId::all_of(&backfill.registry, &backfill.region);
    let id = |name: &str| RepositoryId::new(&backfill.registry, &backfill.region, name);
    let after = backfill
        .looked_at
        .as_ref()
        .map(|(name, digest)| Manifest::key_of(&id(name), digest));
    let some: Vec<_> = tx.scan_after::<Manifest>(&all, after.as_ref()).take(most).collect();
    let rules = tx.get::<Replication>(&all);
    for manifest in &some {
        let name = &manifest.repository.name;
        if rules.as_ref().is_some_and(|rules| rules.wants(name, &backfill.to)) {
            want(tx, manifest, backfill);
        }
    }
    if let Some(last) = some.last() {
        backfill.looked_at = Some((last.repository.name.clone(), last.digest.clone()));
    }
    some.len() < most
}

/// Notes that a copy is wanted, unless there is one.
fn want(tx: &mut Tx, manifest: &Manifest, backfill: &Backfill) {
    let (id, digest) = (&manifest.repository, &manifest.digest);
    let before = tx.get::<Replica>(&Replica::key_of(id, digest, &backfill.to));
    let due = tx.now();
    let mut replica = match before {
        Some(before) => (*before).clone(),
        None => Replica {
            repository: id.clone(),
            digest: digest.clone(),
            to: backfill.to.clone(),
            status: ReplicaStatus::InProgress,
            failure: None,
            tries: 0,
            due,
            wanted: 0, // by nobody who pushed
            backfill: None,
        },
    };
    if replica.status == ReplicaStatus::Failed {
        (replica.status, replica.failure) = (ReplicaStatus::InProgress, None);
        (replica.tries, replica.due) = (0, due);
    }
    replica.backfill = Some(backfill.id.clone());
    tx.put(replica);
}

/// Forgets some of what nobody else wants; true when nothing is left in progress.
pub fn stop_some(tx: &mut Tx, backfill: &Backfill, most: usize) -> bool {
    let some: Vec<_> = backfill.replicas(tx, ReplicaStatus::InProgress).take(most).collect();
    for replica in &some {
        match replica.wanted {
            0 => drop(tx.delete::<Replica>(&Replica::key_of(&replica.repository, &replica.digest, &replica.to))),
            _ => tx.put(Replica {
                backfill: None,
                ..(**replica).clone()
            }),
        }
    }
    some.len() < most
}
