//! A node as the API shows it.

use super::resources;
use crate::common::given;
use crate::ecs::names;
use crate::ecs::tagging::shape;
use api::ecs;
use base::Scope;
use model::{Attribute, Node, NodeLedger, Task, TaskStatus};
use store::{Key, View};

/// What of a node is shown only to who asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    pub tags: bool,
    pub health: bool,
}

/// What those who change a node are shown.
pub const CHANGED: Shown = Shown {
    tags: true,
    health: false,
};

impl Shown {
    pub fn of(include: &[String]) -> Shown {
        let asks = |field: &str| include.iter().any(|f| f == field);
        Shown {
            tags: asks("TAGS"),
            health: asks("CONTAINER_INSTANCE_HEALTH"),
        }
    }
}

pub fn node(view: &View, scope: &Scope, node: &Node, shown: Shown) -> ecs::ContainerInstance {
    let kept: ecs::RegisterContainerInstanceRequest = given::recall(&node.given);
    let total = kept.total_resources.unwrap_or_default();
    let ledger = view.get::<NodeLedger>(&NodeLedger::key_of(&node.id));
    let none = || NodeLedger::empty(&node.cluster, &node.id);
    let ledger = ledger.map_or_else(none, |ledger| (*ledger).clone());
    let (running, pending) = tasks(view, node);
    ecs::ContainerInstance {
        container_instance_arn: Some(names::node_arn(scope, &node.cluster, &node.id)),
        ec2_instance_id: node.instance_id.clone(),
        capacity_provider_name: node.capacity_provider.clone(),
        version: Some(i64::try_from(node.version).unwrap_or(i64::MAX)),
        version_info: Some(kept.version_info.unwrap_or_else(|| ecs::VersionInfo {
            agent_version: node.agent_version.clone(),
            ..Default::default()
        })),
        remaining_resources: Some(resources::remaining(node, &total, &ledger)),
        registered_resources: Some(resources::registered(node, &total)),
        status: Some(node.status.to_string()),
        status_reason: node.status_reason.clone(),
        agent_connected: Some(node.connected),
        running_tasks_count: Some(running),
        pending_tasks_count: Some(pending),
        agent_update_status: None,
        attributes: Some(node.attributes.iter().map(attribute).collect()),
        registered_at: Some(node.registered_at),
        attachments: Some(Vec::new()),
        tags: Some(if shown.tags {
            shape::show(&node.tags)
        } else {
            Vec::new()
        }),
        health_status: shown.health.then(|| health(node)),
        gpu_devices: None,
    }
}

/// How many tasks are RUNNING on it and how many are on their way there. FARGATE tasks count, though they don't show
/// their node: a node with tasks on it should not look empty to who is about to switch it off.
fn tasks(view: &View, node: &Node) -> (i32, i32) {
    let (mut running, mut pending) = (0, 0);
    for task in view.by::<Task>(Task::BY_NODE, &Key::of([&node.id])) {
        match task.status {
            TaskStatus::Running => running += 1,
            TaskStatus::Pending | TaskStatus::Activating => pending += 1,
            _ => {}
        }
    }
    (running, pending)
}

fn attribute(attribute: &Attribute) -> ecs::Attribute {
    ecs::Attribute {
        name: Some(attribute.name.clone()),
        value: attribute.value.clone(),
        ..Default::default()
    }
}

/// All that is known of a node's health is whether its agent is there.
fn health(node: &Node) -> ecs::ContainerInstanceHealthStatus {
    let status = if node.connected { "OK" } else { "IMPAIRED" };
    let connectivity = ecs::InstanceHealthCheckResult {
        r#type: Some("AGENT_CONNECTIVITY".to_string()),
        status: Some(status.to_string()),
        ..Default::default()
    };
    ecs::ContainerInstanceHealthStatus {
        overall_status: Some(status.to_string()),
        details: Some(vec![connectivity]),
    }
}
