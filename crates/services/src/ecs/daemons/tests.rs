//! Daemons made, changed, shown and taken away, against a store in memory. Nobody runs them here.

use crate::common::Ctx;
use crate::common::testing::{a_node, block_on, world};
use crate::ecs;
use api::ecs::{self as shapes, op};
use model::{Daemon, DaemonDeployment, DeploymentStatus, Node, NodeLedger, invariants};
use store::Key;
use wire::{Call, Fault};

fn call<C: Call>(ctx: &Ctx, input: C::Input) -> Result<C::Output, Fault> {
    let mut table = ecs::table();
    table.rows.sort_by_key(|row| row.operation.name);
    let answer = block_on(table.call(C::FACTS, ctx.clone(), Box::new(input)))?;
    let output: Box<dyn std::any::Any> = answer.output;
    Ok(*output.downcast().expect("an operation answers with its own output"))
}

fn text(t: &str) -> Option<String> {
    Some(t.to_string())
}

fn list(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|t| t.to_string()).collect())
}

fn request(family: &str) -> shapes::RegisterDaemonTaskDefinitionRequest {
    let container = shapes::DaemonContainerDefinition {
        name: text("agent"),
        image: text("busybox"),
        memory: Some(64),
        ..Default::default()
    };
    shapes::RegisterDaemonTaskDefinitionRequest {
        family: text(family),
        container_definitions: Some(vec![container]),
        pid_mode: text("shared"),
        ..Default::default()
    }
}

fn register(ctx: &Ctx, family: &str) -> String {
    let answer = call::<op::RegisterDaemonTaskDefinition>(ctx, request(family)).expect("a good definition");
    answer.daemon_task_definition_arn.expect("always there")
}

/// A cluster, and the definition `watch:1`.
fn prepared() -> Ctx {
    let ctx = world();
    call::<op::CreateCluster>(&ctx, Default::default()).expect("a cluster");
    register(&ctx, "watch");
    ctx
}

fn of(name: &str, definition: &str) -> shapes::CreateDaemonRequest {
    shapes::CreateDaemonRequest {
        daemon_name: text(name),
        daemon_task_definition_arn: text(definition),
        capacity_provider_arns: list(&["EC2"]),
        ..Default::default()
    }
}

fn create(ctx: &Ctx, input: shapes::CreateDaemonRequest) -> Result<shapes::CreateDaemonResponse, Fault> {
    call::<op::CreateDaemon>(ctx, input)
}

fn describe(ctx: &Ctx, arn: &str) -> Result<shapes::DaemonDetail, Fault> {
    let input = shapes::DescribeDaemonRequest { daemon_arn: text(arn) };
    call::<op::DescribeDaemon>(ctx, input).map(|answer| answer.daemon.expect("always there"))
}

fn deployment(ctx: &Ctx, arn: &str) -> shapes::DaemonDeployment {
    let input = shapes::DescribeDaemonDeploymentsRequest {
        daemon_deployment_arns: list(&[arn]),
    };
    let answer = call::<op::DescribeDaemonDeployments>(ctx, input).expect("a good request");
    assert_eq!(answer.failures, Some(Vec::new()));
    answer.daemon_deployments.expect("always there").remove(0)
}

fn update(arn: &str, definition: &str) -> shapes::UpdateDaemonRequest {
    shapes::UpdateDaemonRequest {
        daemon_arn: text(arn),
        daemon_task_definition_arn: text(definition),
        capacity_provider_arns: list(&["EC2"]),
        ..Default::default()
    }
}

fn assert_lawful(ctx: &Ctx) {
    assert_eq!(invariants::check(&ctx.snapshot()), []);
}

const ARN: &str = "arn:aws:ecs:us-east-1:000000000000:daemon/default/watcher";

