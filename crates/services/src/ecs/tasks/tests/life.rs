//! What becomes of tasks that were started: stopped, listed, tagged, protected, forgotten.

use super::*;

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
