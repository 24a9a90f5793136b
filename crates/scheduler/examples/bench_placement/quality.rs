//! What is chosen, beside what the exact scan chooses.

use crate::work::{self, World};
use model::{Demand, Node};
use scheduler::board::Yard;
use scheduler::view::Pool;
use scheduler::{Amount, Ask, Request, Source, Strategy};
use std::collections::{BTreeMap, BTreeSet};

const NODES: usize = 500;
/// Sizes that fill a node badly: 131,072 units are no whole number of any.
const SIZES: [u32; 4] = [7_000, 11_000, 23_000, 300];
const ROUNDS: u64 = 60;
const TASKS: u32 = 40;

pub fn run() {
    println!("\n| quality, {NODES} nodes | engine | exact scan | goal |");
    println!("|---|--:|--:|--:|");
    let (fast, exact) = packed();
    println!(
        "| binpack: nodes used by {} tasks of {} sizes | {fast} | {exact} | 1.02x |",
        ROUNDS * u64::from(TASKS),
        SIZES.len()
    );
    let (zones, nodes) = spread();
    println!("| spread: most less least, of zones and of nodes within one | {zones}, {nodes} | | 1 |");
}

fn request<'a>(demand: &'a Demand, count: u32, strategies: &'a [Strategy], seed: u64) -> Request<'a> {
    Request {
        count,
        demand,
        all_gpus: false,
        group: "family:web",
        source: Source::Ec2,
        requires: &[],
        cpu_architecture: None,
        os_family: None,
        constraints: &[],
        strategies,
        seed,
    }
}

fn ask<'a>(request: &'a Request<'a>) -> Ask<'a> {
    Ask {
        pool: Pool::Cluster("default"),
        request,
        near: None,
    }
}

fn packed() -> (usize, usize) {
    const PACK: &[Strategy] = &[Strategy::Binpack(Amount::Cpu)];
    let world = World::of(NODES);
    let (mut yard, mut views) = (world.yard(), world.views());
    let (mut fast, mut exact) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..ROUNDS {
        let demand = Demand {
            cpu_units: SIZES[seed as usize % SIZES.len()],
            memory_mib: 1,
            ..Demand::default()
        };
        let request = request(&demand, TASKS, PACK, seed);
        fast.extend(yard.pick(&ask(&request)));
        for assigned in scheduler::place(views.clone(), &request).assigned {
            let ledger = std::sync::Arc::make_mut(&mut views[assigned.index].ledger);
            ledger.take("default", request.group, &assigned.demand);
            exact.insert(assigned.index);
        }
    }
    (fast.len(), exact.len())
}

fn spread() -> (u32, u32) {
    let mut yard: Yard = World::of(NODES).yard();
    let demand = Demand::default();
    let (mut zones, mut nodes) = (BTreeMap::new(), BTreeMap::new());
    for node in (0..NODES).map(work::node) {
        let zone = node.attribute(Node::ZONE).expect("it is in one").to_string();
        zones.insert(zone.clone(), 0u32);
        nodes.insert((zone, node.id.clone()), 0u32);
    }
    for seed in 0..ROUNDS * 10 {
        for pick in yard.pick(&ask(&request(&demand, 7, &[], seed))) {
            let node = yard.node(pick).expect("it is there");
            let zone = node.attribute(Node::ZONE).expect("it is in one").to_string();
            *zones.entry(zone.clone()).or_default() += 1;
            *nodes.entry((zone, node.id.clone())).or_default() += 1;
        }
    }
    let within = |counts: Vec<u32>| counts.iter().max().unwrap_or(&0) - counts.iter().min().unwrap_or(&0);
    let of_nodes = zones
        .keys()
        .map(|zone| within(nodes.iter().filter(|((z, _), _)| z == zone).map(|(_, n)| *n).collect()));
    (within(zones.values().copied().collect()), of_nodes.max().unwrap_or(0))
}
