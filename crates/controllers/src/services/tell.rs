//! What a service says, in AWS's words, and the record that keeps it.

use base::{Dice, SeededDice};
use model::{About, Service, ServiceEvent, ServiceRevision, Task};
use std::collections::BTreeMap;
use store::Tx;

const TROUBLESHOOTING: &str =
    "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

/// A sentence about a service, and what ECS calls it in its event stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub message: String,
    /// Name and level.
    pub kind: Option<(&'static str, &'static str)>,
    pub detail: Option<String>,
    /// For programs, of words that have a name.
    pub about: Option<About>,
}

impl Word {
    fn plain(message: String) -> Word {
        Word {
            message,
            kind: None,
            detail: None,
            about: None,
        }
    }
}

/// Who speaks: the service, and the task set when it is about one.
fn speaker(service: &str, set: Option<&str>) -> String {
    match set {
        Some(set) => format!("(service {service}, taskSet {set})"),
        None => format!("(service {service})"),
    }
}

/// At most so many tasks are named in one sentence.
const MOST_NAMED: usize = 10;
/// And so many in what programs are told.
const MOST_TOLD: usize = 100;

fn named(tasks: &[String]) -> String {
    let shown: Vec<String> = tasks.iter().take(MOST_NAMED).map(|id| format!("(task {id})")).collect();
    shown.join(" ")
}

pub fn started(service: &str, set: Option<&str>, tasks: &[String]) -> Word {
    let (who, count, names) = (speaker(service, set), tasks.len(), named(tasks));
    Word::plain(format!("{who} has started {count} tasks: {names}."))
}

pub fn stopped(service: &str, revision: &str, set: Option<&str>, tasks: &[String]) -> Word {
    let who = match set {
        Some(_) => speaker(service, set),
        None => format!(
            "(service {service}, deployment {})",
            ServiceRevision::shown_as(revision)
        ),
    };
    let (count, names) = (tasks.len(), named(tasks));
    Word {
        kind: Some(("TASKS_STOPPED", "INFO")),
        about: Some(About {
            tasks: tasks.iter().take(MOST_TOLD).cloned().collect(),
            task_sets: set.map(str::to_string).into_iter().collect(),
            ..About::default()
        }),
        ..Word::plain(format!("{who} has stopped {count} running tasks: {names}."))
    }
}

pub fn set_steady(service: &str, set: &str) -> Word {
    let who = speaker(service, Some(set));
    Word {
        kind: Some(("TASKSET_STEADY_STATE", "INFO")),
        about: Some(About {
            task_sets: vec![set.to_string()],
            ..About::default()
        }),
        ..Word::plain(format!("{who} updated state to STEADY_STATE."))
    }
}

/// A number of tasks that nobody asked for as such: of a task set by its share, of a DAEMON service by its nodes.
pub fn computed(service: &str, set: Option<&str>, desired: u32) -> Word {
    let of = set.map_or_else(String::new, |set| format!(" for taskSet {set}"));
    Word {
        kind: Some(("SERVICE_DESIRED_COUNT_UPDATED", "INFO")),
        about: Some(About {
            desired: Some(desired),
            task_sets: set.map(str::to_string).into_iter().collect(),
            ..About::default()
        }),
        ..Word::plain(format!(
            "(service {service}) updated computedDesiredCount{of} to {desired}."
        ))
    }
}

pub fn steady(service: &str) -> Word {
    Word {
        kind: Some(("SERVICE_STEADY_STATE", "INFO")),
        ..Word::plain(format!("(service {service}) has reached a steady state."))
    }
}

/// Said before the service itself is: that is its last word.
pub fn capacity_steady(service: &str, providers: &[String]) -> Word {
    Word {
        kind: Some(("CAPACITY_PROVIDER_STEADY_STATE", "INFO")),
        about: Some(About {
            providers: providers.to_vec(),
            ..About::default()
        }),
        ..Word::plain(format!(
            "(service {service}) has reached a steady state on capacity providers: {}.",
            providers.join(", ")
        ))
    }
}

