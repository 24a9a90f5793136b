//! The nodes, kept as they change, and the classes of requests for them. Knows no store: what is put here is so.

use super::chance::Chance;
use super::class::Class;
use super::judge::{Judgement, judge};
use super::pool::Ask;
use super::rows::{NodeNo, Rows};
use crate::{Assigned, Placement};
use model::{Node, NodeLedger};
use std::collections::HashMap;
use std::sync::Arc;

/// Seats of all classes together, at some 28 bytes each, or so many times the nodes; the class that was not asked for
/// longest goes first.
const MOST_SEATS: usize = 1 << 21;
const MOST_SEATS_A_NODE: usize = 128;
const MOST_CLASSES: usize = 1024;
/// Names that may have been seen beyond those in use before everything is read anew.
const MOST_FORGOTTEN_NAMES: usize = 1 << 17;

/// What is free where.
#[derive(Debug, Default)]
pub struct Yard {
    pub(super) rows: Rows,
    classes: HashMap<Box<[u8]>, (Class, u64)>,
    seats: usize,
    /// Counts the requests.
    asked: u64,
    /// At which request each node was last checked.
    checked: Vec<u64>,
    key: Vec<u8>,
}

impl Yard {
    /// The node is so, or was not there before.
    pub fn put_node(&mut self, node: Arc<Node>) {
        self.rows.put_node(node);
    }

    pub fn remove_node(&mut self, id: &str) {
        self.rows.remove_node(id);
    }

    /// So much is taken of a node; `None` when nothing is.
    pub fn put_ledger(&mut self, node: &str, ledger: Option<Arc<NodeLedger>>) {
        if let Some(number) = self.rows.number(node) {
            self.rows.put_ledger(number, ledger);
        }
    }

    pub fn node(&self, number: NodeNo) -> Option<&Arc<Node>> {
        self.rows.node(number)
    }

    /// Places tasks and takes for them what they need. Answers with a node for each that has a place.
    pub fn pick(&mut self, ask: &Ask<'_>) -> Vec<NodeNo> {
        let mut picks = Vec::with_capacity(ask.request.count as usize);
        self.check_anew();
        self.each(ask, &mut |_, _| {}, &mut |_, _, node| picks.push(node));
        picks
    }

    /// From now on each node is checked once more before a task goes there.
    pub(super) fn check_anew(&mut self) {
        self.asked += 1;
    }

    pub(super) fn is_checked(&self, node: NodeNo) -> bool {
        self.checked.get(node as usize) == Some(&self.asked)
    }

    /// As [`Yard::pick`], with the words that go with it. `check` may put a node and its ledger anew before the first task
    /// goes there since [`Yard::check_anew`].
    pub(super) fn place(&mut self, ask: &Ask<'_>, check: &mut dyn FnMut(&mut Rows, NodeNo)) -> Placement {
        let request = ask.request;
        let mut assigned = Vec::with_capacity(request.count as usize);
        self.each(ask, check, &mut |class, rows, node| {
            let there = rows.node(node).expect("only nodes that are there are chosen");
            let mut demand = request.demand.clone();
            if request.all_gpus {
                demand.gpus = rows.room[node as usize].gpus_all;
            }
            assigned.push(Assigned {
                node: Arc::clone(there),
                index: node as usize,
                demand,
                because: class.why(rows, node, request.group),
            });
        });
        Placement {
            unplaced: request.count - assigned.len() as u32,
            assigned,
            verdicts: Vec::new(),
            explanation: None,
        }
    }

    /// Calls `taking` for each task that has a place, before it takes anything there.
    fn each(
        &mut self,
        ask: &Ask<'_>,
        check: &mut dyn FnMut(&mut Rows, NodeNo),
        taking: &mut dyn FnMut(&Class, &Rows, NodeNo),
    ) {
        let now = self.asked;
        self.key.clear();
        ask.write_key(&mut self.key);
        if !self.classes.contains_key(self.key.as_slice()) {
            self.make_room();
            let class = Class::new(&mut self.rows, ask);
            self.seats += class.size();
            self.classes.insert(self.key.as_slice().into(), (class, now));
        }
        let (class, used) = self
            .classes
            .get_mut(self.key.as_slice())
            .expect("it was just put there");
        *used = now;
        let (rows, checked) = (&mut self.rows, &mut self.checked);
        let size = class.size();
        class.catch_up(rows, ask);
        let mut chance = Chance::of(ask.request.seed);
        let mut picked = Vec::new();
        let mut left = ask.request.count;
        while left > 0 {
            let Some(node) = class.best(&mut chance) else { break };
            checked.resize(checked.len().max(rows.len()), 0);
            if std::mem::replace(&mut checked[node as usize], now) != now {
                let end = rows.touched.end();
                check(rows, node);
                if rows.touched.end() != end {
                    class.catch_up(rows, ask);
                    // It is asked again, and taken at its word then.
                    continue;
                }
                picked.push(node);
            }
            taking(class, rows, node);
            class.take(rows, ask, node);
            left -= 1;
        }
        for node in picked {
            rows.touched.note(node, false);
        }
        class.is_up_to_date(rows);
        self.seats = self.seats + class.size() - size;
    }

    /// Lets go of classes that nobody has asked for longest.
    fn make_room(&mut self) {
        let most = MOST_SEATS.max(MOST_SEATS_A_NODE * self.rows.len());
        while self.classes.len() >= MOST_CLASSES || self.seats + self.rows.len() > most {
            let Some(oldest) = self.classes.iter().min_by_key(|(_, (_, used))| *used) else {
                return;
            };
            let key = oldest.0.clone();
            if let Some((class, _)) = self.classes.remove(&key) {
                self.seats -= class.size();
            }
        }
    }

    /// What speaks against the nodes of the pool.
    pub fn judge(&self, ask: &Ask<'_>) -> Judgement {
        judge(&self.rows, ask)
    }

    /// Whether so many names were forgotten that it is time to read everything anew.
    pub fn is_stale(&self) -> bool {
        let rows = &self.rows;
        rows.groups() > MOST_FORGOTTEN_NAMES.max(2 * rows.groups_in_use())
            || rows.attributes.values() > MOST_FORGOTTEN_NAMES.max(64 * rows.len())
    }
}
