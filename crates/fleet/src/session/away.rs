//! The VPC as one node is told of it: what it is, and which of its addresses are behind which other node.

use link::Away;
use model::{Attribute, Node, NodeLedger, Subnet, Task, Vpc};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use store::{Change, Key, View};

/// The two ends of a node's connection, as the server sees them. A node in the server's own process has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Way {
    pub node: Option<IpAddr>,
    pub server: Option<IpAddr>,
}

impl Way {
    /// The attribute by which a node's address is known; a node without one is on the server's own machine.
    const ATTRIBUTE: &str = "gantry.address";

    pub fn attribute(&self) -> Option<Attribute> {
        self.node.map(|address| Attribute {
            name: Way::ATTRIBUTE.to_string(),
            value: Some(address.to_canonical().to_string()),
        })
    }

    pub fn is_attribute(name: &str) -> bool {
        name == Way::ATTRIBUTE
    }

    /// Where a node is for the one whose way this is. The tunnel is of IPv4 alone.
    fn to(&self, node: &Node) -> Option<Ipv4Addr> {
        match (
            node.attribute(Way::ATTRIBUTE),
            self.server.map(|server| server.to_canonical()),
        ) {
            (Some(address), _) => address.parse().ok(),
            (None, Some(IpAddr::V4(server))) => Some(server),
            (None, _) => None,
        }
    }
}

/// The VPC that nodes have a part in: the one that is there from the start.
pub fn vpc(view: &View) -> Option<link::Vpc> {
    let vpc = view.scan::<Vpc>(&Key::all()).find(|vpc| vpc.default)?;
    let subnets = view.scan::<Subnet>(&Key::all()).filter(|subnet| subnet.vpc == vpc.id);
    let subnet = |subnet: Arc<Subnet>| link::Subnet {
        id: subnet.id.clone(),
        first: subnet.block.first,
        prefix: subnet.block.prefix,
        gateway: subnet.gateway(),
    };
    Some(link::Vpc {
        id: vpc.id.clone(),
        tunnel: number(&vpc),
        subnets: subnets.map(subnet).collect(),
    })
}

/// The same for all nodes of a VPC, and most likely another for VPCs that meet on one machine (FNV-1a, folded).
fn number(vpc: &Vpc) -> u32 {
    let text = format!("{} {}", vpc.id, vpc.block);
    let hash = text.bytes().fold(0x811c_9dc5u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash >> 24) ^ (hash & 0x00ff_ffff)
}

/// All addresses that live on other nodes than this.
pub fn all(view: &View, me: &str, way: &Way) -> Vec<Away> {
    let interfaces = view.scan::<model::NetworkInterface>(&Key::all());
    let tasks = interfaces.filter_map(|i| view.get::<Task>(&Task::key_of(&i.cluster, &i.task)));
    let mut moved = Moved::default();
    tasks.for_each(|task| moved.take_task(me, None, Some(&task)));
    moved.told(view, way)
}

/// Addresses that came to live on other nodes, or ceased to, and the task that has them now.
#[derive(Default)]
pub struct Moved {
    addresses: BTreeMap<Ipv4Addr, Option<Arc<Task>>>,
    /// Another node has another address than before, which concerns all tasks that it has.
    pub node: bool,
}

impl Moved {
    pub fn take(&mut self, me: &str, change: &Change) {
        if let Some((before, after)) = change.of::<Task>() {
            self.take_task(me, before.as_ref(), after.as_ref());
        } else if let Some((Some(before), Some(after))) = change.of::<Node>() {
            let address = |node: &Node| node.attribute(Way::ATTRIBUTE).map(str::to_owned);
            self.node |= before.id != me && address(&before) != address(&after);
        }
    }

    fn take_task(&mut self, me: &str, before: Option<&Arc<Task>>, after: Option<&Arc<Task>>) {
        let (was, is) = (before.and_then(|t| away(me, t)), after.and_then(|t| away(me, t)));
        if was == is {
            return;
        }
        if let Some(address) = was {
            self.addresses.insert(address, None);
        }
        if let (Some(address), Some(task)) = (is, after) {
            self.addresses.insert(address, Some(Arc::clone(task)));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// As the node is told, by node.
    pub fn told(self, view: &View, way: &Way) -> Vec<Away> {
        let mut by_node: BTreeMap<Option<Ipv4Addr>, Vec<Ipv4Addr>> = BTreeMap::new();
        for (address, task) in self.addresses {
            let node = task.and_then(|task| way.to(&*node_of(view, &task)?));
            by_node.entry(node).or_default().push(address);
        }
        let away = |(node, addresses)| Away { node, addresses };
        by_node.into_iter().map(away).collect()
    }
}

/// The address of a task that lives on another node.
fn away(me: &str, task: &Task) -> Option<Ipv4Addr> {
    let elsewhere = task.node.as_deref().is_some_and(|node| node != me) && !task.is_stopped();
    task.attachment.as_ref().filter(|_| elsewhere).map(|a| a.address)
}

/// A task's node may be of another cluster than the task.
fn node_of(view: &View, task: &Task) -> Option<Arc<Node>> {
    let id = task.node.as_deref()?;
    let ledger = view.get::<NodeLedger>(&NodeLedger::key_of(id))?;
    view.get::<Node>(&Node::key_of(&ledger.cluster, id))
}