/// What becomes of a deployment: programs are told of the revision, and why.
fn of_deployment(revision: &str, reason: &str) -> Option<About> {
    Some(About {
        deployment: Some(revision.to_string()),
        reason: Some(reason.to_string()),
        ..About::default()
    })
}

pub fn completed(service: &str, revision: &str, reason: &str) -> Word {
    let deployment = ServiceRevision::shown_as(revision);
    Word {
        kind: Some(("SERVICE_DEPLOYMENT_COMPLETED", "INFO")),
        about: of_deployment(revision, reason),
        ..Word::plain(format!(
            "(service {service}) (deployment {deployment}) deployment completed."
        ))
    }
}

/// What begins the reason of a deployment that its circuit breaker ended.
pub const BREAKER: &str = "ECS deployment circuit breaker";

pub fn failed(service: &str, revision: &str, reason: &str) -> Word {
    let deployment = ServiceRevision::shown_as(revision);
    let why = reason.strip_prefix(BREAKER).and_then(|why| why.strip_prefix(": "));
    let why = why.unwrap_or(reason).trim_end_matches('.');
    Word {
        kind: Some(("SERVICE_DEPLOYMENT_FAILED", "ERROR")),
        about: of_deployment(revision, reason),
        ..Word::plain(format!(
            "(service {service}) (deployment {deployment}) deployment failed: {why}."
        ))
    }
}

pub fn rolling_back(service: &str, to: &str, reason: &str) -> Word {
    let deployment = ServiceRevision::shown_as(to);
    Word {
        kind: Some(("SERVICE_DEPLOYMENT_IN_PROGRESS", "INFO")),
        about: of_deployment(to, reason),
        ..Word::plain(format!(
            "(service {service}) rolling back to (deployment {deployment})."
        ))
    }
}

/// `reason` is the scheduler's.
pub fn unplaced(service: &str, reason: &str, detail: Option<String>, about: About) -> Word {
    Word {
        kind: Some(("SERVICE_TASK_PLACEMENT_FAILURE", "ERROR")),
        detail,
        about: Some(about),
        ..Word::plain(format!(
            "(service {service}) was unable to place a task because {reason}. {TROUBLESHOOTING}"
        ))
    }
}

/// Tasks of a DAEMON service on nodes that its placement constraints are against now.
pub fn barred(service: &str, tasks: &[String]) -> Word {
    let (count, names) = (tasks.len(), named(tasks));
    Word {
        kind: Some(("SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED", "ERROR")),
        about: Some(About {
            tasks: tasks.iter().take(MOST_TOLD).cloned().collect(),
            ..About::default()
        }),
        ..Word::plain(format!(
            "(service {service}) has {count} tasks that no longer meet its placement constraints: {names}."
        ))
    }
}

/// A task that waited for capacity, and was given up. `lacks` is AWS's word for what was missing.
pub fn waited(service: &str, task: &Task, lacks: &str) -> Word {
    let about = About {
        reason: Some(lacks.to_string()),
        providers: task.capacity_provider.iter().cloned().collect(),
        tasks: vec![task.id.clone()],
        ..About::default()
    };
    let reason = format!(
        "no container instance met all of its requirements in time. Reason: {}",
        lacks.trim_end_matches('.')
    );
    unplaced(service, &reason, None, about)
}

pub fn impaired(service: &str) -> Word {
    Word {
        kind: Some(("SERVICE_TASK_START_IMPAIRED", "WARN")),
        ..Word::plain(format!(
            "(service {service}) is unable to consistently start tasks successfully. {TROUBLESHOOTING}"
        ))
    }
}

pub fn unhealthy(service: &str, task: &Task) -> Word {
    let id = &task.id;
    Word::plain(format!(
        "(service {service}) (task {id}) failed container health checks."
    ))
}

