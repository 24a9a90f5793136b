//! UntagResource: tags are taken from a resource by their keys.

use super::target;
use crate::common::{Ctx, tags};
use crate::ecs::fault;
use api::ecs;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::UntagResourceRequest) -> Result<ecs::UntagResourceResponse, Fault> {
    let target = target::parse(ctx.scope(), input.resource_arn.as_deref().unwrap_or_default())?;
    let keys = input.tag_keys.unwrap_or_default();
    if keys.len() > tags::MAX {
        return Err(fault::invalid(format!(
            "At most {} tag keys can be removed at once.",
            tags::MAX
        )));
    }
    keys.iter()
        .try_for_each(|key| tags::check_key(key))
        .map_err(fault::invalid)?;
    let scope = ctx.scope().clone();
    ctx.write(move |tx| {
        let left = tags::without(&target.tags(tx)?, &keys);
        target.set(tx, &scope, left)
    })
    .await?;
    Ok(ecs::UntagResourceResponse {})
}
