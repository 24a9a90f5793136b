//! New revisions of a service, and the deployments that bring it there.

use super::settle::Settled;
use base::{Dice, Timestamp};
use model::{
    DeploymentStatus, MonitorStatus, RevisionStatus, RolloutState, Rules, Service, ServiceDeployment, ServiceRevision,
    ServiceTally, Source, Strategy,
};
use store::{Tx, View};

const DIGITS: &[u8] = b"0123456789";
const PLAIN: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What is random about a revision and its deployment, drawn before the transaction.
#[derive(Clone, Debug)]
pub struct Ids {
    pub revision: String,
    pub deployment: String,
}

impl Ids {
    pub fn draw(dice: &dyn Dice) -> Ids {
        Ids {
            revision: format!("{}{}", 1 + dice.below(9), dice.text(18, DIGITS)),
            deployment: dice.text(21, PLAIN),
        }
    }

    /// Who starts the tasks of the revision.
    pub fn started_by(&self) -> String {
        ServiceRevision::shown_as(&self.revision)
    }
}

/// A revision that was just made.
pub fn revision(service: &Service, ids: &Ids, settled: Settled, now: Timestamp) -> ServiceRevision {
    ServiceRevision {
        cluster: service.cluster.clone(),
        service: service.name.clone(),
        id: ids.revision.clone(),
        created_at: now,
        updated_at: now,
        template: settled.template,
        shares: settled.shares,
        given: settled.given,
        status: RevisionStatus::Primary,
        rollout: RolloutState::InProgress,
        rollout_reason: format!("ECS deployment {} in progress.", ids.started_by()),
        desired: service.desired,
        failed: 0,
        seen_failed: 0,
        streak: 0,
        last_failed_at: None,
        images: Default::default(),
        task_set: None,
        throttled: false,
    }
}

/// Makes the revision the target, and a deployment that leads there. A deployment that is under way gives way to it.
pub fn deploy(tx: &mut Tx, service: &mut Service, ids: &Ids, settled: Settled) {
    let now = tx.now();
    let sources = sources(tx, service);
    give_way(tx, service, now);
    if let Some(former) = service.target.as_ref().and_then(|id| find(tx, service, id)) {
        tx.put(ServiceRevision {
            status: RevisionStatus::Active,
            updated_at: now,
            ..(*former).clone()
        });
    }
    tx.put(revision(service, ids, settled, now));
    tx.put(deployment(service, ids, sources, now));
    service.target = Some(ids.revision.clone());
    service.deployment = Some(ids.deployment.clone());
}

pub fn find(view: &View, service: &Service, id: &str) -> Option<std::sync::Arc<ServiceRevision>> {
    view.get::<ServiceRevision>(&ServiceRevision::key_of(&service.cluster, &service.name, id))
}

/// The revisions with live tasks; when none has any, the target.
fn sources(view: &View, service: &Service) -> Vec<Source> {
    let tally = view.get::<ServiceTally>(&ServiceTally::key_of(&service.cluster, &service.name));
    let tally = tally.map_or_else(
        || ServiceTally::empty(&service.cluster, &service.name),
        |tally| (*tally).clone(),
    );
    let live = tally.revisions.iter().filter(|(_, tally)| tally.live() > 0);
    let mut ids: Vec<&String> = live.map(|(id, _)| id).collect();
    if ids.is_empty() {
        ids.extend(&service.target);
    }
    let source = |id: &String| {
        let revision = find(view, service, id)?;
        let tally = tally.of(id);
        Some(Source {
            revision: id.clone(),
            requested: revision.desired,
            running: tally.shown_running(),
            pending: tally.pending,
        })
    };
    ids.into_iter().filter_map(source).collect()
}

/// Ends the deployment that is under way.
fn give_way(tx: &mut Tx, service: &Service, now: Timestamp) {
    let Some(id) = &service.deployment else { return };
    let key = ServiceDeployment::key_of(&service.cluster, &service.name, id);
    let Some(old) = tx.get::<ServiceDeployment>(&key).filter(|old| !old.status.is_over()) else {
        return;
    };
    let mut old = (*old).clone();
    let tally = tx.get::<ServiceTally>(&ServiceTally::key_of(&service.cluster, &service.name));
    let tally = tally.map(|tally| tally.of(&old.target)).unwrap_or_default();
    let requested = find(tx, service, &old.target).map_or(0, |revision| revision.desired);
    old.counts = Some((requested, tally.shown_running(), tally.pending));
    let why = "Service deployment stopped because a newer service deployment was started.";
    old.stop(now, why.to_string());
    old.updated_at = now;
    old.stop_left(tx);
    tx.put(old);
}

fn deployment(service: &Service, ids: &Ids, sources: Vec<Source>, now: Timestamp) -> ServiceDeployment {
    let rules: &Rules = &service.rules;
    let watches = |on: bool| {
        if on {
            MonitorStatus::Monitoring
        } else {
            MonitorStatus::Disabled
        }
    };
    let at_once = rules.strategy == Strategy::Rolling || sources.is_empty();
    ServiceDeployment {
        cluster: service.cluster.clone(),
        service: service.name.clone(),
        id: ids.deployment.clone(),
        created_at: now,
        started_at: None,
        finished_at: None,
        stopped_at: None,
        updated_at: now,
        sources,
        target: ids.revision.clone(),
        status: DeploymentStatus::Pending,
        reason: None,
        counts: None,
        rules: rules.clone(),
        failed: 0,
        threshold: rules.breaker.threshold(service.desired),
        breaker: watches(rules.breaker.enable),
        alarms: watches(rules.alarms.as_ref().is_some_and(|alarms| alarms.enable)),
        triggered: Vec::new(),
        rollback: None,
        stage: None,
        stage_since: now,
        hooks: Vec::new(),
        production_permille: if at_once { 1000 } else { 0 },
        test_permille: 0,
        failures: Vec::new(),
    }
}
