//! Doing what was decided: tasks started and stopped, in this transaction.

use super::scene::Scene;
use super::seen::Seen;
use super::{balance, failures, tell};
use model::{
    About, Actor, CapacityProvider, LaunchType, Membership, Node, Service, ServiceRevision, StopCode, Task, TaskStatus,
    Template, Waiting, Why, ledger,
};
use scheduler::launch::{Draw, Ready, shares};
use scheduler::{Misfit, Placement, Verdict};
use std::collections::BTreeMap;
use store::Tx;

/// Without news, a service that lacks room looks again after this.
const LOOK_AGAIN_MS: i64 = 30_000;

/// Starts up to `count` tasks of a revision, where there is room. What has no place is told, and waits.
pub fn start(tx: &mut Tx, scene: &mut Scene, revision: &str, count: u32) {
    if count == 0 {
        return;
    }
    if let Some(until) = failures::held_until(scene, revision) {
        scene.wake_at(until);
        return;
    }
    let Some(of) = scene.revisions.get(revision).cloned() else {
        return;
    };
    let now_count = count.min(scene.budget);
    if now_count == 0 {
        let now = scene.now;
        scene.wake_at(now);
        return;
    }
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for seen in scene.seen.iter().filter(|seen| seen.revision == revision) {
        if let Some(provider) = seen.task.capacity_provider.as_deref() {
            *counts.entry(provider).or_default() += 1;
        }
    }
    let divided = match of.shares.as_slice() {
        [] => vec![(None, now_count)],
        items => {
            let there = |provider: &str| counts.get(provider).copied().unwrap_or(0);
            let next = shares::next(items, there, now_count);
            next.into_iter()
                .map(|(provider, count)| (Some(provider), count))
                .collect()
        }
    };
    let ready = Ready::new(tx, &of.template);
    let board = scene.board.clone();
    let (mut started, mut barren) = (Vec::new(), None);
    for (provider, count) in divided {
        let placement = ready.find(tx, board.as_deref(), provider.as_deref(), count, scene.service.glance());
        for place in &placement.assigned {
            let draw = Draw::seeded(scene.service.draw());
            let member = Some(member(scene, revision));
            match ready.start(tx, &draw, provider.as_deref(), member, place) {
                Ok(task) => started.push(task.id.clone()),
                Err(lacks) => barren = Some(Barren::because(format!("the task has no interface: {lacks}"))),
            }
        }
        if placement.unplaced > 0 {
            let waiting = wait(tx, scene, &ready, provider.as_deref(), revision, &placement);
            let all_wait = waiting.len() == placement.unplaced as usize;
            started.extend(waiting);
            if !all_wait {
                barren = Some(Barren::of(tx, &of.template, provider.as_deref(), &placement));
            }
        }
    }
    scene.budget -= u32::try_from(started.len()).unwrap_or(u32::MAX).min(scene.budget);
    if !started.is_empty() {
        scene.service.steady = false;
        let name = &scene.service.name;
        let word = match balance::zone_to(scene) {
            Some(zone) => tell::started_in(name, zone, &started),
            None => tell::started(name, of.task_set.as_deref(), &started),
        };
        scene.say(word);
        // More at once, but only where some had room: where none has, looking again at once would find the same.
        if now_count < count {
            let now = scene.now;
            scene.wake_at(now);
        }
    }
    settle_barren(scene, barren);
}

fn member(scene: &Scene, revision: &str) -> Membership {
    Membership {
        service: scene.service.name.clone(),
        revision: revision.to_string(),
    }
}

/// Tasks without a place wait for one where their capacity lets them, as many as may. Answers with their ids.
fn wait(
    tx: &mut Tx,
    scene: &mut Scene,
    ready: &Ready<'_>,
    provider: Option<&str>,
    revision: &str,
    placement: &Placement,
) -> Vec<String> {
    if !provider.is_some_and(|provider| CapacityProvider::lets_wait(tx, provider)) {
        return Vec::new();
    }
    let because = placement.lack(provider).because;
    let until = scene.now.plus_millis(Waiting::LONGEST_MS);
    let room = Waiting::room(tx, &scene.service.cluster).min(placement.unplaced as usize);
    let waits = |_| {
        let draw = Draw::seeded(scene.service.draw());
        let member = Some(member(scene, revision));
        ready
            .wait(tx, &draw, provider, member, until, because.clone())
            .id
            .clone()
    };
    (0..room).map(waits).collect()
}

/// Why tasks have no place.
#[derive(Clone, Debug, Default)]
pub struct Barren {
    /// How the sentence goes on behind "because".
    pub reason: String,
    /// All that is known.
    pub detail: Option<String>,
    pub about: About,
    /// Nodes that were cut off a moment ago would do, and may be on their way back.
    pub passes: bool,
}

impl Barren {
    pub fn because(reason: String) -> Barren {
        Barren {
            reason,
            ..Barren::default()
        }
    }

    pub fn of(tx: &Tx, template: &Template, provider: Option<&str>, placement: &Placement) -> Barren {
        let fargate = template.launch_type == LaunchType::Fargate;
        let nearest = placement.explanation.iter().flat_map(|known| known.nearest.first());
        let lacks = placement.lack(provider).reason;
        let about = About {
            reason: Some(match fargate && lacks.starts_with("RESOURCE") {
                true => "RESOURCE:FARGATE".to_string(),
                false => lacks,
            }),
            nodes: nearest.filter(|_| !fargate).map(|near| near.node.clone()).collect(),
            providers: provider.map(str::to_string).into_iter().collect(),
            ..About::default()
        };
        let back = |verdict: &Verdict| {
            verdict.misfits == [Misfit::AgentDisconnected] && cut_off_lately(tx, &verdict.cluster, &verdict.node)
        };
        let (reason, detail) = why_unplaced(placement);
        Barren {
            reason,
            detail,
            about,
            passes: placement.verdicts.iter().any(back),
        }
    }
}

