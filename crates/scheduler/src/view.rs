//! The nodes as placement sees them: built from records for each request. A view that is kept up to date from the
//! change list can take this one's place; what is asked of it is only the struct.

use model::{Node, NodeLedger, NodeStatus, Task, TaskStatus};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{Key, View};

/// One node and what of it is taken.
#[derive(Clone, Debug)]
pub struct NodeView {
    pub node: Arc<Node>,
    pub ledger: Arc<NodeLedger>,
    /// How many live tasks of each group are on it; complete only for the groups that were asked for.
    pub groups: BTreeMap<String, u32>,
    /// How many tasks are RUNNING on it, if that was asked for.
    pub running: u32,
}

/// What of the tasks on the nodes a request must know. Reading less is quicker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Groups by name.
    pub groups: BTreeSet<String>,
    /// Every group there is.
    pub all_groups: bool,
    /// How many tasks are RUNNING.
    pub running: bool,
}

/// Whose nodes to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool<'a> {
    /// The nodes of a cluster.
    Cluster(&'a str),
    /// The nodes of any cluster that take FARGATE tasks; groups are those of the cluster named here.
    Fargate(&'a str),
}

/// Reads the nodes of a pool, in the order of their keys; those that left for good are not there.
pub fn look(view: &View, pool: Pool<'_>, wants: &Wants) -> Vec<NodeView> {
    let (prefix, cluster) = match pool {
        Pool::Cluster(cluster) => (Key::of([cluster]), cluster),
        Pool::Fargate(cluster) => (Key::all(), cluster),
    };
    let mine = |n: &Node| n.status != NodeStatus::Inactive && (n.fargate || matches!(pool, Pool::Cluster(_)));
    let nodes = view.scan::<Node>(&prefix).filter(|n| mine(n));
    let mut looked: Vec<NodeView> = nodes.map(|node| with_ledger(view, node)).collect();
    for seen in &mut looked {
        count(view, seen, cluster, wants);
    }
    looked
}

/// One node with all that can be asked about it.
pub fn look_at(view: &View, node: Arc<Node>) -> NodeView {
    let cluster = node.cluster.clone();
    let mut seen = with_ledger(view, node);
    let all = Wants {
        all_groups: true,
        running: true,
        ..Wants::default()
    };
    count(view, &mut seen, &cluster, &all);
    seen
}

fn with_ledger(view: &View, node: Arc<Node>) -> NodeView {
    let ledger = view.get::<NodeLedger>(&NodeLedger::key_of(&node.id));
    let ledger = ledger.unwrap_or_else(|| Arc::new(NodeLedger::empty(&node.cluster, &node.id)));
    NodeView {
        node,
        ledger,
        groups: BTreeMap::new(),
        running: 0,
    }
}

fn count(view: &View, seen: &mut NodeView, cluster: &str, wants: &Wants) {
    let there = &seen.ledger.groups;
    if wants.all_groups {
        let prefix = NodeLedger::group_key(cluster, "");
        let mine = there
            .iter()
            .filter_map(|(key, count)| Some((key.strip_prefix(&prefix)?.to_string(), *count)));
        seen.groups = mine.collect();
    } else if !there.is_empty() {
        let found = |group: &String| Some((group.clone(), *there.get(&NodeLedger::group_key(cluster, group))?));
        seen.groups = wants.groups.iter().filter_map(found).collect();
    }
    if wants.running {
        let tasks = view.by::<Task>(Task::BY_NODE, &Key::of([&seen.node.id]));
        let running = tasks.filter(|task| task.status == TaskStatus::Running).count();
        seen.running = u32::try_from(running).unwrap_or(u32::MAX);
    }
}
