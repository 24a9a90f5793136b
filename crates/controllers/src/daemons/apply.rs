//! Doing what was decided, in the transaction in which it was.

use super::decide::{Because, Facts, Move, Turn};
use super::facts;
use model::ledger::keep;
use model::{
    Daemon, DaemonDeployment, DaemonRevision, DaemonRollback, DaemonSeat, DaemonSource, DeploymentStatus, Membership,
    MonitorStatus, Node, StopCode, Task, Why,
};
use scheduler::launch::{Draw, Ready};
use store::{Key, Tx};

pub fn apply(tx: &mut Tx, daemon: &Daemon, facts: &Facts, moves: &[Move]) {
    let mut now = daemon.clone();
    for step in moves {
        match step {
            Move::Start(node) => start(tx, &mut now, facts, node),
            Move::Stop(node, because) => stop(tx, &now, facts, node, *because),
            Move::Hold(node) => await_it(tx, &now, node, true),
            Move::Release(node) => await_it(tx, &now, node, false),
            Move::Forgive(node) => change_seat(tx, &now, node, |seat| seat.failures = 0),
            Move::Leave(node) => drop(tx.delete::<DaemonSeat>(&DaemonSeat::key_of(&now.cluster, &now.name, node))),
            Move::Turn(Turn::Succeed) if facts.deployment.removes => {
                turn(tx, &mut now, facts, &Turn::Succeed);
                return remove(tx, &now);
            }
            Move::Turn(to) => turn(tx, &mut now, facts, to),
        }
    }
    count_threshold(tx, &now, facts);
    if now != *daemon {
        tx.put(now);
    }
}

fn start(tx: &mut Tx, daemon: &mut Daemon, facts: &Facts, node: &str) {
    let key = DaemonRevision::key_of(&daemon.cluster, &daemon.name, &daemon.target);
    let revision = tx.get::<DaemonRevision>(&key);
    let node = tx.get::<Node>(&Node::key_of(&daemon.cluster, node));
    let (Some(revision), Some(node)) = (revision, node) else {
        return;
    };
    let template = facts::template(tx, &revision, &node);
    let ready = Ready::new(tx, &template);
    // The one who was there before has stopped, or the decision would not have been to start.
    let Ok(place) = ready.place_on(tx, &node, false) else {
        return;
    };
    let member = Membership {
        service: Daemon::owner(&daemon.name),
        revision: revision.id.clone(),
    };
    let draw = Draw::seeded(daemon.draw());
    let provider = node.capacity_provider.as_deref();
    let task = match ready.start(tx, &draw, provider, Some(member), &place) {
        Ok(task) => task,
        Err(lacks) => return tracing::error!(daemon = daemon.name, node = node.id, lacks, "a daemon has no interface"),
    };
    let before = tx.get::<DaemonSeat>(&DaemonSeat::key_of(&daemon.cluster, &daemon.name, &node.id));
    let same = before.filter(|seat| seat.revision == revision.id);
    tx.put(DaemonSeat {
        cluster: daemon.cluster.clone(),
        daemon: daemon.name.clone(),
        node: node.id.clone(),
        task: Some(task.id.clone()),
        revision: revision.id.clone(),
        failures: same.as_ref().map_or(0, |seat| seat.failures),
        failed_at: same.and_then(|seat| seat.failed_at),
    });
    if facts.critical {
        await_it(tx, daemon, &node.id, true);
    }
}

fn stop(tx: &mut Tx, daemon: &Daemon, facts: &Facts, node: &str, because: Because) {
    let seat = tx.get::<DaemonSeat>(&DaemonSeat::key_of(&daemon.cluster, &daemon.name, node));
    let id = seat.as_ref().and_then(|seat| seat.task.clone());
    let task = id.and_then(|id| tx.get::<Task>(&Task::key_of(&daemon.cluster, &id)));
    let Some(task) = task else { return };
    let mut task = (*task).clone();
    let way = &daemon.deployment;
    let reason = match because {
        Because::Replaced | Because::Removed => format!("Daemon deployment initiated by (deployment {way})."),
        Because::Unhealthy => "Task failed container health checks.".to_string(),
        Because::Draining => "Container instance is draining.".to_string(),
        Because::NotOurs => "Container instance is no longer of the daemon's capacity providers.".to_string(),
    };
    let why = Why {
        code: StopCode::ServiceSchedulerInitiated,
        reason,
    };
    task.ask_to_stop(tx.now(), why);
    keep(tx, task);
    if because == Because::Unhealthy {
        let now = tx.now();
        change_seat(tx, daemon, node, |seat| seat.fail(now));
        let of_target = seat.is_some_and(|seat| seat.revision == daemon.target);
        facts::count(tx, daemon, u32::from(of_target));
    }
    if facts.critical && matches!(because, Because::Replaced | Because::Unhealthy) {
        await_it(tx, daemon, node, true);
    }
}

