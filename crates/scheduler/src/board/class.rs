//! Requests that are alike, and the nodes in the order in which they would choose them: kept from one request to the
//! next, so that a task costs what its own node's change costs.
//!
//! Words: a *cell* holds the nodes that are in the same places (zone, rack) of every attribute that is spread over; a
//! *seat* is where a node sits. Within a cell the order is by what is the node's own; between cells it is by the counts
//! of their places, so that a task that changes a place's count moves no other node.

use super::attributes::{ABSENT, Column};
use super::chance::Chance;
use super::least::{Least, NOTHING};
use super::order::{Order, Step};
use super::pool::{self, Ask, Whose};
use super::rows::{GroupNo, NodeNo, Rows};
use crate::filter;
use crate::place::Constraint;
use crate::view::Wants;
use model::NodeLedger;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::Write;

#[derive(Debug)]
pub struct Class {
    group: GroupNo,
    order: Order,
    /// For each attribute that is spread over, how many tasks of the group are in each of its places.
    counts: Vec<Vec<u32>>,
    seats: Vec<Seat>,
    cells: Vec<Cell>,
    cell_of: HashMap<Box<[u32]>, u32>,
    /// The places of one node, while they are looked up.
    scratch: Vec<u32>,
    distinct: bool,
    /// Constraints that ask about the tasks on a node.
    unsteady: Vec<usize>,
    /// Members of the pool, and how many of them fit.
    pub pool: u32,
    pub fitting: u32,
    /// Members of the pool that are near, when that is asked.
    near: u32,
    /// Seats of sorted cells that nobody sits on any more.
    holes: usize,
    /// How far in the rows' changes this has looked.
    seen: u64,
}

#[derive(Clone, Copy, Debug)]
struct Seat {
    /// `NOWHERE`, when the node is not in the pool.
    cell: u32,
    /// Its place in the cell; in loose cells only those that fit have one.
    at: u32,
    /// Tasks of the group on it, as they are counted for its places.
    count: u32,
    /// Whether all that does not change with tasks lets it.
    allowed: bool,
    near: bool,
    fits: bool,
}

const NOWHERE: u32 = u32::MAX;

const AWAY: Seat = Seat {
    cell: NOWHERE,
    at: NOWHERE,
    count: 0,
    allowed: false,
    near: false,
    fits: false,
};

#[derive(Debug)]
struct Cell {
    /// The number of its place, for each attribute that is spread over.
    places: Box<[u32]>,
    nodes: Nodes,
}

#[derive(Debug)]
enum Nodes {
    /// Those that fit, in no order.
    Loose(Vec<NodeNo>),
    /// All, each with its key, which is `NOTHING` where it does not fit.
    Sorted { least: Least, of: Vec<NodeNo> },
}

impl Class {
    pub fn new(rows: &mut Rows, ask: &Ask<'_>) -> Class {
        let constraints = ask.request.constraints.iter().enumerate();
        let unsteady = constraints.filter(|(_, c)| matches!(c, Constraint::MemberOf(e) if !e.is_steady()));
        let mut class = Class {
            group: rows.group(&NodeLedger::group_key(ask.cluster(), ask.request.group)),
            order: Order::of(ask.request.strategies),
            counts: Vec::new(),
            seats: Vec::new(),
            cells: Vec::new(),
            cell_of: HashMap::new(),
            scratch: Vec::new(),
            distinct: ask.is_distinct(),
            unsteady: unsteady.map(|(i, _)| i).collect(),
            pool: 0,
            fitting: 0,
            near: 0,
            holes: 0,
            seen: 0,
        };
        class.build(rows, ask);
        class
    }

    /// How much memory it takes, in nodes.
    pub fn size(&self) -> usize {
        self.seats.len()
    }

