//! Managed daemons: one task on every node of some capacity providers.
//!
//! A daemon is made of a *daemon task definition*; each change of it makes a *revision* and a *deployment*, which the
//! controller carries out. Requests only write wishes.
//!
//! AWS has daemons on Managed Instances alone, and replaces the instances themselves. Here they run on every kind of
//! node, whose machines stay: a deployment replaces the daemon's task on each.

mod arns;
mod create;
mod definitions;
mod delete;
mod deployments;
mod describe;
mod list;
mod render;
mod revisions;
#[cfg(test)]
mod tests;
mod update;
mod wish;

use crate::common::table::Row;
use crate::ecs::names;
use api::ecs::{fault as declared, op};
use arns::Named;
use model::Daemon;
use std::sync::Arc;
use store::View;
use wire::Fault;

pub fn rows() -> Vec<Row> {
    let own = vec![
        Row::of::<op::CreateDaemon, _>(create::run),
        Row::of::<op::DeleteDaemon, _>(delete::run),
        Row::of::<op::DescribeDaemon, _>(describe::run),
        Row::of::<op::DescribeDaemonRevisions, _>(revisions::run),
        Row::of::<op::ListDaemons, _>(list::run),
        Row::of::<op::UpdateDaemon, _>(update::run),
    ];
    own.into_iter()
        .chain(definitions::rows())
        .chain(deployments::rows())
        .collect()
}

/// The daemon of an ARN, whose cluster must be there.
fn find(view: &View, named: &Named) -> Result<Arc<Daemon>, Fault> {
    names::active_cluster(view, &named.cluster)?;
    view.get::<Daemon>(&Daemon::key_of(&named.cluster, &named.daemon))
        .ok_or_else(|| Fault::new(&declared::DaemonNotFoundException, "Daemon not found."))
}
