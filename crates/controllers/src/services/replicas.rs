//! REPLICA services: as many tasks as are desired.

use super::choose::choose;
use super::rolling::{self, Facts, Group, Moves};
use super::scene::Scene;
use super::seen::{self, Seen, State};
use super::{act, balance, stages, tell};
use model::{Node, RevisionStatus, RolloutState, ServiceDeployment, Strategy};
use store::Tx;

pub fn keep(tx: &mut Tx, scene: &mut Scene) {
    let Some(target) = scene.service.target.clone() else {
        return;
    };
    let beside = scene
        .under_way()
        .is_some_and(|d| d.rules.strategy != Strategy::Rolling && !d.status.goes_back());
    if beside {
        side_by_side(tx, scene, &target);
    } else {
        roll(tx, scene, &target);
    }
    balance::look(tx, scene);
    tell_of_protected(tx, scene);
}

/// When nothing is left to wait for but tasks that are protected, that is said.
pub fn tell_of_protected(tx: &Tx, scene: &mut Scene) {
    let (target, old) = (scene.target_group(), scene.old_group());
    let busy = !scene.words.is_empty() || scene.leaving() > 0 || target.pending + target.unsettled > 0;
    let beside = scene.under_way().is_some_and(ServiceDeployment::keeps_sources);
    let surplus = target.ready > scene.service.desired + balance::extra(scene);
    if busy || beside || scene.has_failed() || (old.wanted() == 0 && !surplus) {
        return;
    }
    let goes = |seen: &&Seen| surplus || !scene.is_target(seen) || seen.displaced;
    let (protected, free): (Vec<&Seen>, Vec<&Seen>) = scene
        .seen
        .iter()
        .filter(goes)
        .partition(|seen| seen.task.is_protected(scene.now));
    if protected.is_empty() || (!surplus && !free.is_empty()) {
        return;
    }
    let ids: Vec<String> = protected.iter().map(|seen| seen.task.id.clone()).collect();
    let word = tell::protected(&scene.service.name, &ids);
    if !tell::is_last(tx, &scene.service, &word) {
        scene.say(word);
    }
}

/// The target takes the place of what is old, within the bounds.
fn roll(tx: &mut Tx, scene: &mut Scene, target: &str) {
    let extra = balance::extra(scene);
    let desired = scene.service.desired + extra;
    let rules = &scene.service.rules;
    if scene.has_failed() {
        return as_it_stands(tx, scene, target);
    }
    // A hook before the first task holds the target back.
    let held = scene
        .under_way()
        .is_some_and(|d| !d.status.goes_back() && !stages::scales_target(d));
    let facts = Facts {
        desired,
        lower: rules.lower(scene.service.desired),
        upper: rules.upper(scene.service.desired).max(extra * desired),
        target: scene.target_group(),
        old: scene.old_group(),
        held: protected_idle(scene, |seen| !scene.is_target(seen) || seen.displaced),
        leaving: scene.leaving(),
        barren: scene.service.barren.is_some(),
        waiting: scene.waiting(target),
    };
    let moves = if held {
        Moves::default()
    } else {
        rolling::decide(&facts)
    };
    want(scene, target, scene.service.desired);
    apply(tx, scene, target, &moves);
    settle_enough(scene, extra, std::iter::once(target));
}

/// The last deployment failed: of its revision nothing more is started. All that runs counts, of whatever revision, and
/// what is missing is made of the one that served before; where there is none, nothing is.
fn as_it_stands(tx: &mut Tx, scene: &mut Scene, target: &str) {
    let (desired, rules) = (scene.service.desired, &scene.service.rules);
    let serving = scene.serving();
    let stays = |seen: &&Seen| !seen.displaced || serving.is_none();
    let facts = Facts {
        desired,
        lower: rules.lower(desired),
        upper: rules.upper(desired),
        target: seen::group(scene.seen.iter().filter(stays)),
        old: seen::group(scene.seen.iter().filter(|seen| !stays(seen))),
        held: protected_idle(scene, |seen| !stays(&seen)),
        leaving: scene.leaving(),
        barren: scene.service.barren.is_some(),
        waiting: serving.as_deref().map_or(0, |id| scene.waiting(id)),
    };
    let moves = rolling::decide(&facts);
    let Some(serving) = serving else {
        let moves = Moves {
            stop_surplus: moves.stop_surplus,
            surplus_ready: moves.surplus_ready,
            ..Moves::default()
        };
        want(scene, target, desired.min(facts.target.wanted()));
        return apply_to(tx, scene, target, &moves, |_| true, |_| false);
    };
    // A stop by hand may leave the failed revision with the traffic: then it is the one that stays.
    let takes_traffic = |d: &ServiceDeployment| {
        d.rules.strategy != Strategy::Rolling && 2 * d.production_permille > stages::ALL_TRAFFIC
    };
    let stays = match scene.deployment.as_ref().is_some_and(takes_traffic) {
        true => target,
        false => serving.as_str(),
    };
    share(scene, &serving, stays, desired);
    if let Some(revision) = scene.revisions.get_mut(&serving) {
        revision.status = RevisionStatus::Active;
    }
    scene.stays = Some(stays.to_string());
    apply_to(tx, scene, &serving, &moves, |_| true, |seen| seen.displaced);
    settle_enough(scene, 0, std::iter::once(serving.as_str()));
}

