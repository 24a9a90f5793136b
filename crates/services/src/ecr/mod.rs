//! Amazon ECR: the side of the registry that speaks as AWS does. Images themselves come and go through the door of the
//! distribution protocol; both meet in the records of `model::registry`, and in the content on the shelf.
//!
//! Where to start: `repositories/`, then `images/`. How names, ARNs and addresses are made is in `names.rs`; how AWS
//! words what is refused in `fault.rs`.

mod access;
mod backfills;
mod cache_rules;
mod fault;
mod images;
mod layers;
mod lifecycle;
mod names;
mod pages;
mod policies;
mod registry;
mod replication;
mod repositories;
mod scanning;
mod settings;
mod shelf;
mod signing;
mod templates;
#[cfg(test)]
mod tests;
mod tokens;

pub use access::{Who, allows};

use crate::common::World;
use crate::common::table::{Row, Table};
use api::ecr;
use wire::validate::coral_message;

fn asked_first(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().map(access::asked_first).collect()
}

/// Whether requests about a region's registry are for this Gantry.
pub fn has_part_in(world: &World, region: &str) -> bool {
    model::registry::has_part_in(&world.store.snapshot(), &world.scope, region)
}

pub fn table() -> Table {
    Table {
        service: &ecr::ECR,
        invalid: |violations| fault::invalid(coral_message(violations)),
        ledger: &[
            include_str!("../../ledger/ecr.txt"),
            include_str!("../../ledger/ecr_registry.txt"),
        ],
        rows: [
            // Of the registry: its policy is asked here.
            asked_first(backfills::rows()),
            asked_first(cache_rules::rows()),
            asked_first(registry::rows()),
            asked_first(replication::rows()),
            asked_first(scanning::rows()),
            asked_first(settings::rows()),
            asked_first(signing::rows()),
            asked_first(policies::registry_rows()),
            asked_first(templates::rows()),
            asked_first(tokens::rows()),
            // Of a repository: each asks for the one that it is about.
            images::rows(),
            layers::rows(),
            lifecycle::rows(),
            policies::rows(),
            replication::image_rows(),
            repositories::rows(),
            scanning::image_rows(),
            signing::image_rows(),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}
