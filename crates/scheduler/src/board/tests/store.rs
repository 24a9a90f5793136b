//! A board whose store is written to: it lags behind transactions, some of which come to nothing.

use super::words::{Asked, a_node, asked};
use crate::filter::fits;
use crate::view::look;
use crate::{Ask, Board, place};
use model::ledger::NotMoved;
use model::testing::{world, write};
use model::{Demand, Node, NodeLedger, NodeStatus};
use proptest::prelude::{Strategy as _, any, prop, prop_assert, prop_oneof, proptest};
use std::sync::{Arc, Mutex};
use store::Tx;

#[derive(Clone, Debug)]
enum Event {
    Node(Node),
    Gone(usize),
    /// One task fewer, where there are any.
    GiveBack(usize),
    /// Places, and writes the ledgers; or fails after that.
    Place(Asked, bool),
}

fn event() -> impl proptest::prelude::Strategy<Value = Event> {
    prop_oneof![
        2 => a_node().prop_map(Event::Node),
        1 => (0usize..12).prop_map(Event::Gone),
        3 => (0usize..12).prop_map(Event::GiveBack),
        6 => (asked(), prop::bool::weighted(0.2)).prop_map(|(asked, fails)| Event::Place(asked, fails)),
    ]
}

#[test]
fn running_tasks_are_counted_in_the_transaction() {
    let store = world();
    let board = Arc::new(Board::new(&store));
    let chosen = write(&store, move |tx| {
        let running = model::Task {
            node: Some("n1".to_string()),
            status: model::TaskStatus::Running,
            ..model::testing::task("t1")
        };
        tx.put(running);
        ["n1", "n2"].into_iter().for_each(|id| tx.put(model::testing::node(id)));
        let rule = crate::query::Expression::parse("runningTasksCount >= 1").expect("well formed");
        let (constraints, asked) = ([crate::Constraint::MemberOf(rule)], Asked::default());
        let request = crate::Request {
            count: 2,
            ..asked.request(&constraints)
        };
        let ask = Ask {
            pool: asked.pool(),
            request: &request,
            near: None,
        };
        Ok(board.place(tx, &ask))
    });
    let placed = chosen.expect("a write").assigned;
    assert_eq!(
        placed.iter().map(|a| a.node.id.as_str()).collect::<Vec<_>>(),
        ["n1", "n1"]
    );
}

#[test]
fn asking_again_and_again_in_vain_costs_no_more_each_time() {
    let store = world();
    let made = write(&store, |tx| {
        ["n1", "n2"].into_iter().for_each(|id| tx.put(model::testing::node(id)));
        Ok(())
    });
    made.expect("a write");
    let board = Arc::new(Board::new(&store));
    for _ in 0..20 {
        let board = Arc::clone(&board);
        let unplaced = write(&store, move |tx| {
            let mut asked = Asked {
                count: 1,
                ..Asked::default()
            };
            asked.demand.cpu_units = u32::MAX;
            let request = asked.request(&[]);
            let ask = Ask {
                pool: asked.pool(),
                request: &request,
                near: None,
            };
            Ok(board.place(tx, &ask).unplaced)
        });
        assert!(unplaced.expect("a write") > 0);
    }
    assert_eq!(
        board.inner().unsettled.len(),
        2,
        "each node is to be read again, and once"
    );
}

/// Places twice in one transaction, and takes what it was given.
fn run(tx: &mut Tx, board: &Board, asked: &Asked, wrong: &Mutex<Vec<String>>) {
    let constraints = asked.constraints();
    let request = asked.request(&constraints);
    let tell = |what: String| wrong.lock().expect("nobody panics here").push(what);
    for _ in 0..2 {
        let ask = Ask {
            pool: asked.pool(),
            request: &request,
            near: None,
        };
        let placement = board.place(tx, &ask);
        for assigned in &placement.assigned {
            let seen = look(tx, asked.pool(), &request.wants());
            let chosen = seen.iter().find(|seen| seen.node.id == assigned.node.id);
            if !chosen.is_some_and(|seen| fits(seen, &request)) {
                tell(format!("{} does not fit {asked:?}", assigned.node.id));
            }
            let key = NodeLedger::key_of(&assigned.node.id);
            let mut ledger = tx.get::<NodeLedger>(&key).map_or_else(
                || NodeLedger::empty(&assigned.node.cluster, &assigned.node.id),
                |ledger| (*ledger).clone(),
            );
            ledger.take("default", request.group, &assigned.demand);
            tx.put(ledger);
        }
        if placement.unplaced > 0 {
            let seen = look(tx, asked.pool(), &request.wants());
            if !place(seen, &request).assigned.is_empty() {
                tell(format!("{asked:?} has a place still"));
            }
        }
    }
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]

    #[test]
    fn places_what_fits_in_the_transaction(events in prop::collection::vec(event(), 1..40), late in any::<bool>()) {
        let store = world();
        let board = Arc::new(Board::new(&store));
        let wrong = Arc::new(Mutex::new(Vec::new()));
        for event in events {
            let (board, wrong) = (Arc::clone(&board), Arc::clone(&wrong));
            if !late {
                board.follow();
            }
            let done = write(&store, move |tx| match &event {
                Event::Node(node) => {
                    // A node does not move to another cluster, and has one ledger.
                    let other = if node.cluster == "default" { "other" } else { "default" };
                    tx.delete::<Node>(&Node::key_of(other, &node.id));
                    tx.put(node.clone());
                    Ok(())
                }
                Event::Gone(at) => {
                    let key = Node::key_of("default", &format!("n{at}"));
                    if let Some(node) = tx.get::<Node>(&key) {
                        tx.put(Node { status: NodeStatus::Inactive, ..(*node).clone() });
                    }
                    Ok(())
                }
                Event::GiveBack(at) => {
                    if let Some(ledger) = tx.get::<NodeLedger>(&NodeLedger::key_of(&format!("n{at}"))) {
                        let mut ledger = (*ledger).clone();
                        let demand = Demand { cpu_units: 2, memory_mib: 2, ..Demand::default() };
                        ledger.give_back("default", "family:web", &demand);
                        tx.put(ledger);
                    }
                    Ok(())
                }
                Event::Place(asked, fails) => {
                    run(tx, &board, asked, &wrong);
                    if *fails { Err(NotMoved::Unknown) } else { Ok(()) }
                }
            });
            prop_assert!(matches!(done, Ok(()) | Err(NotMoved::Unknown)));
        }
        let wrong = wrong.lock().expect("nobody panics here");
        prop_assert!(wrong.is_empty(), "{wrong:?}");
    }
}
