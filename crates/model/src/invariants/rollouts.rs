//! What the keeper of services must not do by its own hand: laws that need the state before a commit and after it.
//!
//! A commit is the keeper's when it starts tasks of a service, or asks them to stop for scaling: nobody else does. What
//! nodes, people and machines do to tasks is no breach, however few are left.

use super::Broken;
use crate::{
    Controls, Daemon, Health, Node, NodeStatus, RolloutState, Scheduling, Service, ServiceDeployment, ServiceRevision,
    ServiceStatus, Standing, Strategy, Task, TaskStatus,
};
use base::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{Change, Commit, Key, Record, Snapshot};

pub const LAWS: &[&str] = &[
    STARTED_FOR_ONE,
    NOTHING_AFTER_THE_END,
    PROTECTED,
    FAILED_STAYS,
    MINIMUM,
    MAXIMUM,
];

const STARTED_FOR_ONE: &str = "tasks are started for a service that is there";
const NOTHING_AFTER_THE_END: &str = "a deleted service starts nothing";
const PROTECTED: &str = "a protected task is not scaled in";
const FAILED_STAYS: &str = "what failed to deploy is not started again";
const MINIMUM: &str = "a rollout takes nothing healthy below its minimum";
const MAXIMUM: &str = "a rollout starts nothing above its maximum";

/// How the keeper begins the reason of a stop that is its own decision.
const SCALING: &str = "Scaling activity";

/// The services as the last commit left them.
#[derive(Default)]
pub struct Watched {
    /// A task without health checks is ready this long after its start. Where nobody knows how long, the doubt is the
    /// keeper's: it had only what surely served, and has all that may.
    pub settle_ms: Option<i64>,
    kept: BTreeMap<Key, Kept>,
    revisions: BTreeMap<Key, Arc<ServiceRevision>>,
    deployments: BTreeMap<Key, Arc<ServiceDeployment>>,
    /// By their ids.
    draining: BTreeSet<String>,
}

#[derive(Default)]
struct Kept {
    service: Option<Arc<Service>>,
    /// Those that are not STOPPED.
    tasks: BTreeMap<Key, Arc<Task>>,
}

/// What one commit did to the tasks of one service.
#[derive(Default)]
struct Deeds {
    started: Vec<Arc<Task>>,
    stopped: Vec<Arc<Task>>,
    before: Vec<Arc<Task>>,
}

fn service_of(task: &Task) -> Option<Key> {
    let member = task.member.as_ref()?;
    if Daemon::of_owner(&member.service).is_some() {
        return None;
    }
    Some(Service::key_of(&task.cluster, &member.service))
}

impl Watched {
    /// Starts over from what is there.
    pub fn adopt(&mut self, snapshot: &Snapshot) {
        let settle_ms = self.settle_ms;
        *self = Watched {
            settle_ms,
            ..Default::default()
        };
        let all = Key::all();
        snapshot
            .scan::<Service>(&all)
            .for_each(|s| self.service(s.key(), Some(s)));
        snapshot.scan::<Task>(&all).for_each(|task| self.task(&task));
        snapshot.scan::<Node>(&all).for_each(|node| self.node(&node));
        self.revisions = snapshot
            .scan(&all)
            .map(|r: Arc<ServiceRevision>| (r.key(), r))
            .collect();
        self.deployments = snapshot
            .scan(&all)
            .map(|d: Arc<ServiceDeployment>| (d.key(), d))
            .collect();
    }

    /// The record of this change, as it was before it.
    pub fn begin(&mut self, change: &Change) {
        if let Some((before, after)) = change.of::<Task>() {
            let key = after.as_deref().and_then(service_of);
            let kept = key.and_then(|key| self.kept.get_mut(&key));
            drop(kept.and_then(|kept| kept.tasks.remove(&change.key)));
            before.iter().for_each(|task| self.task(task));
        } else if let Some((service, _)) = change.of::<Service>() {
            self.service(change.key.clone(), service);
        } else if let Some((before, after)) = change.of::<Node>() {
            if let Some(node) = after {
                self.draining.remove(&node.id);
            }
            before.iter().for_each(|node| self.node(node));
        } else if let Some((revision, _)) = change.of::<ServiceRevision>() {
            put(&mut self.revisions, &change.key, revision);
        } else if let Some((deployment, _)) = change.of::<ServiceDeployment>() {
            put(&mut self.deployments, &change.key, deployment);
        }
    }

    fn service(&mut self, key: Key, service: Option<Arc<Service>>) {
        self.kept.entry(key).or_default().service = service;
    }

    fn task(&mut self, task: &Arc<Task>) {
        let Some(key) = service_of(task) else { return };
        let tasks = &mut self.kept.entry(key).or_default().tasks;
        if task.is_stopped() {
            tasks.remove(&task.key());
        } else {
            tasks.insert(task.key(), Arc::clone(task));
        }
    }

    fn node(&mut self, node: &Node) {
        if matches!(node.status, NodeStatus::Draining | NodeStatus::Deregistering) {
            self.draining.insert(node.id.clone());
        } else {
            self.draining.remove(&node.id);
        }
    }

