//! Pull-through cache rules. What they ask for is done at the registry's own door.

use super::{names, pages};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::common::table::Row;
use api::ecr::{self, op};
use model::registry::{CacheRule, RepositoryId};
use std::sync::Arc;
use store::{Record, View};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "DescribePullThroughCacheRules",
    default: 100,
    max: 1000,
};

/// In one registry; ECR's own quota.
const MOST_RULES: usize = 50;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::CreatePullThroughCacheRule, _>(create),
        Row::of::<op::UpdatePullThroughCacheRule, _>(update),
        Row::of::<op::DeletePullThroughCacheRule, _>(delete),
        Row::of::<op::DescribePullThroughCacheRules, _>(describe),
        Row::of::<op::ValidatePullThroughCacheRule, _>(validate),
    ]
}

async fn create(
    ctx: Ctx,
    input: ecr::CreatePullThroughCacheRuleRequest,
) -> Result<ecr::CreatePullThroughCacheRuleResponse, Fault> {
    let upstream = input.upstream_registry_url.unwrap_or_default();
    if !images::upstream_is_good(&upstream) {
        let message = format!("The upstream registry URL '{upstream}' is no host that can be asked over TLS");
        return Err(Fault::new(&ecr::fault::UnsupportedUpstreamRegistryException, message));
    }
    let (registry, region) = (names::own(&ctx, input.registry_id)?, ctx.scope().region.to_string());
    let now = ctx.now();
    let rule = CacheRule {
        prefix: prefix(input.ecr_repository_prefix),
        upstream,
        kind: input.upstream_registry,
        credential_arn: input.credential_arn,
        role_arn: input.custom_role_arn,
        upstream_prefix: input
            .upstream_repository_prefix
            .unwrap_or_else(|| CacheRule::ROOT.to_string()),
        created_at: now,
        updated_at: now,
        registry,
        region,
    };
    let wanted = rule.clone();
    ctx.write(move |tx| {
        if tx.get::<CacheRule>(&wanted.key()).is_some() {
            let message = format!(
                "A pull through cache rule with the repository prefix '{}' already exists for the registry with id '{}'",
                wanted.prefix, wanted.registry
            );
            return Err(Fault::new(&ecr::fault::PullThroughCacheRuleAlreadyExistsException, message));
        }
        if tx.count::<CacheRule>(&RepositoryId::all_of(&wanted.registry, &wanted.region)) >= MOST_RULES {
            let message = format!("There are at most {MOST_RULES} pull through cache rules in a registry");
            return Err(Fault::new(&ecr::fault::LimitExceededException, message));
        }
        tx.put(wanted.clone());
        Ok(())
    })
    .await?;
    Ok(ecr::CreatePullThroughCacheRuleResponse {
        ecr_repository_prefix: Some(rule.prefix),
        upstream_registry_url: Some(rule.upstream),
        created_at: Some(rule.created_at),
        registry_id: Some(rule.registry),
        upstream_registry: rule.kind,
        credential_arn: rule.credential_arn,
        custom_role_arn: rule.role_arn,
        upstream_repository_prefix: Some(rule.upstream_prefix),
    })
}

async fn update(
    ctx: Ctx,
    input: ecr::UpdatePullThroughCacheRuleRequest,
) -> Result<ecr::UpdatePullThroughCacheRuleResponse, Fault> {
    let (registry, region) = (names::registry(&ctx, input.registry_id), ctx.scope().region.to_string());
    let prefix = prefix(input.ecr_repository_prefix);
    let (credential, role) = (input.credential_arn, input.custom_role_arn);
    let updated = ctx.write(move |tx| {
        let mut rule = (*find(tx, &registry, &region, &prefix)?).clone();
        if credential.is_some() {
            rule.credential_arn.clone_from(&credential);
        }
        if role.is_some() {
            rule.role_arn.clone_from(&role);
        }
        rule.updated_at = tx.now();
        tx.put(rule.clone());
        Ok(rule)
    });
    let rule = updated.await?;
    Ok(ecr::UpdatePullThroughCacheRuleResponse {
        ecr_repository_prefix: Some(rule.prefix),
        registry_id: Some(rule.registry),
        updated_at: Some(rule.updated_at),
        credential_arn: rule.credential_arn,
        custom_role_arn: rule.role_arn,
        upstream_repository_prefix: Some(rule.upstream_prefix),
    })
}

