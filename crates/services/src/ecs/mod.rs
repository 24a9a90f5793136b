//! Amazon ECS: clusters, task definitions, nodes (container instances), tasks, services, and what hangs on them.
//!
//! One file an operation, in a folder for each kind of thing. Each folder lists its own rows, and [`table`] joins them.

pub mod attributes;
pub mod clusters;
pub mod daemons;
pub mod definitions;
pub mod events;
pub mod fault;
pub mod names;
pub mod nodes;
pub mod pages;
pub mod providers;
pub mod services;
pub mod settings;
pub mod tagging;
pub mod tasks;

use crate::common::table::{Row, Table};

pub fn table() -> Table {
    let rows: Vec<Vec<Row>> = vec![
        daemons::rows(),
        definitions::rows(),
        attributes::rows(),
        clusters::rows(),
        nodes::rows(),
        providers::rows(),
        services::rows(),
        settings::rows(),
        tagging::rows(),
        tasks::rows(),
    ];
    Table {
        service: &api::ecs::ECS,
        invalid: fault::out_of_bounds,
        ledger: &[
            include_str!("../../ledger/ecs/attributes.txt"),
            include_str!("../../ledger/ecs/clusters.txt"),
            include_str!("../../ledger/ecs/daemons.txt"),
            include_str!("../../ledger/ecs/nodes.txt"),
            include_str!("../../ledger/ecs/definitions.txt"),
            include_str!("../../ledger/ecs/providers.txt"),
            include_str!("../../ledger/ecs/services.txt"),
            include_str!("../../ledger/ecs/settings.txt"),
            include_str!("../../ledger/ecs/tagging.txt"),
            include_str!("../../ledger/ecs/tasks.txt"),
        ],
        rows: rows.into_iter().flatten().collect(),
    }
}
