//! Tasks run, stopped, listed and protected, against a store in memory.

mod launch;
mod life;
mod network;
mod seen;
mod waiting;

use crate::common::Ctx;
use crate::common::testing::{a_node, block_on, world, world_and_clock};
use crate::ecs;
use api::ecs::{self as shapes, op};
use base::{Dice, Scope, SeededDice};
use model::{Attribute, HostPort, Node, NodeLedger, Task, TaskStatus, invariants};
use store::Key;
use wire::{Call, Fault};

/// Calls an operation as the door does: validated, and by its row.
fn call<C: Call>(ctx: &Ctx, input: C::Input) -> Result<C::Output, Fault> {
    let mut table = ecs::table();
    table.rows.sort_by_key(|row| row.operation.name);
    let output: Box<dyn std::any::Any> = block_on(table.call(C::FACTS, ctx.clone(), Box::new(input)))?.output;
    Ok(*output.downcast().expect("an operation answers with its own output"))
}

fn text(t: &str) -> Option<String> {
    Some(t.to_string())
}

fn list(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|t| t.to_string()).collect())
}

/// A world with the cluster `default` and the definition `web`: 256 CPU units, 512 MiB, port 8080 of the host.
fn prepared() -> Ctx {
    let ctx = world();
    prepare(&ctx);
    ctx
}

fn prepare(ctx: &Ctx) {
    call::<op::CreateCluster>(ctx, Default::default()).expect("a cluster");
    let port = shapes::PortMapping {
        container_port: Some(80),
        host_port: Some(8080),
        ..Default::default()
    };
    let web = shapes::ContainerDefinition {
        name: text("app"),
        image: text("busybox"),
        cpu: Some(256),
        memory: Some(512),
        port_mappings: Some(vec![port]),
        ..Default::default()
    };
    let plain = shapes::ContainerDefinition {
        port_mappings: None,
        ..web.clone()
    };
    define(
        ctx,
        "web",
        shapes::RegisterTaskDefinitionRequest {
            container_definitions: Some(vec![web]),
            ..Default::default()
        },
    );
    let plain = shapes::RegisterTaskDefinitionRequest {
        container_definitions: Some(vec![plain]),
        ..Default::default()
    };
    define(ctx, "plain", plain.clone());
    let tag = shapes::Tag {
        key: text("from"),
        value: text("definition"),
    };
    let fargate = shapes::RegisterTaskDefinitionRequest {
        requires_compatibilities: list(&["FARGATE"]),
        network_mode: text("awsvpc"),
        cpu: text("512"),
        memory: text("1024"),
        tags: Some(vec![tag]),
        ..plain
    };
    define(ctx, "fargate", fargate);
}

fn define(ctx: &Ctx, family: &str, request: shapes::RegisterTaskDefinitionRequest) {
    let request = shapes::RegisterTaskDefinitionRequest {
        family: text(family),
        ..request
    };
    call::<op::RegisterTaskDefinition>(ctx, request).expect("a good definition");
}

/// A connected node with 4 cores and 8 GiB, in a zone.
fn put_node(ctx: &Ctx, id: &str, change: impl Fn(&mut Node)) {
    let mut node = a_node("default", id);
    node.attributes = vec![
        Attribute {
            name: Node::ZONE.to_string(),
            value: text("us-east-1a"),
        },
        Attribute {
            name: "ecs.cpu-architecture".to_string(),
            value: text("x86_64"),
        },
    ];
    change(&mut node);
    ctx.put(NodeLedger::empty(&node.cluster, &node.id));
    ctx.put(node);
}

fn of(family: &str) -> shapes::RunTaskRequest {
    shapes::RunTaskRequest {
        task_definition: text(family),
        ..Default::default()
    }
}

/// The subnets of zones a, b and c.
fn subnets() -> Vec<String> {
    crate::ec2::default_subnets(&Scope::new("us-east-1", "000000000000"))
}

fn vpc() -> Option<shapes::NetworkConfiguration> {
    in_subnets(&subnets()[..1])
}

fn in_subnets(subnets: &[String]) -> Option<shapes::NetworkConfiguration> {
    let awsvpc = shapes::AwsVpcConfiguration {
        subnets: Some(subnets.to_vec()),
        ..Default::default()
    };
    Some(shapes::NetworkConfiguration {
        awsvpc_configuration: Some(awsvpc),
    })
}

fn on_fargate() -> shapes::RunTaskRequest {
    shapes::RunTaskRequest {
        launch_type: text("FARGATE"),
        network_configuration: vpc(),
        ..of("fargate")
    }
}

fn run(ctx: &Ctx, input: shapes::RunTaskRequest) -> Result<(Vec<shapes::Task>, Vec<shapes::Failure>), Fault> {
    let output = call::<op::RunTask>(ctx, input)?;
    Ok((
        output.tasks.expect("always there"),
        output.failures.expect("always there"),
    ))
}

fn run_one(ctx: &Ctx, input: shapes::RunTaskRequest) -> shapes::Task {
    let (mut tasks, failures) = run(ctx, input).expect("a good request");
    assert_eq!((tasks.len(), failures), (1, Vec::new()));
    tasks.remove(0)
}

fn message(refused: Result<(Vec<shapes::Task>, Vec<shapes::Failure>), Fault>) -> String {
    refused.map_or_else(|fault| fault.message, |answer| panic!("{answer:?}"))
}

fn reasons(failures: &[shapes::Failure]) -> Vec<&str> {
    failures.iter().filter_map(|f| f.reason.as_deref()).collect()
}

fn arn(task: &shapes::Task) -> String {
    task.task_arn.clone().expect("always there")
}

fn stop(ctx: &Ctx, task: &str) -> Result<shapes::Task, Fault> {
    let input = shapes::StopTaskRequest {
        task: text(task),
        ..Default::default()
    };
    call::<op::StopTask>(ctx, input).map(|output| output.task.expect("always there"))
}

fn tell(ctx: &Ctx, task: &str, status: &str) -> Result<(), Fault> {
    let input = shapes::SubmitTaskStateChangeRequest {
        task: text(task),
        status: text(status),
        ..Default::default()
    };
    call::<op::SubmitTaskStateChange>(ctx, input).map(|_| ())
}

fn describe(ctx: &Ctx, tasks: &[&str]) -> (Vec<shapes::Task>, Vec<shapes::Failure>) {
    let input = shapes::DescribeTasksRequest {
        tasks: list(tasks),
        include: list(&["TAGS"]),
        ..Default::default()
    };
    let output = call::<op::DescribeTasks>(ctx, input).expect("a good request");
    (
        output.tasks.expect("always there"),
        output.failures.expect("always there"),
    )
}

fn assert_lawful(ctx: &Ctx) {
    assert_eq!(invariants::check(&ctx.snapshot()), []);
}
