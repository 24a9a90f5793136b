//! Tasks of network mode `awsvpc`, each with an interface and an address of its own.

use super::*;
use model::{NetworkInterface, Subnet, SubnetLedger};

fn in_zone(zone: &'static str) -> impl Fn(&mut Node) {
    move |node| {
        node.attributes[0].value = text(zone);
        node.fargate = true;
        let needed = [
            "com.amazonaws.ecs.capability.docker-remote-api.1.18",
            "ecs.capability.task-eni",
        ];
        node.attributes.extend(needed.map(|name| Attribute {
            name: name.to_string(),
            value: None,
        }));
    }
}

/// A definition `vpc` that runs on EC2 too.
fn define_vpc(ctx: &Ctx) {
    let app = shapes::ContainerDefinition {
        name: text("app"),
        image: text("busybox"),
        memory: Some(64),
        ..Default::default()
    };
    let request = shapes::RegisterTaskDefinitionRequest {
        container_definitions: Some(vec![app]),
        network_mode: text("awsvpc"),
        ..Default::default()
    };
    define(ctx, "vpc", request);
}

fn on_ec2(subnets: &[String]) -> shapes::RunTaskRequest {
    shapes::RunTaskRequest {
        network_configuration: in_subnets(subnets),
        ..of("vpc")
    }
}

fn detail(task: &shapes::Task, name: &str) -> String {
    let attachment = &task.attachments.as_ref().expect("always there")[0];
    let mut details = attachment.details.iter().flatten();
    let found = details
        .find(|d| d.name.as_deref() == Some(name))
        .and_then(|d| d.value.clone());
    found.unwrap_or_else(|| panic!("{name} in {attachment:?}"))
}

fn status(task: &shapes::Task) -> &str {
    let attachment = &task.attachments.as_ref().expect("always there")[0];
    attachment.status.as_deref().expect("always there")
}

/// Leaves so many addresses of a subnet.
fn leave(ctx: &Ctx, subnet: &str, addresses: u32) {
    let record = ctx
        .snapshot()
        .get::<Subnet>(&Subnet::key_of(subnet))
        .expect("it is there");
    ctx.put(SubnetLedger {
        subnet: subnet.to_string(),
        taken: record.usable() - addresses,
        next: 0,
    });
}

#[test]
fn a_task_has_an_interface_as_long_as_it_lives() {
    let ctx = prepared();
    put_node(&ctx, "n1", in_zone("us-east-1a"));
    let task = run_one(&ctx, on_fargate());
    assert_eq!(status(&task), "ATTACHING");
    assert_eq!(detail(&task, "subnetId"), subnets()[0]);
    assert_eq!(detail(&task, "privateIPv4Address"), "172.31.0.4");
    assert_eq!(detail(&task, "macAddress"), "02:67:ac:1f:00:04");
    assert_eq!(detail(&task, "privateDnsName"), "ip-172-31-0-4.ec2.internal");
    let eni = detail(&task, "networkInterfaceId");
    assert!(eni.starts_with("eni-") && eni.len() == 21, "{eni}");
    let containers = task.containers.as_ref().expect("always there");
    let interface = &containers[0].network_interfaces.as_ref().expect("always there")[0];
    assert_eq!(interface.private_ipv4_address.as_deref(), Some("172.31.0.4"));
    assert_eq!(
        interface.attachment_id,
        task.attachments.as_ref().expect("always there")[0].id
    );
    assert_lawful(&ctx);
    tell(&ctx, &arn(&task), "RUNNING").expect("it is on a node");
    assert_eq!(status(&describe(&ctx, &[&arn(&task)]).0[0]), "ATTACHED");
    tell(&ctx, &arn(&task), "STOPPED").expect("it ran");
    let stopped = &describe(&ctx, &[&arn(&task)]).0[0];
    assert_eq!(
        (status(stopped), detail(stopped, "networkInterfaceId")),
        ("DELETED", eni)
    );
    assert_eq!(ctx.snapshot().count::<NetworkInterface>(&Key::all()), 0);
    assert_lawful(&ctx);
    assert_eq!(detail(&run_one(&ctx, on_fargate()), "privateIPv4Address"), "172.31.0.5");
}

#[test]
fn what_is_named_must_be_there() {
    let ctx = prepared();
    put_node(&ctx, "n1", in_zone("us-east-1a"));
    let unknown = shapes::RunTaskRequest {
        network_configuration: in_subnets(&["subnet-0123".to_string()]),
        ..on_fargate()
    };
    assert_eq!(
        message(run(&ctx, unknown)),
        "Error retrieving subnet information for [subnet-0123]: The subnet ID 'subnet-0123' does not exist (ErrorCode: \
         InvalidSubnetID.NotFound)"
    );
    let mut unknown = on_fargate();
    let network = unknown
        .network_configuration
        .as_mut()
        .and_then(|n| n.awsvpc_configuration.as_mut());
    network.expect("it was given").security_groups = list(&["sg-0123"]);
    assert_eq!(
        message(run(&ctx, unknown)),
        "Error retrieving security group information for [sg-0123]: The security group 'sg-0123' does not exist \
         (ErrorCode: InvalidGroup.NotFound)"
    );
}

