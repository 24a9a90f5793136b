//! Service deployments: looked at, stopped, and told to go on where they wait.

mod describe;
mod go_on;
mod list;
mod render;
mod stop;

use crate::common::table::Row;
use crate::ecs::fault;
use api::ecs::{fault as declared, op};
use model::ServiceDeployment;
use std::sync::Arc;
use store::View;
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::ContinueServiceDeployment, _>(go_on::run),
        Row::of::<op::DescribeServiceDeployments, _>(describe::run),
        Row::of::<op::ListServiceDeployments, _>(list::run),
        Row::of::<op::StopServiceDeployment, _>(stop::run),
    ]
}

/// The most deployments or revisions that one request may name.
const MOST_NAMED: usize = 20;

pub fn check_named(given: &[String], what: &str) -> Result<(), Fault> {
    match given.len() {
        0 => Err(fault::invalid(format!("{what} can not be empty."))),
        n if n > MOST_NAMED => Err(fault::invalid(format!("{what} can have at most {MOST_NAMED} items."))),
        _ => Ok(()),
    }
}

/// Cluster, service and id of a deployment to what is kept of it.
fn find(view: &View, (cluster, service, id): &(String, String, String)) -> Result<Arc<ServiceDeployment>, Fault> {
    let found = view.get::<ServiceDeployment>(&ServiceDeployment::key_of(cluster, service, id));
    found.ok_or_else(|| {
        Fault::new(
            &declared::ServiceDeploymentNotFoundException,
            "Service deployment not found.",
        )
    })
}
