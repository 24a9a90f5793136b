//! What must always hold. Each law is a named function over a snapshot; simulation, property tests and
//! `gantry admin doctor` share them.
//!
//! Other laws are about what happens: [`changes`] of one record, and what [`rollouts`] do to a service's tasks in one
//! commit. [`history`] holds what a store remembers against both.

pub mod changes;
mod daemons;
mod deployments;
pub mod history;
pub mod rollouts;
mod services;

use crate::registry::laws;
use crate::{Cluster, DefinitionStatus, Family, NetworkInterface, Node, NodeLedger, Task, TaskDefinition, TaskStatus};
use crate::{NamedAmount, Subnet, SubnetLedger};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{Key, Snapshot};

/// A law that does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub law: &'static str,
    pub at: String,
}

/// A law's name and the function that checks it.
pub type Law = (&'static str, fn(&Snapshot) -> Vec<String>);

pub const LAWS: &[Law] = &[
    (
        "a ledger holds exactly what its node's live tasks demand",
        ledgers_add_up,
    ),
    ("no ledger promises more than its node has", nothing_is_promised_twice),
    ("a GPU is given once", gpus_are_given_once),
    (
        "a task that is not stopped and has left PROVISIONING has a node",
        placed_tasks_have_a_node,
    ),
    ("a stopped task says when and why", stopped_tasks_say_why),
    (
        "every live task's cluster and definition are there",
        tasks_stand_on_something,
    ),
    ("no revision is newer than its family's counter", families_count_up),
    ("a family counts its ACTIVE revisions", families_count_their_active_ones),
    ("every node belongs to a cluster that is there", nodes_have_a_cluster),
    (
        "every interface is that of a live task, which has no other",
        interfaces_have_a_task,
    ),
    ("an address of an interface is given once", addresses_are_given_once),
    ("a subnet's ledger counts its interfaces", subnets_count_interfaces),
    (
        "a service's tally counts exactly its live tasks",
        services::tallies_add_up,
    ),
    (
        "a task of a service is of one of its revisions",
        services::members_have_a_revision,
    ),
    (
        "a DAEMON service has one task at most on a node",
        services::daemons_are_one_a_node,
    ),
    ("a daemon has one task at most on a node", daemons::one_a_node),
    ("a daemon's task has its node's seat", daemons::tasks_have_a_seat),
    (
        "only the newest deployment of a daemon is under way",
        daemons::one_deployment,
    ),
    ("nodes await daemons that are there", daemons::nodes_await_what_is_there),
    (
        "a breaker's verdict on a daemon is final: a deployment that goes back keeps its rollback",
        daemons::rollbacks_stay,
    ),
    (
        "a task waits for a place if and only if it is PROVISIONING, and says why",
        services::waiting_tasks_say_why,
    ),
    (
        "a service has one PRIMARY revision at most, its target",
        services::one_primary,
    ),
    (
        "only the newest deployment of a service is under way",
        services::one_deployment,
    ),
    (
        "a breaker's verdict is final: a deployment that goes back keeps its rollback",
        services::rollbacks_stay,
    ),
    (
        "an ACTIVE service has its target and its newest deployment",
        services::active_ones_are_whole,
    ),
    (
        "a service that is INACTIVE has no task, no target, and lacks nothing",
        services::inactive_ones_are_empty,
    ),
    ("a service has told no more than it counts", services::events_count_up),
    ("a tag names a manifest that is there", laws::tags_name_manifests),
    (
        "what a manifest is made of is in its repository",
        laws::manifests_are_complete,
    ),
    ("all that is pushed is in a repository", laws::all_is_in_a_repository),
    ("a repository's ledger counts its images and tags", laws::ledgers_count),
];

/// Checks every law.
pub fn check(snapshot: &Snapshot) -> Vec<Broken> {
    LAWS.iter()
        .flat_map(|(law, holds)| holds(snapshot).into_iter().map(move |at| Broken { law, at }))
        .collect()
}

fn ledgers_add_up(s: &Snapshot) -> Vec<String> {
    let mut sums: BTreeMap<String, NodeLedger> = BTreeMap::new();
    for task in s.scan::<Task>(&Key::all()).filter(|t| !t.is_stopped()) {
        if let Some(node) = &task.node {
            sums.entry(node.clone())
                .or_insert_with(|| NodeLedger::empty("", node))
                .take(&task.cluster, &task.group, &task.demand);
        }
    }
    let mut wrong = Vec::new();
    for ledger in s.scan::<NodeLedger>(&Key::all()) {
        let mut sum = sums
            .remove(&ledger.node)
            .unwrap_or_else(|| NodeLedger::empty("", &ledger.node));
        sum.cluster.clone_from(&ledger.cluster);
        if sum != *ledger {
            wrong.push(format!(
                "{}: the ledger says {ledger:?}, the tasks {sum:?}",
                ledger.node
            ));
        }
    }
    wrong.extend(sums.into_keys().map(|node| format!("{node} has tasks and no ledger")));
    wrong
}

fn nothing_is_promised_twice(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for ledger in s.scan::<NodeLedger>(&Key::all()) {
        let Some(node) = s.get::<Node>(&Node::key_of(&ledger.cluster, &ledger.node)) else {
            continue;
        };
        let has = &node.resources;
        let doubled = ledger.host_ports.windows(2).any(|two| two[0] == two[1]);
        if ledger.cpu_units > has.cpu_units
            || ledger.memory_mib > has.memory_mib
            || ledger.gpus as usize > has.gpus.len()
            || has.enis.is_some_and(|enis| ledger.enis > enis)
            || ledger
                .named
                .iter()
                .any(|held| held.amount > NamedAmount::of(&has.named, &held.name))
            || doubled
        {
            wrong.push(format!("{}/{}: {ledger:?} of {has:?}", ledger.cluster, ledger.node));
        }
    }
    wrong
}

fn gpus_are_given_once(s: &Snapshot) -> Vec<String> {
    let mut given = BTreeSet::new();
    let mut wrong = Vec::new();
    for task in s.scan::<Task>(&Key::all()).filter(|t| !t.is_stopped()) {
        for gpu in task.containers.iter().flat_map(|c| &c.gpus) {
            if !given.insert((task.node.clone(), gpu.clone())) {
                wrong.push(format!("{gpu} of {:?}, to {}/{} too", task.node, task.cluster, task.id));
            }
        }
    }
    wrong
}

fn placed_tasks_have_a_node(s: &Snapshot) -> Vec<String> {
    let lost = |t: &Task| !t.is_stopped() && t.status > TaskStatus::Provisioning && t.node.is_none();
    s.scan::<Task>(&Key::all())
        .filter(|t| lost(t))
        .map(|t| format!("{}/{}", t.cluster, t.id))
        .collect()
}

fn stopped_tasks_say_why(s: &Snapshot) -> Vec<String> {
    let silent =
        |t: &Task| t.is_stopped() && (t.stopped_at.is_none() || t.stopped_reason.is_none() || t.stop_code.is_none());
    s.scan::<Task>(&Key::all())
        .filter(|t| silent(t))
        .map(|t| format!("{}/{}", t.cluster, t.id))
        .collect()
}

fn tasks_stand_on_something(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for task in s.scan::<Task>(&Key::all()).filter(|t| !t.is_stopped()) {
        if s.get::<Cluster>(&Cluster::key_of(&task.cluster))
            .is_none_or(|c| !c.active)
        {
            wrong.push(format!("{}/{}: no cluster", task.cluster, task.id));
        }
        if s.get::<TaskDefinition>(&TaskDefinition::key_of(&task.family, task.revision))
            .is_none()
        {
            wrong.push(format!(
                "{}/{}: no definition {}:{}",
                task.cluster, task.id, task.family, task.revision
            ));
        }
    }
    wrong
}

fn families_count_up(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for definition in s.scan::<TaskDefinition>(&Key::all()) {
        let last = s
            .get::<Family>(&Family::key_of(&definition.family))
            .map_or(0, |f| f.last_revision);
        if definition.revision > last {
            wrong.push(format!("{} is newer than {last}", definition.name()));
        }
    }
    wrong
}

fn families_count_their_active_ones(s: &Snapshot) -> Vec<String> {
    let active = |family: &Family| {
        let revisions = s.scan::<TaskDefinition>(&Key::of([family.name.as_str()]));
        revisions.filter(|d| d.status == DefinitionStatus::Active).count()
    };
    let wrong = |f: &Arc<Family>| active(f) != f.active_revisions as usize;
    let tell = |f: Arc<Family>| format!("{} says {}, and has {}", f.name, f.active_revisions, active(&f));
    s.scan::<Family>(&Key::all()).filter(wrong).map(tell).collect()
}

fn nodes_have_a_cluster(s: &Snapshot) -> Vec<String> {
    let lost = |n: &Node| {
        n.status != crate::NodeStatus::Inactive
            && s.get::<Cluster>(&Cluster::key_of(&n.cluster)).is_none_or(|c| !c.active)
    };
    s.scan::<Node>(&Key::all())
        .filter(|n| lost(n))
        .map(|n| format!("{}/{}", n.cluster, n.id))
        .collect()
}

fn interfaces_have_a_task(s: &Snapshot) -> Vec<String> {
    let named = |task: &Task| task.attachment.as_ref().map(|a| a.interface.clone());
    let mut wrong = Vec::new();
    for interface in s.scan::<NetworkInterface>(&Key::all()) {
        let task = s.get::<Task>(&Task::key_of(&interface.cluster, &interface.task));
        let live = task.filter(|task| !task.is_stopped());
        if live.and_then(|task| named(&task)).as_ref() != Some(&interface.id) {
            wrong.push(format!("{} of {}/{}", interface.id, interface.cluster, interface.task));
        }
    }
    for task in s.scan::<Task>(&Key::all()).filter(|t| !t.is_stopped()) {
        if let Some(id) = named(&task).filter(|id| s.get::<NetworkInterface>(&NetworkInterface::key_of(id)).is_none()) {
            wrong.push(format!("{}/{} has lost {id}", task.cluster, task.id));
        }
    }
    wrong
}

fn addresses_are_given_once(s: &Snapshot) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = s.scan::<NetworkInterface>(&Key::all());
    all.filter(|i| !seen.insert((i.subnet.clone(), i.address)))
        .map(|i| format!("{} is in {} a second time, as {}", i.address, i.subnet, i.id))
        .collect()
}

fn subnets_count_interfaces(s: &Snapshot) -> Vec<String> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for interface in s.scan::<NetworkInterface>(&Key::all()) {
        *counts.entry(interface.subnet.clone()).or_default() += 1;
    }
    let says = |subnet: &str| {
        let ledger = s.get::<SubnetLedger>(&SubnetLedger::key_of(subnet));
        ledger.map_or(0, |ledger| ledger.taken)
    };
    let mut wrong = Vec::new();
    for subnet in s.scan::<Subnet>(&Key::all()) {
        let has = counts.remove(&subnet.id).unwrap_or_default();
        if says(&subnet.id) != has {
            wrong.push(format!("{} says {}, and has {has}", subnet.id, says(&subnet.id)));
        }
    }
    wrong.extend(
        counts
            .into_keys()
            .map(|subnet| format!("{subnet} has interfaces and is not there")),
    );
    wrong
}
