//! UpdateService. What changes how tasks are made makes a new revision and a deployment to it; all else changes the
//! service, and the tasks that it makes from then on.

use super::revise::{self, Ids};
use super::{configuration, create, find, render, settle, task_sets, words};
use crate::common::Ctx;
use crate::ecs::tagging::shape;
use crate::ecs::tasks::launch::{self, Ask};
use crate::ecs::{definitions, fault, names};
use api::ecs;
use base::Scope;
use model::{Cluster, Controls, LaunchType, Scheduling, Service, ServiceRevision};
use store::{Tx, View};
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::UpdateServiceRequest) -> Result<ecs::UpdateServiceResponse, Fault> {
    let scope = ctx.scope().clone();
    let cluster = names::cluster_name(&scope, input.cluster.as_deref())?;
    let name = names::service_name(&scope, &cluster, input.service.as_deref().unwrap_or_default())?;
    let ids = Ids::draw(ctx.dice());
    let service = ctx
        .write(move |tx| {
            let service = update(tx, &scope, &cluster, &name, &input, &ids)?;
            Ok(render::service(tx, &scope, &service, true))
        })
        .await?;
    Ok(ecs::UpdateServiceResponse { service: Some(service) })
}

fn update(
    tx: &mut Tx,
    scope: &Scope,
    cluster: &str,
    name: &str,
    input: &ecs::UpdateServiceRequest,
    ids: &Ids,
) -> Result<Service, Fault> {
    let cluster = names::active_cluster(tx, cluster)?;
    let mut service = (*find::active(tx, &cluster.name, name)?).clone();
    check_allowed(&service, input)?;
    if let Some(count) = input.desired_count {
        service.desired = u32::try_from(count).map_err(|_| fault::invalid("desiredCount can not be negative."))?;
    }
    let target = service.target.as_ref().and_then(|id| revise::find(tx, &service, id));
    let old = words::of(&service, target.as_deref());
    let launch_type = target
        .as_ref()
        .map_or(LaunchType::Ec2, |target| target.template.launch_type);
    let mut words = lay(old.clone(), input, launch_type);
    // What is asked for now is checked with the rest; what was so before stays, and rests where it can do nothing.
    words.availability_zone_rebalancing = input.availability_zone_rebalancing.clone();
    let mut words = words::complete(words)?;
    if input.availability_zone_rebalancing.is_none() {
        words.availability_zone_rebalancing = old.availability_zone_rebalancing.clone();
    }
    words.tags = Some(shape::show(&service.tags));
    pin(tx, scope, &mut words)?;
    let Some(target) = target else {
        create::apply(&mut service, scope, &cluster, &words, launch_type)?;
        task_sets::refresh(tx, scope, &service, &words)?;
        tx.put(service.clone());
        return Ok(service);
    };
    if input.force_new_deployment == Some(true) || !are_alike(&old, &words) {
        replace(tx, scope, &cluster, &mut service, &mut words, ids)?;
    } else {
        create::apply(&mut service, scope, &cluster, &words, launch_type)?;
        settle_in_place(tx, scope, &words, &target)?;
    }
    tx.put(service.clone());
    Ok(service)
}

fn replace(
    tx: &mut Tx,
    scope: &Scope,
    cluster: &Cluster,
    service: &mut Service,
    words: &mut ecs::CreateServiceRequest,
    ids: &Ids,
) -> Result<(), Fault> {
    let settled = settle::settle(tx, scope, cluster, words, &ids.started_by())?;
    create::apply(service, scope, cluster, words, settled.template.launch_type)?;
    revise::deploy(tx, service, ids, settled);
    Ok(())
}

/// Tasks that the revision makes from now on have the constraints, strategies and tags of now.
pub(super) fn settle_in_place(
    tx: &mut Tx,
    scope: &Scope,
    words: &ecs::CreateServiceRequest,
    revision: &ServiceRevision,
) -> Result<(), Fault> {
    let started_by = revision.template.started_by.as_deref().unwrap_or_default();
    let ask = Ask::of_service(scope, words, &revision.service, started_by)?;
    let mut template = revision.template.clone();
    launch::refresh(tx, &mut template, &ask)?;
    if template != revision.template {
        let updated_at = tx.now();
        tx.put(ServiceRevision {
            template,
            updated_at,
            ..revision.clone()
        });
    }
    Ok(())
}

