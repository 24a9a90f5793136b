//! What services must have come to when the calm is over.

use crate::laws::Breach;
use base::Timestamp;
use fleet::simulated::script::{self, Script};
use model::{
    Controls, RolloutState, Scheduling, Service, ServiceDeployment, ServiceRevision, ServiceStatus, ServiceTally,
    Standing, Task, TaskSet, TaskStatus, Template,
};
use scheduler::launch::Ready;
use store::{Key, Record, Snapshot};

/// Who broke which law, of all services.
pub fn services(snapshot: &Snapshot, now: Timestamp) -> Vec<Breach> {
    let mut broken = Vec::new();
    for service in snapshot.scan::<Service>(&Key::all()) {
        let look = Look {
            snapshot,
            service: &service,
            now,
        };
        let found = match (service.status, service.controls) {
            (ServiceStatus::Inactive, _) => continue,
            (ServiceStatus::Draining, _) => Some(("a deleted service comes to its end", look.counts())),
            (ServiceStatus::Active, Controls::Ecs) => look.by_ecs(),
            (ServiceStatus::Active, _) => look.by_others(),
        };
        broken.extend(found.map(|(law, what)| Breach::new(law, format!("{}: {what}", service.key()))));
    }
    broken
}

struct Look<'a> {
    snapshot: &'a Snapshot,
    service: &'a Service,
    now: Timestamp,
}

impl Look<'_> {
    fn revision(&self, id: &str) -> Option<ServiceRevision> {
        let key = ServiceRevision::key_of(&self.service.cluster, &self.service.name, id);
        self.snapshot.get::<ServiceRevision>(&key).map(|r| (*r).clone())
    }

    fn counts(&self) -> String {
        let s = self.service;
        let tally = self
            .snapshot
            .get::<ServiceTally>(&ServiceTally::key_of(&s.cluster, &s.name));
        let tally = tally.map(|tally| {
            (
                tally.sum(|t| t.pending),
                tally.sum(|t| t.running),
                tally.sum(|t| t.leaving),
            )
        });
        format!(
            "desired {}, target {:?}, barren {:?}, {tally:?}",
            s.desired, s.target, s.barren
        )
    }

    fn by_ecs(&self) -> Option<(&'static str, String)> {
        let target = self.service.target.as_ref().and_then(|id| self.revision(id));
        let Some(target) = target else {
            return Some(("a service that ECS deploys has a target", self.counts()));
        };
        let deployment = self.service.deployment.as_ref().and_then(|id| {
            let key = ServiceDeployment::key_of(&self.service.cluster, &self.service.name, id);
            self.snapshot.get::<ServiceDeployment>(&key)
        });
        let over = deployment.as_ref().is_none_or(|d| d.status.is_over());
        let (all, mine) = self.running(&target.id);
        let desired = self.service.desired as usize;
        if over && all == mine && mine == desired {
            return None;
        }
        let rules = &self.service.rules;
        if self.service.desired > 0 && rules.upper(self.service.desired) <= rules.lower(self.service.desired) {
            return None; // its own bounds allow no step
        }
        if over && target.rollout == RolloutState::Failed {
            return self.after_a_failure(&target, deployment.as_deref(), all);
        }
        if !lives(&target.template) {
            return None; // it has no future, and the pauses between tries have said so
        }
        if self.lacks_room(&target) {
            let says = self.service.barren.is_some() || self.waits();
            return (!says).then(|| ("a service that lacks room says so", self.counts()));
        }
        let at = format!("{mine} of the target run, {all} of all; {}", self.counts());
        if !over {
            return Some((
                "a deployment comes to its end in the calm",
                format!("{deployment:?} {at}"),
            ));
        }
        Some(("after the calm so many run as are desired", at))
    }

    /// What is missing is made of the revision that served before, if that has a future. Of these there are `all`.
    fn after_a_failure(
        &self,
        target: &ServiceRevision,
        deployment: Option<&ServiceDeployment>,
        all: usize,
    ) -> Option<(&'static str, String)> {
        let sources = deployment
            .into_iter()
            .flat_map(|d| &d.sources)
            .map(|source| &source.revision);
        let before = self.service.proven.iter().chain(sources).filter(|id| **id != target.id);
        let serving = before
            .filter_map(|id| self.revision(id))
            .find(|revision| revision.rollout != RolloutState::Failed)?;
        let whole = all >= self.service.desired as usize;
        if whole || !lives(&serving.template) || self.lacks_room(&serving) {
            return None;
        }
        let at = format!("{all} of all run, {} served before; {}", serving.id, self.counts());
        Some(("after a failure so many run as are desired", at))
    }

    fn by_others(&self) -> Option<(&'static str, String)> {
        let of = Key::of([self.service.cluster.as_str(), self.service.name.as_str()]);
        for set in self.snapshot.scan::<TaskSet>(&of) {
            let id = set.revision();
            let Some(revision) = self.revision(id) else {
                return Some(("a task set has its revision", set.id.clone()));
            };
            if set.draining {
                return Some(("a task set that was deleted comes to its end", set.id.clone()));
            }
            let desired = set.share(self.service.desired) as usize;
            let (_, mine) = self.running(id);
            if lives(&revision.template) && mine != desired && !self.lacks_room(&revision) {
                let at = format!("{mine} of {desired} of {} run; {}", set.id, self.counts());
                return Some(("after the calm so many run as are desired", at));
            }
        }
        None
    }

    /// Live tasks of the service, and those of them that run and are of this revision.
    fn running(&self, revision: &str) -> (usize, usize) {
        let of = Key::of([self.service.cluster.as_str(), self.service.name.as_str()]);
        let all: Vec<_> = self.snapshot.by::<Task>(Task::BY_SERVICE, &of).collect();
        let is_mine = |task: &Task| task.member.as_ref().is_some_and(|m| m.revision == revision);
        let runs = |task: &Task| Standing::of(task) == Standing::Running && !task.is_protected(self.now);
        let mine = all.iter().filter(|task| is_mine(task) && runs(task)).count();
        (all.len(), mine)
    }

    /// Whether some of its tasks wait for capacity; those say themselves why.
    fn waits(&self) -> bool {
        let of = Key::of([self.service.cluster.as_str(), self.service.name.as_str()]);
        let mut all = self.snapshot.by::<Task>(Task::BY_SERVICE, &of);
        all.any(|task| task.status == TaskStatus::Provisioning)
    }

    /// Whether another task of this revision would have no place.
    fn lacks_room(&self, revision: &ServiceRevision) -> bool {
        let ready = Ready::new(self.snapshot, &revision.template);
        if self.service.scheduling == Scheduling::Daemon {
            let (_, mine) = self.running(&revision.id);
            return self.service.barren.is_some() && mine < self.service.desired as usize;
        }
        match revision.shares.as_slice() {
            [] => ready.place(self.snapshot, None, 1, 0).unplaced > 0,
            shares => {
                let full = |provider: &str| ready.place(self.snapshot, Some(provider), 1, 0).unplaced > 0;
                shares.iter().any(|share| full(&share.provider))
            }
        }
    }
}

/// Whether its tasks come to run, and go on running, wherever they are.
pub fn lives(template: &Template) -> bool {
    template.containers.iter().all(|c| match script::of(&c.image) {
        Script::CannotPull => false,
        Script::Exits { .. } => !c.essential,
        Script::Sickens { .. } | Script::Silent => !(c.essential && c.has_health_check),
        Script::Runs => true,
    })
}
