//! Which tasks are started, where, and in which words it is refused.

use super::*;

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
    assert_eq!(conflict.details, [("resourceIds", wire::Detail::Texts(arns))]);
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
