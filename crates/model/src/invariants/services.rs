//! The laws of services.

use crate::{
    Controls, Daemon, DaemonRevision, DeploymentStatus, MonitorStatus, RevisionStatus, Scheduling, Service,
    ServiceDeployment, ServiceEvent, ServiceRevision, ServiceStatus, ServiceTally, Standing, Task, TaskStatus, Waiting,
};
use std::collections::{BTreeMap, BTreeSet};
use store::{Key, Snapshot};

/// Cluster, service, revision.
type Place = (String, String, String);

pub fn tallies_add_up(s: &Snapshot) -> Vec<String> {
    let mut sums: BTreeMap<Place, [u32; 5]> = BTreeMap::new();
    for task in s.scan::<Task>(&Key::all()) {
        let Some(member) = &task.member else { continue };
        let at = match Standing::of(&task) {
            Standing::Pending => 0,
            Standing::Running => 1,
            Standing::Unhealthy => 2,
            Standing::Leaving => 3,
            Standing::LeavingRunning => 4,
            Standing::Gone => continue,
        };
        let place = (task.cluster.clone(), member.service.clone(), member.revision.clone());
        sums.entry(place).or_default()[at] += 1;
    }
    let mut wrong = Vec::new();
    for tally in s.scan::<ServiceTally>(&Key::all()) {
        for (revision, told) in &tally.revisions {
            let place = (tally.cluster.clone(), tally.service.clone(), revision.clone());
            let sum = sums.remove(&place).unwrap_or_default();
            let told = [
                told.pending,
                told.running,
                told.unhealthy,
                told.leaving,
                told.leaving_running,
            ];
            if told != sum {
                wrong.push(format!("{place:?}: the tally says {told:?}, the tasks {sum:?}"));
            }
        }
    }
    wrong.extend(
        sums.into_keys()
            .map(|place| format!("{place:?} has tasks and no tally")),
    );
    wrong
}

pub fn members_have_a_revision(s: &Snapshot) -> Vec<String> {
    let lost = |task: &Task| {
        task.member.as_ref().is_some_and(|member| {
            let known = match Daemon::of_owner(&member.service) {
                Some(daemon) => {
                    let key = DaemonRevision::key_of(&task.cluster, daemon, &member.revision);
                    s.get::<DaemonRevision>(&key).is_some()
                }
                None => {
                    let key = ServiceRevision::key_of(&task.cluster, &member.service, &member.revision);
                    s.get::<ServiceRevision>(&key).is_some()
                }
            };
            !task.is_stopped() && !known
        })
    };
    let all = s.scan::<Task>(&Key::all()).filter(|task| lost(task));
    all.map(|task| format!("{}/{}", task.cluster, task.id)).collect()
}

pub fn daemons_are_one_a_node(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for service in s.scan::<Service>(&Key::all()) {
        if service.scheduling != Scheduling::Daemon {
            continue;
        }
        let mut seen = BTreeSet::new();
        let key = Key::of([service.cluster.as_str(), service.name.as_str()]);
        for task in s.by::<Task>(Task::BY_SERVICE, &key) {
            if task.desired == TaskStatus::Running && !seen.insert(task.node.clone()) {
                wrong.push(format!("{}/{} on {:?}", service.cluster, service.name, task.node));
            }
        }
    }
    wrong
}

pub fn waiting_tasks_say_why(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for waiting in s.scan::<Waiting>(&Key::all()) {
        let task = s.get::<Task>(&Task::key_of(&waiting.cluster, &waiting.task));
        let waits = |task: &Task| task.status == TaskStatus::Provisioning && task.because.is_some();
        if !task.is_some_and(|task| waits(&task)) {
            wrong.push(format!("{}/{} is not one that waits", waiting.cluster, waiting.task));
        }
    }
    for task in s.scan::<Task>(&Key::all()) {
        let key = Waiting::key_of(&task.cluster, &task.id);
        if task.status == TaskStatus::Provisioning && s.get::<Waiting>(&key).is_none() {
            wrong.push(format!("{}/{} waits, and nobody will place it", task.cluster, task.id));
        }
    }
    wrong
}

pub fn one_primary(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for revision in s.scan::<ServiceRevision>(&Key::all()) {
        if revision.status != RevisionStatus::Primary || revision.task_set.is_some() {
            continue;
        }
        let service = s.get::<Service>(&Service::key_of(&revision.cluster, &revision.service));
        if service.is_none_or(|service| service.target.as_ref() != Some(&revision.id)) {
            wrong.push(format!("{}/{}/{}", revision.cluster, revision.service, revision.id));
        }
    }
    wrong
}

pub fn one_deployment(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for deployment in s.scan::<ServiceDeployment>(&Key::all()) {
        if deployment.status.is_over() {
            continue;
        }
        let service = s.get::<Service>(&Service::key_of(&deployment.cluster, &deployment.service));
        if service.is_none_or(|service| service.deployment.as_ref() != Some(&deployment.id)) {
            wrong.push(format!(
                "{}/{}/{}",
                deployment.cluster, deployment.service, deployment.id
            ));
        }
    }
    wrong
}

pub fn rollbacks_stay(s: &Snapshot) -> Vec<String> {
    let gave_up = |d: &ServiceDeployment| d.breaker == MonitorStatus::Triggered;
    let ends = |d: &ServiceDeployment| {
        matches!(
            d.status,
            DeploymentStatus::Stopped
                | DeploymentStatus::RollbackInProgress
                | DeploymentStatus::RollbackSuccessful
                | DeploymentStatus::RollbackFailed
        )
    };
    let all = s.scan::<ServiceDeployment>(&Key::all());
    let wrong = all.filter(|d| {
        (gave_up(d) && !ends(d))
            || (d.status.goes_back() && d.status != DeploymentStatus::RollbackRequested && d.rollback.is_none())
    });
    wrong.map(|d| format!("{}/{}/{}", d.cluster, d.service, d.id)).collect()
}

pub fn active_ones_are_whole(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for service in s.scan::<Service>(&Key::all()) {
        if service.status != ServiceStatus::Active || service.controls != Controls::Ecs {
            continue;
        }
        let of = |id: &str| ServiceRevision::key_of(&service.cluster, &service.name, id);
        let target = service
            .target
            .as_deref()
            .and_then(|id| s.get::<ServiceRevision>(&of(id)));
        let deployment = service
            .deployment
            .as_deref()
            .and_then(|id| s.get::<ServiceDeployment>(&ServiceDeployment::key_of(&service.cluster, &service.name, id)));
        if target.is_none_or(|target| target.status != RevisionStatus::Primary) || deployment.is_none() {
            wrong.push(format!("{}/{}", service.cluster, service.name));
        }
    }
    wrong
}

pub fn inactive_ones_are_empty(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for service in s.scan::<Service>(&Key::all()) {
        let key = Key::of([service.cluster.as_str(), service.name.as_str()]);
        let tasks = || s.by::<Task>(Task::BY_SERVICE, &key).next().is_some();
        let gone = service.status == ServiceStatus::Inactive && (service.target.is_some() || tasks());
        if gone || (service.status == ServiceStatus::Inactive && service.lacks_room()) {
            wrong.push(format!("{}/{}", service.cluster, service.name));
        }
    }
    wrong
}

pub fn events_count_up(s: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    for service in s.scan::<Service>(&Key::all()) {
        let beyond = ServiceEvent::key_of(&service.cluster, &service.name, service.events + 1);
        if s.get::<ServiceEvent>(&beyond).is_some() {
            wrong.push(format!(
                "{}/{} counts {}",
                service.cluster, service.name, service.events
            ));
        }
    }
    wrong
}
