//! All of one service in one transaction: what was read, what is being changed, and what is said about it.

use super::rolling::Group;
use super::seen::{self, Patience, Seen, State};
use super::{KeepServices, act, tell};
use base::Timestamp;
use model::{
    Controls, DeploymentStatus, Place, RevisionStatus, RolloutState, Scheduling, Service, ServiceDeployment,
    ServiceRevision, ServiceStatus, ServiceTally, Strategy, TaskSet,
};
use scheduler::Board;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Key, Tx};
use tell::Word;

pub struct Scene {
    pub now: Timestamp,
    pub service: Service,
    pub deployment: Option<ServiceDeployment>,
    /// The target, those that served before it, and all that have tasks or are shown.
    pub revisions: BTreeMap<String, ServiceRevision>,
    pub tally: ServiceTally,
    pub seen: Vec<Seen>,
    pub words: Vec<Word>,
    pub wake: Option<Timestamp>,
    /// The tasks were not looked at, because their numbers say what is to be done: `seen` is empty then.
    pub by_tally: bool,
    pub board: Option<Arc<Board>>,
    /// Where a task may go now, because another came for it, for balance.
    pub leaves: Option<Place>,
    /// The revision whose tasks go last, when there are too many of several.
    pub stays: Option<String>,
    /// How many tasks may still be started or stopped in this look.
    pub budget: u32,
    before: (Service, Option<ServiceDeployment>, BTreeMap<String, ServiceRevision>),
}

/// A service with fewer tasks than so many looks can start is looked at as a whole.
const MANY_BATCHES: u32 = 2;

/// Whether a large service lacks so many tasks that the next ones can be started without a look at those that are there:
/// nothing but the target runs, and nothing of it is to be stopped. All are looked at whenever their number has doubled.
fn lacks_many(
    service: &Service,
    deployment: Option<&ServiceDeployment>,
    revisions: &BTreeMap<String, ServiceRevision>,
    tally: &ServiceTally,
    batch: u32,
) -> bool {
    let Some(target) = service.target.as_deref().and_then(|id| revisions.get(id)) else {
        return false;
    };
    let there = tally.of(&target.id);
    let (live, many) = (there.live(), batch.saturating_mul(MANY_BATCHES));
    let rolls = |d: &ServiceDeployment| {
        let plain = d.rules.strategy == Strategy::Rolling && d.rules.hooks.is_empty();
        plain && d.status == DeploymentStatus::InProgress
    };
    let plain = service.status == ServiceStatus::Active
        && service.controls == Controls::Ecs
        && service.scheduling == Scheduling::Replica
        && service.balancing.is_none()
        && !service.lacks_room()
        && target.shares.is_empty()
        && target.rollout != RolloutState::Failed
        && deployment.is_none_or(|d| d.status.is_over() || rolls(d));
    plain
        && live >= many
        && service.desired >= live.saturating_add(many)
        && live == there.pending + there.running
        && revisions.keys().all(|id| *id == target.id || tally.of(id).live() == 0)
        && !(live / batch.max(1)).is_power_of_two()
}

impl Scene {
    pub fn read(tx: &Tx, service: &Service, settings: &KeepServices) -> Scene {
        let now = tx.now();
        let of = Key::of([service.cluster.as_str(), service.name.as_str()]);
        let tally = tx.get::<ServiceTally>(&ServiceTally::key_of(&service.cluster, &service.name));
        let tally = tally.map_or_else(
            || ServiceTally::empty(&service.cluster, &service.name),
            |tally| (*tally).clone(),
        );
        let deployment = service.deployment.as_ref().and_then(|id| {
            let key = ServiceDeployment::key_of(&service.cluster, &service.name, id);
            tx.get::<ServiceDeployment>(&key).map(|d| (*d).clone())
        });
        let served = |id: &String| {
            let mut sources = deployment.iter().flat_map(|d| &d.sources);
            service.proven.as_ref() == Some(id) || sources.any(|source| source.revision == *id)
        };
        let matters =
            |r: &ServiceRevision| r.status != RevisionStatus::Inactive || served(&r.id) || tally.of(&r.id).live() > 0;
        let revisions: BTreeMap<String, ServiceRevision> = tx
            .scan::<ServiceRevision>(&of)
            .filter(|r| matters(r))
            .map(|r| (r.id.clone(), (*r).clone()))
            .collect();
        let patience = Patience {
            settle_ms: settings.settle_ms,
            lost_ms: settings.lost_ms,
        };
        let by_tally = lacks_many(service, deployment.as_ref(), &revisions, &tally, settings.batch);
        let (seen, wake) = match by_tally {
            true => (Vec::new(), None),
            false => seen::look(tx, service, patience, now),
        };
        Scene {
            now,
            before: (service.clone(), deployment.clone(), revisions.clone()),
            service: service.clone(),
            deployment,
            revisions,
            tally,
            seen,
            words: Vec::new(),
            wake,
            by_tally,
            board: settings.board.clone(),
            leaves: None,
            stays: None,
            budget: settings.batch,
        }
    }

    pub fn say(&mut self, word: Word) {
        self.words.push(word);
    }

    pub fn wake_at(&mut self, at: Timestamp) {
        seen::sooner(&mut self.wake, at);
    }

    pub fn target(&self) -> Option<&ServiceRevision> {
        self.revisions.get(self.service.target.as_deref()?)
    }

    pub fn is_target(&self, seen: &Seen) -> bool {
        self.service.target.as_ref() == Some(&seen.revision)
    }

