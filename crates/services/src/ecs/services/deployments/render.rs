//! A service deployment as the API shows it.

use crate::common::given;
use crate::ecs::names;
use crate::ecs::services::render::{count, tally};
use api::ecs;
use base::Scope;
use model::{HookRun, Service, ServiceDeployment, ServiceRevision, Source, Stage, Strategy};
use store::View;

pub fn brief(scope: &Scope, d: &ServiceDeployment) -> ecs::ServiceDeploymentBrief {
    ecs::ServiceDeploymentBrief {
        service_deployment_arn: Some(names::deployment_arn(scope, &d.cluster, &d.service, &d.id)),
        service_arn: Some(names::service_arn(scope, &d.cluster, &d.service)),
        cluster_arn: Some(names::cluster_arn(scope, &d.cluster)),
        started_at: d.started_at,
        created_at: Some(d.created_at),
        finished_at: d.finished_at,
        target_service_revision_arn: Some(names::revision_arn(scope, &d.cluster, &d.service, &d.target)),
        status: Some(d.status.to_string()),
        status_reason: d.reason.clone(),
    }
}

pub fn whole(view: &View, scope: &Scope, d: &ServiceDeployment) -> ecs::ServiceDeployment {
    let staged = d.rules.strategy != Strategy::Rolling || !d.rules.hooks.is_empty();
    ecs::ServiceDeployment {
        service_deployment_arn: Some(names::deployment_arn(scope, &d.cluster, &d.service, &d.id)),
        service_arn: Some(names::service_arn(scope, &d.cluster, &d.service)),
        cluster_arn: Some(names::cluster_arn(scope, &d.cluster)),
        created_at: Some(d.created_at),
        started_at: d.started_at,
        finished_at: d.finished_at,
        stopped_at: d.stopped_at,
        updated_at: Some(d.updated_at),
        source_service_revisions: Some(d.sources.iter().map(|source| self::source(scope, d, source)).collect()),
        target_service_revision: Some(target(view, scope, d)),
        status: Some(d.status.to_string()),
        status_reason: d.reason.clone(),
        lifecycle_stage: d.stage.filter(|_| staged).map(stage),
        lifecycle_hook_details: (!d.hooks.is_empty()).then(|| d.hooks.iter().map(|run| hook(d, run)).collect()),
        deployment_configuration: Some(configuration(view, d)),
        rollback: d.rollback.as_ref().map(|back| ecs::Rollback {
            reason: Some(back.reason.clone()),
            started_at: Some(back.started_at),
            service_revision_arn: Some(names::revision_arn(scope, &d.cluster, &d.service, &back.revision)),
        }),
        deployment_circuit_breaker: Some(ecs::ServiceDeploymentCircuitBreaker {
            status: Some(d.breaker.to_string()),
            failure_count: count(d.failed),
            threshold: count(d.threshold),
        }),
        alarms: d.rules.alarms.as_ref().map(|alarms| ecs::ServiceDeploymentAlarms {
            status: Some(d.alarms.to_string()),
            alarm_names: Some(alarms.names.clone()),
            triggered_alarm_names: Some(d.triggered.clone()),
        }),
    }
}

/// The API has no word for the stage before the traffic shifts: hooks run there, and it is still the one before.
fn stage(stage: Stage) -> String {
    match stage {
        Stage::PreProductionTrafficShift => Stage::PostTestTrafficShift.to_string(),
        stage => stage.to_string(),
    }
}

fn percent(permille: u32) -> Option<f64> {
    Some(f64::from(permille) / 10.0)
}

fn source(scope: &Scope, d: &ServiceDeployment, source: &Source) -> ecs::ServiceRevisionSummary {
    let first = d.sources.first().is_some_and(|first| first.revision == source.revision);
    let rest = |of_target: u32| if first { 1000u32.saturating_sub(of_target) } else { 0 };
    ecs::ServiceRevisionSummary {
        arn: Some(names::revision_arn(scope, &d.cluster, &d.service, &source.revision)),
        requested_task_count: count(source.requested),
        running_task_count: count(source.running),
        pending_task_count: count(source.pending),
        requested_test_traffic_weight: percent(rest(d.test_permille)),
        requested_production_traffic_weight: percent(rest(d.production_permille)),
    }
}