async fn delete(
    ctx: Ctx,
    input: ecr::DeletePullThroughCacheRuleRequest,
) -> Result<ecr::DeletePullThroughCacheRuleResponse, Fault> {
    let (registry, region) = (names::registry(&ctx, input.registry_id), ctx.scope().region.to_string());
    let prefix = prefix(input.ecr_repository_prefix);
    let deleted = ctx.write(move |tx| {
        let rule = find(tx, &registry, &region, &prefix)?;
        tx.delete::<CacheRule>(&rule.key());
        Ok((*rule).clone())
    });
    let rule = deleted.await?;
    Ok(ecr::DeletePullThroughCacheRuleResponse {
        ecr_repository_prefix: Some(rule.prefix),
        upstream_registry_url: Some(rule.upstream),
        created_at: Some(rule.created_at),
        registry_id: Some(rule.registry),
        credential_arn: rule.credential_arn,
        custom_role_arn: rule.role_arn,
        upstream_repository_prefix: Some(rule.upstream_prefix),
    })
}

async fn describe(
    ctx: Ctx,
    input: ecr::DescribePullThroughCacheRulesRequest,
) -> Result<ecr::DescribePullThroughCacheRulesResponse, Fault> {
    let (registry, region) = (names::registry(&ctx, input.registry_id), ctx.scope().region.to_string());
    let view = ctx.snapshot();
    let asked = input.ecr_repository_prefixes;
    let asked: Option<Vec<String>> = asked.map(|asked| asked.into_iter().map(|one| prefix(Some(one))).collect());
    for prefix in asked.iter().flatten() {
        find(&view, &registry, &region, prefix)?;
    }
    let all = RepositoryId::all_of(&registry, &region);
    let (size, after) = pages::window(&PAGING, &all, input.max_results, input.next_token.as_deref())?;
    let rules = view.scan_after::<CacheRule>(&all, after.as_ref());
    let wanted = |rule: &Arc<CacheRule>| asked.as_ref().is_none_or(|asked| asked.contains(&rule.prefix));
    let page = PAGING.page(size, rules.filter(wanted).map(|rule| (rule.key(), shown(&rule))));
    Ok(ecr::DescribePullThroughCacheRulesResponse {
        pull_through_cache_rules: Some(page.items),
        next_token: page.next,
    })
}

fn shown(rule: &CacheRule) -> ecr::PullThroughCacheRule {
    ecr::PullThroughCacheRule {
        ecr_repository_prefix: Some(rule.prefix.clone()),
        upstream_registry_url: Some(rule.upstream.clone()),
        created_at: Some(rule.created_at),
        registry_id: Some(rule.registry.clone()),
        credential_arn: rule.credential_arn.clone(),
        custom_role_arn: rule.role_arn.clone(),
        upstream_repository_prefix: Some(rule.upstream_prefix.clone()),
        upstream_registry: rule.kind.clone(),
        updated_at: Some(rule.updated_at),
    }
}

/// Asks the registry there, with the credentials that the rule names.
async fn validate(
    ctx: Ctx,
    input: ecr::ValidatePullThroughCacheRuleRequest,
) -> Result<ecr::ValidatePullThroughCacheRuleResponse, Fault> {
    let (registry, region) = (names::registry(&ctx, input.registry_id), ctx.scope().region.to_string());
    let prefix = prefix(input.ecr_repository_prefix);
    let rule = find(&ctx.snapshot(), &registry, &region, &prefix)?;
    let upstream = ctx
        .world
        .shelf
        .upstreams
        .at(&rule.upstream, "x", rule.credential_arn.as_deref());
    let failure = match upstream {
        Err(bad) => Some(bad.to_string()),
        Ok(upstream) => upstream.greet().await.err().map(|fault| fault.to_string()),
    };
    let rule = (*rule).clone();
    Ok(ecr::ValidatePullThroughCacheRuleResponse {
        ecr_repository_prefix: Some(rule.prefix),
        registry_id: Some(rule.registry),
        upstream_registry_url: Some(rule.upstream),
        credential_arn: rule.credential_arn,
        custom_role_arn: rule.role_arn,
        upstream_repository_prefix: Some(rule.upstream_prefix),
        is_valid: Some(failure.is_none()),
        failure,
    })
}

/// A prefix ends with a slash whether that is said or not.
fn prefix(said: Option<String>) -> String {
    said.unwrap_or_default().trim_end_matches('/').to_string()
}

fn find(view: &View, registry: &str, region: &str, prefix: &str) -> Result<Arc<CacheRule>, Fault> {
    let rule = view.get::<CacheRule>(&CacheRule::key_of(registry, region, prefix));
    rule.ok_or_else(|| {
        let message = format!(
            "The pull through cache rule with the repository prefix '{prefix}' does not exist in the registry with id \
             '{registry}'"
        );
        Fault::new(&ecr::fault::PullThroughCacheRuleNotFoundException, message)
    })
}