#[test]
fn subnets_say_in_which_zones() {
    let ctx = prepared();
    define_vpc(&ctx);
    put_node(&ctx, "a1", in_zone("us-east-1a"));
    put_node(&ctx, "b1", in_zone("us-east-1b"));
    for (i, zone) in ["us-east-1a", "us-east-1b"].into_iter().enumerate() {
        for request in [
            on_ec2(&subnets()[i..=i]),
            shapes::RunTaskRequest {
                network_configuration: in_subnets(&subnets()[i..=i]),
                ..on_fargate()
            },
        ] {
            let task = run_one(&ctx, request);
            assert_eq!(task.availability_zone.as_deref(), Some(zone));
            assert_eq!(detail(&task, "subnetId"), subnets()[i]);
            let id = arn(&task);
            let id = id.rsplit('/').next().expect("an ARN has parts");
            let record = ctx
                .snapshot()
                .get::<Task>(&Task::key_of("default", id))
                .expect("it was made");
            assert_eq!(record.node.as_deref(), Some(if i == 0 { "a1" } else { "b1" }));
        }
    }
    let failures = run(&ctx, on_ec2(&subnets()[2..])).expect("a good request").1;
    assert_eq!(reasons(&failures), ["MemberOf placement constraint unsatisfied."; 2]);
    let alone = shapes::RunTaskRequest {
        network_configuration: in_subnets(&subnets()[2..]),
        ..on_fargate()
    };
    let task = run_one(&ctx, alone);
    assert_eq!(
        task.availability_zone.as_deref(),
        Some("us-east-1c"),
        "what runs it is nobody's business"
    );
    assert_lawful(&ctx);
}

#[test]
fn a_full_subnet_is_passed_by_and_full_ones_are_a_reason() {
    let ctx = prepared();
    define_vpc(&ctx);
    put_node(&ctx, "a1", in_zone("us-east-1a"));
    put_node(&ctx, "b1", in_zone("us-east-1b"));
    leave(&ctx, &subnets()[0], 1);
    leave(&ctx, &subnets()[1], 1);
    let three = shapes::RunTaskRequest {
        count: Some(3),
        client_token: text("three"),
        ..on_ec2(&subnets()[..1])
    };
    let (tasks, failures) = run(&ctx, three.clone()).expect("a good request");
    assert_eq!((tasks.len(), reasons(&failures)), (1, vec!["RESOURCE:ENI"; 2]));
    let (again, failures) = run(&ctx, three).expect("the same request");
    assert_eq!((arn(&again[0]), failures.len()), (arn(&tasks[0]), 2));
    let task = run_one(&ctx, on_ec2(&subnets()[..2]));
    assert_eq!(task.availability_zone.as_deref(), Some("us-east-1b"));
    let (tasks, failures) = run(&ctx, on_fargate()).expect("a good request");
    assert_eq!(
        (tasks.len(), reasons(&failures), &failures[0].arn),
        (0, vec!["RESOURCE:ENI"], &None)
    );
}

#[test]
fn a_named_node_must_be_where_the_subnets_are() {
    let ctx = prepared();
    define_vpc(&ctx);
    put_node(&ctx, "a1", in_zone("us-east-1a"));
    let start = |subnets: &[String]| {
        let input = shapes::StartTaskRequest {
            task_definition: text("vpc"),
            container_instances: list(&["a1"]),
            network_configuration: in_subnets(subnets),
            ..Default::default()
        };
        let output = call::<op::StartTask>(&ctx, input).expect("a good request");
        (
            output.tasks.expect("always there"),
            output.failures.expect("always there"),
        )
    };
    let (tasks, failures) = start(&subnets()[1..2]);
    assert_eq!((tasks.len(), reasons(&failures)), (0, vec!["RESOURCE:ENI"]));
    assert_eq!(failures[0].detail.as_deref(), Some("no subnet is in us-east-1a"));
    let (tasks, failures) = start(&subnets());
    assert_eq!(
        (detail(&tasks[0], "subnetId"), failures.len()),
        (subnets()[0].clone(), 0)
    );
    let input = shapes::DeregisterContainerInstanceRequest {
        container_instance: text("a1"),
        force: Some(true),
        ..Default::default()
    };
    call::<op::DeregisterContainerInstance>(&ctx, input).expect("forced");
    assert_eq!(
        ctx.snapshot().count::<NetworkInterface>(&Key::all()),
        0,
        "given back with the node"
    );
    assert_lawful(&ctx);
}

#[test]
fn agents_tell_of_attachments_that_are_there() {
    let ctx = prepared();
    put_node(&ctx, "n1", in_zone("us-east-1a"));
    let task = run_one(&ctx, on_fargate());
    let id = task.attachments.as_ref().expect("always there")[0]
        .id
        .clone()
        .expect("always there");
    let submit = |arn: String| {
        let change = shapes::AttachmentStateChange {
            attachment_arn: Some(arn),
            status: text("ATTACHED"),
        };
        let input = shapes::SubmitAttachmentStateChangesRequest {
            attachments: Some(vec![change]),
            ..Default::default()
        };
        call::<op::SubmitAttachmentStateChanges>(&ctx, input)
    };
    assert!(submit(format!("arn:aws:ecs:us-east-1:000000000000:attachment/{id}")).is_ok());
    let told = submit("arn:aws:ecs:us-east-1:000000000000:attachment/other".to_string());
    assert!(told.is_err_and(|fault| fault.message.contains("was not found")));
}
