//! The loop: which replicas are due, making each, and writing down what came of it. Destinations do not wait for each
//! other; at one destination one image comes after the other, so that a tag that moved twice is where it was moved last.

use super::push::Push;
use super::talk::{Failed, Talk};
use super::{Peer, Peers};
use base::{Clock, Scope};
use control::Stop;
use images::content::Content;
use model::registry::replication;
use model::registry::{Destination, Manifest, Refused, Replica, ReplicaStatus, RepositoryId, change};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::{Key, Store, StoreError, Tx};
use tokio::task::JoinSet;

const MOST_LOOKED_AT: usize = 4096;
/// Of one destination; the others wait.
const AT_ONCE: usize = 64;
/// So often it is tried, for an hour and a half altogether.
const MOST_TRIES: u32 = 18;
const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 10 * 60 * 1000;
/// How often the clock is looked at while a try is due later.
const GLANCE: Duration = Duration::from_millis(500);
/// An index of indexes is allowed; deeper ones nobody makes.
const MOST_DEPTH: usize = 4;

/// What copying needs.
#[derive(Clone)]
pub struct Copier {
    pub store: Store,
    pub content: Content,
    pub clock: Arc<dyn Clock>,
    pub scope: Scope,
    pub peers: Peers,
}

/// Runs until it is told to stop. Only the server that leads may.
pub async fn copy_images(copier: Copier, mut stop: Stop) {
    let mut changes = copier.store.watch(copier.store.snapshot().revision());
    let (mut running, mut busy) = (JoinSet::new(), BTreeSet::new());
    while !*stop.borrow() {
        let (due, later) = copier.due(&busy);
        for (to, replicas) in due {
            busy.insert(to.clone());
            let copier = copier.clone();
            running.spawn(async move {
                copier.destination(&to, replicas).await;
                to
            });
        }
        tokio::select! {
            biased;
            _ = stop.changed() => {}
            Some(done) = running.join_next(), if !running.is_empty() => match done {
                Ok(to) => drop(busy.remove(&to)),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            },
            seen = changes.next() => if seen.is_err() {
                changes = copier.store.watch(copier.store.snapshot().revision());
            },
            () = tokio::time::sleep(GLANCE), if later => {}
        }
    }
    // What is underway is dropped here, and begins again the next time.
}

/// Who makes a copy.
enum Road {
    /// Records alone: the registry is this one.
    Here,
    There(Peer),
    None,
}

impl Copier {
    /// What is due now, by destination, and whether anything is later. Destinations that are busy are left alone.
    fn due(&self, busy: &BTreeSet<Destination>) -> (BTreeMap<Destination, Vec<Replica>>, bool) {
        let (view, now) = (self.store.snapshot(), self.clock.now());
        let mut due: BTreeMap<Destination, Vec<Replica>> = BTreeMap::new();
        for replica in view.by::<Replica>(Replica::WAITING, &Key::all()).take(MOST_LOOKED_AT) {
            if replica.due > now {
                return (due, true);
            }
            let some = due.entry(replica.to.clone()).or_default();
            if some.len() < AT_ONCE && !busy.contains(&replica.to) {
                some.push((*replica).clone());
            }
        }
        due.retain(|_, replicas| !replicas.is_empty());
        (due, false)
    }

    async fn destination(&self, to: &Destination, replicas: Vec<Replica>) {
        let road = match self.peers.find(to) {
            Some(peer) => Road::There(peer.clone()),
            None if to.registry == *self.scope.account => Road::Here,
            None => Road::None,
        };
        let mut talk = match &road {
            Road::There(peer) => Some(Talk::with(peer.clone(), Arc::clone(&self.clock))),
            _ => None,
        };
        for replica in replicas {
            let made = match (&road, &mut talk) {
                (Road::Here, _) => {
                    self.here(&replica.repository, &replica.digest, &replica.target(), MOST_DEPTH)
                        .await
                }
                (_, Some(talk)) => {
                    let mut push = Push {
                        store: &self.store,
                        content: &self.content,
                        talk,
                        from: &replica.repository,
                    };
                    push.image(&replica.digest).await
                }
                (_, None) => Err(Failed::ForGood(
                    "DestinationUnknown",
                    "nobody told of a registry of that account and region".to_string(),
                )),
            };
            let lost = matches!(made, Err(Failed::Passing(_)));
            self.note(replica, made).await;
            if lost && talk.is_some() {
                // Who cannot be reached now is not asked for all the others at once.
                tokio::time::sleep(GLANCE).await;
                return;
            }
        }
    }

    async fn here(&self, from: &RepositoryId, digest: &str, to: &RepositoryId, depth: usize) -> Result<(), Failed> {
        let view = self.store.snapshot();
        let Ok(manifest) = change::find(&view, from, digest) else {
            return Ok(()); // it is gone, and so is what was noted of it
        };
        let missing = |listed: &&String| view.get::<Manifest>(&Manifest::key_of(to, listed)).is_none();
        for listed in manifest.manifests.iter().filter(missing) {
            if depth == 0 {
                return Err(Failed::ForGood(
                    "ImageTooDeep",
                    format!("{digest} lists what lists what lists .."),
                ));
            }
            Box::pin(self.here(from, listed, to, depth - 1)).await?;
        }
        let (from, digest, to) = (from.clone(), digest.to_string(), to.clone());
        let copied = self.write(move |tx| replication::copy(tx, &from, &digest, &to));
        match copied.await {
            Ok(()) | Err(NotCopied::Refused(Refused::NoManifest(_))) => Ok(()),
            Err(NotCopied::Refused(refused @ Refused::TagFixed { .. })) => {
                Err(Failed::ForGood("ImageTagAlreadyExists", refused.to_string()))
            }
            Err(NotCopied::Refused(refused)) => Err(Failed::ForGood("DestinationRefused", refused.to_string())),
            Err(NotCopied::Store(error)) => Err(Failed::Passing(error.to_string())),
        }
    }

    async fn note(&self, replica: Replica, made: Result<(), Failed>) {
        let tries = replica.tries + 1;
        let wait = (FIRST_WAIT_MS << tries.min(20)).min(LONGEST_WAIT_MS);
        let (status, failure) = match &made {
            Ok(()) => (ReplicaStatus::Complete, None),
            Err(Failed::ForGood(code, _)) => (ReplicaStatus::Failed, Some((*code).to_string())),
            Err(Failed::Passing(_)) if tries >= MOST_TRIES => {
                (ReplicaStatus::Failed, Some("DestinationUnreachable".to_string()))
            }
            Err(Failed::Passing(_)) => (ReplicaStatus::InProgress, None),
        };
        if let Err(why) = &made {
            tracing::info!(image = %replica.digest, repository = %replica.repository, %why, "an image was not copied");
        }
        let noted = self.write(move |tx| {
            let due = tx.now().plus_millis(wait);
            replication::tried(tx, &replica, status, failure.clone(), due);
            Ok(())
        });
        if let Err(NotCopied::Store(error)) = noted.await {
            tracing::error!(%error, "what came of copying an image was not kept");
            tokio::time::sleep(GLANCE).await;
        }
    }

    async fn write<T, F>(&self, mut change: F) -> Result<T, NotCopied>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> Result<T, Refused> + Send + 'static,
    {
        let written = self.store.write(move |tx| change(tx).map_err(NotCopied::Refused));
        written.await
    }
}

enum NotCopied {
    Refused(Refused),
    Store(StoreError),
}

impl From<StoreError> for NotCopied {
    fn from(error: StoreError) -> Self {
        NotCopied::Store(error)
    }
}
