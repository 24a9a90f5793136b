//! What a node tells about a task, and what becomes of the record: the one place where observations turn into state.
//!
//! News may come twice, late, or in bulk (RUNNING and STOPPED of a container in one report), so nothing goes backwards
//! and what was heard before changes nothing.

use crate::ledger::{self, NotMoved};
use crate::{Actor, BadMove, Health, ManagedAgent, Port, StopCode, Task, TaskStatus, Why};
use base::Timestamp;
use store::{Key, Tx};

/// One report about one task. What a report does not say stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskReport {
    pub status: Option<TaskStatus>,
    /// Why it failed, when the task as a whole did: `TaskStateError: ..`.
    pub reason: Option<String>,
    /// The one word for it, from nodes that know; others leave it to what their containers tell.
    pub stop_code: Option<StopCode>,
    pub containers: Vec<ContainerReport>,
    pub pull_started_at: Option<Timestamp>,
    pub pull_stopped_at: Option<Timestamp>,
    pub execution_stopped_at: Option<Timestamp>,
    /// When it was seen running, by the node's clock: for tasks whose RUNNING is told after it.
    pub started_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerReport {
    pub name: String,
    pub status: Option<TaskStatus>,
    pub runtime_id: Option<String>,
    pub image_digest: Option<String>,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
    pub ports: Option<Vec<Port>>,
    pub health: Option<Health>,
    pub agents: Vec<ManagedAgent>,
}

/// Applies a report as [`Actor::Node`]. `Ok(false)` when it was no news.
pub fn apply(tx: &mut Tx, key: &Key, report: &TaskReport) -> Result<bool, NotMoved> {
    let before = tx.get::<Task>(key).ok_or(NotMoved::Unknown)?;
    let task = heard(&before, report, tx.now())?;
    let news = task != *before;
    if news {
        ledger::keep(tx, task);
    }
    Ok(news)
}

/// The task after a report. Pure: [`apply`] keeps it.
fn heard(before: &Task, report: &TaskReport, now: Timestamp) -> Result<Task, NotMoved> {
    if before.node.is_none() {
        return unheard(before, report.status);
    }
    let mut task = before.clone();
    for told in &report.containers {
        hear_container(&mut task, told, now);
    }
    task.health = health_of(&task);
    fill(&mut task.pull_started_at, report.pull_started_at);
    fill(&mut task.pull_stopped_at, report.pull_stopped_at);
    fill(&mut task.execution_stopped_at, report.execution_stopped_at);
    // Clocks differ: nothing starts before it was asked for, or later than it is told.
    let started_at = report.started_at.map(|at| at.max(task.created_at).min(now));
    fill(&mut task.started_at, started_at);
    if !task.connected && !task.is_stopped() {
        task.connected = true;
        task.connected_at = Some(now);
    }
    match report.status {
        Some(to) if to > task.status => {
            let why = (to == TaskStatus::Stopped).then(|| told_why(&task, report)).flatten();
            task.advance(Actor::Node, to, now, why)?;
        }
        _ if task != *before => task.version += 1,
        _ => {}
    }
    Ok(task)
}

/// No node has the task, so whatever is told of it is not so.
fn unheard(task: &Task, told: Option<TaskStatus>) -> Result<Task, NotMoved> {
    match told.filter(|to| *to > task.status) {
        None => Ok(task.clone()),
        Some(to) => Err(NotMoved::Bad(BadMove {
            actor: Actor::Node,
            from: task.status,
            to,
        })),
    }
}

fn hear_container(task: &mut Task, told: &ContainerReport, now: Timestamp) {
    let over = task.is_stopped();
    let Some(container) = task.containers.iter_mut().find(|c| c.name == told.name) else {
        return;
    };
    if let Some(to) = told.status.filter(|to| *to > container.status) {
        container.status = to;
    }
    fill(&mut container.runtime_id, told.runtime_id.clone());
    fill(&mut container.image_digest, told.image_digest.clone());
    fill(&mut container.exit_code, told.exit_code);
    fill(&mut container.reason, told.reason.clone().filter(|r| !r.is_empty()));
    if over {
        return;
    }
    if let Some(ports) = &told.ports {
        container.ports.clone_from(ports);
    }
    if let Some(health) = told.health {
        container.health = health;
    }
    for agent in &told.agents {
        hear_agent(&mut container.agents, agent, now);
    }
}

fn hear_agent(agents: &mut Vec<ManagedAgent>, told: &ManagedAgent, now: Timestamp) {
    let there = agents.iter().position(|a| a.name == told.name);
    let before = there.map(|at| agents[at].clone());
    let ran = before.as_ref().is_some_and(|b| b.status == RUNNING);
    let starts = (told.status == RUNNING && !ran).then_some(now);
    let last_started_at = told
        .last_started_at
        .or(starts)
        .or(before.and_then(|b| b.last_started_at));
    let heard = ManagedAgent {
        last_started_at,
        ..told.clone()
    };
    match there {
        Some(at) => agents[at] = heard,
        None => agents.push(heard),
    }
}

const RUNNING: &str = TaskStatus::Running.as_str();

fn fill<T>(place: &mut Option<T>, told: Option<T>) {
    if place.is_none() {
        *place = told;
    }
}

/// A task is as healthy as its essential containers that have a health check; without any, nobody knows.
fn health_of(task: &Task) -> Health {
    let mut all = task
        .containers
        .iter()
        .filter(|c| c.essential && c.has_health_check)
        .map(|c| c.health)
        .peekable();
    if all.peek().is_none() {
        return Health::Unknown;
    }
    all.fold(Health::Healthy, |worst, health| match (worst, health) {
        (Health::Unhealthy, _) | (_, Health::Unhealthy) => Health::Unhealthy,
        (Health::Unknown, _) | (_, Health::Unknown) => Health::Unknown,
        _ => Health::Healthy,
    })
}

