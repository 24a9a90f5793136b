//! Container instances registered, described, drained and let go, against a store in memory.

use crate::common::Ctx;
use crate::common::testing::{a_node, a_task, block_on, world};
use crate::ecs;
use api::ecs::{self as shapes, op};
use model::{Cluster, Given, HostPort, Node, NodeLedger, StopCode, Task, TaskDefinition, TaskStatus, ledger};
use store::{Key, Record};
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

fn resource(name: &str, number: i32, values: &[&str]) -> shapes::Resource {
    shapes::Resource {
        name: text(name),
        r#type: text(if number > 0 { "INTEGER" } else { "STRINGSET" }),
        integer_value: (number > 0).then_some(number),
        string_set_value: (number == 0).then(|| values.iter().map(|v| v.to_string()).collect()),
        ..Default::default()
    }
}

fn attribute(name: &str, value: Option<&str>) -> shapes::Attribute {
    shapes::Attribute {
        name: text(name),
        value: value.map(str::to_string),
        ..Default::default()
    }
}

fn registration() -> shapes::RegisterContainerInstanceRequest {
    shapes::RegisterContainerInstanceRequest {
        instance_identity_document: text(
            r#"{"instanceId":"i-1","region":"us-east-1","availabilityZone":"us-east-1b"}"#,
        ),
        total_resources: Some(vec![
            resource("CPU", 2048, &[]),
            resource("MEMORY", 4096, &[]),
            resource("PORTS", 0, &["22", "2375"]),
            resource("NEURON_CORES", 2, &[]),
        ]),
        attributes: Some(vec![attribute("rack", Some("r7")), attribute("ecs.capability.x", None)]),
        version_info: Some(shapes::VersionInfo {
            agent_version: text("1.80.0"),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn register(ctx: &Ctx, input: shapes::RegisterContainerInstanceRequest) -> Result<shapes::ContainerInstance, Fault> {
    call::<op::RegisterContainerInstance>(ctx, input).map(|output| output.container_instance.expect("always there"))
}

fn id_of(node: &shapes::ContainerInstance) -> String {
    node.container_instance_arn
        .as_deref()
        .and_then(|arn| arn.rsplit('/').next())
        .expect("an ARN")
        .to_string()
}

fn describe(ctx: &Ctx, id: &str) -> shapes::DescribeContainerInstancesResponse {
    let input = shapes::DescribeContainerInstancesRequest {
        container_instances: Some(vec![id.to_string()]),
        include: Some(vec!["TAGS".to_string(), "CONTAINER_INSTANCE_HEALTH".to_string()]),
        ..Default::default()
    };
    call::<op::DescribeContainerInstances>(ctx, input).expect("a good request")
}

fn amount(resources: &Option<Vec<shapes::Resource>>, name: &str) -> shapes::Resource {
    let found = resources.iter().flatten().find(|r| r.name.as_deref() == Some(name));
    found.cloned().unwrap_or_else(|| panic!("no {name}"))
}

/// A task on the node, that has got as far as RUNNING.
fn run_a_task(ctx: &Ctx, node: &str, id: &str, port: u16) {
    let (node, id) = (node.to_string(), id.to_string());
    let written = ctx.write(move |tx| {
        let node = tx
            .get::<Node>(&Node::key_of("default", &node))
            .expect("it was registered");
        let mut task = a_task("default", &id, TaskStatus::Provisioning);
        task.created_at = tx.now();
        task.containers = vec![model::testing::container("web", true)];
        task.demand.cpu_units = 512;
        task.demand.host_ports = vec![HostPort { port, udp: false }];
        ledger::assign(tx, task, &node, None).expect("it waits for a node");
        Ok(())
    });
    block_on(written).expect("a good write");
}

fn report(ctx: &Ctx, task: &str, status: &str, exit_code: Option<i32>) -> Result<(), Fault> {
    let container = shapes::ContainerStateChange {
        container_name: text("web"),
        status: text(status),
        exit_code,
        network_bindings: (status == "RUNNING").then(|| {
            vec![shapes::NetworkBinding {
                bind_ip: text("0.0.0.0"),
                container_port_range: text("80-81"),
                host_port_range: text("8080-8081"),
                protocol: text("tcp"),
                ..Default::default()
            }]
        }),
        ..Default::default()
    };
    let input = shapes::SubmitTaskStateChangeRequest {
        task: text(task),
        status: text(status),
        containers: Some(vec![container]),
        ..Default::default()
    };
    let acknowledged = call::<op::SubmitTaskStateChange>(ctx, input)?.acknowledgment;
    assert_eq!(acknowledged.as_deref(), Some("ACK"));
    Ok(())
}

#[test]
fn a_node_comes_back_as_it_was_registered() {
    let ctx = world();
    let node = register(&ctx, registration()).expect("a good registration");
    assert!(
        ctx.snapshot()
            .get::<Cluster>(&Cluster::key_of("default"))
            .is_some_and(|c| c.active),
        "made on demand"
    );
    let described = describe(&ctx, &id_of(&node))
        .container_instances
        .expect("always there")
        .pop()
        .expect("one");
    assert_eq!(
        shapes::ContainerInstance {
            health_status: None,
            ..described.clone()
        },
        node
    );
    assert_eq!(node.ec2_instance_id.as_deref(), Some("i-1"));
    assert_eq!(
        (node.status.as_deref(), node.agent_connected),
        (Some("ACTIVE"), Some(false))
    );
    let names: Vec<_> = node
        .attributes
        .iter()
        .flatten()
        .map(|a| (a.name.as_deref(), a.value.as_deref()))
        .collect();
    let zone = (Some("ecs.availability-zone"), Some("us-east-1b"));
    assert_eq!(
        names,
        [zone, (Some("ecs.capability.x"), None), (Some("rack"), Some("r7"))]
    );
    assert_eq!(amount(&node.registered_resources, "CPU").integer_value, Some(2048));
    assert_eq!(amount(&node.remaining_resources, "NEURON_CORES").integer_value, Some(2));
    assert_eq!(
        amount(&node.remaining_resources, "PORTS").string_set_value,
        Some(vec!["22".to_string(), "2375".to_string()])
    );
    let health = described.health_status.and_then(|h| h.overall_status);
    assert_eq!(health.as_deref(), Some("IMPAIRED"));
    let missing = describe(&ctx, "nobody").failures.expect("always there");
    assert_eq!(missing[0].reason.as_deref(), Some("MISSING"));
}

#[test]
fn what_cannot_be_is_refused() {
    let ctx = world();
    let refused = |input| register(&ctx, input).map(|_| ()).map_err(|f| f.code.into_owned());
    let invalid = Err("InvalidParameterException".to_string());
    let cluster = text("nowhere");
    assert_eq!(
        refused(shapes::RegisterContainerInstanceRequest {
            cluster,
            ..registration()
        }),
        Err("ClusterNotFoundException".to_string())
    );
    let instance_identity_document = text("{");
    assert_eq!(
        refused(shapes::RegisterContainerInstanceRequest {
            instance_identity_document,
            ..registration()
        }),
        invalid
    );
    let attributes = Some(vec![attribute("a b", None)]);
    assert_eq!(
        refused(shapes::RegisterContainerInstanceRequest {
            attributes,
            ..registration()
        }),
        invalid
    );
    let container_instance_arn = text("arn:aws:ecs:us-east-1:000000000000:container-instance/default/abc");
    assert_eq!(
        refused(shapes::RegisterContainerInstanceRequest {
            container_instance_arn,
            ..registration()
        }),
        invalid
    );
}

#[test]
fn a_node_that_comes_again_is_the_same() {
    let ctx = world();
    let first = register(&ctx, registration()).expect("a good registration");
    let again = shapes::RegisterContainerInstanceRequest {
        container_instance_arn: first.container_instance_arn.clone(),
        attributes: Some(vec![attribute("ecs.capability.y", None)]),
        ..registration()
    };
    let second = register(&ctx, again.clone()).expect("a good registration");
    assert_eq!(
        (second.container_instance_arn, second.version),
        (first.container_instance_arn.clone(), Some(2))
    );
    let names: Vec<_> = second
        .attributes
        .iter()
        .flatten()
        .filter_map(|a| a.name.as_deref())
        .collect();
    assert_eq!(names, ["ecs.availability-zone", "ecs.capability.y", "rack"]);
    run_a_task(&ctx, &id_of(&first), "t1", 80);
    let smaller = shapes::RegisterContainerInstanceRequest {
        total_resources: None,
        ..again
    };
    let refused = register(&ctx, smaller).expect_err("a task holds more than that");
    assert_eq!(refused.message, "Container instance type changes are not supported.");
}

#[test]
fn lists_are_filtered_and_paged() {
    let ctx = world();
    let racks = ["r1", "r2", "r1"];
    for rack in racks {
        let attributes = Some(vec![attribute("rack", Some(rack))]);
        register(
            &ctx,
            shapes::RegisterContainerInstanceRequest {
                attributes,
                ..registration()
            },
        )
        .expect("a good one");
    }
    let list = |input: shapes::ListContainerInstancesRequest| {
        let output = call::<op::ListContainerInstances>(&ctx, input)?;
        Ok::<_, Fault>((output.container_instance_arns.expect("always there"), output.next_token))
    };
    let by = |filter: &str| shapes::ListContainerInstancesRequest {
        filter: text(filter),
        ..Default::default()
    };
    assert_eq!(
        list(by("attribute:rack == r1 and agentConnected == false"))
            .expect("a good filter")
            .0
            .len(),
        2
    );
    assert_eq!(list(by("runningTasksCount > 0")).expect("a good filter").0.len(), 0);
    let wrong = list(by("attribute:rack = r1")).expect_err("one sign too few");
    assert!(wrong.message.contains("at character 16"), "{wrong}");
    let mut seen = Vec::new();
    let mut next_token = None;
    loop {
        let page = shapes::ListContainerInstancesRequest {
            max_results: Some(1),
            next_token,
            ..by("attribute:rack exists")
        };
        let (mut arns, next) = list(page).expect("our own token");
        seen.append(&mut arns);
        next_token = next;
        if next_token.is_none() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), racks.len());
    let draining = shapes::ListContainerInstancesRequest {
        status: text("DRAINING"),
        ..Default::default()
    };
    assert_eq!(list(draining).expect("a good status").0.len(), 0);
    let too_many = shapes::ListContainerInstancesRequest {
        max_results: Some(101),
        ..Default::default()
    };
    assert_eq!(
        list(too_many).map_err(|f| f.code.into_owned()),
        Err("InvalidParameterException".to_string())
    );
}

#[test]
fn nodes_are_drained_and_taken_back() {
    let ctx = world();
    let node = id_of(&register(&ctx, registration()).expect("a good registration"));
    let set = |status: &str| {
        let input = shapes::UpdateContainerInstancesStateRequest {
            container_instances: Some(vec![node.clone(), "nobody".to_string()]),
            status: text(status),
            ..Default::default()
        };
        call::<op::UpdateContainerInstancesState>(&ctx, input)
    };
    let answer = set("DRAINING").expect("a good status");
    assert_eq!(
        answer.container_instances.expect("always there")[0].status.as_deref(),
        Some("DRAINING")
    );
    assert_eq!(
        answer.failures.expect("always there")[0].reason.as_deref(),
        Some("MISSING")
    );
    let answer = set("ACTIVE").expect("a good status");
    assert_eq!(
        answer.container_instances.expect("always there")[0].status.as_deref(),
        Some("ACTIVE")
    );
    assert!(set("DEREGISTERING").is_err());
}

#[test]
fn deregistering_is_final_and_gives_up_tasks_only_by_force() {
    let ctx = world();
    let node = id_of(&register(&ctx, registration()).expect("a good registration"));
    run_a_task(&ctx, &node, "t1", 80);
    let leave = |force| {
        let input = shapes::DeregisterContainerInstanceRequest {
            container_instance: text(&node),
            force,
            ..Default::default()
        };
        call::<op::DeregisterContainerInstance>(&ctx, input).map(|o| o.container_instance.expect("always there"))
    };
    assert_eq!(
        leave(None).expect_err("a task is there").message,
        "Found running tasks on the instance."
    );
    let gone = leave(Some(true)).expect("by force");
    assert_eq!(
        (gone.status.as_deref(), gone.running_tasks_count),
        (Some("INACTIVE"), Some(0))
    );
    let view = ctx.snapshot();
    let task = view
        .get::<Task>(&Task::key_of("default", "t1"))
        .expect("stopped tasks stay");
    assert!(task.is_stopped());
    assert_eq!(
        task.stopped_reason.as_deref(),
        Some("Container instance deregistration forced by user")
    );
    assert_eq!(view.get::<NodeLedger>(&NodeLedger::key_of(&node)), None);
    assert!(leave(Some(true)).is_err());
    assert_eq!(
        describe(&ctx, &node).container_instances.expect("always there").len(),
        1,
        "it can still be described"
    );
    let listed = call::<op::ListContainerInstances>(&ctx, Default::default()).expect("a good request");
    assert_eq!(listed.container_instance_arns, Some(Vec::new()));
}

#[test]
fn agents_move_tasks_and_ledgers() {
    let ctx = world();
    let node = id_of(&register(&ctx, registration()).expect("a good registration"));
    ctx.put(TaskDefinition {
        family: "web".to_string(),
        revision: 1,
        status: model::DefinitionStatus::Active,
        registered_at: ctx.now(),
        registered_by: String::new(),
        deregistered_at: None,
        delete_requested_at: None,
        tags: Vec::new(),
        given: Given::default(),
        plan: Default::default(),
        compatibilities: Vec::new(),
        requires_attributes: Vec::new(),
        work: Default::default(),
    });
    ctx.put(model::Family {
        name: "web".to_string(),
        last_revision: 1,
        active_revisions: 1,
    });
    run_a_task(&ctx, &node, "t1", 80);
    let remaining = || {
        let shown = describe(&ctx, &node)
            .container_instances
            .expect("always there")
            .remove(0);
        let ports = amount(&shown.remaining_resources, "PORTS")
            .string_set_value
            .expect("a set");
        (
            amount(&shown.remaining_resources, "CPU").integer_value,
            ports,
            shown.running_tasks_count,
            shown.pending_tasks_count,
        )
    };
    let all = ["22", "2375", "80"].map(str::to_string).to_vec();
    let (cpu, mut ports, running, pending) = remaining();
    ports.sort();
    assert_eq!((cpu, ports, running, pending), (Some(1536), all, Some(0), Some(1)));
    report(&ctx, "t1", "RUNNING", None).expect("a placed task may run");
    report(&ctx, "t1", "RUNNING", None).expect("news may come twice");
    assert_eq!((remaining().2, remaining().3), (Some(1), Some(0)));
    report(&ctx, "t1", "STOPPED", Some(3)).expect("a running task may stop");
    assert_eq!((remaining().0, remaining().2), (Some(2048), Some(0)));
    let task = ctx
        .snapshot()
        .get::<Task>(&Task::key_of("default", "t1"))
        .expect("stopped tasks stay");
    assert_eq!(
        (task.stop_code, task.containers[0].exit_code),
        (Some(StopCode::EssentialContainerExited), Some(3))
    );
    assert_eq!(task.containers[0].ports.len(), 2, "a range is as many ports");
    assert_eq!(model::invariants::check(&ctx.snapshot()), []);
    let unknown = report(&ctx, "nobody", "RUNNING", None).expect_err("no such task");
    assert_eq!(unknown.message, "The referenced task was not found.");
    assert!(report(&ctx, "t1", "HAPPY", None).is_err());
}

#[test]
fn a_task_without_a_node_is_not_moved_by_one() {
    let ctx = world();
    register(&ctx, registration()).expect("a good registration");
    ctx.put(a_task("default", "t1", TaskStatus::Provisioning));
    assert_eq!(
        report(&ctx, "t1", "RUNNING", None).map_err(|f| f.code.into_owned()),
        Err("ClientException".to_string())
    );
}

#[test]
fn there_is_no_newer_agent() {
    let ctx = world();
    register(&ctx, registration()).expect("a good registration");
    ctx.put(a_node("default", "silent"));
    let update = |id: &str| {
        let container_instance = text(id);
        let input = shapes::UpdateContainerAgentRequest {
            container_instance,
            ..Default::default()
        };
        call::<op::UpdateContainerAgent>(&ctx, input)
            .map(|_| ())
            .map_err(|f| f.code.into_owned())
    };
    let told = ctx
        .snapshot()
        .scan::<Node>(&Key::of(["default"]))
        .find(|n| n.agent_version.is_some());
    let told = told.expect("the registered one").key().text(1).expect("an id");
    assert_eq!(update(&told), Err("NoUpdateAvailableException".to_string()));
    assert_eq!(update("silent"), Err("MissingVersionException".to_string()));
    assert_eq!(update("nobody"), Err("InvalidParameterException".to_string()));
}
