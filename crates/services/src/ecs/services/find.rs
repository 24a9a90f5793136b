//! From what a request names to the service that is meant.

use crate::ecs::names;
use api::ecs::fault as declared;
use model::{Cluster, Service, ServiceStatus};
use std::sync::Arc;
use store::View;
use wire::Fault;

/// The service of that name, whatever its status. Services of an earlier cluster of the same name are not seen any more.
pub fn known(view: &View, cluster: &Cluster, name: &str) -> Option<Arc<Service>> {
    view.get::<Service>(&Service::key_of(&cluster.name, name))
        .filter(|service| service.created_at >= cluster.created_at)
}

/// The service that may be changed; the faults of one that may not.
pub fn active(view: &View, cluster: &str, name: &str) -> Result<Arc<Service>, Fault> {
    let cluster = names::active_cluster(view, cluster)?;
    let service = known(view, &cluster, name).ok_or_else(not_found)?;
    match service.status {
        ServiceStatus::Active => Ok(service),
        _ => Err(not_active()),
    }
}

pub fn not_found() -> Fault {
    Fault::new(&declared::ServiceNotFoundException, "Service not found.")
}

pub fn not_active() -> Fault {
    Fault::new(&declared::ServiceNotActiveException, "Service was not ACTIVE.")
}
