//! A task as the API shows it.

use crate::common::given;
use crate::ecs::names;
use crate::ecs::tagging::shape;
use api::ecs;
use base::Scope;
use model::{
    Attachment, Container, Launch, LaunchType, ManagedAgent, Node, NodeLedger, Port, PortRange, Task, TaskDefinition,
};
use store::View;

/// `view` is where the task was read.
pub fn task(view: &View, scope: &Scope, task: &Task, with_tags: bool) -> ecs::Task {
    let kept: ecs::Task = given::recall(&task.given);
    // Of a FARGATE task the node is nobody's business.
    let node = task
        .node
        .as_deref()
        .filter(|_| task.launch_type != Some(LaunchType::Fargate));
    let connected = task.connected && (task.is_stopped() || is_heard(view, task));
    let connectivity = if connected { "CONNECTED" } else { "DISCONNECTED" };
    ecs::Task {
        attributes: Some(task.architecture.iter().map(|a| architecture(a)).collect()),
        attachments: Some(task.attachment.iter().map(|a| attachment(scope, task, a)).collect()),
        availability_zone: task.availability_zone.clone(),
        capacity_provider_name: task.capacity_provider.clone(),
        cluster_arn: Some(names::cluster_arn(scope, &task.cluster)),
        connectivity: task.connected_at.map(|_| connectivity.to_string()),
        connectivity_at: task.connected_at,
        container_instance_arn: node.map(|node| names::node_arn(scope, &task.cluster, node)),
        containers: Some(
            task.containers
                .iter()
                .map(|c| container(view, scope, task, c))
                .collect(),
        ),
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
        overrides: kept
            .overrides
            .or_else(|| task.launch.as_ref().map(|launch| overrides(launch))),
        // Platform and storage were settled when it was launched.
        ..kept
    }
}

/// What a task is launched with that no user asked for: those of lifecycle hooks are told in their environment what they
/// are about.
fn overrides(launch: &Launch) -> ecs::TaskOverride {
    let pair = |pair: &link::plan::Pair| ecs::KeyValuePair {
        name: Some(pair.name.clone()),
        value: Some(pair.value.clone()),
    };
    let container = |container: &link::ContainerOverride| ecs::ContainerOverride {
        name: Some(container.name.clone()),
        environment: Some(container.environment.iter().map(pair).collect()),
        ..Default::default()
    };
    ecs::TaskOverride {
        container_overrides: Some(launch.overrides.containers.iter().map(container).collect()),
        inference_accelerator_overrides: Some(Vec::new()),
        ..Default::default()
    }
}

/// As events tell it: by what the record says alone, with the interface under its short name.
pub fn event(view: &View, scope: &Scope, record: &Task) -> ecs::Task {
    let mut shown = task(view, scope, record, false);
    let connectivity = if record.connected { "CONNECTED" } else { "DISCONNECTED" };
    shown.connectivity = record.connected_at.map(|_| connectivity.to_string());
    shown.tags = None;
    for attachment in shown.attachments.iter_mut().flatten() {
        attachment.r#type = Some("eni".to_string());
    }
    shown
}

fn architecture(architecture: &str) -> ecs::Attribute {
    ecs::Attribute {
        name: Some("ecs.cpu-architecture".to_string()),
        value: Some(architecture.to_string()),
        ..Default::default()
    }
}

/// Whether the node that a task is on has a session. The ledger knows which cluster the node is registered in: that of a
/// FARGATE task may be another.
fn is_heard(view: &View, task: &Task) -> bool {
    let Some(id) = &task.node else { return false };
    let Some(ledger) = view.get::<NodeLedger>(&NodeLedger::key_of(id)) else {
        return false;
    };
    view.get::<Node>(&Node::key_of(&ledger.cluster, id))
        .is_some_and(|node| node.connected)
}

