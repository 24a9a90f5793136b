//! Templates for repositories that are made when something is pushed, cached or replicated.

use super::repositories::{Settings, read_mutability, read_tags, show_exclusions, show_tags};
use super::{fault, lifecycle, names, pages, policies};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::common::table::Row;
use api::ecr::{self, op};
use model::registry::{CreationTemplate, Encryption, Occasion, RepositoryId};
use store::{Key, Tx};
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::CreateRepositoryCreationTemplate, _>(create),
        Row::of::<op::UpdateRepositoryCreationTemplate, _>(update),
        Row::of::<op::DeleteRepositoryCreationTemplate, _>(delete),
        Row::of::<op::DescribeRepositoryCreationTemplates, _>(describe),
    ]
}

const PAGING: Paging = Paging {
    operation: "DescribeRepositoryCreationTemplates",
    default: 100,
    max: 1000,
};
/// Of one registry.
const MOST_TEMPLATES: usize = 1_000;

/// There is always a slash at the end of a prefix, said or not.
fn prefix(said: Option<String>) -> String {
    let said = said.unwrap_or_default();
    said.strip_suffix('/').map_or(said.clone(), str::to_string)
}

/// Whose they are, where, and the beginning of their keys.
fn home(ctx: &Ctx) -> (String, String, Key) {
    let (registry, region) = (names::registry(ctx, None), ctx.scope().region.to_string());
    let all = RepositoryId::all_of(&registry, &region);
    (registry, region, all)
}

fn none(prefix: &str, registry: &str) -> Fault {
    let message = format!(
        "The repository creation template with prefix '{prefix}' does not exist in the registry with id '{registry}'"
    );
    Fault::new(&ecr::fault::TemplateNotFoundException, message)
}

fn check(policy: Option<&str>, role: Option<&str>) -> Result<(), Fault> {
    if let Some(text) = policy.filter(|text| !text.is_empty()) {
        policies::read(text)?;
    }
    match role.is_none_or(|role| role.is_empty() || base::Arn::parse(role).is_some_and(|arn| arn.service == "iam")) {
        true => Ok(()),
        false => Err(fault::invalid_at("customRoleArn", "it is no ARN of a role")),
    }
}

fn occasions(said: &[String]) -> Vec<Occasion> {
    let mut all: Vec<Occasion> = said.iter().filter_map(|word| Occasion::parse(word)).collect();
    all.sort();
    all.dedup();
    all
}

