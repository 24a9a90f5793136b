//! DiscoverPollEndpoint: where an agent finds who tells it what to run.

use super::id_of;
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use wire::Fault;

/// The door for agents that speak the stock agent's protocol is not built yet, and an address where nobody answers
/// would be a lie that agents keep for twelve hours. Nodes of this Gantry need no such address.
pub async fn run(
    ctx: Ctx,
    input: ecs::DiscoverPollEndpointRequest,
) -> Result<ecs::DiscoverPollEndpointResponse, Fault> {
    let cluster = names::cluster_name(ctx.scope(), input.cluster.as_deref())?;
    if let Some(given) = input.container_instance.as_deref() {
        id_of(ctx.scope(), &cluster, given)?;
    }
    Err(fault::client("There is no endpoint for container agents here yet."))
}
