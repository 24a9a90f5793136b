//! TagResource: tags are added to a resource, over those of the same key.

use super::{shape, target};
use crate::common::{Ctx, tags};
use crate::ecs::fault;
use api::ecs;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::TagResourceRequest) -> Result<ecs::TagResourceResponse, Fault> {
    let target = target::parse(ctx.scope(), input.resource_arn.as_deref().unwrap_or_default())?;
    let new = shape::read(input.tags.as_deref())?;
    let scope = ctx.scope().clone();
    ctx.write(move |tx| {
        let merged = tags::merge(&target.tags(tx)?, &new);
        if merged.len() > tags::MAX {
            let message = format!("The number of tags exceeds the limit of {} for a resource.", tags::MAX);
            return Err(fault::limit(message));
        }
        target.set(tx, &scope, merged)
    })
    .await?;
    Ok(ecs::TagResourceResponse {})
}
