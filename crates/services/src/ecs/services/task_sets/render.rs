//! A task set as the API shows it.

use crate::ecs::names;
use crate::ecs::services::render::{count, definition, kept, revision};
use crate::ecs::tagging::shape;
use api::ecs;
use base::Scope;
use model::{Controls, Service, ServiceTally, TaskSet};
use store::View;

pub fn show(
    view: &View,
    scope: &Scope,
    service: &Service,
    set: &TaskSet,
    tally: &ServiceTally,
    with_tags: bool,
) -> Option<ecs::TaskSet> {
    let revision = revision(view, service, set.revision())?;
    let shown = kept(&revision);
    let tally = tally.of(&revision.id);
    let computed = if set.draining { 0 } else { set.share(service.desired) };
    let running = tally.shown_running();
    let steady = running == computed && tally.pending == 0 && !set.draining;
    let status = match () {
        () if set.draining => "DRAINING",
        () if service.primary_set.as_ref() == Some(&set.id) => "PRIMARY",
        () => "ACTIVE",
    };
    Some(ecs::TaskSet {
        id: Some(set.id.clone()),
        task_set_arn: Some(names::task_set_arn(scope, &set.cluster, &set.service, &set.id)),
        service_arn: Some(names::service_arn(scope, &set.cluster, &set.service)),
        cluster_arn: Some(names::cluster_arn(scope, &set.cluster)),
        started_by: (service.controls == Controls::CodeDeploy).then(|| service.controls.to_string()),
        external_id: set.external_id.clone(),
        status: Some(status.to_string()),
        task_definition: Some(definition(scope, &revision)),
        computed_desired_count: count(computed),
        pending_count: count(tally.pending),
        running_count: count(running),
        created_at: Some(set.created_at),
        updated_at: Some(set.updated_at),
        launch_type: shown.launch_type,
        capacity_provider_strategy: shown.capacity_provider_strategy,
        platform_version: shown.platform_version,
        platform_family: shown.platform_family,
        network_configuration: shown.network_configuration,
        load_balancers: Some(shown.load_balancers.unwrap_or_default()),
        service_registries: Some(shown.service_registries.unwrap_or_default()),
        scale: Some(ecs::Scale {
            value: Some(f64::from(set.scale) / 100.0),
            unit: Some("PERCENT".to_string()),
        }),
        stability_status: Some(if steady { "STEADY_STATE" } else { "STABILIZING" }.to_string()),
        stability_status_at: Some(set.steady_since.filter(|_| steady).unwrap_or(set.updated_at)),
        tags: with_tags.then(|| shape::show(&set.tags)),
        fargate_ephemeral_storage: None,
    })
}
