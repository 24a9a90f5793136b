//! What other things have to do with services: clusters, definitions, tags, tasks.

use super::*;
use crate::common::testing::{START, a_task};
use model::{Membership, ServiceStatus, Task, TaskDefinition, TaskStatus};

#[test]
fn a_cluster_counts_its_services_and_stays_for_them() {
    let ctx = prepared();
    made(&ctx, named("web"));
    made(&ctx, on_fargate("small"));
    made(&ctx, named("old"));
    delete(&ctx, "old", true).expect("forced");
    let input = shapes::DescribeClustersRequest {
        clusters: None,
        include: list(&["STATISTICS"]),
    };
    let cluster = call::<op::DescribeClusters>(&ctx, input)
        .expect("a good request")
        .clusters;
    let cluster = cluster.expect("always there").remove(0);
    assert_eq!(cluster.active_services_count, Some(2));
    let statistics = cluster.statistics.expect("asked for");
    let count = |name: &str| {
        statistics
            .iter()
            .find(|s| s.name.as_deref() == Some(name))
            .and_then(|s| s.value.clone())
    };
    assert_eq!(
        (count("activeEC2ServiceCount"), count("activeFargateServiceCount")),
        (text("1"), text("1"))
    );
    assert_eq!(count("drainingEC2ServiceCount"), text("1"));
    let gone = shapes::DeleteClusterRequest {
        cluster: text("default"),
    };
    assert_eq!(
        code(call::<op::DeleteCluster>(&ctx, gone.clone())),
        "ClusterContainsServicesException"
    );
    delete(&ctx, "web", true).expect("forced");
    delete(&ctx, "small", true).expect("forced");
    call::<op::DeleteCluster>(&ctx, gone).expect("no service is active");
}

#[test]
fn a_definition_stays_while_a_service_would_run_it() {
    let ctx = prepared();
    made(&ctx, named("web"));
    let may = || {
        let snapshot = ctx.snapshot();
        let key = TaskDefinition::key_of("web", 1);
        let definition = snapshot.get::<TaskDefinition>(&key).expect("it is there");
        definition.may_vanish(&snapshot)
    };
    let request = shapes::DeregisterTaskDefinitionRequest {
        task_definition: text("web:1"),
    };
    call::<op::DeregisterTaskDefinition>(&ctx, request).expect("it is ACTIVE");
    let request = shapes::DeleteTaskDefinitionsRequest {
        task_definitions: list(&["web:1"]),
    };
    call::<op::DeleteTaskDefinitions>(&ctx, request).expect("it is INACTIVE");
    assert!(!may());
    let counted = shapes::UpdateServiceRequest {
        desired_count: Some(3),
        ..of("web")
    };
    update(&ctx, counted).expect("the service can still be scaled");
    let revision = (*target(&ctx, "web")).clone();
    ctx.put(ServiceRevision {
        status: model::RevisionStatus::Inactive,
        ..revision
    });
    assert!(may());
}

#[test]
fn services_and_sets_have_tags() {
    let ctx = prepared();
    let tag = |key: &str| shapes::Tag {
        key: text(key),
        value: text("1"),
    };
    let input = shapes::CreateServiceRequest {
        tags: Some(vec![tag("a")]),
        propagate_tags: text("SERVICE"),
        ..named("web")
    };
    made(&ctx, input);
    let arn = "arn:aws:ecs:us-east-1:000000000000:service/default/web";
    let input = shapes::TagResourceRequest {
        resource_arn: text(arn),
        tags: Some(vec![tag("b")]),
    };
    call::<op::TagResource>(&ctx, input).expect("it is there");
    assert_eq!(describe(&ctx, "web").tags, Some(vec![tag("a"), tag("b")]));
    let template = &target(&ctx, "web").template;
    assert_eq!(template.tags.len(), 2, "tasks to come have it too");
    let input = shapes::UntagResourceRequest {
        resource_arn: text(arn),
        tag_keys: list(&["a"]),
    };
    call::<op::UntagResource>(&ctx, input).expect("it is there");
    let tags = || {
        let input = shapes::ListTagsForResourceRequest {
            resource_arn: text(arn),
        };
        call::<op::ListTagsForResource>(&ctx, input).map(|output| output.tags)
    };
    assert_eq!(tags(), Ok(Some(vec![tag("b")])));
    meanwhile(&ctx, "web", |service| service.status = ServiceStatus::Inactive);
    assert_eq!(code(tags()), "InvalidParameterException");
}

fn a_member(id: &str, revision: &str) -> Task {
    Task {
        group: Service::group("web"),
        member: Some(Box::new(Membership {
            service: "web".to_string(),
            revision: revision.to_string(),
        })),
        ..alone(id)
    }
}

/// A task of nobody's.
fn alone(id: &str) -> Task {
    Task {
        created_at: START,
        ..a_task("default", id, TaskStatus::Running)
    }
}

#[test]
fn tasks_are_found_by_their_service() {
    let ctx = prepared();
    made(&ctx, named("web"));
    ctx.put(a_member("t1", &target(&ctx, "web").id));
    ctx.put(alone("t2"));
    let of = |name: &str| {
        let input = shapes::ListTasksRequest {
            service_name: text(name),
            ..Default::default()
        };
        call::<op::ListTasks>(&ctx, input).map(|output| output.task_arns.expect("always there").len())
    };
    assert_eq!(of("web"), Ok(1));
    assert_eq!(of("arn:aws:ecs:us-east-1:000000000000:service/default/web"), Ok(1));
    assert_eq!(code(of("other")), "ServiceNotFoundException");
}

#[test]
fn tasks_of_services_can_be_protected() {
    let ctx = prepared();
    made(&ctx, named("web"));
    ctx.put(a_member("t1", &target(&ctx, "web").id));
    ctx.put(alone("t2"));
    let protect = |enabled, minutes| {
        let input = shapes::UpdateTaskProtectionRequest {
            cluster: text("default"),
            tasks: list(&["t1", "t2", "t3"]),
            protection_enabled: Some(enabled),
            expires_in_minutes: minutes,
        };
        call::<op::UpdateTaskProtection>(&ctx, input)
    };
    let told = protect(true, None).expect("a good request");
    let failures = told.failures.expect("always there");
    let reasons: Vec<_> = failures.iter().filter_map(|f| f.reason.as_deref()).collect();
    assert_eq!(reasons, ["TASK_NOT_VALID", "MISSING"]);
    let tasks = told.protected_tasks.expect("always there");
    let in_two_hours = ctx.now().plus_millis(120 * 60_000);
    assert_eq!(
        (tasks[0].protection_enabled, tasks[0].expiration_date),
        (Some(true), Some(in_two_hours))
    );
    let get = || {
        let input = shapes::GetTaskProtectionRequest {
            cluster: text("default"),
            tasks: list(&["t1"]),
        };
        let told = call::<op::GetTaskProtection>(&ctx, input).expect("a good request");
        told.protected_tasks.expect("always there").remove(0)
    };
    assert_eq!(get().protection_enabled, Some(true));
    protect(false, None).expect("a good request");
    assert_eq!((get().protection_enabled, get().expiration_date), (Some(false), None));
    protect(true, Some(2880)).expect("the longest");
    assert!(protect(true, Some(2881)).is_err() && protect(true, Some(0)).is_err());
    assert!(protect(false, Some(1)).is_err());
}