    /// Tasks of the target that may stay.
    pub fn target_group(&self) -> Group {
        if self.by_tally {
            let target = self.service.target.as_deref().unwrap_or_default();
            let there = self.tally.of(target);
            return Group {
                pending: there.pending,
                unsettled: there.running,
                ..Group::default()
            };
        }
        seen::group(self.seen.iter().filter(|s| self.is_target(s) && !s.displaced))
    }

    /// Whether it is still the same revision that lacks tasks as before this look.
    pub fn still_lacks(&self, before: &Service) -> bool {
        self.service.target == before.target && !self.has_failed()
    }

    /// Tasks that must go.
    pub fn old_group(&self) -> Group {
        seen::group(self.seen.iter().filter(|s| !self.is_target(s) || s.displaced))
    }

    pub fn leaving(&self) -> u32 {
        let leaving = self.seen.iter().filter(|s| s.state == State::Leaving).count();
        u32::try_from(leaving).unwrap_or(u32::MAX)
    }

    /// Tasks of a revision that wait for capacity: they have no place yet.
    pub fn waiting(&self, revision: &str) -> u32 {
        let waits = |s: &&Seen| s.revision == revision && s.state == State::Pending && s.task.node.is_none();
        u32::try_from(self.seen.iter().filter(waits).count()).unwrap_or(u32::MAX)
    }

    /// The deployment, while it is under way.
    pub fn under_way(&self) -> Option<&ServiceDeployment> {
        self.deployment.as_ref().filter(|d| !d.status.is_over())
    }

    /// Whether the last deployment ended without success, and did not go back.
    pub fn has_failed(&self) -> bool {
        self.under_way().is_none() && self.target().is_some_and(|t| t.rollout == RolloutState::Failed)
    }

    /// After a deployment that failed: the revision that served before, of which what is missing is made.
    pub fn serving(&self) -> Option<String> {
        let rollout = |id: &str| self.revisions.get(id).map(|revision| revision.rollout);
        self.service.served_before(self.deployment.as_ref(), rollout).cloned()
    }

    /// A deleted service: its tasks stop, and then it is gone.
    pub fn drain(&mut self, tx: &mut Tx) {
        let live: Vec<Seen> = self
            .seen
            .iter()
            .filter(|s| s.state != State::Leaving)
            .cloned()
            .collect();
        let chosen: Vec<&Seen> = live.iter().collect();
        act::stop(tx, self, &chosen);
        if let Some(deployment) = self.deployment.as_mut().filter(|d| !d.status.is_over()) {
            deployment.stop(self.now, "The service was deleted.".to_string());
        }
        if !self.seen.is_empty() {
            return;
        }
        for revision in self.revisions.values_mut() {
            revision.status = RevisionStatus::Inactive;
            revision.desired = 0;
        }
        let of = Key::of([self.service.cluster.as_str(), self.service.name.as_str()]);
        let sets: Vec<_> = tx.scan::<TaskSet>(&of).collect();
        for set in sets {
            tx.delete::<TaskSet>(&TaskSet::key_of(&set.cluster, &set.service, &set.id));
        }
        self.service.status = ServiceStatus::Inactive;
        self.service.deleted_at = Some(self.now);
        self.service.target = None;
        self.service.has_room();
    }

    /// What is so when nothing is left to do is told once.
    pub fn tell_if_steady(&mut self) {
        let desired = self.service.desired;
        let group = self.target_group();
        let alone = self.seen.len() == group.wanted() as usize;
        let as_asked = alone && group.ready == desired && group.wanted() == desired;
        if self.service.steady && !as_asked {
            // It may be a while (a protected task holds it up) before anything is done about it.
            self.service.steady = false;
        }
        let still = self.under_way().is_none() && self.service.balancing.is_none() && self.words.is_empty();
        if !still || self.service.steady || !as_asked {
            return;
        }
        self.service.steady = true;
        self.service.has_room();
        let shares = self.target().map_or(&[][..], |target| &target.shares);
        let providers: Vec<String> = shares.iter().map(|share| share.provider.clone()).collect();
        if !providers.is_empty() {
            let word = tell::capacity_steady(&self.service.name, &providers);
            self.say(word);
        }
        let word = tell::steady(&self.service.name);
        self.say(word);
    }

    /// Revisions without tasks are no longer shown, and what changed is kept.
    pub fn write(mut self, tx: &mut Tx) {
        let waited_for: Vec<String> = match self.under_way() {
            Some(d) => d.revisions().map(str::to_string).collect(),
            None => Vec::new(),
        };
        let serving = self.serving().filter(|_| self.has_failed());
        let (service, tally) = (&self.service, &self.tally);
        let live = |id: &str| tally.of(id).live() > 0 || self.seen.iter().any(|s| s.revision == id);
        for revision in self.revisions.values_mut() {
            let stays = service.target.as_ref() == Some(&revision.id)
                || revision.task_set.is_some()
                || waited_for.contains(&revision.id)
                || (serving.as_ref() == Some(&revision.id) && revision.desired > 0)
                || live(&revision.id);
            if !stays && revision.status == RevisionStatus::Active {
                revision.status = RevisionStatus::Inactive;
                revision.desired = 0;
            }
        }
        let now = self.now;
        for word in std::mem::take(&mut self.words) {
            tell::keep(tx, &mut self.service, word);
        }
        if let Some(deployment) = &self.deployment {
            deployment.stop_left(tx);
        }
        let (service, deployment, revisions) = self.before;
        for (id, mut revision) in self.revisions {
            if revisions.get(&id) != Some(&revision) {
                revision.updated_at = now;
                tx.put(revision);
            }
        }
        if let Some(mut after) = self.deployment.filter(|after| deployment.as_ref() != Some(after)) {
            after.updated_at = now;
            tx.put(after);
        }
        if service != self.service {
            tx.put(self.service);
        }
    }
}
