//! RegisterDaemonTaskDefinition: checked and planned as the task definition that does the same on an EC2 node.

use super::document;
use crate::common::{Ctx, given};
use crate::ecs::{definitions, fault, names};
use api::ecs;
use model::Daemon;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::RegisterDaemonTaskDefinitionRequest,
) -> Result<ecs::RegisterDaemonTaskDefinitionResponse, Fault> {
    let family = input.family.clone().unwrap_or_default();
    if !names::is_name(&family) {
        return Err(fault::client(
            "Invalid daemon task definition: the family is not a valid name.",
        ));
    }
    let draft = definitions::draft(&document::as_task(&input)?)?;
    let draft = draft.in_family(Daemon::family(&family), given::keep(&document::kept(input)));
    let registrant = ctx.caller.arn.clone();
    let record = ctx.write(move |tx| definitions::add(tx, &draft, &registrant)).await?;
    Ok(ecs::RegisterDaemonTaskDefinitionResponse {
        daemon_task_definition_arn: Some(names::definition_arn(ctx.scope(), &record.family, record.revision)),
    })
}
