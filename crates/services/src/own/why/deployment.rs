//! The post-mortem of a deployment, and of a service by its newest one: what it changed, what its tasks died of, what the
//! breaker counted, and what the service said meanwhile.

use super::{Past, diff, task, time};
use crate::ecs::names;
use model::{
    DeploymentStatus, MonitorStatus, Service, ServiceDeployment, ServiceEvent, ServiceRevision, ServiceTally, Task,
};
use serde_json::{Value, json};
use std::sync::Arc;
use store::Record;

/// Tasks that failed and are told of in full, the newest first.
const MOST_TASKS: usize = 3;
const MOST_EVENTS: usize = 20;

pub fn why(past: &Past<'_>, deployment: &ServiceDeployment, forgotten: bool) -> Value {
    let (cluster, service) = (&deployment.cluster, &deployment.service);
    let scope = &past.world.scope;
    let target = revision(past, deployment, &deployment.target);
    let good = last_good(past, deployment);
    let diff = match (&good, &target) {
        (Some(good), Some(target)) => diff::revisions(past, good, target),
        _ => Value::Null,
    };
    let failed = deployment.failures.iter().rev().take(MOST_TASKS);
    let failed = failed.filter_map(|(id, _)| past.last::<Task>(&Task::key_of(cluster, id)));
    let failed: Vec<Value> = failed
        .map(|(task, forgotten)| task::why(past, &task, forgotten))
        .collect();
    let timeline = past.timeline::<ServiceDeployment>(&deployment.key(), line);
    json!({
        "kind": "deployment",
        "cluster": cluster,
        "service": service,
        "id": deployment.id,
        "arn": names::deployment_arn(scope, cluster, service, &deployment.id),
        "verdict": verdict(deployment),
        "status": deployment.status.as_str(),
        "reason": deployment.reason,
        "forgotten": forgotten,
        "times": {
            "created": time(Some(deployment.created_at)),
            "started": time(deployment.started_at),
            "finished": time(deployment.finished_at),
            "stopped": time(deployment.stopped_at),
        },
        "stage": deployment.stage.map(|stage| stage.as_str()),
        "target": target.as_deref().map(shown),
        "lastGood": good.as_deref().map(shown),
        "rollback": deployment.rollback.as_ref().map(|rollback| json!({
            "reason": rollback.reason,
            "at": rollback.started_at.iso8601(),
            "to": ServiceRevision::shown_as(&rollback.revision),
        })),
        "breaker": {
            "enabled": deployment.rules.breaker.enable,
            "rollback": deployment.rules.breaker.rollback,
            "status": deployment.breaker.as_str(),
            "failed": deployment.failed,
            "threshold": deployment.threshold,
            "failures": deployment.failures.iter().map(|(task, why)| json!({"task": task, "why": why})).collect::<Vec<_>>(),
        },
        "alarms": {"status": deployment.alarms.as_str(), "triggered": deployment.triggered},
        "diff": diff,
        "tasks": failed,
        "events": events(past, deployment),
        "timeline": timeline,
    })
}

pub fn service(past: &Past<'_>, service: &Service) -> Value {
    let key = service
        .deployment
        .as_ref()
        .map(|id| ServiceDeployment::key_of(&service.cluster, &service.name, id));
    let newest = key.and_then(|key| past.last::<ServiceDeployment>(&key));
    let tally = past
        .view
        .get::<ServiceTally>(&ServiceTally::key_of(&service.cluster, &service.name));
    let sum = |of: fn(&model::Tally) -> u32| tally.as_ref().map_or(0, |tally| tally.sum(of));
    let (running, pending) = (sum(model::Tally::shown_running), sum(|tally| tally.pending));
    let (desired, status) = (service.desired, service.status);
    let barren = service.barren.as_ref();
    let verdict = match barren {
        Some(reason) => format!("{status}: {running} of {desired} run, for {reason}."),
        None if service.steady => format!("{status} and steady: {running} of {desired} run."),
        None => format!("{status}: {running} of {desired} run, {pending} are on their way."),
    };
    // Tasks that failed after their deployment was over are its revision's too.
    let last_failed = tally.as_ref().and_then(|tally| {
        let failed = tally.revisions.values().filter(|t| t.last_failed.is_some());
        failed.max_by_key(|tally| tally.last_failed_at)?.last_failed.clone()
    });
    let last_failed = last_failed.and_then(|id| past.last::<Task>(&Task::key_of(&service.cluster, &id)));
    json!({
        "kind": "service",
        "cluster": service.cluster,
        "id": service.name,
        "arn": names::service_arn(&past.world.scope, &service.cluster, &service.name),
        "verdict": verdict,
        "status": status.as_str(),
        "desired": desired,
        "running": running,
        "pending": pending,
        "unplaced": service.barren,
        "events": said(past, service, |_| true),
        "lastFailed": last_failed.map(|(task, forgotten)| task::why(past, &task, forgotten)),
        "deployment": newest.map(|(deployment, forgotten)| why(past, &deployment, forgotten)),
    })
}

