//! Tags of log groups, by the operations of old, which take a name, and those of today, which take an ARN.

use super::{bad, names};
use crate::common::table::Row;
use crate::common::{Ctx, tags};
use api::logs::{self, op};
use model::{LogGroup, Tag};
use std::collections::BTreeMap;
use wire::Fault;
use wire::service::Empty;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::TagResource, _>(tag_resource),
        Row::of::<op::UntagResource, _>(untag_resource),
        Row::of::<op::ListTagsForResource, _>(list_for_resource),
        Row::of::<op::TagLogGroup, _>(tag_group),
        Row::of::<op::UntagLogGroup, _>(untag_group),
        Row::of::<op::ListTagsLogGroup, _>(list_group),
    ]
}

/// Only groups have tags here, and only an ARN names a resource.
fn of_arn(ctx: &Ctx, arn: Option<String>) -> Result<String, Fault> {
    let arn = arn.unwrap_or_default();
    if !arn.starts_with("arn:") {
        return Err(bad("The specified ARN is not valid."));
    }
    names::of_identifier(ctx, &arn)
}

async fn tag_resource(ctx: Ctx, input: logs::TagResourceRequest) -> Result<Empty, Fault> {
    let name = of_arn(&ctx, input.resource_arn)?;
    let too_many = |message: String| Fault::new(&logs::fault::TooManyTagsException, message);
    tag(ctx, name, input.tags, too_many).await
}

async fn tag_group(ctx: Ctx, input: logs::TagLogGroupRequest) -> Result<Empty, Fault> {
    tag(ctx, input.log_group_name.unwrap_or_default(), input.tags, bad).await
}

async fn tag(
    ctx: Ctx,
    name: String,
    given: Option<BTreeMap<String, String>>,
    too_many: impl Fn(String) -> Fault + Send + 'static,
) -> Result<Empty, Fault> {
    let given = given.unwrap_or_default().into_iter();
    let given: Vec<Tag> = given.map(|(key, value)| Tag { key, value }).collect();
    tags::check(&given).map_err(bad)?;
    change(ctx, name, move |group| {
        group.tags = tags::merge(&group.tags, &given);
        match group.tags.len() > tags::MAX {
            true => Err(too_many(format!(
                "The number of tags exceeds the limit of {}.",
                tags::MAX
            ))),
            false => Ok(()),
        }
    })
    .await
}

async fn untag_resource(ctx: Ctx, input: logs::UntagResourceRequest) -> Result<Empty, Fault> {
    let name = of_arn(&ctx, input.resource_arn)?;
    untag(ctx, name, input.tag_keys).await
}

async fn untag_group(ctx: Ctx, input: logs::UntagLogGroupRequest) -> Result<Empty, Fault> {
    untag(ctx, input.log_group_name.unwrap_or_default(), input.tags).await
}

async fn untag(ctx: Ctx, name: String, keys: Option<Vec<String>>) -> Result<Empty, Fault> {
    let keys = keys.unwrap_or_default();
    change(ctx, name, move |group| {
        group.tags = tags::without(&group.tags, &keys);
        Ok(())
    })
    .await
}

async fn change(
    ctx: Ctx,
    name: String,
    change: impl Fn(&mut LogGroup) -> Result<(), Fault> + Send + 'static,
) -> Result<Empty, Fault> {
    ctx.write(move |tx| {
        let mut group = names::group_in(tx, &name)?;
        change(&mut group)?;
        tx.put(group);
        Ok(Empty)
    })
    .await
}

async fn list_for_resource(
    ctx: Ctx,
    input: logs::ListTagsForResourceRequest,
) -> Result<logs::ListTagsForResourceResponse, Fault> {
    let name = of_arn(&ctx, input.resource_arn)?;
    let tags = Some(listed(&ctx, &name)?);
    Ok(logs::ListTagsForResourceResponse { tags })
}

async fn list_group(ctx: Ctx, input: logs::ListTagsLogGroupRequest) -> Result<logs::ListTagsLogGroupResponse, Fault> {
    let tags = Some(listed(&ctx, &input.log_group_name.unwrap_or_default())?);
    Ok(logs::ListTagsLogGroupResponse { tags })
}

fn listed(ctx: &Ctx, name: &str) -> Result<BTreeMap<String, String>, Fault> {
    let group = names::group(&ctx.snapshot(), name)?;
    Ok(group.tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}
