//! ListContainerInstances.

use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{fault, names, pages};
use api::ecs;
use model::{Node, NodeStatus};
use scheduler::query::Expression;
use scheduler::view::{self, Pool, Wants};
use std::sync::Arc;
use store::{Key, Record, View};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListContainerInstances",
    default: 100,
    max: 100,
};

pub async fn run(
    ctx: Ctx,
    input: ecs::ListContainerInstancesRequest,
) -> Result<ecs::ListContainerInstancesResponse, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let filter = input
        .filter
        .as_deref()
        .filter(|text| !text.trim().is_empty())
        .map(parse)
        .transpose()?;
    let status = input.status.as_deref().and_then(NodeStatus::parse);
    let view = ctx.snapshot();
    names::active_cluster(&view, &cluster)?;
    let nodes = members(&view, &cluster, filter.as_ref(), after.as_ref());
    // Without a word about it, all that have not left for good.
    let wanted = |node: &Node| status.map_or(node.status != NodeStatus::Inactive, |status| node.status == status);
    let arns = nodes
        .filter(|node| wanted(node))
        .map(|node| (node.key(), names::node_arn(scope, &cluster, &node.id)));
    let page = PAGING.page(size, arns);
    Ok(ecs::ListContainerInstancesResponse {
        container_instance_arns: Some(page.items),
        next_token: page.next,
    })
}

fn parse(text: &str) -> Result<Expression, Fault> {
    Expression::parse(text).map_err(|wrong| fault::invalid(format!("Invalid filter expression: {wrong}.")))
}

fn members<'a>(
    view: &'a View,
    cluster: &str,
    filter: Option<&'a Expression>,
    after: Option<&'a Key>,
) -> Box<dyn Iterator<Item = Arc<Node>> + 'a> {
    let Some(filter) = filter else {
        return Box::new(view.scan_after::<Node>(&Key::of([cluster]), after));
    };
    let mut wants = Wants::default();
    filter.wants(&mut wants);
    let looked = view::look(view, Pool::Cluster(cluster), &wants).into_iter();
    let behind = move |node: &Node| after.is_none_or(|after| node.key() > *after);
    Box::new(
        looked
            .filter(move |seen| behind(&seen.node) && filter.holds(seen))
            .map(|seen| seen.node),
    )
}
