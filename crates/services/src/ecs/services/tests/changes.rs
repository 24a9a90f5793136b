//! What changes a service, and what ends it.

use super::*;
use model::{DeploymentStatus, RevisionStatus, ServiceStatus};

#[test]
fn numbers_change_the_service_and_no_revision() {
    let ctx = prepared();
    made(&ctx, named("web"));
    let before = target(&ctx, "web");
    let input = shapes::UpdateServiceRequest {
        desired_count: Some(5),
        health_check_grace_period_seconds: Some(30),
        task_definition: text("web:1"),
        deployment_configuration: Some(shapes::DeploymentConfiguration {
            maximum_percent: Some(150),
            ..Default::default()
        }),
        ..of("web")
    };
    let shown = update(&ctx, input).expect("good numbers");
    assert_eq!(
        (shown.desired_count, shown.health_check_grace_period_seconds),
        (Some(5), Some(30))
    );
    let service = record(&ctx, "web");
    assert_eq!((service.desired, service.grace_seconds), (5, 30));
    assert_eq!((service.rules.min_percent, service.rules.max_percent), (100, 150));
    assert_eq!(*target(&ctx, "web"), *before);
    assert_eq!(revisions(&ctx, "web"), 1);
}

#[test]
fn zones_are_kept_even_until_somebody_says_otherwise() {
    let ctx = prepared();
    made(&ctx, named("web"));
    let most = |most, zones: Option<&str>| shapes::UpdateServiceRequest {
        deployment_configuration: Some(shapes::DeploymentConfiguration {
            maximum_percent: Some(most),
            minimum_healthy_percent: Some(50),
            ..Default::default()
        }),
        availability_zone_rebalancing: zones.map(str::to_string),
        ..of("web")
    };
    for percent in [100, 200] {
        let shown = update(&ctx, most(percent, None)).expect("good bounds");
        assert_eq!(shown.availability_zone_rebalancing, text("ENABLED"), "{percent}");
    }
    let refused = update(&ctx, most(100, Some("ENABLED"))).expect_err("as when it is made");
    assert!(refused.message.contains("maximumPercent of 100"), "{}", refused.message);
    for (zones, shown) in [
        (Some("DISABLED"), "DISABLED"),
        (None, "DISABLED"),
        (Some("ENABLED"), "ENABLED"),
    ] {
        let updated = update(&ctx, most(200, zones)).expect("good bounds");
        assert_eq!(updated.availability_zone_rebalancing, text(shown), "{zones:?}");
    }
}

#[test]
fn the_tasks_to_come_are_placed_and_tagged_as_they_are_to_be_now() {
    let ctx = prepared();
    made(&ctx, named("web"));
    let distinct = shapes::PlacementConstraint {
        r#type: text("distinctInstance"),
        expression: None,
    };
    let input = shapes::UpdateServiceRequest {
        placement_constraints: Some(vec![distinct]),
        enable_ecs_managed_tags: Some(true),
        ..of("web")
    };
    let shown = update(&ctx, input).expect("a good constraint");
    assert_eq!(shown.placement_constraints.map(|all| all.len()), Some(1));
    let template = &target(&ctx, "web").template;
    assert_eq!((template.rules.len(), template.tags.len()), (1, 2));
    assert_eq!(record(&ctx, "web").placement.len(), 1);
    let none = shapes::UpdateServiceRequest {
        placement_constraints: Some(Vec::new()),
        ..of("web")
    };
    update(&ctx, none).expect("no constraint");
    assert_eq!(target(&ctx, "web").template.rules.len(), 0);
    assert_eq!(revisions(&ctx, "web"), 1);
}

