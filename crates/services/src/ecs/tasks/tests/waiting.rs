//! Capacity that grows: nodes that are put into a provider, and tasks that wait for one.

use super::*;

const GROWS: &str = "grows";

/// A provider of the cluster whose managed scaling is on, or off.
fn provider(ctx: &Ctx, name: &str, status: &str) {
    let scaling = shapes::ManagedScaling {
        status: text(status),
        ..Default::default()
    };
    let group = shapes::AutoScalingGroupProvider {
        auto_scaling_group_arn: text(name),
        managed_scaling: Some(scaling),
        ..Default::default()
    };
    let input = shapes::CreateCapacityProviderRequest {
        name: text(name),
        auto_scaling_group_provider: Some(group),
        ..Default::default()
    };
    call::<op::CreateCapacityProvider>(ctx, input).expect("a good provider");
    let input = shapes::PutClusterCapacityProvidersRequest {
        cluster: text("default"),
        capacity_providers: list(&[name]),
        default_capacity_provider_strategy: Some(Vec::new()),
    };
    call::<op::PutClusterCapacityProviders>(ctx, input).expect("a good list");
}

fn on(provider: &str, count: i32) -> shapes::RunTaskRequest {
    let item = shapes::CapacityProviderStrategyItem {
        capacity_provider: text(provider),
        ..Default::default()
    };
    shapes::RunTaskRequest {
        count: Some(count),
        capacity_provider_strategy: Some(vec![item]),
        ..of("plain")
    }
}

/// Puts a node into a provider, as an operator does.
fn join(ctx: &Ctx, node: &str, provider: &str) -> Result<(), Fault> {
    let attribute = shapes::Attribute {
        name: text(Node::PROVIDER),
        value: text(provider),
        target_type: text("container-instance"),
        target_id: text(node),
    };
    let input = shapes::PutAttributesRequest {
        cluster: None,
        attributes: Some(vec![attribute]),
    };
    call::<op::PutAttributes>(ctx, input).map(|_| ())
}

#[test]
fn tasks_wait_for_capacity_that_grows() {
    let ctx = prepared();
    provider(&ctx, GROWS, "ENABLED");
    put_node(&ctx, "elsewhere", |_| {});
    let (tasks, failures) = run(&ctx, on(GROWS, 2)).expect("a good request");
    assert_eq!((tasks.len(), failures), (2, Vec::new()));
    for task in &tasks {
        assert_eq!(task.last_status.as_deref(), Some("PROVISIONING"));
        assert_eq!(
            (&task.container_instance_arn, task.capacity_provider_name.as_deref()),
            (&None, Some(GROWS))
        );
    }
    assert_lawful(&ctx);
    let stopped = stop(&ctx, &arn(&tasks[0])).expect("it is there");
    assert_eq!(stopped.last_status.as_deref(), Some("STOPPED"));
    assert_lawful(&ctx);
    assert_eq!(ctx.snapshot().scan::<model::Waiting>(&Key::all()).count(), 1);
}

#[test]
fn tasks_wait_for_no_capacity_that_stays_as_it_is() {
    let ctx = prepared();
    provider(&ctx, "stays", "DISABLED");
    let refused = message(run(&ctx, on("stays", 1)));
    assert_eq!(refused, "No Container Instances were found in your capacity provider.");
}

#[test]
fn no_more_wait_than_a_cluster_may_have() {
    let ctx = prepared();
    provider(&ctx, GROWS, "ENABLED");
    for _ in 0..49 {
        run(&ctx, on(GROWS, 10)).expect("a good request");
    }
    run(&ctx, on(GROWS, 5)).expect("a good request");
    let (tasks, failures) = run(&ctx, on(GROWS, 10)).expect("some may wait");
    assert_eq!((tasks.len(), failures.len()), (5, 5));
    assert_eq!(reasons(&failures)[0], "Tasks provisioning capacity limit exceeded.");
    assert_eq!(
        message(run(&ctx, on(GROWS, 1))),
        "Tasks provisioning capacity limit exceeded."
    );
}

#[test]
fn an_attribute_puts_a_node_into_a_provider() {
    let ctx = prepared();
    provider(&ctx, GROWS, "ENABLED");
    put_node(&ctx, "n1", |_| {});
    assert!(join(&ctx, "n1", "nowhere").is_err());
    assert!(join(&ctx, "n1", "FARGATE").is_err());
    join(&ctx, "n1", GROWS).expect("a provider of the cluster");
    let task = run_one(&ctx, on(GROWS, 1));
    assert_eq!(task.last_status.as_deref(), Some("PENDING"));
    assert!(task.container_instance_arn.is_some_and(|node| node.ends_with("/n1")));
    let attribute = shapes::Attribute {
        name: text(Node::PROVIDER),
        target_type: text("container-instance"),
        target_id: text("n1"),
        ..Default::default()
    };
    let input = shapes::DeleteAttributesRequest {
        cluster: None,
        attributes: Some(vec![attribute]),
    };
    call::<op::DeleteAttributes>(&ctx, input).expect("it is there");
    let node = ctx.snapshot().get::<Node>(&Node::key_of("default", "n1"));
    assert_eq!(node.expect("it is there").capacity_provider, None);
}
