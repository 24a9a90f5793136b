//! ListClusters: the ACTIVE ones, by name.

use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{names, pages};
use api::ecs;
use model::Cluster;
use store::Key;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListClusters",
    default: 100,
    max: 100,
};

pub async fn run(ctx: Ctx, input: ecs::ListClustersRequest) -> Result<ecs::ListClustersResponse, Fault> {
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let snapshot = ctx.snapshot();
    let active = snapshot
        .scan_after::<Cluster>(&Key::all(), after.as_ref())
        .filter(|cluster| cluster.active);
    let arns = active.map(|cluster| {
        (
            Cluster::key_of(&cluster.name),
            names::cluster_arn(ctx.scope(), &cluster.name),
        )
    });
    let page = PAGING.page(size, arns);
    Ok(ecs::ListClustersResponse {
        cluster_arns: Some(page.items),
        next_token: page.next,
    })
}
