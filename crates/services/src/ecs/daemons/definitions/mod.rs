//! Daemon task definitions: kept as the task definitions of a family that no user can name, and shown in their own
//! shape.

mod delete;
mod describe;
mod document;
mod list;
mod register;

use crate::common::table::Row;
use crate::ecs::names::{self, DefinitionRef};
use crate::ecs::{definitions, fault};
use api::ecs::op;
use base::Scope;
use model::{Daemon, TaskDefinition};
use std::sync::Arc;
use store::View;
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::DeleteDaemonTaskDefinition, _>(delete::run),
        Row::of::<op::DescribeDaemonTaskDefinition, _>(describe::run),
        Row::of::<op::ListDaemonTaskDefinitions, _>(list::run),
        Row::of::<op::RegisterDaemonTaskDefinition, _>(register::run),
    ]
}

/// What `family`, `family:revision` or an ARN means. The family is as its user calls it.
pub fn named(scope: &Scope, given: &str) -> Result<DefinitionRef, Fault> {
    if !given.starts_with("arn:") {
        return names::definition(scope, given);
    }
    names::definition(scope, names::in_scope(scope, given, "daemon-task-definition")?)
}

/// The named revision, whatever its status; without a revision, the newest ACTIVE one of the family.
pub fn find(view: &View, named: &DefinitionRef) -> Option<Arc<TaskDefinition>> {
    let own = DefinitionRef {
        family: Daemon::family(&named.family),
        revision: named.revision,
    };
    definitions::revision(view, &own)
}

fn unknown() -> Fault {
    fault::client("Unable to describe daemon task definition.")
}
