//! Amazon ECS: clusters, task definitions, nodes (container instances), tasks, and what hangs on them.
//!
//! One file an operation, in a folder for each kind of thing. Each folder lists its own rows, and [`table`] joins them.

pub mod fault;
pub mod names;
pub mod pages;
pub mod settings;

use crate::common::table::{Row, Table};

pub fn table() -> Table {
    let rows: Vec<Vec<Row>> = vec![
        // definitions::rows(),
        settings::rows(),
    ];
    Table {
        service: &api::ecs::ECS,
        invalid: fault::out_of_bounds,
        // One file for each folder: include_str!("../../ledger/ecs/definitions.txt"),
        ledger: &[
            include_str!("../../ledger/ecs/settings.txt"),
        ],
        rows: rows.into_iter().flatten().collect(),
    }
}
