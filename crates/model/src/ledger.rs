//! Moving a task together with what it holds of its node. Whoever moves tasks does it here, so that no ledger is
//! forgotten: what [`assign`] and [`vpc::attach`] take, the move to STOPPED gives back, in the same transaction.

use crate::{Actor, BadMove, Demand, Node, NodeLedger, StopCode, Task, TaskStatus, Why, vpc};
use crate::{ServiceTally, Standing, Waiting};
use std::fmt;
use std::sync::Arc;
use store::{Key, Tx, View};

/// Why a task was not moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotMoved {
    /// There is no task of this key.
    Unknown,
    Bad(BadMove),
}

/// Moves the task of this key, if `actor` may; gives back what it held when it comes to STOPPED. Answers with the task
/// as it now is.
pub fn move_task(tx: &mut Tx, key: &Key, actor: Actor, to: TaskStatus, why: Option<Why>) -> Result<Task, NotMoved> {
    let mut task = (*tx.get::<Task>(key).ok_or(NotMoved::Unknown)?).clone();
    task.advance(actor, to, tx.now(), why)?;
    keep(tx, task.clone());
    Ok(task)
}

/// Gives a task that waits (PROVISIONING, on no node) to a node, whose ledger pays for it, and keeps it.
///
/// Whether the node has room is the scheduler's question; it was asked on this very transaction.
pub fn assign(tx: &mut Tx, mut task: Task, node: &Node, because: Option<String>) -> Result<Arc<Task>, NotMoved> {
    task.advance(Actor::Placer, TaskStatus::Pending, tx.now(), None)?;
    task.node = Some(node.id.clone());
    // A task with an interface is in the zone of its subnet.
    if task.attachment.is_none() {
        task.availability_zone = node.attribute(Node::ZONE).map(str::to_string);
    }
    task.because = because;
    change(tx, &node.cluster, &node.id, &task, NodeLedger::take);
    let before = tx.get::<Task>(&Task::key_of(&task.cluster, &task.id));
    tally(tx, before.as_deref(), &task);
    if before.is_some() {
        tx.delete::<Waiting>(&Waiting::key_of(&task.cluster, &task.id));
    }
    let task = Arc::new(task);
    tx.put_shared(Arc::clone(&task));
    Ok(task)
}

/// Keeps a task that waits for a place, and what it takes to place it.
pub fn wait(tx: &mut Tx, task: Task, waiting: Waiting) -> Arc<Task> {
    tally(tx, None, &task);
    tx.put(waiting);
    let task = Arc::new(task);
    tx.put_shared(Arc::clone(&task));
    task
}

/// Tells the tally of its service how the task has changed.
fn tally(tx: &mut Tx, before: Option<&Task>, after: &Task) {
    let Some(member) = &after.member else { return };
    if before.is_some_and(|before| Standing::of(before) == Standing::of(after)) {
        return;
    }
    let key = ServiceTally::key_of(&after.cluster, &member.service);
    let there = tx.get::<ServiceTally>(&key);
    let mut counts = there.map_or_else(
        || ServiceTally::empty(&after.cluster, &member.service),
        |there| (*there).clone(),
    );
    counts.moved(&member.revision, before, after, tx.now());
    tx.put(counts);
}

/// The GPUs of a node that no live task has, by id.
pub fn free_gpus(view: &View, node: &Node) -> Vec<String> {
    let there: Vec<_> = view.by::<Task>(Task::BY_NODE, &Key::of([&node.id])).collect();
    let taken = |gpu: &String| there.iter().flat_map(|t| &t.containers).any(|c| c.gpus.contains(gpu));
    node.resources.gpus.iter().filter(|gpu| !taken(gpu)).cloned().collect()
}

/// Keeps a task that [`Task::advance`] has moved, and settles with its node. For those who change more of a task than
/// its status; everybody else takes [`move_task`].
pub fn keep(tx: &mut Tx, mut task: Task) {
    let before = tx.get::<Task>(&Task::key_of(&task.cluster, &task.id));
    if task.is_stopped() && before.as_ref().is_some_and(|b| !b.is_stopped()) {
        for container in &mut task.containers {
            container.status = TaskStatus::Stopped;
        }
        if task.stop_code.is_none() || task.stopped_reason.is_none() {
            let why = reason_of(&task);
            task.stop_code.get_or_insert(why.code);
            task.stopped_reason.get_or_insert(why.reason);
        }
        if let Some(node) = &task.node {
            change(tx, "", node, &task, NodeLedger::give_back);
        }
        if let Some(attachment) = &task.attachment {
            vpc::give_back(tx, attachment);
        }
        if task.node.is_none() {
            tx.delete::<Waiting>(&Waiting::key_of(&task.cluster, &task.id));
        }
    }
    tally(tx, before.as_deref(), &task);
    tx.put(task);
}

