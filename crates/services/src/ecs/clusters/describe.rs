//! DescribeClusters: INACTIVE ones too; what is not there comes back as MISSING.

use super::render::{self, Shown};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use model::Cluster;
use std::collections::BTreeSet;
use wire::Fault;

/// The most that one request may name.
const MOST: usize = 100;

pub async fn run(ctx: Ctx, input: ecs::DescribeClustersRequest) -> Result<ecs::DescribeClustersResponse, Fault> {
    let mut given = input.clusters.unwrap_or_default();
    if given.is_empty() {
        given.push("default".to_string());
    }
    if given.len() > MOST {
        return Err(fault::invalid("Clusters cannot have more than 100 elements."));
    }
    let shown = Shown::of(input.include.as_deref().unwrap_or_default());
    let snapshot = ctx.snapshot();
    let mut seen = BTreeSet::new();
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    for given in given {
        // An ARN of somewhere else is not an error here: it is only not to be found.
        let name = match names::cluster_name(ctx.scope(), Some(&given)) {
            Ok(name) => name,
            Err(_) if given.starts_with("arn:") => {
                failures.push(missing(given));
                continue;
            }
            Err(fault) => return Err(fault),
        };
        if !seen.insert(name.clone()) {
            continue;
        }
        match snapshot.get::<Cluster>(&Cluster::key_of(&name)) {
            Some(cluster) => clusters.push(render::cluster(&snapshot, ctx.scope(), &cluster, shown)),
            None => failures.push(missing(names::cluster_arn(ctx.scope(), &name))),
        }
    }
    Ok(ecs::DescribeClustersResponse {
        clusters: Some(clusters),
        failures: Some(failures),
    })
}

fn missing(arn: String) -> ecs::Failure {
    ecs::Failure {
        arn: Some(arn),
        reason: Some("MISSING".to_string()),
        detail: None,
    }
}
