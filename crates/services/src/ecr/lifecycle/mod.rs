//! Lifecycle policies: kept, taken back, and looked at before they are kept. What they ask for is done by a controller.

mod document;
mod preview;
#[cfg(test)]
mod tests;

use super::access::may;
use super::{fault, names};
use crate::common::Ctx;
use crate::common::table::Row;
use api::ecr::{self, op};
use base::Timestamp;
use model::registry::{LifecyclePolicy, RepositoryId};
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::PutLifecyclePolicy, _>(put),
        Row::of::<op::GetLifecyclePolicy, _>(get),
        Row::of::<op::DeleteLifecyclePolicy, _>(delete),
        Row::of::<op::StartLifecyclePolicyPreview, _>(preview::start),
        Row::of::<op::GetLifecyclePolicyPreview, _>(preview::get),
    ]
}

async fn put(ctx: Ctx, input: ecr::PutLifecyclePolicyRequest) -> Result<ecr::PutLifecyclePolicyResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let text = input.lifecycle_policy_text.unwrap_or_default();
    let policy = read(text.clone(), ctx.now())?;
    let (at, caller) = (id.clone(), ctx.clone());
    ctx.write(move |tx| {
        let mut repository = (*may(&caller, tx, "ecr:PutLifecyclePolicy", &at)?).clone();
        repository.lifecycle = Some(policy.clone());
        tx.put(repository);
        Ok(())
    })
    .await?;
    Ok(ecr::PutLifecyclePolicyResponse {
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
        lifecycle_policy_text: Some(text),
    })
}

async fn get(ctx: Ctx, input: ecr::GetLifecyclePolicyRequest) -> Result<ecr::GetLifecyclePolicyResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let repository = may(&ctx, &ctx.snapshot(), "ecr:GetLifecyclePolicy", &id)?;
    let policy = repository.lifecycle.clone().ok_or_else(|| no_policy(&id))?;
    Ok(ecr::GetLifecyclePolicyResponse {
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
        last_evaluated_at: Some(policy.evaluated_at.unwrap_or(policy.put_at)),
        lifecycle_policy_text: Some(policy.text),
    })
}

async fn delete(
    ctx: Ctx,
    input: ecr::DeleteLifecyclePolicyRequest,
) -> Result<ecr::DeleteLifecyclePolicyResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let (at, caller) = (id.clone(), ctx.clone());
    let policy = ctx.write(move |tx| {
        let mut repository = (*may(&caller, tx, "ecr:DeleteLifecyclePolicy", &at)?).clone();
        let policy = repository.lifecycle.take().ok_or_else(|| no_policy(&at))?;
        tx.put(repository);
        Ok(policy)
    });
    let policy = policy.await?;
    Ok(ecr::DeleteLifecyclePolicyResponse {
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
        last_evaluated_at: Some(policy.evaluated_at.unwrap_or(policy.put_at)),
        lifecycle_policy_text: Some(policy.text),
    })
}

/// A policy as it is kept; also for those that stand in a template.
pub fn read(text: String, now: Timestamp) -> Result<LifecyclePolicy, Fault> {
    Ok(LifecyclePolicy {
        rules: document::read(&text).map_err(not_valid)?,
        text,
        put_at: now,
        evaluated_at: None,
    })
}

fn not_valid(why: String) -> Fault {
    fault::invalid_at(
        "LifecyclePolicyText",
        &format!("Lifecycle policy validation failure: {why}"),
    )
}

fn no_policy(id: &RepositoryId) -> Fault {
    Fault::new(
        &ecr::fault::LifecyclePolicyNotFoundException,
        format!(
            "Lifecycle policy does not exist for the repository with name '{}' in the registry with id '{}'",
            id.name, id.registry
        ),
    )
}
