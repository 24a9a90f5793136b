//! StartTask: a task on each node that the caller names, without placement. What the node has not, it does not get.

use super::launch::{self, Ask};
use super::{failures, render};
use crate::common::Ctx;
use crate::ecs::{fault, names, nodes};
use api::ecs;
use base::Scope;
use model::{LaunchType, Node, NodeStatus};
use scheduler::Assigned;
use scheduler::launch::{Draw, Ready};
use std::sync::Arc;
use store::{Tx, View};
use wire::Fault;

const MOST_NODES: usize = 10;
const MOST_STARTED_BY: usize = 36;

pub async fn run(ctx: Ctx, input: ecs::StartTaskRequest) -> Result<ecs::StartTaskResponse, Fault> {
    let scope = ctx.scope().clone();
    let given = input.container_instances.clone().unwrap_or_default();
    let ask = Ask::read(&scope, &as_run(input), MOST_STARTED_BY)?;
    if given.is_empty() {
        return Err(fault::invalid("Container instances cannot be empty."));
    }
    if given.len() > MOST_NODES {
        return Err(fault::invalid(format!(
            "Container instances can have at most {MOST_NODES} items."
        )));
    }
    let ids = given
        .iter()
        .map(|given| nodes::id_of(&scope, &ask.cluster, given))
        .collect::<Result<Vec<_>, _>>()?;
    let named: Vec<(String, Draw)> = ids.into_iter().map(|id| (id, Draw::new(ctx.dice()))).collect();
    ctx.write(move |tx| start(tx, &scope, &ask, &named)).await
}

/// The part of RunTask's request that StartTask has too.
fn as_run(input: ecs::StartTaskRequest) -> ecs::RunTaskRequest {
    ecs::RunTaskRequest {
        cluster: input.cluster,
        enable_ecs_managed_tags: input.enable_ecs_managed_tags,
        enable_execute_command: input.enable_execute_command,
        group: input.group,
        network_configuration: input.network_configuration,
        overrides: input.overrides,
        propagate_tags: input.propagate_tags,
        reference_id: input.reference_id,
        started_by: input.started_by,
        tags: input.tags,
        task_definition: input.task_definition,
        volume_configurations: input.volume_configurations,
        ..Default::default()
    }
}

fn start(tx: &mut Tx, scope: &Scope, ask: &Ask, named: &[(String, Draw)]) -> Result<ecs::StartTaskResponse, Fault> {
    names::active_cluster(tx, &ask.cluster)?;
    let (mut tasks, mut failed) = (Vec::new(), Vec::new());
    for (id, draw) in named {
        let node = nodes::find(tx, &ask.cluster, id);
        let external = node.as_ref().is_some_and(|node| node.external);
        let launch_type = if external {
            LaunchType::External
        } else {
            LaunchType::Ec2
        };
        let template = launch::prepare(tx, ask, launch_type)?;
        let ready = Ready::new(tx, &template);
        match admitted(tx, node, &ready) {
            Err((reason, detail)) => {
                failed.push(ecs::Failure {
                    detail,
                    ..nodes::failure(scope, &ask.cluster, id, reason)
                });
            }
            Ok(place) => match ready.start(tx, draw, None, None, &place) {
                Ok(task) => tasks.push(render::task(tx, scope, &task, true)),
                Err(lacks) => failed.push(failures::no_interface(scope, &place.node, launch_type, lacks)),
            },
        }
    }
    Ok(ecs::StartTaskResponse {
        tasks: Some(tasks),
        failures: Some(failed),
    })
}

/// A failure's reason and detail.
type NotThere = (&'static str, Option<String>);

/// The place on the node; or why the task can't be there. Placement constraints are not asked: the caller has done the
/// placement.
fn admitted(view: &View, node: Option<Arc<Node>>, ready: &Ready<'_>) -> Result<Assigned, NotThere> {
    let node = node.ok_or(("MISSING", None))?;
    if node.status == NodeStatus::Inactive {
        return Err(("INACTIVE", None));
    }
    let placed = ready.place_on(view, &node, false);
    let placed = placed.map_err(|misfit| (misfit.reason(), Some(misfit.to_string())))?;
    Ok(Assigned {
        because: "StartTask named the node".to_string(),
        ..placed
    })
}
