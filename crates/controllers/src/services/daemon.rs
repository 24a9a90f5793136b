//! DAEMON services: one task on every node that is one for it.
//!
//! After a deployment that failed there are two words on what a node is: the failed revision's for its own tasks, which
//! stay where they may be, and for all else the word of the one that served before. What is missing is made of that one.

use super::act::{self, Barren};
use super::scene::Scene;
use super::seen::{self, Seen, State};
use super::{advance, failures, replicas, stages, tell};
use model::{About, Daemon, Membership, Node, NodeStatus, RevisionStatus, Scheduling, Service, ServiceRevision, Task};
use scheduler::launch::{Draw, Ready};
use scheduler::{Misfit, NodeView, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Key, Tx};

/// What a node is to a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Good,
    /// It is one for it, and has no room (or is silent) right now.
    Cramped,
    /// A placement constraint says that it is none.
    Barred,
    /// Not this node.
    Not,
}

impl Fit {
    fn is_for_it(self) -> bool {
        matches!(self, Fit::Good | Fit::Cramped)
    }
}

fn fit(verdict: &Verdict) -> Fit {
    let passing = |misfit: &Misfit| {
        matches!(
            misfit,
            Misfit::Cpu { .. }
                | Misfit::Memory { .. }
                | Misfit::Ports(_)
                | Misfit::Gpus { .. }
                | Misfit::Enis { .. }
                | Misfit::Named { .. }
                | Misfit::DistinctInstance { .. }
                | Misfit::AgentDisconnected
                | Misfit::Awaits(_)
        )
    };
    match verdict.misfits.as_slice() {
        [] => Fit::Good,
        misfits if misfits.iter().all(passing) => Fit::Cramped,
        misfits if misfits.iter().any(|m| matches!(m, Misfit::MemberOf { .. })) => Fit::Barred,
        _ => Fit::Not,
    }
}

/// The nodes as a revision sees them.
struct Nodes<'t> {
    ready: Ready<'t>,
    all: Vec<(NodeView, Fit)>,
}

