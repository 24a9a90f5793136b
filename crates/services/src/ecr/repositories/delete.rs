//! DeleteRepository, also with all that is in it: as many records at a time as a transaction has room for, so that a
//! crash in between leaves a repository with less in it, which can be deleted again.

use super::shape;
use crate::common::Ctx;
use crate::ecr::access::may;
use crate::ecr::{fault, names};
use api::ecr;
use model::registry::change;
use wire::Fault;

/// Records that one transaction takes away.
const AT_ONCE: usize = 8_000;

pub async fn run(ctx: Ctx, input: ecr::DeleteRepositoryRequest) -> Result<ecr::DeleteRepositoryResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let force = input.force.unwrap_or(false);
    loop {
        let (id, caller) = (id.clone(), ctx.clone());
        let gone = ctx
            .write(move |tx| {
                let repository = may(&caller, tx, "ecr:DeleteRepository", &id)?;
                if force && !change::clear_some(tx, &id, AT_ONCE) {
                    return Ok(None); // there is more in it
                }
                let deleted = change::delete_repository(tx, &id);
                deleted.map_err(|refused| fault::refused(refused, &id))?;
                Ok(Some(repository))
            })
            .await?;
        if let Some(repository) = gone {
            return Ok(ecr::DeleteRepositoryResponse {
                repository: Some(shape::show(&ctx, &repository)),
            });
        }
    }
}
