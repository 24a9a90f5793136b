//! What makes a service, and what does not.

use super::*;
use model::{DeploymentStatus, RevisionStatus, ServiceStatus};

#[test]
fn a_service_begins_with_a_revision_and_a_deployment_to_it() {
    let ctx = prepared();
    let shown = made(&ctx, named("web"));
    assert_eq!(
        shown.service_arn,
        text("arn:aws:ecs:us-east-1:000000000000:service/default/web")
    );
    assert_eq!((shown.status, shown.desired_count), (text("ACTIVE"), Some(2)));
    assert_eq!((shown.running_count, shown.pending_count), (Some(0), Some(0)));
    assert_eq!(
        shown.task_definition,
        text("arn:aws:ecs:us-east-1:000000000000:task-definition/web:1")
    );
    assert_eq!(
        (shown.launch_type, shown.scheduling_strategy),
        (text("EC2"), text("REPLICA"))
    );
    assert_eq!(shown.availability_zone_rebalancing, text("ENABLED"));
    assert_eq!((shown.propagate_tags, shown.events), (text("NONE"), Some(Vec::new())));
    let configuration = shown.deployment_configuration.expect("always there");
    assert_eq!(configuration.strategy, text("ROLLING"));
    assert_eq!(
        (configuration.minimum_healthy_percent, configuration.maximum_percent),
        (Some(100), Some(200))
    );
    let revision = target(&ctx, "web");
    assert_eq!((revision.id.len(), revision.status), (19, RevisionStatus::Primary));
    assert_eq!(revision.template.group, "service:web");
    assert_eq!(revision.template.started_by, Some(format!("ecs-svc/{}", revision.id)));
    let deployments = shown.deployments.expect("always there");
    assert_eq!(deployments.len(), 1);
    assert_eq!(deployments[0].id, Some(format!("ecs-svc/{}", revision.id)));
    assert_eq!(
        (
            deployments[0].status.as_deref(),
            deployments[0].rollout_state.as_deref()
        ),
        (Some("PRIMARY"), Some("IN_PROGRESS"))
    );
    let deployment = deployment(&ctx, "web");
    assert_eq!(
        (deployment.id.len(), deployment.status),
        (21, DeploymentStatus::Pending)
    );
    assert_eq!((&deployment.target, deployment.sources.len()), (&revision.id, 0));
    assert!(
        shown
            .current_service_deployment
            .is_some_and(|arn| arn.ends_with(&deployment.id))
    );
    assert_eq!(shown.current_service_revisions.map(|all| all.len()), Some(1));
}

#[test]
fn each_kind_of_service_has_defaults_of_its_own() {
    let ctx = prepared();
    let shown = made(&ctx, daemon("agent"));
    let configuration = shown.deployment_configuration.expect("always there");
    assert_eq!(
        (configuration.minimum_healthy_percent, configuration.maximum_percent),
        (Some(0), Some(100))
    );
    assert_eq!(
        (shown.desired_count, shown.availability_zone_rebalancing),
        (Some(0), text("DISABLED"))
    );
    let shown = made(&ctx, external("outside"));
    assert_eq!((shown.task_definition, shown.task_sets), (None, Some(Vec::new())));
    assert_eq!((shown.deployments, shown.desired_count), (Some(Vec::new()), Some(4)));
    let service = record(&ctx, "outside");
    assert_eq!((&service.target, &service.deployment), (&None, &None));
    let shown = made(&ctx, on_fargate("small"));
    assert_eq!(
        (shown.platform_version, shown.platform_family),
        (text("1.4.0"), text("Linux"))
    );
    let vpc = shown
        .network_configuration
        .and_then(|network| network.awsvpc_configuration);
    assert_eq!(vpc.and_then(|vpc| vpc.assign_public_ip), text("DISABLED"));
}

#[test]
fn what_is_not_allowed_says_so() {
    let ctx = prepared();
    let refused = |input| says(create(&ctx, input));
    let with = |change: fn(&mut shapes::CreateServiceRequest)| {
        let mut input = named("web");
        change(&mut input);
        says(create(&prepared(), input))
    };
    assert!(with(|s| s.service_name = text("a b")).contains("must match"));
    assert_eq!(with(|s| s.task_definition = None), "TaskDefinition can not be blank.");
    assert_eq!(
        with(|s| s.task_definition = text("nothing")),
        "TaskDefinition not found."
    );
    assert_eq!(with(|s| s.desired_count = None), "desiredCount can not be blank.");
    assert!(with(|s| s.desired_count = Some(-1)).contains("negative"));
    assert_eq!(with(|s| s.cluster = text("other")), "Cluster not found.");
    assert!(with(|s| s.launch_type = text("FARGATE")).contains("does not support launch_type FARGATE"));
    assert!(with(|s| s.client_token = Some("a".repeat(37))).contains("clientToken"));
    assert!(with(|s| s.role = text("ecs")).contains("load balancer"));
    assert!(with(|s| s.availability_zone_rebalancing = text("enabled")).contains("availabilityZoneRebalancing"));
    assert!(
        with(|s| {
            s.availability_zone_rebalancing = text("ENABLED");
            s.deployment_configuration = Some(shapes::DeploymentConfiguration {
                maximum_percent: Some(100),
                minimum_healthy_percent: Some(50),
                ..Default::default()
            });
        })
        .contains("maximumPercent of 100")
    );
    assert!(
        refused(shapes::CreateServiceRequest {
            network_configuration: None,
            ..on_fargate("x")
        })
        .contains("must be provided")
    );
    let unknown = shapes::CreateServiceRequest {
        platform_version: text("9.9.9"),
        ..on_fargate("x")
    };
    assert_eq!(code(create(&ctx, unknown)), "PlatformUnknownException");
    let counted = shapes::CreateServiceRequest {
        desired_count: Some(1),
        ..daemon("x")
    };
    assert!(refused(counted).contains("does not support a desired count"));
    let spread = shapes::PlacementStrategy {
        r#type: text("random"),
        field: None,
    };
    let placed = shapes::CreateServiceRequest {
        placement_strategy: Some(vec![spread]),
        ..daemon("x")
    };
    assert!(refused(placed).contains("does not support placement strategies"));
    let outside = shapes::CreateServiceRequest {
        task_definition: text("web"),
        ..external("x")
    };
    assert!(refused(outside).contains("EXTERNAL deployment controller"));
    assert_eq!(revisions(&ctx, "x"), 0, "what is refused leaves nothing");
}

