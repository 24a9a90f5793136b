//! PutAttributes: custom attributes are made, or get another value. All of them, or none.

use super::target::{self, Aimed};
use super::{MOST, is_built_in, show};
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs::{self, fault as declared};
use model::{Attribute, Node};
use store::Tx;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::PutAttributesRequest) -> Result<ecs::PutAttributesResponse, Fault> {
    let cluster = names::cluster_name(ctx.scope(), input.cluster.as_deref())?;
    let all = target::read(ctx.scope(), &cluster, input.attributes)?;
    let shown = all
        .iter()
        .map(|a| show(&a.attribute, names::node_arn(ctx.scope(), &cluster, &a.node)))
        .collect();
    ctx.write(move |tx| {
        names::active_cluster(tx, &cluster)?;
        all.iter().try_for_each(|aimed| put(tx, &cluster, aimed))
    })
    .await?;
    Ok(ecs::PutAttributesResponse {
        attributes: Some(shown),
    })
}

fn put(tx: &mut Tx, cluster: &str, aimed: &Aimed) -> Result<(), Fault> {
    let node = target::node(tx, cluster, &aimed.node)?;
    let attributes = with(&node.attributes, &aimed.attribute);
    if attributes.iter().filter(|a| !is_built_in(&a.name)).count() > MOST {
        let message = format!("You can apply up to {MOST} custom attributes for each resource.");
        return Err(Fault::new(&declared::AttributeLimitExceededException, message));
    }
    if attributes != node.attributes {
        tx.put(Node {
            attributes,
            version: node.version + 1,
            ..(*node).clone()
        });
    }
    Ok(())
}

/// The attributes with one more, or with another value, in the order of their names.
fn with(old: &[Attribute], new: &Attribute) -> Vec<Attribute> {
    let mut all: Vec<Attribute> = old.iter().filter(|a| a.name != new.name).cloned().collect();
    let at = all.partition_point(|a| a.name < new.name);
    all.insert(at, new.clone());
    all
}
