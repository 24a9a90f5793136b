//! DeleteService: nothing more is wanted of it. When its last task has gone, it becomes INACTIVE.

use super::{find, render};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::{Scheduling, Service, ServiceStatus, TaskSet};
use store::{Key, Tx};
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::DeleteServiceRequest) -> Result<ecs::DeleteServiceResponse, Fault> {
    let scope = ctx.scope().clone();
    let cluster = names::cluster_name(&scope, input.cluster.as_deref())?;
    let name = names::service_name(&scope, &cluster, input.service.as_deref().unwrap_or_default())?;
    let force = input.force.unwrap_or_default();
    let service = ctx
        .write(move |tx| {
            let service = delete(tx, &cluster, &name, force)?;
            Ok(render::service(tx, &scope, &service, true))
        })
        .await?;
    Ok(ecs::DeleteServiceResponse { service: Some(service) })
}

/// Deleting again while it drains changes nothing.
fn delete(tx: &mut Tx, cluster: &str, name: &str, force: bool) -> Result<Service, Fault> {
    let cluster = names::active_cluster(tx, cluster)?;
    let service = find::known(tx, &cluster, name).ok_or_else(find::not_found)?;
    match service.status {
        ServiceStatus::Active => {}
        ServiceStatus::Draining => return Ok((*service).clone()),
        ServiceStatus::Inactive => return Err(find::not_found()),
    }
    if service.scheduling == Scheduling::Replica && service.desired > 0 && !force {
        return Err(fault::invalid(
            "The service cannot be stopped while it is scaled above 0.",
        ));
    }
    let sets = Key::of([service.cluster.as_str(), service.name.as_str()]);
    if !force && tx.scan::<TaskSet>(&sets).any(|set| set.scale > 0 && !set.draining) {
        return Err(fault::invalid(
            "The service cannot be stopped while it has active task sets. Delete them, or use force.",
        ));
    }
    let service = Service {
        status: ServiceStatus::Draining,
        desired: 0,
        ..(*service).clone()
    };
    tx.put(service.clone());
    Ok(service)
}