/// The reason that came with the report. `None` leaves it to what is known of the containers.
fn told_why(task: &Task, report: &TaskReport) -> Option<Why> {
    let reason = report.reason.clone().filter(|r| !r.is_empty());
    let guessed = if task.started_at.is_none() {
        StopCode::TaskFailedToStart
    } else {
        StopCode::EssentialContainerExited
    };
    match (report.stop_code, reason) {
        (None, None) => None,
        (code, Some(reason)) => Some(Why {
            code: code.unwrap_or(guessed),
            reason,
        }),
        (Some(code), None) => {
            let reason = match code {
                StopCode::TaskFailedToStart => "Task failed to start",
                StopCode::EssentialContainerExited => "Essential container in task exited",
                _ => "Task stopped",
            };
            Some(Why {
                code,
                reason: reason.to_string(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{container, task};

    const NOW: Timestamp = Timestamp(1000);

    fn running() -> Task {
        let mut task = task("t1");
        task.containers = vec![container("web", true), container("side", false)];
        task.node = Some("n1".to_string());
        task.advance(Actor::Placer, TaskStatus::Pending, NOW, None)
            .expect("it waits");
        let report = TaskReport {
            status: Some(TaskStatus::Running),
            ..Default::default()
        };
        heard(&task, &report, NOW).expect("a placed task may run")
    }

    fn told(name: &str, status: TaskStatus) -> ContainerReport {
        ContainerReport {
            name: name.to_string(),
            status: Some(status),
            ..Default::default()
        }
    }

    #[test]
    fn the_same_news_twice_is_no_news() {
        let report = TaskReport {
            status: Some(TaskStatus::Running),
            containers: vec![told("web", TaskStatus::Running)],
            ..Default::default()
        };
        let once = heard(&running(), &report, NOW).expect("running may be told");
        assert_eq!(once.containers[0].status, TaskStatus::Running);
        assert_eq!(heard(&once, &report, Timestamp(2000)), Ok(once.clone()));
        let late = TaskReport {
            status: Some(TaskStatus::Pending),
            ..Default::default()
        };
        assert_eq!(heard(&once, &late, NOW), Ok(once));
    }

    #[test]
    fn a_stop_takes_its_reason_from_the_report_and_else_from_what_was_asked() {
        let stop = TaskReport {
            status: Some(TaskStatus::Stopped),
            containers: vec![told("web", TaskStatus::Running), told("web", TaskStatus::Stopped)],
            ..Default::default()
        };
        let stopped = heard(&running(), &stop, NOW).expect("a running task may stop");
        assert_eq!(
            (stopped.stop_code, stopped.stopped_at),
            (None, Some(NOW)),
            "the ledger works it out"
        );
        let failed = TaskReport {
            reason: Some("TaskStateError: no".to_string()),
            ..stop.clone()
        };
        let failed = heard(&running(), &failed, NOW).expect("a running task may stop");
        assert_eq!(failed.stopped_reason.as_deref(), Some("TaskStateError: no"));
        let mut asked = running();
        asked.ask_to_stop(
            NOW,
            Why {
                code: StopCode::UserInitiated,
                reason: "enough".to_string(),
            },
        );
        let asked = heard(&asked, &stop, NOW).expect("a running task may stop");
        assert_eq!(
            (asked.stop_code, asked.stopped_reason.as_deref()),
            (Some(StopCode::UserInitiated), Some("enough"))
        );
    }

    #[test]
    fn a_start_that_is_told_late_was_a_start_all_the_same() {
        let mut placed = task("t1");
        placed.created_at = NOW;
        placed.containers = vec![container("web", true)];
        placed.node = Some("n1".to_string());
        placed
            .advance(Actor::Placer, TaskStatus::Pending, NOW, None)
            .expect("it waits");
        let told = |started_at| {
            let report = TaskReport {
                status: Some(TaskStatus::Stopped),
                started_at: Some(Timestamp(started_at)),
                ..Default::default()
            };
            heard(&placed, &report, Timestamp(2000))
                .expect("a placed task may stop")
                .started_at
        };
        assert_eq!(told(1500), Some(Timestamp(1500)));
        assert_eq!(
            (told(500), told(2500)),
            (Some(NOW), Some(Timestamp(2000))),
            "clocks differ"
        );
    }

    #[test]
    fn health_is_that_of_essential_containers_with_a_check() {
        let mut task = running();
        task.containers[0].has_health_check = true;
        let tell = |task: &Task, name: &str, health| {
            let container = ContainerReport {
                name: name.to_string(),
                health: Some(health),
                ..Default::default()
            };
            let report = TaskReport {
                containers: vec![container],
                ..Default::default()
            };
            heard(task, &report, NOW).expect("health moves nothing")
        };
        assert_eq!(tell(&task, "side", Health::Unhealthy).health, Health::Unknown);
        assert_eq!(tell(&task, "web", Health::Healthy).health, Health::Healthy);
        assert_eq!(tell(&task, "web", Health::Unhealthy).health, Health::Unhealthy);
    }

    #[test]
    fn a_node_moves_no_task_that_waits() {
        let report = TaskReport {
            status: Some(TaskStatus::Running),
            ..Default::default()
        };
        assert!(heard(&task("t1"), &report, NOW).is_err());
        let mut waiting = task("t1");
        waiting.containers = vec![container("web", true)];
        let report = TaskReport {
            containers: vec![told("web", TaskStatus::Running)],
            ..Default::default()
        };
        assert_eq!(heard(&waiting, &report, NOW), Ok(waiting));
    }
}
