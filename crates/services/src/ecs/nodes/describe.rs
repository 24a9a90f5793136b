//! DescribeContainerInstances.

use super::render::{self, Shown};
use super::{failure, find, ids_of};
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs;
use wire::Fault;

const MOST: usize = 100;

pub async fn run(
    ctx: Ctx,
    input: ecs::DescribeContainerInstancesRequest,
) -> Result<ecs::DescribeContainerInstancesResponse, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
    let ids = ids_of(
        scope,
        &cluster,
        input.container_instances.as_deref().unwrap_or_default(),
        MOST,
    )?;
    let shown = Shown::of(input.include.as_deref().unwrap_or_default());
    let view = ctx.snapshot();
    names::active_cluster(&view, &cluster)?;
    let (mut nodes, mut failures) = (Vec::new(), Vec::new());
    for id in &ids {
        match find(&view, &cluster, id) {
            Some(node) => nodes.push(render::node(&view, scope, &node, shown)),
            None => failures.push(failure(scope, &cluster, id, "MISSING")),
        }
    }
    Ok(ecs::DescribeContainerInstancesResponse {
        container_instances: Some(nodes),
        failures: Some(failures),
    })
}
