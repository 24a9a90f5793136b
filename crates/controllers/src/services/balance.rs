//! Keeping a service even over the zones after nodes came or went: one task at a time is started where there are
//! fewest, and when it is ready one goes where there are most.

use super::scene::Scene;
use super::seen::State;
use super::tell;
use model::{LaunchType, Node, ServiceRevision};
use scheduler::launch::{Ready, shares};
use std::collections::BTreeMap;
use store::{Key, Tx};

/// Zones differ by so many tasks before one is moved.
const UNEVEN: u32 = 2;

/// One task more than desired, while one is on its way to another zone.
pub fn extra(scene: &Scene) -> u32 {
    u32::from(scene.service.balancing.is_some())
}

/// The move is over when what was started has become ready, and when the service lacks tasks itself.
pub fn settle(scene: &mut Scene) {
    if scene.service.balancing.is_none() {
        return;
    }
    let group = scene.target_group();
    let enough = group.ready > scene.service.desired;
    let lacks = group.wanted() < scene.service.desired;
    let too_long = scene.service.balanced_at.is_none_or(|at| scene.now.since(at) > MOST_MS);
    if enough || lacks || too_long || scene.under_way().is_some() {
        scene.service.balancing = None;
    } else if let Some(at) = scene.service.balanced_at {
        scene.wake_at(at.plus_millis(MOST_MS + 1));
    }
}

/// A move that takes longer is given up.
const MOST_MS: i64 = 5 * 60_000;
/// Between two moves of one service.
const REST_MS: i64 = 1_000;

/// Begins a move if the service is at rest and uneven.
pub fn look(tx: &Tx, scene: &mut Scene) {
    let service = &scene.service;
    let room = service.rules.upper(service.desired) > service.desired;
    let resting = scene.under_way().is_none() && service.steady && service.balancing.is_none();
    if !service.zone_rebalancing || !room || !resting || service.desired < UNEVEN {
        return;
    }
    let Some((from, to)) = uneven(tx, scene) else { return };
    if let Some(at) = scene
        .service
        .balanced_at
        .map(|at| at.plus_millis(REST_MS))
        .filter(|at| *at > scene.now)
    {
        scene.wake_at(at);
        return;
    }
    scene.service.balancing = Some(format!("{from} {to}"));
    scene.service.balanced_at = Some(scene.now);
    scene.service.steady = false;
    let word = tell::rebalancing(&scene.service.name, &from, &to);
    scene.say(word);
    let now = scene.now;
    scene.wake_at(now);
}

/// The fullest zone, and that in which another task would have its place, if they differ by too much. Where that is says
/// the scheduler: an emptier zone may have no room, or be none that the service's own order leads to, and a task that is
/// started elsewhere evens out nothing, however often it is tried.
fn uneven(tx: &Tx, scene: &Scene) -> Option<(String, String)> {
    let target = scene.target()?;
    let fargate = target.template.launch_type == LaunchType::Fargate;
    let cluster = if fargate {
        Key::all()
    } else {
        Key::of([scene.service.cluster.as_str()])
    };
    let mut zones: BTreeMap<String, u32> = BTreeMap::new();
    for node in tx.scan::<Node>(&cluster) {
        if node.takes_tasks()
            && (!fargate || node.fargate)
            && let Some(zone) = node.attribute(Node::ZONE)
        {
            zones.entry(zone.to_string()).or_default();
        }
    }
    if zones.len() < 2 {
        return None;
    }
    for seen in scene.seen.iter().filter(|seen| seen.state == State::Ready) {
        let zone = seen.task.availability_zone.as_deref()?;
        // A task in a zone that has no nodes any more cannot be balanced against.
        *zones.get_mut(zone)? += 1;
    }
    let (from, most) = zones.iter().max_by_key(|(_, count)| **count)?;
    let least = zones.values().min()?;
    if most - least < UNEVEN {
        return None;
    }
    let to = next_zone(tx, scene, target)?;
    (most - zones.get(&to)? >= UNEVEN).then(|| (from.clone(), to))
}

/// Where another task would be.
fn next_zone(tx: &Tx, scene: &Scene, target: &ServiceRevision) -> Option<String> {
    let there = |provider: &str| {
        let of = scene.seen.iter().filter(|seen| seen.revision == target.id);
        let here = of.filter(|seen| seen.task.capacity_provider.as_deref() == Some(provider));
        u32::try_from(here.count()).unwrap_or(u32::MAX)
    };
    let provider = shares::next(&target.shares, there, 1).into_iter().next();
    let ready = Ready::new(tx, &target.template);
    let glance = scene.service.glance();
    let provider = provider.as_ref().map(|(name, _)| name.as_str());
    let placement = ready.find(tx, scene.board.as_deref(), provider, 1, glance);
    let place = placement.assigned.first()?;
    place.node.attribute(Node::ZONE).map(str::to_string)
}
