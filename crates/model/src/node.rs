//! Nodes (ECS: container instances) and the ledgers that say what of them is taken.

use crate::record::record;
use crate::words::words;
use crate::{Given, HostPort, Tag};
use base::Timestamp;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use store::{Key, View};

words! {
    NodeStatus {
        Registering = 0 "REGISTERING",
        RegistrationFailed = 1 "REGISTRATION_FAILED",
        Active = 2 "ACTIVE",
        Draining = 3 "DRAINING",
        Deregistering = 4 "DEREGISTERING",
        Inactive = 5 "INACTIVE",
    }
}

/// A machine that can run tasks of one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Node {
    #[n(0)]
    pub cluster: String,
    /// The last part of its ARN: 32 hex digits.
    #[n(1)]
    pub id: String,
    #[n(2)]
    pub status: NodeStatus,
    #[n(3)]
    pub status_reason: Option<String>,
    /// Whether a session with the node's agent is open right now.
    #[n(4)]
    pub connected: bool,
    #[n(5)]
    pub registered_at: Timestamp,
    #[n(6)]
    pub instance_id: Option<String>,
    #[n(7)]
    pub capacity_provider: Option<String>,
    /// What the node has in all.
    #[n(8)]
    pub resources: Resources,
    /// Built-in and custom attributes, in the order of their names.
    #[n(9)]
    pub attributes: Vec<Attribute>,
    #[n(10)]
    pub tags: Vec<Tag>,
    /// Version information and other things only the user reads, as given at registration.
    #[n(11)]
    pub given: Given,
    #[n(12)]
    pub version: u64,
    /// Whether tasks of launch type FARGATE, of any cluster, run here too. The node is never shown to them.
    #[n(13)]
    pub fargate: bool,
    /// Whether it is an EXTERNAL instance (ECS Anywhere) rather than an EC2 one.
    #[n(14)]
    pub external: bool,
    /// The version of its agent, when it told one.
    #[n(15)]
    pub agent_version: Option<String>,
    /// Daemons that must run here before other tasks are placed, by name.
    #[n(16)]
    #[cbor(default)]
    pub awaits: Vec<String>,
}

record!(Node, "node", |n| Node::key_of(&n.cluster, &n.id));

impl Node {
    /// The attribute that says which availability zone the node is in.
    pub const ZONE: &'static str = "ecs.availability-zone";

    /// The attribute that puts a node into a capacity provider. (On AWS its Auto Scaling group does.)
    pub const PROVIDER: &'static str = "gantry/capacity-provider";

    pub fn key_of(cluster: &str, id: &str) -> Key {
        Key::of([cluster, id])
    }

    /// The node with what follows from its attributes: its capacity provider, and the daemons that come first there.
    /// Whoever changes them, or registers it, calls this on it. A `new` one has all daemons before it.
    pub fn settled(mut self, view: &View, new: bool) -> Node {
        let before = self.capacity_provider.take();
        self.capacity_provider = self.attribute(Node::PROVIDER).map(str::to_string);
        if new || before != self.capacity_provider {
            self.awaits = crate::Daemon::first_on(view, &self);
        }
        self
    }

    /// The value of an attribute, or `None` when it has none or is not there.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|a| a.name == name)
            .and_then(|a| a.value.as_deref())
    }

    /// Whether the scheduler may place new tasks here, those of daemons aside.
    pub fn takes_tasks(&self) -> bool {
        self.status == NodeStatus::Active && self.connected && self.awaits.is_empty()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct Attribute {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub value: Option<String>,
}

/// What a node has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Resources {
    #[n(0)]
    pub cpu_units: u32,
    #[n(1)]
    pub memory_mib: u32,
    /// Ports that are never given to tasks (22, 2375.. on AWS).
    #[n(2)]
    pub reserved_ports: Vec<HostPort>,
    /// The ids of its GPUs.
    #[n(3)]
    pub gpus: Vec<String>,
    /// How many tasks can have an interface of their own; `None` is as many as there are addresses.
    #[n(4)]
    pub enis: Option<u32>,
    /// Other amounts by name, in the order of their names, each once.
    #[n(5)]
    #[cbor(default)]
    pub named: Vec<NamedAmount>,
}

/// So much of something that only its name says what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct NamedAmount {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub amount: u32,
}

