//! Keeping a service as its tasks should be placed, after nodes came or went: one task at a time is started where the
//! next one has its place, and when it is ready one goes that stands worse.
//!
//! Over the zones as AWS does it; by the service's own strategy where its tag [`Service::REBALANCE_TAG`] allows so many
//! moves an hour. Every move makes the whole a little better, so that there is a last one: [`spread`] and [`pack`] say
//! which, and are pure.

use super::scene::Scene;
use super::seen::State;
use super::tell;
use model::{LaunchType, Node, NodeLedger, Place, ServiceRevision, Task};
use scheduler::launch::{Ready, shares, strategy};
use scheduler::{Amount, SpreadBy, Strategy};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Key, Tx};

/// Places differ by so many tasks before one is moved.
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
        scene.leaves = scene.service.leaves.take().filter(|_| enough);
    } else if let Some(at) = scene.service.balanced_at {
        scene.wake_at(at.plus_millis(MOST_MS + 1));
    }
}

/// A move that takes longer is given up.
const MOST_MS: i64 = 5 * 60_000;
/// Between two moves of one service over the zones.
const REST_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600_000;

/// What a service is kept to.
enum Rule {
    /// As even as can be over the nodes of an attribute, or over the nodes.
    Even(Option<String>),
    /// As few nodes as can be, by what is left of this on them.
    Packed(Amount),
}

impl Rule {
    fn is_of_zones(&self) -> bool {
        matches!(self, Rule::Even(Some(by)) if by == Node::ZONE)
    }
}

/// A task that should be elsewhere: where it is, and where another would be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Move {
    from: String,
    to: String,
}

/// Begins a move if the service is at rest and does not stand as it should.
pub fn look(tx: &Tx, scene: &mut Scene) {
    let service = &scene.service;
    let room = service.rules.upper(service.desired) > service.desired;
    let resting = scene.under_way().is_none() && service.steady && service.balancing.is_none();
    if !resting {
        return;
    }
    tell_end(tx, scene, room);
    if !room {
        return;
    }
    for (rule, rest_ms) in rules(scene) {
        let Some(found) = found(tx, scene, &rule) else {
            continue;
        };
        let rested = scene.service.balanced_at.map(|at| at.plus_millis(rest_ms));
        if let Some(at) = rested.filter(|at| *at > scene.now) {
            scene.wake_at(at);
            continue;
        }
        begin(tx, scene, &rule, found);
        return;
    }
}

/// The zones first. Each rule with how long it lets the service alone after a move.
fn rules(scene: &Scene) -> Vec<(Rule, i64)> {
    let mut rules = Vec::new();
    if scene.service.zone_rebalancing {
        rules.push((Rule::Even(Some(Node::ZONE.to_string())), REST_MS));
    }
    let first = scene.target().and_then(|target| target.template.order.first());
    let own = match first.and_then(strategy) {
        Some(Strategy::Spread(SpreadBy::Instance)) => Some(Rule::Even(None)),
        Some(Strategy::Spread(SpreadBy::Attribute(name))) => Some(Rule::Even(Some(name))),
        Some(Strategy::Binpack(amount)) => Some(Rule::Packed(amount)),
        Some(Strategy::Random) | None => None,
    };
    if let (Some(rule), Some(moves)) = (own, scene.service.moves_an_hour()) {
        rules.push((rule, HOUR_MS / i64::from(moves)));
    }
    rules
}

/// What was told to have begun for the zones has one end, whatever came between: they are even, by moves or because a
/// deployment made all tasks anew; or nothing will be moved for them any more.
fn tell_end(tx: &Tx, scene: &mut Scene, room: bool) {
    if !scene.service.evening_out {
        return;
    }
    let name = &scene.service.name;
    let word = match counts(tx, scene, Some(Node::ZONE)) {
        Some(counts) if !is_uneven(&counts) => tell::zones_even(name, &counts),
        _ if room && scene.service.zone_rebalancing => return,
        _ => tell::zones_left(name),
    };
    scene.service.evening_out = false;
    scene.say(word);
}

/// The zone that a task is started in now because zones are to be even, if it is.
pub fn zone_to(scene: &Scene) -> Option<&str> {
    let by = scene.service.leaves.as_ref()?.by.as_deref();
    let (_, to) = scene.service.balancing.as_deref()?.split_once(' ')?;
    (by == Some(Node::ZONE)).then_some(to)
}