    /// Looks at all nodes.
    fn build(&mut self, rows: &Rows, ask: &Ask<'_>) {
        let count = rows.len();
        self.counts = vec![Vec::new(); self.order.attributes.len()];
        self.cells.clear();
        self.cell_of.clear();
        (self.pool, self.fitting, self.near, self.holes) = (0, 0, 0, 0);
        self.seats.clear();
        self.seats.resize(count, AWAY);
        let allowed = pool::allowed(rows, ask, count);
        let near = ask.near.map(|near| pool::members(rows, near, count));
        let whose = Whose::of(rows, ask);
        let attributes = self.order.attributes.iter();
        let columns: Vec<Option<&Column>> = attributes.map(|name| rows.attributes.column(name)).collect();
        for node in 0..count as NodeNo {
            if whose.has(rows, node) {
                let near = near.as_ref().is_some_and(|near| near.has(node as usize));
                self.sit(&columns, node, allowed.has(node as usize), near);
            }
        }
        for (node, tasks) in rows.counts(self.group) {
            self.recount(node, tasks);
        }
        for node in 0..count as NodeNo {
            let fits = self.seats[node as usize].cell != NOWHERE && self.asks(rows, ask, node);
            if fits {
                self.fitting += 1;
                self.seats[node as usize].fits = true;
                self.put(node);
            }
        }
        for cell in &mut self.cells {
            if let Nodes::Sorted { least, of } = &mut cell.nodes {
                let seats = of.iter().map(|node| (*node, &self.seats[*node as usize]));
                let key = |(node, seat): (NodeNo, &Seat)| match seat.fits {
                    true => self.order.key(rows, node, seat.count),
                    false => NOTHING,
                };
                *least = Least::of(seats.map(key).collect());
            }
        }
        self.seen = rows.touched.end();
    }

    /// Puts a node that fits among those of its loose cell.
    fn put(&mut self, node: NodeNo) {
        let seat = &mut self.seats[node as usize];
        if let Nodes::Loose(nodes) = &mut self.cells[seat.cell as usize].nodes {
            seat.at = nodes.len() as u32;
            nodes.push(node);
        }
    }

    /// Gives a member of the pool its seat, which does not fit yet.
    fn sit(&mut self, columns: &[Option<&Column>], node: NodeNo, allowed: bool, near: bool) {
        self.scratch.clear();
        let place = |column: &Option<&Column>| column.map_or(ABSENT, |column| column.place(node as usize));
        self.scratch.extend(columns.iter().map(place));
        let cell = match self.cell_of.get(self.scratch.as_slice()) {
            Some(cell) => *cell,
            None => self.new_cell(self.scratch.as_slice().into()),
        };
        let at = match &mut self.cells[cell as usize].nodes {
            Nodes::Loose(_) => NOWHERE,
            Nodes::Sorted { of, .. } => {
                of.push(node);
                of.len() as u32 - 1
            }
        };
        self.seats[node as usize] = Seat {
            cell,
            at,
            allowed,
            near,
            ..AWAY
        };
        self.pool += 1;
        self.near += u32::from(near);
    }

    /// Takes the seat of a node that is no member any more, or is one somewhere else.
    fn leave(&mut self, rows: &Rows, node: NodeNo) {
        let seat = self.seats[node as usize];
        if seat.cell == NOWHERE {
            return;
        }
        self.recount(node, 0);
        self.fit(rows, node, false);
        self.holes += usize::from(!self.order.is_loose());
        self.seats[node as usize] = AWAY;
        self.pool -= 1;
        self.near -= u32::from(seat.near);
    }

    fn new_cell(&mut self, places: Box<[u32]>) -> u32 {
        for (counts, place) in self.counts.iter_mut().zip(&places) {
            counts.resize(counts.len().max(*place as usize + 1), 0);
        }
        let nodes = if self.order.is_loose() {
            Nodes::Loose(Vec::new())
        } else {
            let (least, of) = Default::default();
            Nodes::Sorted { least, of }
        };
        let cell = self.cells.len() as u32;
        self.cell_of.insert(places.clone(), cell);
        self.cells.push(Cell { places, nodes });
        cell
    }

