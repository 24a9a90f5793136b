//! Amazon ECR: the side of the registry that speaks as AWS does. Images themselves come and go through the door of the
//! distribution protocol; both meet in the records of `model::registry`, and in the content on the shelf.
//!
//! Where to start: `repositories/`, then `images/`. How names, ARNs and addresses are made is in `names.rs`; how AWS
//! words what is refused in `fault.rs`.

mod access;
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
mod templates;
#[cfg(test)]
mod tests;
mod tokens;

pub use access::{Who, allows};

use crate::common::World;
use crate::common::table::Table;
use api::ecr;
use wire::validate::coral_message;

/// Whether requests about a region's registry are for this Gantry.
pub fn has_part_in(world: &World, region: &str) -> bool {
    let account = &world.scope.account;
    *region == *world.scope.region || model::registry::has_part_in(&world.store.snapshot(), account, region)
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
            cache_rules::rows(),
            scanning::rows(),
            registry::rows(),
            replication::rows(),
            repositories::rows(),
            lifecycle::rows(),
            images::rows(),
            layers::rows(),
            policies::rows(),
            settings::rows(),
            templates::rows(),
            tokens::rows(),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}
