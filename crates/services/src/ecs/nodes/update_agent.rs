//! UpdateContainerAgent. Gantry offers no newer agent than the one that a node has, and says so.

use super::the_node;
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs::{self, fault as declared};
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::UpdateContainerAgentRequest,
) -> Result<ecs::UpdateContainerAgentResponse, Fault> {
    let cluster = names::cluster_name(ctx.scope(), input.cluster.as_deref())?;
    let view = ctx.snapshot();
    names::active_cluster(&view, &cluster)?;
    let given = input.container_instance.unwrap_or_default();
    let node = the_node(&view, ctx.scope(), &cluster, &given)?;
    Err(match node.agent_version {
        Some(_) => {
            let message = "There is no update available for your container agent.";
            Fault::new(&declared::NoUpdateAvailableException, message)
        }
        None => {
            let message = "Amazon ECS is unable to determine the current version of the Amazon ECS container agent on \
                           the container instance and doesn't have enough information to proceed with an update.";
            Fault::new(&declared::MissingVersionException, message)
        }
    })
}
