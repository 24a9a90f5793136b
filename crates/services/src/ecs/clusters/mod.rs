//! Clusters: made, described, changed and deleted.
//!
//! A deleted cluster stays INACTIVE, so that it can still be described, until its name is made again.

mod configuration;
mod counts;
mod create;
mod delete;
mod describe;
mod list;
mod put_providers;
mod render;
pub mod strategy;
#[cfg(test)]
mod tests;
mod update;
mod update_settings;

pub use create::make_default;

use crate::common::table::Row;
use api::ecs::op;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::CreateCluster, _>(create::run),
        Row::of::<op::DeleteCluster, _>(delete::run),
        Row::of::<op::DescribeClusters, _>(describe::run),
        Row::of::<op::ListClusters, _>(list::run),
        Row::of::<op::PutClusterCapacityProviders, _>(put_providers::run),
        Row::of::<op::UpdateCluster, _>(update::run),
        Row::of::<op::UpdateClusterSettings, _>(update_settings::run),
    ]
}
