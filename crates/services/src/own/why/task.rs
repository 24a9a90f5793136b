//! The post-mortem of a task: where it was put and why, its pulls, how its containers ended, and what is new in its
//! definition since the last that worked.

use super::{Past, diff, time};
use crate::ecs::events::task_line;
use crate::ecs::names;
use model::{Container, Health, Service, ServiceRevision, Task, TaskStatus, Waiting};
use serde_json::{Value, json};
use store::{Key, Record};

/// Earlier revisions of a definition that are looked at for one that worked.
const MOST_REVISIONS: u32 = 20;

pub fn why(past: &Past<'_>, task: &Task, forgotten: bool) -> Value {
    let scope = &past.world.scope;
    let timeline = past.timeline::<Task>(&task.key(), |before, after| {
        before
            .is_none_or(|before| before.version != after.version)
            .then(|| task_line(before, after))
    });
    json!({
        "kind": "task",
        "cluster": task.cluster,
        "id": task.id,
        "arn": names::task_arn(scope, &task.cluster, &task.id),
        "verdict": verdict(past, task),
        "definition": format!("{}:{}", task.family, task.revision),
        "group": task.group,
        "startedBy": task.started_by,
        "service": task.member.as_ref().map(|member| &member.service),
        "status": task.status.as_str(),
        "desiredStatus": task.desired.as_str(),
        "health": task.health.as_str(),
        "stopCode": task.stop_code.map(|code| code.as_str()),
        "stoppedReason": task.stopped_reason,
        "forgotten": forgotten,
        "times": times(task),
        "placement": placement(past, task),
        "containers": task.containers.iter().map(container).collect::<Vec<_>>(),
        "diff": last_good(past, task),
        "timeline": timeline,
    })
}

fn times(task: &Task) -> Value {
    json!({
        "created": time(Some(task.created_at)),
        "pullStarted": time(task.pull_started_at),
        "pullStopped": time(task.pull_stopped_at),
        "started": time(task.started_at),
        "stopping": time(task.stopping_at),
        "executionStopped": time(task.execution_stopped_at),
        "stopped": time(task.stopped_at),
    })
}

fn placement(past: &Past<'_>, task: &Task) -> Value {
    let waits = past.view.get::<Waiting>(&Waiting::key_of(&task.cluster, &task.id));
    json!({
        "node": task.node,
        "availabilityZone": task.availability_zone,
        "launchType": task.launch_type.map(|kind| kind.as_str()),
        "capacityProvider": task.capacity_provider,
        "because": task.because,
        "waitsSince": time(waits.as_ref().map(|waiting| waiting.since)),
        "waitsUntil": time(waits.as_ref().map(|waiting| waiting.until)),
    })
}

/// How it ended, as far as is known.
fn container(container: &Container) -> Value {
    json!({
        "name": container.name,
        "essential": container.essential,
        "image": container.image,
        "imageDigest": container.image_digest,
        "status": container.status.as_str(),
        "health": container.has_health_check.then(|| container.health.as_str()),
        "exitCode": container.exit_code,
        "signal": container.exit_code.and_then(signal),
        "outOfMemory": out_of_memory(container),
        "reason": container.reason,
    })
}

/// A container that a signal ended exits with 128 and the signal's number.
fn signal(exit_code: i32) -> Option<String> {
    let name = match exit_code - 128 {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        number @ 1..=64 => return Some(format!("signal {number}")),
        _ => return None,
    };
    Some(name.to_string())
}

fn out_of_memory(container: &Container) -> bool {
    container
        .reason
        .as_deref()
        .is_some_and(|reason| reason.starts_with("OutOfMemory"))
}

