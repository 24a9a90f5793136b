//! The life of a cluster, against a store in memory.

use super::*;
use crate::common::Ctx;
use crate::common::testing::{a_node, a_task, block_on, world};
use crate::ecs::{providers, settings};
use api::ecs;
use model::{CapacityProvider, Given, LaunchType, NodeStatus, Task, TaskStatus};
use wire::{Fault, Shape};

fn text(t: &str) -> Option<String> {
    Some(t.to_string())
}

fn code<T>(result: Result<T, Fault>) -> String {
    result
        .err()
        .map_or("no fault".to_string(), |fault| fault.code.into_owned())
}

fn message<T>(result: Result<T, Fault>) -> String {
    result.err().map_or("no fault".to_string(), |fault| fault.message)
}

fn try_create(ctx: &Ctx, input: ecs::CreateClusterRequest) -> Result<ecs::Cluster, Fault> {
    block_on(create::run(ctx.clone(), input)).map(|output| output.cluster.expect("always there"))
}

fn create(ctx: &Ctx, name: &str) -> ecs::Cluster {
    let input = ecs::CreateClusterRequest {
        cluster_name: text(name),
        ..Default::default()
    };
    try_create(ctx, input).expect("a good name")
}

fn describe_with(ctx: &Ctx, names: &[&str], include: &[&str]) -> (Vec<ecs::Cluster>, Vec<ecs::Failure>) {
    let list = |of: &[&str]| Some(of.iter().map(|t| t.to_string()).collect());
    let input = ecs::DescribeClustersRequest {
        clusters: list(names),
        include: list(include),
    };
    let output = block_on(describe::run(ctx.clone(), input)).expect("a good request");
    (
        output.clusters.expect("always there"),
        output.failures.expect("always there"),
    )
}

fn describe_one(ctx: &Ctx, name: &str, include: &[&str]) -> ecs::Cluster {
    describe_with(ctx, &[name], include).0.pop().expect("it is there")
}

fn delete(ctx: &Ctx, name: &str) -> Result<ecs::Cluster, Fault> {
    let input = ecs::DeleteClusterRequest { cluster: text(name) };
    block_on(delete::run(ctx.clone(), input)).map(|output| output.cluster.expect("always there"))
}

fn item(provider: &str, weight: i32, base: i32) -> ecs::CapacityProviderStrategyItem {
    ecs::CapacityProviderStrategyItem {
        capacity_provider: text(provider),
        weight: Some(weight),
        base: Some(base),
    }
}

fn put_providers(
    ctx: &Ctx,
    name: &str,
    list: &[&str],
    strategy: &[ecs::CapacityProviderStrategyItem],
) -> Result<ecs::Cluster, Fault> {
    let input = ecs::PutClusterCapacityProvidersRequest {
        cluster: text(name),
        capacity_providers: Some(list.iter().map(|t| t.to_string()).collect()),
        default_capacity_provider_strategy: Some(strategy.to_vec()),
    };
    block_on(put_providers::run(ctx.clone(), input)).map(|output| output.cluster.expect("always there"))
}

fn a_provider(name: &str, cluster: Option<&str>) -> CapacityProvider {
    CapacityProvider {
        name: name.to_string(),
        active: true,
        cluster: cluster.map(str::to_string),
        given: Given::default(),
        tags: Vec::new(),
        created_at: crate::common::testing::START,
        update_status: String::new(),
        update_status_reason: None,
        scales: false,
        drains: false,
    }
}

#[test]
fn a_new_cluster_shows_what_aws_shows() {
    let ctx = world();
    let expected = ecs::Cluster {
        cluster_arn: text("arn:aws:ecs:us-east-1:000000000000:cluster/default"),
        cluster_name: text("default"),
        status: text("ACTIVE"),
        registered_container_instances_count: Some(0),
        running_tasks_count: Some(0),
        pending_tasks_count: Some(0),
        active_services_count: Some(0),
        statistics: Some(Vec::new()),
        tags: Some(Vec::new()),
        settings: Some(configuration::insights("disabled".to_string())),
        capacity_providers: Some(Vec::new()),
        default_capacity_provider_strategy: Some(Vec::new()),
        attachments: Some(Vec::new()),
        ..Default::default()
    };
    assert_eq!(try_create(&ctx, Default::default()), Ok(expected.clone()));
    let plain = ecs::Cluster {
        settings: Some(Vec::new()),
        attachments: None,
        ..expected
    };
    assert_eq!(
        describe_with(&ctx, &[], &[]).0,
        [plain],
        "the default cluster, without what was not asked for"
    );
}

