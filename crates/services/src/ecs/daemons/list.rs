//! ListDaemons: those of a cluster, page by page.

use super::arns;
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{names, pages, providers};
use api::ecs;
use model::Daemon;
use store::{Key, Record};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListDaemons",
    default: 100,
    max: 100,
};

pub async fn run(ctx: Ctx, input: ecs::ListDaemonsRequest) -> Result<ecs::ListDaemonsResponse, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, input.cluster_arn.as_deref())?;
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let on = input.capacity_provider_arns.unwrap_or_default();
    let on: Vec<String> = on
        .iter()
        .map(|given| providers::name_of(scope, given))
        .collect::<Result<_, _>>()?;
    let view = ctx.snapshot();
    names::active_cluster(&view, &cluster)?;
    let all = view.scan_after::<Daemon>(&Key::of([cluster.as_str()]), after.as_ref());
    let wanted = all.filter(|daemon| on.is_empty() || daemon.providers.iter().any(|provider| on.contains(provider)));
    let shown = wanted.map(|daemon| {
        let summary = ecs::DaemonSummary {
            daemon_arn: Some(arns::daemon(scope, &daemon.cluster, &daemon.name)),
            status: Some(daemon.status.to_string()),
            created_at: Some(daemon.created_at),
            updated_at: Some(daemon.updated_at),
        };
        (daemon.key(), summary)
    });
    let page = PAGING.page(size, shown);
    Ok(ecs::ListDaemonsResponse {
        daemon_summaries_list: Some(page.items),
        next_token: page.next,
    })
}