impl NamedAmount {
    /// How much there is of it, in amounts that may not name it.
    pub fn of(amounts: &[NamedAmount], name: &str) -> u32 {
        amounts.iter().find(|a| a.name == name).map_or(0, |a| a.amount)
    }
}

/// What a task asks of a node. Derived from its plan and its overrides, and kept in the task, so that what was taken
/// is what is given back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Demand {
    #[n(0)]
    pub cpu_units: u32,
    #[n(1)]
    pub memory_mib: u32,
    /// Static host ports only; dynamic ones are the node's to choose.
    #[n(2)]
    pub host_ports: Vec<HostPort>,
    #[n(3)]
    pub gpus: u32,
    /// Interfaces of its own: one in network mode `awsvpc`.
    #[n(4)]
    #[cbor(default)]
    pub enis: u32,
    /// Other amounts by name, each once.
    #[n(5)]
    #[cbor(default)]
    pub named: Vec<NamedAmount>,
}

/// What of a node is taken. Every placement writes it, which is what keeps two placements from taking the same thing.
/// There is one for each node, and node ids are unique across clusters: FARGATE tasks of another cluster hold here too.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NodeLedger {
    /// The cluster that the node is registered in.
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub node: String,
    #[n(2)]
    pub cpu_units: u32,
    #[n(3)]
    pub memory_mib: u32,
    #[n(4)]
    pub host_ports: Vec<HostPort>,
    #[n(5)]
    pub gpus: u32,
    /// How many tasks hold something here.
    #[n(6)]
    pub tasks: u32,
    /// How many of them are of each task group, by [`NodeLedger::group_key`]: what spreading counts.
    #[n(7)]
    pub groups: BTreeMap<String, u32>,
    #[n(8)]
    #[cbor(default)]
    pub enis: u32,
    /// Other amounts by name, in the order of their names; none is 0.
    #[n(9)]
    #[cbor(default)]
    pub named: Vec<NamedAmount>,
}

record!(NodeLedger, "node-ledger", |l| NodeLedger::key_of(&l.node));

impl NodeLedger {
    pub fn key_of(node: &str) -> Key {
        Key::of([node])
    }

    pub fn empty(cluster: &str, node: &str) -> Self {
        NodeLedger {
            cluster: cluster.to_string(),
            node: node.to_string(),
            cpu_units: 0,
            memory_mib: 0,
            host_ports: Vec::new(),
            gpus: 0,
            tasks: 0,
            groups: BTreeMap::new(),
            enis: 0,
            named: Vec::new(),
        }
    }

    /// A cluster's group. Cluster names have no slash, so no two groups have one key.
    pub fn group_key(cluster: &str, group: &str) -> String {
        format!("{cluster}/{group}")
    }

    /// A task of this cluster and group takes what it demands.
    pub fn take(&mut self, cluster: &str, group: &str, demand: &Demand) {
        self.cpu_units += demand.cpu_units;
        self.memory_mib += demand.memory_mib;
        self.gpus += demand.gpus;
        self.enis += demand.enis;
        for wanted in demand.named.iter().filter(|wanted| wanted.amount > 0) {
            match self.named.binary_search_by(|held| held.name.cmp(&wanted.name)) {
                Ok(at) => self.named[at].amount += wanted.amount,
                Err(at) => self.named.insert(at, wanted.clone()),
            }
        }
        self.host_ports.extend(&demand.host_ports);
        self.host_ports.sort_unstable();
        self.tasks += 1;
        *self.groups.entry(Self::group_key(cluster, group)).or_default() += 1;
    }

    /// What [`NodeLedger::take`] took.
    pub fn give_back(&mut self, cluster: &str, group: &str, demand: &Demand) {
        self.cpu_units = self.cpu_units.saturating_sub(demand.cpu_units);
        self.memory_mib = self.memory_mib.saturating_sub(demand.memory_mib);
        self.gpus = self.gpus.saturating_sub(demand.gpus);
        self.enis = self.enis.saturating_sub(demand.enis);
        for held in &mut self.named {
            held.amount = held.amount.saturating_sub(NamedAmount::of(&demand.named, &held.name));
        }
        self.named.retain(|held| held.amount > 0);
        self.host_ports.retain(|p| !demand.host_ports.contains(p));
        self.tasks = self.tasks.saturating_sub(1);
        let key = Self::group_key(cluster, group);
        match self.groups.get_mut(&key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(self.groups.remove(&key)),
        }
    }
}