#[test]
fn a_name_is_taken_until_its_service_is_inactive() {
    let ctx = prepared();
    let token = |token: &str| shapes::CreateServiceRequest {
        client_token: text(token),
        ..named("web")
    };
    let first = made(&ctx, token("once"));
    let again = made(&ctx, token("once"));
    assert_eq!(first.created_at, again.created_at);
    assert_eq!(revisions(&ctx, "web"), 1);
    let idempotent = "Creation of service was not idempotent.";
    assert_eq!(says(create(&ctx, token("twice"))), idempotent);
    assert_eq!(says(create(&ctx, named("web"))), idempotent);
    let other = shapes::CreateServiceRequest {
        service_name: text("other"),
        ..token("once")
    };
    assert_eq!(says(create(&ctx, other)), idempotent);
    delete(&ctx, "web", true).expect("forced");
    assert_eq!(
        says(create(&ctx, named("web"))),
        "Unable to Start a service that is still Draining."
    );
    let former = target(&ctx, "web").id.clone();
    meanwhile(&ctx, "web", |service| {
        service.status = ServiceStatus::Inactive;
        service.target = None;
        service.events = 7;
    });
    deploying(&ctx, "web", |deployment| deployment.status = DeploymentStatus::Stopped);
    made(&ctx, named("web"));
    assert_ne!(target(&ctx, "web").id, former);
    assert_eq!(record(&ctx, "web").events, 7, "events count on");
}

#[test]
fn tags_go_where_they_are_told_to() {
    let ctx = prepared();
    let tag = shapes::Tag {
        key: text("team"),
        value: text("blue"),
    };
    let tags_of = |from: &str| {
        let input = shapes::CreateServiceRequest {
            tags: Some(vec![tag.clone()]),
            propagate_tags: text(from),
            enable_ecs_managed_tags: Some(true),
            ..on_fargate(&from.to_lowercase())
        };
        made(&ctx, input);
        let template = &target(&ctx, &from.to_lowercase()).template;
        template
            .tags
            .iter()
            .map(|tag| format!("{}={}", tag.key, tag.value))
            .collect::<Vec<_>>()
    };
    let managed = |name: &str| {
        [
            "aws:ecs:clusterName=default".to_string(),
            format!("aws:ecs:serviceName={name}"),
        ]
    };
    assert_eq!(tags_of("NONE"), managed("none"));
    assert_eq!(tags_of("SERVICE")[0], "team=blue");
    assert_eq!(tags_of("TASK_DEFINITION")[0], "from=definition");
}

#[test]
fn capacity_is_settled_when_the_service_is_made() {
    let ctx = prepared();
    let item = |provider: &str, weight| shapes::CapacityProviderStrategyItem {
        capacity_provider: text(provider),
        weight: Some(weight),
        base: Some(0),
    };
    let put = shapes::PutClusterCapacityProvidersRequest {
        cluster: text("default"),
        capacity_providers: list(&["FARGATE", "FARGATE_SPOT"]),
        default_capacity_provider_strategy: Some(vec![item("FARGATE_SPOT", 1)]),
    };
    call::<op::PutClusterCapacityProviders>(&ctx, put.clone()).expect("good providers");
    let by_default = shapes::CreateServiceRequest {
        launch_type: None,
        ..on_fargate("default")
    };
    let shown = made(&ctx, by_default);
    assert_eq!(shown.launch_type, None);
    assert_eq!(shown.capacity_provider_strategy, Some(vec![item("FARGATE_SPOT", 1)]));
    assert_eq!(target(&ctx, "default").shares[0].provider, "FARGATE_SPOT");
    let daemon = says(create(&ctx, daemon("agent")));
    assert!(
        daemon.contains("capacity provider strategy is not supported"),
        "{daemon}"
    );
    let both = shapes::CreateServiceRequest {
        capacity_provider_strategy: Some(vec![item("FARGATE", 1)]),
        ..on_fargate("both")
    };
    assert!(says(create(&ctx, both)).contains("both a launch type and capacity provider strategy"));
    let without = shapes::PutClusterCapacityProvidersRequest {
        capacity_providers: list(&["FARGATE"]),
        default_capacity_provider_strategy: Some(Vec::new()),
        ..put
    };
    let refused = call::<op::PutClusterCapacityProviders>(&ctx, without);
    assert_eq!(code(refused), "ResourceInUseException");
    // An update to nothing leads back to the launch type, and one to another provider to that.
    let to = |strategy| shapes::UpdateServiceRequest {
        capacity_provider_strategy: Some(strategy),
        ..of("default")
    };
    let shown = update(&ctx, to(vec![item("FARGATE", 1)])).expect("another provider");
    assert_eq!(shown.capacity_provider_strategy, Some(vec![item("FARGATE", 1)]));
    let shown = update(&ctx, to(Vec::new())).expect("back to the launch type");
    assert_eq!(
        (shown.launch_type, shown.capacity_provider_strategy),
        (text("FARGATE"), None)
    );
    assert_eq!(revisions(&ctx, "default"), 3);
}
