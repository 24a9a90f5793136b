//! SubmitTaskStateChange.

use super::{ACK, container, known_attachments, reason, status, tell};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::ManagedAgent;
use model::report::{ContainerReport, TaskReport};
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::SubmitTaskStateChangeRequest,
) -> Result<ecs::SubmitTaskStateChangeResponse, Fault> {
    let scope = ctx.scope().clone();
    let cluster = names::cluster_name(&scope, input.cluster.as_deref())?;
    let task = input.task.clone().unwrap_or_default();
    known_attachments(
        &ctx.snapshot(),
        &scope,
        input.attachments.as_deref().unwrap_or_default(),
    )?;
    let report = report(input)?;
    ctx.write(move |tx| tell(tx, &scope, &cluster, &task, &report)).await?;
    Ok(ecs::SubmitTaskStateChangeResponse {
        acknowledgment: Some(ACK.to_string()),
    })
}

fn report(input: ecs::SubmitTaskStateChangeRequest) -> Result<TaskReport, Fault> {
    let containers = input.containers.unwrap_or_default().into_iter().map(container);
    let mut containers = containers.collect::<Result<Vec<ContainerReport>, Fault>>()?;
    for change in input.managed_agents.unwrap_or_default() {
        containers.push(agent(change)?);
    }
    Ok(TaskReport {
        status: status(input.status.as_deref())?,
        reason: reason(input.reason),
        stop_code: None,
        containers,
        pull_started_at: input.pull_started_at,
        pull_stopped_at: input.pull_stopped_at,
        execution_stopped_at: input.execution_stopped_at,
        started_at: None,
    })
}

fn agent(change: ecs::ManagedAgentStateChange) -> Result<ContainerReport, Fault> {
    let state = change.status.unwrap_or_default();
    if !matches!(state.as_str(), "PENDING" | "RUNNING" | "STOPPED") {
        return Err(fault::invalid(format!("'{state}' is not a status of a managed agent.")));
    }
    let agent = ManagedAgent {
        name: change.managed_agent_name.unwrap_or_default(),
        status: state,
        reason: reason(change.reason),
        last_started_at: None,
    };
    Ok(ContainerReport {
        name: change.container_name.unwrap_or_default(),
        agents: vec![agent],
        ..Default::default()
    })
}
