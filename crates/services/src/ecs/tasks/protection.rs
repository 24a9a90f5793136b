//! GetTaskProtection and UpdateTaskProtection: tasks of services that are not to be stopped to make them smaller.

use super::{failure, find, ids_of};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use base::{Scope, Timestamp};
use model::{Cluster, Task};
use store::{Tx, View};
use wire::Fault;

const MOST_TO_GET: usize = 100;
const MOST_TO_UPDATE: usize = 10;
/// Told of a task that is not a service's, or is not meant to run any more.
const NOT_VALID: &str = "TASK_NOT_VALID";

type Told = Result<ecs::ProtectedTask, ecs::Failure>;

pub async fn get(ctx: Ctx, input: ecs::GetTaskProtectionRequest) -> Result<ecs::GetTaskProtectionResponse, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
    let ids = ids_of(scope, &cluster, &input.tasks.unwrap_or_default(), MOST_TO_GET)?;
    let view = ctx.snapshot();
    let cluster = names::active_cluster(&view, &cluster)?;
    let told = ids.iter().map(|id| look(&view, scope, &cluster, id, ctx.now()));
    let (protected_tasks, failures) = divide(told);
    Ok(ecs::GetTaskProtectionResponse {
        protected_tasks,
        failures,
    })
}

pub async fn update(
    ctx: Ctx,
    input: ecs::UpdateTaskProtectionRequest,
) -> Result<ecs::UpdateTaskProtectionResponse, Fault> {
    let enabled = input.protection_enabled.unwrap_or_default();
    let minutes = minutes(enabled, input.expires_in_minutes)?;
    if input.tasks.as_ref().is_none_or(Vec::is_empty) {
        return Err(fault::invalid("Tasks cannot be empty."));
    }
    let scope = ctx.scope().clone();
    let cluster = names::cluster_name(&scope, input.cluster.as_deref())?;
    let ids = ids_of(&scope, &cluster, &input.tasks.unwrap_or_default(), MOST_TO_UPDATE)?;
    let told = ctx
        .write(move |tx| {
            let cluster = names::active_cluster(tx, &cluster)?;
            let told = ids.iter().map(|id| protect(tx, &scope, &cluster, id, minutes));
            Ok(told.collect::<Vec<_>>())
        })
        .await?;
    let (protected_tasks, failures) = divide(told);
    Ok(ecs::UpdateTaskProtectionResponse {
        protected_tasks,
        failures,
    })
}

/// For how long; `None` takes the protection away.
fn minutes(enabled: bool, given: Option<i32>) -> Result<Option<u32>, Fault> {
    let most = Task::MOST_PROTECTED_MINUTES;
    let Some(given) = given else {
        return Ok(enabled.then_some(Task::PROTECTED_MINUTES));
    };
    match u32::try_from(given).ok().filter(|minutes| (1..=most).contains(minutes)) {
        None => Err(fault::invalid(format!(
            "expiresInMinutes must be between 1 and {most}."
        ))),
        Some(_) if !enabled => Err(fault::invalid(
            "expiresInMinutes can only be specified when protectionEnabled is true.",
        )),
        Some(minutes) => Ok(Some(minutes)),
    }
}

fn look(view: &View, scope: &Scope, cluster: &Cluster, id: &str, now: Timestamp) -> Told {
    let task = find(view, cluster, id).ok_or_else(|| failure(scope, &cluster.name, id, "MISSING"))?;
    if !task.is_of_service() || task.is_stopped() {
        return Err(failure(scope, &cluster.name, id, NOT_VALID));
    }
    Ok(show(scope, &task, now))
}

fn protect(tx: &mut Tx, scope: &Scope, cluster: &Cluster, id: &str, minutes: Option<u32>) -> Told {
    let task = find(tx, cluster, id).ok_or_else(|| failure(scope, &cluster.name, id, "MISSING"))?;
    let mut task = (*task).clone();
    let now = tx.now();
    if !task.protect(minutes, now) {
        return Err(failure(scope, &cluster.name, id, NOT_VALID));
    }
    let told = show(scope, &task, now);
    tx.put(task);
    Ok(told)
}

fn show(scope: &Scope, task: &Task, now: Timestamp) -> ecs::ProtectedTask {
    ecs::ProtectedTask {
        task_arn: Some(names::task_arn(scope, &task.cluster, &task.id)),
        protection_enabled: Some(task.is_protected(now)),
        expiration_date: task.protected_until.filter(|until| *until > now),
    }
}

fn divide(told: impl IntoIterator<Item = Told>) -> (Option<Vec<ecs::ProtectedTask>>, Option<Vec<ecs::Failure>>) {
    let (mut protected, mut failures) = (Vec::new(), Vec::new());
    for told in told {
        match told {
            Ok(task) => protected.push(task),
            Err(failure) => failures.push(failure),
        }
    }
    (Some(protected), Some(failures))
}
