//! What is so of one daemon, read from the records.

use super::Daemons;
use super::decide::{Facts, Kind, Place, Seated, Way};
use crate::services::has_checks;
use base::Timestamp;
use model::{
    Breaker, Daemon, DaemonDeployment, DaemonRevision, DaemonSeat, DeploymentStatus, Health, LaunchType, Node,
    NodeStatus, Standing, StopCode, Task, TaskStatus, Template,
};
use scheduler::launch::Ready;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Key, Record, Tx, View};

/// Writes down which tasks have ended, and counts those that ended by themselves.
pub fn notice(tx: &mut Tx, daemon: &Daemon) {
    let seats: Vec<Arc<DaemonSeat>> = tx.scan::<DaemonSeat>(&of(daemon)).collect();
    let mut failed = 0;
    for seat in seats {
        let Some(id) = &seat.task else { continue };
        let task = tx.get::<Task>(&Task::key_of(&daemon.cluster, id));
        if task.as_ref().is_some_and(|task| !task.is_stopped()) {
            continue;
        }
        let mut seat = (*seat).clone();
        seat.task = None;
        if task.is_some_and(|task| ended_by_itself(&task)) {
            seat.fail(tx.now());
            failed += u32::from(seat.revision == daemon.target);
        }
        tx.put(seat);
    }
    count(tx, daemon, failed);
}

/// So many tasks of the target failed.
pub fn count(tx: &mut Tx, daemon: &Daemon, failed: u32) {
    let key = DaemonDeployment::key_of(&daemon.cluster, &daemon.name, &daemon.deployment);
    let Some(deployment) = tx.get::<DaemonDeployment>(&key).filter(|_| failed > 0) else {
        return;
    };
    let mut deployment = (*deployment).clone();
    match (deployment.status, &mut deployment.rollback) {
        (DeploymentStatus::RollbackInProgress, Some(rollback)) => rollback.failed += failed,
        (DeploymentStatus::Pending | DeploymentStatus::InProgress, _) => deployment.failed += failed,
        _ => return,
    }
    tx.put(deployment);
}

fn ended_by_itself(task: &Task) -> bool {
    matches!(
        task.stop_code,
        Some(StopCode::TaskFailedToStart | StopCode::EssentialContainerExited)
    )
}

/// `None` when a record is missing without which nothing can be said.
pub fn gather(view: &View, daemon: &Daemon, times: &Daemons, now: Timestamp) -> Option<Facts> {
    let key = DaemonDeployment::key_of(&daemon.cluster, &daemon.name, &daemon.deployment);
    let deployment = view.get::<DaemonDeployment>(&key)?;
    let key = DaemonRevision::key_of(&daemon.cluster, &daemon.name, &daemon.target);
    let revision = view.get::<DaemonRevision>(&key)?;
    let mut seats: BTreeMap<String, Arc<DaemonSeat>> = view
        .scan::<DaemonSeat>(&of(daemon))
        .map(|seat| (seat.node.clone(), seat))
        .collect();
    let mut places = Vec::new();
    for node in view.scan::<Node>(&Key::of([daemon.cluster.as_str()])) {
        let seat = seats.remove(&node.id);
        if seat.is_some() || node.awaits.contains(&daemon.name) || (daemon.covers(&node) && in_service(&node)) {
            places.push(place(view, daemon, times, &revision, &node, seat.as_deref()));
        }
    }
    // Of nodes that are forgotten.
    places.extend(seats.into_values().map(|seat| gone(view, times, &seat)));
    let ready = places.iter().filter(|place| place.kind == Kind::Ready).count();
    let proven = daemon.proven.as_ref();
    Some(Facts {
        now,
        target: daemon.target.clone(),
        critical: daemon.critical,
        proven: proven.is_some_and(|proven| proven.revision == daemon.target),
        rules: deployment.rules.clone(),
        deployment: Way {
            status: deployment.status,
            failed: deployment.failed,
            failed_back: deployment.rollback.as_ref().map_or(0, |rollback| rollback.failed),
            threshold: Breaker::default().threshold(u32::try_from(ready).unwrap_or(u32::MAX)),
            way_back: proven.is_some_and(|proven| proven.revision != daemon.target),
            complete_since: deployment.complete_since,
            removes: deployment.removes,
        },
        places,
    })
}

