//! The board beside the exact scan: it may choose another node, but only one that is as good.

mod store;
mod words;

use super::{Ask, NodeNo, Yard};
use crate::filter::fits;
use crate::view::{Pool, Wants};
use crate::{NodeView, SpreadBy, Strategy, place};
use model::{Demand, Node, NodeLedger};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use words::{Asked, a_node, asked};

/// What happens to a yard.
#[derive(Clone, Debug)]
enum Event {
    /// A node comes, or is another now.
    Node(Node),
    Leaves(usize),
    /// Everything that a node had to give is given back.
    Empties(usize),
    Ask(Asked),
}

fn event() -> impl proptest::prelude::Strategy<Value = Event> {
    use proptest::prelude::Strategy as _;
    proptest::prelude::prop_oneof![
        3 => a_node().prop_map(Event::Node),
        1 => (0usize..12).prop_map(Event::Leaves),
        2 => (0usize..12).prop_map(Event::Empties),
        6 => asked().prop_map(Event::Ask),
    ]
}

/// The same nodes, held plainly.
#[derive(Default)]
struct Plain(BTreeMap<String, (Arc<Node>, NodeLedger)>);

impl Plain {
    fn view(&self, id: &str) -> NodeView {
        let (node, ledger) = &self.0[id];
        let prefix = NodeLedger::group_key("default", "");
        let groups = ledger.groups.iter();
        let groups = groups.filter_map(|(key, count)| Some((key.strip_prefix(&prefix)?.to_string(), *count)));
        NodeView {
            node: Arc::clone(node),
            ledger: Arc::new(ledger.clone()),
            groups: groups.collect(),
            running: 0,
        }
    }

    /// Those that a request may have.
    fn pool(&self, asked: &Asked) -> Vec<NodeView> {
        let mine = |node: &Node| {
            if asked.fargate {
                node.fargate
            } else {
                node.cluster == "default"
            }
        };
        let ids = self.0.iter().filter(|(_, (node, _))| mine(node)).map(|(id, _)| id);
        ids.map(|id| self.view(id)).collect()
    }
}

/// What the strategies say of a node; less is better.
fn scores(strategies: &[Strategy], seen: &NodeView, all: &[NodeView], group: &str) -> Vec<u32> {
    let of_group = |seen: &NodeView| seen.groups.get(group).copied().unwrap_or(0);
    let unspoken = Strategy::unspoken();
    let strategies = if strategies.is_empty() { &unspoken } else { strategies };
    let score = |strategy: &Strategy| match strategy {
        Strategy::Spread(SpreadBy::Instance) => of_group(seen),
        Strategy::Spread(SpreadBy::Attribute(name)) => {
            let place = seen.node.attribute(name);
            all.iter()
                .filter(|other| other.node.attribute(name) == place)
                .map(of_group)
                .sum()
        }
        Strategy::Binpack(crate::Amount::Cpu) => seen.node.resources.cpu_units - seen.ledger.cpu_units,
        Strategy::Binpack(crate::Amount::Memory) => seen.node.resources.memory_mib - seen.ledger.memory_mib,
        Strategy::Random => unreachable!("nothing is asked behind it"),
    };
    strategies
        .iter()
        .take_while(|s| **s != Strategy::Random)
        .map(score)
        .collect()
}

