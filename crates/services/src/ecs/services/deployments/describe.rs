//! DescribeServiceDeployments.

use super::{check_named, find, render};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DescribeServiceDeploymentsRequest,
) -> Result<ecs::DescribeServiceDeploymentsResponse, Fault> {
    let given = input.service_deployment_arns.unwrap_or_default();
    check_named(&given, "serviceDeploymentArns")?;
    let (scope, view) = (ctx.scope(), ctx.snapshot());
    let (mut shown, mut failures) = (Vec::new(), Vec::new());
    for given in given {
        let named = names::of_service(scope, "service-deployment", &given)?;
        match find(&view, &named) {
            Ok(deployment) => shown.push(render::whole(&view, scope, &deployment)),
            Err(_) => failures.push(fault::missing(given)),
        }
    }
    Ok(ecs::DescribeServiceDeploymentsResponse {
        service_deployments: Some(shown),
        failures: Some(failures),
    })
}
