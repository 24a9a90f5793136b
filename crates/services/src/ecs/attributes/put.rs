//! PutAttributes: custom attributes are made, or get another value. All of them, or none.

use super::target::{self, Aimed};
use super::{MOST, is_built_in, show};
use crate::common::Ctx;
use crate::ecs::{fault, names, providers};
use api::ecs::{self, fault as declared};
use model::{Attribute, Cluster, Node};
use store::{Tx, View};
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
    check_provider(tx, cluster, &aimed.attribute)?;
    let attributes = with(&node.attributes, &aimed.attribute);
    if attributes.iter().filter(|a| !is_built_in(&a.name)).count() > MOST {
        let message = format!("You can apply up to {MOST} custom attributes for each resource.");
        return Err(Fault::new(&declared::AttributeLimitExceededException, message));
    }
    if attributes != node.attributes {
        let node = Node {
            attributes,
            version: node.version + 1,
            ..(*node).clone()
        };
        let node = node.settled(tx, false);
        tx.put(node);
    }
    Ok(())
}

/// The attribute that puts a node into a capacity provider names one that the cluster has.
fn check_provider(view: &View, cluster: &str, attribute: &Attribute) -> Result<(), Fault> {
    if attribute.name != Node::PROVIDER {
        return Ok(());
    }
    let name = attribute.value.as_deref().unwrap_or_default();
    let there = view.get::<Cluster>(&Cluster::key_of(cluster));
    let listed = there.is_some_and(|cluster| cluster.capacity_providers.iter().any(|p| p == name));
    let born = || providers::born_in(view, cluster).any(|p| p.name == name);
    if !providers::built_in::is(name) && (listed || born()) {
        return Ok(());
    }
    Err(fault::invalid(format!(
        "The attribute {} must name an Auto Scaling group or Managed Instances capacity provider of the cluster, and '{name}' is none.",
        Node::PROVIDER
    )))
}

/// The attributes with one more, or with another value, in the order of their names.
fn with(old: &[Attribute], new: &Attribute) -> Vec<Attribute> {
    let mut all: Vec<Attribute> = old.iter().filter(|a| a.name != new.name).cloned().collect();
    let at = all.partition_point(|a| a.name < new.name);
    all.insert(at, new.clone());
    all
}
