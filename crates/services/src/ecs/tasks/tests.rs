use crate::common::Ctx;
use crate::common::testing::{a_node, block_on, world, world_and_clock};
use crate::ecs;
use api::ecs::{self as shapes, op};
use base::{Dice, SeededDice};
use model::{Attribute, HostPort, Node, NodeLedger, Task, TaskStatus, invariants};
use store::Key;
use wire::{Call, Fault};

/// Calls an operation as the door does: validated, and by its row.
fn call<C: Call>(ctx: &Ctx, input: C::Input) -> Result<C::Output, Fault> {
    let mut table = ecs::table();
    table.rows.sort_by_key(|row| row.operation.name);
    let output: Box<dyn std::any::Any> = block_on(table.call(C::FACTS, ctx.clone(), Box::new(input)))?;
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

fn vpc() -> Option<shapes::NetworkConfiguration> {
    let awsvpc = shapes::AwsVpcConfiguration {
        subnets: list(&["subnet-1"]),
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

#[test]
fn a_task_lives_from_run_to_stop() {
    let ctx = prepared();
    put_node(&ctx, "n1", |_| {});
    let asked = shapes::RunTaskRequest {
        started_by: text("me"),
        ..of("web")
    };
    let task = run_one(&ctx, asked);
    assert_eq!(task.last_status.as_deref(), Some("PENDING"));
    assert_eq!(
        (task.launch_type.as_deref(), task.group.as_deref()),
        (Some("EC2"), Some("family:web"))
    );
    assert_eq!(task.availability_zone.as_deref(), Some("us-east-1a"));
    assert_eq!(
        (task.cpu.as_deref(), task.memory.as_deref()),
        (Some("256"), Some("512"))
    );
    let node = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/n1";
    assert_eq!(task.container_instance_arn.as_deref(), Some(node));
    let overrides = task
        .overrides
        .as_ref()
        .and_then(|o| o.container_overrides.as_ref())
        .expect("always there");
    assert_eq!(overrides[0].name.as_deref(), Some("app"));
    assert_eq!(describe(&ctx, &[&arn(&task)]).0.first(), Some(&task));
    let held = || {
        ctx.snapshot()
            .get::<NodeLedger>(&NodeLedger::key_of("n1"))
            .expect("it has one")
    };
    assert_eq!(
        (held().cpu_units, held().host_ports.as_slice()),
        (256, [HostPort { port: 8080, udp: false }].as_slice())
    );
    tell(&ctx, &arn(&task), "RUNNING").expect("a placed task may run");
    let stopping = stop(&ctx, &arn(&task)).expect("it is there");
    assert_eq!(
        (stopping.last_status.as_deref(), stopping.desired_status.as_deref()),
        (Some("RUNNING"), Some("STOPPED"))
    );
    assert_eq!(stopping.stopped_reason.as_deref(), Some("Task stopped by user"));
    assert_eq!(held().tasks, 1, "it runs still");
    tell(&ctx, &arn(&task), "STOPPED").expect("a running task may stop");
    assert_eq!(*held(), NodeLedger::empty("default", "n1"));
    let stopped = describe(&ctx, &[&arn(&task)]).0.remove(0);
    assert_eq!(stopped.stop_code.as_deref(), Some("UserInitiated"));
    assert!(stopped.started_at.is_some() && stopped.stopped_at.is_some());
    assert_lawful(&ctx);
}

#[test]
fn without_a_place_the_answer_says_why() {
    let ctx = prepared();
    assert_eq!(
        message(run(&ctx, of("web"))),
        "No Container Instances were found in your cluster."
    );
    put_node(&ctx, "draining", |n| n.status = model::NodeStatus::Draining);
    assert_eq!(
        message(run(&ctx, of("web"))),
        "No Container Instances were found in your cluster."
    );
    put_node(&ctx, "silent", |n| n.connected = false);
    let (tasks, failures) = run(&ctx, of("web")).expect("a good request");
    assert_eq!((tasks.len(), reasons(&failures)), (0, vec!["AGENT"]));
    assert!(
        failures[0]
            .arn
            .as_deref()
            .is_some_and(|arn| arn.ends_with("container-instance/default/silent"))
    );
    put_node(&ctx, "small", |n| n.resources.cpu_units = 100);
    let failures = run(&ctx, of("web")).expect("a good request").1;
    assert_eq!(reasons(&failures), ["AGENT", "RESOURCE:CPU"]);
    assert_eq!(
        failures[1].detail.as_deref(),
        Some("256 CPU units are wanted and 100 are free")
    );
    put_node(&ctx, "good", |_| {});
    let (tasks, failures) = run(
        &ctx,
        shapes::RunTaskRequest {
            count: Some(3),
            ..of("web")
        },
    )
    .expect("a good request");
    assert_eq!(tasks.len(), 1, "there is one port 8080");
    assert!(reasons(&failures).contains(&"RESOURCE:PORTS"), "{failures:?}");
    assert_lawful(&ctx);
}

#[test]
fn definitions_must_be_there_and_active() {
    let ctx = prepared();
    put_node(&ctx, "n1", |_| {});
    assert_eq!(message(run(&ctx, of("nothing"))), "TaskDefinition not found.");
    let task_definition = text("web:1");
    let input = shapes::DeregisterTaskDefinitionRequest { task_definition };
    call::<op::DeregisterTaskDefinition>(&ctx, input).expect("it is there");
    assert_eq!(message(run(&ctx, of("web:1"))), "TaskDefinition is inactive");
    assert_eq!(message(run(&ctx, of("web"))), "TaskDefinition not found.");
    assert_eq!(
        message(run(
            &ctx,
            shapes::RunTaskRequest {
                cluster: text("other"),
                ..of("plain")
            }
        )),
        "Cluster not found."
    );
    let (tasks, _) = run(&ctx, of("plain:1")).expect("a good request");
    assert_eq!(
        tasks[0].task_definition_arn.as_deref(),
        Some("arn:aws:ecs:us-east-1:000000000000:task-definition/plain:1")
    );
}

#[test]
fn requests_are_checked_before_anything_is_placed() {
    let ctx = prepared();
    put_node(&ctx, "n1", |n| n.fargate = true);
    let says = |input: shapes::RunTaskRequest, words: &str| {
        let said = message(run(&ctx, input));
        assert!(said.contains(words), "{said}");
    };
    says(
        shapes::RunTaskRequest {
            count: Some(11),
            ..of("web")
        },
        "between 1 and 10",
    );
    says(
        shapes::RunTaskRequest {
            launch_type: text("FARGATE"),
            ..of("web")
        },
        "does not support launch_type FARGATE.",
    );
    says(
        shapes::RunTaskRequest {
            network_configuration: vpc(),
            ..of("web")
        },
        "not valid for the given networkMode",
    );
    says(
        shapes::RunTaskRequest {
            network_configuration: None,
            ..on_fargate()
        },
        "must be provided when networkMode 'awsvpc'",
    );
    let item = shapes::CapacityProviderStrategyItem {
        capacity_provider: text("FARGATE"),
        ..Default::default()
    };
    says(
        shapes::RunTaskRequest {
            capacity_provider_strategy: Some(vec![item.clone()]),
            ..on_fargate()
        },
        "Specifying both",
    );
    let strategy = Some(vec![item]);
    says(
        shapes::RunTaskRequest {
            launch_type: None,
            capacity_provider_strategy: strategy,
            ..on_fargate()
        },
        "not associated with the cluster",
    );
    let spread = shapes::PlacementStrategy {
        r#type: text("random"),
        field: None,
    };
    says(
        shapes::RunTaskRequest {
            placement_strategy: Some(vec![spread]),
            ..on_fargate()
        },
        "not supported with FARGATE",
    );
    says(
        shapes::RunTaskRequest {
            platform_version: text("9.9.9"),
            ..on_fargate()
        },
        "platform version does not exist",
    );
    says(
        shapes::RunTaskRequest {
            platform_version: text("1.4.0"),
            ..of("web")
        },
        "must be null",
    );
    says(
        shapes::RunTaskRequest {
            enable_execute_command: Some(true),
            ..of("web")
        },
        "taskRoleArn",
    );
    says(
        shapes::RunTaskRequest {
            propagate_tags: text("SERVICE"),
            ..of("web")
        },
        "from the task definition",
    );
    says(
        shapes::RunTaskRequest {
            launch_type: text("MANAGED_INSTANCES"),
            ..of("web")
        },
        "capacityProviderStrategy",
    );
    assert_eq!(ctx.snapshot().count::<Task>(&Key::all()), 0);
}

fn overriding(name: &str, change: impl Fn(&mut shapes::ContainerOverride)) -> Option<shapes::TaskOverride> {
    let mut over = shapes::ContainerOverride {
        name: text(name),
        ..Default::default()
    };
    change(&mut over);
    Some(shapes::TaskOverride {
        container_overrides: Some(vec![over]),
        ..Default::default()
    })
}

#[test]
fn overrides_are_checked_counted_and_shown() {
    let ctx = prepared();
    put_node(&ctx, "n1", |_| {});
    let with = |overrides| shapes::RunTaskRequest {
        overrides,
        ..of("plain")
    };
    let unknown = "Override for container named web is not a container in the TaskDefinition.";
    assert_eq!(message(run(&ctx, with(overriding("web", |_| {})))), unknown);
    let long = overriding("app", |o| o.command = Some(vec!["x".repeat(9000)]));
    assert_eq!(
        message(run(&ctx, with(long))),
        "Container Overrides length must be at most 8192"
    );
    let over = overriding("app", |o| {
        o.cpu = Some(1024);
        o.memory_reservation = Some(100);
        o.command = list(&["true"]);
    });
    let task = run_one(&ctx, with(over.clone()));
    let shown = task.overrides.as_ref().and_then(|o| o.container_overrides.clone());
    assert_eq!(shown, over.and_then(|o| o.container_overrides));
    assert_eq!(
        (task.cpu.as_deref(), task.memory.as_deref()),
        (Some("1024"), Some("100"))
    );
    assert_eq!(
        task.containers.as_ref().map(|c| c[0].cpu.as_deref()),
        Some(Some("1024"))
    );
    let held = ctx
        .snapshot()
        .get::<NodeLedger>(&NodeLedger::key_of("n1"))
        .expect("it has one");
    assert_eq!((held.cpu_units, held.memory_mib), (1024, 100));
    let odd = Some(shapes::TaskOverride {
        cpu: text("512"),
        memory: text("100000"),
        ..Default::default()
    });
    let said = message(run(
        &ctx,
        shapes::RunTaskRequest {
            overrides: odd,
            ..on_fargate()
        },
    ));
    assert!(said.contains("No Fargate configuration exists"), "{said}");
}

#[test]
fn the_same_token_starts_tasks_once() {
    let ctx = prepared();
    put_node(&ctx, "n1", |_| {});
    let asked = shapes::RunTaskRequest {
        client_token: text("t-1"),
        count: Some(2),
        ..of("plain")
    };
    let first = run(&ctx, asked.clone()).expect("a good request");
    assert_eq!(run(&ctx, asked.clone()).expect("the same request"), first);
    assert_eq!(ctx.snapshot().count::<Task>(&Key::all()), 2);
    let conflict = run(
        &ctx,
        shapes::RunTaskRequest {
            count: Some(1),
            ..asked
        },
    )
    .expect_err("another request");
    assert_eq!(conflict.code, "ConflictException");
    let arns: Vec<String> = first.0.iter().map(arn).collect();
    assert_eq!(conflict.details, [("resourceIds", arns)]);
    let bad = shapes::RunTaskRequest {
        client_token: text("has space"),
        ..of("plain")
    };
    assert!(run(&ctx, bad).is_err());
}

#[test]
fn a_token_that_started_nothing_may_try_again() {
    let ctx = prepared();
    put_node(&ctx, "n1", |n| n.connected = false);
    let asked = shapes::RunTaskRequest {
        client_token: text("t-1"),
        ..of("plain")
    };
    assert_eq!(run(&ctx, asked.clone()).expect("a good request").0.len(), 0);
    put_node(&ctx, "n1", |_| {});
    assert_eq!(run(&ctx, asked).expect("a good request").0.len(), 1);
}

#[test]
fn fargate_runs_on_nodes_that_nobody_sees() {
    let ctx = prepared();
    let (tasks, failures) = run(
        &ctx,
        shapes::RunTaskRequest {
            count: Some(2),
            ..on_fargate()
        },
    )
    .expect("a good request");
    assert_eq!((tasks.len(), failures.len()), (0, 2));
    assert!(
        failures[0]
            .reason
            .as_deref()
            .is_some_and(|r| r.starts_with("Capacity is unavailable"))
    );
    call::<op::CreateCluster>(
        &ctx,
        shapes::CreateClusterRequest {
            cluster_name: text("pool"),
            ..Default::default()
        },
    )
    .expect("a cluster");
    put_node(&ctx, "hidden", |n| {
        n.cluster = "pool".to_string();
        n.fargate = true;
    });
    let task = run_one(&ctx, on_fargate());
    assert_eq!(
        (task.container_instance_arn.as_deref(), task.launch_type.as_deref()),
        (None, Some("FARGATE"))
    );
    assert_eq!(
        (task.platform_version.as_deref(), task.platform_family.as_deref()),
        (Some("1.4.0"), Some("Linux"))
    );
    assert_eq!(
        (task.cpu.as_deref(), task.memory.as_deref()),
        (Some("512"), Some("1024"))
    );
    assert_eq!(task.ephemeral_storage.and_then(|s| s.size_in_gi_b), Some(20));
    let held = ctx
        .snapshot()
        .get::<NodeLedger>(&NodeLedger::key_of("hidden"))
        .expect("it has one");
    assert_eq!((held.cpu_units, held.tasks), (512, 1));
    assert_lawful(&ctx);
}

#[test]
fn strategies_of_providers_divide_tasks() {
    let ctx = prepared();
    put_node(&ctx, "n1", |n| n.fargate = true);
    let item = |provider: &str, weight, base| shapes::CapacityProviderStrategyItem {
        capacity_provider: text(provider),
        weight: Some(weight),
        base: Some(base),
    };
    let input = shapes::PutClusterCapacityProvidersRequest {
        cluster: text("default"),
        capacity_providers: list(&["FARGATE", "FARGATE_SPOT"]),
        default_capacity_provider_strategy: Some(vec![item("FARGATE", 1, 1), item("FARGATE_SPOT", 3, 0)]),
    };
    call::<op::PutClusterCapacityProviders>(&ctx, input).expect("a good strategy");
    let asked = shapes::RunTaskRequest {
        launch_type: None,
        count: Some(5),
        ..on_fargate()
    };
    let tasks = run(&ctx, asked).expect("a good request").0;
    let spot = tasks
        .iter()
        .filter(|t| t.capacity_provider_name.as_deref() == Some("FARGATE_SPOT"))
        .count();
    assert_eq!((tasks.len(), spot), (5, 3));
    let given = shapes::RunTaskRequest {
        capacity_provider_strategy: Some(vec![item("FARGATE", 0, 0)]),
        ..on_fargate()
    };
    let task = run_one(
        &ctx,
        shapes::RunTaskRequest {
            launch_type: None,
            ..given
        },
    );
    assert_eq!(task.capacity_provider_name.as_deref(), Some("FARGATE"));
}

#[test]
fn constraints_and_strategies_choose_nodes() {
    let ctx = prepared();
    for (id, zone) in [("n1", "us-east-1a"), ("n2", "us-east-1b"), ("n3", "us-east-1b")] {
        put_node(&ctx, id, |n| n.attributes[0].value = text(zone));
    }
    let constraint = |kind: &str, expression: Option<&str>| shapes::PlacementConstraint {
        r#type: text(kind),
        expression: expression.map(str::to_string),
    };
    let only_b = constraint("memberOf", Some("attribute:ecs.availability-zone == us-east-1b"));
    let each_once = constraint("distinctInstance", None);
    let asked = shapes::RunTaskRequest {
        count: Some(3),
        placement_constraints: Some(vec![only_b, each_once]),
        ..of("plain")
    };
    let (tasks, failures) = run(&ctx, asked).expect("a good request");
    let mut nodes: Vec<_> = tasks.iter().filter_map(|t| t.container_instance_arn.clone()).collect();
    nodes.sort();
    assert!(
        nodes.len() == 2 && nodes[0].ends_with("/n2") && nodes[1].ends_with("/n3"),
        "{nodes:?}"
    );
    let told = reasons(&failures);
    assert!(told.contains(&"MemberOf placement constraint unsatisfied."), "{told:?}");
    assert!(
        told.contains(&"DistinctInstance placement constraint unsatisfied."),
        "{told:?}"
    );
    let spread = shapes::RunTaskRequest {
        count: Some(2),
        ..of("plain")
    };
    let tasks = run(&ctx, spread).expect("a good request").0;
    let zones: Vec<_> = tasks.iter().filter_map(|t| t.availability_zone.as_deref()).collect();
    assert_eq!(
        zones,
        ["us-east-1a", "us-east-1a"],
        "zone b has two of the group already"
    );
}

#[test]
fn start_task_goes_where_it_is_sent() {
    let ctx = prepared();
    put_node(&ctx, "n1", |_| {});
    put_node(&ctx, "gone", |n| n.status = model::NodeStatus::Inactive);
    put_node(&ctx, "silent", |n| n.connected = false);
    let start = |nodes: &[&str]| {
        let input = shapes::StartTaskRequest {
            task_definition: text("web"),
            container_instances: list(nodes),
            ..Default::default()
        };
        call::<op::StartTask>(&ctx, input).map(|o| (o.tasks.expect("always there"), o.failures.expect("always there")))
    };
    let (tasks, failures) = start(&["n1", "nobody", "gone", "silent", "n1"]).expect("a good request");
    assert_eq!(tasks.len(), 1);
    assert_eq!(reasons(&failures), ["MISSING", "INACTIVE", "AGENT", "RESOURCE:PORTS"]);
    assert!(start(&[]).is_err());
    assert!(start(&["n1"; 11]).is_err());
    assert_lawful(&ctx);
}

#[test]
fn tags_come_from_all_sides_and_go_with_the_stop() {
    let ctx = prepared();
    put_node(&ctx, "n1", |n| n.fargate = true);
    let tag = |key: &str, value: &str| shapes::Tag {
        key: text(key),
        value: text(value),
    };
    let asked = shapes::RunTaskRequest {
        tags: Some(vec![tag("a", "1")]),
        propagate_tags: text("TASK_DEFINITION"),
        enable_ecs_managed_tags: Some(true),
        ..on_fargate()
    };
    let task = run_one(&ctx, asked.clone());
    let all = vec![
        tag("from", "definition"),
        tag("a", "1"),
        tag("aws:ecs:clusterName", "default"),
    ];
    assert_eq!(task.tags, Some(all));
    let reserved = shapes::RunTaskRequest {
        tags: Some(vec![tag("aws:x", "1")]),
        ..asked
    };
    assert!(run(&ctx, reserved).is_err());
    assert_eq!(stop(&ctx, &arn(&task)).expect("it is there").tags, Some(Vec::new()));
}

#[test]
fn a_task_that_no_node_has_stops_at_once() {
    let ctx = prepared();
    let mut task = crate::common::testing::a_task("default", "waiting", TaskStatus::Provisioning);
    task.created_at = ctx.now();
    task.family = "plain".to_string();
    ctx.put(task);
    let stopped = stop(&ctx, "waiting").expect("it is there");
    assert_eq!(stopped.last_status.as_deref(), Some("STOPPED"));
    let again = stop(&ctx, "waiting").expect("it is there");
    assert_eq!(again, stopped, "asking again changes nothing");
    assert_eq!(
        stop(&ctx, "nobody").expect_err("no such task").message,
        "The referenced task was not found."
    );
    assert_lawful(&ctx);
}

#[test]
fn lists_are_filtered_and_paged() {
    let ctx = prepared();
    put_node(&ctx, "n1", |n| n.fargate = true);
    let plain = shapes::RunTaskRequest {
        count: Some(5),
        started_by: text("me"),
        ..of("plain")
    };
    let tasks = run(&ctx, plain).expect("a good request").0;
    let web = run_one(&ctx, of("web"));
    run_one(&ctx, on_fargate());
    stop(&ctx, &arn(&tasks[0])).expect("it is there");
    let arns = |input: shapes::ListTasksRequest| {
        let output = call::<op::ListTasks>(&ctx, input)?;
        Ok::<_, Fault>((output.task_arns.expect("always there"), output.next_token))
    };
    let count = |input: shapes::ListTasksRequest| {
        arns(input)
            .map(|(found, _)| found.len())
            .map_err(|f| f.code.into_owned())
    };
    let all = || shapes::ListTasksRequest::default();
    assert_eq!(count(all()), Ok(6));
    assert_eq!(
        count(shapes::ListTasksRequest {
            desired_status: text("STOPPED"),
            ..all()
        }),
        Ok(1)
    );
    assert_eq!(
        count(shapes::ListTasksRequest {
            desired_status: text("PENDING"),
            ..all()
        }),
        Ok(0)
    );
    assert_eq!(
        arns(shapes::ListTasksRequest {
            family: text("web"),
            ..all()
        })
        .map(|f| f.0),
        Ok(vec![arn(&web)])
    );
    assert_eq!(
        count(shapes::ListTasksRequest {
            started_by: text("me"),
            ..all()
        }),
        Ok(4)
    );
    assert_eq!(
        count(shapes::ListTasksRequest {
            launch_type: text("FARGATE"),
            ..all()
        }),
        Ok(1)
    );
    assert_eq!(
        count(shapes::ListTasksRequest {
            container_instance: text("n1"),
            ..all()
        }),
        Ok(5),
        "FARGATE hides its node"
    );
    let code = |text: &str| Err(text.to_string());
    assert_eq!(
        count(shapes::ListTasksRequest {
            container_instance: text("n2"),
            ..all()
        }),
        code("InvalidParameterException")
    );
    assert_eq!(
        count(shapes::ListTasksRequest {
            service_name: text("web"),
            ..all()
        }),
        code("ServiceNotFoundException")
    );
    assert_eq!(
        count(shapes::ListTasksRequest {
            cluster: text("other"),
            ..all()
        }),
        code("ClusterNotFoundException")
    );
    let (first, token) = arns(shapes::ListTasksRequest {
        max_results: Some(4),
        ..all()
    })
    .expect("a page");
    let (second, end) = arns(shapes::ListTasksRequest {
        max_results: Some(4),
        next_token: token,
        ..all()
    })
    .expect("a page");
    assert_eq!((first.len(), second.len(), end), (4, 2, None));
    assert!(!second.iter().any(|arn| first.contains(arn)));
}

#[test]
fn only_tasks_of_services_are_protected() {
    let ctx = prepared();
    put_node(&ctx, "n1", |_| {});
    let task = run_one(&ctx, of("web"));
    let tasks = list(&[&arn(&task), "nobody"]);
    let input = shapes::UpdateTaskProtectionRequest {
        cluster: text("default"),
        tasks: tasks.clone(),
        protection_enabled: Some(true),
        expires_in_minutes: Some(60),
    };
    let failures = call::<op::UpdateTaskProtection>(&ctx, input.clone())
        .expect("a good request")
        .failures;
    assert_eq!(reasons(&failures.expect("always there")), ["TASK_NOT_VALID", "MISSING"]);
    let get = shapes::GetTaskProtectionRequest {
        cluster: text("default"),
        tasks,
    };
    let failures = call::<op::GetTaskProtection>(&ctx, get)
        .expect("a good request")
        .failures;
    assert_eq!(reasons(&failures.expect("always there")), ["TASK_NOT_VALID", "MISSING"]);
    let too_long = shapes::UpdateTaskProtectionRequest {
        expires_in_minutes: Some(2881),
        ..input
    };
    assert!(call::<op::UpdateTaskProtection>(&ctx, too_long).is_err());
}

#[test]
fn a_cluster_made_anew_does_not_have_the_old_ones_tasks() {
    let (ctx, clock) = world_and_clock();
    prepare(&ctx);
    put_node(&ctx, "n1", |_| {});
    let task = run_one(&ctx, of("plain"));
    tell(&ctx, &arn(&task), "STOPPED").expect("a placed task may stop");
    let input = shapes::DeregisterContainerInstanceRequest {
        container_instance: text("n1"),
        ..Default::default()
    };
    call::<op::DeregisterContainerInstance>(&ctx, input).expect("no task is there");
    call::<op::DeleteCluster>(
        &ctx,
        shapes::DeleteClusterRequest {
            cluster: text("default"),
        },
    )
    .expect("it is empty");
    assert_eq!(
        describe(&ctx, &[&arn(&task)]).0.len(),
        1,
        "the past of a deleted cluster is there"
    );
    clock.advance_millis(1000);
    call::<op::CreateCluster>(&ctx, Default::default()).expect("a cluster");
    assert_eq!(reasons(&describe(&ctx, &[&arn(&task)]).1), ["MISSING"]);
}

/// Whatever is asked and told, in whatever order: no law is broken.
#[test]
fn no_sequence_of_requests_breaks_a_law() {
    for seed in 0..6 {
        let ctx = prepared();
        for id in ["n1", "n2", "n3"] {
            put_node(&ctx, id, |n| n.fargate = id != "n1");
        }
        let dice = SeededDice::new(seed);
        let pick = |from: &[String]| {
            from.get(dice.below(from.len().max(1) as u64) as usize)
                .cloned()
                .unwrap_or_default()
        };
        for _ in 0..120 {
            let tasks: Vec<String> = ctx.snapshot().scan::<Task>(&Key::all()).map(|t| t.id.clone()).collect();
            let nodes: Vec<String> = ctx.snapshot().scan::<Node>(&Key::all()).map(|n| n.id.clone()).collect();
            // What is refused is refused: only what is left behind is looked at.
            match dice.below(10) {
                0..=2 => drop(run(
                    &ctx,
                    shapes::RunTaskRequest {
                        count: Some(1 + dice.below(4) as i32),
                        ..of("plain")
                    },
                )),
                3 => drop(run(&ctx, of("web"))),
                4 => drop(run(&ctx, on_fargate())),
                5 => drop(stop(&ctx, &pick(&tasks))),
                6..=7 => drop(tell(
                    &ctx,
                    &pick(&tasks),
                    ["RUNNING", "STOPPED", "PENDING"][dice.below(3) as usize],
                )),
                8 => {
                    let status = ["ACTIVE", "DRAINING"][dice.below(2) as usize];
                    let input = shapes::UpdateContainerInstancesStateRequest {
                        container_instances: Some(vec![pick(&nodes)]),
                        status: text(status),
                        ..Default::default()
                    };
                    drop(call::<op::UpdateContainerInstancesState>(&ctx, input));
                }
                _ if dice.below(12) == 0 => {
                    let input = shapes::DeregisterContainerInstanceRequest {
                        container_instance: Some(pick(&nodes)),
                        force: Some(dice.below(2) == 0),
                        ..Default::default()
                    };
                    drop(call::<op::DeregisterContainerInstance>(&ctx, input));
                }
                _ => {}
            }
            assert_lawful(&ctx);
        }
        assert!(
            ctx.snapshot().count::<Task>(&Key::all()) > 10,
            "the sequence did something"
        );
    }
}
