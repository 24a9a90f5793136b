//! The nodes by number, and what is free on each: what every class of requests looks at.

use super::attributes::Attributes;
use crate::NodeView;
use crate::view::Wants;
use model::{Demand, HostPort, NamedAmount, Node, NodeLedger, NodeStatus};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// A node's number. Numbers of nodes that left are given again.
pub type NodeNo = u32;
pub type GroupNo = u32;

/// How many tasks of one group are on each node, where there are any.
type Counts = HashMap<NodeNo, u32, BuildHasherDefault<Spread>>;

/// What a placement reads and writes of a node, in one line of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    pub cpu_units: u32,
    pub memory_mib: u32,
    pub gpus: u32,
    /// All that the node has, free or not.
    pub gpus_all: u32,
    /// As many as there are numbers, where the node sets no bound.
    pub enis: u32,
}

/// What kind of node it is, as far as requests without a word about attributes ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    pub there: bool,
    /// ACTIVE, with its agent connected.
    pub takes_tasks: bool,
    pub external: bool,
    pub fargate: bool,
    /// By number of their names.
    pub cluster: u32,
    pub provider: Option<u32>,
}

/// The columns.
#[derive(Debug, Default)]
pub struct Rows {
    numbers: HashMap<String, NodeNo>,
    pub room: Vec<Room>,
    pub kinds: Vec<Kind>,
    /// Names of clusters and capacity providers.
    names: HashMap<String, u32>,
    /// Reserved and taken ones, in order.
    ports: Vec<Vec<HostPort>>,
    /// What is free of that which only names tell.
    named: Vec<Vec<NamedAmount>>,
    held: Vec<Held>,
    vacant: Vec<NodeNo>,
    pub attributes: Attributes,
    groups: HashMap<Arc<str>, GroupNo>,
    group_names: Vec<Arc<str>>,
    counts: Vec<Counts>,
    pub touched: Touched,
}

/// The records that a row was made of.
#[derive(Clone, Debug, Default)]
pub struct Held {
    pub node: Option<Arc<Node>>,
    pub ledger: Option<Arc<NodeLedger>>,
    /// Groups of which more was taken than the ledger says.
    ahead: Vec<GroupNo>,
}

impl Held {
    /// Whether more was taken in the row than the records say.
    pub fn is_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }
}

/// Which rows have changed, in order, so that each class looks again at these alone. The oldest entries are forgotten.
#[derive(Debug, Default)]
pub struct Touched {
    entries: VecDeque<Touch>,
    forgotten: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct Touch {
    pub node: NodeNo,
    /// Whether the node itself is another now, not only what is free on it.
    pub reshaped: bool,
}

/// Entries that are remembered. A class that is further behind looks at all nodes.
const MOST_TOUCHES: usize = 1 << 16;

impl Touched {
    pub fn end(&self) -> u64 {
        self.forgotten + self.entries.len() as u64
    }

    /// Those after `seen`, if they are still known.
    pub fn after(&self, seen: u64) -> Option<impl Iterator<Item = Touch> + '_> {
        let from = usize::try_from(seen.checked_sub(self.forgotten)?).ok()?;
        Some(self.entries.range(from..).copied())
    }

    pub fn note(&mut self, node: NodeNo, reshaped: bool) {
        if self.entries.len() == MOST_TOUCHES {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(Touch { node, reshaped });
    }
}

impl Rows {
    /// How many numbers were given; some may be vacant.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn number(&self, node: &str) -> Option<NodeNo> {
        self.numbers.get(node).copied()
    }

    pub fn held(&self, node: NodeNo) -> &Held {
        &self.held[node as usize]
    }

    pub fn node(&self, node: NodeNo) -> Option<&Arc<Node>> {
        self.held[node as usize].node.as_ref()
    }

