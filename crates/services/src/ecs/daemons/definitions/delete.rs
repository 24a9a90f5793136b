//! DeleteDaemonTaskDefinition: an ACTIVE revision makes no new daemons any more; it goes when the last that uses it has.

use super::{find, named};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::{DefinitionStatus, Family, TaskDefinition};
use names::DefinitionRef;
use store::Tx;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DeleteDaemonTaskDefinitionRequest,
) -> Result<ecs::DeleteDaemonTaskDefinitionResponse, Fault> {
    let named = named(ctx.scope(), input.daemon_task_definition.as_deref().unwrap_or_default())?;
    if named.revision.is_none() {
        return Err(fault::invalid(
            "The daemon task definition must be named with its revision.",
        ));
    }
    let record = ctx.write(move |tx| delete(tx, &named)).await?;
    Ok(ecs::DeleteDaemonTaskDefinitionResponse {
        daemon_task_definition_arn: Some(names::definition_arn(ctx.scope(), &record.family, record.revision)),
    })
}

fn delete(tx: &mut Tx, named: &DefinitionRef) -> Result<TaskDefinition, Fault> {
    let there = find(tx, named).ok_or_else(|| fault::client("The specified daemon task definition does not exist."))?;
    if there.status != DefinitionStatus::Active {
        return Err(fault::client("The specified daemon task definition is not ACTIVE."));
    }
    let record = TaskDefinition {
        status: DefinitionStatus::DeleteInProgress,
        delete_requested_at: Some(tx.now()),
        ..(*there).clone()
    };
    if let Some(family) = tx.get::<Family>(&Family::key_of(&record.family)) {
        tx.put(Family {
            active_revisions: family.active_revisions.saturating_sub(1),
            ..(*family).clone()
        });
    }
    tx.put(record.clone());
    Ok(record)
}
