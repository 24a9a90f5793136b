//! ListServiceDeployments: newest first.

use super::render;
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::services::find;
use crate::ecs::{fault, names, pages};
use api::ecs;
use model::{Cluster, DeploymentStatus, ServiceDeployment};
use std::sync::Arc;
use store::Key;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListServiceDeployments",
    default: 20,
    max: 100,
};

pub async fn run(
    ctx: Ctx,
    input: ecs::ListServiceDeploymentsRequest,
) -> Result<ecs::ListServiceDeploymentsResponse, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
    let name = names::service_name(scope, &cluster, input.service.as_deref().unwrap_or_default())?;
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let wanted: Vec<DeploymentStatus> = input
        .status
        .iter()
        .flatten()
        .filter_map(|status| DeploymentStatus::parse(status))
        .collect();
    let time = input.created_at.unwrap_or_default();
    if let (Some(before), Some(after)) = (time.before, time.after)
        && before < after
    {
        return Err(fault::invalid(
            "createdAt.before must not be earlier than createdAt.after.",
        ));
    }
    let view = ctx.snapshot();
    let cluster = view
        .get::<Cluster>(&Cluster::key_of(&cluster))
        .ok_or_else(fault::cluster_not_found)?;
    let service = find::known(&view, &cluster, &name).ok_or_else(find::not_found)?;
    let passes = |d: &Arc<ServiceDeployment>| {
        d.created_at >= service.created_at
            && (wanted.is_empty() || wanted.contains(&d.status))
            && time.before.is_none_or(|before| d.created_at <= before)
            && time.after.is_none_or(|after| d.created_at >= after)
    };
    let all = view.scan::<ServiceDeployment>(&Key::of([cluster.name.as_str(), name.as_str()]));
    let mut all: Vec<(Key, Arc<ServiceDeployment>)> = all.filter(passes).map(|d| (newest_first(&d), d)).collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let rest = all
        .into_iter()
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let page = PAGING.page(size, rest.map(|(key, d)| (key, render::brief(scope, &d))));
    Ok(ecs::ListServiceDeploymentsResponse {
        service_deployments: Some(page.items),
        next_token: page.next,
    })
}

/// Sorts by age; no two of a service have the same.
fn newest_first(deployment: &ServiceDeployment) -> Key {
    let age = u64::MAX - u64::try_from(deployment.created_at.0).unwrap_or_default();
    Key::all().part_u64(age).part(&deployment.id)
}