impl<'t> Nodes<'t> {
    fn of(tx: &Tx, revision: &'t ServiceRevision) -> Nodes<'t> {
        let ready = Ready::new(tx, &revision.template);
        let judged = ready.verdicts(tx).into_iter().map(|(seen, verdict)| {
            let fit = fit(&verdict);
            (seen, fit)
        });
        let all = judged
            .filter(|(seen, _)| seen.node.status != NodeStatus::Inactive)
            .collect();
        Nodes { ready, all }
    }

    fn fits(&self) -> BTreeMap<&str, Fit> {
        self.all
            .iter()
            .map(|(seen, fit)| (seen.node.id.as_str(), *fit))
            .collect()
    }

    fn that_are_for_it(&self) -> impl Iterator<Item = &(NodeView, Fit)> {
        self.all.iter().filter(|(_, fit)| fit.is_for_it())
    }
}

pub fn keep(tx: &mut Tx, scene: &mut Scene) {
    let Some(target) = scene.target().cloned() else { return };
    let nodes = Nodes::of(tx, &target);
    if scene.under_way().is_some() {
        count(scene, nodes.that_are_for_it().count());
        advance::advance(scene);
        if scene.service.target.as_ref() != Some(&target.id) {
            // It goes back: the next look is at the other revision.
            let now = scene.now;
            scene.wake_at(now);
            return;
        }
    }
    let serving = scene.serving().and_then(|id| scene.revisions.get(&id)).cloned();
    match (scene.has_failed(), serving) {
        (false, _) => {
            roll(tx, scene, &target, &nodes);
            replicas::tell_of_protected(tx, scene);
        }
        (true, Some(serving)) => as_it_stands(tx, scene, &target, &nodes, &serving),
        (true, None) => {
            // A first deployment: nothing is started until there is another.
            let (stays, goes) = divide(scene, &nodes.fits(), |_| None);
            count(scene, nodes.that_are_for_it().count());
            want(scene, &target.id, stays.len());
            leave(tx, scene, goes);
            scene.service.has_room();
        }
    }
}

/// On so many nodes it is to be.
fn count(scene: &mut Scene, nodes: usize) {
    let desired = u32::try_from(nodes).unwrap_or(u32::MAX);
    if scene.service.desired != desired {
        scene.service.desired = desired;
        let word = tell::computed(&scene.service.name, None, desired);
        scene.say(word);
    }
}

fn want(scene: &mut Scene, revision: &str, tasks: usize) {
    if let Some(revision) = scene.revisions.get_mut(revision) {
        revision.desired = u32::try_from(tasks).unwrap_or(u32::MAX);
    }
}

/// Tasks that must leave their nodes, and those of them that do because a constraint is against the node.
#[derive(Default)]
struct Goes {
    tasks: Vec<Seen>,
    barred: Vec<String>,
}

/// Those that may stay where they are, one a node; and tasks on nodes that are none for it, and second ones. `own` is
/// what the node is to a task whose revision has a word of its own.
fn divide(scene: &Scene, fits: &BTreeMap<&str, Fit>, own: impl Fn(&Seen) -> Option<Fit>) -> (Vec<Seen>, Goes) {
    let (mut stays, mut goes) = (BTreeMap::new(), Goes::default());
    for seen in scene.seen.iter().filter(|seen| seen.state != State::Leaving) {
        let node = seen.task.node.as_deref().unwrap_or_default();
        let fit = own(seen).or_else(|| fits.get(node).copied()).unwrap_or(Fit::Not);
        if fit.is_for_it() && !seen.displaced && !stays.contains_key(node) {
            stays.insert(node, seen.clone());
            continue;
        }
        goes.tasks.push(seen.clone());
        if fit == Fit::Barred && !seen.displaced {
            goes.barred.push(seen.task.id.clone());
        }
    }
    (stays.into_values().collect(), goes)
}

/// Of a node that drains it is the last to go: what else is there counts on it.
fn leave(tx: &mut Tx, scene: &mut Scene, mut goes: Goes) {
    goes.tasks.retain(|seen| !(seen.displaced && has_others(tx, seen)));
    let may_stop = |seen: &&Seen| !seen.task.is_protected(scene.now);
    let tasks: Vec<&Seen> = goes.tasks.iter().filter(may_stop).collect();
    let stopped = act::stop(tx, scene, &tasks);
    goes.barred.retain(|task| stopped.contains(task));
    if !goes.barred.is_empty() {
        let word = tell::barred(&scene.service.name, &goes.barred);
        scene.say(word);
    }
}

/// Whether tasks are on its node that are no daemon's. When one of them goes, all DAEMON services look again.
fn has_others(tx: &Tx, seen: &Seen) -> bool {
    let is_daemons = |task: &Task| {
        task.member.as_ref().is_some_and(|member| {
            let service = tx.get::<Service>(&Service::key_of(&task.cluster, &member.service));
            Daemon::of_owner(&member.service).is_some() || service.is_some_and(|s| s.scheduling == Scheduling::Daemon)
        })
    };
    let node = seen.task.node.iter();
    let mut there = node.flat_map(|node| tx.by::<Task>(Task::BY_NODE, &Key::of([node.as_str()])));
    there.any(|task| !task.is_stopped() && !is_daemons(&task))
}

fn is_sick(seen: &&Seen) -> bool {
    seen.state == State::Unhealthy
}

/// The last deployment failed: of its revision nothing more is started, and what runs stays, of whatever revision. Nodes
/// without a task, and new ones, are given one of the revision that served before.
fn as_it_stands(
    tx: &mut Tx,
    scene: &mut Scene,
    target: &ServiceRevision,
    nodes: &Nodes<'_>,
    serving: &ServiceRevision,
) {
    let failed = nodes.fits();
    let nodes = Nodes::of(tx, serving);
    let own = |seen: &Seen| {
        let is_failed = seen.revision == target.id;
        let fit = failed.get(seen.task.node.as_deref().unwrap_or_default());
        fit.copied().filter(|_| is_failed)
    };
    let fits = nodes.fits();
    let (stays, goes) = divide(scene, &fits, own);
    let elsewhere = |seen: &&Seen| {
        let node = seen.task.node.as_deref().unwrap_or_default();
        !fits.get(node).is_some_and(|fit| fit.is_for_it())
    };
    let desired = nodes.that_are_for_it().count() + stays.iter().filter(elsewhere).count();
    count(scene, desired);
    let ids: Vec<String> = scene.revisions.keys().cloned().collect();
    let mut left = desired;
    for id in ids.iter().filter(|id| **id != serving.id) {
        let keeps = stays.iter().filter(|seen| seen.revision == *id).count();
        left -= keeps;
        want(scene, id, keeps);
    }
    want(scene, &serving.id, left);
    if let Some(revision) = scene.revisions.get_mut(&serving.id) {
        revision.status = RevisionStatus::Active;
    }
    leave(tx, scene, goes);
    let sick: Vec<Seen> = stays.iter().filter(is_sick).cloned().collect();
    act::stop_unhealthy(tx, scene, &sick);
    fill(tx, scene, serving, &nodes);
}

/// The target takes the place of what is old, node by node.
fn roll(tx: &mut Tx, scene: &mut Scene, target: &ServiceRevision, nodes: &Nodes<'_>) {
    let (stays, mut goes) = divide(scene, &nodes.fits(), |_| None);
    let desired = nodes.that_are_for_it().count();
    count(scene, desired);
    want(scene, &target.id, desired);
    // A hook before the first task holds the target back.
    let held = scene
        .under_way()
        .is_some_and(|d| !d.status.goes_back() && !stages::scales_target(d));
    if held {
        goes.tasks.retain(|seen| seen.displaced);
        return leave(tx, scene, goes);
    }
    // Old ones, as far as enough stay healthy.
    let lower = scene.service.rules.lower(scene.service.desired);
    let is_old = |seen: &&Seen| seen.revision != target.id;
    let new = seen::group(stays.iter().filter(|seen| !is_old(seen)));
    let healthy = new.ready + seen::group(stays.iter().filter(is_old)).up();
    let mut may_go = healthy.saturating_sub(lower);
    for seen in stays.iter().filter(is_old) {
        let serves = matches!(seen.state, State::Ready | State::Unsettled(_));
        if serves && may_go == 0 || seen.task.is_protected(scene.now) {
            continue;
        }
        may_go -= u32::from(serves);
        goes.tasks.push(seen.clone());
    }
    leave(tx, scene, goes);
    let sick: Vec<Seen> = stays
        .iter()
        .filter(|seen| !is_old(seen))
        .filter(is_sick)
        .cloned()
        .collect();
    act::stop_unhealthy(tx, scene, &sick);
    fill(tx, scene, target, nodes);
}

/// A task of this revision where there is none, not even one on its way out.
fn fill(tx: &mut Tx, scene: &mut Scene, revision: &ServiceRevision, nodes: &Nodes<'_>) {
    let busy = |node: &str| scene.seen.iter().any(|seen| seen.task.node.as_deref() == Some(node));
    let empty: Vec<&(NodeView, Fit)> = nodes
        .that_are_for_it()
        .filter(|(seen, _)| !busy(&seen.node.id))
        .collect();
    if empty.is_empty() {
        scene.service.has_room();
        return;
    }
    if let Some(until) = failures::held_until(scene, &revision.id) {
        scene.wake_at(until);
        return;
    }
    let ready = &nodes.ready;
    let (mut started, mut barren) = (Vec::new(), None);
    for (view, _) in empty {
        if scene.budget == 0 {
            let now = scene.now;
            scene.wake_at(now);
            break;
        }
        let node = Arc::clone(&view.node);
        match ready.place_on(tx, &node, true) {
            Ok(place) => {
                let draw = Draw::seeded(scene.service.draw());
                let member = Some(Membership {
                    service: scene.service.name.clone(),
                    revision: revision.id.clone(),
                });
                match ready.start(tx, &draw, node.capacity_provider.as_deref(), member, &place) {
                    Ok(task) => {
                        scene.budget -= 1;
                        started.push(task.id.clone());
                    }
                    Err(lacks) => barren = Some(on_node(format!("container instance {} {lacks}", node.id), &node)),
                }
            }
            Err(misfit) => {
                let cut_off = misfit == Misfit::AgentDisconnected;
                let passes = cut_off && act::cut_off_lately(tx, &node.cluster, &node.id);
                // One that will not pass by itself is told of.
                if barren.as_ref().is_none_or(|barren: &Barren| barren.passes) {
                    let mut why = on_node(format!("container instance {} lacks: {misfit}", node.id), &node);
                    (why.about.reason, why.passes) = (Some(misfit.reason().to_string()), passes);
                    barren = Some(why);
                }
            }
        }
    }
    if !started.is_empty() {
        scene.service.steady = false;
        let word = tell::started(&scene.service.name, None, &started);
        scene.say(word);
    }
    act::settle_barren(scene, barren);
}

fn on_node(reason: String, node: &Node) -> Barren {
    Barren {
        about: About {
            nodes: vec![node.id.clone()],
            ..About::default()
        },
        ..Barren::because(reason)
    }
}