/// The sentence for somebody in a hurry.
fn verdict(past: &Past<'_>, task: &Task) -> String {
    match task.status {
        TaskStatus::Provisioning => {
            let because = task.because.as_deref().unwrap_or("nobody has looked for one yet");
            return format!("It waits for a place: {because}.");
        }
        TaskStatus::Running if task.health == Health::Unhealthy => {
            return "It runs, and its health checks say that it is not well.".to_string();
        }
        TaskStatus::Running => return "It runs.".to_string(),
        TaskStatus::Stopped => {}
        status => return format!("It is {status}."),
    }
    let reason = task.stopped_reason.as_deref().unwrap_or("nobody knows why");
    let first = task.containers.iter().filter(|c| c.essential).find_map(|container| {
        let name = &container.name;
        if out_of_memory(container) {
            let limit = container
                .memory_mib
                .map_or(String::new(), |mib| format!(" (limit {mib} MiB)"));
            return Some(format!("its container {name} had no memory left{limit}"));
        }
        match (container.exit_code, &container.reason) {
            (Some(0), _) if task.stopping_at.is_none() => {
                Some(format!("its essential container {name} came to its end"))
            }
            (Some(code), _) if code != 0 && task.stopping_at.is_none() => Some(match signal(code) {
                Some(signal) => format!("its container {name} was ended by {signal} (exit code {code})"),
                None => format!("its container {name} exited with {code}"),
            }),
            (None, Some(reason)) => Some(format!("its container {name}: {reason}")),
            _ => None,
        }
    });
    let ran = match (task.started_at, task.execution_stopped_at.or(task.stopped_at)) {
        (Some(from), Some(to)) => format!(" after {} s", to.since(from).max(0) / 1000),
        _ => " before it ran".to_string(),
    };
    let lost = task
        .node
        .as_ref()
        .filter(|_| task.containers.iter().all(|c| c.exit_code.is_none()));
    let gone = lost.is_some_and(|node| {
        let ledger = past.view.get::<model::NodeLedger>(&model::NodeLedger::key_of(node));
        ledger.is_none()
    });
    match first {
        Some(first) => format!("It stopped{ran}: {first}. ({reason})"),
        None if gone => format!("It stopped{ran}, and its node is gone. ({reason})"),
        None => format!("It stopped{ran}: {reason}."),
    }
}

/// What is new in its definition since the last one that worked; since the one before when none is known to.
fn last_good(past: &Past<'_>, task: &Task) -> Value {
    let (good, worked) = match of_service(past, task) {
        Some(proven) => (Some(proven), true),
        None => worked_before(past, task),
    };
    let diff = good.and_then(|good| diff::definitions(past, &task.family, good, task.revision));
    let Some(mut diff) = diff else { return Value::Null };
    diff["fromWorked"] = worked.into();
    diff
}

/// The definition of the revision that its service last came to with a good end.
fn of_service(past: &Past<'_>, task: &Task) -> Option<u32> {
    let member = task.member.as_ref()?;
    let service = past
        .view
        .get::<Service>(&Service::key_of(&task.cluster, &member.service))?;
    let proven = service.proven.as_ref().filter(|proven| **proven != member.revision)?;
    let key = ServiceRevision::key_of(&task.cluster, &member.service, proven);
    let (revision, _) = past.last::<ServiceRevision>(&key)?;
    let template = &revision.template;
    (template.family == task.family && template.revision != task.revision).then_some(template.revision)
}

fn worked_before(past: &Past<'_>, task: &Task) -> (Option<u32>, bool) {
    let least = task.revision.saturating_sub(MOST_REVISIONS).max(1);
    let good = (least..task.revision).rev().find(|revision| {
        let key = Key::of([task.family.as_str()]).part_u64(u64::from(*revision));
        past.view.by::<Task>(Task::BY_FAMILY, &key).any(|task| worked(&task))
    });
    let before = (task.revision > 1).then(|| task.revision - 1);
    (good.or(before), good.is_some())
}

fn worked(task: &Task) -> bool {
    let well = |container: &Container| matches!(container.exit_code, None | Some(0));
    let asked = task.stopping_at.is_some();
    task.started_at.is_some() && (asked || task.containers.iter().filter(|c| c.essential).all(well))
}
