//! Tags of repositories, which are called by their ARN.

use super::shape;
use crate::common::{Ctx, tags};
use crate::ecr::access::may;
use crate::ecr::names;
use api::ecr;
use model::Tag;
use model::registry::Repository;
use wire::Fault;

pub async fn list(ctx: Ctx, input: ecr::ListTagsForResourceRequest) -> Result<ecr::ListTagsForResourceResponse, Fault> {
    let id = names::of_arn(&ctx, input.resource_arn)?;
    let repository = may(&ctx, &ctx.snapshot(), "ecr:ListTagsForResource", &id)?;
    Ok(ecr::ListTagsForResourceResponse {
        tags: Some(shape::show_tags(&repository.tags)),
    })
}

pub async fn tag(ctx: Ctx, input: ecr::TagResourceRequest) -> Result<ecr::TagResourceResponse, Fault> {
    let new = shape::read_tags(input.tags.as_deref())?;
    change(ctx, input.resource_arn, "ecr:TagResource", move |old| {
        tags::merge(old, &new)
    })
    .await?;
    Ok(ecr::TagResourceResponse {})
}

pub async fn untag(ctx: Ctx, input: ecr::UntagResourceRequest) -> Result<ecr::UntagResourceResponse, Fault> {
    let keys = input.tag_keys.unwrap_or_default();
    for key in &keys {
        let invalid = |why| Fault::new(&ecr::fault::InvalidTagParameterException, why);
        tags::check_key(key).map_err(invalid)?;
    }
    change(ctx, input.resource_arn, "ecr:UntagResource", move |old| {
        tags::without(old, &keys)
    })
    .await?;
    Ok(ecr::UntagResourceResponse {})
}

async fn change(
    ctx: Ctx,
    arn: Option<String>,
    action: &'static str,
    change: impl Fn(&[Tag]) -> Vec<Tag> + Send + 'static,
) -> Result<(), Fault> {
    let id = names::of_arn(&ctx, arn)?;
    let caller = ctx.clone();
    ctx.write(move |tx| {
        let was = may(&caller, tx, action, &id)?;
        let tags = change(&was.tags);
        if tags.len() > tags::MAX {
            let message = format!("The number of tags exceeds the limit of {}.", tags::MAX);
            return Err(Fault::new(&ecr::fault::TooManyTagsException, message));
        }
        tx.put(Repository { tags, ..(*was).clone() });
        Ok(())
    })
    .await
}
