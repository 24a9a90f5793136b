//! The board in transactions, as RunTask and services use it; the ledgers are written, the tasks are not. CPU is all that
//! the process takes, commits included.

use crate::work::{self, Kind, cpu};
use model::testing::{world, write};
use model::{NodeLedger, ledger::NotMoved};
use scheduler::view::{Pool, look};
use scheduler::{Ask, Board, Placement, Request};
use std::sync::Arc;
use store::{Store, Tx};

pub fn run(nodes: usize) {
    for kind in work::kinds().into_iter().filter(|kind| !kind.is_distinct()) {
        let fast = measure(nodes, &kind, 4_000, |tx, board, request| {
            let ask = Ask {
                pool: Pool::Cluster("default"),
                request,
                near: None,
            };
            board.place(tx, &ask)
        });
        let exact = measure(nodes, &kind, 20_000 / nodes as u64 + 10, |tx, _, request| {
            scheduler::place(look(tx, Pool::Cluster("default"), &request.wants()), request)
        });
        let (name, nodes) = (&kind.name, crate::whole(nodes as f64));
        let (fast, exact, ratio) = (crate::whole(fast), crate::whole(exact), fast / exact);
        println!("| {name} | {nodes} | {fast} | {exact} | {ratio:.0}x |");
    }
}

fn measure(nodes: usize, kind: &Kind, calls: u64, place: fn(&Tx, &Board, &Request<'_>) -> Placement) -> f64 {
    let store = filled(nodes);
    let board = Arc::new(Board::new(&store));
    let mut start = cpu();
    for call in 0..calls + 10 {
        if call == 10 {
            start = cpu();
        }
        let (board, kind) = (Arc::clone(&board), kind.clone());
        let done = write(&store, move |tx| {
            kind.with(crate::CALL, call, |request| {
                let placement = place(tx, &board, request);
                assert_eq!(placement.unplaced, 0);
                for assigned in placement.assigned {
                    let key = NodeLedger::key_of(&assigned.node.id);
                    let mut ledger = tx.get::<NodeLedger>(&key).map_or_else(
                        || NodeLedger::empty("default", &assigned.node.id),
                        |ledger| (*ledger).clone(),
                    );
                    ledger.take("default", request.group, &assigned.demand);
                    tx.put(ledger);
                }
            });
            Ok::<_, NotMoved>(())
        });
        done.expect("there is room");
    }
    let spent = cpu() - start;
    (calls * u64::from(crate::CALL)) as f64 / spent.as_secs_f64()
}

fn filled(nodes: usize) -> Store {
    let store = world();
    for first in (0..nodes).step_by(1_000) {
        let done = write(&store, move |tx| {
            (first..nodes.min(first + 1_000)).for_each(|i| tx.put(work::node(i)));
            Ok(())
        });
        done.expect("a store in memory keeps what it is given");
    }
    store
}
