//! Attributes put, listed and deleted, against a store in memory.

use super::*;
use crate::common::Ctx;
use crate::common::testing::{START, a_node, block_on, world};
use model::{Cluster, Given, Node, NodeStatus};

const N1: &str = "00000000000000000000000000000001";
const N2: &str = "00000000000000000000000000000002";

/// Two nodes; the first one has an attribute of its own.
fn two_nodes() -> Ctx {
    let ctx = world();
    ctx.put(Cluster {
        name: "default".to_string(),
        active: true,
        created_at: START,
        deleted_at: None,
        tags: Vec::new(),
        given: Given::default(),
        capacity_providers: Vec::new(),
        default_strategy: Vec::new(),
    });
    let linux = Attribute {
        name: "ecs.os-type".to_string(),
        value: Some("linux".to_string()),
    };
    ctx.put(Node {
        attributes: vec![linux],
        ..a_node("default", N1)
    });
    ctx.put(a_node("default", N2));
    ctx
}

fn attribute(node: &str, name: &str, value: Option<&str>) -> ecs::Attribute {
    ecs::Attribute {
        name: Some(name.to_string()),
        value: value.map(str::to_string),
        target_type: Some("container-instance".to_string()),
        target_id: Some(node.to_string()),
    }
}

fn put(ctx: &Ctx, attributes: Vec<ecs::Attribute>) -> Result<Vec<ecs::Attribute>, String> {
    let input = ecs::PutAttributesRequest {
        cluster: None,
        attributes: Some(attributes),
    };
    let output = block_on(put::run(ctx.clone(), input)).map_err(|fault| fault.code.into_owned())?;
    Ok(output.attributes.expect("always there"))
}

fn delete(ctx: &Ctx, attributes: Vec<ecs::Attribute>) -> Result<Vec<ecs::Attribute>, String> {
    let input = ecs::DeleteAttributesRequest {
        cluster: None,
        attributes: Some(attributes),
    };
    let output = block_on(delete::run(ctx.clone(), input)).map_err(|fault| fault.code.into_owned())?;
    Ok(output.attributes.expect("always there"))
}

/// `node: name=value` for each attribute that is listed, over all pages.
fn list(ctx: &Ctx, name: Option<&str>, value: Option<&str>, size: i32) -> Vec<String> {
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let input = ecs::ListAttributesRequest {
            cluster: None,
            target_type: Some("container-instance".to_string()),
            attribute_name: name.map(str::to_string),
            attribute_value: value.map(str::to_string),
            next_token: token,
            max_results: Some(size),
        };
        let page = block_on(list::run(ctx.clone(), input)).expect("a page");
        seen.extend(page.attributes.into_iter().flatten().map(|a| {
            let node = a.target_id.expect("always there");
            let node = node.chars().last().expect("an ARN");
            format!(
                "{node}: {}={}",
                a.name.expect("always there"),
                a.value.unwrap_or_default()
            )
        }));
        token = page.next_token;
        if token.is_none() {
            return seen;
        }
    }
}

#[test]
fn attributes_are_put_replaced_listed_and_deleted() {
    let ctx = two_nodes();
    let arn = format!("arn:aws:ecs:us-east-1:000000000000:container-instance/default/{N2}");
    let by_arn = ecs::Attribute {
        target_type: None,
        ..attribute(&arn, "stack", Some("prod"))
    };
    let made = put(&ctx, vec![attribute(N1, "stack", Some("test")), by_arn]).expect("good ones");
    assert_eq!(made[1].target_id.as_deref(), Some(&*arn));
    put(
        &ctx,
        vec![attribute(N1, "ssd", None), attribute(N1, "stack", Some("prod"))],
    )
    .expect("good ones");
    let all = ["1: ecs.os-type=linux", "1: ssd=", "1: stack=prod", "2: stack=prod"];
    for size in [1, 2, 3, 100] {
        assert_eq!(list(&ctx, None, None, size), all);
    }
    assert_eq!(
        list(&ctx, Some("stack"), Some("prod"), 1),
        ["1: stack=prod", "2: stack=prod"]
    );
    assert_eq!(list(&ctx, Some("stack"), Some("test"), 1), Vec::<String>::new());

    let gone = delete(&ctx, vec![attribute(N1, "stack", None), attribute(N1, "never", None)]).expect("good ones");
    assert_eq!(gone[0].value.as_deref(), Some("prod"));
    delete(&ctx, vec![attribute(N2, "stack", Some("other"))]).expect("another value is no fault");
    assert_eq!(list(&ctx, Some("stack"), None, 100), ["2: stack=prod"]);
}

#[test]
fn a_change_is_seen_in_the_nodes_version() {
    let ctx = two_nodes();
    let version = || {
        ctx.snapshot()
            .get::<Node>(&Node::key_of("default", N1))
            .expect("it is there")
            .version
    };
    put(&ctx, vec![attribute(N1, "stack", Some("prod"))]).expect("a good one");
    assert_eq!(version(), 2);
    put(&ctx, vec![attribute(N1, "stack", Some("prod"))]).expect("a good one");
    assert_eq!(version(), 2, "nothing changed");
    delete(&ctx, vec![attribute(N1, "stack", None)]).expect("a good one");
    assert_eq!(version(), 3);
}

#[test]
fn ten_custom_attributes_are_the_most() {
    let ctx = two_nodes();
    let ten = (0..10).map(|i| attribute(N1, &format!("a{i}"), None)).collect();
    put(&ctx, ten).expect("the built-in one does not count");
    assert_eq!(
        put(&ctx, vec![attribute(N1, "a10", None)]),
        Err("AttributeLimitExceededException".to_string())
    );
    assert!(
        put(&ctx, vec![attribute(N1, "a9", Some("new"))]).is_ok(),
        "it is there already"
    );
    let eleven = (0..11).map(|i| attribute(N2, &format!("a{i}"), None)).collect();
    assert_eq!(put(&ctx, eleven), Err("InvalidParameterException".to_string()));
}

#[test]
fn a_bad_target_is_refused_and_nothing_is_put() {
    let ctx = two_nodes();
    let lost = "00000000000000000000000000000009";
    let both = vec![attribute(N1, "stack", None), attribute(lost, "stack", None)];
    assert_eq!(put(&ctx, both), Err("TargetNotFoundException".to_string()));
    assert_eq!(
        list(&ctx, Some("stack"), None, 100),
        Vec::<String>::new(),
        "all of them, or none"
    );
    let untyped = ecs::Attribute {
        target_type: None,
        ..attribute(N1, "stack", None)
    };
    assert_eq!(put(&ctx, vec![untyped]), Err("InvalidParameterException".to_string()));
    let nowhere = ecs::Attribute {
        target_id: None,
        ..attribute(N1, "stack", None)
    };
    assert_eq!(put(&ctx, vec![nowhere]), Err("InvalidParameterException".to_string()));
    assert_eq!(
        delete(&ctx, vec![attribute(N1, "ecs.os-type", None)]),
        Err("InvalidParameterException".to_string())
    );
    ctx.put(Node {
        status: NodeStatus::Inactive,
        ..a_node("default", N2)
    });
    assert_eq!(
        put(&ctx, vec![attribute(N2, "stack", None)]),
        Err("TargetNotFoundException".to_string())
    );
    let elsewhere = ecs::PutAttributesRequest {
        cluster: Some("lost".to_string()),
        attributes: Some(vec![attribute(N1, "stack", None)]),
    };
    let fault = block_on(put::run(ctx, elsewhere)).expect_err("no such cluster");
    assert_eq!(fault.code, "ClusterNotFoundException");
}
