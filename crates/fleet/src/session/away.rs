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

#[cfg(test)]
mod tests {
    use super::*;
    use model::testing::{node, task, world, write};
    use model::{Attachment, TaskStatus};
    use store::Store;

    const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

    fn way() -> Way {
        Way {
            node: None,
            server: Some(IpAddr::V4(SERVER)),
        }
    }

    /// A task at 10.0.0.LAST of that node.
    fn at(node: &str, last: u8) -> Task {
        let attachment = Attachment {
            id: String::new(),
            interface: format!("eni-{last}"),
            subnet: "subnet-1".to_string(),
            address: Ipv4Addr::new(10, 0, 0, last),
        };
        Task {
            node: Some(node.to_string()),
            attachment: Some(Box::new(attachment)),
            ..task(&format!("t{last}"))
        }
    }

    fn stopped(task: &Task) -> Task {
        Task {
            status: TaskStatus::Stopped,
            ..task.clone()
        }
    }

    /// Three nodes: `own` on the server's machine, `far` at 192.0.2.9, and `six`, which came by IPv6.
    fn nodes() -> Store {
        let store = world();
        let made = write(&store, |tx| {
            for (id, address) in [("own", None), ("far", Some("192.0.2.9")), ("six", Some("2001:db8::9"))] {
                let mut node = node(id);
                let way = Way {
                    node: address.map(|address| address.parse().expect("one of the three")),
                    server: None,
                };
                node.attributes.extend(way.attribute());
                tx.put(NodeLedger::empty("default", id));
                tx.put(node);
            }
            Ok(())
        });
        made.expect("nodes may be");
        store
    }

    fn told(moved: Moved, store: &Store) -> Vec<(Option<u8>, Vec<u8>)> {
        let last = |address: &Ipv4Addr| address.octets()[3];
        let told = moved.told(&store.snapshot(), &way());
        let one = |away: &Away| (away.node.as_ref().map(last), away.addresses.iter().map(last).collect());
        told.iter().map(one).collect()
    }

    #[test]
    fn an_address_is_behind_its_tasks_node_while_the_task_lives() {
        let store = nodes();
        let mut moved = Moved::default();
        let tasks: Vec<Arc<Task>> = [at("own", 4), at("far", 5), at("six", 6), at("me", 7)]
            .map(Arc::new)
            .into();
        tasks.iter().for_each(|task| moved.take_task("me", None, Some(task)));
        // What the tunnel cannot reach is told as being nowhere, and one's own is not told.
        assert_eq!(
            told(moved, &store),
            [(None, vec![6]), (Some(1), vec![4]), (Some(9), vec![5])]
        );

        let mut moved = Moved::default();
        let over = Arc::new(stopped(&tasks[1]));
        moved.take_task("me", Some(&tasks[1]), Some(&over));
        moved.take_task("me", Some(&tasks[0]), Some(&tasks[0]));
        assert_eq!(told(moved, &store), [(None, vec![5])]);

        // Given to another task at once, before the node was told.
        let mut moved = Moved::default();
        let next = Arc::new(Task {
            id: "next".to_string(),
            ..at("own", 5)
        });
        moved.take_task("me", Some(&tasks[1]), Some(&over));
        moved.take_task("me", None, Some(&next));
        moved.take_task("me", Some(&over), None);
        assert_eq!(told(moved, &store), [(Some(1), vec![5])]);
    }

    #[test]
    fn only_another_nodes_new_address_concerns_everybody() {
        let store = nodes();
        let from = store.snapshot().revision();
        let changed = write(&store, |tx| {
            for (id, address) in [("far", "192.0.2.10"), ("own", "192.0.2.11")] {
                let key = Node::key_of("default", id);
                let mut node = (*tx.get::<Node>(&key).expect("it was put")).clone();
                node.attributes.retain(|a| !Way::is_attribute(&a.name));
                node.attributes.push(Attribute {
                    name: Way::ATTRIBUTE.to_string(),
                    value: Some(address.to_string()),
                });
                node.connected = false;
                tx.put(node);
            }
            Ok(())
        });
        changed.expect("nodes may move");
        let Ok(Some(commit)) = store.watch(from).try_next() else {
            panic!("there is a commit")
        };
        for (me, concerned) in [("far", [false, true]), ("me", [true, true])] {
            let seen = commit.changes.iter().map(|change| {
                let mut moved = Moved::default();
                moved.take(me, change);
                moved.node
            });
            assert_eq!(seen.collect::<Vec<_>>(), concerned, "{me}");
        }
    }
}
