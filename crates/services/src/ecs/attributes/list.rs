//! ListAttributes: node by node, each by its name.

use super::show;
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{fault, names, pages};
use api::ecs;
use model::{Node, NodeStatus};
use store::Key;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListAttributes",
    default: 100,
    max: 100,
};

pub async fn run(ctx: Ctx, input: ecs::ListAttributesRequest) -> Result<ecs::ListAttributesResponse, Fault> {
    let cluster = names::cluster_name(ctx.scope(), input.cluster.as_deref())?;
    let (name, value) = (input.attribute_name.as_deref(), input.attribute_value.as_deref());
    if name.is_none() && value.is_some() {
        return Err(fault::invalid(
            "You must also specify an attribute name to filter by value.",
        ));
    }
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let snapshot = ctx.snapshot();
    names::active_cluster(&snapshot, &cluster)?;
    // The token names a node and an attribute of it; whole nodes before it are not looked at.
    let node_of = after.as_ref().and_then(|after| after.text(0));
    let nodes = snapshot.scan::<Node>(&Key::of([&cluster]));
    let nodes = nodes.skip_while(|node| node_of.as_ref().is_some_and(|seen| node.id < *seen));
    let nodes = nodes.filter(|node| node.status != NodeStatus::Inactive);
    let attributes = nodes.flat_map(|node| {
        let asked = node
            .attributes
            .iter()
            .filter(|a| name.is_none_or(|name| a.name == name) && (value.is_none() || a.value.as_deref() == value));
        let arn = names::node_arn(ctx.scope(), &cluster, &node.id);
        let row = |a: &model::Attribute| (Key::of([&node.id, &a.name]), show(a, arn.clone()));
        asked.map(row).collect::<Vec<_>>()
    });
    let behind = attributes.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let page = PAGING.page(size, behind);
    Ok(ecs::ListAttributesResponse {
        attributes: Some(page.items),
        next_token: page.next,
    })
}
