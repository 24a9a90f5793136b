//! What a service remembers of its past (events, deployments, revisions without tasks) stays for a while, and so does a
//! service that was deleted. (The store's history still has them.)

use base::Timestamp;
use control::{Controller, Next};
use model::{Service, ServiceDeployment, ServiceEvent, ServiceRevision, ServiceStatus, ServiceTally, Tally, TaskSet};
use std::collections::BTreeSet;
use store::{Change, Key, Record, Tx, View};

/// The newest events stay however old they are: DescribeServices shows so many.
const MOST_SHOWN: usize = 100;
/// Records that one look takes away.
const AT_ONCE: usize = 500;
/// Nobody minds if something stays an hour too long.
const LONGEST_PAUSE_MS: i64 = 3_600_000;
const SHORTEST_PAUSE_MS: i64 = 1_000;

#[derive(Clone, Copy, Debug)]
pub struct ForgetServices {
    pub after_ms: i64,
}

impl Default for ForgetServices {
    fn default() -> Self {
        ForgetServices {
            after_ms: 7 * 24 * 3600 * 1000,
        }
    }
}

impl Controller for ForgetServices {
    fn name(&self) -> &'static str {
        "forget-services"
    }

    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<Service>(&Key::all()).map(|service| service.key()).collect()
    }

    /// A service changes too often to be looked at each time: what it remembers is looked through from time to time.
    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((before, Some(service))) = change.of::<Service>()
            && before.is_none_or(|before| before.status != service.status)
        {
            dirty(service.key());
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        let Some(service) = tx.get::<Service>(key) else {
            return Next::Rest;
        };
        let since = tx.now().plus_millis(-self.after_ms);
        let lives = tx
            .get::<ServiceTally>(key)
            .is_some_and(|tally| tally.sum(Tally::live) > 0);
        let deleted = service.status == ServiceStatus::Inactive && service.deleted_at.is_some_and(|at| at <= since);
        let gone = deleted && !lives;
        let forgotten = if gone {
            everything(tx, &service)
        } else {
            past(tx, &service, since)
        };
        let rests = forgotten.len() < AT_ONCE;
        for one in forgotten.into_iter().take(AT_ONCE) {
            one.forget(tx);
        }
        if gone && rests {
            tx.delete::<ServiceTally>(key);
            tx.delete::<Service>(key);
            return Next::Rest;
        }
        let pause = match rests {
            true => (self.after_ms / 10).clamp(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS),
            false => 0,
        };
        Next::At(tx.now().plus_millis(pause))
    }
}

/// A record to take away.
enum Past {
    Event(Key),
    Deployment(Key),
    Revision(Key),
    TaskSet(Key),
}

impl Past {
    fn forget(self, tx: &mut Tx) {
        match self {
            Past::Event(key) => drop(tx.delete::<ServiceEvent>(&key)),
            Past::Deployment(key) => drop(tx.delete::<ServiceDeployment>(&key)),
            Past::TaskSet(key) => drop(tx.delete::<TaskSet>(&key)),
            Past::Revision(key) => {
                let Some(revision) = tx.delete::<ServiceRevision>(&key) else {
                    return;
                };
                let tally = ServiceTally::key_of(&revision.cluster, &revision.service);
                if let Some(counts) = tx
                    .get::<ServiceTally>(&tally)
                    .filter(|t| t.revisions.contains_key(&revision.id))
                {
                    let mut counts = (*counts).clone();
                    counts.revisions.remove(&revision.id);
                    tx.put(counts);
                }
            }
        }
    }
}

/// What is left of a service that nobody asks for any more.
fn everything(tx: &Tx, service: &Service) -> Vec<Past> {
    let of = service.key();
    let events = tx.scan::<ServiceEvent>(&of).map(|r| Past::Event(r.key()));
    let deployments = tx.scan::<ServiceDeployment>(&of).map(|r| Past::Deployment(r.key()));
    let revisions = tx.scan::<ServiceRevision>(&of).map(|r| Past::Revision(r.key()));
    let sets = tx.scan::<TaskSet>(&of).map(|r| Past::TaskSet(r.key()));
    events
        .chain(deployments)
        .chain(revisions)
        .chain(sets)
        .take(AT_ONCE)
        .collect()
}

/// What is older than that and no longer needed, the oldest events first.
fn past(tx: &Tx, service: &Service, since: Timestamp) -> Vec<Past> {
    let of = service.key();
    let events = tx.count::<ServiceEvent>(&of).saturating_sub(MOST_SHOWN);
    let old = tx.scan::<ServiceEvent>(&of).take(events);
    let mut past: Vec<Past> = old
        .take_while(|event| event.at <= since)
        .map(|event| Past::Event(event.key()))
        .take(AT_ONCE)
        .collect();

    let mut needed: BTreeSet<String> = [&service.target, &service.proven]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    for deployment in tx.scan::<ServiceDeployment>(&of) {
        let ended = deployment
            .finished_at
            .or(deployment.stopped_at)
            .unwrap_or(deployment.updated_at);
        let newest = service.deployment.as_ref() == Some(&deployment.id);
        if deployment.status.is_over() && !newest && ended <= since {
            past.push(Past::Deployment(deployment.key()));
            continue;
        }
        needed.insert(deployment.target.clone());
        needed.extend(deployment.sources.iter().map(|source| source.revision.clone()));
        needed.extend(deployment.rollback.iter().map(|rollback| rollback.revision.clone()));
    }
    let tally = tx.get::<ServiceTally>(&of);
    let lives = |id: &str| tally.as_ref().is_some_and(|tally| tally.of(id).live() > 0);
    let has_set = |id: &str| tx.get::<TaskSet>(&of.part(ServiceRevision::shown_as(id))).is_some();
    let revisions = tx.scan::<ServiceRevision>(&of);
    let unneeded = revisions.filter(|r| r.updated_at <= since && !needed.contains(&r.id) && !lives(&r.id));
    past.extend(unneeded.filter(|r| !has_set(&r.id)).map(|r| Past::Revision(r.key())));
    past
}

#[cfg(test)]
mod tests;