fn in_service(node: &Node) -> bool {
    matches!(node.status, NodeStatus::Active | NodeStatus::Draining)
}

fn place(
    view: &View,
    daemon: &Daemon,
    times: &Daemons,
    revision: &DaemonRevision,
    node: &Arc<Node>,
    seat: Option<&DaemonSeat>,
) -> Place {
    let kind = match node.status {
        _ if !daemon.covers(node) => Kind::Foreign,
        NodeStatus::Active if node.connected => Kind::Ready,
        NodeStatus::Active => Kind::Silent,
        NodeStatus::Draining => Kind::Draining,
        _ => Kind::Foreign,
    };
    let task = seat.and_then(|seat| seated(view, times, seat));
    let lacks = (kind == Kind::Ready && task.is_none()).then(|| {
        let template = template(view, revision, node);
        let ready = Ready::new(view, &template);
        ready.place_on(view, node, false).err().map(|misfit| misfit.to_string())
    });
    // The record was last written when the session ended, or later.
    let silent_since = view.written_at::<Node>(&node.key()).filter(|_| kind == Kind::Silent);
    Place {
        node: node.id.clone(),
        kind,
        given_up_at: silent_since.map(|at| at.plus_millis(times.lost_ms)),
        seated: seat.is_some(),
        next_start: seat.and_then(|seat| seat.next_start(&revision.id)),
        failed: seat.is_some_and(|seat| seat.failures > 0),
        lacks: lacks.flatten(),
        awaits: node.awaits.contains(&daemon.name),
        others: kind == Kind::Draining && has_others(view, node),
        task,
    }
}

fn gone(view: &View, times: &Daemons, seat: &DaemonSeat) -> Place {
    Place {
        node: seat.node.clone(),
        kind: Kind::Foreign,
        task: seated(view, times, seat),
        given_up_at: None,
        seated: true,
        next_start: None,
        failed: false,
        lacks: None,
        awaits: false,
        others: false,
    }
}

fn seated(view: &View, times: &Daemons, seat: &DaemonSeat) -> Option<Seated> {
    let id = seat.task.as_ref()?;
    let task = view.get::<Task>(&Task::key_of(&seat.cluster, id))?;
    (!task.is_stopped()).then(|| Seated {
        revision: seat.revision.clone(),
        standing: Standing::of(&task),
        since: task.started_at.unwrap_or(task.created_at),
        ready_at: ready_at(&task, times.settle_ms),
    })
}

fn ready_at(task: &Task, settle_ms: i64) -> Option<Timestamp> {
    let started = task.started_at.unwrap_or(task.created_at);
    match task.health {
        Health::Healthy => Some(started),
        _ if has_checks(task) => None,
        _ => Some(started.plus_millis(settle_ms)),
    }
}

/// Whether tasks are on the node that are no daemon's.
fn has_others(view: &View, node: &Node) -> bool {
    view.by::<Task>(Task::BY_NODE, &Key::of([&node.id]))
        .any(|task| !task.group.starts_with("daemon:") && task.status != TaskStatus::Stopped)
}

/// How the revision's tasks are made for that node.
pub fn template(view: &View, revision: &DaemonRevision, node: &Node) -> Template {
    let managed = |name: &String| {
        let provider = view.get::<model::CapacityProvider>(&model::CapacityProvider::key_of(name));
        provider.is_some_and(|provider| provider.is_managed())
    };
    let launch_type = match &node.capacity_provider {
        Some(provider) if managed(provider) => LaunchType::ManagedInstances,
        _ if node.external => LaunchType::External,
        _ => LaunchType::Ec2,
    };
    Template {
        launch_type,
        ..revision.template.clone()
    }
}

/// All records of one daemon.
pub fn of(daemon: &Daemon) -> Key {
    Key::of([daemon.cluster.as_str(), daemon.name.as_str()])
}
