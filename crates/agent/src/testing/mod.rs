//! A machine that is not there, for tests of this room and of those that bring a node.
//!
//! For: trying what a node does in hours of anyone's life within milliseconds, crashes included. A [`Machine`] stands for
//! the kernel and the disk: it stays when the agent is killed. [`Pretended`] are the [`crate::Hands`] of one agent on it.
//! What a container does is told by its image's name, see [`script`]. Time is tokio's, so that a paused clock holds it.
//!
//! Words: a *deed* is something that was done on the machine, in the order in which it was done.
//!
//! Must never know: what the agent should have done.

mod machine;
mod pretended;
pub mod script;

pub use machine::{Deed, Done, Machine};
pub use pretended::Pretended;

use link::plan::{Condition, Dependency};
use link::{Assignment, ContainerPlan, TaskPlan};

/// A task of the default cluster.
pub fn assignment(id: &str, containers: Vec<ContainerPlan>) -> Assignment {
    Assignment {
        key: format!("default/{id}"),
        id: id.to_string(),
        cluster: "default".to_string(),
        plan: TaskPlan {
            containers,
            ..TaskPlan::default()
        },
        ..Assignment::default()
    }
}

/// An essential container with the image `pretended/<story>`.
pub fn container(name: &str, story: &str) -> ContainerPlan {
    ContainerPlan {
        name: name.to_string(),
        image: format!("pretended/{story}"),
        essential: true,
        ..ContainerPlan::default()
    }
}

/// The container, waiting for another.
pub fn after(mut plan: ContainerPlan, container: &str, condition: Condition) -> ContainerPlan {
    plan.depends_on.push(Dependency {
        container: container.to_string(),
        condition,
    });
    plan
}
