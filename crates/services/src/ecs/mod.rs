//! Amazon ECS: clusters, task definitions, nodes (container instances), tasks, and what hangs on them.
//!
//! One file an operation, in a folder for each kind of thing. Each folder lists its own rows, and [`table`] joins them.

pub mod fault;
pub mod names;

use crate::common::table::Table;

pub fn table() -> Table {
    Table { service: &api::ecs::ECS, invalid: fault::out_of_bounds, rows: Vec::new() }
}
