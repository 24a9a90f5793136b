//! What is known of the tasks of a service, as its bounds count them.

use super::rolling::Group;
use base::Timestamp;
use model::{Node, NodeLedger, NodeStatus, Service, Standing, Task};
use std::collections::HashMap;
use std::sync::Arc;
use store::{Key, View};

/// One task that is not STOPPED.
#[derive(Clone, Debug)]
pub struct Seen {
    pub task: Arc<Task>,
    pub revision: String,
    pub state: State,
    /// Its node is being drained, so it must go though its revision may stay.
    pub displaced: bool,
    /// Its node has not been heard of for too long.
    pub lost: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    /// RUNNING, and ready at that time if nothing happens; `None` when a health check will tell.
    Unsettled(Option<Timestamp>),
    Ready,
    Unhealthy,
    Leaving,
}

/// The times that decide what state a task is in.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// A task without health checks is ready this long after its start.
    pub settle_ms: i64,
    /// A node that is not heard of for so long has lost its tasks.
    pub lost_ms: i64,
}

/// All live tasks of a service, in the order of their revisions and ids.
pub fn look(view: &View, service: &Service, patience: Patience, now: Timestamp) -> (Vec<Seen>, Option<Timestamp>) {
    let key = Key::of([service.cluster.as_str(), service.name.as_str()]);
    let (mut nodes, mut wake) = (HashMap::new(), None);
    let mut seen = Vec::new();
    for task in view.by::<Task>(Task::BY_SERVICE, &key) {
        let Some(member) = &task.member else { continue };
        let node = task.node.as_deref().map(|id| match nodes.get(id) {
            Some(known) => *known,
            None => *nodes
                .entry(id.to_string())
                .or_insert_with(|| of_node(view, id, patience, now)),
        });
        let (displaced, lost_at) = node.unwrap_or_default();
        let state = state(&task, service, patience, now);
        let lost = lost_at.is_some_and(|at| at <= now);
        if let State::Unsettled(Some(at)) = state {
            sooner(&mut wake, at);
        }
        if let Some(at) = lost_at.filter(|at| *at > now) {
            sooner(&mut wake, at);
        }
        // Its service may be waiting for it to be given free.
        if let Some(until) = task.protected_until.filter(|until| *until > now) {
            sooner(&mut wake, until);
        }
        seen.push(Seen {
            revision: member.revision.clone(),
            state,
            displaced,
            lost,
            task: Arc::clone(&task),
        });
    }
    (seen, wake)
}

/// Whether a node is being left, and when its tasks count as lost, if it is silent.
fn of_node(view: &View, id: &str, patience: Patience, now: Timestamp) -> (bool, Option<Timestamp>) {
    let Some(ledger) = view.get::<NodeLedger>(&NodeLedger::key_of(id)) else {
        return (false, None);
    };
    let key = Node::key_of(&ledger.cluster, id);
    let Some(node) = view.get::<Node>(&key) else {
        return (false, None);
    };
    let draining = matches!(node.status, NodeStatus::Draining | NodeStatus::Deregistering);
    if node.connected || node.status == NodeStatus::Inactive {
        return (draining, None);
    }
    // The record was last written when the session ended, or later.
    let silent_since = view.written_at::<Node>(&key).unwrap_or(now);
    (draining, Some(silent_since.plus_millis(patience.lost_ms)))
}

fn state(task: &Task, service: &Service, patience: Patience, now: Timestamp) -> State {
    use model::Health::{Healthy, Unknown};
    let started = task.started_at.unwrap_or(task.created_at);
    match Standing::of(task) {
        Standing::Pending => State::Pending,
        Standing::Leaving | Standing::LeavingRunning | Standing::Gone => State::Leaving,
        Standing::Unhealthy => {
            let until = started.plus_millis(i64::from(service.grace_seconds) * 1000);
            if until > now {
                State::Unsettled(Some(until))
            } else {
                State::Unhealthy
            }
        }
        Standing::Running if task.health == Healthy => State::Ready,
        Standing::Running if has_checks(task) && task.health == Unknown => State::Unsettled(None),
        Standing::Running => match started.plus_millis(patience.settle_ms) {
            ready_at if ready_at > now => State::Unsettled(Some(ready_at)),
            _ => State::Ready,
        },
    }
}

/// Whether a health check tells how the task is.
pub fn has_checks(task: &Task) -> bool {
    task.containers.iter().any(|c| c.essential && c.has_health_check)
}

pub fn sooner(wake: &mut Option<Timestamp>, at: Timestamp) {
    *wake = Some(wake.map_or(at, |before| before.min(at)));
}

/// Counts those that are meant to run.
pub fn group<'a>(seen: impl Iterator<Item = &'a Seen>) -> Group {
    let mut group = Group::default();
    for one in seen {
        match one.state {
            State::Pending => group.pending += 1,
            State::Unsettled(_) => group.unsettled += 1,
            State::Ready => group.ready += 1,
            State::Unhealthy => group.unhealthy += 1,
            State::Leaving => {}
        }
    }
    group
}
