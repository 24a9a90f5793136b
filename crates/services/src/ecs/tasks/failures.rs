//! Why tasks have no place, as RunTask's `failures`.

use crate::ecs::nodes;
use api::ecs;
use base::Scope;
use model::{LaunchType, Node};
use scheduler::{Misfit, Placement, Verdict, lack};

/// One entry of `failures` a node is enough to see why; more than so many help nobody.
const MOST_FAILURES: usize = 100;

/// Why tasks have no place: an entry for each node that could have been one. Nodes that are no candidates (of another
/// kind, or draining) are passed over in silence, so there may be none.
pub fn of(scope: &Scope, cluster: &str, launch_type: LaunchType, placement: &Placement) -> Vec<ecs::Failure> {
    if launch_type == LaunchType::Fargate {
        let failure = ecs::Failure {
            arn: None,
            reason: Some(NO_CAPACITY.to_string()),
            detail: placement.closest().map(lacks),
        };
        return vec![failure; placement.unplaced as usize];
    }
    let failure = |verdict: &Verdict| ecs::Failure {
        detail: Some(lacks(verdict)),
        ..nodes::failure(scope, cluster, &verdict.node, verdict.misfits[0].reason())
    };
    placement
        .verdicts
        .iter()
        .filter(|verdict| lack::is_candidate(verdict))
        .map(failure)
        .take(MOST_FAILURES)
        .collect()
}

/// The node that was chosen cannot have an interface for the task.
pub fn no_interface(scope: &Scope, node: &Node, launch_type: LaunchType, lacks: String) -> ecs::Failure {
    const REASON: &str = "RESOURCE:ENI";
    let named = match launch_type {
        LaunchType::Fargate => ecs::Failure {
            reason: Some(REASON.to_string()),
            ..Default::default()
        },
        _ => nodes::failure(scope, &node.cluster, &node.id, REASON),
    };
    ecs::Failure {
        detail: Some(lacks),
        ..named
    }
}

const NO_CAPACITY: &str =
    "Capacity is unavailable at this time. Please try again later or in a different availability zone";

/// All that a node lacks, without its name.
fn lacks(verdict: &Verdict) -> String {
    let misfits: Vec<String> = verdict.misfits.iter().map(Misfit::to_string).collect();
    misfits.join("; ")
}
