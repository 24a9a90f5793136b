//! DescribeTasks.

use super::{cluster_with_past, failure, find, ids_of, render};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use wire::Fault;

const MOST: usize = 100;

pub async fn run(ctx: Ctx, input: ecs::DescribeTasksRequest) -> Result<ecs::DescribeTasksResponse, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
    let given = input.tasks.as_deref().unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid("Tasks cannot be empty."));
    }
    let ids = ids_of(scope, &cluster, given, MOST)?;
    let with_tags = input
        .include
        .as_deref()
        .unwrap_or_default()
        .iter()
        .any(|field| field == "TAGS");
    let view = ctx.snapshot();
    let cluster = cluster_with_past(&view, &cluster)?;
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for id in &ids {
        match find(&view, &cluster, id) {
            Some(task) => tasks.push(render::task(&view, scope, &task, with_tags)),
            None => failures.push(failure(scope, &cluster.name, id, "MISSING")),
        }
    }
    Ok(ecs::DescribeTasksResponse {
        tasks: Some(tasks),
        failures: Some(failures),
    })
}
