//! DescribeDaemonDeployments.

use crate::common::Ctx;
use crate::ecs::daemons::{render, revisions};
use api::ecs;
use model::DaemonDeployment;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DescribeDaemonDeploymentsRequest,
) -> Result<ecs::DescribeDaemonDeploymentsResponse, Fault> {
    let given = input.daemon_deployment_arns.unwrap_or_default();
    let parts = revisions::read(ctx.scope(), "daemon-deployment", &given)?;
    let view = ctx.snapshot();
    let (mut daemon_deployments, mut failures) = (Vec::new(), Vec::new());
    for (part, arn) in parts.iter().zip(given) {
        match view.get::<DaemonDeployment>(&DaemonDeployment::key_of(&part.of.cluster, &part.of.daemon, &part.id)) {
            Some(way) => daemon_deployments.push(render::deployment(&view, ctx.scope(), &way)),
            None => failures.push(revisions::missing(arn)),
        }
    }
    Ok(ecs::DescribeDaemonDeploymentsResponse {
        failures: Some(failures),
        daemon_deployments: Some(daemon_deployments),
    })
}
