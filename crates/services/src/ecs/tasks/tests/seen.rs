//! What is shown of a task is what is so.

use super::*;
use model::report::{self, ContainerReport, TaskReport};
use model::{Port, TaskDefinition};

/// A definition whose node is `n1`, which has all that it requires.
fn define_on_n1(ctx: &Ctx, app: shapes::ContainerDefinition) {
    let app = shapes::ContainerDefinition {
        name: text("app"),
        image: text("busybox"),
        memory: Some(64),
        ..app
    };
    let request = shapes::RegisterTaskDefinitionRequest {
        container_definitions: Some(vec![app]),
        ..Default::default()
    };
    define(ctx, "special", request);
    let key = TaskDefinition::key_of("special", 1);
    let definition = ctx.snapshot().get::<TaskDefinition>(&key).expect("it was registered");
    put_node(ctx, "n1", |node| {
        let has = |name: &String| Attribute {
            name: name.clone(),
            value: None,
        };
        node.attributes.extend(definition.requires_attributes.iter().map(has));
    });
}

fn container(task: &shapes::Task) -> &shapes::Container {
    &task.containers.as_ref().expect("always there")[0]
}

#[test]
fn gpus_are_given_by_id_and_come_back() {
    let ctx = prepared();
    let gpu = shapes::ResourceRequirement {
        r#type: text("GPU"),
        value: text("1"),
        sharing_strategy: None,
    };
    let app = shapes::ContainerDefinition {
        resource_requirements: Some(vec![gpu]),
        ..Default::default()
    };
    define_on_n1(&ctx, app);
    let one = run_one(&ctx, of("special"));
    let other = run_one(&ctx, of("special"));
    assert_eq!(container(&one).gpu_ids, list(&["gpu-0"]));
    assert_eq!(container(&other).gpu_ids, list(&["gpu-1"]));
    assert_lawful(&ctx);
    let failures = run(&ctx, of("special")).expect("a good request").1;
    assert_eq!(reasons(&failures), ["RESOURCE:GPU"]);
    tell(&ctx, &arn(&one), "STOPPED").expect("it is on a node");
    assert_eq!(container(&run_one(&ctx, of("special"))).gpu_ids, list(&["gpu-0"]));
    assert_lawful(&ctx);
}

#[test]
fn a_task_is_connected_as_its_node_is() {
    let ctx = prepared();
    put_node(&ctx, "n1", |_| {});
    let task = run_one(&ctx, of("plain"));
    assert_eq!(task.connectivity, None, "nobody has told of it");
    tell(&ctx, &arn(&task), "RUNNING").expect("it is on a node");
    let connectivity = || describe(&ctx, &[&arn(&task)]).0.remove(0).connectivity;
    assert_eq!(connectivity().as_deref(), Some("CONNECTED"));
    put_node(&ctx, "n2", |_| {});
    let node = ctx
        .snapshot()
        .get::<Node>(&Node::key_of("default", "n1"))
        .expect("it is there");
    ctx.put(Node {
        connected: false,
        ..(*node).clone()
    });
    assert_eq!(connectivity().as_deref(), Some("DISCONNECTED"));
}

#[test]
fn helpers_are_shown_when_a_node_tells_of_them() {
    let ctx = prepared();
    put_node(&ctx, "n1", |_| {});
    let asked = shapes::RunTaskRequest {
        enable_execute_command: Some(true),
        overrides: Some(shapes::TaskOverride {
            task_role_arn: text("arn:aws:iam::000000000000:role/task"),
            ..Default::default()
        }),
        ..of("plain")
    };
    let task = run_one(&ctx, asked);
    assert_eq!(
        (task.enable_execute_command, &container(&task).managed_agents),
        (Some(true), &None)
    );
    let agent = shapes::ManagedAgentStateChange {
        container_name: text("app"),
        managed_agent_name: text("ExecuteCommandAgent"),
        status: text("RUNNING"),
        reason: None,
    };
    let input = shapes::SubmitTaskStateChangeRequest {
        task: text(&arn(&task)),
        status: text("RUNNING"),
        managed_agents: Some(vec![agent]),
        ..Default::default()
    };
    call::<op::SubmitTaskStateChange>(&ctx, input).expect("it is on a node");
    let task = describe(&ctx, &[&arn(&task)]).0.remove(0);
    let agents = container(&task).managed_agents.as_ref().expect("told");
    assert_eq!(agents[0].last_status.as_deref(), Some("RUNNING"));
}

#[test]
fn ranges_of_ports_are_shown_as_ranges() {
    let ctx = prepared();
    let range = shapes::PortMapping {
        container_port_range: text("100-102"),
        ..Default::default()
    };
    let app = shapes::ContainerDefinition {
        port_mappings: Some(vec![range]),
        ..Default::default()
    };
    define_on_n1(&ctx, app);
    let task = run_one(&ctx, of("special"));
    let id = arn(&task)
        .rsplit('/')
        .next()
        .map(str::to_string)
        .expect("an ARN has parts");
    let port = |i: u16| Port {
        bind_ip: "0.0.0.0".to_string(),
        container_port: 100 + i,
        host_port: 40_000 + i,
        udp: false,
    };
    let told = TaskReport {
        status: Some(TaskStatus::Running),
        containers: vec![ContainerReport {
            name: "app".to_string(),
            ports: Some((0..3).map(port).collect()),
            ..Default::default()
        }],
        ..Default::default()
    };
    let heard = ctx.write(move |tx| {
        report::apply(tx, &Task::key_of("default", &id), &told).expect("it is on a node");
        Ok(())
    });
    block_on(heard).expect("a store in memory takes it");
    let task = describe(&ctx, &[&arn(&task)]).0.remove(0);
    let binding = shapes::NetworkBinding {
        bind_ip: text("0.0.0.0"),
        protocol: text("tcp"),
        container_port_range: text("100-102"),
        host_port_range: text("40000-40002"),
        ..Default::default()
    };
    assert_eq!(container(&task).network_bindings, Some(vec![binding]));
}
