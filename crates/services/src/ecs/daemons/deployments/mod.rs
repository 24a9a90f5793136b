//! Daemon deployments, described and listed. The controller makes their progress.

mod describe;
mod list;

use crate::common::table::Row;
use api::ecs::op;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::DescribeDaemonDeployments, _>(describe::run),
        Row::of::<op::ListDaemonDeployments, _>(list::run),
    ]
}
