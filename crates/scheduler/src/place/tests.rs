//! Placing on small clusters: what fits where, in which order, and the words for what does not.

use super::*;
use crate::strategy::Strategy;
use crate::strategy::{Amount, SpreadBy};
use model::testing::node;
use model::{Attribute, HostPort, NamedAmount, Node, NodeLedger, NodeStatus};
use proptest::prelude::{Just, Strategy as _, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use std::collections::BTreeMap;

fn view(node: Node) -> NodeView {
    let ledger = Arc::new(NodeLedger::empty(&node.cluster, &node.id));
    NodeView {
        node: Arc::new(node),
        ledger,
        groups: BTreeMap::new(),
        running: 0,
    }
}

fn in_zone(id: &str, zone: &str) -> NodeView {
    let mut node = node(id);
    node.attributes = vec![Attribute {
        name: Node::ZONE.to_string(),
        value: Some(zone.to_string()),
    }];
    view(node)
}

fn demand(cpu_units: u32, memory_mib: u32) -> Demand {
    Demand {
        cpu_units,
        memory_mib,
        ..Default::default()
    }
}

fn request<'a>(count: u32, demand: &'a Demand) -> Request<'a> {
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
        strategies: &[],
        seed: 1,
    }
}

fn member_of(text: &str) -> Constraint {
    Constraint::MemberOf(Expression::parse(text).expect("well formed"))
}

fn nodes_of(placement: &Placement) -> Vec<usize> {
    placement.assigned.iter().map(|a| a.index).collect()
}

#[test]
fn nothing_said_spreads_over_zones_and_then_nodes() {
    let nodes = [in_zone("n1", "a"), in_zone("n2", "a"), in_zone("n3", "b")];
    let placement = place(nodes.to_vec(), &request(4, &demand(1, 1)));
    let mut counts = [0; 3];
    nodes_of(&placement).iter().for_each(|n| counts[*n] += 1);
    assert_eq!(counts, [1, 1, 2]);
    assert!(
        placement.assigned[3]
            .because
            .contains("spread by ecs.availability-zone"),
        "{placement:?}"
    );
}

#[test]
fn strategies_chain_in_their_order() {
    let mut nodes = [in_zone("n1", "a"), in_zone("n2", "a"), in_zone("n3", "b")];
    Arc::make_mut(&mut nodes[1].ledger).take("default", "family:other", &demand(10, 1000));
    nodes[2].groups.insert("family:web".to_string(), 5);
    let strategies = [
        Strategy::Spread(SpreadBy::Attribute(Node::ZONE.to_string())),
        Strategy::Binpack(Amount::Memory),
    ];
    let demand = demand(1, 1);
    let asked = Request {
        strategies: &strategies,
        ..request(2, &demand)
    };
    assert_eq!(nodes_of(&place(nodes.to_vec(), &asked)), [1, 1]);
    let asked = Request {
        strategies: &strategies[1..],
        ..request(1, &demand)
    };
    assert_eq!(nodes_of(&place(nodes.to_vec(), &asked)), [1]);
}

#[test]
fn random_reaches_every_node() {
    let nodes: Vec<NodeView> = (0..4).map(|i| view(node(&format!("n{i}")))).collect();
    let (strategies, demand) = ([Strategy::Random], demand(0, 0));
    let asked = Request {
        strategies: &strategies,
        ..request(200, &demand)
    };
    let reached: std::collections::BTreeSet<usize> = nodes_of(&place(nodes.to_vec(), &asked)).into_iter().collect();
    assert_eq!(reached.len(), 4);
}

#[test]
fn distinct_instances_and_members() {
    let nodes = [in_zone("n1", "a"), in_zone("n2", "a"), in_zone("n3", "b")];
    let constraints = [
        Constraint::DistinctInstance,
        member_of("attribute:ecs.availability-zone == a"),
    ];
    let demand = demand(1, 1);
    let placement = place(
        nodes.to_vec(),
        &Request {
            constraints: &constraints,
            ..request(3, &demand)
        },
    );
    assert_eq!((placement.assigned.len(), placement.unplaced), (2, 1));
    let reasons: Vec<&str> = placement.reasons().map(|(_, m)| m.reason()).collect();
    assert_eq!(reasons[0], "DistinctInstance placement constraint unsatisfied.");
    assert_eq!(reasons[2], "MemberOf placement constraint unsatisfied.");
}

