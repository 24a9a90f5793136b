//! UpdateContainerInstancesState: ACTIVE nodes are drained, and DRAINING ones taken back.

use super::render::{self, CHANGED};
use super::{failure, find, ids_of};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::NodeStatus;
use wire::Fault;

const MOST: usize = 10;

pub async fn run(
    ctx: Ctx,
    input: ecs::UpdateContainerInstancesStateRequest,
) -> Result<ecs::UpdateContainerInstancesStateResponse, Fault> {
    let scope = ctx.scope().clone();
    let cluster = names::cluster_name(&scope, input.cluster.as_deref())?;
    let ids = ids_of(
        &scope,
        &cluster,
        input.container_instances.as_deref().unwrap_or_default(),
        MOST,
    )?;
    let to = input.status.as_deref().and_then(NodeStatus::parse);
    let to = to.filter(|to| matches!(to, NodeStatus::Active | NodeStatus::Draining));
    let to = to.ok_or_else(|| fault::invalid("Container instances status should be one of [ACTIVE, DRAINING]"))?;
    ctx.write(move |tx| {
        names::active_cluster(tx, &cluster)?;
        let (mut nodes, mut failures) = (Vec::new(), Vec::new());
        for id in &ids {
            let Some(node) = find(tx, &cluster, id) else {
                failures.push(failure(&scope, &cluster, id, "MISSING"));
                continue;
            };
            if !matches!(node.status, NodeStatus::Active | NodeStatus::Draining) {
                failures.push(failure(&scope, &cluster, id, node.status.as_str()));
                continue;
            }
            let mut node = (*node).clone();
            if node.status != to {
                node.status = to;
                node.version += 1;
                tx.put(node.clone());
            }
            nodes.push(render::node(tx, &scope, &node, CHANGED));
        }
        Ok(ecs::UpdateContainerInstancesStateResponse {
            container_instances: Some(nodes),
            failures: Some(failures),
        })
    })
    .await
}
