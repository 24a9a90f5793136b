//! Signing on push. There is no signer here: the rules are kept, and of each image that one is about it is said that it is
//! not signed.

use super::{access, fault, names};
use crate::common::Ctx;
use crate::common::table::Row;
use api::ecr::{self, op};
use model::registry::{RepositoryId, Signing, SigningRule, change};
use store::Key;
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::PutSigningConfiguration, _>(put),
        Row::of::<op::GetSigningConfiguration, _>(get),
        Row::of::<op::DeleteSigningConfiguration, _>(delete),
    ]
}

pub fn image_rows() -> Vec<Row> {
    vec![Row::of::<op::DescribeImageSigningStatus, _>(status)]
}

fn key(ctx: &Ctx) -> (String, String, Key) {
    let (registry, region) = (names::registry(ctx, None), ctx.scope().region.to_string());
    let key = RepositoryId::all_of(&registry, &region);
    (registry, region, key)
}

async fn put(
    ctx: Ctx,
    input: ecr::PutSigningConfigurationRequest,
) -> Result<ecr::PutSigningConfigurationResponse, Fault> {
    let given = input.signing_configuration.unwrap_or_default();
    let (registry, region, _) = key(&ctx);
    let rule = |rule: &ecr::SigningRule| SigningRule {
        profile: rule.signing_profile_arn.clone().unwrap_or_default(),
        patterns: rule
            .repository_filters
            .iter()
            .flatten()
            .filter_map(|f| f.filter.clone())
            .collect(),
    };
    let rules: Vec<SigningRule> = given.rules.iter().flatten().map(rule).collect();
    ctx.write(move |tx| {
        tx.put(Signing {
            registry: registry.clone(),
            region: region.clone(),
            rules: rules.clone(),
        });
        Ok(())
    })
    .await?;
    Ok(ecr::PutSigningConfigurationResponse {
        signing_configuration: Some(given),
    })
}

async fn get(ctx: Ctx, _: ecr::GetSigningConfigurationRequest) -> Result<ecr::GetSigningConfigurationResponse, Fault> {
    let (registry, _, key) = key(&ctx);
    let kept = ctx.snapshot().get::<Signing>(&key).ok_or_else(|| none(&registry))?;
    Ok(ecr::GetSigningConfigurationResponse {
        registry_id: Some(registry),
        signing_configuration: Some(shown(&kept)),
    })
}

async fn delete(
    ctx: Ctx,
    _: ecr::DeleteSigningConfigurationRequest,
) -> Result<ecr::DeleteSigningConfigurationResponse, Fault> {
    let (registry, _, key) = key(&ctx);
    ctx.write(move |tx| {
        let was = tx.delete::<Signing>(&key).ok_or_else(|| none(&registry))?;
        Ok(ecr::DeleteSigningConfigurationResponse {
            registry_id: Some(registry.clone()),
            signing_configuration: Some(shown(&was)),
        })
    })
    .await
}

fn none(registry: &str) -> Fault {
    let message = format!("There is no signing configuration in the registry with id '{registry}'");
    Fault::new(&ecr::fault::SigningConfigurationNotFoundException, message)
}

fn shown(kept: &Signing) -> ecr::SigningConfiguration {
    let filter = |pattern: &String| ecr::SigningRepositoryFilter {
        filter: Some(pattern.clone()),
        filter_type: Some("WILDCARD_MATCH".to_string()),
    };
    let rule = |rule: &SigningRule| ecr::SigningRule {
        signing_profile_arn: Some(rule.profile.clone()),
        repository_filters: (!rule.patterns.is_empty()).then(|| rule.patterns.iter().map(filter).collect()),
    };
    ecr::SigningConfiguration {
        rules: Some(kept.rules.iter().map(rule).collect()),
    }
}

async fn status(
    ctx: Ctx,
    input: ecr::DescribeImageSigningStatusRequest,
) -> Result<ecr::DescribeImageSigningStatusResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    access::may(&ctx, &view, "ecr:DescribeImageSigningStatus", &id)?;
    let asked = input.image_id.unwrap_or_default();
    let (digest, tag) = (asked.image_digest.as_deref(), asked.image_tag.as_deref());
    let reference = digest.or(tag);
    let reference = reference.ok_or_else(|| fault::invalid_at("imageId", "A tag or a digest must be given"))?;
    let found = change::find(&view, &id, reference).map_err(|_| fault::no_image(&id, digest, tag))?;
    let tags = change::tags_of(&view, &id, &found.digest);
    if tag.is_some_and(|tag| tags.iter().all(|has| has.tag != tag)) {
        return Err(fault::no_image(&id, digest, tag));
    }
    let kept = view.get::<Signing>(&RepositoryId::all_of(&id.registry, &id.region));
    let profiles = kept.iter().flat_map(|kept| kept.profiles(&id.name));
    let statuses = profiles.map(|profile| ecr::ImageSigningStatus {
        signing_profile_arn: Some(profile.to_string()),
        status: Some("FAILED".to_string()),
        failure_code: Some("SignerUnavailable".to_string()),
        failure_reason: Some("Gantry has no signer: push a signature of your own".to_string()),
    });
    Ok(ecr::DescribeImageSigningStatusResponse {
        signing_statuses: Some(statuses.collect()),
        image_id: Some(ecr::ImageIdentifier {
            image_digest: Some(found.digest.clone()),
            image_tag: asked.image_tag,
        }),
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
    })
}
