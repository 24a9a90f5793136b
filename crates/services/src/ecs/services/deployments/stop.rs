//! StopServiceDeployment: the deployment goes back to where it came from, or ends where it stands.

use super::find;
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs::{self, fault as declared};
use model::{DeploymentStatus, Service, ServiceDeployment};
use store::Tx;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::StopServiceDeploymentRequest,
) -> Result<ecs::StopServiceDeploymentResponse, Fault> {
    let arn = input.service_deployment_arn.unwrap_or_default();
    let named = names::of_service(ctx.scope(), "service-deployment", &arn)?;
    let to = match input.stop_type.as_deref() {
        Some("ABORT") => DeploymentStatus::StopRequested,
        _ => DeploymentStatus::RollbackRequested,
    };
    ctx.write(move |tx| stop(tx, &named, to)).await?;
    Ok(ecs::StopServiceDeploymentResponse {
        service_deployment_arn: Some(arn),
    })
}

/// Asking again for the same changes nothing.
fn stop(tx: &mut Tx, named: &(String, String, String), to: DeploymentStatus) -> Result<(), Fault> {
    let deployment = find(tx, named)?;
    let service = tx.get::<Service>(&Service::key_of(&deployment.cluster, &deployment.service));
    let newest = service.is_some_and(|service| service.deployment.as_ref() == Some(&deployment.id));
    if deployment.status.is_over() || !newest {
        return Err(conflict(
            "The service deployment can't be stopped because it is not in progress.",
        ));
    }
    if deployment.status == to || (deployment.status.goes_back() && to == DeploymentStatus::RollbackRequested) {
        return Ok(());
    }
    if deployment.status.goes_back() {
        return Err(conflict(
            "The service deployment can't be stopped because it is being rolled back.",
        ));
    }
    let updated_at = tx.now();
    tx.put(ServiceDeployment {
        status: to,
        updated_at,
        ..(*deployment).clone()
    });
    Ok(())
}

fn conflict(message: &str) -> Fault {
    Fault::new(&declared::ConflictException, message)
}
