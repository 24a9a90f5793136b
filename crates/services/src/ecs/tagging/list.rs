//! ListTagsForResource: the tags of one resource.

use super::{shape, target};
use crate::common::Ctx;
use api::ecs;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::ListTagsForResourceRequest) -> Result<ecs::ListTagsForResourceResponse, Fault> {
    let target = target::parse(ctx.scope(), input.resource_arn.as_deref().unwrap_or_default())?;
    let tags = target.tags(&ctx.snapshot()).map_err(target::as_list_tells)?;
    Ok(ecs::ListTagsForResourceResponse {
        tags: Some(shape::show(&tags)),
    })
}
