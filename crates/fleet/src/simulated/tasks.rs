//! The tasks of simulated nodes: what would be seen of them next, and when.

use super::script::{self, Script};
use base::Timestamp;
use control::{Controller, Next};
use model::report::{self, ContainerReport, TaskReport};
use model::{Container, Health, Node, NodeLedger, Port, StopCode, Task, TaskStatus};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Change, Key, Record, Tx, View};

/// Dynamic ports begin here, as the kernel's do.
const FIRST_DYNAMIC_PORT: u16 = 32_768;

/// Reports, for every task on a connected node, what its images' names say.
#[derive(Clone, Copy, Debug)]
pub struct Tasks {
    /// From placement to running.
    pub start_ms: i64,
    /// From being asked to stop to stopped.
    pub stop_ms: i64,
    /// How many are told of in one transaction at most.
    pub at_once: usize,
}

impl Default for Tasks {
    fn default() -> Self {
        Tasks {
            start_ms: 20,
            stop_ms: 20,
            at_once: 1,
        }
    }
}

impl Controller for Tasks {
    fn name(&self) -> &'static str {
        "simulated-nodes"
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<Task>(&Key::all())
            .filter(|task| lives_on_a_node(task))
            .map(|task| task.key())
            .collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((_, Some(task))) = change.of::<Task>()
            && lives_on_a_node(&task)
        {
            dirty(task.key());
        }
        // A node that comes back tells of all its tasks.
        if let Some((before, Some(node))) = change.of::<Node>()
            && node.connected
            && before.is_none_or(|before| !before.connected)
        {
            dirty(node.key());
        }
    }

    /// The key is a task's, or that of a node which came back.
    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        if let Some(task) = tx.get::<Task>(key) {
            return match lives_on_a_node(&task) {
                true => self.look(tx, &task),
                false => Next::Rest,
            };
        }
        let Some(node) = tx.get::<Node>(key) else {
            return Next::Rest;
        };
        let tasks: Vec<Arc<Task>> = tx.by::<Task>(Task::BY_NODE, &Key::of([&node.id])).collect();
        let mut next = Next::Rest;
        for task in tasks.iter().filter(|task| lives_on_a_node(task)) {
            next = match (next, self.look(tx, task)) {
                (Next::At(a), Next::At(b)) => Next::At(a.min(b)),
                (Next::Rest, other) | (other, Next::Rest) => other,
            };
        }
        next
    }
}

impl Tasks {
    fn look(&self, tx: &mut Tx, task: &Task) -> Next {
        match self.next(task, tx.now()) {
            Seen::Nothing => Next::Rest,
            Seen::Later(at) => Next::At(at),
            // What happens there is not seen; its coming back is a change.
            Seen::Now(_) if !is_connected(tx, task) => Next::Rest,
            Seen::Now(mut seen) => {
                if seen.status == Some(TaskStatus::Running) {
                    bind_ports(tx, task, &mut seen);
                }
                if let Err(error) = report::apply(tx, &task.key(), &seen) {
                    tracing::error!(%error, task = %task.key(), "a simulated observation does not fit");
                }
                Next::Rest // applying it is a change, which brings the key back
            }
        }
    }
}

/// The ledger knows which cluster the node is registered in: that of a FARGATE task may be another.
fn is_connected(tx: &Tx, task: &Task) -> bool {
    let Some(node) = &task.node else { return false };
    let Some(ledger) = tx.get::<NodeLedger>(&NodeLedger::key_of(node)) else {
        return false;
    };
    tx.get::<Node>(&Node::key_of(&ledger.cluster, node))
        .is_some_and(|node| node.connected)
}

/// What a node sees of a task.
#[derive(Debug, PartialEq)]
enum Seen {
    Nothing,
    Later(Timestamp),
    Now(TaskReport),
}

impl Tasks {
    fn next(&self, task: &Task, now: Timestamp) -> Seen {
        let due = |at: Timestamp, seen: TaskReport| if now < at { Seen::Later(at) } else { Seen::Now(seen) };
        let asked_to_stop = task.desired == TaskStatus::Stopped;
        match task.status {
            TaskStatus::Provisioning | TaskStatus::Stopped => Seen::Nothing,
            TaskStatus::Pending | TaskStatus::Activating if asked_to_stop => Seen::Now(stopped(task, now, |_| None)),
            TaskStatus::Pending | TaskStatus::Activating => {
                let at = task.created_at.plus_millis(self.start_ms);
                match task
                    .containers
                    .iter()
                    .find(|c| script::of(&c.image) == Script::CannotPull)
                {
                    Some(container) => due(at, cannot_pull(task, container, now)),
                    None => due(at, running(task, now)),
                }
            }
            _ if asked_to_stop => {
                let at = task.stopping_at.unwrap_or(now).plus_millis(self.stop_ms);
                due(at, stopped(task, now, |_| Some(0)))
            }
            _ => {
                let exit = first_exit(task);
                let check = first_check(task, self.start_ms);
                match (exit, check) {
                    (Some((at, ..)), Some((check_at, name, health))) if check_at < at => {
                        due(check_at, checked(name, health))
                    }
                    (Some((at, name, code)), _) => due(at, stopped(task, now, |c| (c.name == name).then_some(code))),
                    (None, Some((at, name, health))) => due(at, checked(name, health)),
                    (None, None) => Seen::Nothing,
                }
            }
        }
    }
}

