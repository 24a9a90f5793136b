//! Tags on everything that takes them, against a store in memory.

use super::*;
use crate::common::Ctx;
use crate::common::testing::{START, a_node, a_task, block_on, world};
use api::ecs;
use model::{CapacityProvider, Cluster, DefinitionStatus, Given, Plan, TaskDefinition, TaskStatus};
use wire::Fault;

fn a_cluster(active: bool) -> Cluster {
    Cluster {
        name: "web".to_string(),
        active,
        created_at: START,
        deleted_at: None,
        tags: Vec::new(),
        given: Given::default(),
        capacity_providers: Vec::new(),
        default_strategy: Vec::new(),
    }
}

fn a_definition() -> TaskDefinition {
    TaskDefinition {
        family: "web".to_string(),
        revision: 1,
        status: DefinitionStatus::Active,
        registered_at: START,
        registered_by: String::new(),
        deregistered_at: None,
        delete_requested_at: None,
        tags: Vec::new(),
        given: Given::default(),
        plan: Plan::default(),
        compatibilities: Vec::new(),
        requires_attributes: Vec::new(),
        work: Default::default(),
    }
}

/// One of everything that can be tagged.
fn full_world() -> Ctx {
    let ctx = world();
    ctx.put(a_cluster(true));
    ctx.put(a_definition());
    ctx.put(a_node("web", "n1"));
    ctx.put(a_task("web", "t1", TaskStatus::Running));
    ctx.put(CapacityProvider {
        name: "group".to_string(),
        active: true,
        cluster: None,
        given: Given::default(),
        tags: Vec::new(),
        created_at: START,
        update_status: String::new(),
        update_status_reason: None,
        scales: false,
        drains: false,
    });
    ctx
}

fn arn(resource: &str) -> Option<String> {
    Some(format!("arn:aws:ecs:us-east-1:000000000000:{resource}"))
}

fn tag(ctx: &Ctx, resource: &str, tags: &[(&str, &str)]) -> Result<(), Fault> {
    let tags = tags
        .iter()
        .map(|(k, v)| ecs::Tag {
            key: Some(k.to_string()),
            value: Some(v.to_string()),
        })
        .collect();
    let input = ecs::TagResourceRequest {
        resource_arn: arn(resource),
        tags: Some(tags),
    };
    block_on(tag::run(ctx.clone(), input)).map(|_| ())
}

fn untag(ctx: &Ctx, resource: &str, keys: &[&str]) -> Result<(), Fault> {
    let tag_keys = Some(keys.iter().map(|k| k.to_string()).collect());
    let input = ecs::UntagResourceRequest {
        resource_arn: arn(resource),
        tag_keys,
    };
    block_on(untag::run(ctx.clone(), input)).map(|_| ())
}

fn tags_of(ctx: &Ctx, resource: &str) -> Result<Vec<(String, String)>, Fault> {
    let input = ecs::ListTagsForResourceRequest {
        resource_arn: arn(resource),
    };
    let tags = block_on(list::run(ctx.clone(), input))?.tags.expect("always there");
    Ok(tags
        .into_iter()
        .map(|t| (t.key.expect("always there"), t.value.expect("always there")))
        .collect())
}

fn code<T>(result: Result<T, Fault>) -> String {
    result
        .err()
        .map_or("no fault".to_string(), |fault| fault.code.into_owned())
}

#[test]
fn everything_that_is_there_can_be_tagged() {
    let ctx = full_world();
    for resource in [
        "cluster/web",
        "task-definition/web:1",
        "container-instance/web/n1",
        "task/web/t1",
        "capacity-provider/group",
    ] {
        assert_eq!(tags_of(&ctx, resource), Ok(Vec::new()), "{resource}");
        tag(&ctx, resource, &[("a", "1"), ("b", "1")]).expect(resource);
        tag(&ctx, resource, &[("b", "2"), ("c", "")]).expect(resource);
        untag(&ctx, resource, &["a", "never"]).expect(resource);
        let left = [("b", "2"), ("c", "")].map(|(k, v)| (k.to_string(), v.to_string()));
        assert_eq!(tags_of(&ctx, resource), Ok(left.to_vec()), "{resource}");
    }
}

#[test]
fn what_is_not_there_is_told_as_each_operation_tells_it() {
    let ctx = full_world();
    assert_eq!(
        code(tag(&ctx, "cluster/lost", &[("a", "1")])),
        "ClusterNotFoundException"
    );
    assert_eq!(code(tags_of(&ctx, "cluster/lost")), "ClusterNotFoundException");
    for resource in [
        "task-definition/web:2",
        "task/web/t2",
        "container-instance/web/n2",
        "capacity-provider/lost",
        "service/web/api",
    ] {
        assert_eq!(
            code(tag(&ctx, resource, &[("a", "1")])),
            "ResourceNotFoundException",
            "{resource}"
        );
        assert_eq!(
            code(untag(&ctx, resource, &["a"])),
            "ResourceNotFoundException",
            "{resource}"
        );
        assert_eq!(code(tags_of(&ctx, resource)), "InvalidParameterException", "{resource}");
    }
    ctx.put(a_cluster(false));
    let inactive = tags_of(&ctx, "cluster/web").expect_err("it is deleted");
    assert_eq!(
        inactive.message,
        "The specified cluster is inactive. Specify an active cluster and try again."
    );
    assert_eq!(tags_of(&ctx, "capacity-provider/FARGATE"), Ok(Vec::new()));
    assert_eq!(
        code(tag(&ctx, "capacity-provider/FARGATE", &[("a", "1")])),
        "InvalidParameterException"
    );
}

#[test]
fn fifty_tags_are_the_most_and_bad_ones_are_refused() {
    let ctx = full_world();
    let keys: Vec<String> = (0..51).map(|i| format!("k{i}")).collect();
    let tags: Vec<(&str, &str)> = keys.iter().map(|k| (k.as_str(), "v")).collect();
    assert_eq!(code(tag(&ctx, "cluster/web", &tags)), "InvalidParameterException");
    tag(&ctx, "cluster/web", &tags[..50]).expect("fifty");
    assert_eq!(code(tag(&ctx, "cluster/web", &tags[50..])), "LimitExceededException");
    tag(&ctx, "cluster/web", &[("k0", "new")]).expect("it has that key already");
    for bad in [[("aws:x", "1")], [("", "1")], [("a", "\u{7}")]] {
        assert_eq!(
            code(tag(&ctx, "cluster/web", &bad)),
            "InvalidParameterException",
            "{bad:?}"
        );
    }
    assert_eq!(
        code(tag(&ctx, "cluster/web", &[("k0", "1"), ("k0", "2")])),
        "InvalidParameterException"
    );
    assert_eq!(
        code(untag(&ctx, "cluster/web", &["AWS:x"])),
        "InvalidParameterException"
    );
}
