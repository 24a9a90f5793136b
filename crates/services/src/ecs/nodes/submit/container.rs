//! SubmitContainerStateChange: what old agents tell of one container. The task moves with its own report.

use super::{ACK, container, tell};
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs;
use model::report::TaskReport;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::SubmitContainerStateChangeRequest,
) -> Result<ecs::SubmitContainerStateChangeResponse, Fault> {
    let scope = ctx.scope().clone();
    let cluster = names::cluster_name(&scope, input.cluster.as_deref())?;
    let task = input.task.unwrap_or_default();
    let change = container(ecs::ContainerStateChange {
        container_name: input.container_name,
        runtime_id: input.runtime_id,
        exit_code: input.exit_code,
        network_bindings: input.network_bindings,
        reason: input.reason,
        status: input.status,
        image_digest: None,
    })?;
    let report = TaskReport {
        containers: vec![change],
        ..Default::default()
    };
    ctx.write(move |tx| tell(tx, &scope, &cluster, &task, &report)).await?;
    Ok(ecs::SubmitContainerStateChangeResponse {
        acknowledgment: Some(ACK.to_string()),
    })
}
