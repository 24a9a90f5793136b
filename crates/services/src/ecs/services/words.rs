//! What the user said of a service: read, checked as far as that goes without looking at anything else, completed with
//! AWS's defaults, and kept.

use super::configuration;
use crate::common::given;
use crate::ecs::fault;
use api::ecs;
use model::{Controls, LaunchType, Scheduling, Service, ServiceRevision};
use wire::Fault;

pub fn scheduling(words: &ecs::CreateServiceRequest) -> Scheduling {
    let given = words.scheduling_strategy.as_deref();
    given.and_then(Scheduling::parse).unwrap_or(Scheduling::Replica)
}

pub fn controls(words: &ecs::CreateServiceRequest) -> Controls {
    let given = words.deployment_controller.as_ref().and_then(|c| c.r#type.as_deref());
    given.and_then(Controls::parse).unwrap_or(Controls::Ecs)
}

pub fn launch_type(words: &ecs::CreateServiceRequest) -> Option<LaunchType> {
    words.launch_type.as_deref().and_then(LaunchType::parse)
}

/// The request with everything in it that AWS would show of it.
pub fn complete(mut words: ecs::CreateServiceRequest) -> Result<ecs::CreateServiceRequest, Fault> {
    let (scheduling, controls) = (scheduling(&words), controls(&words));
    if launch_type(&words).is_some() && some(&words.capacity_provider_strategy) {
        return Err(fault::invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
        ));
    }
    if scheduling == Scheduling::Daemon {
        check_daemon(&words, controls)?;
    }
    if controls == Controls::External {
        check_external(&words)?;
    } else if words.task_definition.as_deref().is_none_or(str::is_empty) {
        return Err(fault::invalid("TaskDefinition can not be blank."));
    }
    if words
        .health_check_grace_period_seconds
        .is_some_and(|seconds| seconds < 0)
    {
        return Err(fault::invalid("healthCheckGracePeriodSeconds can't be negative."));
    }
    if words.role.as_deref().is_some_and(|role| !role.is_empty()) && !some(&words.load_balancers) {
        return Err(fault::invalid(
            "An IAM role should not be specified for a service that does not use a load balancer.",
        ));
    }
    words.scheduling_strategy = Some(scheduling.to_string());
    words.deployment_controller = Some(ecs::DeploymentController {
        r#type: Some(controls.to_string()),
    });
    words.propagate_tags.get_or_insert_with(|| "NONE".to_string());
    words.enable_ecs_managed_tags.get_or_insert(false);
    words.enable_execute_command.get_or_insert(false);
    let given = words.deployment_configuration.take().unwrap_or_default();
    words.deployment_configuration = Some(configuration::complete(given, scheduling, controls)?);
    rebalancing(&mut words)?;
    complete_network(&mut words);
    Ok(words)
}

pub fn complete_network(words: &mut ecs::CreateServiceRequest) {
    let network = words.network_configuration.as_mut();
    if let Some(vpc) = network.and_then(|network| network.awsvpc_configuration.as_mut()) {
        vpc.assign_public_ip.get_or_insert_with(|| "DISABLED".to_string());
        vpc.security_groups.get_or_insert_with(Vec::new);
    }
}

/// What of the words says how tasks are made: kept with each revision.
pub fn of_tasks(words: &ecs::CreateServiceRequest) -> ecs::CreateServiceRequest {
    with_tasks(ecs::CreateServiceRequest::default(), words)
}

/// Words with those of a revision about its tasks.
pub fn with_tasks(words: ecs::CreateServiceRequest, tasks: &ecs::CreateServiceRequest) -> ecs::CreateServiceRequest {
    ecs::CreateServiceRequest {
        task_definition: tasks.task_definition.clone(),
        network_configuration: tasks.network_configuration.clone(),
        platform_version: tasks.platform_version.clone(),
        launch_type: tasks.launch_type.clone(),
        capacity_provider_strategy: listed(&tasks.capacity_provider_strategy),
        load_balancers: listed(&tasks.load_balancers),
        service_registries: listed(&tasks.service_registries),
        service_connect_configuration: tasks.service_connect_configuration.clone(),
        volume_configurations: listed(&tasks.volume_configurations),
        vpc_lattice_configurations: listed(&tasks.vpc_lattice_configurations),
        gateway_connectors: listed(&tasks.gateway_connectors),
        monitoring: tasks.monitoring.clone(),
        ..words
    }
}

/// An empty list is as good as none.
fn listed<T: Clone>(list: &Option<Vec<T>>) -> Option<Vec<T>> {
    list.clone().filter(|list| !list.is_empty())
}

