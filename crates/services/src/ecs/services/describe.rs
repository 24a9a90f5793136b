//! DescribeServices: INACTIVE ones too; what is not there comes back as MISSING.

use super::{find, render};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::Cluster;
use std::collections::BTreeSet;
use wire::Fault;

/// The most that one request may name.
const MOST: usize = 10;

pub async fn run(ctx: Ctx, input: ecs::DescribeServicesRequest) -> Result<ecs::DescribeServicesResponse, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
    let named = input.services.unwrap_or_default();
    if named.is_empty() {
        return Err(fault::invalid("Services cannot be empty."));
    }
    if named.len() > MOST {
        return Err(fault::invalid(format!(
            "Services cannot have more than {MOST} elements."
        )));
    }
    let tags = input.include.iter().flatten().any(|field| field == "TAGS");
    let view = ctx.snapshot();
    let cluster = view
        .get::<Cluster>(&Cluster::key_of(&cluster))
        .ok_or_else(fault::cluster_not_found)?;
    let mut seen = BTreeSet::new();
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for given in &named {
        let name = names::service_name(scope, &cluster.name, given)?;
        if !seen.insert(name.clone()) {
            continue;
        }
        match find::known(&view, &cluster, &name) {
            Some(service) => services.push(render::service(&view, scope, &service, tags)),
            None => failures.push(fault::missing(names::service_arn(scope, &cluster.name, &name))),
        }
    }
    Ok(ecs::DescribeServicesResponse {
        services: Some(services),
        failures: Some(failures),
    })
}
