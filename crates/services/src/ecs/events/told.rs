//! Which changes are events, and what they are to people. Nothing but the change decides.

use base::Timestamp;
use model::{Node, ServiceEvent, ServiceRevision, Task, TaskStatus};
use std::fmt::Write;
use std::sync::Arc;
use store::{Change, Record};

/// The tables whose changes may be events.
pub const TABLES: [&str; 4] = [Task::TABLE, Node::TABLE, ServiceEvent::TABLE, ServiceRevision::TABLE];

/// The kinds of event that ECS has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Task,
    Instance,
    Service,
    Deployment,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Task, Kind::Instance, Kind::Service, Kind::Deployment];

    /// As people ask for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Task => "task",
            Kind::Instance => "instance",
            Kind::Service => "service",
            Kind::Deployment => "deployment",
        }
    }

    /// As AWS calls it.
    pub fn detail_type(self) -> &'static str {
        match self {
            Kind::Task => "ECS Task State Change",
            Kind::Instance => "ECS Container Instance State Change",
            Kind::Service => "ECS Service Action",
            Kind::Deployment => "ECS Deployment State Change",
        }
    }

    /// By either name.
    pub fn named(name: &str) -> Option<Kind> {
        let known = |kind: &Kind| kind.word() == name || kind.detail_type() == name;
        Kind::ALL.into_iter().find(known)
    }
}

/// A change that is an event.
pub enum Told {
    Task {
        before: Option<Arc<Task>>,
        after: Arc<Task>,
    },
    Instance(Arc<Node>),
    Service(Arc<ServiceEvent>),
    Deployment(Deployment),
}

/// What became of a deployment.
pub struct Deployment {
    pub cluster: String,
    pub service: String,
    /// The revision that it is shown as.
    pub revision: String,
    pub name: String,
    pub level: String,
    pub reason: String,
    pub at: Timestamp,
}

/// What the words of a service about its deployments are called.
const OF_DEPLOYMENT: &str = "SERVICE_DEPLOYMENT_";
const BEGINS: &str = "SERVICE_DEPLOYMENT_IN_PROGRESS";

impl Deployment {
    /// A new revision is the beginning of one.
    fn begins(revision: &ServiceRevision) -> Deployment {
        Deployment {
            cluster: revision.cluster.clone(),
            service: revision.service.clone(),
            revision: revision.id.clone(),
            name: BEGINS.to_string(),
            level: "INFO".to_string(),
            reason: revision.rollout_reason.clone(),
            at: revision.updated_at,
        }
    }

    /// All that comes then the service says, in the order in which it was so.
    fn said(event: &ServiceEvent, name: &str) -> Option<Deployment> {
        let about = event.about.as_ref()?;
        Some(Deployment {
            cluster: event.cluster.clone(),
            service: event.service.clone(),
            revision: about.deployment.clone()?,
            name: name.to_string(),
            level: event.level.clone().unwrap_or_else(|| "INFO".to_string()),
            reason: about.reason.clone().unwrap_or_default(),
            at: event.at,
        })
    }
}

/// The event that a change is. What ECS does not show of a record is none: its version says whether it was changed for
/// those who look.
pub fn told(change: &Change) -> Option<Told> {
    if let Some((before, after)) = change.of::<Task>() {
        let after = after?;
        let seen = before.as_ref().is_none_or(|before| before.version != after.version);
        return seen.then_some(Told::Task { before, after });
    }
    if let Some((before, after)) = change.of::<Node>() {
        let after = after?;
        let seen = before.is_none_or(|before| before.version != after.version);
        return seen.then_some(Told::Instance(after));
    }
    if let Some((before, after)) = change.of::<ServiceEvent>() {
        let event = after.filter(|_| before.is_none())?;
        let name = event.name.as_deref()?;
        return match name.starts_with(OF_DEPLOYMENT) {
            true => Deployment::said(&event, name).map(Told::Deployment),
            false => Some(Told::Service(Arc::clone(&event))),
        };
    }
    if let Some((None, Some(revision))) = change.of::<ServiceRevision>() {
        let begins = revision.task_set.is_none();
        return begins.then(|| Told::Deployment(Deployment::begins(&revision)));
    }
    None
}

impl Told {
    pub fn kind(&self) -> Kind {
        match self {
            Told::Task { .. } => Kind::Task,
            Told::Instance(_) => Kind::Instance,
            Told::Service(_) => Kind::Service,
            Told::Deployment(_) => Kind::Deployment,
        }
    }

    pub fn cluster(&self) -> &str {
        match self {
            Told::Task { after, .. } => &after.cluster,
            Told::Instance(node) => &node.cluster,
            Told::Service(event) => &event.cluster,
            Told::Deployment(of) => &of.cluster,
        }
    }

    /// One line for people: what it is about, and what became of it.
    pub fn line(&self) -> String {
        match self {
            Told::Task { before, after } => task_line(before.as_deref(), after),
            Told::Instance(node) => {
                let agent = if node.connected { "connected" } else { "not connected" };
                format!("instance {} {}, agent {agent}", short(&node.id), node.status)
            }
            Told::Service(event) => {
                let level = event.level.as_deref().unwrap_or("INFO");
                let name = event.name.as_deref().unwrap_or_default();
                format!("service {} {level} {name}: {}", event.service, event.message)
            }
            Told::Deployment(of) => format!("service {} {}: {}", of.service, of.name, of.reason),
        }
    }
}

/// So much of a task's or node's id is enough for people, and for `gantry logs`.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

pub fn task_line(before: Option<&Task>, after: &Task) -> String {
    let mut line = format!("task {} {}:{} ", short(&after.id), after.family, after.revision);
    // Writing to a string does not fail.
    match before {
        Some(before) if before.status != after.status => drop(write!(line, "{} > {}", before.status, after.status)),
        _ => line.push_str(after.status.as_str()),
    }
    let was = |name: &str| before.and_then(|task| task.containers.iter().find(|c| c.name == name));
    if after.status == TaskStatus::Stopped {
        for container in &after.containers {
            match (container.exit_code, &container.reason) {
                (Some(code), _) => drop(write!(line, ", {} exited {code}", container.name)),
                (None, Some(reason)) => drop(write!(line, ", {}: {reason}", container.name)),
                (None, None) => {}
            }
        }
    } else {
        for container in &after.containers {
            let was = was(&container.name);
            if was.is_some_and(|was| was.status != container.status) {
                let _ = write!(line, ", {} {}", container.name, container.status);
            }
            if was.is_some_and(|was| was.health != container.health) {
                let _ = write!(line, ", {} {}", container.name, container.health);
            }
        }
    }
    let stops = after.desired == TaskStatus::Stopped && before.is_none_or(|b| b.desired != TaskStatus::Stopped);
    if stops || after.status == TaskStatus::Stopped {
        let code = after.stop_code.map_or("", |code| code.as_str());
        let reason = after.stopped_reason.as_deref().unwrap_or("no reason is known");
        let _ = match after.status {
            TaskStatus::Stopped => write!(line, " ({code}: {reason})"),
            _ => write!(line, ", to stop ({code}: {reason})"),
        };
    }
    line
}
