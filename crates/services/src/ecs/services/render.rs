//! A service as the API shows it. Counts come from its tally: nobody walks over its tasks.

use super::{task_sets, words};
use crate::common::given;
use crate::ecs::names;
use crate::ecs::tagging::shape;
use api::ecs;
use base::Scope;
use model::{
    Controls, LaunchType, RevisionStatus, Service, ServiceDeployment, ServiceEvent, ServiceRevision, ServiceStatus,
    ServiceTally, Tally, TaskSet,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Key, View};

/// The newest events that are shown.
const MOST_EVENTS: u64 = 100;

pub fn count(n: u32) -> Option<i32> {
    Some(i32::try_from(n).unwrap_or(i32::MAX))
}

/// Where a service's tasks stand.
pub fn tally(view: &View, service: &Service) -> ServiceTally {
    let key = ServiceTally::key_of(&service.cluster, &service.name);
    view.get::<ServiceTally>(&key).map_or_else(
        || ServiceTally::empty(&service.cluster, &service.name),
        |tally| (*tally).clone(),
    )
}

pub fn revision(view: &View, service: &Service, id: &str) -> Option<Arc<ServiceRevision>> {
    view.get::<ServiceRevision>(&ServiceRevision::key_of(&service.cluster, &service.name, id))
}

/// The launch type that the service says; none when a strategy or task sets do.
pub fn launch_type(view: &View, service: &Service) -> Option<LaunchType> {
    let target = service.target.as_ref().and_then(|id| revision(view, service, id))?;
    target.shares.is_empty().then_some(target.template.launch_type)
}

/// What the user said of a revision, as the API shows it.
pub fn kept(revision: &ServiceRevision) -> ecs::ServiceRevision {
    let words: ecs::CreateServiceRequest = given::recall(&revision.given);
    let task: ecs::Task = given::recall(&revision.template.given);
    ecs::ServiceRevision {
        capacity_provider_strategy: words.capacity_provider_strategy,
        launch_type: words.launch_type,
        platform_version: task.platform_version,
        platform_family: task.platform_family,
        load_balancers: words.load_balancers,
        service_registries: words.service_registries,
        network_configuration: words.network_configuration,
        service_connect_configuration: words.service_connect_configuration,
        volume_configurations: words.volume_configurations,
        vpc_lattice_configurations: words.vpc_lattice_configurations,
        gateway_connectors: words.gateway_connectors,
        monitoring: words.monitoring,
        ..Default::default()
    }
}

pub fn service(view: &View, scope: &Scope, service: &Service, with_tags: bool) -> ecs::Service {
    let tally = tally(view, service);
    let target = service.target.as_ref().and_then(|id| revision(view, service, id));
    let words = words::of(service, target.as_deref());
    let shown = target.as_deref().map(kept).unwrap_or_default();
    let controlled = service.controls == Controls::Ecs;
    let revisions = revisions(view, service, &tally);
    let live = service.status != ServiceStatus::Inactive;
    let balanced = words.load_balancers.as_ref().is_some_and(|lbs| !lbs.is_empty());
    let grace = words.health_check_grace_period_seconds;
    let plain = |revision: &&Arc<ServiceRevision>| revision.task_set.is_none();
    ecs::Service {
        service_arn: Some(names::service_arn(scope, &service.cluster, &service.name)),
        service_name: Some(service.name.clone()),
        cluster_arn: Some(names::cluster_arn(scope, &service.cluster)),
        load_balancers: Some(words.load_balancers.unwrap_or_default()),
        service_registries: Some(words.service_registries.unwrap_or_default()),
        status: Some(service.status.to_string()),
        desired_count: count(service.desired),
        running_count: count(tally.sum(Tally::shown_running)),
        pending_count: count(tally.sum(|tally| tally.pending)),
        launch_type: shown.launch_type,
        capacity_provider_strategy: shown.capacity_provider_strategy,
        platform_version: shown.platform_version,
        platform_family: shown.platform_family,
        task_definition: words
            .task_definition
            .as_ref()
            .filter(|_| controlled)
            .map(|name| scope.arn("ecs", &format!("task-definition/{name}"))),
        deployment_configuration: words.deployment_configuration,
        task_sets: sets(view, scope, service, &tally),
        deployments: Some(match live {
            true => revisions
                .iter()
                .filter(plain)
                .map(|r| deployment(scope, r, &tally.of(&r.id)))
                .collect(),
            false => Vec::new(),
        }),
        role_arn: words
            .role
            .filter(|role| !role.is_empty())
            .map(|role| role_arn(scope, &role)),
        events: Some(events(view, service)),
        created_at: Some(service.created_at),
        current_service_deployment: service
            .deployment
            .as_ref()
            .filter(|_| live)
            .map(|id| names::deployment_arn(scope, &service.cluster, &service.name, id)),
        current_service_revisions: (live && service.target.is_some())
            .then(|| revisions.iter().map(|r| summary(scope, r, &tally.of(&r.id))).collect()),
        placement_constraints: Some(words.placement_constraints.unwrap_or_default()),
        placement_strategy: Some(words.placement_strategy.unwrap_or_default()),
        network_configuration: words.network_configuration,
        health_check_grace_period_seconds: grace.or(balanced.then_some(0)),
        scheduling_strategy: Some(service.scheduling.to_string()),
        deployment_controller: Some(ecs::DeploymentController {
            r#type: Some(service.controls.to_string()),
        }),
        tags: with_tags.then(|| shape::show(&service.tags)),
        created_by: service.created_by.clone(),
        enable_ecs_managed_tags: Some(service.managed_tags),
        propagate_tags: Some(service.propagate_tags.to_string()),
        enable_execute_command: Some(service.exec_enabled),
        availability_zone_rebalancing: Some(
            if service.zone_rebalancing {
                "ENABLED"
            } else {
                "DISABLED"
            }
            .to_string(),
        ),
        resource_management_type: Some("CUSTOMER".to_string()),
    }
}

