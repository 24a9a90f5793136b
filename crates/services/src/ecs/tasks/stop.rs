//! StopTask: the task is asked to stop; its node stops it. One that no node has is stopped at once.

use super::{find, render};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::{Actor, StopCode, Task, TaskStatus, Why, ledger};
use store::Tx;
use wire::Fault;

const MOST_REASON: usize = 1024;

pub async fn run(ctx: Ctx, input: ecs::StopTaskRequest) -> Result<ecs::StopTaskResponse, Fault> {
    let scope = ctx.scope().clone();
    let cluster = names::cluster_name(&scope, input.cluster.as_deref())?;
    let id = names::member_id(&scope, "task", &cluster, input.task.as_deref().unwrap_or_default())?;
    let reason = input.reason.filter(|reason| !reason.is_empty());
    if reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > MOST_REASON)
    {
        return Err(fault::invalid(format!(
            "The reason can have at most {MOST_REASON} characters."
        )));
    }
    let reason = reason.unwrap_or_else(|| "Task stopped by user".to_string());
    let task = ctx
        .write(move |tx| {
            let cluster = names::active_cluster(tx, &cluster)?;
            let task = find(tx, &cluster, &id).ok_or_else(|| fault::invalid("The referenced task was not found."))?;
            let task = stop(
                tx,
                &task,
                Why {
                    code: StopCode::UserInitiated,
                    reason: reason.clone(),
                },
            );
            Ok(render::task(tx, &scope, &task, true))
        })
        .await?;
    Ok(ecs::StopTaskResponse { task: Some(task) })
}

/// Asking again changes nothing: the first reason stays. The task's tags go, as documented.
fn stop(tx: &mut Tx, task: &Task, why: Why) -> Task {
    let mut task = task.clone();
    if task.desired == TaskStatus::Stopped {
        return task;
    }
    task.ask_to_stop(tx.now(), why);
    task.tags.clear();
    if task.node.is_none() {
        task.advance(Actor::User, TaskStatus::Stopped, tx.now(), None)
            .expect("a task without a node is PROVISIONING, which a user may stop");
    }
    ledger::keep(tx, task.clone());
    task
}
