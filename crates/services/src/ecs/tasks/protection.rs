//! GetTaskProtection and UpdateTaskProtection: only tasks of a service can be protected, and no task is of one yet.

use super::{failure, find, ids_of};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use wire::Fault;

const MOST_TO_GET: usize = 100;
const MOST_TO_UPDATE: usize = 10;
const MOST_MINUTES: i32 = 2880;

pub async fn get(ctx: Ctx, input: ecs::GetTaskProtectionRequest) -> Result<ecs::GetTaskProtectionResponse, Fault> {
    let failures = refusals(&ctx, input.cluster.as_deref(), input.tasks.as_deref(), MOST_TO_GET)?;
    Ok(ecs::GetTaskProtectionResponse {
        protected_tasks: Some(Vec::new()),
        failures: Some(failures),
    })
}

pub async fn update(
    ctx: Ctx,
    input: ecs::UpdateTaskProtectionRequest,
) -> Result<ecs::UpdateTaskProtectionResponse, Fault> {
    if let Some(minutes) = input.expires_in_minutes {
        if !(1..=MOST_MINUTES).contains(&minutes) {
            return Err(fault::invalid(format!(
                "expiresInMinutes must be between 1 and {MOST_MINUTES}."
            )));
        }
        if input.protection_enabled == Some(false) {
            return Err(fault::invalid(
                "expiresInMinutes can only be specified when protectionEnabled is true.",
            ));
        }
    }
    if input.tasks.as_ref().is_none_or(Vec::is_empty) {
        return Err(fault::invalid("Tasks cannot be empty."));
    }
    let failures = refusals(&ctx, input.cluster.as_deref(), input.tasks.as_deref(), MOST_TO_UPDATE)?;
    Ok(ecs::UpdateTaskProtectionResponse {
        protected_tasks: Some(Vec::new()),
        failures: Some(failures),
    })
}

fn refusals(
    ctx: &Ctx,
    cluster: Option<&str>,
    tasks: Option<&[String]>,
    most: usize,
) -> Result<Vec<ecs::Failure>, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, cluster)?;
    let ids = ids_of(scope, &cluster, tasks.unwrap_or_default(), most)?;
    let view = ctx.snapshot();
    let cluster = names::active_cluster(&view, &cluster)?;
    let refusal = |id: &String| match find(&view, &cluster, id) {
        None => failure(scope, &cluster.name, id, "MISSING"),
        Some(_) => failure(scope, &cluster.name, id, "TASK_NOT_VALID"),
    };
    Ok(ids.iter().map(refusal).collect())
}