/// Whether a node's session ended a moment ago, as all did when the server started.
pub fn cut_off_lately(tx: &Tx, cluster: &str, id: &str) -> bool {
    let key = Node::key_of(cluster, id);
    let cut_off = tx.get::<Node>(&key).is_some_and(|node| !node.connected);
    // The record was last written when the session ended, or later.
    let since = tx.written_at::<Node>(&key);
    cut_off && since.is_some_and(|at| at.plus_millis(Service::PATIENCE_MS) > tx.now())
}

/// What is said when tasks have no place, once while it is so.
pub fn settle_barren(scene: &mut Scene, barren: Option<Barren>) {
    let Some(barren) = barren else {
        scene.service.has_room();
        return;
    };
    scene.service.steady = false;
    if barren.passes && scene.service.barren.is_none() {
        let now = scene.now;
        let since = *scene.service.patient_since.get_or_insert(now);
        let until = since.plus_millis(Service::PATIENCE_MS);
        if until > now {
            scene.wake_at(until);
            return;
        }
    }
    scene.service.patient_since = None;
    let again = scene.now.plus_millis(LOOK_AGAIN_MS);
    scene.wake_at(again);
    if scene.service.barren.is_none() {
        let word = tell::unplaced(&scene.service.name, &barren.reason, barren.detail, barren.about);
        scene.say(word);
    }
    scene.service.barren = Some(barren.reason);
}

/// The sentence's reason, and all that is known.
fn why_unplaced(placement: &Placement) -> (String, Option<String>) {
    let Some(explanation) = &placement.explanation else {
        return ("no container instance met all of its requirements".to_string(), None);
    };
    // The sentence goes on with a full stop of its own.
    let reason = explanation.reason().trim_end_matches('.').to_string();
    (reason, Some(explanation.to_string()))
}

/// Asks these tasks to stop, as far as this look's budget goes. Answers with the ids of those that were asked.
pub fn stop(tx: &mut Tx, scene: &mut Scene, chosen: &[&Seen]) -> Vec<String> {
    stop_in(tx, scene, chosen, None)
}

/// The same; `zone` is where there are too many, when that is why.
pub fn stop_in(tx: &mut Tx, scene: &mut Scene, chosen: &[&Seen], zone: Option<&str>) -> Vec<String> {
    let mut by_revision: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut stopped = Vec::new();
    for seen in chosen {
        if scene.budget == 0 {
            let now = scene.now;
            scene.wake_at(now);
            break;
        }
        scene.budget -= 1;
        let deployment = ServiceRevision::shown_as(&seen.revision);
        let why = Why {
            code: StopCode::ServiceSchedulerInitiated,
            reason: format!("Scaling activity initiated by (deployment {deployment})"),
        };
        ledger::stop(tx, &seen.task, why);
        by_revision
            .entry(&seen.revision)
            .or_default()
            .push(seen.task.id.clone());
        stopped.push(seen.task.id.clone());
    }
    for (revision, tasks) in by_revision {
        scene.service.steady = false;
        let set = scene.revisions.get(revision).and_then(|of| of.task_set.as_deref());
        let word = match zone {
            Some(zone) => tell::stopped_in(&scene.service.name, zone, revision, &tasks),
            None => tell::stopped(&scene.service.name, revision, set, &tasks),
        };
        scene.say(word);
    }
    stopped
}

/// Stops tasks of the target that its service found unhealthy.
pub fn stop_unhealthy(tx: &mut Tx, scene: &mut Scene, chosen: &[Seen]) {
    for seen in chosen {
        let why = Why {
            code: StopCode::ServiceSchedulerInitiated,
            reason: "Task failed container health checks".to_string(),
        };
        ledger::stop(tx, &seen.task, why);
        scene.service.steady = false;
        failures::unhealthy(scene, &seen.task, 1);
        let word = tell::unhealthy(&scene.service.name, &seen.task);
        scene.say(word);
    }
}

/// Tasks on nodes that are silent for too long are given up: whatever becomes of the node, they are not this service's
/// any more. `true` when there were any.
pub fn give_up_lost(tx: &mut Tx, scene: &mut Scene) -> bool {
    let lost: Vec<Seen> = scene.seen.iter().filter(|seen| seen.lost).cloned().collect();
    for seen in &lost {
        let node = seen.task.node.as_deref().unwrap_or_default();
        let why = Why {
            code: StopCode::ServiceSchedulerInitiated,
            reason: format!("Host lost: container instance {node} has not been heard of"),
        };
        let moved = ledger::move_task(
            tx,
            &Task::key_of(&seen.task.cluster, &seen.task.id),
            Actor::Controller,
            TaskStatus::Stopped,
            Some(why),
        );
        moved.expect("a controller may stop every task that is not STOPPED");
        scene.service.steady = false;
        let word = tell::lost(&scene.service.name, &seen.task);
        scene.say(word);
    }
    !lost.is_empty()
}
