//! The board: what is free where, kept up to date from the store's changes, so that a placement costs what it changes and
//! not what there is.
//!
//! For: whoever starts tasks in a transaction. [`Board::place`] finds the nodes; the caller writes the ledgers in the same
//! transaction, as after [`crate::place`]. [`Yard`] is the same without a store, for simulations and measurements.
//!
//! Words: *rows* are the nodes by number with what is free on each; a *class* is all requests that ask the same, and keeps
//! the nodes in the order in which they would be chosen; what was placed counts *ahead* of the ledgers until the store
//! tells of them.
//!
//! Nothing here is believed that the transaction can say better: the store's changes come after they are durable, and a
//! write closure may fail or run again. So every node that is chosen is looked up in the transaction before it is taken,
//! and one that is other than the board knew is put right, and chosen again or not. What the board believes can thus cost
//! quality, for as long as a commit takes, but never places what does not fit.
//!
//! Must never know: API shapes, the clock, the disk.

mod attributes;
mod bits;
mod chance;
mod class;
mod judge;
mod least;
mod order;
mod pool;
mod rows;
mod yard;

pub use judge::Judgement;
pub use pool::Ask;
pub use rows::NodeNo;
pub use yard::Yard;

use crate::{Placement, Request};
use model::{Node, NodeLedger};
use rows::Rows;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Commit, Key, Revision, Store, Tx, View, Watch};

/// What is free where, of one store. Shared by all who place.
pub struct Board {
    inner: Mutex<Inner>,
}

struct Inner {
    store: Store,
    watch: Watch,
    yard: Yard,
    /// By node: the revision of the transaction that it was last read in, or tasks were placed on it. Older commits say
    /// less than that.
    read_at: Vec<Revision>,
    /// The same in order, each once: while nothing is committed, one transaction after the other has the same revision. One
    /// that came to nothing leaves a row that no commit puts right: it is read again when the revision is there.
    unsettled: BTreeSet<(Revision, NodeNo)>,
    calls: u64,
}

impl Board {
    /// Reads all nodes. What changes afterwards is read when it is needed.
    pub fn new(store: &Store) -> Board {
        let view = store.snapshot();
        let mut inner = Inner {
            store: store.clone(),
            watch: store.watch(view.revision()),
            yard: Yard::default(),
            read_at: Vec::new(),
            unsettled: BTreeSet::new(),
            calls: 0,
        };
        inner.read_all(&view);
        Board {
            inner: Mutex::new(inner),
        }
    }

    /// Finds nodes for tasks, as they are in this transaction. Takes nothing there: the caller writes the ledgers, in this
    /// transaction too. `near` leaves the nodes of which it holds, if there are any.
    pub fn place(&self, tx: &Tx, ask: &Ask<'_>) -> Placement {
        if ask.counts_running() {
            return ask.place_exactly(tx);
        }
        let mut inner = self.inner();
        inner.follow();
        inner.settle(tx);
        inner.yard.check_anew();
        let mut placement = inner.attempt(tx, ask);
        if placement.unplaced == 0 {
            return placement;
        }
        let mut judgement = inner.yard.judge(ask);
        if inner.look_up(tx, &judgement) {
            let rest = Request {
                count: placement.unplaced,
                ..*ask.request
            };
            let more = inner.attempt(tx, &Ask { request: &rest, ..*ask });
            placement.unplaced = more.unplaced;
            placement.assigned.extend(more.assigned);
            judgement = inner.yard.judge(ask);
        }
        if placement.unplaced > 0 {
            placement.verdicts = judgement.verdicts.into_iter().map(|(_, verdict)| verdict).collect();
            // As the exact scan tells of them, whatever numbers they have here.
            placement
                .verdicts
                .sort_by(|a, b| (&a.cluster, &a.node).cmp(&(&b.cluster, &b.node)));
            placement.explanation = Some(Box::new(judgement.explanation));
        }
        placement
    }