#[test]
fn a_verdict_tells_every_filter_and_by_how_much() {
    let mut full = node("full");
    full.resources.reserved_ports = vec![HostPort { port: 22, udp: false }];
    full.connected = false;
    full.resources.enis = Some(0);
    full.attributes = vec![Attribute {
        name: "ecs.cpu-architecture".to_string(),
        value: Some("arm64".to_string()),
    }];
    let demand = Demand {
        cpu_units: 5000,
        memory_mib: 8193,
        gpus: 3,
        host_ports: vec![HostPort { port: 22, udp: false }, HostPort { port: 22, udp: true }],
        enis: 1,
        named: vec![NamedAmount {
            name: "licence".to_string(),
            amount: 2,
        }],
    };
    let requires = ["ecs.capability.x".to_string()];
    let asked = Request {
        requires: &requires,
        cpu_architecture: Some("X86_64"),
        ..request(1, &demand)
    };
    let placement = place(vec![view(full)], &asked);
    let misfits = &placement.verdicts[0].misfits;
    assert_eq!(
        misfits[..],
        [
            Misfit::AgentDisconnected,
            Misfit::Cpu {
                wanted: 5000,
                free: 4096
            },
            Misfit::Memory {
                wanted_mib: 8193,
                free_mib: 8192
            },
            Misfit::Ports(vec![HostPort { port: 22, udp: false }]),
            Misfit::Gpus { wanted: 3, free: 2 },
            Misfit::Enis { wanted: 1, free: 0 },
            Misfit::Named {
                name: "licence".to_string(),
                wanted: 2,
                free: 0
            },
            Misfit::Attribute {
                name: "ecs.capability.x".to_string(),
                has: None,
                wanted: None
            },
            Misfit::Attribute {
                name: "ecs.cpu-architecture".to_string(),
                has: Some("arm64".to_string()),
                wanted: Some("x86_64".to_string())
            },
        ]
    );
    assert_eq!(placement.reasons().next().map(|(_, m)| m.reason()), Some("AGENT"));
}

#[test]
fn all_gpus_are_those_of_a_node_that_has_none_taken() {
    let mut nodes = [view(node("n1")), view(node("n2"))];
    Arc::make_mut(&mut nodes[0].ledger).gpus = 1;
    let demand = demand(1, 1);
    let asked = Request {
        all_gpus: true,
        ..request(2, &demand)
    };
    let placement = place(nodes.to_vec(), &asked);
    assert_eq!(nodes_of(&placement), [1]);
    assert_eq!(placement.assigned[0].demand.gpus, 2);
    assert_eq!(placement.verdicts[0].misfits, [Misfit::Gpus { wanted: 2, free: 1 }]);
}

#[test]
fn the_closest_node_lacks_least() {
    let mut nodes = [view(node("n1")), view(node("n2")), view(node("n3"))];
    Arc::make_mut(&mut nodes[0].ledger).take("default", "family:other", &demand(4000, 0));
    Arc::make_mut(&mut nodes[1].ledger).take("default", "family:other", &demand(3900, 0));
    Arc::make_mut(&mut nodes[2].node).status = NodeStatus::Draining;
    Arc::make_mut(&mut nodes[2].ledger).take("default", "family:other", &demand(4096, 0));
    let placement = place(nodes.to_vec(), &request(1, &demand(200, 1)));
    assert_eq!(placement.closest().map(|v| v.node.as_str()), Some("n2"));
    assert_eq!(
        placement.closest().expect("three nodes").to_string(),
        "n2: 200 CPU units are wanted and 196 are free"
    );
}

#[test]
fn sources_choose_among_kinds_of_nodes() {
    let mut nodes = [node("ec2"), node("external"), node("fargate"), node("provided")];
    nodes[1].external = true;
    nodes[2].fargate = true;
    nodes[3].capacity_provider = Some("spot".to_string());
    let nodes = nodes.map(view);
    let only = |source| {
        let demand = demand(1, 1);
        let constraints = [Constraint::DistinctInstance];
        let mut found = nodes_of(&place(
            nodes.to_vec(),
            &Request {
                source,
                constraints: &constraints,
                ..request(9, &demand)
            },
        ));
        found.sort_unstable();
        found
    };
    assert_eq!(only(Source::Ec2), [0, 2, 3]);
    assert_eq!(only(Source::External), [1]);
    assert_eq!(only(Source::Fargate), [2]);
    assert_eq!(only(Source::Provider("spot")), [3]);
    assert_eq!(only(Source::Any), [0, 1, 2, 3]);
}

/// A node as the oracle knows it: capacities, what is left of each, ports that are gone, whether it takes tasks.
#[derive(Clone, Debug)]
struct Plain {
    cpu: u32,
    memory: u32,
    gpus: u32,
    ports: Vec<u16>,
    takes: bool,
    zone: u8,
}

impl Plain {
    fn fits(&self, ask: &Plain) -> bool {
        let room = self.cpu >= ask.cpu && self.memory >= ask.memory && self.gpus >= ask.gpus;
        self.takes && room && !ask.ports.iter().any(|p| self.ports.contains(p))
    }

    fn take(&mut self, ask: &Plain) {
        self.cpu -= ask.cpu;
        self.memory -= ask.memory;
        self.gpus -= ask.gpus;
        self.ports.extend(&ask.ports);
    }

    fn view(&self, id: usize) -> NodeView {
        let mut node = node(&format!("n{id}"));
        node.resources.cpu_units = self.cpu;
        node.resources.memory_mib = self.memory;
        node.resources.gpus = (0..self.gpus).map(|g| g.to_string()).collect();
        node.resources.reserved_ports = self.ports.iter().map(|p| HostPort { port: *p, udp: false }).collect();
        node.connected = self.takes;
        node.attributes = vec![Attribute {
            name: Node::ZONE.to_string(),
            value: Some(self.zone.to_string()),
        }];
        view(node)
    }
}