#[test]
fn definitions_have_families_of_their_own() {
    let ctx = prepared();
    let second = register(&ctx, "watch");
    assert_eq!(
        second,
        "arn:aws:ecs:us-east-1:000000000000:daemon-task-definition/watch:2"
    );
    let look = |named: &str| {
        let input = shapes::DescribeDaemonTaskDefinitionRequest {
            daemon_task_definition: text(named),
        };
        call::<op::DescribeDaemonTaskDefinition>(&ctx, input).map(|a| a.daemon_task_definition.expect("always there"))
    };
    let shown = look("watch").expect("the newest");
    assert_eq!(
        (shown.family.as_deref(), shown.revision, shown.status.as_deref()),
        (Some("watch"), Some(2), Some("ACTIVE"))
    );
    assert_eq!(shown.pid_mode.as_deref(), Some("shared"));
    assert_eq!(
        shown.container_definitions,
        request("watch").container_definitions,
        "as it was given"
    );
    let input = shapes::DeleteDaemonTaskDefinitionRequest {
        daemon_task_definition: Some(second.clone()),
    };
    call::<op::DeleteDaemonTaskDefinition>(&ctx, input.clone()).expect("it is ACTIVE");
    assert!(
        call::<op::DeleteDaemonTaskDefinition>(&ctx, input).is_err(),
        "it is not any more"
    );
    assert_eq!(look("watch").expect("the newest that is ACTIVE").revision, Some(1));
    assert_eq!(
        look(&second).expect("it is still there").status.as_deref(),
        Some("DELETE_IN_PROGRESS")
    );
    let families = call::<op::ListTaskDefinitionFamilies>(&ctx, Default::default()).expect("a good request");
    assert_eq!(families.families, Some(Vec::new()), "users' definitions are others");
    let definitions = call::<op::ListTaskDefinitions>(&ctx, Default::default()).expect("a good request");
    assert_eq!(definitions.task_definition_arns, Some(Vec::new()));
    assert_lawful(&ctx);
}

#[test]
fn definitions_are_listed_by_family_and_revision() {
    let ctx = world();
    for family in ["b", "a", "b", "ab"] {
        register(&ctx, family);
    }
    let all = |input: shapes::ListDaemonTaskDefinitionsRequest| -> Vec<String> {
        let answer = call::<op::ListDaemonTaskDefinitions>(&ctx, input).expect("a good request");
        let arns = answer
            .daemon_task_definitions
            .expect("always there")
            .into_iter()
            .filter_map(|d| d.arn);
        arns.map(|arn| arn.rsplit('/').next().expect("a name").to_string())
            .collect()
    };
    assert_eq!(all(Default::default()), ["a:1", "ab:1", "b:1", "b:2"]);
    let falling = shapes::ListDaemonTaskDefinitionsRequest {
        sort: text("DESC"),
        revision: text("LAST_REGISTERED"),
        ..Default::default()
    };
    assert_eq!(all(falling), ["b:2", "ab:1", "a:1"]);
    let prefix = shapes::ListDaemonTaskDefinitionsRequest {
        family_prefix: text("a"),
        ..Default::default()
    };
    assert_eq!(all(prefix), ["a:1", "ab:1"]);
    let paged = shapes::ListDaemonTaskDefinitionsRequest {
        max_results: Some(3),
        ..Default::default()
    };
    let first = call::<op::ListDaemonTaskDefinitions>(&ctx, paged.clone()).expect("a good request");
    let rest = shapes::ListDaemonTaskDefinitionsRequest {
        next_token: first.next_token,
        ..paged
    };
    assert_eq!(all(rest), ["b:2"]);
}

