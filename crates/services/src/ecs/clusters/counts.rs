//! How many nodes, tasks and services a cluster has, counted from their records.

use api::ecs;
use model::{Cluster, LaunchType, Node, NodeStatus, Service, ServiceRevision, ServiceStatus, Task, TaskStatus};
use std::sync::Arc;
use store::{Key, View};

/// On their way to RUNNING: AWS counts them all as pending.
const PENDING: [TaskStatus; 3] = [TaskStatus::Provisioning, TaskStatus::Pending, TaskStatus::Activating];

/// ACTIVE and DRAINING nodes.
pub fn registered_nodes(view: &View, cluster: &Cluster) -> usize {
    let nodes = view.scan::<Node>(&Key::of([&cluster.name]));
    nodes
        .filter(|node| matches!(node.status, NodeStatus::Active | NodeStatus::Draining))
        .count()
}

/// Whether any node is not INACTIVE: also one that is only on its way in or out needs its cluster.
pub fn has_nodes(view: &View, cluster: &Cluster) -> bool {
    view.scan::<Node>(&Key::of([&cluster.name]))
        .any(|node| node.status != NodeStatus::Inactive)
}

pub fn running_tasks(view: &View, cluster: &Cluster) -> usize {
    view.count_by::<Task>(Task::BY_STATUS, &of_status(cluster, TaskStatus::Running))
}

pub fn pending_tasks(view: &View, cluster: &Cluster) -> usize {
    PENDING
        .iter()
        .map(|status| view.count_by::<Task>(Task::BY_STATUS, &of_status(cluster, *status)))
        .sum()
}

/// Tasks that have not stopped.
pub fn live_tasks(view: &View, cluster: &Cluster) -> usize {
    let live = TaskStatus::ALL.iter().filter(|status| **status != TaskStatus::Stopped);
    live.map(|status| view.count_by::<Task>(Task::BY_STATUS, &of_status(cluster, *status)))
        .sum()
}

/// The services of a cluster that are not INACTIVE. Those of an earlier cluster of the same name do not count.
fn services<'a>(view: &'a View, cluster: &'a Cluster) -> impl Iterator<Item = Arc<Service>> + 'a {
    let all = view.scan::<Service>(&Key::of([&cluster.name]));
    all.filter(|service| service.created_at >= cluster.created_at && service.status != ServiceStatus::Inactive)
}

pub fn active_services(view: &View, cluster: &Cluster) -> usize {
    services(view, cluster)
        .filter(|service| service.status == ServiceStatus::Active)
        .count()
}

/// The statistics of DescribeClusters: tasks and services by launch type.
pub fn statistics(view: &View, cluster: &Cluster) -> Vec<ecs::KeyValuePair> {
    let mut running = [0; LAUNCH_TYPES];
    let mut pending = [0; LAUNCH_TYPES];
    for task in view.by::<Task>(Task::BY_STATUS, &of_status(cluster, TaskStatus::Running)) {
        running[launch_type(&task) as usize] += 1;
    }
    for status in PENDING {
        for task in view.by::<Task>(Task::BY_STATUS, &of_status(cluster, status)) {
            pending[launch_type(&task) as usize] += 1;
        }
    }
    use LaunchType::{Ec2, External, Fargate, ManagedInstances};
    let tasks = [
        (Ec2, "EC2"),
        (Fargate, "Fargate"),
        (External, "External"),
        (ManagedInstances, "ManagedInstances"),
    ];
    let (first, second) = tasks.split_at(2);
    let mut all = Vec::new();
    for (of, name) in first {
        all.push(pair(format!("running{name}TasksCount"), running[*of as usize]));
    }
    for (of, name) in first {
        all.push(pair(format!("pending{name}TasksCount"), pending[*of as usize]));
    }
    for (of, name) in second {
        all.push(pair(format!("running{name}TasksCount"), running[*of as usize]));
        all.push(pair(format!("pending{name}TasksCount"), pending[*of as usize]));
    }
    let (mut active, mut draining) = ([0; LAUNCH_TYPES], [0; LAUNCH_TYPES]);
    for service in services(view, cluster) {
        let of = service_launch_type(view, &service) as usize;
        match service.status {
            ServiceStatus::Active => active[of] += 1,
            _ => draining[of] += 1,
        }
    }
    for (what, counts) in [("active", &active), ("draining", &draining)] {
        let of = |(of, name): &(LaunchType, &str)| pair(format!("{what}{name}ServiceCount"), counts[*of as usize]);
        all.extend(first.iter().map(of));
    }
    for (of, name) in second {
        all.push(pair(format!("active{name}ServiceCount"), active[*of as usize]));
        all.push(pair(format!("draining{name}ServiceCount"), draining[*of as usize]));
    }
    all
}

/// Of its target; a service whose task sets say what they run on counts with EC2.
fn service_launch_type(view: &View, service: &Service) -> LaunchType {
    let key = |id: &String| ServiceRevision::key_of(&service.cluster, &service.name, id);
    let target = service
        .target
        .as_ref()
        .and_then(|id| view.get::<ServiceRevision>(&key(id)));
    target.map_or(LaunchType::Ec2, |target| target.template.launch_type)
}

const LAUNCH_TYPES: usize = LaunchType::ALL.len();

/// A task that a strategy placed may have no launch type: its provider says what it runs on.
fn launch_type(task: &Task) -> LaunchType {
    let by_provider = || match task.capacity_provider.as_deref() {
        Some("FARGATE" | "FARGATE_SPOT") => LaunchType::Fargate,
        _ => LaunchType::Ec2,
    };
    task.launch_type.unwrap_or_else(by_provider)
}

fn of_status(cluster: &Cluster, status: TaskStatus) -> Key {
    Key::of([cluster.name.as_str(), status.as_str()])
}

fn pair(name: String, count: usize) -> ecs::KeyValuePair {
    ecs::KeyValuePair {
        name: Some(name),
        value: Some(count.to_string()),
    }
}
