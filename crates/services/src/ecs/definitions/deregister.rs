//! DeregisterTaskDefinition: an ACTIVE revision becomes INACTIVE. What runs on it runs on.

use super::{find, render};
use crate::common::Ctx;
use crate::ecs::names::DefinitionRef;
use crate::ecs::{fault, names};
use api::ecs;
use model::{DefinitionStatus, Family, TaskDefinition};
use store::Tx;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DeregisterTaskDefinitionRequest,
) -> Result<ecs::DeregisterTaskDefinitionResponse, Fault> {
    let named = names::definition(ctx.scope(), &input.task_definition.unwrap_or_default())?;
    if named.revision.is_none() {
        return Err(fault::client("Invalid revision number. Number: null"));
    }
    let record = ctx.write(move |tx| deactivate(tx, &named)).await?;
    Ok(ecs::DeregisterTaskDefinitionResponse {
        task_definition: Some(render::definition(ctx.scope(), &record)),
    })
}

fn deactivate(tx: &mut Tx, named: &DefinitionRef) -> Result<TaskDefinition, Fault> {
    let mut record = (*find::revision(tx, named).ok_or_else(find::unknown)?).clone();
    match record.status {
        DefinitionStatus::Active => {}
        DefinitionStatus::Inactive => return Err(fault::client("TaskDefinition is inactive")),
        DefinitionStatus::DeleteInProgress => {
            return Err(fault::client(
                "The specified task definition is in the process of being deleted.",
            ));
        }
    }
    record.status = DefinitionStatus::Inactive;
    record.deregistered_at = Some(tx.now());
    if let Some(family) = tx.get::<Family>(&Family::key_of(&record.family)) {
        tx.put(Family {
            active_revisions: family.active_revisions.saturating_sub(1),
            ..(*family).clone()
        });
    }
    tx.put(record.clone());
    Ok(record)
}
