//! Taking a node in: its record is made the first time, and brought up to date at each hello.

use super::{Ended, Inner, Way};
use base::Timestamp;
use link::Hello;
use model::{Attribute, Cluster, Given, HostPort, Node, NodeLedger, NodeStatus, Resources};
use store::{Store, StoreError, Tx};

/// The node of a session for control, connected from now on.
pub(super) async fn control(inner: &Inner, hello: Hello, id: &str, way: Way) -> Result<Node, Ended> {
    let (id, zone) = (id.to_string(), format!("{}a", inner.scope.region));
    let taken = inner.store.write(move |tx| take_in(tx, &hello, &id, &zone, way)).await;
    taken.map_err(|refused| match refused {
        Refused::Because(why) => Ended::Refused(why),
        Refused::Store(error) => Ended::Store(error),
    })
}

/// Whether the node it is may have a session: not after it was deregistered.
pub fn may_connect(node: &Node) -> bool {
    matches!(
        node.status,
        NodeStatus::Registering | NodeStatus::Active | NodeStatus::Draining
    )
}

/// The node's session is over.
pub(super) async fn hung_up(store: &Store, cluster: &str, id: &str) {
    let key = Node::key_of(cluster, id);
    let written = store.write(move |tx| {
        if let Some(node) = tx.get::<Node>(&key).filter(|node| node.connected) {
            tx.put(Node {
                connected: false,
                version: node.version + 1,
                ..(*node).clone()
            });
        }
        Ok::<_, StoreError>(())
    });
    if let Err(error) = written.await {
        tracing::error!(%error, node = id, "that a node is not connected could not be written");
    }
}

enum Refused {
    Because(String),
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refused::Store(error)
    }
}

fn take_in(tx: &mut Tx, hello: &Hello, id: &str, first_zone: &str, way: Way) -> Result<Node, Refused> {
    if hello.cluster == DEFAULT && tx.get::<Cluster>(&Cluster::key_of(DEFAULT)).is_none_or(|c| !c.active) {
        tx.put(default_cluster(tx.now()));
    }
    let cluster = tx.get::<Cluster>(&Cluster::key_of(&hello.cluster)).filter(|c| c.active);
    if cluster.is_none() {
        return Err(Refused::Because(format!("there is no cluster {}", hello.cluster)));
    }
    let before = tx.get::<Node>(&Node::key_of(&hello.cluster, id));
    if before.as_ref().is_some_and(|node| !may_connect(node)) {
        return Err(Refused::Because("it was deregistered, which is final".to_string()));
    }
    match tx.get::<NodeLedger>(&NodeLedger::key_of(id)) {
        None => tx.put(NodeLedger::empty(&hello.cluster, id)),
        // Its certificate says which node it is, and the node itself which cluster it is in: the first word holds.
        Some(ledger) if ledger.cluster != hello.cluster => {
            return Err(Refused::Because(format!("it is a node of cluster {}", ledger.cluster)));
        }
        Some(_) => {}
    }
    let now = tx.now();
    let new = before.is_none();
    let before = before.map_or_else(|| first_time(hello, id, now), |node| (*node).clone());
    let node = Node {
        connected: true,
        instance_id: hello.instance_id.clone().or(before.instance_id.clone()),
        resources: resources(hello),
        attributes: attributes(hello, &before.attributes, first_zone, way),
        agent_version: Some(hello.agent_version.clone()),
        fargate: hello.fargate,
        version: before.version + 1,
        ..before
    };
    let node = node.settled(tx, new);
    tx.put(node.clone());
    Ok(node)
}

/// The cluster that nodes are in which name none.
const DEFAULT: &str = "default";

fn default_cluster(now: Timestamp) -> Cluster {
    Cluster {
        name: DEFAULT.to_string(),
        active: true,
        created_at: now,
        deleted_at: None,
        tags: Vec::new(),
        given: Given::default(),
        capacity_providers: Vec::new(),
        default_strategy: Vec::new(),
    }
}

fn first_time(hello: &Hello, id: &str, now: Timestamp) -> Node {
    Node {
        cluster: hello.cluster.clone(),
        id: id.to_string(),
        status: NodeStatus::Active,
        status_reason: None,
        connected: true,
        registered_at: now,
        instance_id: None,
        capacity_provider: None,
        resources: Resources::default(),
        attributes: Vec::new(),
        tags: Vec::new(),
        given: Given::default(),
        version: 0,
        fargate: hello.fargate,
        external: false,
        agent_version: None,
        awaits: Vec::new(),
    }
}

fn resources(hello: &Hello) -> Resources {
    let has = &hello.resources;
    let port = |udp| move |port: &u16| HostPort { port: *port, udp };
    let tcp = has.reserved_ports.iter().map(port(false));
    Resources {
        cpu_units: has.cpu_units,
        memory_mib: has.memory_mib,
        reserved_ports: tcp.chain(has.reserved_ports_udp.iter().map(port(true))).collect(),
        gpus: has.gpus.clone(),
        ..Resources::default()
    }
}

/// What the node says by itself replaces what it said; what users hung on it stays.
fn attributes(hello: &Hello, before: &[Attribute], first_zone: &str, way: Way) -> Vec<Attribute> {
    let nodes_own = |name: &str| {
        ["ecs.", "com.amazonaws.ecs.", "gantry."]
            .iter()
            .any(|p| name.starts_with(p))
    };
    let told = hello.attributes.iter().map(|a| Attribute {
        name: a.name.clone(),
        value: a.value.clone(),
    });
    let kept = before.iter().filter(|a| !nodes_own(&a.name)).cloned();
    let zone = hello
        .availability_zone
        .clone()
        .unwrap_or_else(|| first_zone.to_string());
    let zone = Attribute {
        name: Node::ZONE.to_string(),
        value: Some(zone),
    };
    let mut all: Vec<Attribute> = told
        .filter(|a| a.name != Node::ZONE && !Way::is_attribute(&a.name))
        .chain(kept)
        .chain(way.attribute())
        .chain([zone])
        .collect();
    all.sort();
    all.dedup_by(|a, b| a.name == b.name);
    all
}
