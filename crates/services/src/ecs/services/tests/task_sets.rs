//! Task sets: shares of a service that something else than ECS deploys.

use super::*;
use model::TaskSet;

fn set(scale: f64) -> shapes::CreateTaskSetRequest {
    shapes::CreateTaskSetRequest {
        cluster: text("default"),
        service: text("outside"),
        task_definition: text("web"),
        launch_type: text("EC2"),
        scale: Some(shapes::Scale {
            value: Some(scale),
            unit: text("PERCENT"),
        }),
        ..Default::default()
    }
}

fn put(ctx: &Ctx, input: shapes::CreateTaskSetRequest) -> Result<shapes::TaskSet, Fault> {
    call::<op::CreateTaskSet>(ctx, input).map(|output| output.task_set.expect("always there"))
}

fn all(ctx: &Ctx) -> Vec<shapes::TaskSet> {
    let input = shapes::DescribeTaskSetsRequest {
        cluster: text("default"),
        service: text("outside"),
        ..Default::default()
    };
    let output = call::<op::DescribeTaskSets>(ctx, input).expect("a good request");
    output.task_sets.expect("always there")
}

#[test]
fn a_set_has_its_share_and_one_is_primary() {
    let ctx = prepared();
    made(&ctx, external("outside"));
    let shown = put(&ctx, set(50.0)).expect("a good set");
    assert_eq!(
        (shown.status.as_deref(), shown.computed_desired_count),
        (Some("ACTIVE"), Some(2))
    );
    let id = shown.id.clone().expect("always there");
    assert!(id.starts_with("ecs-svc/") && id.len() == 27, "{id}");
    let revision = id.trim_start_matches("ecs-svc/");
    let snapshot = ctx.snapshot();
    let revision = snapshot.get::<ServiceRevision>(&ServiceRevision::key_of("default", "outside", revision));
    let revision = revision.expect("a set has one");
    assert_eq!(revision.task_set.as_ref(), Some(&id));
    assert_eq!(
        (revision.template.group.as_str(), revision.template.started_by.as_ref()),
        ("service:outside", Some(&id))
    );
    let primary = shapes::UpdateServicePrimaryTaskSetRequest {
        cluster: text("default"),
        service: text("outside"),
        primary_task_set: shown.task_set_arn.clone(),
    };
    let shown = call::<op::UpdateServicePrimaryTaskSet>(&ctx, primary)
        .expect("by its ARN")
        .task_set;
    assert_eq!(shown.and_then(|set| set.status), text("PRIMARY"));
    let change = shapes::UpdateTaskSetRequest {
        cluster: text("default"),
        service: text("outside"),
        task_set: Some(id.clone()),
        scale: set(25.0).scale,
    };
    let shown = call::<op::UpdateTaskSet>(&ctx, change.clone())
        .expect("a good scale")
        .task_set;
    assert_eq!(shown.and_then(|set| set.computed_desired_count), Some(1));
    let outside = describe(&ctx, "outside");
    assert_eq!(outside.task_sets.map(|sets| sets.len()), Some(1));
    assert_eq!(outside.deployments, Some(Vec::new()));
    let unknown = shapes::UpdateTaskSetRequest {
        task_set: text("ecs-svc/1"),
        ..change
    };
    assert_eq!(
        code(call::<op::UpdateTaskSet>(&ctx, unknown)),
        "TaskSetNotFoundException"
    );
    assert_lawful(&ctx);
}

#[test]
fn a_set_of_no_scale_has_no_tasks() {
    let ctx = prepared();
    made(&ctx, external("outside"));
    let input = shapes::CreateTaskSetRequest {
        scale: None,
        ..set(0.0)
    };
    let shown = put(&ctx, input).expect("a good set");
    assert_eq!(shown.computed_desired_count, Some(0));
    assert_eq!(shown.scale.and_then(|scale| scale.value), Some(0.0));
}

#[test]
fn a_set_goes_when_it_is_empty_or_forced() {
    let ctx = prepared();
    made(&ctx, external("outside"));
    let id = put(&ctx, set(100.0)).expect("a good set").id;
    let remove = |force| {
        let input = shapes::DeleteTaskSetRequest {
            cluster: text("default"),
            service: text("outside"),
            task_set: id.clone(),
            force: Some(force),
        };
        call::<op::DeleteTaskSet>(&ctx, input).map(|output| output.task_set.and_then(|set| set.status))
    };
    assert!(says(remove(false)).contains("scaled above 0"));
    assert_eq!(remove(true), Ok(text("DRAINING")));
    assert_eq!(all(&ctx)[0].computed_desired_count, Some(0));
    assert!(ctx.snapshot().scan::<TaskSet>(&Key::all()).all(|set| set.draining));
}

#[test]
fn only_services_controlled_from_outside_take_sets() {
    let ctx = prepared();
    made(&ctx, named("web"));
    let of_web = shapes::CreateTaskSetRequest {
        service: text("web"),
        ..set(100.0)
    };
    assert!(says(put(&ctx, of_web)).contains("EXTERNAL"));
    made(&ctx, external("outside"));
    assert!(says(put(&ctx, set(101.0))).contains("between 0 and 100"));
    let tokened = shapes::CreateTaskSetRequest {
        client_token: text("once"),
        ..set(10.0)
    };
    let first = put(&ctx, tokened.clone()).expect("a good set").id;
    assert_eq!(put(&ctx, tokened).expect("the same again").id, first);
    for _ in 0..4 {
        put(&ctx, set(10.0)).expect("a good set");
    }
    assert_eq!(code(put(&ctx, set(10.0))), "LimitExceededException");
}

#[test]
fn code_deploy_begins_with_a_set_of_its_own() {
    let ctx = prepared();
    let input = shapes::CreateServiceRequest {
        deployment_controller: Some(shapes::DeploymentController {
            r#type: text("CODE_DEPLOY"),
        }),
        ..named("outside")
    };
    let shown = made(&ctx, input);
    let sets = shown.task_sets.expect("there are some");
    assert_eq!((sets.len(), sets[0].status.as_deref()), (1, Some("PRIMARY")));
    assert_eq!(
        (sets[0].computed_desired_count, sets[0].started_by.as_deref()),
        (Some(2), Some("CODE_DEPLOY"))
    );
    let distinct = shapes::PlacementConstraint {
        r#type: text("distinctInstance"),
        expression: None,
    };
    let input = shapes::UpdateServiceRequest {
        placement_constraints: Some(vec![distinct]),
        ..of("outside")
    };
    update(&ctx, input).expect("a good constraint");
    let snapshot = ctx.snapshot();
    let revision = snapshot
        .scan::<ServiceRevision>(&Key::of(["default", "outside"]))
        .next();
    assert_eq!(revision.map(|r| r.template.rules.len()), Some(1));
}
