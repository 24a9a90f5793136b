//! What no single change of a service, its revisions and deployments may do.

use super::changes::Tell;
use crate::{
    DeploymentStatus, HookStatus, MonitorStatus, Service, ServiceDeployment, ServiceEvent, ServiceRevision,
    ServiceStatus, Stage,
};
use store::Change;

/// Tells `law` of each law that the change is under whether it holds.
pub fn of_change(change: &Change, law: Tell<'_>) {
    if let Some((Some(old), Some(new))) = change.of::<ServiceDeployment>() {
        of_deployment(&old, &new, law);
    } else if let Some((Some(old), Some(new))) = change.of::<Service>() {
        of_service(&old, &new, law);
    } else if let Some((Some(old), Some(new))) = change.of::<ServiceRevision>() {
        let made = |r: &ServiceRevision| (r.template.family.clone(), r.template.revision, r.created_at);
        law(made(&old) == made(&new), "what a service's revision runs never changes");
    } else if let Some((Some(_), Some(_))) = change.of::<ServiceEvent>() {
        law(false, "what a service said stays as it was said");
    }
}

fn of_deployment(old: &ServiceDeployment, new: &ServiceDeployment, law: Tell<'_>) {
    use DeploymentStatus::*;
    law(
        (&old.target, old.created_at, &old.rules) == (&new.target, new.created_at, &new.rules),
        "a deployment leads where it was sent, by its own rules",
    );
    law(
        !old.status.is_over() || (old.status, old.stage, &old.rollback) == (new.status, new.stage, &new.rollback),
        "a deployment that is over stays over",
    );
    law(
        old.breaker != MonitorStatus::Triggered || new.breaker == MonitorStatus::Triggered,
        "a breaker's verdict is final",
    );
    law(
        old.rollback.is_none() || old.rollback == new.rollback,
        "a deployment rolls back once",
    );
    let forward = matches!(new.status, Pending | InProgress | Successful);
    law(
        !old.status.goes_back() || !forward,
        "a deployment that goes back does not go forward again",
    );
    let at = |d: &ServiceDeployment| d.stage.unwrap_or(Stage::ReconcileService);
    law(
        !forward || (at(old) <= at(new) && old.production_permille <= new.production_permille),
        "on its way forward a deployment takes no stage twice",
    );
    let asked = |status| matches!(status, HookStatus::AwaitingAction | HookStatus::InProgress);
    for (was, is) in old.hooks.iter().zip(&new.hooks) {
        law(
            was.id == is.id && (asked(was.status) || was.status == is.status),
            "what came of a hook stays",
        );
    }
    law(old.hooks.len() <= new.hooks.len(), "what came of a hook stays");
}

fn of_service(old: &Service, new: &Service, law: Tell<'_>) {
    // A new service may have the name of one that is no more.
    if old.seed != new.seed {
        law(
            old.status == ServiceStatus::Inactive,
            "a name is given again only when its service is no more",
        );
        law(old.events <= new.events, "the events of a name count up");
        return;
    }
    law(old.status <= new.status, "a service that is deleted does not come back");
    law(
        old.drawn <= new.drawn && old.events <= new.events,
        "no draw is drawn twice, no event told twice",
    );
    law(
        (old.scheduling, old.controls, old.created_at) == (new.scheduling, new.controls, new.created_at),
        "what kind of service it is never changes",
    );
}