/// The update laid over the words that the service has. `launch_type` is what its tasks have now.
fn lay(
    old: ecs::CreateServiceRequest,
    input: &ecs::UpdateServiceRequest,
    launch_type: LaunchType,
) -> ecs::CreateServiceRequest {
    let mut words = old;
    fn over<T: Clone>(place: &mut Option<T>, new: &Option<T>) {
        if new.is_some() {
            place.clone_from(new);
        }
    }
    over(&mut words.task_definition, &input.task_definition);
    over(&mut words.network_configuration, &input.network_configuration);
    over(&mut words.placement_constraints, &input.placement_constraints);
    over(&mut words.placement_strategy, &input.placement_strategy);
    over(&mut words.platform_version, &input.platform_version);
    over(
        &mut words.health_check_grace_period_seconds,
        &input.health_check_grace_period_seconds,
    );
    over(&mut words.enable_execute_command, &input.enable_execute_command);
    over(&mut words.enable_ecs_managed_tags, &input.enable_ecs_managed_tags);
    over(&mut words.load_balancers, &input.load_balancers);
    over(&mut words.propagate_tags, &input.propagate_tags);
    over(&mut words.service_registries, &input.service_registries);
    over(
        &mut words.service_connect_configuration,
        &input.service_connect_configuration,
    );
    over(&mut words.volume_configurations, &input.volume_configurations);
    over(&mut words.vpc_lattice_configurations, &input.vpc_lattice_configurations);
    over(&mut words.gateway_connectors, &input.gateway_connectors);
    over(&mut words.monitoring, &input.monitoring);
    if words.load_balancers.as_ref().is_none_or(Vec::is_empty) {
        words.role = None;
    }
    if let Some(new) = &input.deployment_configuration {
        let old = words.deployment_configuration.take().unwrap_or_default();
        words.deployment_configuration = Some(configuration::merge(old, new.clone()));
    }
    if input.capacity_provider_strategy.is_some() && input.platform_version.is_none() {
        words.platform_version = None; // other capacity may have other versions, or none
    }
    match input.capacity_provider_strategy.as_deref() {
        None => {}
        // An empty strategy leads back to the launch type.
        Some([]) => {
            words.capacity_provider_strategy = None;
            words.launch_type = Some(launch_type.to_string());
        }
        Some(given) => {
            words.launch_type = None;
            words.capacity_provider_strategy = Some(given.to_vec());
        }
    }
    words
}

/// The revision of the task definition that is meant, when it is there.
fn pin(view: &View, scope: &Scope, words: &mut ecs::CreateServiceRequest) -> Result<(), Fault> {
    if let Some(given) = &words.task_definition {
        let named = names::definition(scope, given)?;
        let found = definitions::revision(view, &named).ok_or_else(|| fault::client("TaskDefinition not found."))?;
        words.task_definition = Some(found.name());
    }
    Ok(())
}

/// Whether the tasks that both describe are made alike, so that no new ones are needed.
fn are_alike(old: &ecs::CreateServiceRequest, new: &ecs::CreateServiceRequest) -> bool {
    words::of_tasks(old) == words::of_tasks(new)
}

fn check_allowed(service: &Service, input: &ecs::UpdateServiceRequest) -> Result<(), Fault> {
    let asked = input.deployment_controller.as_ref().and_then(|c| c.r#type.as_deref());
    if asked.is_some_and(|asked| asked != service.controls.as_str()) {
        return Err(fault::invalid(format!(
            "The deployment controller of a service can't be changed from {}.",
            service.controls
        )));
    }
    if service.scheduling == Scheduling::Daemon && input.desired_count.is_some() {
        return Err(fault::invalid(
            "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again",
        ));
    }
    if service.controls == Controls::Ecs {
        return Ok(());
    }
    let instead = match service.controls {
        Controls::CodeDeploy => "Use AWS CodeDeploy to trigger a new deployment.",
        _ => "Use CreateTaskSet to start a new deployment.",
    };
    if input.force_new_deployment == Some(true) {
        return Err(fault::invalid(format!(
            "Cannot force a new deployment on services with a {} deployment controller. {instead}",
            service.controls
        )));
    }
    let external = service.controls == Controls::External;
    let given = [
        ("task definition", input.task_definition.is_some()),
        ("network parameters", input.network_configuration.is_some()),
        ("platform version", input.platform_version.is_some()),
        ("capacity provider strategy", input.capacity_provider_strategy.is_some()),
        ("load balancers", input.load_balancers.is_some()),
        ("service registries", input.service_registries.is_some()),
        (
            "Service Connect configuration",
            input.service_connect_configuration.is_some(),
        ),
        ("volume configurations", input.volume_configurations.is_some()),
        ("VPC Lattice configurations", input.vpc_lattice_configurations.is_some()),
        ("gateway connectors", input.gateway_connectors.is_some()),
        (
            "deployment configuration",
            external && input.deployment_configuration.is_some(),
        ),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((what, _)) => Err(fault::invalid(format!(
            "Unable to update {what} on services with a {} deployment controller. {instead}",
            service.controls
        ))),
    }
}
