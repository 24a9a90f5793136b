//! DeregisterContainerInstance.

use super::render::{self, CHANGED};
use super::the_node;
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::ledger::move_task;
use model::{Actor, Node, NodeLedger, NodeStatus, StopCode, Task, TaskStatus, Why};
use store::{Key, Record, Tx};
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DeregisterContainerInstanceRequest,
) -> Result<ecs::DeregisterContainerInstanceResponse, Fault> {
    let scope = ctx.scope().clone();
    let cluster = names::cluster_name(&scope, input.cluster.as_deref())?;
    let given = input.container_instance.unwrap_or_default();
    let force = input.force.unwrap_or(false);
    let node = ctx
        .write(move |tx| {
            names::active_cluster(tx, &cluster)?;
            let node = the_node(tx, &scope, &cluster, &given)?;
            let node = leave(tx, &node, force)?;
            Ok(render::node(tx, &scope, &node, CHANGED))
        })
        .await?;
    Ok(ecs::DeregisterContainerInstanceResponse {
        container_instance: Some(node),
    })
}

/// Tasks that are still there are given up with the node: whatever becomes of their containers, nobody will tell.
fn leave(tx: &mut Tx, node: &Node, force: bool) -> Result<Node, Fault> {
    if node.status == NodeStatus::Inactive {
        return Err(fault::invalid(format!(
            "Container instance {} is INACTIVE: it was deregistered already.",
            node.id
        )));
    }
    let tasks: Vec<Key> = tx
        .by::<Task>(Task::BY_NODE, &Key::of([&node.id]))
        .map(|task| task.key())
        .collect();
    if !tasks.is_empty() && !force {
        return Err(fault::invalid("Found running tasks on the instance."));
    }
    for task in &tasks {
        let why = Why {
            code: StopCode::UserInitiated,
            reason: "Container instance deregistration forced by user".to_string(),
        };
        move_task(tx, task, Actor::Controller, TaskStatus::Stopped, Some(why))
            .expect("a task on a node has not stopped, and a controller may give up any such task");
    }
    tx.delete::<NodeLedger>(&NodeLedger::key_of(&node.id));
    let node = Node {
        status: NodeStatus::Inactive,
        connected: false,
        version: node.version + 1,
        ..node.clone()
    };
    tx.put(node.clone());
    Ok(node)
}