/// The revisions that have live tasks or are to have them, newest first; and all that the deployment under way is about,
/// so that who waits for a stable service, with one deployment and all its tasks, has waited for the end of that too.
fn revisions(view: &View, service: &Service, tally: &ServiceTally) -> Vec<Arc<ServiceRevision>> {
    let key = |id: &String| ServiceDeployment::key_of(&service.cluster, &service.name, id);
    let current = service
        .deployment
        .as_ref()
        .and_then(|id| view.get::<ServiceDeployment>(&key(id)));
    let under_way = current.as_ref().filter(|d| !d.status.is_over());
    let live = tally.revisions.iter().filter(|(_, tally)| tally.live() > 0);
    let ids: BTreeSet<&str> = live
        .map(|(id, _)| id.as_str())
        .chain(service.target.as_deref())
        .chain(under_way.into_iter().flat_map(|d| d.revisions()))
        .collect();
    let found = ids.into_iter().filter_map(|id| revision(view, service, id));
    let mut found: Vec<_> = found.filter(|r| r.status != RevisionStatus::Inactive).collect();
    found.sort_by(|a, b| {
        (b.status == RevisionStatus::Primary, b.created_at).cmp(&(a.status == RevisionStatus::Primary, a.created_at))
    });
    found
}

pub fn definition(scope: &Scope, revision: &ServiceRevision) -> String {
    names::definition_arn(scope, &revision.template.family, revision.template.revision)
}

fn deployment(scope: &Scope, revision: &ServiceRevision, tally: &Tally) -> ecs::Deployment {
    let shown = kept(revision);
    ecs::Deployment {
        id: Some(revision.deployment_id()),
        status: Some(revision.status.to_string()),
        task_definition: Some(definition(scope, revision)),
        desired_count: count(revision.desired),
        pending_count: count(tally.pending),
        running_count: count(tally.shown_running()),
        failed_tasks: count(revision.failed),
        created_at: Some(revision.created_at),
        updated_at: Some(revision.updated_at),
        capacity_provider_strategy: shown.capacity_provider_strategy,
        launch_type: shown.launch_type,
        platform_version: shown.platform_version,
        platform_family: shown.platform_family,
        network_configuration: shown.network_configuration,
        rollout_state: Some(revision.rollout.to_string()),
        rollout_state_reason: Some(revision.rollout_reason.clone()),
        service_connect_configuration: shown.service_connect_configuration,
        service_connect_resources: None,
        volume_configurations: shown.volume_configurations,
        fargate_ephemeral_storage: None,
        vpc_lattice_configurations: shown.vpc_lattice_configurations,
    }
}

fn summary(scope: &Scope, revision: &ServiceRevision, tally: &Tally) -> ecs::ServiceCurrentRevisionSummary {
    ecs::ServiceCurrentRevisionSummary {
        arn: Some(names::revision_arn(
            scope,
            &revision.cluster,
            &revision.service,
            &revision.id,
        )),
        requested_task_count: count(revision.desired),
        running_task_count: count(tally.shown_running()),
        pending_task_count: count(tally.pending),
    }
}

/// Newest first. An earlier service of the same name told others, with lower numbers.
fn events(view: &View, service: &Service) -> Vec<ecs::ServiceEvent> {
    let of = ServiceEvent::of(&service.cluster, &service.name);
    let before = service.events.saturating_sub(MOST_EVENTS);
    let after = ServiceEvent::key_of(&service.cluster, &service.name, before);
    let told = view.scan_after::<ServiceEvent>(&of, Some(&after));
    let own = told.filter(|event| event.at >= service.created_at && event.number <= service.events);
    let mut events: Vec<ecs::ServiceEvent> = own
        .map(|event| ecs::ServiceEvent {
            id: Some(event.id.clone()),
            created_at: Some(event.at),
            message: Some(event.message.clone()),
        })
        .collect();
    events.reverse();
    events
}

/// Task sets are there only when something else than ECS controls the deployments.
fn sets(view: &View, scope: &Scope, service: &Service, tally: &ServiceTally) -> Option<Vec<ecs::TaskSet>> {
    if service.controls == Controls::Ecs {
        return None;
    }
    let all = view.scan::<TaskSet>(&Key::of([service.cluster.as_str(), service.name.as_str()]));
    Some(
        all.filter_map(|set| task_sets::show(view, scope, service, &set, tally, false))
            .collect(),
    )
}

fn role_arn(scope: &Scope, role: &str) -> String {
    match role.starts_with("arn:") {
        true => role.to_string(),
        false => format!("arn:{}:iam::{}:role/{role}", scope.partition(), scope.account),
    }
}