#[test]
fn the_same_name_again_is_the_same_cluster() {
    let ctx = world();
    let tags = Some(vec![ecs::Tag {
        key: text("team"),
        value: text("a"),
    }]);
    let input = ecs::CreateClusterRequest {
        cluster_name: text("web"),
        tags,
        ..Default::default()
    };
    let first = try_create(&ctx, input).expect("a good request");
    assert_eq!(create(&ctx, "web"), first);
    let other = ecs::CreateClusterRequest {
        cluster_name: text("web"),
        capacity_providers: Some(vec!["FARGATE".to_string()]),
        ..Default::default()
    };
    assert!(message(try_create(&ctx, other)).starts_with("Arguments on this idempotent request are inconsistent"));
    let bad = ecs::CreateClusterRequest {
        cluster_name: text("a b"),
        ..Default::default()
    };
    assert_eq!(code(try_create(&ctx, bad)), "InvalidParameterException");
}

#[test]
fn a_deleted_cluster_is_described_until_its_name_is_made_again() {
    let ctx = world();
    let tags = Some(vec![ecs::Tag {
        key: text("team"),
        value: text("a"),
    }]);
    let input = ecs::CreateClusterRequest {
        cluster_name: text("web"),
        tags,
        ..Default::default()
    };
    try_create(&ctx, input).expect("a good request");
    put_providers(&ctx, "web", &["FARGATE"], &[item("FARGATE", 1, 0)]).expect("a good strategy");
    let gone = delete(&ctx, "web").expect("it is empty");
    assert_eq!(gone.status.as_deref(), Some("INACTIVE"));
    assert_eq!(delete(&ctx, "web"), Ok(gone));
    let still = describe_one(&ctx, "web", &["TAGS"]);
    assert_eq!(
        (still.status.as_deref(), still.tags, still.capacity_providers),
        (Some("INACTIVE"), Some(vec![]), Some(vec![]))
    );
    let listed = block_on(list::run(ctx.clone(), Default::default())).expect("a list");
    assert_eq!(listed.cluster_arns, Some(Vec::new()));
    assert_eq!(create(&ctx, "web").status.as_deref(), Some("ACTIVE"));
    assert_eq!(code(delete(&ctx, "never")), "ClusterNotFoundException");
}

#[test]
fn what_is_not_there_is_missing_and_nothing_is_shown_twice() {
    let ctx = world();
    let (clusters, failures) = describe_with(&ctx, &[], &[]);
    assert_eq!(
        (clusters.len(), failures.len()),
        (0, 1),
        "nobody made the default cluster yet"
    );
    create(&ctx, "web");
    let elsewhere = "arn:aws:ecs:eu-west-1:111111111111:cluster/web";
    let arn = "arn:aws:ecs:us-east-1:000000000000:cluster/web";
    let (clusters, failures) = describe_with(&ctx, &["web", arn, "lost", elsewhere], &[]);
    let arns: Vec<_> = failures
        .iter()
        .map(|f| f.arn.as_deref().expect("always there"))
        .collect();
    assert_eq!(arns, ["arn:aws:ecs:us-east-1:000000000000:cluster/lost", elsewhere]);
    assert!(failures.iter().all(|f| f.reason.as_deref() == Some("MISSING")));
    assert_eq!(clusters.len(), 1);
    let many = ecs::DescribeClustersRequest {
        clusters: Some(vec!["web".to_string(); 101]),
        ..Default::default()
    };
    assert_eq!(code(block_on(describe::run(ctx, many))), "InvalidParameterException");
}

#[test]
fn clusters_are_listed_page_by_page() {
    let ctx = world();
    for i in 0..5 {
        create(&ctx, &format!("c{i}"));
    }
    delete(&ctx, "c2").expect("it is empty");
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let input = ecs::ListClustersRequest {
            max_results: Some(2),
            next_token: token,
        };
        let page = block_on(list::run(ctx.clone(), input)).expect("a page");
        seen.extend(page.cluster_arns.expect("always there"));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let names: Vec<_> = seen.iter().map(|arn| arn.rsplit('/').next().expect("an ARN")).collect();
    assert_eq!(names, ["c0", "c1", "c3", "c4"]);
    for max in [0, 101] {
        let input = ecs::ListClustersRequest {
            max_results: Some(max),
            next_token: None,
        };
        assert_eq!(
            code(block_on(list::run(ctx.clone(), input))),
            "InvalidParameterException"
        );
    }
}