fn lives_on_a_node(task: &Task) -> bool {
    task.node.is_some() && !task.is_stopped()
}

/// The essential container that ends first by itself: when, which, how.
fn first_exit(task: &Task) -> Option<(Timestamp, &str, i32)> {
    let started = task.started_at?;
    let exits = task
        .containers
        .iter()
        .filter(|c| c.essential)
        .filter_map(|c| match script::of(&c.image) {
            Script::Exits { after_ms, code } => Some((started.plus_millis(after_ms), c.name.as_str(), code)),
            _ => None,
        });
    exits.min()
}

/// The next health check that changes what is known: when, of which container, what it finds. The first comes as long
/// after the start as a start takes.
fn first_check(task: &Task, first_ms: i64) -> Option<(Timestamp, &str, Health)> {
    let started = task.started_at?;
    let check = |c: &Container| match script::of(&c.image) {
        Script::Silent | Script::CannotPull => None,
        Script::Sickens { after_ms: 0 } => Some((first_ms, Health::Unhealthy)),
        Script::Sickens { after_ms } if c.health != Health::Unknown => {
            Some((after_ms.max(first_ms), Health::Unhealthy))
        }
        _ => Some((first_ms, Health::Healthy)),
    };
    let checks = task.containers.iter().filter(|c| c.has_health_check).filter_map(|c| {
        let (after_ms, health) = check(c)?;
        (c.health != health).then(|| (started.plus_millis(after_ms), c.name.as_str(), health))
    });
    checks.min_by_key(|(at, name, _)| (*at, *name))
}

fn checked(name: &str, health: Health) -> TaskReport {
    TaskReport {
        containers: vec![ContainerReport {
            name: name.to_string(),
            health: Some(health),
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn running(task: &Task, now: Timestamp) -> TaskReport {
    let container = |c: &Container| ContainerReport {
        name: c.name.clone(),
        status: Some(TaskStatus::Running),
        runtime_id: Some(format!("simulated-{}", c.id)),
        ..Default::default()
    };
    TaskReport {
        status: Some(TaskStatus::Running),
        containers: task.containers.iter().map(container).collect(),
        pull_started_at: Some(task.created_at),
        pull_stopped_at: Some(now),
        ..Default::default()
    }
}

/// Everything stops; `own` are the exit codes of those that ended by themselves, the others were told to.
fn stopped(task: &Task, now: Timestamp, own: impl Fn(&Container) -> Option<i32>) -> TaskReport {
    let ran = task.started_at.is_some();
    let container = |c: &Container| ContainerReport {
        name: c.name.clone(),
        status: Some(TaskStatus::Stopped),
        exit_code: own(c).or(ran.then_some(0)),
        ..Default::default()
    };
    TaskReport {
        status: Some(TaskStatus::Stopped),
        containers: task.containers.iter().map(container).collect(),
        execution_stopped_at: Some(now),
        ..Default::default()
    }
}

fn cannot_pull(task: &Task, container: &Container, now: Timestamp) -> TaskReport {
    let reason = format!(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {}: not found",
        container.image
    );
    let mut seen = stopped(task, now, |_| None);
    seen.stop_code = Some(StopCode::TaskFailedToStart);
    for told in seen.containers.iter_mut().filter(|told| told.name == container.name) {
        told.reason = Some(reason.clone());
    }
    seen.reason = Some(reason);
    seen
}

/// Gives each published port of a bridge task a port of the node that no other task there has.
fn bind_ports(tx: &Tx, task: &Task, seen: &mut TaskReport) {
    let key = model::TaskDefinition::key_of(&task.family, task.revision);
    let Some(definition) = tx.get::<model::TaskDefinition>(&key) else {
        return;
    };
    if !matches!(definition.plan.network_mode.as_str(), "" | "bridge" | "host") {
        return;
    }
    let node = task.node.as_deref().expect("only tasks on a node are looked at");
    let here: Vec<_> = tx
        .by::<Task>(Task::BY_NODE, &Key::of([node]))
        .filter(|t| !t.is_stopped())
        .collect();
    let mut taken: BTreeSet<(u16, bool)> = here
        .iter()
        .flat_map(|t| &t.containers)
        .flat_map(|c| &c.ports)
        .map(|p| (p.host_port, p.udp))
        .collect();
    if let Some(node) = tx.get::<Node>(&Node::key_of(&task.cluster, node)) {
        taken.extend(node.resources.reserved_ports.iter().map(|p| (p.port, p.udp)));
    }
    for told in &mut seen.containers {
        let Some(plan) = definition.plan.containers.iter().find(|c| c.name == told.name) else {
            continue;
        };
        let mut ports = Vec::new();
        for port in &plan.ports {
            let free = || (FIRST_DYNAMIC_PORT..=u16::MAX).find(|p| !taken.contains(&(*p, port.udp)));
            let Some(host_port) = (port.host_port != 0).then_some(port.host_port).or_else(free) else {
                continue;
            };
            taken.insert((host_port, port.udp));
            ports.push(Port {
                bind_ip: "0.0.0.0".to_string(),
                container_port: port.container_port,
                host_port,
                udp: port.udp,
            });
        }
        told.ports = Some(ports);
    }
}