    /// Reads what has changed. Whoever places does so too; a server that nobody asks calls this now and then, so that the
    /// next request does not find the store's memory of changes gone.
    pub fn follow(&self) {
        self.inner().follow();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn read_all(&mut self, view: &View) {
        self.yard = Yard::default();
        self.read_at.clear();
        self.unsettled.clear();
        for node in view.scan::<Node>(&Key::all()) {
            self.yard.put_node(node);
        }
        for ledger in view.scan::<NodeLedger>(&Key::all()) {
            let node = ledger.node.clone();
            self.yard.put_ledger(&node, Some(ledger));
        }
    }

    fn follow(&mut self) {
        self.calls += 1;
        let stale = self.calls.is_multiple_of(4096) && self.yard.is_stale();
        loop {
            match self.watch.try_next() {
                Ok(Some(commit)) if !stale => self.apply(&commit),
                Ok(None) if !stale => return,
                _ => {
                    let view = self.store.snapshot();
                    self.watch = self.store.watch(view.revision());
                    return self.read_all(&view);
                }
            }
        }
    }

    fn apply(&mut self, commit: &Commit) {
        for change in &commit.changes {
            if let Some((before, after)) = change.of::<NodeLedger>() {
                let Some(of) = after.as_ref().or(before.as_ref()).map(|l| l.node.clone()) else {
                    continue;
                };
                if self.is_newer(commit.rev, &of) {
                    self.yard.put_ledger(&of, after);
                    self.has_come(commit.rev, &of);
                }
            } else if let Some((before, after)) = change.of::<Node>() {
                match (before, after) {
                    (_, Some(node)) if self.is_newer(commit.rev, &node.id) => self.put_node(node, commit.rev),
                    (Some(node), None) if self.is_of(&node) => self.yard.remove_node(&node.id),
                    _ => {}
                }
            }
        }
    }

    /// Whether a commit says more than what was read of the node since.
    fn is_newer(&self, rev: Revision, node: &str) -> bool {
        let read = |number: NodeNo| self.read_at.get(number as usize);
        self.yard
            .rows
            .number(node)
            .and_then(read)
            .is_none_or(|read| *read <= rev)
    }

    /// Whether the node that is known by its id is this one, and not one of another cluster.
    fn is_of(&self, node: &Node) -> bool {
        let rows = &self.yard.rows;
        let known = rows.number(&node.id).and_then(|number| rows.node(number));
        known.is_some_and(|known| known.cluster == node.cluster)
    }

    /// What was read of the node in a transaction is settled by its commit.
    fn has_come(&mut self, rev: Revision, node: &str) {
        if let Some(number) = self.yard.rows.number(node)
            && self.read_at.get(number as usize) == Some(&rev)
        {
            self.read_at[number as usize] = Revision(rev.0 + 1);
        }
    }

    fn put_node(&mut self, node: Arc<Node>, rev: Revision) {
        let known = self.yard.rows.number(&node.id).is_some();
        let ledger = NodeLedger::key_of(&node.id);
        let id = node.id.clone();
        self.yard.put_node(node);
        if !known && let Some(number) = self.yard.rows.number(&id) {
            // Numbers are given again; and a node that comes back may have its ledger still.
            self.read(number, rev);
            self.yard
                .put_ledger(&id, self.store.snapshot().get::<NodeLedger>(&ledger));
        }
    }

    fn read(&mut self, node: NodeNo, rev: Revision) {
        let at = node as usize;
        self.read_at.resize(self.read_at.len().max(at + 1), Revision(0));
        self.read_at[at] = rev;
    }

    /// Looks again at nodes that were read in transactions which have come, or have come to nothing.
    fn settle(&mut self, tx: &Tx) {
        let (durable, now) = (self.watch.seen(), tx.revision());
        let mut again = Vec::new();
        while let Some((rev, node)) = self.unsettled.first().copied().filter(|(rev, _)| *rev <= durable) {
            self.unsettled.pop_first();
            if self.read_at.get(node as usize) == Some(&rev) {
                again.push(node);
            }
        }
        while let Some((_, node)) = self.unsettled.last().copied().filter(|(rev, _)| *rev >= now) {
            self.unsettled.pop_last();
            again.push(node);
        }
        for node in again {
            look(tx, &mut self.yard.rows, node);
            self.read_in(tx, node);
        }
    }

    /// What was read of the node in this transaction holds when it is committed.
    fn read_in(&mut self, tx: &Tx, node: NodeNo) {
        self.read(node, tx.revision());
        self.unsettled.insert((tx.revision(), node));
    }

    fn attempt(&mut self, tx: &Tx, ask: &Ask<'_>) -> Placement {
        let mut looked = Vec::new();
        let placement = self.yard.place(ask, &mut |rows, node| {
            look(tx, rows, node);
            looked.push(node);
        });
        for node in looked {
            self.read_in(tx, node);
        }
        placement
    }

    /// Looks up in the transaction the nodes that are told about and were not chosen: all of a small pool, the nearest of a
    /// large one. Answers with whether any is other than it was known.
    fn look_up(&mut self, tx: &Tx, judgement: &Judgement) -> bool {
        let end = self.yard.rows.touched.end();
        for (node, _) in &judgement.verdicts {
            if !self.yard.is_checked(*node) {
                look(tx, &mut self.yard.rows, *node);
                self.read_in(tx, *node);
            }
        }
        end != self.yard.rows.touched.end()
    }
}

/// Puts the node right, as the transaction sees it.
fn look(tx: &Tx, rows: &mut Rows, number: NodeNo) {
    let held = rows.held(number);
    let Some(known) = held.node.clone() else { return };
    match tx.get::<Node>(&Node::key_of(&known.cluster, &known.id)) {
        None => return rows.remove_node(&known.id),
        Some(node) if !Arc::ptr_eq(&node, &known) => rows.put_node(node),
        Some(_) => {}
    }
    let ledger = tx.get::<NodeLedger>(&NodeLedger::key_of(&known.id));
    let held = rows.held(number);
    let same = match (&held.ledger, &ledger) {
        (Some(held), Some(ledger)) => Arc::ptr_eq(held, ledger),
        (None, None) => true,
        _ => false,
    };
    if held.node.is_some() && (!same || held.is_ahead()) {
        rows.put_ledger(number, ledger);
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Board")
    }
}

#[cfg(test)]
mod tests;
