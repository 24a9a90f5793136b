//! From a service's words to how its tasks are made: on which capacity, of which definition, on which network.

use super::{configuration, fronts, hooks, words};
use crate::common::given;
use crate::ecs::clusters::strategy;
use crate::ecs::tasks::launch::{self, Ask, capacity};
use crate::ecs::{definitions, fault};
use api::ecs;
use base::Scope;
use model::{Cluster, Controls, Given, LaunchType, Rules, Scheduling, StrategyItem, Template};
use store::View;
use wire::Fault;

/// What a revision is made of.
pub struct Settled {
    pub template: Template,
    pub shares: Vec<StrategyItem>,
    pub given: Given,
}

/// Looks up all that complete words name, and pins in them what may be said loosely: the newest revision of a family,
/// the cluster's default capacity.
pub fn settle(
    view: &View,
    scope: &Scope,
    cluster: &Cluster,
    words: &mut ecs::CreateServiceRequest,
    started_by: &str,
) -> Result<Settled, Fault> {
    let name = words.service_name.clone().unwrap_or_default();
    let asked = words.capacity_provider_strategy.as_deref().unwrap_or_default();
    let (launch_type, shares) = capacity::strategy_of(view, scope, cluster, words::launch_type(words), asked)?;
    if words::scheduling(words) == Scheduling::Daemon && !shares.is_empty() {
        return Err(words::daemon_with_strategy());
    }
    let ask = Ask::of_service(scope, words, &name, started_by)?;
    let template = launch::prepare(view, &ask, launch_type)?;
    let rules = rules(words);
    let found = definitions::revision(view, &ask.definition);
    let definition = found.ok_or_else(|| fault::client("TaskDefinition not found."))?;
    fronts::check(words, &given::recall(&definition.given), launch_type, rules.strategy)?;
    hooks::check_there(view, scope, &rules.hooks)?;
    words.task_definition = Some(definition.name());
    if shares.is_empty() {
        words.capacity_provider_strategy = None;
        words.launch_type = Some(launch_type.to_string());
    } else {
        words.capacity_provider_strategy = Some(strategy::show(&shares));
        words.launch_type = None;
    }
    let given = given::keep(&words::of_tasks(words));
    Ok(Settled {
        template,
        shares,
        given,
    })
}

/// The rules of complete words.
pub fn rules(words: &ecs::CreateServiceRequest) -> Rules {
    configuration::rules(&words.deployment_configuration.clone().unwrap_or_default())
}

/// The Cloud Map namespace that the service's names are in: its own, or the cluster's default.
pub fn namespace(scope: &Scope, cluster: &Cluster, words: &ecs::CreateServiceRequest) -> Option<String> {
    let connect = words.service_connect_configuration.as_ref();
    let connect = connect.filter(|connect| connect.enabled == Some(true))?;
    let own = connect.namespace.clone().filter(|namespace| !namespace.is_empty());
    let of_cluster = || {
        let kept: ecs::Cluster = given::recall(&cluster.given);
        kept.service_connect_defaults?.namespace
    };
    own.or_else(of_cluster).map(|namespace| plain(scope, &namespace))
}

/// A namespace by its ARN is one by its id.
pub fn plain(scope: &Scope, namespace: &str) -> String {
    let prefix = scope.arn("servicediscovery", "namespace/");
    namespace.strip_prefix(&prefix).unwrap_or(namespace).to_string()
}

/// Constraints and strategies that the service says itself, typed.
pub fn placement(
    words: &ecs::CreateServiceRequest,
    launch_type: LaunchType,
) -> Result<(Vec<model::PlacementRule>, Vec<model::PlacementOrder>), Fault> {
    let constraints = words.placement_constraints.as_deref().unwrap_or_default();
    let order = words.placement_strategy.as_deref().unwrap_or_default();
    Ok((
        launch::placement::constraints(&[], constraints, launch_type)?,
        launch::placement::strategies(order, launch_type)?,
    ))
}

/// Whether the service says itself what it runs, or its task sets do.
pub fn has_target(words: &ecs::CreateServiceRequest) -> bool {
    words::controls(words) == Controls::Ecs
}
