//! CreateCluster. The same name again answers with the cluster that is there.

use super::render::{self, CHANGED, Kept};
use super::{configuration, strategy};
use crate::common::Ctx;
use crate::ecs::tagging::shape;
use crate::ecs::{fault, names, providers, settings};
use api::ecs;
use base::Scope;
use model::{Cluster, StrategyItem, Tag};
use store::{Key, Tx, View};
use wire::Fault;

/// AWS's quota of clusters.
const MOST_CLUSTERS: usize = 10_000;

pub async fn run(ctx: Ctx, input: ecs::CreateClusterRequest) -> Result<ecs::CreateClusterResponse, Fault> {
    let plan = plan(ctx.scope(), input)?;
    let world = ctx.clone();
    let cluster = ctx
        .write(move |tx| {
            let cluster = make(tx, &world, &plan)?;
            Ok(render::cluster(tx, world.scope(), &cluster, CHANGED))
        })
        .await?;
    Ok(ecs::CreateClusterResponse { cluster: Some(cluster) })
}

/// Sees to it that the cluster `default` is there, for who registers a node without having made one.
pub fn make_default(tx: &mut Tx, ctx: &Ctx) -> Result<(), Fault> {
    let plan = plan(ctx.scope(), ecs::CreateClusterRequest::default())?;
    make(tx, ctx, &plan).map(|_| ())
}

/// What the request says, as far as it can be checked without looking at anything else.
#[derive(Debug)]
struct Plan {
    name: String,
    tags: Vec<Tag>,
    settings: Option<Vec<ecs::ClusterSetting>>,
    configuration: Option<ecs::ClusterConfiguration>,
    service_connect_defaults: Option<ecs::ClusterServiceConnectDefaults>,
    providers: Option<Vec<String>>,
    strategy: Option<Vec<StrategyItem>>,
}

fn plan(scope: &Scope, input: ecs::CreateClusterRequest) -> Result<Plan, Fault> {
    let name = input
        .cluster_name
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "default".to_string());
    if !names::is_name(&name) {
        return Err(names::not_a_cluster_name(&name));
    }
    let names = |list: Vec<String>| {
        list.iter()
            .map(|given| providers::name_of(scope, given))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(Plan {
        name,
        tags: shape::read(input.tags.as_deref())?,
        settings: input
            .settings
            .filter(|settings| !settings.is_empty())
            .map(configuration::settings)
            .transpose()?,
        configuration: input.configuration.map(configuration::complete).transpose()?,
        service_connect_defaults: input
            .service_connect_defaults
            .map(configuration::namespace)
            .transpose()?
            .flatten(),
        providers: input.capacity_providers.map(names).transpose()?,
        strategy: input
            .default_capacity_provider_strategy
            .map(|given| strategy::read(scope, &given))
            .transpose()?,
    })
}

fn make(tx: &mut Tx, ctx: &Ctx, plan: &Plan) -> Result<Cluster, Fault> {
    let there = tx.get::<Cluster>(&Cluster::key_of(&plan.name));
    if let Some(there) = there.as_deref().filter(|cluster| cluster.active) {
        return match is_the_same(there, plan) {
            true => Ok(there.clone()),
            false => {
                let message =
                    "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).";
                Err(fault::invalid(message))
            }
        };
    }
    if is_full(tx) {
        return Err(fault::client(format!(
            "The limit of {MOST_CLUSTERS} clusters is reached."
        )));
    }
    let providers = plan.providers.clone().unwrap_or_default();
    strategy::check_list(tx, &plan.name, &providers)?;
    let kind = |name: &str| strategy::kind_in(tx, &plan.name, &providers, name);
    let default_strategy = strategy::check(plan.strategy.as_deref().unwrap_or_default(), kind)?;
    let insights = || configuration::insights(settings::in_force(tx, ctx, "containerInsights"));
    let kept = Kept {
        settings: plan.settings.clone().unwrap_or_else(insights),
        configuration: plan.configuration.clone(),
        service_connect_defaults: plan.service_connect_defaults.clone(),
        had_providers: !providers.is_empty(),
    };
    let cluster = Cluster {
        name: plan.name.clone(),
        active: true,
        created_at: tx.now(),
        deleted_at: None,
        tags: plan.tags.clone(),
        given: kept.keep(),
        capacity_providers: providers,
        default_strategy,
    };
    tx.put(cluster.clone());
    Ok(cluster)
}

/// Whether the request asks for the capacity that the cluster has. AWS compares no more than that.
fn is_the_same(there: &Cluster, plan: &Plan) -> bool {
    plan.providers
        .as_ref()
        .is_none_or(|providers| *providers == there.capacity_providers)
        && plan
            .strategy
            .as_ref()
            .is_none_or(|strategy| *strategy == there.default_strategy)
}

/// INACTIVE clusters do not count; they are looked for only when there are many.
fn is_full(view: &View) -> bool {
    let all = Key::all();
    view.count::<Cluster>(&all) >= MOST_CLUSTERS
        && view.scan::<Cluster>(&all).filter(|c| c.active).count() >= MOST_CLUSTERS
}