/// While it goes on, as its tasks are; then, as they were when it ended.
fn target(view: &View, scope: &Scope, d: &ServiceDeployment) -> ecs::ServiceRevisionSummary {
    let now = || {
        let revision = view.get::<ServiceRevision>(&ServiceRevision::key_of(&d.cluster, &d.service, &d.target))?;
        let service = view.get::<Service>(&Service::key_of(&d.cluster, &d.service))?;
        let tally = tally(view, &service).of(&d.target);
        Some((revision.desired, tally.shown_running(), tally.pending))
    };
    let (requested, running, pending) = d.counts.filter(|_| d.status.is_over()).or_else(now).unwrap_or_default();
    ecs::ServiceRevisionSummary {
        arn: Some(names::revision_arn(scope, &d.cluster, &d.service, &d.target)),
        requested_task_count: count(requested),
        running_task_count: count(running),
        pending_task_count: count(pending),
        requested_test_traffic_weight: percent(d.test_permille),
        requested_production_traffic_weight: percent(d.production_permille),
    }
}

fn hook(d: &ServiceDeployment, run: &HookRun) -> ecs::DeploymentLifecycleHookDetail {
    let of = d.rules.hooks.get(usize::try_from(run.hook).unwrap_or(usize::MAX));
    ecs::DeploymentLifecycleHookDetail {
        hook_id: Some(run.id.clone()),
        target_type: of.map(|hook| hook.kind.clone()),
        target_arn: of.and_then(|hook| hook.target.clone()),
        status: Some(run.status.to_string()),
        expires_at: Some(run.expires_at),
        timeout_action: of.map(|hook| hook.timeout_action.to_string()),
    }
}

/// The rules that the deployment began with, in the words that its service has for them.
fn configuration(view: &View, d: &ServiceDeployment) -> ecs::DeploymentConfiguration {
    let (r, int) = (&d.rules, |n: u32| Some(i32::try_from(n).unwrap_or(i32::MAX)));
    let step = || percent(r.step_permille);
    // What hooks are handed is a document, which only the service's own words have as it was given.
    let service = view.get::<Service>(&Service::key_of(&d.cluster, &d.service));
    let words: ecs::CreateServiceRequest = service.map(|s| given::recall(&s.given)).unwrap_or_default();
    let now = words.deployment_configuration.unwrap_or_default();
    let kept = now.lifecycle_hooks.unwrap_or_default();
    let hook = |(at, hook): (usize, &model::Hook)| ecs::DeploymentLifecycleHook {
        target_type: Some(hook.kind.clone()),
        hook_target_arn: hook.target.clone(),
        role_arn: hook.role.clone(),
        lifecycle_stages: Some(hook.stages.clone()),
        hook_details: kept.get(at).and_then(|kept| kept.hook_details.clone()),
        timeout_configuration: Some(ecs::DeploymentLifecycleHookTimeoutConfiguration {
            timeout_in_minutes: int(hook.timeout_minutes),
            action: Some(hook.timeout_action.to_string()),
        }),
    };
    ecs::DeploymentConfiguration {
        deployment_circuit_breaker: Some(ecs::DeploymentCircuitBreaker {
            enable: Some(r.breaker.enable),
            rollback: Some(r.breaker.rollback),
            reset_on_healthy_task: Some(r.breaker.reset_on_healthy),
            threshold_configuration: Some(ecs::ThresholdConfiguration {
                r#type: Some(r.breaker.threshold.to_string()),
                value: int(r.breaker.value),
            }),
        }),
        maximum_percent: int(r.max_percent),
        minimum_healthy_percent: int(r.min_percent),
        alarms: r.alarms.as_ref().map(|alarms| ecs::DeploymentAlarms {
            alarm_names: Some(alarms.names.clone()),
            rollback: Some(alarms.rollback),
            enable: Some(alarms.enable),
        }),
        strategy: Some(r.strategy.to_string()),
        bake_time_in_minutes: int(r.bake_minutes),
        lifecycle_hooks: (!r.hooks.is_empty()).then(|| r.hooks.iter().enumerate().map(hook).collect()),
        linear_configuration: (r.strategy == Strategy::Linear).then(|| ecs::LinearConfiguration {
            step_percent: step(),
            step_bake_time_in_minutes: int(r.step_bake_minutes),
        }),
        canary_configuration: (r.strategy == Strategy::Canary).then(|| ecs::CanaryConfiguration {
            canary_percent: step(),
            canary_bake_time_in_minutes: int(r.step_bake_minutes),
        }),
        early_success_criteria: r.early.as_ref().map(|early| ecs::DeploymentEarlySuccessCriteria {
            enable: Some(true),
            healthy_percent: int(early.healthy_percent),
            source_service_revision_cleanup: Some(if early.blocking { "BLOCKING" } else { "DEFERRED" }.to_string()),
        }),
    }
}