/// Says of each revision how many there should be: what is too many is of others than `stays` first, and what is missing
/// of the serving one.
fn share(scene: &mut Scene, serving: &str, stays: &str, desired: u32) {
    let mut ids: Vec<String> = scene.revisions.keys().cloned().collect();
    ids.sort_by_key(|id| (id != stays, id != serving));
    let mut left = desired;
    let mut of_serving = 0;
    for id in ids {
        let of = |seen: &&Seen| seen.revision == id && !seen.displaced;
        let there = seen::group(scene.seen.iter().filter(of));
        let keeps = (there.pending + there.up()).min(left);
        left -= keeps;
        if id == serving {
            of_serving = keeps;
        }
        want(scene, &id, keeps);
    }
    want(scene, serving, of_serving + left);
}

/// Old ones that would go at once, if they were not protected.
fn protected_idle(scene: &Scene, old: impl Fn(&Seen) -> bool) -> u32 {
    let idle = |seen: &Seen| matches!(seen.state, State::Pending | State::Unhealthy);
    let stays = |seen: &Seen| old(seen) && idle(seen) && seen.task.is_protected(scene.now);
    let count = scene.seen.iter().filter(|seen| stays(seen)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn want(scene: &mut Scene, revision: &str, desired: u32) {
    if let Some(revision) = scene.revisions.get_mut(revision) {
        revision.desired = desired;
    }
}

/// Target and source stand beside each other, both whole, until the deployment has come to its end.
fn side_by_side(tx: &mut Tx, scene: &mut Scene, target: &str) {
    let Some(deployment) = scene.under_way().cloned() else {
        return;
    };
    let desired = scene.service.desired;
    let source = deployment
        .sources
        .iter()
        .map(|s| &s.revision)
        .find(|id| *id != target)
        .cloned();
    let keeps = deployment.keeps_sources();
    let ids: Vec<String> = scene.revisions.keys().cloned().collect();
    for id in &ids {
        let wanted = match id == target {
            true if stages::scales_target(&deployment) => desired,
            false if keeps && source.as_ref() == Some(id) => desired,
            _ => 0,
        };
        want(scene, id, wanted);
        // Of a source that failed itself nothing more is started: what of it runs may stay.
        let failed = scene
            .revisions
            .get(id)
            .is_some_and(|r| r.rollout == RolloutState::Failed);
        // Nor is there one in the place of those that must leave their nodes.
        let stays = |seen: &&Seen| seen.revision == *id && !seen.displaced;
        let there = seen::group(scene.seen.iter().filter(stays)).wanted();
        let at_most = if failed && id != target {
            wanted.min(there)
        } else {
            wanted
        };
        keep_at(tx, scene, id, at_most);
    }
    settle_enough(scene, 0, ids.iter().map(String::as_str));
}

/// So many tasks of one revision, whatever the others have.
pub fn keep_at(tx: &mut Tx, scene: &mut Scene, revision: &str, desired: u32) {
    let of = |displaced: bool| move |seen: &&Seen| seen.revision == revision && seen.displaced == displaced;
    let facts = Facts {
        desired,
        lower: scene.service.rules.lower(desired),
        upper: u32::MAX,
        target: seen::group(scene.seen.iter().filter(of(false))),
        old: seen::group(scene.seen.iter().filter(of(true))),
        held: protected_idle(scene, |seen| of(true)(&seen)),
        leaving: 0,
        barren: scene.service.barren.is_some(),
        waiting: scene.waiting(revision),
    };
    let moves = rolling::decide(&facts);
    apply_to(
        tx,
        scene,
        revision,
        &moves,
        |seen| seen.revision == revision,
        |seen| seen.displaced,
    );
}

fn apply(tx: &mut Tx, scene: &mut Scene, target: &str, moves: &Moves) {
    let old = |seen: &Seen| seen.revision != target || seen.displaced;
    apply_to(tx, scene, target, moves, |_| true, old);
}

/// `mine` are the tasks that the moves are about, `old` those of them that must go.
fn apply_to(
    tx: &mut Tx,
    scene: &mut Scene,
    target: &str,
    moves: &Moves,
    mine: impl Fn(&Seen) -> bool,
    old: impl Fn(&Seen) -> bool,
) {
    let now = scene.now;
    // One that another came for, for balance, goes before those that are chosen.
    let left = scene.leaves.take();
    let Moves {
        start: _,
        stop_unhealthy,
        stop_surplus,
        surplus_ready,
        stop_old_idle,
        stop_old_up,
    } = *moves;
    if [stop_unhealthy, stop_surplus, stop_old_idle, stop_old_up] == [0; 4] {
        return act::start(tx, scene, target, moves.start);
    }
    let all: Vec<Seen> = scene.seen.iter().filter(|seen| mine(seen)).cloned().collect();
    let is_up = |seen: &&Seen| matches!(seen.state, State::Ready | State::Unsettled(_));
    let is_idle = |seen: &&Seen| matches!(seen.state, State::Pending | State::Unhealthy);
    let olds = || all.iter().filter(|seen| old(seen));
    let news = || all.iter().filter(|seen| !old(seen));
    let mut chosen = choose(olds().filter(is_idle), moves.stop_old_idle, now);
    chosen.extend(choose(olds().filter(is_up), moves.stop_old_up, now));
    let well = |seen: &&Seen| seen.state != State::Unhealthy;
    let makes_way = |seen: &&Seen| left.as_ref().is_some_and(|place| balance::is_at(tx, &seen.task, place));
    let first = choose(news().filter(well).filter(makes_way), moves.stop_surplus.min(1), now);
    let left_over = |first: &[&Seen]| moves.stop_surplus - u32::try_from(first.len()).unwrap_or(0);
    let gone = |first: &[&Seen], seen: &Seen| first.iter().any(|one| one.task.id == seen.task.id);
    // Then, of several revisions, those that do not serve yet, and those of the one that failed.
    let stays = scene.stays.take();
    let idle = |seen: &&Seen| stays.is_some() && seen.state == State::Pending;
    let idle = choose(news().filter(idle), left_over(&first), now);
    let mut moved = first.clone();
    let first = [first, idle.clone()].concat();
    let goes = |seen: &&Seen| stays.as_ref().is_some_and(|id| *id != seen.revision) && !gone(&first, seen);
    let mut more = choose(news().filter(well).filter(goes), left_over(&first), now);
    let first = [first, more.clone()].concat();
    let mut others = choose(
        news().filter(well).filter(|seen| !gone(&first, seen)),
        left_over(&first),
        now,
    );
    let mut ready = 0;
    let mut may_go = |seen: &Seen| {
        ready += u32::from(seen.state == State::Ready);
        seen.state != State::Ready || ready <= surplus_ready
    };
    for some in [&mut moved, &mut more, &mut others] {
        some.retain(|seen| may_go(seen));
    }
    chosen.extend(idle);
    chosen.extend(others);
    chosen.extend(more);
    act::stop(tx, scene, &chosen);
    let zone = left.filter(|place| place.by.as_deref() == Some(Node::ZONE));
    act::stop_in(tx, scene, &moved, zone.as_ref().map(|place| place.at.as_str()));
    let sick = choose(news().filter(|seen| !well(seen)), moves.stop_unhealthy, now);
    let sick: Vec<Seen> = sick.into_iter().cloned().collect();
    act::stop_unhealthy(tx, scene, &sick);
    act::start(tx, scene, target, moves.start);
}

/// A service whose revisions have all that they should have, and so many `more`, lacks no room any more. One that has does
/// not speak for the others: what is said once must not be unsaid in the same look, or it is said again for ever.
pub fn settle_enough<'a>(scene: &mut Scene, more: u32, mut revisions: impl Iterator<Item = &'a str>) {
    if !scene.service.lacks_room() {
        return;
    }
    // Counted as what is started is: those that must go, or are to be replaced, do not make up for what has no place.
    let enough = |id: &str| {
        let stays = |seen: &&Seen| seen.revision == id && !seen.displaced;
        let group: Group = seen::group(scene.seen.iter().filter(stays));
        let revision = scene.revisions.get(id);
        revision.is_some_and(|revision| group.pending + group.up() >= revision.desired + more)
    };
    if revisions.all(enough) {
        scene.service.has_room();
    }
}
