//! What no single change may do; of services, no commit; and of daemons, what the calm must come to. (What must hold of the whole state is in
//! `model::invariants`.)

pub mod daemons;
mod deployments;
pub mod services;

use model::{CapacityProvider, Cluster, Family, Node, NodeStatus, Task, TaskDefinition, TaskStatus};
use store::Change;

/// A law that was broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub law: String,
    pub at: String,
}

impl Breach {
    pub fn new(law: &str, at: impl Into<String>) -> Self {
        Breach {
            law: law.to_string(),
            at: at.into(),
        }
    }
}

/// The laws that a change breaks. `known`: a record was in this place before, whether it is there still or not.
pub fn of_change(change: &Change, known: bool) -> Vec<Breach> {
    let mut broken = Vec::new();
    let mut law = |holds: bool, law: &str| {
        if !holds {
            broken.push(Breach::new(law, format!("{} {}", change.table, change.key)));
        }
    };
    match change.of::<Task>() {
        Some((None, Some(new))) => {
            law(!known, "a task's id is never given twice");
            law(
                new.status <= TaskStatus::Pending,
                "a task begins as PROVISIONING or PENDING",
            );
        }
        Some((Some(old), Some(new))) => {
            law(old.status <= new.status, "a task only goes forward");
            law(
                old.desired != TaskStatus::Stopped || new.desired == TaskStatus::Stopped,
                "a task that is to stop is never wanted again",
            );
            law(
                !old.is_stopped()
                    || (old.stopped_at, old.stop_code, &old.stopped_reason)
                        == (new.stopped_at, new.stop_code, &new.stopped_reason),
                "when and why a task stopped does not change",
            );
            law(
                (old.status, old.desired) == (new.status, new.desired) || old.version < new.version,
                "a task's version counts what clients can see",
            );
            law(old.node.is_none() || old.node == new.node, "a task stays on its node");
        }
        Some((Some(old), None)) => law(old.is_stopped(), "only stopped tasks are forgotten"),
        _ => {}
    }
    match change.of::<TaskDefinition>() {
        Some((None, Some(_))) => law(!known, "a revision is never given twice"),
        Some((Some(old), Some(new))) => {
            law(
                (&old.given, &old.plan, &old.work) == (&new.given, &new.plan, &new.work),
                "what a revision says never changes",
            );
            law(old.status <= new.status, "a definition only goes forward");
        }
        _ => {}
    }
    if let Some((Some(old), new)) = change.of::<Family>() {
        let last = new.map_or(0, |family| family.last_revision);
        law(old.last_revision <= last, "a family's counter never goes back");
    }
    match change.of::<Node>() {
        Some((Some(old), Some(new))) => law(
            old.status != NodeStatus::Inactive || new.status == NodeStatus::Inactive,
            "a node that was deregistered does not come back",
        ),
        Some((Some(old), None)) => law(old.status == NodeStatus::Inactive, "only nodes that left are forgotten"),
        _ => {}
    }
    if let Some((Some(old), None)) = change.of::<Cluster>() {
        law(!old.active, "only deleted clusters are forgotten");
    }
    if let Some((Some(old), None)) = change.of::<CapacityProvider>() {
        law(!old.active, "only deleted providers are forgotten");
    }
    deployments::of_change(change, &mut law);
    daemons::of_change(change, &mut law);
    broken
}