#[test]
fn other_tasks_take_a_deployment_and_the_former_one_gives_way() {
    let ctx = prepared();
    made(&ctx, named("web"));
    let (first, under_way) = (target(&ctx, "web").id.clone(), deployment(&ctx, "web").id.clone());
    running(&ctx, "web", &first, 2);
    define(&ctx, "web", Default::default());
    let newest = shapes::UpdateServiceRequest {
        task_definition: text("web"),
        ..of("web")
    };
    let input = shapes::UpdateServiceRequest { ..newest.clone() };
    let shown = call::<op::UpdateService>(&ctx, input)
        .expect("another revision")
        .service
        .expect("always there");
    assert_eq!(
        shown.task_definition,
        text("arn:aws:ecs:us-east-1:000000000000:task-definition/web:2")
    );
    let deployments = shown.deployments.expect("always there");
    let seen: Vec<_> = deployments
        .iter()
        .map(|d| (d.status.as_deref(), d.running_count))
        .collect();
    assert_eq!(seen, [(Some("PRIMARY"), Some(0)), (Some("ACTIVE"), Some(2))]);
    let now = deployment(&ctx, "web");
    assert_eq!(
        (now.sources.len(), &now.sources[0].revision, now.sources[0].running),
        (1, &first, 2)
    );
    let snapshot = ctx.snapshot();
    let old = snapshot.get::<ServiceDeployment>(&ServiceDeployment::key_of("default", "web", &under_way));
    let old = old.expect("it stays");
    assert_eq!((old.status, old.counts), (DeploymentStatus::Stopped, Some((2, 2, 0))));
    assert!(old.stopped_at.is_some() && old.reason.is_some());
    let former = snapshot.get::<ServiceRevision>(&ServiceRevision::key_of("default", "web", &first));
    assert_eq!(former.expect("it stays").status, RevisionStatus::Active);
    running(&ctx, "web", &first, 0);
    update(&ctx, newest).expect("the same again");
    assert_eq!(revisions(&ctx, "web"), 2, "what is so already needs no deployment");
    let forced = shapes::UpdateServiceRequest {
        force_new_deployment: Some(true),
        ..of("web")
    };
    update(&ctx, forced).expect("forced");
    assert_eq!(revisions(&ctx, "web"), 3);
}

#[test]
fn after_a_way_back_the_same_update_is_another_try() {
    let ctx = prepared();
    made(&ctx, named("web"));
    let first = (*target(&ctx, "web")).clone();
    define(&ctx, "web", Default::default());
    let newest = shapes::UpdateServiceRequest {
        task_definition: text("web:2"),
        ..of("web")
    };
    update(&ctx, newest.clone()).expect("another revision");
    // The controller goes back to the first.
    let failed = (*target(&ctx, "web")).clone();
    ctx.put(ServiceRevision {
        status: RevisionStatus::Inactive,
        ..failed
    });
    ctx.put(first.clone());
    meanwhile(&ctx, "web", |service| service.target = Some(first.id.clone()));
    deploying(&ctx, "web", |d| d.status = DeploymentStatus::RollbackSuccessful);
    assert!(
        describe(&ctx, "web")
            .task_definition
            .is_some_and(|arn| arn.ends_with("web:1"))
    );
    let counted = shapes::UpdateServiceRequest {
        desired_count: Some(3),
        ..of("web")
    };
    update(&ctx, counted).expect("a number");
    assert_eq!(target(&ctx, "web").id, first.id, "a number leaves the way back alone");
    update(&ctx, newest).expect("another try");
    assert_eq!(target(&ctx, "web").template.revision, 2);
    assert_eq!(revisions(&ctx, "web"), 3);
}

