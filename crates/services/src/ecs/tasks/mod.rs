//! Tasks: started by RunTask (Gantry chooses the nodes) and StartTask (the caller does), stopped, described and listed.
//!
//! A request only writes down what is wanted: the task, on a node whose ledger pays for it, in one transaction. The
//! node's session sees it and runs it; what it tells moves the task on. Stopped tasks stay, so that they can be
//! described.

mod describe;
mod failures;
pub mod launch;
mod list;
mod protection;
pub(super) mod render;
mod run;
mod start;
mod stop;
#[cfg(test)]
mod tests;

use crate::common::table::Row;
use crate::ecs::{fault, names};
use api::ecs::{self, op};
use base::Scope;
use model::{Cluster, Task};
use std::sync::Arc;
use store::View;
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::DescribeTasks, _>(describe::run),
        Row::of::<op::GetTaskProtection, _>(protection::get),
        Row::of::<op::ListTasks, _>(list::run),
        Row::of::<op::RunTask, _>(run::run),
        Row::of::<op::StartTask, _>(start::run),
        Row::of::<op::StopTask, _>(stop::run),
        Row::of::<op::UpdateTaskProtection, _>(protection::update),
    ]
}

/// The cluster as far as its tasks may be looked at: also when it was deleted.
fn cluster_with_past(view: &View, name: &str) -> Result<Arc<Cluster>, Fault> {
    view.get::<Cluster>(&Cluster::key_of(name))
        .ok_or_else(fault::cluster_not_found)
}

/// The task of that id. Tasks of an earlier cluster of the same name are not seen any more.
fn find(view: &View, cluster: &Cluster, id: &str) -> Option<Arc<Task>> {
    view.get::<Task>(&Task::key_of(&cluster.name, id))
        .filter(|task| is_of(task, cluster))
}

fn is_of(task: &Task, cluster: &Cluster) -> bool {
    task.created_at >= cluster.created_at
}

/// The ids of the tasks that a request names, of which there are no more than `most`.
fn ids_of(scope: &Scope, cluster: &str, given: &[String], most: usize) -> Result<Vec<String>, Fault> {
    if given.len() > most {
        return Err(fault::invalid(format!("Tasks can have at most {most} items.")));
    }
    given
        .iter()
        .map(|given| names::member_id(scope, "task", cluster, given))
        .collect()
}

/// An entry of `failures` about a task.
fn failure(scope: &Scope, cluster: &str, id: &str, reason: &str) -> ecs::Failure {
    ecs::Failure {
        arn: Some(names::task_arn(scope, cluster, id)),
        reason: Some(reason.to_string()),
        detail: None,
    }
}
