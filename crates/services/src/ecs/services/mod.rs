//! Services: made, changed, deleted and shown; their deployments, revisions and task sets.
//!
//! A request only writes down what is wanted: the service, a revision that says how its tasks are made, a deployment that
//! is to bring it there. Who starts and stops tasks for it, and moves a deployment on, reads that and needs no request.
//!
//! Words: what the user said of a service is kept as the one request to create it that would say it all, with AWS's
//! defaults filled in (its *words*); each update is laid over them. [`settle`] turns words into a revision.

mod configuration;
mod create;
mod delete;
mod deployments;
mod describe;
mod find;
mod fronts;
mod hooks;
mod list;
mod render;
mod revise;
mod revisions;
mod settle;
mod tagging;
mod task_sets;
#[cfg(test)]
mod tests;
mod update;
mod words;

pub use find::{known, not_found};
pub use tagging::{Tagged, retag, tags_of};

use crate::common::table::Row;
use api::ecs::op;

pub fn rows() -> Vec<Row> {
    let mut rows = deployments::rows();
    rows.extend(task_sets::rows());
    rows.extend([
        Row::of::<op::CreateService, _>(create::run),
        Row::of::<op::DeleteService, _>(delete::run),
        Row::of::<op::DescribeServiceRevisions, _>(revisions::run),
        Row::of::<op::DescribeServices, _>(describe::run),
        Row::of::<op::ListServices, _>(list::run),
        Row::of::<op::ListServicesByNamespace, _>(list::by_namespace),
        Row::of::<op::UpdateService, _>(update::run),
    ]);
    rows
}
