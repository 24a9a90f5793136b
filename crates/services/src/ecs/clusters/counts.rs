//! How many nodes and tasks a cluster has, counted from their records.

use api::ecs;
use model::{Cluster, LaunchType, Node, NodeStatus, Task, TaskStatus};
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

/// The statistics of DescribeClusters: tasks by launch type, and services, of which there are none yet.
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
    for what in ["active", "draining"] {
        all.extend(
            first
                .iter()
                .map(|(_, name)| pair(format!("{what}{name}ServiceCount"), 0)),
        );
    }
    for (_, name) in second {
        all.extend(["active", "draining"].map(|what| pair(format!("{what}{name}ServiceCount"), 0)));
    }
    all
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
