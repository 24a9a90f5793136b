//! From what a request names to the task set that is meant.

use crate::ecs::services::find;
use crate::ecs::{fault, names};
use api::ecs::fault as declared;
use base::Scope;
use model::{Controls, Service, ServiceRevision, TaskSet};
use std::sync::Arc;
use store::View;
use wire::Fault;

/// Cluster and service as a request names them.
pub fn named(scope: &Scope, cluster: Option<&str>, service: Option<&str>) -> Result<(String, String), Fault> {
    let cluster = names::cluster_name(scope, cluster)?;
    let service = names::service_name(scope, &cluster, service.unwrap_or_default())?;
    Ok((cluster, service))
}

/// The service, if it is one that has task sets of its user's.
pub fn service(view: &View, (cluster, name): &(String, String)) -> Result<Arc<Service>, Fault> {
    let service = find::active(view, cluster, name)?;
    match service.controls {
        Controls::External => Ok(service),
        controls => Err(fault::invalid(format!(
            "Task sets can only be managed for services with an EXTERNAL deployment controller, and this one has {controls}."
        ))),
    }
}

/// `ecs-svc/ID`, from that or an ARN; the id alone is taken too.
pub fn id(scope: &Scope, service: &Service, given: &str) -> Result<String, Fault> {
    let prefix = format!("{}/{}/", service.cluster, service.name);
    let id = match given.starts_with("arn:") {
        true => names::in_scope(scope, given, "task-set")?
            .strip_prefix(&prefix)
            .ok_or_else(|| fault::invalid(format!("Invalid identifier: {given}")))?,
        false => given,
    };
    let digits = ServiceRevision::id_in(id).unwrap_or(id);
    match !digits.is_empty() && digits.len() <= 64 && digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        true => Ok(ServiceRevision::shown_as(digits)),
        false => Err(fault::invalid(format!("Invalid identifier: {given}"))),
    }
}

pub fn set(view: &View, service: &Service, id: &str) -> Option<Arc<TaskSet>> {
    view.get::<TaskSet>(&TaskSet::key_of(&service.cluster, &service.name, id))
}

pub fn not_found() -> Fault {
    Fault::new(&declared::TaskSetNotFoundException, "The task set was not found.")
}