fn container(view: &View, scope: &Scope, task: &Task, container: &Container) -> ecs::Container {
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
        network_bindings: Some(bindings(view, task, container)),
        network_interfaces: Some(task.attachment.iter().map(|a| interface(a)).collect()),
        health_status: Some(container.health.to_string()),
        managed_agents: (!container.agents.is_empty()).then(|| container.agents.iter().map(agent).collect()),
        cpu: Some(container.cpu_units.to_string()),
        memory: container.memory_mib.map(|mib| mib.to_string()),
        memory_reservation: container.memory_reservation_mib.map(|mib| mib.to_string()),
        gpu_ids: (!container.gpus.is_empty()).then(|| container.gpus.clone()),
        ..Default::default()
    }
}

/// Ports of the node that lead to the container. Those that the definition names as a range are shown as one, as far as
/// the node's own follow each other too.
fn bindings(view: &View, task: &Task, container: &Container) -> Vec<ecs::NetworkBinding> {
    let key = TaskDefinition::key_of(&task.family, task.revision);
    let definition = (container.ports.len() > 1)
        .then(|| view.get::<TaskDefinition>(&key))
        .flatten();
    let plans = definition.as_ref().map_or(&[][..], |d| &d.plan.containers);
    let plan = plans.iter().find(|plan| plan.name == container.name);
    let ranges = plan.map_or(&[][..], |plan| &plan.port_ranges);
    runs(&container.ports, ranges).into_iter().map(binding).collect()
}

/// Cuts ports, in the order of the container's, into single ones and runs inside of a range.
fn runs(ports: &[Port], ranges: &[PortRange]) -> Vec<Vec<Port>> {
    let range_of = |port: &Port| {
        let holds = |r: &PortRange| r.udp == port.udp && (r.first..=r.last).contains(&port.container_port);
        ranges.iter().position(holds)
    };
    let follows = |a: &Port, b: &Port| {
        range_of(a).is_some()
            && range_of(a) == range_of(b)
            && a.bind_ip == b.bind_ip
            && a.container_port.checked_add(1) == Some(b.container_port)
            && a.host_port.checked_add(1) == Some(b.host_port)
    };
    let mut ports = ports.to_vec();
    ports.sort_by(|a, b| (&a.bind_ip, a.udp, a.container_port).cmp(&(&b.bind_ip, b.udp, b.container_port)));
    ports.chunk_by(follows).map(<[Port]>::to_vec).collect()
}

fn binding(run: Vec<Port>) -> ecs::NetworkBinding {
    let (first, last) = (&run[0], &run[run.len() - 1]);
    let shown = ecs::NetworkBinding {
        bind_ip: Some(first.bind_ip.clone()),
        protocol: Some(if first.udp { "udp" } else { "tcp" }.to_string()),
        ..Default::default()
    };
    if run.len() > 1 {
        return ecs::NetworkBinding {
            container_port_range: Some(format!("{}-{}", first.container_port, last.container_port)),
            host_port_range: Some(format!("{}-{}", first.host_port, last.host_port)),
            ..shown
        };
    }
    ecs::NetworkBinding {
        container_port: Some(first.container_port.into()),
        host_port: Some(first.host_port.into()),
        ..shown
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_a_range_are_shown_as_one_while_they_follow_each_other() {
        let port = |container_port, host_port| Port {
            bind_ip: "0.0.0.0".to_string(),
            container_port,
            host_port,
            udp: false,
        };
        let range = PortRange {
            first: 100,
            last: 103,
            udp: false,
        };
        let ports = [
            port(101, 40_001),
            port(100, 40_000),
            port(102, 40_005),
            port(104, 40_006),
            port(105, 40_007),
        ];
        let shown: Vec<_> = runs(&ports, &[range]).into_iter().map(binding).collect();
        let told = |b: &ecs::NetworkBinding| {
            (
                b.container_port_range.clone(),
                b.host_port_range.clone(),
                b.container_port,
            )
        };
        let text = |t: &str| Some(t.to_string());
        let expected = [
            (text("100-101"), text("40000-40001"), None),
            (None, None, Some(102)),
            (None, None, Some(104)),
            (None, None, Some(105)),
        ];
        assert_eq!(shown.iter().map(told).collect::<Vec<_>>(), expected);
    }
}