fn await_it(tx: &mut Tx, daemon: &Daemon, node: &str, awaits: bool) {
    let Some(node) = tx.get::<Node>(&Node::key_of(&daemon.cluster, node)) else {
        return;
    };
    let there = node.awaits.contains(&daemon.name);
    if there == awaits {
        return;
    }
    let mut node = (*node).clone();
    node.awaits.retain(|name| *name != daemon.name);
    if awaits {
        node.awaits.push(daemon.name.clone());
    }
    tx.put(node);
}

fn change_seat(tx: &mut Tx, daemon: &Daemon, node: &str, change: impl FnOnce(&mut DaemonSeat)) {
    if let Some(seat) = tx.get::<DaemonSeat>(&DaemonSeat::key_of(&daemon.cluster, &daemon.name, node)) {
        let mut seat = (*seat).clone();
        change(&mut seat);
        tx.put(seat);
    }
}

fn turn(tx: &mut Tx, daemon: &mut Daemon, facts: &Facts, to: &Turn) {
    let key = DaemonDeployment::key_of(&daemon.cluster, &daemon.name, &daemon.deployment);
    let Some(deployment) = tx.get::<DaemonDeployment>(&key) else {
        return;
    };
    let (mut way, at) = ((*deployment).clone(), tx.now());
    way.threshold = facts.deployment.threshold;
    let (failed, threshold) = (way.failed, way.threshold);
    let too_many =
        format!("{failed} daemon tasks failed, and {threshold} are the deployment circuit breaker's threshold.");
    match to {
        Turn::Begin => {
            way.status = DeploymentStatus::InProgress;
            way.started_at = Some(at);
            way.reason = Some("Deployment is in progress.".to_string());
        }
        Turn::Watch => way.complete_since = Some(at),
        Turn::Note(text) => way.reason = Some(text.clone()),
        Turn::Succeed => {
            end(
                &mut way,
                at,
                DeploymentStatus::Successful,
                "Deployment completed successfully.",
            );
            daemon.proven = Some(way.target.clone());
        }
        Turn::Fail => {
            way.breaker = MonitorStatus::Triggered;
            let reason = format!("{too_many} There is no earlier revision to go back to.");
            end(&mut way, at, DeploymentStatus::Stopped, &reason);
            way.stopped_at = Some(at);
        }
        Turn::GoBack => {
            let Some(DaemonSource { revision, providers }) = daemon.proven.clone() else {
                return;
            };
            let key = DaemonRevision::key_of(&daemon.cluster, &daemon.name, &revision);
            daemon.critical = tx.get::<DaemonRevision>(&key).is_some_and(|r| r.critical);
            daemon.target.clone_from(&revision);
            daemon.providers.clone_from(&providers);
            daemon.updated_at = at;
            way.breaker = MonitorStatus::Triggered;
            way.status = DeploymentStatus::RollbackInProgress;
            way.reason = Some(too_many.clone());
            way.rollback = Some(DaemonRollback {
                reason: too_many,
                started_at: at,
                to: DaemonSource { revision, providers },
                failed: 0,
            });
        }
        Turn::IsBack => end(&mut way, at, DeploymentStatus::RollbackSuccessful, &too_many),
        Turn::Lost => {
            let reason = format!("{too_many} The revision before fails too.");
            end(&mut way, at, DeploymentStatus::RollbackFailed, &reason);
        }
    }
    if way != *deployment {
        tx.put(way);
    }
}

fn end(way: &mut DaemonDeployment, at: base::Timestamp, status: DeploymentStatus, reason: &str) {
    way.status = status;
    way.reason = Some(reason.to_string());
    way.finished_at = Some(at);
    way.end_watch();
}

/// The threshold follows the number of nodes while the deployment is under way.
fn count_threshold(tx: &mut Tx, daemon: &Daemon, facts: &Facts) {
    let key = DaemonDeployment::key_of(&daemon.cluster, &daemon.name, &daemon.deployment);
    let Some(way) = tx.get::<DaemonDeployment>(&key) else {
        return;
    };
    if !way.status.is_over() && way.threshold != facts.deployment.threshold {
        let mut way = (*way).clone();
        way.threshold = facts.deployment.threshold;
        tx.put(way);
    }
}

/// The daemon is gone; its deployments and revisions stay for a while, so that they can be described.
fn remove(tx: &mut Tx, daemon: &Daemon) {
    let seats: Vec<_> = tx.scan::<DaemonSeat>(&facts::of(daemon)).collect();
    for seat in seats {
        tx.delete::<DaemonSeat>(&DaemonSeat::key_of(&seat.cluster, &seat.daemon, &seat.node));
    }
    let nodes: Vec<_> = tx.scan::<Node>(&Key::of([daemon.cluster.as_str()])).collect();
    for node in nodes {
        await_it(tx, daemon, &node.id, false);
    }
    tx.delete::<Daemon>(&Daemon::key_of(&daemon.cluster, &daemon.name));
}
