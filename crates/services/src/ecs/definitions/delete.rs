//! DeleteTaskDefinitions: INACTIVE revisions become DELETE_IN_PROGRESS, and are gone once nothing stands on them.

use super::render;
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use base::Scope;
use model::{DefinitionStatus, TaskDefinition};
use store::Tx;
use wire::Fault;

/// How many a call may name.
const MOST: usize = 10;

const MALFORMED: &str =
    "The specified task definition identifier is invalid. Specify a valid name or ARN and try again.";
const UNKNOWN: &str =
    "The specified task definition does not exist. Specify a valid account, family, revision and try again.";
const ACTIVE: &str =
    "The specified task definition is still in ACTIVE status. Please deregister the target and try again.";

pub async fn run(
    ctx: Ctx,
    input: ecs::DeleteTaskDefinitionsRequest,
) -> Result<ecs::DeleteTaskDefinitionsResponse, Fault> {
    let given = input.task_definitions.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid("Task definitions can not be empty."));
    }
    if given.len() > MOST {
        return Err(fault::invalid(format!(
            "Task definitions must not have more than {MOST} elements."
        )));
    }
    let scope = ctx.scope().clone();
    let outcomes = ctx
        .write(move |tx| {
            Ok(given
                .iter()
                .map(|name| (name.clone(), begin(tx, &scope, name)))
                .collect::<Vec<_>>())
        })
        .await?;
    let (mut task_definitions, mut failures) = (Vec::new(), Vec::new());
    for (name, outcome) in outcomes {
        match outcome {
            Ok(record) => task_definitions.push(render::definition(ctx.scope(), &record)),
            Err(reason) => {
                failures.push(ecs::Failure {
                    arn: Some(name),
                    reason: Some(reason.to_string()),
                    detail: None,
                });
            }
        }
    }
    Ok(ecs::DeleteTaskDefinitionsResponse {
        task_definitions: Some(task_definitions),
        failures: Some(failures),
    })
}

/// Marks one, or says why not. Asked for again, it is shown as it is.
fn begin(tx: &mut Tx, scope: &Scope, given: &str) -> Result<TaskDefinition, &'static str> {
    let named = names::definition(scope, given).map_err(|_| MALFORMED)?;
    let revision = named.revision.ok_or(MALFORMED)?;
    let record = tx
        .get::<TaskDefinition>(&TaskDefinition::key_of(&named.family, revision))
        .ok_or(UNKNOWN)?;
    let mut record = (*record).clone();
    match record.status {
        DefinitionStatus::Active => return Err(ACTIVE),
        DefinitionStatus::DeleteInProgress => return Ok(record),
        DefinitionStatus::Inactive => {}
    }
    record.status = DefinitionStatus::DeleteInProgress;
    record.delete_requested_at = Some(tx.now());
    tx.put(record.clone());
    Ok(record)
}
