//! UpdateImageStorageClass: into the archive, from which nothing is pulled, and back. There is but one kind of disk here,
//! so it takes no time, and costs the same.

use super::name::{Unknown, find, status};
use crate::common::Ctx;
use crate::ecr::access::may;
use crate::ecr::{fault, names};
use api::ecr;
use model::registry::{Refused, change};
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecr::UpdateImageStorageClassRequest,
) -> Result<ecr::UpdateImageStorageClassResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let named = input.image_id.unwrap_or_default();
    let archive = input.target_storage_class.as_deref() == Some("ARCHIVE");
    let caller = ctx.clone();
    ctx.write(move |tx| {
        may(&caller, tx, "ecr:UpdateImageStorageClass", &id)?;
        let manifest = find(tx, &id, &named).map_err(|unknown| match unknown {
            Unknown::Nothing => fault::invalid_at("imageId", "both tag and digest cannot be null"),
            _ => fault::no_image(&id, named.image_digest.as_deref(), named.image_tag.as_deref()),
        })?;
        let moved = change::archive(tx, &id, &manifest.digest, archive);
        moved.map_err(|refused| match refused {
            Refused::Listed(by) => Fault::new(
                &ecr::fault::ImageStorageClassUpdateNotSupportedException,
                format!("The image is listed by {by}, and moves with it"),
            ),
            refused => fault::refused(refused, &id),
        })?;
        let now = find(tx, &id, &named).map_or("ACTIVE", |manifest| status(&manifest));
        Ok(ecr::UpdateImageStorageClassResponse {
            registry_id: Some(id.registry.clone()),
            repository_name: Some(id.name.clone()),
            image_id: Some(named.clone()),
            image_status: Some(now.to_string()),
        })
    })
    .await
}