/// What is empty is not there.
fn some(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

async fn create(
    ctx: Ctx,
    input: ecr::CreateRepositoryCreationTemplateRequest,
) -> Result<ecr::CreateRepositoryCreationTemplateResponse, Fault> {
    let encryption = input.encryption_configuration;
    let settings = Settings::read(
        input.image_tag_mutability.as_deref(),
        input.image_tag_mutability_exclusion_filters.as_deref(),
        encryption
            .as_ref()
            .map(|e| (e.encryption_type.as_deref(), e.kms_key.clone())),
        input.resource_tags.as_deref(),
    )?;
    let (policy, lifecycle) = (some(input.repository_policy), some(input.lifecycle_policy));
    check(policy.as_deref(), input.custom_role_arn.as_deref())?;
    let lifecycle = lifecycle.map(|text| lifecycle::read(text, ctx.now())).transpose()?;
    let occasions = occasions(&input.applied_for.unwrap_or_default());
    if occasions.is_empty() {
        return Err(fault::invalid_at("appliedFor", "at least one occasion"));
    }
    let (registry, region, all) = home(&ctx);
    let template = CreationTemplate {
        registry: registry.clone(),
        region,
        prefix: prefix(input.prefix),
        description: some(input.description),
        encryption: settings.encryption,
        tags: settings.tags,
        mutability: settings.mutability,
        exclusions: settings.exclusions,
        policy,
        lifecycle,
        occasions,
        role: some(input.custom_role_arn),
        created_at: ctx.now(),
        updated_at: ctx.now(),
    };
    let made = template.clone();
    ctx.write(move |tx| {
        let key = all.part(&made.prefix);
        if tx.get::<CreationTemplate>(&key).is_some() {
            let message = format!(
                "The repository creation template with prefix '{}' already exists in the registry with id '{}'",
                made.prefix, made.registry
            );
            return Err(Fault::new(&ecr::fault::TemplateAlreadyExistsException, message));
        }
        if tx.count::<CreationTemplate>(&all) >= MOST_TEMPLATES {
            let message = format!("A registry has at most {MOST_TEMPLATES} repository creation templates");
            return Err(Fault::new(&ecr::fault::LimitExceededException, message));
        }
        tx.put(made.clone());
        Ok(())
    })
    .await?;
    Ok(ecr::CreateRepositoryCreationTemplateResponse {
        registry_id: Some(registry),
        repository_creation_template: Some(show(&template)),
    })
}

async fn update(
    ctx: Ctx,
    input: ecr::UpdateRepositoryCreationTemplateRequest,
) -> Result<ecr::UpdateRepositoryCreationTemplateResponse, Fault> {
    check(input.repository_policy.as_deref(), input.custom_role_arn.as_deref())?;
    // What is empty takes the policy away.
    let lifecycle = input.lifecycle_policy;
    let lifecycle = lifecycle.map(|text| {
        some(Some(text))
            .map(|text| lifecycle::read(text, ctx.now()))
            .transpose()
    });
    let lifecycle = lifecycle.transpose()?;
    let filters = input.image_tag_mutability_exclusion_filters;
    if filters.is_some() && input.image_tag_mutability.is_none() {
        let why = "exclusion filters need imageTagMutability beside them";
        return Err(fault::invalid_at("imageTagMutabilityExclusionFilters", why));
    }
    let mutability = input.image_tag_mutability.as_deref();
    let mutability = mutability
        .map(|said| read_mutability(Some(said), filters.as_deref()))
        .transpose()?;
    let encryption = input.encryption_configuration.map(|said| Encryption {
        kind: said.encryption_type.unwrap_or_default(),
        kms_key: some(said.kms_key),
    });
    let tags = input
        .resource_tags
        .as_deref()
        .map(|tags| read_tags(Some(tags)))
        .transpose()?;
    let occasions = input.applied_for.map(|said| occasions(&said));
    if occasions.as_ref().is_some_and(Vec::is_empty) {
        return Err(fault::invalid_at("appliedFor", "at least one occasion"));
    }
    let (policy, description, role) = (input.repository_policy, input.description, input.custom_role_arn);
    let (registry, _, all) = home(&ctx);
    let prefix = prefix(input.prefix);
    let owner = registry.clone();
    let updated = ctx.write(move |tx: &mut Tx| {
        let was = tx.get::<CreationTemplate>(&all.part(&prefix));
        let mut template = (*was.ok_or_else(|| none(&prefix, &owner))?).clone();
        if let Some((mutability, exclusions)) = mutability.clone() {
            (template.mutability, template.exclusions) = (mutability, exclusions);
        }
        template.encryption = encryption.clone().unwrap_or(template.encryption);
        template.tags = tags.clone().unwrap_or(template.tags);
        template.occasions = occasions.clone().unwrap_or(template.occasions);
        for (said, kept) in [
            (&policy, &mut template.policy),
            (&description, &mut template.description),
            (&role, &mut template.role),
        ] {
            if said.is_some() {
                *kept = some(said.clone());
            }
        }
        template.lifecycle = lifecycle.clone().unwrap_or(template.lifecycle);
        template.updated_at = tx.now();
        tx.put(template.clone());
        Ok(template)
    });
    Ok(ecr::UpdateRepositoryCreationTemplateResponse {
        repository_creation_template: Some(show(&updated.await?)),
        registry_id: Some(registry),
    })
}

async fn delete(
    ctx: Ctx,
    input: ecr::DeleteRepositoryCreationTemplateRequest,
) -> Result<ecr::DeleteRepositoryCreationTemplateResponse, Fault> {
    let (registry, _, all) = home(&ctx);
    let prefix = prefix(input.prefix);
    ctx.write(move |tx| {
        let was = tx.delete::<CreationTemplate>(&all.part(&prefix));
        let was = was.ok_or_else(|| none(&prefix, &registry))?;
        Ok(ecr::DeleteRepositoryCreationTemplateResponse {
            registry_id: Some(registry.clone()),
            repository_creation_template: Some(show(&was)),
        })
    })
    .await
}

async fn describe(
    ctx: Ctx,
    input: ecr::DescribeRepositoryCreationTemplatesRequest,
) -> Result<ecr::DescribeRepositoryCreationTemplatesResponse, Fault> {
    let (registry, _, all) = home(&ctx);
    let view = ctx.snapshot();
    let (size, after) = pages::window(&PAGING, &all, input.max_results, input.next_token.as_deref())?;
    let asked = input.prefixes.map(|said| {
        let prefixes = said.into_iter().map(|one| prefix(Some(one)));
        prefixes.collect::<Vec<String>>()
    });
    let found = view.scan_after::<CreationTemplate>(&all, after.as_ref());
    let found = found.filter(|template| asked.as_ref().is_none_or(|asked| asked.contains(&template.prefix)));
    let page = PAGING.page(
        size,
        found.map(|template| (all.part(&template.prefix), show(&template))),
    );
    Ok(ecr::DescribeRepositoryCreationTemplatesResponse {
        registry_id: Some(registry),
        repository_creation_templates: Some(page.items),
        next_token: page.next,
    })
}

fn show(template: &CreationTemplate) -> ecr::RepositoryCreationTemplate {
    ecr::RepositoryCreationTemplate {
        prefix: Some(template.prefix.clone()),
        description: template.description.clone(),
        encryption_configuration: Some(ecr::EncryptionConfigurationForRepositoryCreationTemplate {
            encryption_type: Some(template.encryption.kind.clone()),
            kms_key: template.encryption.kms_key.clone(),
        }),
        resource_tags: Some(show_tags(&template.tags)),
        image_tag_mutability: Some(template.mutability.to_string()),
        image_tag_mutability_exclusion_filters: show_exclusions(&template.exclusions),
        repository_policy: template.policy.clone(),
        lifecycle_policy: template.lifecycle.as_ref().map(|policy| policy.text.clone()),
        applied_for: Some(template.occasions.iter().map(ToString::to_string).collect()),
        custom_role_arn: template.role.clone(),
        created_at: Some(template.created_at),
        updated_at: Some(template.updated_at),
    }
}
