//! ListDaemonDeployments: those of one daemon, the newest first.

use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::daemons::{arns, find};
use crate::ecs::{names, pages};
use api::ecs;
use base::Scope;
use model::DaemonDeployment;
use std::sync::Arc;
use store::Key;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListDaemonDeployments",
    default: 20,
    max: 100,
};

pub async fn run(
    ctx: Ctx,
    input: ecs::ListDaemonDeploymentsRequest,
) -> Result<ecs::ListDaemonDeploymentsResponse, Fault> {
    let scope = ctx.scope();
    let named = arns::read_daemon(scope, input.daemon_arn.as_deref())?;
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let view = ctx.snapshot();
    let daemon = find(&view, &named)?;
    let statuses = input.status.unwrap_or_default();
    let range = input.created_at.unwrap_or_default();
    let wanted = |way: &DaemonDeployment| {
        // Not those of an earlier daemon of the name.
        way.created_at >= daemon.created_at
            && (statuses.is_empty() || statuses.iter().any(|status| status == way.status.as_str()))
            && range.before.is_none_or(|before| way.created_at <= before)
            && range.after.is_none_or(|after| way.created_at >= after)
    };
    let all = view.scan::<DaemonDeployment>(&Key::of([named.cluster.as_str(), named.daemon.as_str()]));
    let mut found: Vec<(Key, Arc<DaemonDeployment>)> =
        all.filter(|way| wanted(way)).map(|way| (place(&way), way)).collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let rest = found
        .into_iter()
        .filter(|(at, _)| after.as_ref().is_none_or(|after| at > after));
    let page = PAGING.page(size, rest.map(|(at, way)| (at, summary(scope, &way))));
    Ok(ecs::ListDaemonDeploymentsResponse {
        daemon_deployments: Some(page.items),
        next_token: page.next,
    })
}

/// The newest sort first.
fn place(way: &DaemonDeployment) -> Key {
    let newest_first = u64::MAX - way.created_at.millis().unsigned_abs();
    Key::of([way.daemon.as_str()]).part_u64(newest_first).part(&way.id)
}

fn summary(scope: &Scope, way: &DaemonDeployment) -> ecs::DaemonDeploymentSummary {
    let (cluster, daemon) = (&way.cluster, &way.daemon);
    ecs::DaemonDeploymentSummary {
        daemon_deployment_arn: Some(arns::deployment(scope, cluster, daemon, &way.id)),
        daemon_arn: Some(arns::daemon(scope, cluster, daemon)),
        cluster_arn: Some(names::cluster_arn(scope, cluster)),
        status: Some(way.status.to_string()),
        status_reason: way.reason.clone(),
        target_daemon_revision_arn: Some(arns::revision(scope, cluster, daemon, &way.target.revision)),
        created_at: Some(way.created_at),
        started_at: way.started_at,
        stopped_at: way.stopped_at,
        finished_at: way.finished_at,
    }
}
