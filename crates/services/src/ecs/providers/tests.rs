//! The life of a capacity provider, against a store in memory.

use super::*;
use crate::common::Ctx;
use crate::common::testing::{START, a_node, a_task, block_on, world};
use api::ecs;
use model::{Given, Node, Task, TaskStatus};

fn text(t: &str) -> Option<String> {
    Some(t.to_string())
}

fn code<T>(result: Result<T, Fault>) -> String {
    result
        .err()
        .map_or("no fault".to_string(), |fault| fault.code.into_owned())
}

fn a_cluster(name: &str, list: &[&str]) -> Cluster {
    Cluster {
        name: name.to_string(),
        active: true,
        created_at: START,
        deleted_at: None,
        tags: Vec::new(),
        given: Given::default(),
        capacity_providers: list.iter().map(|p| p.to_string()).collect(),
        default_strategy: Vec::new(),
    }
}

fn group(name: &str) -> ecs::CreateCapacityProviderRequest {
    ecs::CreateCapacityProviderRequest {
        name: text(name),
        auto_scaling_group_provider: Some(ecs::AutoScalingGroupProvider {
            auto_scaling_group_arn: Some(format!("{name}-asg")),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn managed(name: &str, cluster: Option<&str>) -> ecs::CreateCapacityProviderRequest {
    ecs::CreateCapacityProviderRequest {
        name: text(name),
        cluster: cluster.map(str::to_string),
        managed_instances_provider: Some(super::managed::tests::good()),
        ..Default::default()
    }
}

fn create(ctx: &Ctx, input: ecs::CreateCapacityProviderRequest) -> Result<ecs::CapacityProvider, Fault> {
    block_on(create::run(ctx.clone(), input)).map(|output| output.capacity_provider.expect("always there"))
}

fn delete(ctx: &Ctx, name: &str, cluster: Option<&str>) -> Result<ecs::CapacityProvider, Fault> {
    let input = ecs::DeleteCapacityProviderRequest {
        capacity_provider: text(name),
        cluster: cluster.map(str::to_string),
    };
    block_on(delete::run(ctx.clone(), input)).map(|output| output.capacity_provider.expect("always there"))
}

fn describe(ctx: &Ctx, input: ecs::DescribeCapacityProvidersRequest) -> ecs::DescribeCapacityProvidersResponse {
    block_on(describe::run(ctx.clone(), input)).expect("a good request")
}

fn names_in(output: &ecs::DescribeCapacityProvidersResponse) -> Vec<&str> {
    output
        .capacity_providers
        .iter()
        .flatten()
        .map(|p| p.name.as_deref().expect("always there"))
        .collect()
}

#[test]
fn a_group_provider_is_made_once_for_each_group() {
    let ctx = world();
    let made = create(&ctx, group("web")).expect("a good one");
    assert_eq!(
        made.capacity_provider_arn.as_deref(),
        Some("arn:aws:ecs:us-east-1:000000000000:capacity-provider/web")
    );
    assert_eq!(
        (made.status.as_deref(), made.r#type.as_deref()),
        (Some("ACTIVE"), Some("EC2_AUTOSCALING"))
    );
    assert_eq!(made.update_status, None);
    let again = create(&ctx, group("web")).expect_err("the name is taken");
    assert!(
        again
            .message
            .starts_with("The specified capacity provider already exists.")
    );
    let same_group = ecs::CreateCapacityProviderRequest {
        name: text("other"),
        ..group("web")
    };
    let taken = create(&ctx, same_group.clone()).expect_err("the group is taken");
    assert!(
        taken
            .message
            .contains("already being used by another capacity provider")
    );
    delete(&ctx, "web", None).expect("nobody uses it");
    assert!(create(&ctx, same_group).is_ok(), "the group is free again");
    let reborn = ecs::CreateCapacityProviderRequest {
        name: text("web"),
        ..group("new")
    };
    assert!(
        create(&ctx, reborn).is_ok_and(|p| p.update_status.is_none()),
        "the name is free again"
    );
}

#[test]
fn exactly_one_source_and_a_good_name_are_asked_for() {
    let ctx = world();
    let none = ecs::CreateCapacityProviderRequest {
        name: text("web"),
        ..Default::default()
    };
    assert_eq!(code(create(&ctx, none)), "InvalidParameterException");
    let both = ecs::CreateCapacityProviderRequest {
        auto_scaling_group_provider: group("x").auto_scaling_group_provider,
        ..managed("x", None)
    };
    assert_eq!(code(create(&ctx, both)), "InvalidParameterException");
    assert_eq!(code(create(&ctx, group("aws-web"))), "InvalidParameterException");
    let scoped = ecs::CreateCapacityProviderRequest {
        cluster: text("web"),
        ..group("x")
    };
    assert_eq!(code(create(&ctx, scoped)), "InvalidParameterException");
}

#[test]
fn a_managed_provider_lives_in_its_cluster() {
    let ctx = world();
    assert!(create(&ctx, managed("mi", None)).is_err_and(|f| f.message.contains("without a Cluster Name")));
    assert_eq!(
        code(create(&ctx, managed("mi", Some("web")))),
        "ClusterNotFoundException"
    );
    ctx.put(a_cluster("web", &[]));
    ctx.put(a_cluster("other", &[]));
    let made = create(&ctx, managed("mi", Some("web"))).expect("a good one");
    assert_eq!(
        (made.cluster.as_deref(), made.update_status.as_deref()),
        (Some("web"), Some("CREATE_COMPLETE"))
    );
    assert!(
        create(&ctx, managed("mi", Some("other"))).is_err_and(|f| f.message.contains("account or a different cluster"))
    );
    assert!(create(&ctx, group("mi")).is_err_and(|f| f.message.contains("with cluster scope")));
    assert!(delete(&ctx, "mi", None).is_err_and(|f| f.message.contains("with cluster scope")));
    assert!(delete(&ctx, "mi", Some("other")).is_err_and(|f| f.message.contains("or a different cluster")));

    ctx.put(Task {
        capacity_provider: text("mi"),
        ..a_task("web", "t1", TaskStatus::Running)
    });
    let failed = delete(&ctx, "mi", Some("web")).expect("it is told in the answer");
    assert_eq!(
        (failed.status.as_deref(), failed.update_status.as_deref()),
        (Some("ACTIVE"), Some("DELETE_FAILED"))
    );
    ctx.put(Task {
        capacity_provider: text("mi"),
        ..a_task("web", "t1", TaskStatus::Stopped)
    });
    ctx.put(Node {
        capacity_provider: text("mi"),
        ..a_node("web", "n1")
    });
    let failed = delete(&ctx, "mi", Some("web")).expect("it is told in the answer");
    assert!(
        failed
            .update_status_reason
            .is_some_and(|why| why.contains("container instances"))
    );
    ctx.put(a_node("web", "n1"));
    let gone = delete(&ctx, "mi", Some("web")).expect("nothing uses it");
    assert_eq!(
        (gone.status.as_deref(), gone.update_status.as_deref()),
        (Some("INACTIVE"), Some("DELETE_COMPLETE"))
    );
}

#[test]
fn twenty_providers_are_the_most_for_a_cluster() {
    let ctx = world();
    ctx.put(a_cluster("web", &["FARGATE"]));
    for i in 0..19 {
        create(&ctx, managed(&format!("mi{i}"), Some("web"))).expect("there is room");
    }
    assert_eq!(
        code(create(&ctx, managed("mi19", Some("web")))),
        "LimitExceededException"
    );
}

#[test]
fn a_provider_in_a_clusters_list_stays_and_says_why() {
    let ctx = world();
    create(&ctx, group("web")).expect("a good one");
    ctx.put(a_cluster("shop", &["web"]));
    let failed = delete(&ctx, "web", None).expect("it is told in the answer");
    assert_eq!(
        (failed.status.as_deref(), failed.update_status.as_deref()),
        (Some("ACTIVE"), Some("DELETE_FAILED"))
    );
    let why = "The capacity provider cannot be deleted because it is associated with cluster: shop. Remove the capacity provider from \
               the cluster and try again.";
    assert_eq!(failed.update_status_reason.as_deref(), Some(why));
    ctx.put(a_cluster("shop", &[]));
    delete(&ctx, "web", None).expect("nobody uses it");
    let named = ecs::DescribeCapacityProvidersRequest {
        capacity_providers: Some(vec!["web".to_string()]),
        ..Default::default()
    };
    let still = describe(&ctx, named)
        .capacity_providers
        .and_then(|mut p| p.pop())
        .expect("still described");
    assert_eq!(
        (still.status.as_deref(), still.update_status.as_deref()),
        (Some("INACTIVE"), Some("DELETE_COMPLETE"))
    );
    assert_eq!(still.update_status_reason, None);
    assert_eq!(code(delete(&ctx, "web", None)), "InvalidParameterException");
    assert_eq!(code(delete(&ctx, "FARGATE", None)), "InvalidParameterException");
}

#[test]
fn providers_are_described_by_name_by_cluster_or_all() {
    let ctx = world();
    for i in 0..10 {
        create(&ctx, group(&format!("g{i}"))).expect("a good one");
    }
    delete(&ctx, "g4", None).expect("nobody uses it");
    ctx.put(a_cluster("web", &["FARGATE", "g1"]));
    create(&ctx, managed("mi", Some("web"))).expect("a good one");
    let first = describe(&ctx, Default::default());
    assert_eq!(
        names_in(&first),
        [
            "FARGATE",
            "FARGATE_SPOT",
            "g0",
            "g1",
            "g2",
            "g3",
            "g5",
            "g6",
            "g7",
            "g8"
        ]
    );
    let rest = ecs::DescribeCapacityProvidersRequest {
        next_token: first.next_token,
        ..Default::default()
    };
    let rest = describe(&ctx, rest);
    assert_eq!((names_in(&rest), &rest.next_token), (vec!["g9", "mi"], &None));

    let within = ecs::DescribeCapacityProvidersRequest {
        cluster: text("web"),
        ..Default::default()
    };
    assert_eq!(names_in(&describe(&ctx, within.clone())), ["FARGATE", "g1", "mi"]);
    let arn = "arn:aws:ecs:us-east-1:000000000000:capacity-provider/mi";
    let named = Some([arn, "g2", "FARGATE"].map(str::to_string).to_vec());
    let both = describe(
        &ctx,
        ecs::DescribeCapacityProvidersRequest {
            capacity_providers: named,
            ..within
        },
    );
    assert_eq!(names_in(&both), ["mi", "FARGATE"]);
    let failures = both.failures.expect("always there");
    assert_eq!(
        failures[0].arn.as_deref(),
        Some("arn:aws:ecs:us-east-1:000000000000:capacity-provider/g2")
    );
    assert_eq!(failures[0].reason.as_deref(), Some("MISSING"));

    let greedy = ecs::DescribeCapacityProvidersRequest {
        max_results: Some(11),
        ..Default::default()
    };
    assert_eq!(
        code(block_on(describe::run(ctx.clone(), greedy))),
        "InvalidParameterException"
    );
    let lost = ecs::DescribeCapacityProvidersRequest {
        cluster: text("lost"),
        ..Default::default()
    };
    assert_eq!(code(block_on(describe::run(ctx, lost))), "ClusterNotFoundException");
}

#[test]
fn tags_are_shown_to_who_asks() {
    let ctx = world();
    let tags = vec![ecs::Tag {
        key: text("team"),
        value: text("a"),
    }];
    create(
        &ctx,
        ecs::CreateCapacityProviderRequest {
            tags: Some(tags.clone()),
            ..group("web")
        },
    )
    .expect("a good one");
    let ask = |include: &[&str]| {
        let input = ecs::DescribeCapacityProvidersRequest {
            capacity_providers: Some(vec!["web".to_string()]),
            include: Some(include.iter().map(|t| t.to_string()).collect()),
            ..Default::default()
        };
        describe(&ctx, input)
            .capacity_providers
            .and_then(|mut p| p.pop())
            .and_then(|p| p.tags)
    };
    assert_eq!(ask(&[]), Some(Vec::new()));
    assert_eq!(ask(&["TAGS"]), Some(tags));
}

#[test]
fn an_update_is_of_its_own_kind() {
    let ctx = world();
    ctx.put(a_cluster("web", &[]));
    create(&ctx, group("g")).expect("a good one");
    create(&ctx, managed("mi", Some("web"))).expect("a good one");
    let update =
        |input| block_on(update::run(ctx.clone(), input)).map(|output| output.capacity_provider.expect("always there"));
    let drain = ecs::UpdateCapacityProviderRequest {
        name: text("g"),
        auto_scaling_group_provider: Some(ecs::AutoScalingGroupProviderUpdate {
            managed_draining: text("DISABLED"),
            ..Default::default()
        }),
        ..Default::default()
    };
    let updated = update(drain.clone()).expect("a good update");
    assert_eq!(updated.update_status.as_deref(), Some("UPDATE_COMPLETE"));
    let kept = updated.auto_scaling_group_provider.expect("it is a group's");
    assert_eq!(
        (kept.managed_draining.as_deref(), kept.auto_scaling_group_arn.as_deref()),
        (Some("DISABLED"), Some("g-asg"))
    );
    let wrong = ecs::UpdateCapacityProviderRequest {
        name: text("mi"),
        cluster: text("web"),
        ..drain.clone()
    };
    assert_eq!(code(update(wrong)), "InvalidParameterException");
    let lost = ecs::UpdateCapacityProviderRequest {
        name: text("lost"),
        ..drain.clone()
    };
    assert_eq!(code(update(lost)), "InvalidParameterException");
    let built_in = ecs::UpdateCapacityProviderRequest {
        name: text("FARGATE"),
        ..drain
    };
    assert_eq!(code(update(built_in)), "InvalidParameterException");
    let monitoring = ecs::UpdateCapacityProviderRequest {
        name: text("mi"),
        cluster: text("web"),
        managed_instances_provider: Some(ecs::UpdateManagedInstancesProviderConfiguration {
            infrastructure_role_arn: text("arn:aws:iam::000000000000:role/new"),
            instance_launch_template: Some(ecs::InstanceLaunchTemplateUpdate {
                monitoring: text("DETAILED"),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let kept = update(monitoring)
        .expect("a good update")
        .managed_instances_provider
        .expect("it is managed");
    assert_eq!(
        kept.infrastructure_role_arn.as_deref(),
        Some("arn:aws:iam::000000000000:role/new")
    );
    let launch = kept.instance_launch_template.expect("always there");
    assert_eq!(launch.monitoring.as_deref(), Some("DETAILED"));
    assert!(launch.network_configuration.is_some(), "what was not named stays");
}
