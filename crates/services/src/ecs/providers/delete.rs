//! DeleteCapacityProvider. One that is in use stays, and says why in its update status, as AWS does.

use super::{active, built_in, check_scope, listed_by, missing, name_of, render};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::{CapacityProvider, Cluster, Daemon, Node, NodeStatus, ServiceRevision, Task};
use store::{Key, Tx, View};
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DeleteCapacityProviderRequest,
) -> Result<ecs::DeleteCapacityProviderResponse, Fault> {
    let name = name_of(ctx.scope(), input.capacity_provider.as_deref().unwrap_or_default())?;
    if built_in::is(&name) {
        return Err(fault::invalid(
            "The FARGATE and FARGATE_SPOT capacity providers are reserved and can't be deleted.",
        ));
    }
    let cluster = input
        .cluster
        .as_deref()
        .map(|cluster| names::cluster_name(ctx.scope(), Some(cluster)))
        .transpose()?;
    let left = ctx.write(move |tx| delete(tx, &name, cluster.as_deref())).await?;
    let capacity_provider = Some(render::made(ctx.scope(), &left, false));
    Ok(ecs::DeleteCapacityProviderResponse { capacity_provider })
}

fn delete(tx: &mut Tx, name: &str, cluster: Option<&str>) -> Result<CapacityProvider, Fault> {
    let provider = active(tx, name).ok_or_else(missing)?;
    check_scope(&provider, cluster)?;
    let provider = match in_use(tx, &provider) {
        Some(why) => CapacityProvider {
            update_status: "DELETE_FAILED".to_string(),
            update_status_reason: Some(why),
            ..(*provider).clone()
        },
        None => CapacityProvider {
            active: false,
            update_status: "DELETE_COMPLETE".to_string(),
            update_status_reason: None,
            tags: Vec::new(), // tags go with their resource
            ..(*provider).clone()
        },
    };
    tx.put(provider.clone());
    Ok(provider)
}

/// Why the provider can't go yet.
fn in_use(view: &View, provider: &CapacityProvider) -> Option<String> {
    let name = &provider.name;
    if let Some(cluster) = listed_by(view, name) {
        return Some(format!(
            "The capacity provider cannot be deleted because it is associated with cluster: {}. Remove the capacity provider from the \
             cluster and try again.",
            cluster.name
        ));
    }
    let of_services = Key::of([name.as_str()]);
    if let Some(revision) = view
        .by::<ServiceRevision>(ServiceRevision::BY_PROVIDER, &of_services)
        .next()
    {
        return Some(format!(
            "The capacity provider cannot be deleted because it is used by service: {} of cluster: {}.",
            revision.service, revision.cluster
        ));
    }
    let born = provider.cluster.as_deref()?;
    let cluster = view.get::<Cluster>(&Cluster::key_of(born)).filter(|c| c.active)?;
    let strategy = cluster.default_strategy.iter().any(|item| item.provider == *name);
    let on = |of: Option<&str>| of == Some(name);
    let tasks = || {
        view.scan::<Task>(&Key::of([born]))
            .any(|t| !t.is_stopped() && on(t.capacity_provider.as_deref()))
    };
    let nodes = || {
        let mut nodes = view.scan::<Node>(&Key::of([born]));
        nodes.any(|n| n.status != NodeStatus::Inactive && on(n.capacity_provider.as_deref()))
    };
    let daemons = || {
        let mut daemons = view.scan::<Daemon>(&Key::of([born]));
        daemons.any(|daemon| daemon.providers.contains(name))
    };
    let used = match () {
        () if strategy => "is in the default capacity provider strategy",
        () if tasks() => "is used by tasks",
        () if daemons() => "is used by daemons",
        () if nodes() => "has container instances",
        () => return None,
    };
    Some(format!(
        "The capacity provider cannot be deleted because it {used} of cluster: {born}."
    ))
}
