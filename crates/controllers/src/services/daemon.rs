//! DAEMON services: one task on every node that is one for it.

use super::act::{self, Barren};
use super::scene::Scene;
use super::seen::{self, Seen, State};
use super::{advance, failures, tell};
use model::{About, Membership, Node, NodeStatus, RolloutState};
use scheduler::launch::{Draw, Ready};
use scheduler::{Misfit, NodeView, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Tx;

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

pub fn keep(tx: &mut Tx, scene: &mut Scene) {
    let Some(target) = scene.target().cloned() else { return };
    let ready = Ready::new(tx, &target.template);
    let nodes: Vec<(NodeView, Fit)> = ready
        .verdicts(tx)
        .into_iter()
        .map(|(seen, verdict)| {
            let fit = fit(&verdict);
            (seen, fit)
        })
        .filter(|(seen, _)| seen.node.status != NodeStatus::Inactive)
        .collect();
    let good: BTreeMap<&str, Fit> = nodes.iter().map(|(seen, fit)| (seen.node.id.as_str(), *fit)).collect();
    let desired = good.values().filter(|fit| fit.is_for_it()).count();
    let desired = u32::try_from(desired).unwrap_or(u32::MAX);
    if scene.service.desired != desired {
        scene.service.desired = desired;
        let word = tell::computed(&scene.service.name, None, desired);
        scene.say(word);
    }
    if let Some(revision) = scene.revisions.get_mut(&target.id) {
        revision.desired = scene.service.desired;
    }
    advance::advance(scene);
    if scene.service.target.as_ref() != Some(&target.id) {
        // It goes back: the next look is at the other revision.
        let now = scene.now;
        scene.wake_at(now);
        return;
    }
    let over = scene.under_way().is_none();
    let failed = over && scene.target().is_some_and(|t| t.rollout == RolloutState::Failed);

    // Tasks on nodes that are none for it, and second ones.
    let mut by_node: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    let (mut goes, mut barred): (Vec<Seen>, Vec<String>) = Default::default();
    let all = scene.seen.clone();
    for seen in all.iter().filter(|seen| seen.state != State::Leaving) {
        let node = seen.task.node.as_deref().unwrap_or_default();
        let fit = good.get(node).copied().unwrap_or(Fit::Not);
        let is_good = fit.is_for_it() && !seen.displaced;
        let there = by_node.entry(node).or_default();
        if is_good && there.is_empty() {
            there.push(seen);
        } else {
            goes.push(seen.clone());
            if fit == Fit::Barred && !seen.displaced {
                barred.push(seen.task.id.clone());
            }
        }
    }
    // Old ones, as far as enough stay healthy.
    let lower = scene.service.rules.lower(scene.service.desired);
    let stays = || by_node.values().flatten().copied();
    let is_old = |seen: &&Seen| seen.revision != target.id;
    let healthy = seen::group(stays().filter(|s| !is_old(s))).ready + seen::group(stays().filter(is_old)).up();
    let mut may_go = healthy.saturating_sub(lower);
    for seen in stays().filter(is_old).filter(|_| !failed) {
        let serves = matches!(seen.state, State::Ready | State::Unsettled(_));
        if serves && may_go == 0 || seen.task.is_protected(scene.now) {
            continue;
        }
        may_go -= u32::from(serves);
        goes.push(seen.clone());
    }
    let may_stop = |seen: &&Seen| !seen.task.is_protected(scene.now);
    let goes: Vec<&Seen> = goes.iter().filter(may_stop).collect();
    let stopped = act::stop(tx, scene, &goes);
    barred.retain(|task| stopped.contains(task));
    if !barred.is_empty() {
        let word = tell::barred(&scene.service.name, &barred);
        scene.say(word);
    }
    let sick: Vec<Seen> = stays()
        .filter(|seen| !is_old(seen) && seen.state == State::Unhealthy)
        .cloned()
        .collect();
    act::stop_unhealthy(tx, scene, &sick);

    // A task where there is none, not even one on its way out.
    let busy = |node: &str| all.iter().any(|seen| seen.task.node.as_deref() == Some(node));
    let empty: Vec<&(NodeView, Fit)> = nodes
        .iter()
        .filter(|(seen, fit)| fit.is_for_it() && !busy(&seen.node.id))
        .collect();
    if failed || empty.is_empty() {
        if empty.is_empty() {
            scene.service.has_room();
        }
        return;
    }
    if let Some(until) = failures::held_until(scene, &target.id) {
        scene.wake_at(until);
        return;
    }
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
                    revision: target.id.clone(),
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
