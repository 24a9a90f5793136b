//! DeleteCluster: an empty cluster becomes INACTIVE.

use super::counts;
use super::render::{self, CHANGED};
use crate::common::Ctx;
use crate::ecs::{fault, names, providers};
use api::ecs::{self, fault as declared};
use model::{Cluster, Daemon};
use store::{Key, Tx, View};
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::DeleteClusterRequest) -> Result<ecs::DeleteClusterResponse, Fault> {
    let scope = ctx.scope().clone();
    let name = names::cluster_name(&scope, input.cluster.as_deref())?;
    let cluster = ctx
        .write(move |tx| {
            let cluster = delete(tx, &name)?;
            Ok(render::cluster(tx, &scope, &cluster, CHANGED))
        })
        .await?;
    Ok(ecs::DeleteClusterResponse { cluster: Some(cluster) })
}

/// Deleting again changes nothing, and answers as before.
fn delete(tx: &mut Tx, name: &str) -> Result<Cluster, Fault> {
    let cluster = tx
        .get::<Cluster>(&Cluster::key_of(name))
        .ok_or_else(fault::cluster_not_found)?;
    if !cluster.active {
        return Ok((*cluster).clone());
    }
    check_empty(tx, &cluster)?;
    let cluster = Cluster {
        active: false,
        deleted_at: Some(tx.now()),
        // Tags go with their resource; providers are free for another cluster.
        tags: Vec::new(),
        capacity_providers: Vec::new(),
        default_strategy: Vec::new(),
        ..(*cluster).clone()
    };
    tx.put(cluster.clone());
    Ok(cluster)
}

fn check_empty(view: &View, cluster: &Cluster) -> Result<(), Fault> {
    if counts::has_nodes(view, cluster) {
        let message = "The Cluster cannot be deleted while Container Instances are active or draining.";
        return Err(Fault::new(
            &declared::ClusterContainsContainerInstancesException,
            message,
        ));
    }
    if counts::active_services(view, cluster) > 0 {
        let message = "The Cluster cannot be deleted while Services are active.";
        return Err(Fault::new(&declared::ClusterContainsServicesException, message));
    }
    if counts::live_tasks(view, cluster) > 0 {
        let message = "The Cluster cannot be deleted while Tasks are active.";
        return Err(Fault::new(&declared::ClusterContainsTasksException, message));
    }
    if view.scan::<Daemon>(&Key::of([cluster.name.as_str()])).next().is_some() {
        return Err(fault::client("The Cluster cannot be deleted while Daemons are active."));
    }
    if providers::born_in(view, &cluster.name).next().is_some() {
        let message =
            "The Cluster cannot be deleted while Cluster Scoped Capacity Providers are attached to the cluster.";
        return Err(Fault::new(&declared::ClusterContainsCapacityProviderException, message));
    }
    Ok(())
}