#[test]
fn the_account_decides_about_insights_unless_the_cluster_does() {
    let ctx = world();
    let rows = settings::rows();
    assert!(rows.iter().any(|row| row.operation.name == "PutAccountSettingDefault"));
    ctx.put(model::AccountSetting {
        principal: String::new(),
        name: "containerInsights".to_string(),
        value: "enhanced".to_string(),
    });
    assert_eq!(
        create(&ctx, "a").settings,
        Some(configuration::insights("enhanced".to_string()))
    );
    let own = Some(configuration::insights("disabled".to_string()));
    let input = ecs::CreateClusterRequest {
        cluster_name: text("b"),
        settings: own.clone(),
        ..Default::default()
    };
    assert_eq!(try_create(&ctx, input).expect("a good request").settings, own);
}

#[test]
fn an_update_changes_only_what_it_names() {
    let ctx = world();
    create(&ctx, "web");
    let command = ecs::ExecuteCommandConfiguration {
        logging: text("NONE"),
        ..Default::default()
    };
    let storage = ecs::ManagedStorageConfiguration {
        kms_key_id: text("key"),
        ..Default::default()
    };
    let update = |configuration, namespace: Option<&str>| {
        let input = ecs::UpdateClusterRequest {
            cluster: text("web"),
            settings: None,
            configuration: Some(configuration),
            service_connect_defaults: namespace
                .map(|n| ecs::ClusterServiceConnectDefaultsRequest { namespace: text(n) }),
        };
        let output = block_on(update::run(ctx.clone(), input)).expect("a good update");
        output.cluster.expect("always there")
    };
    let only_command = ecs::ClusterConfiguration {
        execute_command_configuration: Some(command.clone()),
        managed_storage_configuration: None,
    };
    let with_command = update(only_command.clone(), Some("internal"));
    assert_eq!(with_command.configuration, Some(only_command));
    let both = update(
        ecs::ClusterConfiguration {
            execute_command_configuration: None,
            managed_storage_configuration: Some(storage.clone()),
        },
        None,
    );
    let expected = ecs::ClusterConfiguration {
        execute_command_configuration: Some(command),
        managed_storage_configuration: Some(storage),
    };
    assert_eq!(both.configuration, Some(expected.clone()));
    assert_eq!(
        both.service_connect_defaults.and_then(|d| d.namespace).as_deref(),
        Some("internal")
    );
    assert_eq!(update(expected.clone(), Some("")).service_connect_defaults, None);
    assert_eq!(describe_one(&ctx, "web", &[]).configuration, None);
    assert_eq!(
        describe_one(&ctx, "web", &["CONFIGURATIONS"]).configuration,
        Some(expected)
    );

    let settings = |value: &str, cluster: &str| ecs::UpdateClusterSettingsRequest {
        cluster: text(cluster),
        settings: Some(configuration::insights(value.to_string())),
    };
    block_on(update_settings::run(ctx.clone(), settings("enabled", "web"))).expect("a good value");
    assert_eq!(
        describe_one(&ctx, "web", &["SETTINGS"]).settings,
        Some(configuration::insights("enabled".to_string()))
    );
    assert_eq!(
        code(block_on(update_settings::run(ctx.clone(), settings("on", "web")))),
        "InvalidParameterException"
    );
    assert_eq!(
        code(block_on(update_settings::run(ctx.clone(), settings("enabled", "lost")))),
        "ClusterNotFoundException"
    );
}

#[test]
fn providers_come_and_go_as_a_whole() {
    let ctx = world();
    create(&ctx, "web");
    create(&ctx, "other");
    ctx.put(a_provider("group", None));
    ctx.put(a_provider("born", Some("web")));
    assert!(message(put_providers(&ctx, "web", &["lost"], &[])).contains("was not found"));
    let given = [item("FARGATE", 1, 1), item("FARGATE_SPOT", 4, 0)];
    let put = put_providers(&ctx, "web", &["FARGATE", "FARGATE_SPOT", "group"], &given).expect("a good strategy");
    assert_eq!(put.default_capacity_provider_strategy, Some(given.to_vec()));
    assert_eq!(
        (put.status.as_deref(), put.attachments_status.as_deref()),
        (Some("ACTIVE"), Some("UPDATE_COMPLETE"))
    );
    assert!(message(put_providers(&ctx, "other", &["group"], &[])).contains("another cluster"));
    assert!(message(put_providers(&ctx, "other", &[], &[item("born", 1, 0)])).contains("not associated"));
    assert!(
        put_providers(&ctx, "web", &["group"], &[item("born", 1, 0)]).is_ok(),
        "born in the cluster, not on its list"
    );
    let empty = put_providers(&ctx, "web", &[], &[]).expect("nobody uses them");
    assert_eq!(
        (empty.capacity_providers, empty.attachments_status.as_deref()),
        (Some(vec![]), Some("UPDATE_COMPLETE"))
    );
    assert!(
        put_providers(&ctx, "other", &["group"], &[]).is_ok(),
        "it is free again"
    );
}