fn revision(past: &Past<'_>, deployment: &ServiceDeployment, id: &str) -> Option<Arc<ServiceRevision>> {
    let key = ServiceRevision::key_of(&deployment.cluster, &deployment.service, id);
    past.last::<ServiceRevision>(&key).map(|(revision, _)| revision)
}

fn shown(revision: &ServiceRevision) -> Value {
    let template = &revision.template;
    json!({
        "id": revision.deployment_id(),
        "definition": format!("{}:{}", template.family, template.revision),
        "status": revision.status.as_str(),
        "rollout": revision.rollout.as_str(),
        "rolloutReason": revision.rollout_reason,
        "images": revision.images,
    })
}

/// What it came from, or goes back to.
fn last_good(past: &Past<'_>, deployment: &ServiceDeployment) -> Option<Arc<ServiceRevision>> {
    let service = past
        .view
        .get::<Service>(&Service::key_of(&deployment.cluster, &deployment.service));
    let back = deployment.rollback.as_ref().map(|rollback| &rollback.revision);
    let sources = deployment.sources.iter().map(|source| &source.revision);
    let proven = service.as_ref().and_then(|service| service.proven.as_ref());
    let mut all = back.into_iter().chain(sources).chain(proven);
    let good = all.find(|id| **id != deployment.target)?;
    revision(past, deployment, good)
}

fn verdict(deployment: &ServiceDeployment) -> String {
    use DeploymentStatus::*;
    let (failed, threshold) = (deployment.failed, deployment.threshold);
    let because = deployment
        .reason
        .as_deref()
        .map_or(String::new(), |reason| format!(": {reason}"));
    let because = because.trim_end_matches('.');
    let died = match deployment.failures.last() {
        Some((task, why)) => format!(" Of its tasks {failed} failed, the last ({task}) of: {why}."),
        None => String::new(),
    };
    let broke = deployment.breaker == MonitorStatus::Triggered;
    match deployment.status {
        Pending => "It has not begun.".to_string(),
        InProgress => format!("It is under way; {failed} of {threshold} failures are counted.{died}"),
        Successful => format!("It came to a good end.{died}"),
        RollbackSuccessful if broke => format!("Its circuit breaker took it back after {failed} failures.{died}"),
        Stopped if broke => format!("Its circuit breaker stopped it after {failed} failures.{died}"),
        RollbackInProgress | RollbackRequested => format!("It is on its way back{because}.{died}"),
        RollbackSuccessful => format!("It was taken back{because}.{died}"),
        RollbackFailed => format!("It was to be taken back, and that failed{because}.{died}"),
        Stopped | StopRequested => format!("It was stopped{because}.{died}"),
    }
}

fn line(before: Option<&ServiceDeployment>, after: &ServiceDeployment) -> Option<String> {
    let mut parts = Vec::new();
    match before {
        Some(before) if before.status != after.status => parts.push(format!("{} > {}", before.status, after.status)),
        None => parts.push(after.status.to_string()),
        _ => {}
    }
    if let Some(stage) = after.stage.filter(|stage| before.and_then(|b| b.stage) != Some(*stage)) {
        parts.push(format!("stage {stage}"));
    }
    if before.is_some_and(|before| before.failed != after.failed) {
        parts.push(format!("{} of {} failures", after.failed, after.threshold));
    }
    if before.is_some_and(|before| before.breaker != after.breaker) {
        parts.push(format!("breaker {}", after.breaker));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What the service said while it went on.
fn events(past: &Past<'_>, deployment: &ServiceDeployment) -> Value {
    let key = Service::key_of(&deployment.cluster, &deployment.service);
    let Some(service) = past.view.get::<Service>(&key) else {
        return json!([]);
    };
    let end = deployment.finished_at.or(deployment.stopped_at);
    said(past, &service, |event| {
        event.at >= deployment.created_at && end.is_none_or(|end| event.at <= end)
    })
}

fn said(past: &Past<'_>, service: &Service, which: impl Fn(&ServiceEvent) -> bool) -> Value {
    let all = past
        .view
        .scan::<ServiceEvent>(&ServiceEvent::of(&service.cluster, &service.name));
    let all: Vec<Arc<ServiceEvent>> = all.filter(|event| which(event)).collect();
    let newest = &all[all.len().saturating_sub(MOST_EVENTS)..];
    let shown = |event: &Arc<ServiceEvent>| json!({"at": event.at.iso8601(), "message": event.message});
    newest.iter().map(shown).collect()
}
