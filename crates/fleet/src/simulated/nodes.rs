//! Registering simulated nodes.

use base::Dice;
use control::{Controller, Next};
use model::{Attribute, Cluster, Given, Node, NodeLedger, NodeStatus, Resources};
use std::collections::BTreeSet;
use store::{Change, Key, Record, Store, StoreError, Tx, View};

/// What a simulated node has.
#[derive(Clone, Debug)]
pub struct Shape {
    pub cpu_units: u32,
    pub memory_mib: u32,
    /// The region; nodes go round its zones a, b and c.
    pub region: String,
}

/// Nodes that one transaction registers; the store bounds what a transaction changes.
const AT_ONCE: usize = 1_000;

/// Sees to it that `count` simulated nodes are in cluster `default`. They keep their ids from one start to the next, and
/// [`TakeUp`] connects them.
pub async fn register(store: &Store, count: u16, shape: Shape, dice: &dyn Dice) -> Result<(), StoreError> {
    let ids: Vec<(usize, String)> = (0..usize::from(count)).map(|i| (i, dice.hex(32))).collect();
    for some in ids.chunks(AT_ONCE) {
        register_some(store, some, &shape).await?;
    }
    Ok(())
}

async fn register_some(store: &Store, ids: &[(usize, String)], shape: &Shape) -> Result<(), StoreError> {
    let (ids, shape) = (ids.to_vec(), shape.clone());
    store
        .write(move |tx| {
            if tx.get::<Cluster>(&Cluster::key_of("default")).is_none_or(|c| !c.active) {
                tx.put(default_cluster(tx.now()));
            }
            let there: BTreeSet<String> = tx
                .scan::<Node>(&Key::of(["default"]))
                .filter_map(|n| n.instance_id.clone())
                .collect();
            for (i, id) in &ids {
                let instance = instance_id(*i);
                if !there.contains(&instance) {
                    tx.put(NodeLedger::empty("default", id));
                    let node = node(id, instance, *i, &shape, tx.now()).settled(tx, true);
                    tx.put(node);
                }
            }
            Ok::<_, StoreError>(())
        })
        .await
}

/// Takes up nodes that are registered by hand while simulated ones run: somebody should run their tasks.
#[derive(Clone, Copy, Debug)]
pub struct TakeUp {
    /// How many are taken up in one transaction at most.
    pub at_once: usize,
}

impl Default for TakeUp {
    fn default() -> Self {
        TakeUp { at_once: 1 }
    }
}

impl Controller for TakeUp {
    fn name(&self) -> &'static str {
        "simulated-sessions"
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<Node>(&Key::all())
            .filter(|node| is_silent(node))
            .map(|node| node.key())
            .collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((_, Some(node))) = change.of::<Node>()
            && is_silent(&node)
        {
            dirty(node.key());
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        if let Some(node) = tx.get::<Node>(key).filter(|node| is_silent(node)) {
            tx.put(Node {
                connected: true,
                version: node.version + 1,
                ..(*node).clone()
            });
        }
        Next::Rest
    }
}

fn is_silent(node: &Node) -> bool {
    !node.connected && matches!(node.status, NodeStatus::Active | NodeStatus::Draining)
}

fn instance_id(i: usize) -> String {
    format!("i-5{:016x}", i + 1)
}

fn default_cluster(now: base::Timestamp) -> Cluster {
    Cluster {
        name: "default".to_string(),
        active: true,
        created_at: now,
        deleted_at: None,
        tags: Vec::new(),
        given: Given::default(),
        capacity_providers: Vec::new(),
        default_strategy: Vec::new(),
    }
}

fn node(id: &str, instance: String, i: usize, shape: &Shape, now: base::Timestamp) -> Node {
    let zone = format!("{}{}", shape.region, ["a", "b", "c"][i % 3]);
    let mut attributes: Vec<Attribute> = [
        ("ecs.availability-zone", Some(zone.as_str())),
        ("ecs.cpu-architecture", Some("x86_64")),
        ("ecs.instance-type", Some("simulated")),
        ("ecs.os-family", Some("LINUX")),
        ("ecs.os-type", Some("linux")),
        ("gantry.simulated", None),
    ]
    .into_iter()
    .map(|(name, value)| Attribute {
        name: name.to_string(),
        value: value.map(str::to_string),
    })
    .collect();
    attributes.extend(CAPABILITIES.iter().map(|name| Attribute {
        name: (*name).to_string(),
        value: None,
    }));
    attributes.sort();
    Node {
        cluster: "default".to_string(),
        id: id.to_string(),
        status: NodeStatus::Active,
        status_reason: None,
        connected: false,
        registered_at: now,
        instance_id: Some(instance),
        capacity_provider: None,
        resources: Resources {
            cpu_units: shape.cpu_units,
            memory_mib: shape.memory_mib,
            ..Resources::default()
        },
        attributes,
        tags: Vec::new(),
        given: Given::default(),
        version: 1,
        fargate: true,
        external: false,
        agent_version: Some(env!("CARGO_PKG_VERSION").to_string()),
        awaits: Vec::new(),
    }
}

/// What a definition may require and a simulated node can pretend to.
const CAPABILITIES: &[&str] = &[
    "com.amazonaws.ecs.capability.docker-remote-api.1.17",
    "com.amazonaws.ecs.capability.docker-remote-api.1.18",
    "com.amazonaws.ecs.capability.docker-remote-api.1.19",
    "com.amazonaws.ecs.capability.docker-remote-api.1.20",
    "com.amazonaws.ecs.capability.docker-remote-api.1.21",
    "com.amazonaws.ecs.capability.docker-remote-api.1.22",
    "com.amazonaws.ecs.capability.docker-remote-api.1.23",
    "com.amazonaws.ecs.capability.docker-remote-api.1.24",
    "com.amazonaws.ecs.capability.docker-remote-api.1.25",
    "com.amazonaws.ecs.capability.docker-remote-api.1.29",
    "com.amazonaws.ecs.capability.docker-remote-api.1.30",
    "com.amazonaws.ecs.capability.docker-remote-api.1.32",
    "com.amazonaws.ecs.capability.docker-remote-api.1.35",
    "com.amazonaws.ecs.capability.ecr-auth",
    "com.amazonaws.ecs.capability.logging-driver.awslogs",
    "com.amazonaws.ecs.capability.logging-driver.json-file",
    "com.amazonaws.ecs.capability.privileged-container",
    "com.amazonaws.ecs.capability.task-iam-role",
    "com.amazonaws.ecs.capability.task-iam-role-network-host",
    "ecs.capability.container-health-check",
    "ecs.capability.container-ordering",
    "ecs.capability.execution-role-awslogs",
    "ecs.capability.execution-role-ecr-pull",
    "ecs.capability.full-sync",
    "ecs.capability.task-eni",
];
