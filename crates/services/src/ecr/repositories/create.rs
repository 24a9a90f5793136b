//! CreateRepository.

use super::shape::{self, Settings};
use crate::common::Ctx;
use crate::ecr::access::may_create;
use crate::ecr::{fault, names};
use api::ecr;
use model::registry::{Repository, change};
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecr::CreateRepositoryRequest) -> Result<ecr::CreateRepositoryResponse, Fault> {
    let registry = names::own(&ctx, input.registry_id)?;
    let id = names::id(&ctx, Some(registry), input.repository_name);
    let encryption = input.encryption_configuration;
    let settings = Settings::read(
        input.image_tag_mutability.as_deref(),
        input.image_tag_mutability_exclusion_filters.as_deref(),
        encryption
            .as_ref()
            .map(|e| (e.encryption_type.as_deref(), e.kms_key.clone())),
        input.tags.as_deref(),
    )?;
    let scanning = input.image_scanning_configuration.unwrap_or_default();
    let scan_on_push = scanning.scan_on_push.unwrap_or(false);
    let caller = ctx.clone();
    let made = ctx
        .write(move |tx| {
            let Settings {
                mutability,
                exclusions,
                encryption,
                tags,
            } = settings.clone();
            may_create(&caller, tx, &id)?;
            let repository = Repository {
                mutability,
                exclusions,
                encryption,
                tags,
                scan_on_push,
                ..Repository::new(id.clone(), tx.now())
            };
            let created = change::create_repository(tx, repository.clone());
            created.map_err(|refused| fault::refused(refused, &id))?;
            Ok(repository)
        })
        .await?;
    Ok(ecr::CreateRepositoryResponse {
        repository: Some(shape::show(&ctx, &made)),
    })
}