#[test]
fn a_provider_that_a_task_came_from_stays() {
    let ctx = world();
    create(&ctx, "web");
    put_providers(&ctx, "web", &["FARGATE"], &[]).expect("a good list");
    let on = |status| Task {
        capacity_provider: text("FARGATE"),
        ..a_task("web", "1", status)
    };
    ctx.put(on(TaskStatus::Running));
    let refused = put_providers(&ctx, "web", &[], &[]);
    assert_eq!(
        message(refused.clone()),
        "The specified capacity provider is in use and cannot be removed."
    );
    assert_eq!(code(refused), "ResourceInUseException");
    ctx.put(on(TaskStatus::Stopped));
    assert!(put_providers(&ctx, "web", &[], &[]).is_ok());
}

#[test]
fn only_an_empty_cluster_is_deleted() {
    let ctx = world();
    create(&ctx, "web");
    ctx.put(model::Node {
        status: NodeStatus::Draining,
        ..a_node("web", "n1")
    });
    assert_eq!(code(delete(&ctx, "web")), "ClusterContainsContainerInstancesException");
    ctx.put(model::Node {
        status: NodeStatus::Inactive,
        ..a_node("web", "n1")
    });
    ctx.put(a_task("web", "1", TaskStatus::Deactivating));
    assert_eq!(
        message(delete(&ctx, "web")),
        "The Cluster cannot be deleted while Tasks are active."
    );
    ctx.put(a_task("web", "1", TaskStatus::Stopped));
    ctx.put(a_provider("born", Some("web")));
    assert_eq!(code(delete(&ctx, "web")), "ClusterContainsCapacityProviderException");
    ctx.put(CapacityProvider {
        active: false,
        ..a_provider("born", Some("web"))
    });
    assert!(delete(&ctx, "web").is_ok());
    assert_eq!(providers::kind(&ctx.snapshot(), "born"), None);
}

#[test]
fn counts_come_from_the_records() {
    let ctx = world();
    create(&ctx, "web");
    let fargate = |id: &str, status| Task {
        launch_type: None,
        capacity_provider: text("FARGATE_SPOT"),
        ..a_task("web", id, status)
    };
    ctx.put(a_task("web", "1", TaskStatus::Running));
    ctx.put(fargate("2", TaskStatus::Running));
    ctx.put(fargate("3", TaskStatus::Provisioning));
    ctx.put(Task {
        launch_type: Some(LaunchType::External),
        ..a_task("web", "4", TaskStatus::Pending)
    });
    ctx.put(a_task("web", "5", TaskStatus::Stopped));
    ctx.put(a_task("elsewhere", "6", TaskStatus::Running));
    ctx.put(a_node("web", "n1"));
    ctx.put(model::Node {
        status: NodeStatus::Draining,
        ..a_node("web", "n2")
    });
    ctx.put(model::Node {
        status: NodeStatus::Inactive,
        ..a_node("web", "n3")
    });
    let cluster = describe_one(&ctx, "web", &["STATISTICS"]);
    assert_eq!(
        (cluster.running_tasks_count, cluster.pending_tasks_count),
        (Some(2), Some(2))
    );
    assert_eq!(cluster.registered_container_instances_count, Some(2));
    let statistics = cluster.statistics.expect("always there");
    assert_eq!(statistics.len(), 16);
    let counted: Vec<(&str, &str)> = statistics
        .iter()
        .map(|pair| {
            (
                pair.name.as_deref().expect("always there"),
                pair.value.as_deref().expect("always there"),
            )
        })
        .filter(|(_, value)| *value != "0")
        .collect();
    let expected = [
        ("runningEC2TasksCount", "1"),
        ("runningFargateTasksCount", "1"),
        ("pendingFargateTasksCount", "1"),
        ("pendingExternalTasksCount", "1"),
    ];
    assert_eq!(counted, expected);
}

#[test]
fn a_cluster_comes_back_as_it_was_given() {
    let kept = render::Kept {
        settings: configuration::insights("enhanced".to_string()),
        configuration: Some(ecs::ClusterConfiguration {
            execute_command_configuration: Some(ecs::ExecuteCommandConfiguration {
                kms_key_id: text("k"),
                logging: text("OVERRIDE"),
                log_configuration: Some(ecs::ExecuteCommandLogConfiguration {
                    s3_bucket_name: text("b"),
                    s3_key_prefix: text("é/\u{1F980}"),
                    ..Default::default()
                }),
            }),
            managed_storage_configuration: None,
        }),
        service_connect_defaults: None,
        had_providers: true,
    };
    assert_eq!(render::Kept::recall(&kept.clone().keep()), kept);
    assert_eq!(ecs::Cluster::default().schema().name, "Cluster");
}
