//! The laws of daemons.

use crate::{Daemon, DaemonDeployment, DaemonSeat, Node, Task};
use std::collections::BTreeSet;
use store::{Key, Snapshot};

pub fn one_a_node(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for daemon in s.scan::<Daemon>(&Key::all()) {
        let owner = Daemon::owner(&daemon.name);
        let mut seen = BTreeSet::new();
        // Also one that is on its way out: the next comes when it is gone.
        for task in s.by::<Task>(Task::BY_SERVICE, &Key::of([daemon.cluster.as_str(), &owner])) {
            if !seen.insert(task.node.clone()) {
                wrong.push(format!("{}/{} on {:?}", daemon.cluster, daemon.name, task.node));
            }
        }
    }
    wrong
}

pub fn tasks_have_a_seat(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for task in s.scan::<Task>(&Key::all()).filter(|task| !task.is_stopped()) {
        let owner = task
            .member
            .as_ref()
            .and_then(|member| Daemon::of_owner(&member.service));
        let (Some(daemon), Some(node)) = (owner, &task.node) else {
            continue;
        };
        let seat = s.get::<DaemonSeat>(&DaemonSeat::key_of(&task.cluster, daemon, node));
        if seat.is_none_or(|seat| seat.task.as_ref() != Some(&task.id)) {
            wrong.push(format!("{}/{} of {daemon} on {node}", task.cluster, task.id));
        }
    }
    wrong
}

pub fn one_deployment(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for deployment in s.scan::<DaemonDeployment>(&Key::all()).filter(|d| !d.status.is_over()) {
        let daemon = s.get::<Daemon>(&Daemon::key_of(&deployment.cluster, &deployment.daemon));
        if daemon.is_none_or(|daemon| daemon.deployment != deployment.id) {
            wrong.push(format!(
                "{}/{}/{}",
                deployment.cluster, deployment.daemon, deployment.id
            ));
        }
    }
    wrong
}

pub fn nodes_await_what_is_there(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for node in s.scan::<Node>(&Key::all()) {
        let gone = |name: &&String| s.get::<Daemon>(&Daemon::key_of(&node.cluster, name)).is_none();
        wrong.extend(
            node.awaits
                .iter()
                .filter(gone)
                .map(|name| format!("{} awaits {name}", node.id)),
        );
    }
    wrong
}
