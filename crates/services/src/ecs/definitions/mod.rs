//! Task definitions: families of numbered revisions, registered once and never changed.
//!
//! Registering does all the thinking: [`rules`] refuse what AWS refuses, [`defaults`] fill in what AWS fills in,
//! [`attributes`] says what a node must have, [`plan`] derives what the scheduler sees, and [`work`] what the node does.
//! The other operations only look a revision up or move it along: ACTIVE, INACTIVE, DELETE_IN_PROGRESS, gone.
//!
//! Words: a *family* counts its revisions and never gives a number twice; a *document* is the definition as the user
//! gave it, with AWS's defaults filled in.

mod attributes;
mod defaults;
mod delete;
mod deregister;
mod describe;
mod families;
mod find;
mod list;
mod plan;
mod register;
pub mod render;
mod rules;
#[cfg(test)]
mod samples;
mod size;
#[cfg(test)]
mod tests;
pub mod work;

pub use find::revision;
pub use register::{add, draft};
pub use size::{cpu_units, memory_mib};

use crate::common::table::Row;
use api::ecs::{self, op};
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::DeleteTaskDefinitions, _>(delete::run),
        Row::of::<op::DeregisterTaskDefinition, _>(deregister::run),
        Row::of::<op::DescribeTaskDefinition, _>(describe::run),
        Row::of::<op::ListTaskDefinitionFamilies, _>(families::run),
        Row::of::<op::ListTaskDefinitions, _>(list::run),
        Row::of::<op::RegisterTaskDefinition, _>(register::run),
    ]
}

/// The task's own size, in CPU units and MiB, of a document that a run has changed; or why the platform (AWS: launch
/// type) would not take it so.
pub fn sizes_on(document: &ecs::TaskDefinition, platform: &str) -> Result<(Option<u32>, Option<u32>), Fault> {
    rules::check_on(document, platform)?;
    let look = rules::Look::at(document);
    Ok((look.cpu_units, look.memory_mib))
}