    /// Looks at what has changed since the last time, or at everything if that is less.
    pub fn catch_up(&mut self, rows: &Rows, ask: &Ask<'_>) {
        let behind = rows.touched.end() - self.seen;
        if behind == 0 {
            return;
        }
        let touched = rows
            .touched
            .after(self.seen)
            .filter(|_| behind <= 64 + rows.len() as u64 / 2);
        let Some(touched) = touched else {
            return self.build(rows, ask);
        };
        for touch in touched {
            let known = self.seats.len() > touch.node as usize;
            if touch.reshaped || !known {
                if !self.reseat(rows, ask, touch.node) {
                    return self.build(rows, ask);
                }
            } else {
                self.look_again(rows, ask, touch.node);
            }
        }
        self.seen = rows.touched.end();
    }

    /// The node itself is another now. `false` when that concerns more than its own seat.
    fn reseat(&mut self, rows: &Rows, ask: &Ask<'_>, node: NodeNo) -> bool {
        if self.seats.len() < rows.len() {
            self.seats.resize(rows.len(), AWAY);
        }
        let some_near = self.near > 0;
        let seen = rows.view(node, ask.cluster(), &Wants::default());
        match seen.filter(|_| Whose::of(rows, ask).has(rows, node)) {
            None => self.leave(rows, node),
            Some(seen) => {
                let near = ask.near.is_some_and(|near| near.holds(&seen));
                let allowed = filter::may_ever_fit(&seen, ask.request);
                let seat = self.seats[node as usize];
                if seat.cell == NOWHERE || !self.is_there(rows, node, seat.cell) {
                    self.leave(rows, node);
                    let attributes = self.order.attributes.iter();
                    let columns: Vec<Option<&Column>> = attributes.map(|name| rows.attributes.column(name)).collect();
                    self.sit(&columns, node, allowed, near);
                    if let Nodes::Sorted { least, .. } = &mut self.cells[self.seats[node as usize].cell as usize].nodes
                    {
                        least.push(NOTHING);
                    }
                } else {
                    let seat = &mut self.seats[node as usize];
                    self.near = self.near + u32::from(near) - u32::from(seat.near);
                    (seat.allowed, seat.near) = (allowed, near);
                }
                self.look_again(rows, ask, node);
            }
        }
        some_near == (self.near > 0) && self.holes <= 64 + self.seats.len() / 2
    }

    fn is_there(&self, rows: &Rows, node: NodeNo, cell: u32) -> bool {
        let mut places = self.order.attributes.iter().zip(&self.cells[cell as usize].places);
        places.all(|(name, place)| {
            let column = rows.attributes.column(name);
            column.map_or(ABSENT, |column| column.place(node as usize)) == *place
        })
    }

    /// What is free on the node, or its tasks, have changed.
    pub fn look_again(&mut self, rows: &Rows, ask: &Ask<'_>, node: NodeNo) {
        if self.seats[node as usize].cell == NOWHERE {
            return;
        }
        self.recount(node, rows.count(self.group, node));
        let fits = self.asks(rows, ask, node);
        self.fit(rows, node, fits);
    }

    /// So many tasks of the group are on it now.
    fn recount(&mut self, node: NodeNo, count: u32) {
        let seat = &mut self.seats[node as usize];
        if seat.cell == NOWHERE || seat.count == count {
            return;
        }
        let before = std::mem::replace(&mut seat.count, count);
        for (counts, place) in self.counts.iter_mut().zip(&self.cells[seat.cell as usize].places) {
            let of_place = &mut counts[*place as usize];
            *of_place = *of_place + count - before;
        }
    }

    /// Whether one more task fits.
    fn asks(&self, rows: &Rows, ask: &Ask<'_>, node: NodeNo) -> bool {
        let seat = &self.seats[node as usize];
        seat.allowed
            && (self.near == 0 || seat.near)
            && !(self.distinct && seat.count > 0)
            && ask.has_room(rows, node)
            && (self.unsteady.is_empty() || ask.holds(rows, node, &self.unsteady))
    }

