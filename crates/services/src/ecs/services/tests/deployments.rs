//! Deployments and revisions, looked at and interfered with.

use super::*;
use model::{DeploymentStatus, HookAction, HookRun, HookStatus, Stage};

fn arn(ctx: &Ctx, name: &str) -> Option<String> {
    let id = &deployment(ctx, name).id;
    text(&format!(
        "arn:aws:ecs:us-east-1:000000000000:service-deployment/default/{name}/{id}"
    ))
}

fn described(ctx: &Ctx, name: &str) -> shapes::ServiceDeployment {
    let input = shapes::DescribeServiceDeploymentsRequest {
        service_deployment_arns: arn(ctx, name).map(|arn| vec![arn]),
    };
    let output = call::<op::DescribeServiceDeployments>(ctx, input).expect("a good request");
    output.service_deployments.expect("always there").remove(0)
}

/// A service whose first revision has two tasks, and a deployment that is to replace them.
fn deploying_anew() -> (Ctx, String) {
    let ctx = prepared();
    made(&ctx, named("web"));
    let first = target(&ctx, "web").id.clone();
    running(&ctx, "web", &first, 2);
    let forced = shapes::UpdateServiceRequest {
        force_new_deployment: Some(true),
        ..of("web")
    };
    call::<op::UpdateService>(&ctx, forced).expect("forced");
    (ctx, first)
}

/// `services-stable` asks for one deployment with all its tasks: that a deployment is over is part of it.
#[test]
fn as_long_as_a_deployment_is_under_way_both_its_ends_are_shown() {
    use model::DeploymentStatus::{InProgress, RollbackInProgress, RollbackSuccessful, Successful};
    let (ctx, first) = deploying_anew();
    let newest = target(&ctx, "web").id.clone();
    let shown = || describe(&ctx, "web").deployments.expect("always there").len();
    // The way back: what failed has no tasks.
    meanwhile(&ctx, "web", |service| service.target = Some(first.clone()));
    for (status, many) in [(RollbackInProgress, 2), (RollbackSuccessful, 1)] {
        deploying(&ctx, "web", |d| d.status = status);
        assert_eq!(shown(), many, "{status}");
    }
    // The way forward.
    meanwhile(&ctx, "web", |service| service.target = Some(newest.clone()));
    running(&ctx, "web", &first, 0);
    for (status, many) in [(InProgress, 2), (Successful, 1)] {
        deploying(&ctx, "web", |d| d.status = status);
        assert_eq!(shown(), many, "{status}");
    }
}

#[test]
fn a_deployment_tells_where_it_comes_from_and_goes_to() {
    let (ctx, first) = deploying_anew();
    let shown = described(&ctx, "web");
    assert_eq!(
        (shown.status.as_deref(), shown.lifecycle_stage),
        (Some("PENDING"), None)
    );
    let sources = shown.source_service_revisions.expect("always there");
    assert!(sources[0].arn.as_ref().is_some_and(|arn| arn.ends_with(&first)));
    assert_eq!(sources[0].running_task_count, Some(2));
    let to = shown.target_service_revision.expect("always there");
    assert_eq!(
        (to.requested_task_count, to.requested_production_traffic_weight),
        (Some(2), Some(100.0))
    );
    let configuration = shown.deployment_configuration.expect("always there");
    assert_eq!(
        (configuration.strategy, configuration.maximum_percent),
        (text("ROLLING"), Some(200))
    );
    assert_eq!(
        shown.deployment_circuit_breaker.and_then(|b| b.status),
        text("DISABLED")
    );

    let listed = |input: shapes::ListServiceDeploymentsRequest| {
        let input = shapes::ListServiceDeploymentsRequest {
            service: text("web"),
            ..input
        };
        let output = call::<op::ListServiceDeployments>(&ctx, input).expect("a good request");
        output.service_deployments.expect("always there")
    };
    assert_eq!(listed(Default::default()).len(), 2);
    let pending = listed(shapes::ListServiceDeploymentsRequest {
        status: list(&["PENDING"]),
        ..Default::default()
    });
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].service_deployment_arn, arn(&ctx, "web"));
    let later = shapes::CreatedAt {
        after: Some(ctx.now().plus_millis(1)),
        before: None,
    };
    let none = listed(shapes::ListServiceDeploymentsRequest {
        created_at: Some(later),
        ..Default::default()
    });
    assert_eq!(none.len(), 0);
}

#[test]
fn what_is_not_there_is_missing() {
    let ctx = prepared();
    made(&ctx, named("web"));
    let input = |kind: &str| list(&[&format!("arn:aws:ecs:us-east-1:000000000000:{kind}/default/web/1")]);
    let deployments = shapes::DescribeServiceDeploymentsRequest {
        service_deployment_arns: input("service-deployment"),
    };
    let failures = call::<op::DescribeServiceDeployments>(&ctx, deployments)
        .expect("a good request")
        .failures;
    assert_eq!(failures.expect("always there")[0].reason, text("MISSING"));
    let revisions = shapes::DescribeServiceRevisionsRequest {
        service_revision_arns: input("service-revision"),
    };
    let failures = call::<op::DescribeServiceRevisions>(&ctx, revisions)
        .expect("a good request")
        .failures;
    assert_eq!(failures.expect("always there")[0].reason, text("MISSING"));
    let bad = shapes::DescribeServiceRevisionsRequest {
        service_revision_arns: list(&["web"]),
    };
    assert_eq!(
        code(call::<op::DescribeServiceRevisions>(&ctx, bad)),
        "InvalidParameterException"
    );
}