    /// The node as it is now. One that left for good goes.
    pub fn put_node(&mut self, node: Arc<Node>) {
        if node.status == NodeStatus::Inactive {
            return self.remove_node(&node.id);
        }
        let number = self.number(&node.id).unwrap_or_else(|| self.admit(&node.id));
        let at = number as usize;
        self.kinds[at] = Kind {
            there: true,
            takes_tasks: node.takes_tasks(),
            external: node.external,
            fargate: node.fargate,
            cluster: self.name(&node.cluster),
            provider: node.capacity_provider.as_deref().map(|name| self.name(name)),
        };
        let before = self.held[at].node.replace(Arc::clone(&node));
        if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, &node)) {
            return;
        }
        let had = before.as_ref().map_or(&[][..], |before| &before.attributes);
        self.attributes.change(at, had, &node.attributes);
        self.measure(number);
        self.touched.note(number, true);
    }

    fn admit(&mut self, id: &str) -> NodeNo {
        let number = self.vacant.pop().unwrap_or_else(|| {
            self.held.push(Held::default());
            self.room.push(Room::default());
            self.kinds.push(Kind::default());
            self.ports.push(Vec::new());
            self.named.push(Vec::new());
            NodeNo::try_from(self.held.len() - 1).expect("there are fewer nodes than numbers")
        });
        self.numbers.insert(id.to_string(), number);
        number
    }

    pub fn remove_node(&mut self, id: &str) {
        let Some(number) = self.numbers.remove(id) else { return };
        let at = number as usize;
        self.put_ledger(number, None);
        let held = std::mem::take(&mut self.held[at]);
        if let Some(node) = held.node {
            self.attributes.change(at, &node.attributes, &[]);
        }
        self.room[at] = Room::default();
        self.kinds[at] = Kind::default();
        self.ports[at].clear();
        self.named[at].clear();
        self.vacant.push(number);
        self.touched.note(number, true);
    }

    /// What is taken of the node, as its ledger says; what was taken ahead of it counts no longer.
    pub fn put_ledger(&mut self, number: NodeNo, ledger: Option<Arc<NodeLedger>>) {
        let held = &mut self.held[number as usize];
        let before = std::mem::replace(&mut held.ledger, ledger.clone());
        let ahead = std::mem::take(&mut held.ahead);
        let none = BTreeMap::new();
        let had = before.as_ref().map_or(&none, |l| &l.groups);
        let has = ledger.as_ref().map_or(&none, |l| &l.groups);
        let mut other = false;
        for group in ahead {
            let count = has.get(&*self.group_names[group as usize]).copied();
            other |= self.set_count(group, number, count.unwrap_or(0));
        }
        for (name, count) in differing(had, has) {
            let group = self.group(name);
            other |= self.set_count(group, number, count);
        }
        if self.measure(number) || other {
            self.touched.note(number, false);
        }
    }

    /// Reads anew what is free, from the records. Answers with whether it is other than it was.
    fn measure(&mut self, number: NodeNo) -> bool {
        let at = number as usize;
        let Some(node) = &self.held[at].node else { return false };
        let has = &node.resources;
        let gpus_all = u32::try_from(has.gpus.len()).unwrap_or(u32::MAX);
        let mut room = Room {
            cpu_units: has.cpu_units,
            memory_mib: has.memory_mib,
            gpus: gpus_all,
            gpus_all,
            enis: has.enis.unwrap_or(u32::MAX),
        };
        let mut named = has.named.clone();
        let ports = &mut self.ports[at];
        let before = ports.clone();
        ports.clear();
        ports.extend(&has.reserved_ports);
        if let Some(ledger) = &self.held[at].ledger {
            room.cpu_units = has.cpu_units.saturating_sub(ledger.cpu_units);
            room.memory_mib = has.memory_mib.saturating_sub(ledger.memory_mib);
            room.gpus = gpus_all.saturating_sub(ledger.gpus);
            room.enis = has.enis.map_or(u32::MAX, |enis| enis.saturating_sub(ledger.enis));
            for amount in &mut named {
                amount.amount = amount
                    .amount
                    .saturating_sub(NamedAmount::of(&ledger.named, &amount.name));
            }
            ports.extend(&ledger.host_ports);
        }
        ports.sort_unstable();
        let other = room != self.room[at] || before != *ports || named != self.named[at];
        self.room[at] = room;
        self.named[at] = named;
        other
    }

    pub fn has_port(&self, node: NodeNo, port: HostPort) -> bool {
        self.ports[node as usize].binary_search(&port).is_ok()
    }

    pub fn has_named(&self, node: NodeNo, wanted: &NamedAmount) -> bool {
        self.free_named(node, &wanted.name) >= wanted.amount
    }

    pub fn free_named(&self, node: NodeNo, name: &str) -> u32 {
        NamedAmount::of(&self.named[node as usize], name)
    }

    /// A task takes this, ahead of what the ledger says. Whether it fits was asked before.
    pub fn take(&mut self, number: NodeNo, group: GroupNo, demand: &Demand, gpus: u32) {
        let at = number as usize;
        let room = &mut self.room[at];
        room.cpu_units = room.cpu_units.saturating_sub(demand.cpu_units);
        room.memory_mib = room.memory_mib.saturating_sub(demand.memory_mib);
        room.gpus = room.gpus.saturating_sub(gpus);
        if room.enis != u32::MAX {
            room.enis = room.enis.saturating_sub(demand.enis);
        }
        for wanted in &demand.named {
            if let Some(free) = self.named[at].iter_mut().find(|free| free.name == wanted.name) {
                free.amount = free.amount.saturating_sub(wanted.amount);
            }
        }
        if !demand.host_ports.is_empty() {
            self.ports[at].extend(&demand.host_ports);
            self.ports[at].sort_unstable();
        }
        let ahead = &mut self.held[at].ahead;
        if !ahead.contains(&group) {
            ahead.push(group);
        }
        *self.counts[group as usize].entry(number).or_default() += 1;
    }

    /// The number of a cluster's or capacity provider's name.
    pub fn name(&mut self, name: &str) -> u32 {
        if let Some(number) = self.names.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.insert(name.to_string(), number);
        number
    }

    /// As [`Rows::name`], of a name that some node has.
    pub fn known_name(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied()
    }

    /// The number of a group, by [`NodeLedger::group_key`].
    pub fn group(&mut self, key: &str) -> GroupNo {
        if let Some(group) = self.groups.get(key) {
            return *group;
        }
        let (group, name) = (self.counts.len() as GroupNo, Arc::<str>::from(key));
        self.counts.push(Counts::default());
        self.group_names.push(Arc::clone(&name));
        self.groups.insert(name, group);
        group
    }

    /// As [`Rows::group`], of a group that some node had.
    pub fn known_group(&self, key: &str) -> Option<GroupNo> {
        self.groups.get(key).copied()
    }

    pub fn groups(&self) -> usize {
        self.counts.len()
    }

    /// Those that have tasks.
    pub fn groups_in_use(&self) -> usize {
        self.counts.iter().filter(|counts| !counts.is_empty()).count()
    }

    /// How many tasks of the group are on the node.
    pub fn count(&self, group: GroupNo, node: NodeNo) -> u32 {
        self.counts[group as usize].get(&node).copied().unwrap_or(0)
    }

    /// The nodes with tasks of the group, in no order.
    pub fn counts(&self, group: GroupNo) -> impl Iterator<Item = (NodeNo, u32)> + '_ {
        self.counts[group as usize].iter().map(|(node, count)| (*node, *count))
    }

    fn set_count(&mut self, group: GroupNo, node: NodeNo, count: u32) -> bool {
        let counts = &mut self.counts[group as usize];
        let before = match count {
            0 => counts.remove(&node),
            count => counts.insert(node, count),
        };
        before.unwrap_or(0) != count
    }

    /// The node as the exact scan sees it, with what was taken ahead of the ledger. How many tasks are RUNNING is not known
    /// here.
    pub fn view(&self, number: NodeNo, cluster: &str, wants: &Wants) -> Option<NodeView> {
        let (held, room) = (&self.held[number as usize], &self.room[number as usize]);
        let node = Arc::clone(held.node.as_ref()?);
        let mut ledger = held
            .ledger
            .clone()
            .unwrap_or_else(|| Arc::new(NodeLedger::empty(&node.cluster, &node.id)));
        if held.is_ahead() {
            let ledger = Arc::make_mut(&mut ledger);
            ledger.cpu_units = node.resources.cpu_units.saturating_sub(room.cpu_units);
            ledger.memory_mib = node.resources.memory_mib.saturating_sub(room.memory_mib);
            ledger.gpus = room.gpus_all - room.gpus;
            ledger.host_ports.clone_from(&self.ports[number as usize]);
            ledger.enis = node.resources.enis.map_or(0, |enis| enis - room.enis);
            let free = &self.named[number as usize];
            ledger.named.clone_from(&node.resources.named);
            for taken in &mut ledger.named {
                taken.amount -= NamedAmount::of(free, &taken.name);
            }
        }
        let count = |name: &str| {
            let group = self.groups.get(NodeLedger::group_key(cluster, name).as_str())?;
            Some((name.to_string(), self.count(*group, number))).filter(|(_, count)| *count > 0)
        };
        let groups = if wants.all_groups {
            let prefix = NodeLedger::group_key(cluster, "");
            let ahead = held.ahead.iter().map(|group| &*self.group_names[*group as usize]);
            let names = ledger.groups.keys().map(String::as_str).chain(ahead);
            names.filter_map(|name| count(name.strip_prefix(&prefix)?)).collect()
        } else {
            wants.groups.iter().filter_map(|name| count(name)).collect()
        };
        Some(NodeView {
            node,
            ledger,
            groups,
            running: 0,
        })
    }
}

/// Groups of which there are now more or fewer, with how many there are.
fn differing<'a>(
    had: &'a BTreeMap<String, u32>,
    has: &'a BTreeMap<String, u32>,
) -> impl Iterator<Item = (&'a str, u32)> {
    let gone = had.keys().filter(|name| !has.contains_key(*name));
    let changed = has.iter().filter(|(name, count)| had.get(*name) != Some(count));
    gone.map(|name| (name.as_str(), 0))
        .chain(changed.map(|(name, count)| (name.as_str(), *count)))
}

/// Node numbers are small and our own: nobody chooses them to collide, so a multiplication spreads them well enough.
#[derive(Default)]
pub struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u32(u32::from(*b)));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(26);
    }
}
