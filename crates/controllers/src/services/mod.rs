//! Services are kept as they should be: so many tasks, of the right revision, within their bounds, and the deployment
//! that leads there goes through its stages, or back.
//!
//! One look at one service: [`scene`] reads it all, [`failures`] counts what went wrong, [`advance`] moves the deployment,
//! [`replicas`], [`daemon`] and [`sets`] say what to start and stop, [`act`] does it, and the scene writes back what
//! changed. What is decided is in pure modules: [`rolling`], [`stages`], [`choose`].
//!
//! Words are those of [`model::Service`]. A service is *needy* when another node, or room on one, would change what it
//! does.

mod act;
mod advance;
mod balance;
mod choose;
mod daemon;
mod failures;
mod hooks;
mod pins;
mod replicas;
mod rolling;
mod scene;
mod seen;
mod sets;
mod stages;
mod tell;
#[cfg(test)]
mod tests;

use base::Timestamp;
use control::{Controller, Next};
use model::{Controls, Node, NodeLedger, Scheduling, Service, ServiceDeployment, ServiceRevision, ServiceStatus};
use model::{Standing, Task, TaskSet};
use scene::Scene;
use scheduler::Board;
pub(crate) use seen::has_checks;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Change, Key, Record, Tx, View};

/// Keeps services.
#[derive(Clone, Debug)]
pub struct KeepServices {
    /// A task without health checks counts as healthy this long after its start. AWS waits 40 seconds.
    pub settle_ms: i64,
    /// A node that is silent for so long has lost its tasks.
    pub lost_ms: i64,
    /// Tasks that one look starts or stops at most.
    pub batch: u32,
    /// What is free where; without it every node is looked at.
    pub board: Option<Arc<Board>>,
}

impl Default for KeepServices {
    fn default() -> Self {
        KeepServices {
            settle_ms: 5_000,
            lost_ms: 60_000,
            batch: 250,
            board: None,
        }
    }
}

/// Keys that are no service's: cluster names are never empty.
const SPECIAL: &str = "";

fn needy_key() -> Key {
    Key::of([SPECIAL])
}

fn node_key(id: &str) -> Key {
    Key::of([SPECIAL, id])
}

impl Controller for KeepServices {
    fn name(&self) -> &'static str {
        "keep-services"
    }

    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<Service>(&Key::all())
            .filter(|service| service.status != ServiceStatus::Inactive)
            .map(|service| service.key())
            .collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((_, Some(service))) = change.of::<Service>() {
            dirty(service.key());
        } else if let Some((before, after)) = change.of::<Task>() {
            let member = |task: &Task| task.member.as_ref().map(|m| Service::key_of(&task.cluster, &m.service));
            let digests = |task: &Task| task.containers.iter().filter(|c| c.image_digest.is_some()).count();
            let look = |task: &Task| (Standing::of(task), task.health, task.protected_until, digests(task));
            let (before, after) = (before.as_deref(), after.as_deref());
            if let Some(task) = after
                && task.is_stopped()
                && let Some(service) = task.group.strip_prefix(hooks::GROUP)
            {
                dirty(Service::key_of(&task.cluster, service));
            }
            if before.map(look) != after.map(look)
                && let Some(key) = after.or(before).and_then(member)
            {
                dirty(key);
            }
        } else if let Some((_, Some(d))) = change.of::<ServiceDeployment>() {
            dirty(Service::key_of(&d.cluster, &d.service));
        } else if let Some((_, Some(r))) = change.of::<ServiceRevision>() {
            dirty(Service::key_of(&r.cluster, &r.service));
        } else if let Some((_, Some(s))) = change.of::<TaskSet>() {
            dirty(Service::key_of(&s.cluster, &s.service));
        } else if let Some((before, Some(node))) = change.of::<Node>() {
            let same = |b: &Node| {
                b.status == node.status && b.takes_tasks() == node.takes_tasks() && b.attributes == node.attributes
            };
            if !before.is_some_and(|before| same(&before)) {
                dirty(node_key(&node.id));
                dirty(needy_key());
            }
        } else if let Some((Some(before), Some(after))) = change.of::<NodeLedger>()
            && after.tasks < before.tasks
        {
            dirty(needy_key());
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        if *key == needy_key() {
            let needy: Vec<_> = tx.by::<Service>(Service::NEEDY, &Key::all()).collect();
            return self.keep_all(tx, needy.iter().map(|service| service.key()).collect());
        }
        if let Some(service) = tx.get::<Service>(key) {
            return self.keep(tx, &service);
        }
        let Some(node) = key
            .text(1)
            .filter(|_| key.text(0).is_some_and(|first| first == SPECIAL))
        else {
            return Next::Rest;
        };
        let there = tx.by::<Task>(Task::BY_NODE, &Key::of([node.as_str()]));
        let member = |task: &Task| task.member.as_ref().map(|m| Service::key_of(&task.cluster, &m.service));
        let services: BTreeSet<Key> = there.filter_map(|task| member(&task)).collect();
        // The silence of a node is looked at again when it has lasted.
        let again = self.keep_all(tx, services.into_iter().collect());
        let silent = Next::At(tx.now().plus_millis(self.lost_ms));
        if again == Next::Rest { silent } else { again }
    }
}

impl KeepServices {
    fn keep_all(&self, tx: &mut Tx, keys: Vec<Key>) -> Next {
        let mut wake = None;
        for key in keys {
            let Some(service) = tx.get::<Service>(&key) else {
                continue;
            };
            if let Next::At(at) = self.keep(tx, &service) {
                seen::sooner(&mut wake, at);
            }
        }
        wake.map_or(Next::Rest, Next::At)
    }

    /// One look at one service.
    fn keep(&self, tx: &mut Tx, service: &Service) -> Next {
        if service.status == ServiceStatus::Inactive {
            return Next::Rest;
        }
        let mut scene = Scene::read(tx, service, self);
        if act::give_up_lost(tx, &mut scene) {
            // What they held is free now: the next look sees it.
            scene.write(tx);
            return Next::At(tx.now());
        }
        match (service.status, service.controls, service.scheduling) {
            (ServiceStatus::Draining, ..) => scene.drain(tx),
            (_, Controls::External | Controls::CodeDeploy, _) => sets::keep(tx, &mut scene),
            (_, Controls::Ecs, scheduling) => {
                failures::count(tx, &mut scene);
                pins::take(&mut scene);
                if scheduling == Scheduling::Daemon {
                    hooks::run(tx, &mut scene);
                    daemon::keep(tx, &mut scene);
                } else {
                    balance::settle(&mut scene);
                    hooks::run(tx, &mut scene);
                    advance::advance(&mut scene);
                    if scene.by_tally && !scene.still_lacks(service) {
                        // What happens now is about tasks that were not looked at: the next look sees them.
                        let now = scene.now;
                        scene.wake_at(now);
                    } else {
                        replicas::keep(tx, &mut scene);
                    }
                }
                scene.tell_if_steady();
            }
        }
        let wake: Option<Timestamp> = scene.wake;
        scene.write(tx);
        wake.map_or(Next::Rest, Next::At)
    }
}
