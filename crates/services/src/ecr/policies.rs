//! The policies of repositories, and the registry's own.

use super::access::{locks_out, may, who};
use super::{fault, names};
use crate::common::Ctx;
use crate::common::table::Row;
use api::ecr::{self, op};
use model::registry::{RegistryPolicy, Repository, RepositoryId};
use policy::{Policy, Stands};
use store::Key;
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::SetRepositoryPolicy, _>(set),
        Row::of::<op::GetRepositoryPolicy, _>(get),
        Row::of::<op::DeleteRepositoryPolicy, _>(delete),
    ]
}

pub fn registry_rows() -> Vec<Row> {
    vec![
        Row::of::<op::PutRegistryPolicy, _>(put_registry),
        Row::of::<op::GetRegistryPolicy, _>(get_registry),
        Row::of::<op::DeleteRegistryPolicy, _>(delete_registry),
    ]
}

/// The policy of a repository, read; also for those that stand in a template.
pub fn read(text: &str) -> Result<Policy, Fault> {
    read_as(text, "repository", Stands::AtResource)
}

/// Actions that are no operations.
const BESIDE: [&str; 2] = ["ecr:BatchImportUpstreamImage", "ecr:ReplicateImage"];

/// With no actions but ECR's; `what` says whose policy it is.
fn read_as(text: &str, what: &str, stands: Stands) -> Result<Policy, Fault> {
    let invalid = |bad: String| fault::invalid_at("PolicyText", &format!("Invalid {what} policy provided: {bad}"));
    let policy = Policy::read(text, stands).map_err(|bad| invalid(bad.to_string()))?;
    let operations = ecr::ECR.operations.iter().map(|op| format!("ecr:{}", op.name));
    let operations: Vec<String> = operations.collect();
    match policy.unknown_action(operations.iter().map(String::as_str).chain(BESIDE)) {
        None => Ok(policy),
        Some(action) => Err(invalid(format!("{action} is no action of ECR"))),
    }
}

async fn set(ctx: Ctx, input: ecr::SetRepositoryPolicyRequest) -> Result<ecr::SetRepositoryPolicyResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let text = input.policy_text.unwrap_or_default();
    let (policy, force) = (read(&text)?, input.force.unwrap_or(false));
    let caller = ctx.clone();
    ctx.write(move |tx| {
        let was = may(&caller, tx, "ecr:SetRepositoryPolicy", &id)?;
        if !force && locks_out(&policy, caller.scope(), &who(&caller), &was) {
            let why = "The policy would not let you set another one: use force to set it nevertheless";
            return Err(fault::invalid_at("PolicyText", why));
        }
        tx.put(Repository {
            policy: Some(text.clone()),
            ..(*was).clone()
        });
        Ok(ecr::SetRepositoryPolicyResponse {
            registry_id: Some(id.registry.clone()),
            repository_name: Some(id.name.clone()),
            policy_text: Some(text.clone()),
        })
    })
    .await
}

async fn get(ctx: Ctx, input: ecr::GetRepositoryPolicyRequest) -> Result<ecr::GetRepositoryPolicyResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let repository = may(&ctx, &ctx.snapshot(), "ecr:GetRepositoryPolicy", &id)?;
    Ok(ecr::GetRepositoryPolicyResponse {
        policy_text: Some(repository.policy.clone().ok_or_else(|| none(&id))?),
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
    })
}

async fn delete(
    ctx: Ctx,
    input: ecr::DeleteRepositoryPolicyRequest,
) -> Result<ecr::DeleteRepositoryPolicyResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let caller = ctx.clone();
    ctx.write(move |tx| {
        let was = may(&caller, tx, "ecr:DeleteRepositoryPolicy", &id)?;
        let text = was.policy.clone().ok_or_else(|| none(&id))?;
        tx.put(Repository {
            policy: None,
            ..(*was).clone()
        });
        Ok(ecr::DeleteRepositoryPolicyResponse {
            registry_id: Some(id.registry.clone()),
            repository_name: Some(id.name.clone()),
            policy_text: Some(text),
        })
    })
    .await
}

fn none(id: &RepositoryId) -> Fault {
    let message = format!("Repository policy does not exist for {}", fault::place(id));
    Fault::new(&ecr::fault::RepositoryPolicyNotFoundException, message)
}

fn registry_key(ctx: &Ctx) -> (String, String, Key) {
    let (registry, region) = (names::registry(ctx, None), ctx.scope().region.to_string());
    let key = RegistryPolicy::key_of(&registry, &region);
    (registry, region, key)
}

async fn put_registry(ctx: Ctx, input: ecr::PutRegistryPolicyRequest) -> Result<ecr::PutRegistryPolicyResponse, Fault> {
    let text = input.policy_text.unwrap_or_default();
    read_as(&text, "registry", Stands::AtResources)?;
    let (registry, region, _) = registry_key(&ctx);
    ctx.write(move |tx| {
        let put_at = tx.now();
        tx.put(RegistryPolicy {
            registry: registry.clone(),
            region: region.clone(),
            text: text.clone(),
            put_at,
        });
        Ok(ecr::PutRegistryPolicyResponse {
            registry_id: Some(registry.clone()),
            policy_text: Some(text.clone()),
        })
    })
    .await
}

async fn get_registry(ctx: Ctx, _: ecr::GetRegistryPolicyRequest) -> Result<ecr::GetRegistryPolicyResponse, Fault> {
    let (registry, _, key) = registry_key(&ctx);
    let policy = ctx.snapshot().get::<RegistryPolicy>(&key);
    let policy = policy.ok_or_else(|| none_of_registry(&registry))?;
    Ok(ecr::GetRegistryPolicyResponse {
        registry_id: Some(registry),
        policy_text: Some(policy.text.clone()),
    })
}

async fn delete_registry(
    ctx: Ctx,
    _: ecr::DeleteRegistryPolicyRequest,
) -> Result<ecr::DeleteRegistryPolicyResponse, Fault> {
    let (registry, _, key) = registry_key(&ctx);
    ctx.write(move |tx| {
        let was = tx.delete::<RegistryPolicy>(&key);
        let was = was.ok_or_else(|| none_of_registry(&registry))?;
        Ok(ecr::DeleteRegistryPolicyResponse {
            registry_id: Some(registry.clone()),
            policy_text: Some(was.text.clone()),
        })
    })
    .await
}

fn none_of_registry(registry: &str) -> Fault {
    let message = format!("Registry policy does not exist in the registry with id '{registry}'");
    Fault::new(&ecr::fault::RegistryPolicyNotFoundException, message)
}