    /// Follows a commit. Answers with the laws that it breaks.
    pub fn commit(&mut self, commit: &Commit) -> Vec<Broken> {
        let mut deeds: BTreeMap<Key, Deeds> = BTreeMap::new();
        for change in &commit.changes {
            let Some((before, Some(after))) = change.of::<Task>() else {
                continue;
            };
            let Some(key) = service_of(&after) else { continue };
            match before {
                None => deeds.entry(key).or_default().started.push(after),
                Some(before) if is_scaled_in(&before, &after) => deeds.entry(key).or_default().stopped.push(after),
                Some(_) => {}
            }
        }
        for (key, deeds) in &mut deeds {
            let tasks = self.kept.get(key).map(|kept| kept.tasks.values().cloned());
            deeds.before = tasks.into_iter().flatten().collect();
        }
        for change in &commit.changes {
            if let Some((_, Some(task))) = change.of::<Task>() {
                self.task(&task);
            } else if let Some((_, service)) = change.of::<Service>() {
                self.service(change.key.clone(), service);
            } else if let Some((_, Some(node))) = change.of::<Node>() {
                self.node(&node);
            } else if let Some((_, revision)) = change.of::<ServiceRevision>() {
                put(&mut self.revisions, &change.key, revision);
            } else if let Some((_, deployment)) = change.of::<ServiceDeployment>() {
                put(&mut self.deployments, &change.key, deployment);
            }
        }
        let mut broken = Vec::new();
        for (key, deeds) in &deeds {
            for (law, at) in self.judge(key, deeds, commit.at) {
                let at = format!("{key} at {}: {at}", commit.rev);
                broken.push(Broken { law, at });
            }
        }
        broken
    }

    fn judge(&self, key: &Key, deeds: &Deeds, at: Timestamp) -> Vec<(&'static str, String)> {
        let mut broken = Vec::new();
        let Some(Kept {
            service: Some(service),
            tasks,
        }) = self.kept.get(key)
        else {
            return vec![(STARTED_FOR_ONE, String::new())];
        };
        if service.status != ServiceStatus::Active {
            if !deeds.started.is_empty() {
                broken.push((NOTHING_AFTER_THE_END, String::new()));
            }
            return broken;
        }
        for task in &deeds.stopped {
            if task.is_protected(at) {
                broken.push((PROTECTED, task.id.clone()));
            }
        }
        if service.controls != Controls::Ecs {
            return broken;
        }
        for task in &deeds.started {
            let revision = task.member.as_ref().map_or("", |m| m.revision.as_str());
            let revision = self
                .revisions
                .get(&ServiceRevision::key_of(&service.cluster, &service.name, revision));
            if revision.is_none_or(|r| r.rollout == RolloutState::Failed) {
                broken.push((FAILED_STAYS, task.id.clone()));
            }
        }
        let deployment = service.deployment.as_ref().and_then(|id| {
            let key = ServiceDeployment::key_of(&service.cluster, &service.name, id);
            self.deployments.get(&key)
        });
        let beside = deployment
            .is_some_and(|d| d.rules.strategy != Strategy::Rolling && !d.status.is_over() && !d.status.goes_back());
        let after: Vec<_> = tasks.values().cloned().collect();
        if !deeds.stopped.is_empty() && !beside {
            let counts = |tasks: &[Arc<Task>], doubt: bool| {
                let serves = |task: &&Arc<Task>| self.serves(task, service, at, doubt);
                tasks.iter().filter(serves).count()
            };
            let (had, has) = (counts(&deeds.before, false), counts(&after, true));
            let least = service.rules.lower(service.desired) as usize;
            if has < least.min(had) {
                let at = format!("{has} of {had} healthy are left, and {least} should be");
                broken.push((MINIMUM, at));
            }
        }
        if !deeds.started.is_empty() && service.scheduling == Scheduling::Replica {
            let wanted = |task: &&Arc<Task>| {
                matches!(
                    Standing::of(task),
                    Standing::Pending | Standing::Running | Standing::Unhealthy
                )
            };
            let is_target = |task: &&Arc<Task>| task.member.as_ref().map(|m| &m.revision) == service.target.as_ref();
            let (there, most) = match beside {
                true => {
                    let stays =
                        |task: &&Arc<Task>| Standing::of(task) != Standing::Unhealthy && !self.is_displaced(task);
                    (
                        after.iter().filter(wanted).filter(is_target).filter(stays).count(),
                        service.desired,
                    )
                }
                false => {
                    let extra = u32::from(service.balancing.is_some());
                    let upper = service.rules.upper(service.desired).max(service.desired + extra);
                    (after.iter().filter(wanted).count(), upper)
                }
            };
            if there > most as usize {
                let at = format!("there are {there}, and {most} may be");
                broken.push((MAXIMUM, at));
            }
        }
        broken
    }

    fn is_displaced(&self, task: &Task) -> bool {
        task.node.as_ref().is_some_and(|node| self.draining.contains(node))
    }

    /// Whether a task counts as healthy. Old ones are taken at their word, those of the target when they have shown it.
    fn serves(&self, task: &Task, service: &Service, at: Timestamp, in_doubt: bool) -> bool {
        let daemon = service.scheduling == Scheduling::Daemon;
        if Standing::of(task) != Standing::Running || (daemon && self.is_displaced(task)) {
            return false;
        }
        let is_target = task.member.as_ref().map(|m| &m.revision) == service.target.as_ref();
        if !is_target || self.is_displaced(task) || task.health == Health::Healthy {
            return true;
        }
        let checked = task.containers.iter().any(|c| c.essential && c.has_health_check);
        let settled = |ms| task.started_at.unwrap_or(task.created_at).plus_millis(ms) <= at;
        !checked && self.settle_ms.map_or(in_doubt, settled)
    }
}

fn is_scaled_in(before: &Task, after: &Task) -> bool {
    let asked = before.desired != TaskStatus::Stopped && after.desired == TaskStatus::Stopped;
    let for_scaling = |reason: &String| reason.starts_with(SCALING);
    asked && after.stopped_reason.as_ref().is_some_and(for_scaling)
}

fn put<R>(map: &mut BTreeMap<Key, Arc<R>>, key: &Key, record: Option<Arc<R>>) {
    match record {
        Some(record) => _ = map.insert(key.clone(), record),
        None => _ = map.remove(key),
    }
}