pub fn lost(service: &str, task: &Task) -> Word {
    let (id, node) = (&task.id, task.node.as_deref().unwrap_or_default());
    Word::plain(format!(
        "(service {service}) (task {id}) is lost: container instance {node} has not been heard of."
    ))
}

pub fn stage(service: &str, deployment: &str, stage: &str) -> Word {
    Word::plain(format!(
        "(service {service}) (deployment {deployment}) entered lifecycle stage {stage}."
    ))
}

/// A move for the sake of the service's own strategy, which is Gantry's alone.
pub fn rebalancing(service: &str, from: &str, to: &str) -> Word {
    Word::plain(format!(
        "(service {service}) is not balanced and moves 1 task from {from} to {to}."
    ))
}

/// `N tasks in this zone, M tasks in that one`
fn over_zones(counts: &BTreeMap<String, u32>) -> String {
    let all: Vec<String> = counts
        .iter()
        .map(|(zone, count)| format!("{count} tasks in {zone}"))
        .collect();
    all.join(", ")
}

pub fn zones_uneven(service: &str, counts: &BTreeMap<String, u32>) -> Word {
    let there = over_zones(counts);
    Word {
        kind: Some(("SERVICE_REBALANCING_STARTED", "INFO")),
        ..Word::plain(format!(
            "(service {service}) is not AZ balanced with {there}. AZ Rebalancing in progress."
        ))
    }
}

pub fn zones_even(service: &str, counts: &BTreeMap<String, u32>) -> Word {
    let there = over_zones(counts);
    Word {
        kind: Some(("SERVICE_REBALANCING_COMPLETED", "INFO")),
        ..Word::plain(format!("(service {service}) is AZ balanced with {there}."))
    }
}

/// Nothing is moved for the zones any more, though they are not even. AWS has no word for it.
pub fn zones_left(service: &str) -> Word {
    Word::plain(format!(
        "(service {service}) stopped AZ rebalancing: it is off, or its maximum leaves no room for it."
    ))
}

pub fn started_in(service: &str, zone: &str, tasks: &[String]) -> Word {
    let (count, names) = (tasks.len(), named(tasks));
    Word::plain(format!(
        "(service {service}) has started {count} tasks in {zone} to AZ Rebalance: {names}."
    ))
}

pub fn stopped_in(service: &str, zone: &str, revision: &str, tasks: &[String]) -> Word {
    let (count, names) = (tasks.len(), named(tasks));
    Word {
        message: format!(
            "(service {service}) has stopped {count} running tasks in {zone} due to AZ rebalancing: {names}."
        ),
        ..stopped(service, revision, None, tasks)
    }
}

/// Tasks that should go, and are protected from that.
pub fn protected(service: &str, tasks: &[String]) -> Word {
    let (count, names) = (tasks.len(), named(tasks));
    Word::plain(format!(
        "(service {service}) was unable to stop {count} tasks because they are protected from scale-in: {names}."
    ))
}

/// Whether that is what the service said last.
pub fn is_last(tx: &Tx, service: &Service, word: &Word) -> bool {
    let key = ServiceEvent::key_of(&service.cluster, &service.name, service.events);
    tx.get::<ServiceEvent>(&key)
        .is_some_and(|event| event.message == word.message)
}

/// Keeps a word. It also means that the service is not as it was when it last was steady, unless that is the word.
pub fn keep(tx: &mut Tx, service: &mut Service, word: Word) {
    service.events += 1;
    let dice = SeededDice::new(service.draw());
    tx.put(ServiceEvent {
        cluster: service.cluster.clone(),
        service: service.name.clone(),
        number: service.events,
        id: dice.uuid(),
        at: tx.now(),
        message: word.message,
        name: word.kind.map(|(name, _)| name.to_string()),
        level: word.kind.map(|(_, level)| level.to_string()),
        detail: word.detail,
        about: word.about,
    });
}
