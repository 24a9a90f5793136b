//! Services made, changed and looked at, against a store in memory where no controller runs.

mod changes;
mod deployments;
mod making;
mod others;
mod task_sets;

use crate::common::Ctx;
use crate::common::testing::{block_on, world};
use crate::ecs;
use api::ecs::{self as shapes, op};
use model::{Service, ServiceDeployment, ServiceRevision, ServiceTally, Tally, invariants};
use std::sync::Arc;
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

/// A world with the cluster `default` and the definitions `web:1` (bridge, port 80 named http) and `small:1` (awsvpc, for
/// FARGATE, with a tag).
fn prepared() -> Ctx {
    let ctx = world();
    call::<op::CreateCluster>(&ctx, Default::default()).expect("a cluster");
    define(&ctx, "web", Default::default());
    let tag = shapes::Tag {
        key: text("from"),
        value: text("definition"),
    };
    let fargate = shapes::RegisterTaskDefinitionRequest {
        requires_compatibilities: list(&["FARGATE"]),
        network_mode: text("awsvpc"),
        cpu: text("256"),
        memory: text("512"),
        tags: Some(vec![tag]),
        ..Default::default()
    };
    define(&ctx, "small", fargate);
    ctx
}

fn define(ctx: &Ctx, family: &str, request: shapes::RegisterTaskDefinitionRequest) {
    let port = shapes::PortMapping {
        container_port: Some(80),
        name: text("http"),
        ..Default::default()
    };
    let container = shapes::ContainerDefinition {
        name: text("app"),
        image: text("busybox"),
        memory: Some(64),
        port_mappings: Some(vec![port]),
        ..Default::default()
    };
    let request = shapes::RegisterTaskDefinitionRequest {
        family: text(family),
        container_definitions: Some(vec![container]),
        ..request
    };
    call::<op::RegisterTaskDefinition>(ctx, request).expect("a good definition");
}

fn named(name: &str) -> shapes::CreateServiceRequest {
    shapes::CreateServiceRequest {
        service_name: text(name),
        task_definition: text("web"),
        desired_count: Some(2),
        ..Default::default()
    }
}

fn on_fargate(name: &str) -> shapes::CreateServiceRequest {
    let scope = base::Scope::new("us-east-1", "000000000000");
    let awsvpc = shapes::AwsVpcConfiguration {
        subnets: Some(crate::ec2::default_subnets(&scope)),
        ..Default::default()
    };
    shapes::CreateServiceRequest {
        task_definition: text("small"),
        launch_type: text("FARGATE"),
        network_configuration: Some(shapes::NetworkConfiguration {
            awsvpc_configuration: Some(awsvpc),
        }),
        ..named(name)
    }
}

fn daemon(name: &str) -> shapes::CreateServiceRequest {
    shapes::CreateServiceRequest {
        scheduling_strategy: text("DAEMON"),
        desired_count: None,
        ..named(name)
    }
}

fn external(name: &str) -> shapes::CreateServiceRequest {
    shapes::CreateServiceRequest {
        service_name: text(name),
        deployment_controller: Some(shapes::DeploymentController {
            r#type: text("EXTERNAL"),
        }),
        desired_count: Some(4),
        ..Default::default()
    }
}

fn create(ctx: &Ctx, input: shapes::CreateServiceRequest) -> Result<shapes::Service, Fault> {
    let made = call::<op::CreateService>(ctx, input).map(|output| output.service.expect("always there"));
    assert_lawful(ctx);
    made
}

fn made(ctx: &Ctx, input: shapes::CreateServiceRequest) -> shapes::Service {
    create(ctx, input).expect("a good request")
}

fn update(ctx: &Ctx, input: shapes::UpdateServiceRequest) -> Result<shapes::Service, Fault> {
    let changed = call::<op::UpdateService>(ctx, input).map(|output| output.service.expect("always there"));
    assert_lawful(ctx);
    changed
}

fn of(name: &str) -> shapes::UpdateServiceRequest {
    shapes::UpdateServiceRequest {
        service: text(name),
        ..Default::default()
    }
}

fn delete(ctx: &Ctx, name: &str, force: bool) -> Result<shapes::Service, Fault> {
    let input = shapes::DeleteServiceRequest {
        service: text(name),
        force: Some(force),
        ..Default::default()
    };
    call::<op::DeleteService>(ctx, input).map(|output| output.service.expect("always there"))
}

fn describe(ctx: &Ctx, name: &str) -> shapes::Service {
    let input = shapes::DescribeServicesRequest {
        services: list(&[name]),
        include: list(&["TAGS"]),
        ..Default::default()
    };
    let mut services = call::<op::DescribeServices>(ctx, input)
        .expect("a good request")
        .services
        .expect("always there");
    services.remove(0)
}

fn says<T: std::fmt::Debug>(refused: Result<T, Fault>) -> String {
    refused.expect_err("it is refused").message
}

fn code<T: std::fmt::Debug>(refused: Result<T, Fault>) -> String {
    refused.expect_err("it is refused").code.into_owned()
}

fn record(ctx: &Ctx, name: &str) -> Arc<Service> {
    let key = Service::key_of("default", name);
    ctx.snapshot().get::<Service>(&key).expect("it is there")
}

fn target(ctx: &Ctx, name: &str) -> Arc<ServiceRevision> {
    let id = record(ctx, name).target.clone().expect("it has a target");
    let key = ServiceRevision::key_of("default", name, &id);
    ctx.snapshot().get::<ServiceRevision>(&key).expect("a target is there")
}

fn deployment(ctx: &Ctx, name: &str) -> Arc<ServiceDeployment> {
    let id = record(ctx, name).deployment.clone().expect("it has a deployment");
    let key = ServiceDeployment::key_of("default", name, &id);
    ctx.snapshot()
        .get::<ServiceDeployment>(&key)
        .expect("a deployment is there")
}

/// Changes the record of a service, as the controller would.
fn meanwhile(ctx: &Ctx, name: &str, change: impl FnOnce(&mut Service)) {
    let mut service = (*record(ctx, name)).clone();
    change(&mut service);
    ctx.put(service);
}

fn deploying(ctx: &Ctx, name: &str, change: impl FnOnce(&mut ServiceDeployment)) {
    let mut deployment = (*deployment(ctx, name)).clone();
    change(&mut deployment);
    ctx.put(deployment);
}

/// Says of a revision that it has running tasks, without the tasks.
fn running(ctx: &Ctx, name: &str, revision: &str, running: u32) {
    let key = ServiceTally::key_of("default", name);
    let mut tally = (*ctx.snapshot().get::<ServiceTally>(&key).expect("every service has one")).clone();
    tally.revisions.insert(
        revision.to_string(),
        Tally {
            running,
            ..Default::default()
        },
    );
    ctx.put(tally);
}

fn revisions(ctx: &Ctx, name: &str) -> usize {
    ctx.snapshot().count::<ServiceRevision>(&Key::of(["default", name]))
}

fn assert_lawful(ctx: &Ctx) {
    assert_eq!(invariants::check(&ctx.snapshot()), []);
}
