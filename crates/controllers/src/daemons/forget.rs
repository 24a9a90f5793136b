//! Deployments that are long over go, and with them the revisions that nobody names any more.

use base::Timestamp;
use control::Next;
use model::{Daemon, DaemonDeployment, DaemonRevision, ServiceTally, Task};
use std::collections::BTreeSet;
use store::{Key, Record, Tx};

/// A daemon's name and the id of one of its revisions.
type Named = (String, String);

/// Looks at all of a cluster.
pub fn old(tx: &mut Tx, cluster: &Key, keep_ms: i64) -> Next {
    let mut next: Option<Timestamp> = None;
    let mut named: BTreeSet<Named> = BTreeSet::new();
    let all: Vec<_> = tx.scan::<DaemonDeployment>(cluster).collect();
    for deployment in all {
        let daemon = tx.get::<Daemon>(&Daemon::key_of(&deployment.cluster, &deployment.daemon));
        let is_last = daemon.is_some_and(|daemon| daemon.deployment == deployment.id);
        let due = deployment
            .finished_at
            .map(|at| at.plus_millis(keep_ms))
            .filter(|_| !is_last);
        match due {
            Some(due) if due <= tx.now() => {
                tx.delete::<DaemonDeployment>(&deployment.key());
                continue;
            }
            Some(due) => next = Some(next.map_or(due, |next| next.min(due))),
            None => {}
        }
        let back = deployment.rollback.iter().map(|rollback| &rollback.to);
        let sources = deployment.sources.iter().chain([&deployment.target]).chain(back);
        named.extend(sources.map(|source| (deployment.daemon.clone(), source.revision.clone())));
    }
    for daemon in tx.scan::<Daemon>(cluster) {
        let proven = daemon.proven.iter().map(|proven| &proven.revision);
        named.extend(
            proven
                .chain([&daemon.target])
                .map(|id| (daemon.name.clone(), id.clone())),
        );
    }
    forget_revisions(tx, cluster, &named);
    next.map_or(Next::Rest, Next::At)
}

fn forget_revisions(tx: &mut Tx, cluster: &Key, named: &BTreeSet<Named>) {
    let revisions: Vec<_> = tx.scan::<DaemonRevision>(cluster).collect();
    for revision in revisions {
        let owner = Daemon::owner(&revision.daemon);
        let tasks = Key::of([revision.cluster.as_str(), owner.as_str(), revision.id.as_str()]);
        let lives = tx.by::<Task>(Task::BY_SERVICE, &tasks).next().is_some();
        if lives || named.contains(&(revision.daemon.clone(), revision.id.clone())) {
            continue;
        }
        tx.delete::<DaemonRevision>(&revision.key());
        if tx
            .get::<Daemon>(&Daemon::key_of(&revision.cluster, &revision.daemon))
            .is_none()
        {
            tx.delete::<ServiceTally>(&ServiceTally::key_of(&revision.cluster, &owner));
        }
    }
}
