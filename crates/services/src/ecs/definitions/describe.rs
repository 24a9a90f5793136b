//! DescribeTaskDefinition: one revision, with its tags when they are asked for.

use super::{find, render};
use crate::common::Ctx;
use crate::ecs::names;
use crate::ecs::tagging::shape;
use api::ecs;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DescribeTaskDefinitionRequest,
) -> Result<ecs::DescribeTaskDefinitionResponse, Fault> {
    let named = names::definition(ctx.scope(), &input.task_definition.unwrap_or_default())?;
    let record = find::revision(&ctx.snapshot(), &named).ok_or_else(find::unknown)?;
    let with_tags = input
        .include
        .is_some_and(|fields| fields.iter().any(|field| field == "TAGS"));
    Ok(ecs::DescribeTaskDefinitionResponse {
        task_definition: Some(render::definition(ctx.scope(), &record)),
        tags: with_tags.then(|| shape::show(&record.tags)),
    })
}
