//! ContinueServiceDeployment: the answer to a pause.

use super::find;
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::{HookAction, HookStatus, ServiceDeployment};
use store::Tx;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::ContinueServiceDeploymentRequest,
) -> Result<ecs::ContinueServiceDeploymentResponse, Fault> {
    let arn = input.service_deployment_arn.unwrap_or_default();
    let named = names::of_service(ctx.scope(), "service-deployment", &arn)?;
    let hook = input.hook_id.unwrap_or_default();
    let action = input.action.as_deref().and_then(HookAction::parse);
    let action = action.unwrap_or(HookAction::Continue);
    ctx.write(move |tx| answer(tx, &named, &hook, action)).await?;
    Ok(ecs::ContinueServiceDeploymentResponse {
        service_deployment_arn: Some(arn),
    })
}

/// The first answer stays; the same one again changes nothing.
fn answer(tx: &mut Tx, named: &(String, String, String), hook: &str, action: HookAction) -> Result<(), Fault> {
    let mut deployment: ServiceDeployment = (*find(tx, named)?).clone();
    let over = deployment.status.is_over() || deployment.status.goes_back();
    let run = deployment.hooks.iter_mut().find(|run| run.id == hook);
    let run = run.ok_or_else(|| {
        fault::invalid(format!(
            "The service deployment has no lifecycle hook with the id {hook}."
        ))
    })?;
    if run.answer == Some(action) {
        return Ok(());
    }
    if over || run.status != HookStatus::AwaitingAction || run.answer.is_some() {
        return Err(fault::invalid(format!(
            "The lifecycle hook {hook} is not awaiting an action."
        )));
    }
    run.answer = Some(action);
    deployment.updated_at = tx.now();
    tx.put(deployment);
    Ok(())
}