#[test]
fn a_daemon_is_made_once_and_described() {
    let ctx = prepared();
    let asked = shapes::CreateDaemonRequest {
        client_token: text("once"),
        ..of("watcher", "watch")
    };
    let made = create(&ctx, asked.clone()).expect("a good request");
    assert_eq!(
        (made.daemon_arn.as_deref(), made.status.as_deref()),
        (Some(ARN), Some("ACTIVE"))
    );
    assert_eq!(create(&ctx, asked).expect("the same again"), made);
    assert!(create(&ctx, of("watcher", "watch")).is_err(), "the name is taken");
    let shown = describe(&ctx, ARN).expect("it is there");
    assert_eq!(shown.deployment_arn, made.deployment_arn);
    let [current] = shown
        .current_revisions
        .expect("always there")
        .try_into()
        .expect("one revision");
    assert_eq!(
        (current.total_running_count, current.total_without_daemon_count),
        (Some(0), Some(0))
    );
    let input = shapes::DescribeDaemonRevisionsRequest {
        daemon_revision_arns: Some(vec![current.arn.expect("always there")]),
    };
    let revision = call::<op::DescribeDaemonRevisions>(&ctx, input).expect("a good request");
    let revision = revision.daemon_revisions.expect("always there").remove(0);
    assert_eq!(
        (revision.critical, revision.propagate_tags.as_deref()),
        (Some(true), Some("NONE"))
    );
    let way = deployment(&ctx, &made.deployment_arn.expect("always there"));
    let rules = way.deployment_configuration.expect("always there");
    assert_eq!(
        (way.status.as_deref(), rules.drain_percent),
        (Some("PENDING"), Some(25.0))
    );
    assert_lawful(&ctx);
}

#[test]
fn what_can_not_be_is_refused() {
    let ctx = prepared();
    let bad = [
        of("", "watch"),
        of("a b", "watch"),
        of("watcher", "other"),
        shapes::CreateDaemonRequest {
            capacity_provider_arns: list(&[]),
            ..of("watcher", "watch")
        },
        shapes::CreateDaemonRequest {
            capacity_provider_arns: list(&["nowhere"]),
            ..of("watcher", "watch")
        },
        shapes::CreateDaemonRequest {
            capacity_provider_arns: list(&["FARGATE"]),
            ..of("watcher", "watch")
        },
        shapes::CreateDaemonRequest {
            enable_execute_command: Some(true),
            ..of("watcher", "watch")
        },
        shapes::CreateDaemonRequest {
            deployment_configuration: Some(shapes::DaemonDeploymentConfiguration {
                bake_time_in_minutes: Some(1441),
                ..Default::default()
            }),
            ..of("watcher", "watch")
        },
    ];
    for input in bad {
        assert!(create(&ctx, input.clone()).is_err(), "{input:?}");
    }
    let absent = describe(&ctx, ARN).expect_err("nobody made it");
    assert_eq!(absent.code, "DaemonNotFoundException");
    let volume = shapes::DaemonVolume {
        name: text("logs"),
        log_driver_volume_configuration: Some(Default::default()),
        ..Default::default()
    };
    let input = shapes::RegisterDaemonTaskDefinitionRequest {
        volumes: Some(vec![volume]),
        ..request("logs")
    };
    assert!(call::<op::RegisterDaemonTaskDefinition>(&ctx, input).is_err());
}

#[test]
fn an_update_gives_a_revision_where_tasks_come_out_otherwise() {
    let ctx = prepared();
    let first = create(&ctx, of("watcher", "watch:1")).expect("a good request");
    let revision = |ctx: &Ctx| {
        let daemon = ctx.snapshot().get::<Daemon>(&Daemon::key_of("default", "watcher"));
        daemon.expect("it is there").target.clone()
    };
    let before = revision(&ctx);
    let same = call::<op::UpdateDaemon>(&ctx, update(ARN, "watch:1")).expect("a good request");
    assert_eq!(revision(&ctx), before);
    assert_ne!(same.deployment_arn, first.deployment_arn, "and yet a deployment");
    let stopped = deployment(&ctx, &first.deployment_arn.expect("always there"));
    assert_eq!(stopped.status.as_deref(), Some("STOPPED"));
    register(&ctx, "watch");
    let second = call::<op::UpdateDaemon>(&ctx, update(ARN, "watch:2")).expect("a good request");
    assert_ne!(revision(&ctx), before);
    let input = shapes::ListDaemonDeploymentsRequest {
        daemon_arn: text(ARN),
        status: list(&["PENDING"]),
        ..Default::default()
    };
    let listed = call::<op::ListDaemonDeployments>(&ctx, input).expect("a good request");
    let [listed] = listed
        .daemon_deployments
        .expect("always there")
        .try_into()
        .expect("one is not over");
    assert_eq!(listed.daemon_deployment_arn, second.deployment_arn);
    assert_lawful(&ctx);
}

