//! DeleteAttributes: custom attributes are taken from their nodes. One that is not there is as good as deleted.

use super::show;
use super::target::{self, Aimed};
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs;
use model::{Attribute, Node};
use store::Tx;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::DeleteAttributesRequest) -> Result<ecs::DeleteAttributesResponse, Fault> {
    let cluster = names::cluster_name(ctx.scope(), input.cluster.as_deref())?;
    let all = target::read(ctx.scope(), &cluster, input.attributes)?;
    let scope = ctx.scope().clone();
    let deleted = ctx
        .write(move |tx| {
            names::active_cluster(tx, &cluster)?;
            let mut deleted = Vec::new();
            for aimed in &all {
                let was = delete(tx, &cluster, aimed)?;
                let attribute = was.unwrap_or_else(|| aimed.attribute.clone());
                deleted.push(show(&attribute, names::node_arn(&scope, &cluster, &aimed.node)));
            }
            Ok(deleted)
        })
        .await?;
    Ok(ecs::DeleteAttributesResponse {
        attributes: Some(deleted),
    })
}

/// What was deleted. A value in the request is a condition: with another value the attribute stays.
fn delete(tx: &mut Tx, cluster: &str, aimed: &Aimed) -> Result<Option<Attribute>, Fault> {
    let node = target::node(tx, cluster, &aimed.node)?;
    let meant = |a: &Attribute| {
        a.name == aimed.attribute.name && (aimed.attribute.value.is_none() || a.value == aimed.attribute.value)
    };
    let Some(was) = node.attributes.iter().find(|a| meant(a)).cloned() else {
        return Ok(None);
    };
    let attributes = node.attributes.iter().filter(|a| a.name != was.name).cloned().collect();
    let left = Node {
        attributes,
        version: node.version + 1,
        ..(*node).clone()
    };
    let left = left.settled(tx, false);
    tx.put(left);
    Ok(Some(was))
}