proptest! {
    /// Every pick is one of the best at its time, and no place is missed.
    #[test]
    fn picks_what_the_exact_scan_would(events in prop::collection::vec(event(), 1..60)) {
        let (mut yard, mut plain) = (Yard::default(), Plain::default());
        for event in events {
            match event {
                Event::Node(node) => {
                    let node = Arc::new(node);
                    let ledger = plain.0.remove(&node.id).map(|(_, ledger)| ledger);
                    let ledger = ledger.unwrap_or_else(|| NodeLedger::empty(&node.cluster, &node.id));
                    // What is taken may be more than there is now; nothing is subtracted below.
                    let fits = ledger.cpu_units <= node.resources.cpu_units && ledger.memory_mib <= node.resources.memory_mib;
                    let ledger = if fits { ledger } else { NodeLedger::empty(&node.cluster, &node.id) };
                    yard.put_node(Arc::clone(&node));
                    yard.put_ledger(&node.id, Some(Arc::new(ledger.clone())));
                    plain.0.insert(node.id.clone(), (node, ledger));
                }
                Event::Leaves(at) => {
                    let id = format!("n{at}");
                    yard.remove_node(&id);
                    plain.0.remove(&id);
                }
                Event::Empties(at) => {
                    if let Some((node, ledger)) = plain.0.get_mut(&format!("n{at}")) {
                        *ledger = NodeLedger::empty(&node.cluster, &node.id);
                        yard.put_ledger(&node.id, Some(Arc::new(ledger.clone())));
                    }
                }
                Event::Ask(asked) => {
                    let (constraints, near) = (asked.constraints(), asked.near());
                    let request = asked.request(&constraints);
                    let ask = Ask { pool: asked.pool(), request: &request, near: near.as_ref() };
                    let picks = yard.pick(&ask);
                    for pick in &picks {
                        let node = Arc::clone(yard.node(*pick).expect("it is there"));
                        let all = plain.pool(&asked);
                        let fitting = words::fitting(&all, &asked, &request);
                        let group = asked.group.as_str();
                        let chosen = fitting.iter().find(|seen| seen.node.id == node.id);
                        prop_assert!(chosen.is_some(), "{} does not fit {asked:?}", node.id);
                        let of = |seen: &NodeView| scores(&asked.strategies, seen, &all, group);
                        let best = fitting.iter().map(|seen| of(seen)).min();
                        prop_assert_eq!(chosen.map(|seen| of(seen)), best, "{} for {:?}", node.id, &asked);
                        let gpus = if asked.all_gpus { node.resources.gpus.len() as u32 } else { asked.demand.gpus };
                        let demand = Demand { gpus, ..asked.demand.clone() };
                        let (_, ledger) = plain.0.get_mut(&node.id).expect("it is there");
                        ledger.take("default", group, &demand);
                    }
                    if picks.len() < asked.count as usize {
                        let all = plain.pool(&asked);
                        prop_assert!(words::fitting(&all, &asked, &request).is_empty(), "{asked:?} has a place still");
                        let told = yard.judge(&ask);
                        prop_assert_eq!(told.verdicts.len(), all.len());
                        let exact: Vec<_> = all.iter().map(|seen| crate::Verdict::of(seen, &request)).collect();
                        let mut exact = crate::Explanation::of(&exact);
                        let mut quick = super::judge::quick(&yard.rows, &ask, 3).explanation;
                        // What stands for the rest of its kind may be any that is as near.
                        for explanation in [&mut exact, &mut quick] {
                            explanation.nearest.clear();
                            explanation.grounds.sort_by_key(|ground| ground.least.kind());
                        }
                        let counts = |e: &crate::Explanation| -> Vec<(u32, (u8, String), u64)> {
                            e.grounds.iter().map(|g| (g.nodes, g.least.kind(), g.least.lack())).collect()
                        };
                        prop_assert_eq!(counts(&exact), counts(&told_in_order(told.explanation)));
                        prop_assert_eq!(counts(&exact), counts(&quick));
                    }
                    // Now and then the ledgers that were written come back, as from the store.
                    if asked.told {
                        for (node, ledger) in plain.0.values() {
                            yard.put_ledger(&node.id, Some(Arc::new(ledger.clone())));
                        }
                    }
                }
            }
        }
    }

    /// However long the line of alike requests, packing needs no more nodes than the exact scan, and spreading is even.
    #[test]
    fn is_as_good_as_the_exact_scan(
        nodes in prop::collection::vec(a_node(), 1..12),
        asked in asked(),
        seed in any::<u64>(),
    ) {
        let (mut yard, mut plain) = (Yard::default(), Plain::default());
        for node in nodes {
            let node = Arc::new(node);
            yard.put_node(Arc::clone(&node));
            plain.0.insert(node.id.clone(), (Arc::clone(&node), NodeLedger::empty(&node.cluster, &node.id)));
        }
        let constraints = asked.constraints();
        let asked = Asked { near: None, ..asked };
        let request = crate::Request { seed, count: 40, ..asked.request(&constraints) };
        let picks = yard.pick(&Ask { pool: asked.pool(), request: &request, near: None });
        let exact = place(plain.pool(&asked), &request).assigned;
        prop_assert_eq!(picks.len(), exact.len());
        let used: BTreeSet<NodeNo> = picks.iter().copied().collect();
        let of_exact: BTreeSet<usize> = exact.iter().map(|a| a.index).collect();
        if let [Strategy::Binpack(_), ..] = asked.strategies.as_slice() {
            // Of nodes that are alike either may be taken, so what one holds of a second resource may differ.
            prop_assert!(used.len() <= of_exact.len() + 1, "{} nodes for {}", used.len(), of_exact.len());
        }
    }
}

#[test]
fn a_class_forgets_nothing_when_it_was_not_asked_for_long() {
    let mut yard = Yard::default();
    let mut nodes: Vec<Arc<Node>> = Vec::new();
    for i in 0..300 {
        let node = Arc::new(model::testing::node(&format!("n{i}")));
        yard.put_node(Arc::clone(&node));
        nodes.push(node);
    }
    let demand = Demand {
        cpu_units: 4096,
        ..Demand::default()
    };
    let one = |seed| Asked {
        demand: demand.clone(),
        seed,
        count: 1,
        ..Asked::default()
    };
    let mut taken = BTreeSet::new();
    for seed in 0..300u64 {
        // A second class takes nothing, but is asked now and then, after one or many changes.
        let mut idle = one(seed);
        idle.group = "family:idle".to_string();
        idle.demand.cpu_units = 5000;
        if seed % 7 == 0 || seed > 290 {
            assert!(yard.pick(&ask(&idle.request(&[]))).is_empty());
        }
        let picks = yard.pick(&ask(&one(seed).request(&[])));
        assert!(taken.insert(picks[0]), "each node has room for one");
    }
    assert!(yard.pick(&ask(&one(1).request(&[]))).is_empty());
    yard.put_ledger("n7", None);
    let picks = yard.pick(&ask(&one(1).request(&[])));
    assert_eq!(yard.node(picks[0]).map(|n| n.id.as_str()), Some("n7"));
    let seen = yard.rows.view(
        picks[0],
        "default",
        &Wants {
            all_groups: true,
            ..Wants::default()
        },
    );
    let seen = seen.expect("it is there");
    assert_eq!((seen.ledger.cpu_units, seen.groups["family:web"]), (4096, 1));
    assert!(!fits(&seen, &one(1).request(&[])));
}

fn told_in_order(mut explanation: crate::Explanation) -> crate::Explanation {
    explanation.grounds.sort_by_key(|ground| ground.least.kind());
    explanation
}

fn ask<'a>(request: &'a crate::Request<'a>) -> Ask<'a> {
    Ask {
        pool: Pool::Cluster("default"),
        request,
        near: None,
    }
}