fn plain(most: u32) -> impl proptest::prelude::Strategy<Value = Plain> {
    let ports = prop::collection::vec(1u16..6, 0..3);
    (
        0..most,
        0..most,
        0..most.min(4),
        ports,
        prop::bool::weighted(0.8),
        0u8..3,
    )
        .prop_map(|(cpu, memory, gpus, ports, takes, zone)| Plain {
            cpu,
            memory,
            gpus,
            ports,
            takes,
            zone,
        })
}

fn strategies() -> impl proptest::prelude::Strategy<Value = Vec<Strategy>> {
    let one = prop_oneof![
        Just(Strategy::Random),
        Just(Strategy::Binpack(Amount::Cpu)),
        Just(Strategy::Binpack(Amount::Memory)),
        Just(Strategy::Spread(SpreadBy::Instance)),
        Just(Strategy::Spread(SpreadBy::Attribute(Node::ZONE.to_string()))),
    ];
    prop::collection::vec(one, 0..4)
}

proptest! {
    /// Never more than there is, and never "no" while something fits, whatever the strategies.
    #[test]
    fn places_what_fits_and_nothing_else(
        nodes in prop::collection::vec(plain(20), 0..8),
        ask in plain(6),
        count in 0u32..12,
        strategies in strategies(),
        seed: u64,
    ) {
        let views: Vec<NodeView> = nodes.iter().enumerate().map(|(id, n)| n.view(id)).collect();
        let host_ports = ask.ports.iter().map(|p| HostPort { port: *p, udp: false }).collect();
        let demand = Demand { cpu_units: ask.cpu, memory_mib: ask.memory, host_ports, gpus: ask.gpus, ..Demand::default() };
        let asked = Request { strategies: &strategies, seed, ..request(count, &demand) };
        let placement = place(views.clone(), &asked);
        let mut left = nodes.clone();
        for assigned in &placement.assigned {
            prop_assert!(left[assigned.index].fits(&ask), "task on {assigned:?} of {left:?}");
            left[assigned.index].take(&ask);
        }
        prop_assert_eq!(placement.assigned.len() as u32 + placement.unplaced, count);
        if placement.unplaced > 0 {
            prop_assert!(!left.iter().any(|n| n.fits(&ask)), "something fits still: {left:?}");
            prop_assert_eq!(placement.verdicts.len(), nodes.len());
            prop_assert!(placement.verdicts.iter().all(|v| !v.misfits.is_empty()));
        }
        prop_assert_eq!(place(views.clone(), &asked), placement, "the same question has the same answer");
    }

    /// With room everywhere, places of a spread never differ by more than one.
    #[test]
    fn spreads_evenly(zones in prop::collection::vec(0u8..3, 1..9), count in 0u32..40, seed: u64) {
        let views: Vec<NodeView> = zones.iter().enumerate().map(|(id, z)| in_zone(&format!("n{id}"), &z.to_string())).collect();
        let demand = demand(1, 1);
        let placement = place(views.clone(), &Request { seed, ..request(count, &demand) });
        let mut of_zone: BTreeMap<u8, u32> = zones.iter().map(|z| (*z, 0)).collect();
        let mut of_node = vec![0u32; zones.len()];
        for assigned in &placement.assigned {
            *of_zone.get_mut(&zones[assigned.index]).expect("one of the zones") += 1;
            of_node[assigned.index] += 1;
        }
        let within_one = |counts: &[u32]| counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1;
        prop_assert!(within_one(&of_zone.values().copied().collect::<Vec<_>>()), "{of_zone:?}");
        for zone in of_zone.keys() {
            let counts: Vec<u32> = (0..zones.len()).filter(|n| zones[*n] == *zone).map(|n| of_node[n]).collect();
            prop_assert!(within_one(&counts), "{of_node:?}");
        }
    }

    /// Binpack takes, each time, a node with the least left of those that fit.
    #[test]
    fn packs_tightly(nodes in prop::collection::vec(plain(20), 1..8), ask in plain(5), seed: u64) {
        let views: Vec<NodeView> = nodes.iter().enumerate().map(|(id, n)| n.view(id)).collect();
        let strategies = [Strategy::Binpack(Amount::Memory)];
        let demand = demand(ask.cpu, ask.memory);
        let ask = Plain { ports: Vec::new(), gpus: 0, ..ask };
        let placement = place(views.clone(), &Request { strategies: &strategies, seed, ..request(5, &demand) });
        let mut left = nodes;
        for assigned in &placement.assigned {
            let least = left.iter().filter(|n| n.fits(&ask)).map(|n| n.memory).min();
            prop_assert_eq!(Some(left[assigned.index].memory), least);
            left[assigned.index].take(&ask);
        }
    }
}