    /// Moves the node to where it belongs in its cell.
    fn fit(&mut self, rows: &Rows, node: NodeNo, fits: bool) {
        let seat = &mut self.seats[node as usize];
        let fitted = std::mem::replace(&mut seat.fits, fits);
        self.fitting = self.fitting + u32::from(fits) - u32::from(fitted);
        match &mut self.cells[seat.cell as usize].nodes {
            Nodes::Sorted { least, .. } => {
                let key = if fits {
                    self.order.key(rows, node, seat.count)
                } else {
                    NOTHING
                };
                least.set(seat.at as usize, key);
            }
            Nodes::Loose(_) if fits && !fitted => self.put(node),
            Nodes::Loose(nodes) if fitted && !fits => {
                let at = std::mem::replace(&mut seat.at, NOWHERE);
                nodes.swap_remove(at as usize);
                if let Some(moved) = nodes.get(at as usize) {
                    self.seats[*moved as usize].at = at;
                }
            }
            Nodes::Loose(_) => {}
        }
    }

    /// The node that the strategies like best, of those that fit.
    pub fn best(&self, chance: &mut Chance) -> Option<NodeNo> {
        let mut best: Option<(&Cell, u64)> = None;
        let mut alike = 0;
        for cell in &self.cells {
            let (key, many) = match &cell.nodes {
                Nodes::Loose(nodes) => (0, nodes.len() as u64),
                Nodes::Sorted { least, .. } => match least.key() {
                    NOTHING => continue,
                    key => (key, 1),
                },
            };
            if many == 0 {
                continue;
            }
            let order = best.map_or(Ordering::Less, |(other, its)| self.compare(cell, key, other, its));
            // Of loose cells that are alike each node has the same chance.
            let wins = match order {
                Ordering::Less => {
                    alike = many;
                    true
                }
                Ordering::Equal => {
                    alike += many;
                    chance.below(alike) < many
                }
                Ordering::Greater => false,
            };
            if wins {
                best = Some((cell, key));
            }
        }
        match &best?.0.nodes {
            Nodes::Loose(nodes) => Some(nodes[chance.below(nodes.len() as u64) as usize]),
            Nodes::Sorted { least, of } => least.least().map(|(at, _)| of[at]),
        }
    }

    fn compare(&self, cell: &Cell, key: u64, other: &Cell, its: u64) -> Ordering {
        for step in &self.order.steps {
            let order = match step {
                Step::Place(i) => {
                    let counts = &self.counts[*i];
                    counts[cell.places[*i] as usize].cmp(&counts[other.places[*i] as usize])
                }
                Step::Own(own) => own.read(key).cmp(&own.read(its)),
            };
            if order.is_ne() {
                return order;
            }
        }
        key.cmp(&its)
    }

    /// A task goes to the node, which it was found to fit.
    pub fn take(&mut self, rows: &mut Rows, ask: &Ask<'_>, node: NodeNo) {
        let gpus = match ask.request.all_gpus {
            true => rows.room[node as usize].gpus_all,
            false => ask.request.demand.gpus,
        };
        rows.take(node, self.group, ask.request.demand, gpus);
        self.look_again(rows, ask, node);
    }

    /// All that has changed since is known here already.
    pub fn is_up_to_date(&mut self, rows: &Rows) {
        self.seen = rows.touched.end();
    }

    /// Why it was chosen, before it takes the task.
    pub fn why(&self, rows: &Rows, node: NodeNo, group: &str) -> String {
        let mut why = format!("{} of {} nodes fit", self.fitting, self.pool);
        let seat = &self.seats[node as usize];
        let places = &self.cells[seat.cell as usize].places;
        for step in &self.order.steps {
            why.push_str("; ");
            match step {
                Step::Place(i) => {
                    let (name, count) = (&self.order.attributes[*i], self.counts[*i][places[*i] as usize]);
                    write!(why, "spread by {name} finds {count} tasks of {group} there")
                }
                Step::Own(own) => {
                    let amount = own.of(rows, node, seat.count);
                    match own.is_count() {
                        true => write!(why, "spread by instance finds {amount} tasks of {group} there"),
                        false => write!(why, "binpack by {} finds {amount} free there", own.name()),
                    }
                }
            }
            .expect("text takes text");
        }
        if self.order.by_chance {
            why.push_str("; random");
        }
        why
    }
}