/// Asks a task to stop, for a controller. One that no node has yet has stopped at once.
pub fn stop(tx: &mut Tx, task: &Task, why: Why) {
    let mut task = task.clone();
    let waits = task.status == TaskStatus::Provisioning;
    task.ask_to_stop(tx.now(), why);
    if waits {
        let moved = task.advance(Actor::Controller, TaskStatus::Stopped, tx.now(), None);
        moved.expect("a task that waits for a place may be stopped");
    }
    keep(tx, task);
}

/// The reason of a stop that nobody gave, told by what is known of the containers.
fn reason_of(task: &Task) -> Why {
    let told = task
        .containers
        .iter()
        .filter(|c| c.essential)
        .find_map(|c| c.reason.clone());
    match task.started_at {
        None => Why {
            code: StopCode::TaskFailedToStart,
            reason: told.unwrap_or_else(|| "Task failed to start".to_string()),
        },
        Some(_) => Why {
            code: StopCode::EssentialContainerExited,
            reason: "Essential container in task exited".to_string(),
        },
    }
}

/// A ledger that is gone (its node was deregistered) has nothing to give back to.
fn change(tx: &mut Tx, cluster: &str, node: &str, task: &Task, by: fn(&mut NodeLedger, &str, &str, &Demand)) {
    let mut ledger = match tx.get::<NodeLedger>(&NodeLedger::key_of(node)) {
        Some(ledger) => (*ledger).clone(),
        None if cluster.is_empty() => return,
        None => NodeLedger::empty(cluster, node),
    };
    by(&mut ledger, &task.cluster, &task.group, &task.demand);
    tx.put(ledger);
}

impl From<BadMove> for NotMoved {
    fn from(bad: BadMove) -> Self {
        NotMoved::Bad(bad)
    }
}

impl fmt::Display for NotMoved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotMoved::Unknown => f.write_str("there is no such task"),
            NotMoved::Bad(bad) => bad.fmt(f),
        }
    }
}

impl std::error::Error for NotMoved {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{node, task, world, write};
    use crate::{HostPort, invariants};

    #[test]
    fn what_is_taken_is_given_back_once() {
        let (store, ledger) = (world(), NodeLedger::key_of("n1"));
        write(&store, move |tx| {
            tx.put(node("n1"));
            let mut task = task("t1");
            task.demand = Demand {
                cpu_units: 256,
                memory_mib: 512,
                host_ports: vec![HostPort { port: 80, udp: false }],
                enis: 1,
                named: vec![crate::NamedAmount {
                    name: "licence".to_string(),
                    amount: 2,
                }],
                ..Default::default()
            };
            assign(tx, task, &node("n1"), None)
        })
        .expect("a waiting task goes to a node");
        let held = store
            .snapshot()
            .get::<NodeLedger>(&ledger)
            .expect("written by the placement");
        assert_eq!(
            (held.cpu_units, held.memory_mib, held.tasks, held.host_ports.len()),
            (256, 512, 1, 1)
        );
        assert_eq!((held.enis, held.named.len()), (1, 1));
        let key = Task::key_of("default", "t1");
        let mine = key.clone();
        write(&store, move |tx| {
            move_task(tx, &mine, Actor::Node, TaskStatus::Running, None)?;
            move_task(tx, &mine, Actor::Node, TaskStatus::Stopped, None)
        })
        .expect("a task may run and stop");
        let held = store.snapshot().get::<NodeLedger>(&ledger).expect("ledgers stay");
        assert_eq!(*held, NodeLedger::empty("default", "n1"));
        let stopped = store.snapshot().get::<Task>(&key).expect("stopped tasks stay");
        assert_eq!(stopped.stop_code, Some(StopCode::EssentialContainerExited));
        let again = write(&store, move |tx| {
            move_task(tx, &key, Actor::Node, TaskStatus::Stopped, None)
        });
        assert!(matches!(again, Err(NotMoved::Bad(_))), "{again:?}");
        assert_eq!(
            invariants::check(&store.snapshot()).len(),
            1,
            "only the cluster of the node is missing"
        );
    }

    #[test]
    fn a_task_on_a_node_is_not_placed_again() {
        let store = world();
        let placed = write(&store, |tx| {
            let placed = assign(tx, task("t1"), &node("n1"), None)?;
            assign(tx, (*placed).clone(), &node("n2"), None)
        });
        assert!(matches!(placed, Err(NotMoved::Bad(_))));
        assert_eq!(
            store.snapshot().count::<NodeLedger>(&Key::all()),
            0,
            "an error keeps nothing"
        );
    }
}
