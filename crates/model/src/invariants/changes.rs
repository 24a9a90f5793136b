//! What no single change may do, whoever makes it.

use super::{Broken, daemons, deployments};
use crate::{CapacityProvider, Cluster, Family, Node, NodeStatus, Task, TaskDefinition, TaskStatus};
use store::Change;

/// Takes a law's name, and whether it holds.
pub type Tell<'a> = &'a mut dyn FnMut(bool, &'static str);

/// The laws that a change breaks. `known`: a record was in this place before, whether it is there still or not.
pub fn broken_by(change: &Change, known: bool) -> Vec<Broken> {
    let mut broken = Vec::new();
    look(change, known, &mut |holds, law| {
        if !holds {
            let at = format!("{} {}", change.table, change.key);
            broken.push(Broken { law, at });
        }
    });
    broken
}

/// Tells of each law that the change is under whether it holds.
pub fn look(change: &Change, known: bool, law: Tell<'_>) {
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
    deployments::of_change(change, law);
    daemons::of_change(change, law);
}
