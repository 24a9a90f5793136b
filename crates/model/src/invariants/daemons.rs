//! The laws of daemons.

use super::changes::Tell;
use crate::{Daemon, DaemonDeployment, DaemonRevision, DaemonSeat, DeploymentStatus, MonitorStatus, Node, Task};
use std::collections::BTreeSet;
use store::{Change, Key, Snapshot};

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

/// A breaker that has spoken has ended the deployment, or turned it back.
pub fn rollbacks_stay(s: &Snapshot) -> Vec<String> {
    let gave_up = |d: &DaemonDeployment| d.breaker == MonitorStatus::Triggered;
    let ends = |d: &DaemonDeployment| {
        let goes_well = d.status == DeploymentStatus::Successful;
        d.status.goes_back() || (d.status.is_over() && !goes_well)
    };
    let all = s.scan::<DaemonDeployment>(&Key::all());
    let wrong = all.filter(|d| (gave_up(d) && !ends(d)) || (d.status.goes_back() && d.rollback.is_none()));
    wrong.map(|d| format!("{}/{}/{}", d.cluster, d.daemon, d.id)).collect()
}

/// Tells `law` of each law that the change is under whether it holds.
pub fn of_change(change: &Change, law: Tell<'_>) {
    if let Some((Some(old), Some(new))) = change.of::<DaemonDeployment>() {
        of_deployment(&old, &new, law);
    } else if let Some((Some(old), Some(new))) = change.of::<Daemon>() {
        law(old.status <= new.status, "a daemon that is deleted does not come back");
        law(
            old.seed == new.seed && old.drawn <= new.drawn,
            "no draw of a daemon is drawn twice",
        );
    } else if let Some((Some(old), Some(new))) = change.of::<DaemonRevision>() {
        law(old == new, "what a daemon's revision runs never changes");
    }
}

fn of_deployment(old: &DaemonDeployment, new: &DaemonDeployment, law: Tell<'_>) {
    use DeploymentStatus::*;
    law(
        (&old.target, old.created_at, &old.rules, old.removes)
            == (&new.target, new.created_at, &new.rules, new.removes),
        "a daemon's deployment leads where it was sent, by its own rules",
    );
    law(
        !old.status.is_over() || (old.status, &old.rollback) == (new.status, &new.rollback),
        "a daemon's deployment that is over stays over",
    );
    law(
        old.breaker != MonitorStatus::Triggered || new.breaker == MonitorStatus::Triggered,
        "a breaker's verdict on a daemon is final",
    );
    let to = |d: &DaemonDeployment| d.rollback.as_ref().map(|rollback| rollback.to.clone());
    law(
        old.rollback.is_none() || to(old) == to(new),
        "a daemon's deployment rolls back once",
    );
    law(
        !old.status.goes_back() || !matches!(new.status, Pending | InProgress | Successful),
        "a daemon's deployment that goes back does not go forward again",
    );
}
