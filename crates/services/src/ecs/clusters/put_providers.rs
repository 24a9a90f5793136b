//! PutClusterCapacityProviders: the cluster's whole list of providers and its default strategy, in place of the old.

use super::render::{self, CHANGED, Kept};
use super::strategy;
use crate::common::Ctx;
use crate::ecs::{names, providers};
use api::ecs::{self, fault as declared};
use model::{Cluster, ServiceRevision, StrategyItem, Task, TaskStatus};
use store::{Key, Tx, View};
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::PutClusterCapacityProvidersRequest,
) -> Result<ecs::PutClusterCapacityProvidersResponse, Fault> {
    let scope = ctx.scope().clone();
    let name = names::cluster_name(&scope, input.cluster.as_deref())?;
    let given = input.capacity_providers.unwrap_or_default();
    let list = given
        .iter()
        .map(|given| providers::name_of(&scope, given))
        .collect::<Result<Vec<_>, _>>()?;
    let strategy = strategy::read(&scope, &input.default_capacity_provider_strategy.unwrap_or_default())?;
    let cluster = ctx
        .write(move |tx| {
            let cluster = put(tx, &name, &list, &strategy)?;
            Ok(render::cluster(tx, &scope, &cluster, CHANGED))
        })
        .await?;
    Ok(ecs::PutClusterCapacityProvidersResponse { cluster: Some(cluster) })
}

fn put(tx: &mut Tx, name: &str, list: &[String], strategy: &[StrategyItem]) -> Result<Cluster, Fault> {
    let cluster = names::active_cluster(tx, name)?;
    strategy::check_list(tx, name, list)?;
    let default_strategy = strategy::check(strategy, |provider| strategy::kind_in(tx, name, list, provider))?;
    let leaving: Vec<&String> = cluster
        .capacity_providers
        .iter()
        .filter(|p| !list.contains(p))
        .collect();
    if is_used(tx, name, &leaving) {
        let message = "The specified capacity provider is in use and cannot be removed.";
        return Err(Fault::new(&declared::ResourceInUseException, message));
    }
    let mut kept = Kept::recall(&cluster.given);
    kept.had_providers |= !list.is_empty();
    let cluster = Cluster {
        given: kept.keep(),
        capacity_providers: list.to_vec(),
        default_strategy,
        ..(*cluster).clone()
    };
    tx.put(cluster.clone());
    Ok(cluster)
}

/// Whether a service uses one of these providers, or a task that has not stopped came from one.
fn is_used(view: &View, cluster: &str, leaving: &[&String]) -> bool {
    let on = |task: &Task| {
        task.capacity_provider
            .as_ref()
            .is_some_and(|provider| leaving.contains(&provider))
    };
    let live = TaskStatus::ALL.iter().filter(|status| **status != TaskStatus::Stopped);
    let mut keys = live.map(|status| Key::of([cluster, status.as_str()]));
    let services = |provider: &&String| {
        let mut revisions = view.by::<ServiceRevision>(ServiceRevision::BY_PROVIDER, &Key::of([provider.as_str()]));
        revisions.any(|revision| revision.cluster == cluster)
    };
    if leaving.iter().any(services) {
        return true;
    }
    !leaving.is_empty() && keys.any(|key| view.by::<Task>(Task::BY_STATUS, &key).any(|task| on(&task)))
}
