//! A task as the API shows it.

use crate::common::given;
use crate::ecs::names;
use crate::ecs::tagging::shape;
use api::ecs;
use base::Scope;
use model::{Attachment, Container, LaunchType, ManagedAgent, Port, Task};

pub fn task(scope: &Scope, task: &Task, with_tags: bool) -> ecs::Task {
    let kept: ecs::Task = given::recall(&task.given);
    // Of a FARGATE task the node is nobody's business.
    let node = task
        .node
        .as_deref()
        .filter(|_| task.launch_type != Some(LaunchType::Fargate));
    let connectivity = if task.connected { "CONNECTED" } else { "DISCONNECTED" };
    ecs::Task {
        attachments: Some(task.attachment.iter().map(|a| attachment(scope, task, a)).collect()),
        availability_zone: task.availability_zone.clone(),
        capacity_provider_name: task.capacity_provider.clone(),
        cluster_arn: Some(names::cluster_arn(scope, &task.cluster)),
        connectivity: task.connected_at.map(|_| connectivity.to_string()),
        connectivity_at: task.connected_at,
        container_instance_arn: node.map(|node| names::node_arn(scope, &task.cluster, node)),
        containers: Some(task.containers.iter().map(|c| container(scope, task, c)).collect()),
        cpu: task.cpu.clone(),
        created_at: Some(task.created_at),
        desired_status: Some(task.desired.to_string()),
        enable_execute_command: Some(task.exec_enabled),
        execution_stopped_at: task.execution_stopped_at,
        group: Some(task.group.clone()),
        health_status: Some(task.health.to_string()),
        inference_accelerators: Some(Vec::new()),
        last_status: Some(task.status.to_string()),
        launch_type: task.launch_type.map(|t| t.to_string()),
        memory: task.memory.clone(),
        pull_started_at: task.pull_started_at,
        pull_stopped_at: task.pull_stopped_at,
        started_at: task.started_at,
        started_by: task.started_by.clone(),
        stop_code: task.stop_code.map(|c| c.as_str().to_string()),
        stopped_at: task.stopped_at,
        stopped_reason: task.stopped_reason.clone(),
        stopping_at: task.stopping_at,
        tags: Some(if with_tags { shape::show(&task.tags) } else { Vec::new() }),
        task_arn: Some(names::task_arn(scope, &task.cluster, &task.id)),
        task_definition_arn: Some(names::definition_arn(scope, &task.family, task.revision)),
        version: Some(i64::try_from(task.version).unwrap_or(i64::MAX)),
        // Attributes, overrides, platform and storage were settled when it was launched.
        ..kept
    }
}

fn container(scope: &Scope, task: &Task, container: &Container) -> ecs::Container {
    let bindings: Vec<ecs::NetworkBinding> = container.ports.iter().map(binding).collect();
    ecs::Container {
        container_arn: Some(names::container_arn(scope, &task.cluster, &task.id, &container.id)),
        task_arn: Some(names::task_arn(scope, &task.cluster, &task.id)),
        name: Some(container.name.clone()),
        image: Some(container.image.clone()),
        image_digest: container.image_digest.clone(),
        runtime_id: container.runtime_id.clone(),
        last_status: Some(container.status.to_string()),
        exit_code: container.exit_code,
        reason: container.reason.clone(),
        network_bindings: Some(bindings),
        network_interfaces: Some(task.attachment.iter().map(|a| interface(a)).collect()),
        health_status: Some(container.health.to_string()),
        managed_agents: (!container.agents.is_empty()).then(|| container.agents.iter().map(agent).collect()),
        cpu: Some(container.cpu_units.to_string()),
        memory: container.memory_mib.map(|mib| mib.to_string()),
        memory_reservation: container.memory_reservation_mib.map(|mib| mib.to_string()),
        ..Default::default()
    }
}

fn binding(port: &Port) -> ecs::NetworkBinding {
    ecs::NetworkBinding {
        bind_ip: Some(port.bind_ip.clone()),
        container_port: Some(port.container_port.into()),
        host_port: Some(port.host_port.into()),
        protocol: Some(if port.udp { "udp" } else { "tcp" }.to_string()),
        ..Default::default()
    }
}

/// The interface of an `awsvpc` task; it is told of also when the task has given it back.
fn attachment(scope: &Scope, task: &Task, attachment: &Attachment) -> ecs::Attachment {
    let detail = |name: &str, value: String| ecs::KeyValuePair {
        name: Some(name.to_string()),
        value: Some(value),
    };
    ecs::Attachment {
        id: Some(attachment.id.clone()),
        r#type: Some("ElasticNetworkInterface".to_string()),
        status: Some(Attachment::status(task.status).to_string()),
        details: Some(vec![
            detail("subnetId", attachment.subnet.clone()),
            detail("networkInterfaceId", attachment.interface.clone()),
            detail("macAddress", attachment.mac()),
            detail("privateDnsName", attachment.private_dns_name(&scope.region)),
            detail("privateIPv4Address", attachment.address.to_string()),
        ]),
    }
}

fn interface(attachment: &Attachment) -> ecs::NetworkInterface {
    ecs::NetworkInterface {
        attachment_id: Some(attachment.id.clone()),
        private_ipv4_address: Some(attachment.address.to_string()),
        ..Default::default()
    }
}

fn agent(agent: &ManagedAgent) -> ecs::ManagedAgent {
    ecs::ManagedAgent {
        last_started_at: agent.last_started_at,
        name: Some(agent.name.clone()),
        reason: agent.reason.clone(),
        last_status: Some(agent.status.clone()),
    }
}
