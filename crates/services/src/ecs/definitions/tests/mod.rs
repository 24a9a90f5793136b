//! The operations together, on a store in memory; and what holds of any definition whatever.

mod leaving;
mod listing;
mod properties;
mod registering;

use super::samples::*;
use super::{delete, deregister, describe, families, list, register};
use crate::common::Ctx;
use crate::common::testing::{START, block_on, world, world_and_clock};
use api::ecs;
use model::{Family, Task, TaskDefinition, TaskStatus};
use wire::Fault;

fn put(ctx: &Ctx, family: &str) -> ecs::TaskDefinition {
    let request = ecs::RegisterTaskDefinitionRequest {
        family: text(family),
        ..web()
    };
    answer(register::run(ctx.clone(), request))
        .task_definition
        .expect("what was registered is shown")
}

fn answer<T>(operation: impl Future<Output = Result<T, Fault>>) -> T {
    block_on(operation).unwrap_or_else(|fault| panic!("{fault}"))
}

#[track_caller]
fn refused<T>(operation: impl Future<Output = Result<T, Fault>>) -> (String, String) {
    match block_on(operation) {
        Ok(_) => panic!("this should be refused"),
        Err(fault) => (fault.code.into_owned(), fault.message),
    }
}

fn described(ctx: &Ctx, name: &str) -> Result<ecs::DescribeTaskDefinitionResponse, Fault> {
    block_on(describe::run(
        ctx.clone(),
        ecs::DescribeTaskDefinitionRequest {
            task_definition: text(name),
            include: None,
        },
    ))
}

fn status(ctx: &Ctx, name: &str) -> String {
    described(ctx, name)
        .expect("it is there")
        .task_definition
        .and_then(|d| d.status)
        .expect("a status is always shown")
}

fn deregistered(ctx: &Ctx, name: &str) -> ecs::TaskDefinition {
    let request = ecs::DeregisterTaskDefinitionRequest {
        task_definition: text(name),
    };
    answer(deregister::run(ctx.clone(), request))
        .task_definition
        .expect("what was deregistered is shown")
}

fn deleted(ctx: &Ctx, names: &[&str]) -> ecs::DeleteTaskDefinitionsResponse {
    let names = Some(names.iter().map(|name| name.to_string()).collect());
    answer(delete::run(
        ctx.clone(),
        ecs::DeleteTaskDefinitionsRequest {
            task_definitions: names,
        },
    ))
}

/// `web:1` of the ARNs.
fn short(arns: Option<Vec<String>>) -> Vec<String> {
    let arns = arns.expect("a list is always there");
    arns.iter()
        .map(|arn| arn.rsplit('/').next().unwrap_or_default().to_string())
        .collect()
}

fn listed(ctx: &Ctx, request: ecs::ListTaskDefinitionsRequest) -> Vec<String> {
    short(answer(list::run(ctx.clone(), request)).task_definition_arns)
}

fn active_revisions(ctx: &Ctx, family: &str) -> u32 {
    ctx.snapshot()
        .get::<Family>(&Family::key_of(family))
        .expect("the family is there")
        .active_revisions
}

fn families_of(ctx: &Ctx, prefix: &str, status: Option<&str>) -> Vec<String> {
    let request = ecs::ListTaskDefinitionFamiliesRequest {
        family_prefix: text(prefix),
        status: status.map(str::to_string),
        ..Default::default()
    };
    answer(families::run(ctx.clone(), request)).families.unwrap()
}