#[test]
fn who_controls_a_service_limits_what_an_update_may_change() {
    let ctx = prepared();
    made(&ctx, external("outside"));
    made(&ctx, daemon("agent"));
    let refused = |input| says(update(&ctx, input));
    let definition = shapes::UpdateServiceRequest {
        task_definition: text("web"),
        ..of("outside")
    };
    assert!(refused(definition).starts_with("Unable to update task definition on services with a EXTERNAL"));
    let forced = shapes::UpdateServiceRequest {
        force_new_deployment: Some(true),
        ..of("outside")
    };
    assert!(refused(forced).starts_with("Cannot force a new deployment"));
    let count = shapes::UpdateServiceRequest {
        desired_count: Some(1),
        ..of("agent")
    };
    assert!(refused(count.clone()).contains("does not support a desired count"));
    let outside = shapes::UpdateServiceRequest {
        service: text("outside"),
        ..count
    };
    assert_eq!(update(&ctx, outside).map(|s| s.desired_count), Ok(Some(1)));
    let other = shapes::UpdateServiceRequest {
        deployment_controller: Some(shapes::DeploymentController { r#type: text("ECS") }),
        ..of("outside")
    };
    assert!(refused(other).contains("can't be changed"));
    assert_eq!(code(update(&ctx, of("nothing"))), "ServiceNotFoundException");
}

#[test]
fn a_service_drains_before_it_is_gone() {
    let ctx = prepared();
    made(&ctx, named("web"));
    assert_eq!(
        says(delete(&ctx, "web", false)),
        "The service cannot be stopped while it is scaled above 0."
    );
    let none = shapes::UpdateServiceRequest {
        desired_count: Some(0),
        ..of("web")
    };
    update(&ctx, none).expect("none");
    let shown = delete(&ctx, "web", false).expect("scaled to nothing");
    assert_eq!((shown.status, shown.desired_count), (text("DRAINING"), Some(0)));
    assert_eq!(delete(&ctx, "web", false).map(|s| s.status), Ok(text("DRAINING")));
    assert_eq!(code(update(&ctx, of("web"))), "ServiceNotActiveException");
    let mut revision = (*target(&ctx, "web")).clone();
    meanwhile(&ctx, "web", |service| {
        (service.status, service.target) = (ServiceStatus::Inactive, None)
    });
    revision.status = RevisionStatus::Inactive;
    ctx.put(revision);
    assert_eq!(code(delete(&ctx, "web", true)), "ServiceNotFoundException");
    assert_eq!(describe(&ctx, "web").status, text("INACTIVE"));
    assert_eq!(describe(&ctx, "web").deployments, Some(Vec::new()));
    made(&ctx, daemon("agent"));
    assert!(
        delete(&ctx, "agent", false).is_ok(),
        "a DAEMON service has no count to scale down"
    );
}

#[test]
fn lists_show_what_is_active() {
    let ctx = prepared();
    for name in ["a", "b", "c"] {
        made(&ctx, named(name));
    }
    made(&ctx, on_fargate("f"));
    made(&ctx, daemon("d"));
    delete(&ctx, "c", true).expect("forced");
    let names = |input: shapes::ListServicesRequest| {
        let output = call::<op::ListServices>(&ctx, input).expect("a good request");
        let arns = output.service_arns.expect("always there");
        let names: Vec<String> = arns
            .iter()
            .filter_map(|arn| arn.rsplit('/').next().map(str::to_string))
            .collect();
        (names.join(" "), output.next_token)
    };
    let all = shapes::ListServicesRequest::default();
    assert_eq!(names(all.clone()).0, "a b d f");
    let (two, next) = names(shapes::ListServicesRequest {
        max_results: Some(2),
        ..all.clone()
    });
    assert_eq!(two, "a b");
    let rest = shapes::ListServicesRequest {
        next_token: next,
        ..all.clone()
    };
    assert_eq!(names(rest), ("d f".to_string(), None));
    let fargate = shapes::ListServicesRequest {
        launch_type: text("FARGATE"),
        ..all.clone()
    };
    assert_eq!(names(fargate).0, "f");
    let daemons = shapes::ListServicesRequest {
        scheduling_strategy: text("DAEMON"),
        ..all.clone()
    };
    assert_eq!(names(daemons).0, "d");
    let managed = shapes::ListServicesRequest {
        resource_management_type: text("ECS"),
        ..all
    };
    assert_eq!(names(managed).0, "");
}

#[test]
fn a_namespace_knows_its_services() {
    let ctx = prepared();
    let connected = |name: &str, namespace: &str| shapes::CreateServiceRequest {
        service_connect_configuration: Some(shapes::ServiceConnectConfiguration {
            enabled: Some(true),
            namespace: text(namespace),
            ..Default::default()
        }),
        ..named(name)
    };
    made(&ctx, connected("a", "shop"));
    made(
        &ctx,
        connected("b", "arn:aws:servicediscovery:us-east-1:000000000000:namespace/ns-1"),
    );
    made(&ctx, named("c"));
    let of = |namespace: &str| {
        let input = shapes::ListServicesByNamespaceRequest {
            namespace: text(namespace),
            ..Default::default()
        };
        let output = call::<op::ListServicesByNamespace>(&ctx, input).expect("a good request");
        output.service_arns.expect("always there").len()
    };
    assert_eq!((of("shop"), of("ns-1"), of("other")), (1, 1, 0));
}
