//! The laws of what happened, held against what a store remembers of it.
//!
//! History is read twice: to learn how it began, which its changes tell together, and to follow it from there. So it costs
//! memory for the records that it is about, and not for how long it is.

use super::rollouts::Watched;
use super::{Broken, changes, rollouts};
use crate::{
    CapacityProvider, Cluster, Daemon, DaemonDeployment, DaemonRevision, Family, Node, Service, ServiceDeployment,
    ServiceEvent, ServiceRevision, Task, TaskDefinition,
};
use std::collections::{BTreeMap, BTreeSet};
use store::{Change, Commit, HistoryError, Record, Revision, Store};

/// Those that a law is about.
const TABLES: [&str; 13] = [
    CapacityProvider::TABLE,
    Cluster::TABLE,
    Daemon::TABLE,
    DaemonDeployment::TABLE,
    DaemonRevision::TABLE,
    Family::TABLE,
    Node::TABLE,
    Service::TABLE,
    ServiceDeployment::TABLE,
    ServiceEvent::TABLE,
    ServiceRevision::TABLE,
    Task::TABLE,
    TaskDefinition::TABLE,
];
/// Changes that are read from the disk in one go.
const AT_ONCE: usize = 10_000;
/// Of what is broken, more is not told.
const MOST_BROKEN: usize = 1_000;
/// A store that is in use forgets what is old while it is read.
const MOST_TRIES: u32 = 3;

/// What history came to.
#[derive(Debug, Default)]
pub struct Account {
    /// The commits that are known.
    pub commits: u64,
    /// Each law that something was under, and how many times. Of the laws of rollouts nobody counts.
    pub laws: BTreeMap<&'static str, u64>,
    pub broken: Vec<Broken>,
}

/// Follows everything that the store remembers.
pub fn check(store: &Store) -> Result<Account, HistoryError> {
    let mut tried = 0;
    loop {
        tried += 1;
        match follow(store) {
            Err(HistoryError::Forgotten { .. }) if tried < MOST_TRIES => {}
            ended => return ended,
        }
    }
}

fn follow(store: &Store) -> Result<Account, HistoryError> {
    let (from, until) = (store.oldest(), store.snapshot().revision());
    let mut watched = Watched::default();
    watched.adopt(&store.snapshot());
    // As it is now, but for what has changed: that is as it was before its first change.
    let mut ever = BTreeSet::new();
    each(store, from, until, &mut |commit| {
        for change in &commit.changes {
            let place = (change.table, change.key.clone());
            if !ever.contains(&place) {
                watched.begin(change);
                ever.insert(place);
            }
        }
    })?;
    let mut account = Account {
        laws: rollouts::LAWS.iter().map(|law| (*law, 0)).collect(),
        ..Account::default()
    };
    let mut known = BTreeSet::new();
    each(store, from, until, &mut |commit| {
        account.commits += 1;
        for broken in watched.commit(commit) {
            account.tell(broken);
        }
        for change in &commit.changes {
            account.look(change, !known.insert((change.table, change.key.clone())));
        }
    })?;
    Ok(account)
}

impl Account {
    fn look(&mut self, change: &Change, known: bool) {
        let mut wrong = Vec::new();
        changes::look(change, known, &mut |holds, law| {
            *self.laws.entry(law).or_default() += 1;
            if !holds {
                wrong.push(law);
            }
        });
        for law in wrong {
            let at = format!("{} {}", change.table, change.key);
            self.tell(Broken { law, at });
        }
    }

    fn tell(&mut self, broken: Broken) {
        if self.broken.len() < MOST_BROKEN {
            self.broken.push(broken);
        }
    }
}

/// The commits from one revision to another, one after the other.
fn each(store: &Store, from: Revision, until: Revision, look: &mut dyn FnMut(&Commit)) -> Result<(), HistoryError> {
    let mut at = from;
    while at < until {
        let past = store.past(at, &TABLES, AT_ONCE)?;
        past.commits
            .iter()
            .filter(|commit| commit.rev <= until)
            .for_each(&mut *look);
        at = past.reached.max(Revision(at.0 + 1));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{service, service_deployment, service_revision, task, world, write};
    use crate::{Membership, StopCode, TaskStatus, Why, ledger};
    use base::Timestamp;

    /// A service of one task, which is protected; or not.
    fn town(protected: bool) -> Store {
        let store = world();
        write(&store, move |tx| {
            tx.put(service_revision("web", "1"));
            tx.put(service_deployment("web", "d1", "1"));
            tx.put(crate::Service {
                target: Some("1".to_string()),
                deployment: Some("d1".to_string()),
                ..service("web")
            });
            let member = Membership {
                service: "web".to_string(),
                revision: "1".to_string(),
            };
            ledger::keep(
                tx,
                Task {
                    member: Some(Box::new(member)),
                    protected_until: protected.then_some(Timestamp(i64::MAX)),
                    ..task("t1")
                },
            );
            Ok(())
        })
        .expect("nothing moves");
        store
    }

    fn scale_in(store: &Store) {
        write(store, |tx| {
            let mut task = (*tx.get::<Task>(&Task::key_of("default", "t1")).expect("it is there")).clone();
            let why = Why {
                code: StopCode::ServiceSchedulerInitiated,
                reason: "Scaling activity initiated by (deployment ecs-svc/1)".to_string(),
            };
            task.ask_to_stop(tx.now(), why);
            ledger::keep(tx, task);
            Ok(())
        })
        .expect("it may be asked");
    }

    fn laws(store: &Store) -> Vec<&'static str> {
        let account = check(store).expect("a store in memory reads");
        account.broken.iter().map(|broken| broken.law).collect()
    }

    #[test]
    fn what_was_done_to_a_protected_task_is_found() {
        let store = town(true);
        scale_in(&store);
        assert_eq!(laws(&store), ["a protected task is not scaled in"]);
        let store = town(false);
        scale_in(&store);
        assert_eq!(laws(&store), [""; 0]);
    }

    #[test]
    fn a_step_back_is_found_and_laws_are_counted() {
        let store = town(false);
        for status in [TaskStatus::Running, TaskStatus::Pending] {
            write(&store, move |tx| {
                let task = tx.get::<Task>(&Task::key_of("default", "t1")).expect("it is there");
                let version = task.version + 1;
                tx.put(Task {
                    status,
                    version,
                    ..(*task).clone()
                });
                Ok(())
            })
            .expect("the store asks nobody");
        }
        assert_eq!(laws(&store), ["a task only goes forward"]);
        let account = check(&store).expect("a store in memory reads");
        assert_eq!((account.commits, account.laws["a task only goes forward"]), (3, 2));
    }
}