/// The words of a service as it is now. After a way back, its tasks are those of an earlier revision.
pub fn of(service: &Service, target: Option<&ServiceRevision>) -> ecs::CreateServiceRequest {
    let words = given::recall(&service.given);
    match target {
        Some(target) => with_tasks(words, &given::recall(&target.given)),
        None => words,
    }
}

fn some<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_some_and(|list| !list.is_empty())
}

fn check_daemon(words: &ecs::CreateServiceRequest, controls: Controls) -> Result<(), Fault> {
    if words.desired_count.is_some() {
        return Err(fault::invalid(
            "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again",
        ));
    }
    if some(&words.placement_strategy) {
        return Err(fault::invalid(
            "The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again",
        ));
    }
    if some(&words.capacity_provider_strategy) {
        return Err(daemon_with_strategy());
    }
    if launch_type(words) == Some(LaunchType::Fargate) {
        return Err(fault::invalid(
            "The daemon scheduling strategy is not supported with the FARGATE launch type.",
        ));
    }
    if controls != Controls::Ecs {
        return Err(fault::invalid(format!(
            "The daemon scheduling strategy is not supported with the {controls} deployment controller."
        )));
    }
    if some(&words.volume_configurations) {
        return Err(fault::invalid(
            "The daemon scheduling strategy does not support volume configurations.",
        ));
    }
    Ok(())
}

pub fn daemon_with_strategy() -> Fault {
    fault::invalid(
        "Specifying a capacity provider strategy is not supported when you create a service using the DAEMON scheduling strategy.",
    )
}

/// What each task set says for itself.
fn check_external(words: &ecs::CreateServiceRequest) -> Result<(), Fault> {
    let given = [
        ("taskDefinition", words.task_definition.is_some()),
        ("launchType", words.launch_type.is_some()),
        ("capacityProviderStrategy", some(&words.capacity_provider_strategy)),
        ("platformVersion", words.platform_version.is_some()),
        ("networkConfiguration", words.network_configuration.is_some()),
        ("loadBalancers", some(&words.load_balancers)),
        ("serviceRegistries", some(&words.service_registries)),
        ("volumeConfigurations", some(&words.volume_configurations)),
        (
            "serviceConnectConfiguration",
            words.service_connect_configuration.is_some(),
        ),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((what, _)) => Err(fault::invalid(format!(
            "{what} can't be specified for a service with an EXTERNAL deployment controller. Specify it for a task set."
        ))),
    }
}

/// Zones are kept even unless something about the service speaks against it; who asks for it all the same is told.
fn rebalancing(words: &mut ecs::CreateServiceRequest) -> Result<(), Fault> {
    let asked = words.availability_zone_rebalancing.as_deref();
    if asked == Some("DISABLED") {
        return Ok(());
    }
    let against = against_rebalancing(words);
    if let (Some("ENABLED"), Some(against)) = (asked, against) {
        return Err(fault::invalid(format!(
            "Availability Zone rebalancing is not supported for services {against}."
        )));
    }
    let word = if against.is_some() { "DISABLED" } else { "ENABLED" };
    words.availability_zone_rebalancing = Some(word.to_string());
    Ok(())
}

fn against_rebalancing(words: &ecs::CreateServiceRequest) -> Option<&'static str> {
    let classic = |lb: &ecs::LoadBalancer| lb.load_balancer_name.as_deref().is_some_and(|name| !name.is_empty());
    let most = words.deployment_configuration.as_ref().and_then(|c| c.maximum_percent);
    let by_zone = |c: &ecs::PlacementConstraint| {
        c.expression
            .as_deref()
            .is_some_and(|e| e.contains("ecs.availability-zone"))
    };
    let first = words.placement_strategy.as_deref().unwrap_or_default().first();
    let zones_first = |s: &ecs::PlacementStrategy| {
        s.r#type.as_deref() == Some("spread") && s.field.as_deref() == Some("attribute:ecs.availability-zone")
    };
    match () {
        () if scheduling(words) == Scheduling::Daemon => Some("that use the DAEMON scheduling strategy"),
        () if controls(words) != Controls::Ecs => Some("that use another deployment controller than ECS"),
        () if launch_type(words) == Some(LaunchType::External) => Some("that use the EXTERNAL launch type"),
        () if most.is_some_and(|most| most <= 100) => Some("with a maximumPercent of 100 or less"),
        () if words.load_balancers.iter().flatten().any(classic) => Some("that use a Classic Load Balancer"),
        () if words.placement_constraints.iter().flatten().any(by_zone) => {
            Some("with a placement constraint on ecs.availability-zone")
        }
        () if first.is_some_and(|first| !zones_first(first)) => {
            Some("whose first placement strategy is not to spread by ecs.availability-zone")
        }
        () => None,
    }
}
