//! PutImageTagMutability and PutImageScanningConfiguration.

use super::shape;
use crate::common::Ctx;
use crate::ecr::access::may;
use crate::ecr::names;
use api::ecr;
use model::registry::Repository;
use wire::Fault;

pub async fn put_mutability(
    ctx: Ctx,
    input: ecr::PutImageTagMutabilityRequest,
) -> Result<ecr::PutImageTagMutabilityResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let (mutability, exclusions) = shape::read_mutability(
        input.image_tag_mutability.as_deref(),
        input.image_tag_mutability_exclusion_filters.as_deref(),
    )?;
    let caller = ctx.clone();
    ctx.write(move |tx| {
        let was = may(&caller, tx, "ecr:PutImageTagMutability", &id)?;
        tx.put(Repository {
            mutability,
            exclusions: exclusions.clone(),
            ..(*was).clone()
        });
        Ok(ecr::PutImageTagMutabilityResponse {
            registry_id: Some(id.registry.clone()),
            repository_name: Some(id.name.clone()),
            image_tag_mutability: Some(mutability.to_string()),
            image_tag_mutability_exclusion_filters: shape::show_exclusions(&exclusions),
        })
    })
    .await
}

pub async fn put_scanning(
    ctx: Ctx,
    input: ecr::PutImageScanningConfigurationRequest,
) -> Result<ecr::PutImageScanningConfigurationResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let given = input.image_scanning_configuration.unwrap_or_default();
    let scan_on_push = given.scan_on_push.unwrap_or(false);
    let caller = ctx.clone();
    ctx.write(move |tx| {
        let was = may(&caller, tx, "ecr:PutImageScanningConfiguration", &id)?;
        tx.put(Repository {
            scan_on_push,
            ..(*was).clone()
        });
        Ok(ecr::PutImageScanningConfigurationResponse {
            registry_id: Some(id.registry.clone()),
            repository_name: Some(id.name.clone()),
            image_scanning_configuration: Some(ecr::ImageScanningConfiguration {
                scan_on_push: Some(scan_on_push),
            }),
        })
    })
    .await
}