#[test]
fn a_revision_tells_how_its_tasks_are_made() {
    let ctx = prepared();
    made(&ctx, on_fargate("small"));
    let mut revision = (*target(&ctx, "small")).clone();
    revision.images.insert("app".to_string(), "sha256:1".to_string());
    ctx.put(revision.clone());
    let arn = format!(
        "arn:aws:ecs:us-east-1:000000000000:service-revision/default/small/{}",
        revision.id
    );
    let input = shapes::DescribeServiceRevisionsRequest {
        service_revision_arns: list(&[&arn]),
    };
    let output = call::<op::DescribeServiceRevisions>(&ctx, input).expect("a good request");
    let shown = output.service_revisions.expect("always there").remove(0);
    assert_eq!(shown.service_revision_arn, Some(arn));
    assert_eq!(
        (shown.launch_type, shown.platform_version),
        (text("FARGATE"), text("1.4.0"))
    );
    let image = shown.container_images.expect("always there").remove(0);
    assert_eq!((image.image, image.image_digest), (text("busybox"), text("sha256:1")));
}

#[test]
fn a_deployment_is_stopped_once() {
    let ctx = prepared();
    made(&ctx, named("web"));
    let stop = |kind: Option<&str>| {
        let input = shapes::StopServiceDeploymentRequest {
            service_deployment_arn: arn(&ctx, "web"),
            stop_type: kind.map(str::to_string),
        };
        call::<op::StopServiceDeployment>(&ctx, input)
    };
    stop(None).expect("it is under way");
    assert_eq!(deployment(&ctx, "web").status, DeploymentStatus::RollbackRequested);
    stop(Some("ROLLBACK")).expect("the same again");
    assert_eq!(code(stop(Some("ABORT"))), "ConflictException");
    deploying(&ctx, "web", |d| d.status = DeploymentStatus::InProgress);
    stop(Some("ABORT")).expect("it is under way");
    assert_eq!(deployment(&ctx, "web").status, DeploymentStatus::StopRequested);
    deploying(&ctx, "web", |d| d.status = DeploymentStatus::Stopped);
    assert_eq!(code(stop(None)), "ConflictException");
    let unknown = shapes::StopServiceDeploymentRequest {
        service_deployment_arn: text("arn:aws:ecs:us-east-1:000000000000:service-deployment/default/web/x"),
        stop_type: None,
    };
    assert_eq!(
        code(call::<op::StopServiceDeployment>(&ctx, unknown)),
        "ServiceDeploymentNotFoundException"
    );
}

#[test]
fn a_pause_is_answered_once() {
    let ctx = prepared();
    let pause = shapes::DeploymentLifecycleHook {
        target_type: text("PAUSE"),
        lifecycle_stages: list(&["POST_SCALE_UP"]),
        ..Default::default()
    };
    let paused = shapes::DeploymentConfiguration {
        strategy: text("BLUE_GREEN"),
        bake_time_in_minutes: Some(0),
        lifecycle_hooks: Some(vec![pause]),
        ..Default::default()
    };
    made(
        &ctx,
        shapes::CreateServiceRequest {
            deployment_configuration: Some(paused),
            ..named("web")
        },
    );
    let now = ctx.now();
    deploying(&ctx, "web", |d| {
        d.status = DeploymentStatus::InProgress;
        d.stage = Some(Stage::PostScaleUp);
        d.hooks.push(HookRun {
            id: "h".to_string(),
            hook: 0,
            stage: Stage::PostScaleUp,
            status: HookStatus::AwaitingAction,
            started_at: now,
            expires_at: now.plus_millis(1000),
            answer: None,
            reason: None,
            calls: 0,
            call_at: None,
            memo: None,
        });
    });
    let shown = described(&ctx, "web");
    assert_eq!(shown.lifecycle_stage, text("POST_SCALE_UP"));
    let hook = shown.lifecycle_hook_details.expect("there is one").remove(0);
    assert_eq!((hook.hook_id, hook.status), (text("h"), text("AWAITING_ACTION")));
    assert_eq!(
        (hook.target_type, hook.timeout_action),
        (text("PAUSE"), text("ROLLBACK"))
    );
    let go_on = |hook: &str, action: &str| {
        let input = shapes::ContinueServiceDeploymentRequest {
            service_deployment_arn: arn(&ctx, "web"),
            hook_id: text(hook),
            action: text(action),
        };
        call::<op::ContinueServiceDeployment>(&ctx, input)
    };
    assert!(says(go_on("x", "CONTINUE")).contains("no lifecycle hook"));
    go_on("h", "CONTINUE").expect("it waits");
    assert_eq!(deployment(&ctx, "web").hooks[0].answer, Some(HookAction::Continue));
    go_on("h", "CONTINUE").expect("the same again");
    assert!(says(go_on("h", "ROLLBACK")).contains("not awaiting"));
}
