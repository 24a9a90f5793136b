//! Which task, deployment or service somebody means: an ARN, an id or the beginning of one, a name.

use super::Past;
use crate::ecs::names;
use crate::own::invalid;
use base::Arn;
use model::{Cluster, Service, ServiceDeployment, ServiceRevision, Task};
use std::sync::Arc;
use store::{Key, Record};
use wire::Fault;

/// What is meant, and whether only history knows it any more.
pub enum Subject {
    Task(Arc<Task>, bool),
    Deployment(Arc<ServiceDeployment>, bool),
    Service(Arc<Service>),
}

/// Tasks whose ids begin alike are named in an error at most so often.
const MOST_NAMED: usize = 5;
const TASK_ID_LEN: usize = 32;

pub fn find(past: &Past<'_>, word: &str, cluster: Option<&str>) -> Result<Subject, Fault> {
    let scope = &past.world.scope;
    let unknown = || invalid(format!("{word} is no task, deployment or service that is known."));
    if let Some(arn) = Arn::parse(word) {
        if arn.service != "ecs" || !arn.is_in(scope) {
            return Err(unknown());
        }
        let parts: Vec<&str> = arn.resource.split('/').collect();
        let found = match parts[..] {
            ["task", cluster, id] => task(past, cluster, id),
            ["service", cluster, name] => service(past, cluster, name),
            ["service-deployment", cluster, service, id] => deployment(past, cluster, service, id),
            ["service-revision", cluster, service, id] => of_revision(past, cluster, service, id),
            _ => None,
        };
        return found.ok_or_else(unknown);
    }
    let clusters: Vec<String> = match cluster {
        Some(given) => vec![names::cluster_name(scope, Some(given))?],
        None => past.view.scan::<Cluster>(&Key::all()).map(|c| c.name.clone()).collect(),
    };
    let revision = ServiceRevision::id_in(word);
    let mut begin_so = Vec::new();
    for cluster in &clusters {
        let found = match revision {
            Some(revision) => {
                let services = past.view.scan::<Service>(&Key::of([cluster.as_str()]));
                services
                    .into_iter()
                    .find_map(|s| of_revision(past, cluster, &s.name, revision))
            }
            None => service(past, cluster, word).or_else(|| deployment_of_cluster(past, cluster, word)),
        };
        if let Some(found) = found {
            return Ok(found);
        }
        begin_so.extend(tasks_that_begin(past, cluster, word));
    }
    match &begin_so[..] {
        [one] => return Ok(Subject::Task(Arc::clone(one), false)),
        [] => {}
        several => {
            if let Some(exactly) = several.iter().find(|task| task.id == word) {
                return Ok(Subject::Task(Arc::clone(exactly), false));
            }
            let named: Vec<&str> = several.iter().map(|task| task.id.as_str()).take(MOST_NAMED).collect();
            return Err(invalid(format!("{word} could be several tasks: {}", named.join(", "))));
        }
    }
    let is_id = word.len() == TASK_ID_LEN && word.bytes().all(|b| b.is_ascii_hexdigit());
    let forgotten = clusters
        .iter()
        .filter(|_| is_id)
        .find_map(|cluster| task(past, cluster, word));
    forgotten.ok_or_else(unknown)
}

fn task(past: &Past<'_>, cluster: &str, id: &str) -> Option<Subject> {
    let (task, forgotten) = past.last::<Task>(&Task::key_of(cluster, id))?;
    Some(Subject::Task(task, forgotten))
}

fn service(past: &Past<'_>, cluster: &str, name: &str) -> Option<Subject> {
    let service = past.view.get::<Service>(&Service::key_of(cluster, name))?;
    Some(Subject::Service(service))
}

fn deployment(past: &Past<'_>, cluster: &str, service: &str, id: &str) -> Option<Subject> {
    let key = ServiceDeployment::key_of(cluster, service, id);
    let (deployment, forgotten) = past.last::<ServiceDeployment>(&key)?;
    Some(Subject::Deployment(deployment, forgotten))
}

fn deployment_of_cluster(past: &Past<'_>, cluster: &str, id: &str) -> Option<Subject> {
    let mut all = past.view.scan::<ServiceDeployment>(&Key::of([cluster]));
    let found = all.find(|deployment| deployment.id == id)?;
    Some(Subject::Deployment(found, false))
}

/// The newest deployment that led to a revision.
fn of_revision(past: &Past<'_>, cluster: &str, service: &str, revision: &str) -> Option<Subject> {
    let all = past.view.scan::<ServiceDeployment>(&Key::of([cluster, service]));
    let newest = all.filter(|d| d.target == revision).max_by_key(|d| d.created_at)?;
    Some(Subject::Deployment(newest, false))
}

/// In the order of ids, so few need to be looked at.
fn tasks_that_begin(past: &Past<'_>, cluster: &str, word: &str) -> Vec<Arc<Task>> {
    if word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Vec::new();
    }
    let exact = past.view.get::<Task>(&Task::key_of(cluster, word));
    let behind = Task::key_of(cluster, word);
    let more = past.view.scan_after::<Task>(&Key::of([cluster]), Some(&behind));
    let more = more.take_while(|task| task.id.starts_with(word)).take(MOST_NAMED + 1);
    debug_assert!(exact.iter().all(|task| task.key() == behind));
    exact.into_iter().chain(more).collect()
}
