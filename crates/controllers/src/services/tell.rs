//! What a service says, in AWS's words, and the record that keeps it.

use base::{Dice, SeededDice};
use model::{Service, ServiceEvent, Task};
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
}

impl Word {
    fn plain(message: String) -> Word {
        Word {
            message,
            kind: None,
            detail: None,
        }
    }
}

/// At most so many tasks are named in one sentence.
const MOST_NAMED: usize = 10;

fn named(tasks: &[String]) -> String {
    let shown: Vec<String> = tasks.iter().take(MOST_NAMED).map(|id| format!("(task {id})")).collect();
    shown.join(" ")
}

pub fn started(service: &str, tasks: &[String]) -> Word {
    let count = tasks.len();
    Word::plain(format!(
        "(service {service}) has started {count} tasks: {}.",
        named(tasks)
    ))
}

pub fn stopped(service: &str, deployment: &str, tasks: &[String]) -> Word {
    let count = tasks.len();
    let names = named(tasks);
    Word::plain(format!(
        "(service {service}, deployment {deployment}) has stopped {count} running tasks: {names}."
    ))
}

pub fn steady(service: &str) -> Word {
    Word {
        kind: Some(("SERVICE_STEADY_STATE", "INFO")),
        ..Word::plain(format!("(service {service}) has reached a steady state."))
    }
}

pub fn completed(service: &str, deployment: &str) -> Word {
    Word {
        kind: Some(("SERVICE_DEPLOYMENT_COMPLETED", "INFO")),
        ..Word::plain(format!(
            "(service {service}) (deployment {deployment}) deployment completed."
        ))
    }
}

pub fn failed(service: &str, deployment: &str, why: &str) -> Word {
    Word {
        kind: Some(("SERVICE_DEPLOYMENT_FAILED", "ERROR")),
        ..Word::plain(format!(
            "(service {service}) (deployment {deployment}) deployment failed: {why}."
        ))
    }
}

pub fn rolling_back(service: &str, to: &str) -> Word {
    Word {
        kind: Some(("SERVICE_DEPLOYMENT_IN_PROGRESS", "INFO")),
        ..Word::plain(format!("(service {service}) rolling back to (deployment {to})."))
    }
}

/// `reason` is the scheduler's.
pub fn unplaced(service: &str, reason: &str, detail: Option<String>) -> Word {
    Word {
        kind: Some(("SERVICE_TASK_PLACEMENT_FAILURE", "ERROR")),
        detail,
        ..Word::plain(format!(
            "(service {service}) was unable to place a task because {reason}. {TROUBLESHOOTING}"
        ))
    }
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

pub fn rebalancing(service: &str, from: &str, to: &str) -> Word {
    Word::plain(format!(
        "(service {service}) is not balanced and moves 1 task from {from} to {to}."
    ))
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
    });
}