fn begin(tx: &Tx, scene: &mut Scene, rule: &Rule, found: Move) {
    let Move { from, to } = found;
    scene.service.balancing = Some(format!("{from} {to}"));
    scene.service.balanced_at = Some(scene.now);
    scene.service.steady = false;
    if !rule.is_of_zones() {
        let word = tell::rebalancing(&scene.service.name, &from, &to);
        scene.say(word);
    } else if !scene.service.evening_out {
        scene.service.evening_out = true;
        let counts = counts(tx, scene, Some(Node::ZONE)).unwrap_or_default();
        let word = tell::zones_uneven(&scene.service.name, &counts);
        scene.say(word);
    }
    scene.service.leaves = Some(Place {
        by: match rule {
            Rule::Even(by) => by.clone(),
            Rule::Packed(_) => None,
        },
        at: from,
    });
    let now = scene.now;
    scene.wake_at(now);
}

/// Where a task is, as places are told apart by an attribute, or by nodes.
fn place_of(tx: &Tx, task: &Task, by: Option<&str>) -> Option<String> {
    let id = task.node.as_deref()?;
    match by {
        None => Some(id.to_string()),
        Some(Node::ZONE) => task.availability_zone.clone(),
        Some(name) => {
            let ledger = tx.get::<NodeLedger>(&NodeLedger::key_of(id))?;
            let node = tx.get::<Node>(&Node::key_of(&ledger.cluster, id))?;
            node.attribute(name).map(str::to_string)
        }
    }
}

pub fn is_at(tx: &Tx, task: &Task, place: &Place) -> bool {
    place_of(tx, task, place.by.as_deref()).as_ref() == Some(&place.at)
}

/// What should be moved to where. Where another task would be says the scheduler: an emptier place may have no room, or
/// be none that the service's own order leads to, and a task that is started elsewhere makes nothing better, however
/// often it is tried.
fn found(tx: &Tx, scene: &Scene, rule: &Rule) -> Option<Move> {
    let target = scene.target()?;
    match rule {
        Rule::Even(by) => {
            let by = by.as_deref();
            let counts = counts(tx, scene, by).filter(is_uneven)?;
            let to = next_node(tx, scene, target)?;
            spread(&counts, place_on(&to, by)?)
        }
        Rule::Packed(amount) => {
            let mut hosts: BTreeMap<String, u32> = BTreeMap::new();
            for seen in scene.seen.iter().filter(|seen| seen.state == State::Ready) {
                let node = seen.task.node.clone()?;
                let left = left(tx, &node, *amount)?;
                hosts.insert(node, left);
            }
            if hosts.is_empty() {
                return None;
            }
            let to = next_node(tx, scene, target)?.id.clone();
            let there = left(tx, &to, *amount)?;
            pack(&hosts, to, there)
        }
    }
}

fn place_on(node: &Node, by: Option<&str>) -> Option<String> {
    match by {
        None => Some(node.id.clone()),
        Some(name) => node.attribute(name).map(str::to_string),
    }
}

/// Tasks that are ready, by place, where there are several places.
fn counts(tx: &Tx, scene: &Scene, by: Option<&str>) -> Option<BTreeMap<String, u32>> {
    let fargate = scene.target()?.template.launch_type == LaunchType::Fargate;
    let cluster = if fargate {
        Key::all()
    } else {
        Key::of([scene.service.cluster.as_str()])
    };
    let nodes = tx.scan::<Node>(&cluster);
    let nodes = nodes.filter(|node| node.takes_tasks() && (!fargate || node.fargate));
    let mut counts: BTreeMap<String, u32> = nodes
        .filter_map(|node| place_on(&node, by))
        .map(|place| (place, 0))
        .collect();
    if counts.len() < 2 {
        return None;
    }
    for seen in scene.seen.iter().filter(|seen| seen.state == State::Ready) {
        // A task in a place that has no nodes any more cannot be balanced against.
        *counts.get_mut(&place_of(tx, &seen.task, by)?)? += 1;
    }
    Some(counts)
}

fn is_uneven(counts: &BTreeMap<String, u32>) -> bool {
    let (most, least) = (counts.values().max(), counts.values().min());
    most.zip(least).is_some_and(|(most, least)| most - least >= UNEVEN)
}

/// From the fullest place, if it is fuller than the one that takes the task even when that has it.
fn spread(counts: &BTreeMap<String, u32>, to: String) -> Option<Move> {
    let (from, most) = counts.iter().max_by_key(|(_, count)| **count)?;
    let there = counts.get(&to)?;
    (most - there >= UNEVEN).then(|| Move { from: from.clone(), to })
}

