//! A daemon and its deployments as the API shows them. Counts are of the tasks and nodes as they are now.

use super::arns;
use crate::ecs::names;
use api::ecs;
use base::Scope;
use model::{Daemon, DaemonDeployment, DaemonSource, LaunchType, Node, NodeStatus, Standing, Task};
use std::collections::{BTreeMap, BTreeSet};
use store::{Key, View};

/// Of one revision on one kind of capacity.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    running: i32,
    without: i32,
    draining: i32,
}

pub fn daemon(view: &View, scope: &Scope, daemon: &Daemon) -> ecs::DaemonDetail {
    let mut current = BTreeSet::from([daemon.target.clone()]);
    current.extend(tasks(view, daemon, None).filter_map(|t| Some(t.member.as_ref()?.revision.clone())));
    let details = current.iter().map(|id| {
        let counts = counts(view, daemon, id, &daemon.providers);
        let on = |(name, count): (&String, &Count)| ecs::DaemonCapacityProvider {
            arn: Some(names::provider_arn(scope, name)),
            running_count: Some(count.running),
            without_daemon_count: Some(count.without),
        };
        ecs::DaemonRevisionDetail {
            arn: Some(arns::revision(scope, &daemon.cluster, &daemon.name, id)),
            capacity_providers: Some(counts.iter().map(on).collect()),
            total_running_count: Some(counts.values().map(|c| c.running).sum()),
            total_without_daemon_count: Some(counts.values().map(|c| c.without).sum()),
        }
    });
    ecs::DaemonDetail {
        daemon_arn: Some(arns::daemon(scope, &daemon.cluster, &daemon.name)),
        cluster_arn: Some(names::cluster_arn(scope, &daemon.cluster)),
        status: Some(daemon.status.to_string()),
        current_revisions: Some(details.collect()),
        deployment_arn: Some(arns::deployment(
            scope,
            &daemon.cluster,
            &daemon.name,
            &daemon.deployment,
        )),
        created_at: Some(daemon.created_at),
        updated_at: Some(daemon.updated_at),
    }
}

pub fn deployment(view: &View, scope: &Scope, way: &DaemonDeployment) -> ecs::DaemonDeployment {
    let daemon = view.get::<Daemon>(&Daemon::key_of(&way.cluster, &way.daemon));
    let detail = |source: &DaemonSource| {
        let counts = daemon.as_ref().map_or_else(BTreeMap::new, |daemon| {
            counts(view, daemon, &source.revision, &source.providers)
        });
        let on = |(name, count): (&String, &Count)| ecs::DaemonDeploymentCapacityProvider {
            arn: Some(names::provider_arn(scope, name)),
            running_instance_count: Some(count.running),
            without_daemon_instance_count: Some(count.without),
            draining_instance_count: Some(count.draining),
        };
        ecs::DaemonDeploymentRevisionDetail {
            arn: Some(arns::revision(scope, &way.cluster, &way.daemon, &source.revision)),
            capacity_providers: Some(counts.iter().map(on).collect()),
            total_running_instance_count: Some(counts.values().map(|c| c.running).sum()),
            total_without_daemon_instance_count: Some(counts.values().map(|c| c.without).sum()),
            total_draining_instance_count: Some(counts.values().map(|c| c.draining).sum()),
        }
    };
    let number = |n: u32| Some(i32::try_from(n).unwrap_or(i32::MAX));
    let rules = &way.rules;
    ecs::DaemonDeployment {
        daemon_deployment_arn: Some(arns::deployment(scope, &way.cluster, &way.daemon, &way.id)),
        cluster_arn: Some(names::cluster_arn(scope, &way.cluster)),
        status: Some(way.status.to_string()),
        status_reason: way.reason.clone(),
        target_daemon_revision: Some(detail(&way.target)),
        source_daemon_revisions: Some(way.sources.iter().map(detail).collect()),
        circuit_breaker: Some(ecs::DaemonCircuitBreaker {
            failure_count: number(way.failed),
            status: Some(way.breaker.to_string()),
            threshold: number(way.threshold),
        }),
        alarms: Some(ecs::DaemonDeploymentAlarms {
            status: Some(way.alarms.to_string()),
            alarm_names: Some(rules.alarms.clone()),
            triggered_alarm_names: Some(Vec::new()),
        }),
        rollback: way.rollback.as_ref().map(|rollback| ecs::DaemonRollback {
            reason: Some(rollback.reason.clone()),
            started_at: Some(rollback.started_at),
            rollback_target_daemon_revision_arn: Some(arns::revision(
                scope,
                &way.cluster,
                &way.daemon,
                &rollback.to.revision,
            )),
            rollback_capacity_providers: Some(
                rollback
                    .to
                    .providers
                    .iter()
                    .map(|name| names::provider_arn(scope, name))
                    .collect(),
            ),
        }),
        deployment_configuration: Some(ecs::DaemonDeploymentConfiguration {
            drain_percent: Some(f64::from(rules.drain_millipercent) / 1000.0),
            alarms: Some(ecs::DaemonAlarmConfiguration {
                alarm_names: Some(rules.alarms.clone()),
                enable: Some(rules.alarms_enabled),
            }),
            bake_time_in_minutes: number(rules.bake_minutes),
        }),
        created_at: Some(way.created_at),
        started_at: way.started_at,
        stopped_at: way.stopped_at,
        finished_at: way.finished_at,
    }
}

fn tasks<'a>(
    view: &'a View,
    daemon: &Daemon,
    revision: Option<&str>,
) -> impl Iterator<Item = std::sync::Arc<Task>> + use<'a> {
    let owner = Daemon::owner(&daemon.name);
    let of: Vec<&str> = [Some(daemon.cluster.as_str()), Some(owner.as_str()), revision]
        .into_iter()
        .flatten()
        .collect();
    view.by::<Task>(Task::BY_SERVICE, &Key::of(of))
}

fn counts(view: &View, daemon: &Daemon, revision: &str, providers: &[String]) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> = providers.iter().map(|p| (p.clone(), Count::default())).collect();
    for task in tasks(view, daemon, Some(revision)) {
        let count = counts.entry(capacity_of(&task)).or_default();
        match Standing::of(&task) {
            Standing::Running | Standing::Unhealthy => count.running += 1,
            Standing::Leaving | Standing::LeavingRunning => count.draining += 1,
            Standing::Pending | Standing::Gone => {}
        }
    }
    if revision == daemon.target {
        let runs = |task: &Task| matches!(Standing::of(task), Standing::Running | Standing::Unhealthy);
        let with: BTreeSet<String> = tasks(view, daemon, None)
            .filter(|task| runs(task))
            .filter_map(|task| task.node.clone())
            .collect();
        let all = view.scan::<Node>(&Key::of([daemon.cluster.as_str()]));
        for node in all.filter(|n| n.status == NodeStatus::Active && daemon.covers(n) && !with.contains(&n.id)) {
            let name = Daemon::capacity_of(&node).to_string();
            counts.entry(name).or_default().without += 1;
        }
    }
    counts
}

fn capacity_of(task: &Task) -> String {
    let plain = match task.launch_type {
        Some(LaunchType::External) => Daemon::EXTERNAL,
        _ => Daemon::EC2,
    };
    task.capacity_provider.clone().unwrap_or_else(|| plain.to_string())
}