#[test]
fn a_daemon_is_deleted_once_and_holds_its_cluster_until_then() {
    let ctx = prepared();
    create(&ctx, of("watcher", "watch")).expect("a good request");
    let input = shapes::DeleteDaemonRequest { daemon_arn: text(ARN) };
    let going = call::<op::DeleteDaemon>(&ctx, input.clone()).expect("it is ACTIVE");
    assert_eq!(going.status.as_deref(), Some("DELETE_IN_PROGRESS"));
    let again = call::<op::DeleteDaemon>(&ctx, input).expect_err("it is on its way");
    assert_eq!(again.code, "DaemonNotActiveException");
    let refused = call::<op::UpdateDaemon>(&ctx, update(ARN, "watch")).expect_err("it is on its way");
    assert_eq!(refused.code, "DaemonNotActiveException");
    let input = shapes::DeleteClusterRequest {
        cluster: text("default"),
    };
    assert!(call::<op::DeleteCluster>(&ctx, input).is_err());
    let open = ctx
        .snapshot()
        .scan::<DaemonDeployment>(&Key::all())
        .filter(|way| way.status == DeploymentStatus::Pending)
        .count();
    assert_eq!(open, 1, "the one that takes it away");
    assert_lawful(&ctx);
}

#[test]
fn daemons_are_listed_by_their_capacity_and_tagged() {
    let ctx = prepared();
    let tag = shapes::Tag {
        key: text("team"),
        value: text("core"),
    };
    let tagged = shapes::CreateDaemonRequest {
        tags: Some(vec![tag.clone()]),
        ..of("watcher", "watch")
    };
    create(&ctx, tagged).expect("a good request");
    let edge = shapes::CreateDaemonRequest {
        capacity_provider_arns: list(&["EXTERNAL"]),
        ..of("edge", "watch")
    };
    create(&ctx, edge).expect("a good request");
    let on = |providers: &[&str]| {
        let input = shapes::ListDaemonsRequest {
            capacity_provider_arns: list(providers),
            ..Default::default()
        };
        let answer = call::<op::ListDaemons>(&ctx, input).expect("a good request");
        answer.daemon_summaries_list.expect("always there").len()
    };
    assert_eq!((on(&[]), on(&["EC2"]), on(&["EC2", "EXTERNAL"])), (2, 1, 2));
    let input = shapes::ListTagsForResourceRequest {
        resource_arn: text(ARN),
    };
    let tags = call::<op::ListTagsForResource>(&ctx, input).expect("it is there");
    assert_eq!(tags.tags, Some(vec![tag]));
}

#[test]
fn a_node_that_registers_has_critical_daemons_before_it() {
    let ctx = prepared();
    create(&ctx, of("watcher", "watch")).expect("a good request");
    let lax = shapes::CreateDaemonRequest {
        critical: Some(false),
        ..of("lax", "watch")
    };
    create(&ctx, lax).expect("a good request");
    let answer = call::<op::RegisterContainerInstance>(&ctx, Default::default()).expect("a node");
    let arn = answer
        .container_instance
        .and_then(|node| node.container_instance_arn)
        .expect("always there");
    let id = arn.rsplit('/').next().expect("an id");
    let node = ctx
        .snapshot()
        .get::<Node>(&Node::key_of("default", id))
        .expect("it is there");
    assert_eq!(node.awaits, ["watcher"]);
    let there_before = a_node("default", "old");
    ctx.put(NodeLedger::empty("default", "old"));
    ctx.put(there_before);
    let shown = describe(&ctx, ARN)
        .expect("it is there")
        .current_revisions
        .expect("always there")
        .remove(0);
    assert_eq!(shown.total_without_daemon_count, Some(2));
    assert_lawful(&ctx);
}