/// From the node with the most left of those that have tasks, if less is left on the one that takes the task.
fn pack(hosts: &BTreeMap<String, u32>, to: String, left_there: u32) -> Option<Move> {
    let (from, most) = hosts.iter().max_by_key(|(_, left)| **left)?;
    (*from != to && left_there < *most).then(|| Move { from: from.clone(), to })
}

/// What of a node nobody has.
fn left(tx: &Tx, id: &str, amount: Amount) -> Option<u32> {
    let ledger = tx.get::<NodeLedger>(&NodeLedger::key_of(id))?;
    let node = tx.get::<Node>(&Node::key_of(&ledger.cluster, id))?;
    Some(match amount {
        Amount::Cpu => node.resources.cpu_units.saturating_sub(ledger.cpu_units),
        Amount::Memory => node.resources.memory_mib.saturating_sub(ledger.memory_mib),
    })
}

/// Where another task would be.
fn next_node(tx: &Tx, scene: &Scene, target: &ServiceRevision) -> Option<Arc<Node>> {
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
    placement.assigned.first().map(|place| Arc::clone(&place.node))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places(counts: &[u32]) -> BTreeMap<String, u32> {
        (0..)
            .map(|at: u32| format!("p{at}"))
            .zip(counts.iter().copied())
            .collect()
    }

    #[test]
    fn one_goes_from_where_there_are_most() {
        let found = |counts: &[u32], to: &str| spread(&places(counts), to.to_string()).map(|found| found.from);
        assert_eq!(found(&[3, 1], "p1").as_deref(), Some("p0"));
        assert_eq!(found(&[2, 1], "p1"), None, "it would only be the other way round");
        assert_eq!(found(&[3, 1, 3], "p2"), None, "the empty place takes none");
    }

    #[test]
    fn one_goes_from_the_emptiest_node_to_a_fuller_one() {
        let found = |left: &[u32], to: &str, there| pack(&places(left), to.to_string(), there).map(|found| found.from);
        assert_eq!(found(&[1000, 3000], "p0", 1000).as_deref(), Some("p1"));
        assert_eq!(found(&[1000, 3000], "p9", 4000), None, "not to an empty node");
        assert_eq!(found(&[2000, 2000], "p0", 2000), None, "alike is good enough");
        assert_eq!(found(&[2000], "p0", 2000), None);
    }

    proptest! {
        /// However they stand, there is a last move, and then it is even.
        #[test]
        fn spreading_comes_to_an_end(mut counts in prop::collection::vec(0..12u32, 2..6)) {
            for _ in 0..100 {
                let now = places(&counts);
                let to = now.iter().min_by_key(|(_, count)| **count).map(|(place, _)| place.clone()).unwrap_or_default();
                let Some(Move { from, to }) = spread(&now, to) else { break };
                let at = |place: &str| now.keys().position(|name| name == place).expect("it is one of them");
                counts[at(&from)] -= 1;
                counts[at(&to)] += 1;
            }
            let (most, least) = (counts.iter().max(), counts.iter().min());
            prop_assert!(most.zip(least).is_some_and(|(most, least)| most - least < UNEVEN), "{counts:?}");
        }

        /// Nodes for ten tasks each: moved one after the other they stand on as few as can be.
        #[test]
        fn packing_comes_to_an_end(mut tasks in prop::collection::vec(0..=10u32, 1..6)) {
            for round in 0..200 {
                prop_assert!(round < 100, "{tasks:?}");
                let left: BTreeMap<String, u32> = places(&tasks).into_iter().map(|(name, tasks)| (name, 10 - tasks)).collect();
                let hosts = left.iter().filter(|(_, left)| **left < 10).map(|(name, left)| (name.clone(), *left)).collect();
                let with_room = left.iter().filter(|(_, left)| **left > 0).min_by_key(|(_, left)| **left);
                let Some((to, there)) = with_room else { break };
                let Some(Move { from, to }) = pack(&hosts, to.clone(), *there) else { break };
                let at = |place: &str| left.keys().position(|name| name == place).expect("it is one of them");
                tasks[at(&from)] -= 1;
                tasks[at(&to)] += 1;
            }
            let partly = tasks.iter().filter(|tasks| !matches!(tasks, 0 | 10)).count();
            let partly_alike = tasks.iter().filter(|tasks| !matches!(tasks, 0 | 10)).max() == tasks.iter().filter(|tasks| !matches!(tasks, 0 | 10)).min();
            prop_assert!(partly <= 1 || partly_alike, "{tasks:?}");
        }
    }
}
