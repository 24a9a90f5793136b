//! Replication backfills: looks through a registry for what is to be copied, waits until all copies are made or have
//! failed, and forgets backfills that ended long ago.

use control::{Controller, Next};
use model::registry::backfill::{look_on, stop_some};
use model::registry::{Backfill, BackfillStatus, Replica, ReplicaStatus};
use store::{Change, Key, Record, Tx, View};

/// Images that one transaction looks at, or forgets.
const AT_ONCE: usize = 200;
/// As ECR has it.
const KEEP_MS: i64 = 90 * 24 * 3600 * 1000;

#[derive(Clone, Copy, Debug, Default)]
pub struct FillReplicas;

impl Controller for FillReplicas {
    fn name(&self) -> &'static str {
        "fill-replicas"
    }

    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<Backfill>(&Key::all())
            .map(|backfill| backfill.key())
            .collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((_, Some(backfill))) = change.of::<Backfill>() {
            dirty(backfill.key());
        }
        // One copy less in progress, or the image is gone.
        if let Some((Some(before), after)) = change.of::<Replica>()
            && before.status == ReplicaStatus::InProgress
            && after.is_none_or(|after| after.status != ReplicaStatus::InProgress)
            && let Some(id) = &before.backfill
        {
            let of = &before.repository;
            dirty(Backfill::key_of(&of.registry, &of.region, id));
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        let Some(backfill) = tx.get::<Backfill>(key) else {
            return Next::Rest;
        };
        let (mut backfill, now) = ((*backfill).clone(), tx.now());
        match backfill.status {
            BackfillStatus::Preparing => {
                if look_on(tx, &mut backfill, AT_ONCE) {
                    (backfill.status, backfill.is_prepared) = (BackfillStatus::InProgress, true);
                }
            }
            BackfillStatus::InProgress => {
                if backfill.replicas(tx, ReplicaStatus::InProgress).next().is_some() {
                    return Next::Rest; // the end of each copy is heard of
                }
                (backfill.status, backfill.ended_at) = (BackfillStatus::Complete, Some(now));
            }
            BackfillStatus::Stopping => {
                if stop_some(tx, &backfill, AT_ONCE) {
                    (backfill.status, backfill.ended_at) = (BackfillStatus::Stopped, Some(now));
                }
            }
            BackfillStatus::Complete | BackfillStatus::Stopped => {
                let until = backfill.ended_at.unwrap_or(now).plus_millis(KEEP_MS);
                if now < until {
                    return Next::At(until);
                }
                tx.delete::<Backfill>(key);
                return Next::Rest;
            }
        }
        tx.put(backfill);
        Next::At(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Timestamp;
    use model::registry::{
        Destination, Manifest, Replication, ReplicationRule, Repository, RepositoryId, change, replication,
    };
    use model::testing::{world, write};
    use store::Store;

    fn to() -> Destination {
        Destination {
            region: "eu-west-1".to_string(),
            registry: "000000000000".to_string(),
        }
    }

    fn manifest(n: u32) -> Manifest {
        Manifest {
            repository: RepositoryId::new(
                "000000000000",
                "us-east-1",
                if n.is_multiple_of(2) { "team/web" } else { "edge" },
            ),
            digest: format!("sha256:{n:064x}"),
            media_type: "t".to_string(),
            size: 2,
            artifact_type: None,
            config: None,
            layers: Vec::new(),
            manifests: Vec::new(),
            subject: None,
            pushed_at: Timestamp(0),
            pulled_at: None,
            archived_at: None,
            last_archived_at: None,
            last_activated_at: None,
        }
    }

    fn key() -> Key {
        Backfill::key_of("000000000000", "us-east-1", "b")
    }

    /// Images that nobody copied, then a rule, then a backfill.
    fn begun() -> Store {
        let store = world();
        let put = write(&store, |tx| {
            for name in ["team/web", "edge"] {
                let id = RepositoryId::new("000000000000", "us-east-1", name);
                change::create_repository(tx, Repository::new(id, tx.now())).expect("it is new");
            }
            for n in 0..900 {
                change::put_manifest(tx, manifest(n), &[]).expect("it is whole");
            }
            tx.put(Replication {
                registry: "000000000000".to_string(),
                region: "us-east-1".to_string(),
                rules: vec![ReplicationRule {
                    destinations: vec![to()],
                    prefixes: vec!["team/".to_string()],
                    deletes: None,
                }],
            });
            // And one that was pushed afterwards.
            change::put_manifest(tx, manifest(900), &[]).expect("it is whole");
            let started_at = tx.now();
            tx.put(Backfill {
                registry: "000000000000".to_string(),
                region: "us-east-1".to_string(),
                id: "b".to_string(),
                to: to(),
                status: BackfillStatus::Preparing,
                started_at,
                ended_at: None,
                looked_at: None,
                is_prepared: false,
            });
            Ok(())
        });
        put.expect("kept");
        store
    }

    /// Steps until it rests; answers with how often.
    fn run(store: &Store) -> u32 {
        for steps in 1..100 {
            let next = write(store, |tx| Ok((FillReplicas.step(tx, &key()), tx.now())));
            let (next, now) = next.expect("a step");
            if next != Next::At(now) {
                return steps;
            }
        }
        panic!("it does not come to rest");
    }

    fn backfill(store: &Store) -> Backfill {
        (*store.snapshot().get::<Backfill>(&key()).expect("it is kept")).clone()
    }

    #[test]
    fn what_was_there_before_the_rule_is_wanted_in_small_steps() {
        let store = begun();
        assert!(run(&store) > 4, "in small steps");
        let prepared = backfill(&store);
        assert_eq!(
            (prepared.status, prepared.is_prepared),
            (BackfillStatus::InProgress, true)
        );
        assert_eq!(prepared.progress(&store.snapshot()).left, 451);
        // All are made but one, which fails, and one whose image goes.
        let done = write(&store, move |tx| {
            let all: Vec<_> = prepared.replicas(tx, ReplicaStatus::InProgress).collect();
            for (n, replica) in all.iter().enumerate() {
                let (status, why) = match n {
                    0 => (ReplicaStatus::Failed, Some("Why".to_string())),
                    _ => (ReplicaStatus::Complete, None),
                };
                if n == 1 {
                    change::delete_manifest(tx, &replica.repository, &replica.digest).expect("nothing lists it");
                } else {
                    replication::tried(tx, replica, status, why, tx.now());
                }
            }
            Ok(())
        });
        done.expect("written");
        run(&store);
        let ended = backfill(&store);
        let progress = ended.progress(&store.snapshot());
        assert_eq!(ended.status, BackfillStatus::Complete);
        assert_eq!((progress.complete, progress.failed, progress.left), (449, 1, 0));
    }

    #[test]
    fn what_stops_leaves_alone_what_a_push_wants() {
        let store = begun();
        run(&store);
        let stop = write(&store, |tx| {
            let backfill = tx.get::<Backfill>(&key()).expect("it is kept");
            tx.put(Backfill {
                status: BackfillStatus::Stopping,
                ..(*backfill).clone()
            });
            Ok(())
        });
        stop.expect("written");
        run(&store);
        assert_eq!(backfill(&store).status, BackfillStatus::Stopped);
        let left: Vec<_> = store.snapshot().scan::<Replica>(&Key::all()).collect();
        assert_eq!(left.len(), 1);
        assert_eq!((&left[0].digest, &left[0].backfill), (&manifest(900).digest, &None));
    }
}
