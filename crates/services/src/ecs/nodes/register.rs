//! RegisterContainerInstance: a new node, or one that is known by its ARN and comes again.

use super::identity::{self, Identity};
use super::render::{self, CHANGED};
use super::{find, id_of, not_found, resources};
use crate::common::{Ctx, given, tags};
use crate::ecs::tagging::shape;
use crate::ecs::{clusters, fault, names};
use api::ecs;
use base::Scope;
use model::{Attribute, Given, NamedAmount, Node, NodeLedger, NodeStatus, Resources, Tag};
use std::collections::BTreeMap;
use store::Tx;
use wire::Fault;

/// Attributes of one node: what an agent tells by itself is about sixty.
const MOST_ATTRIBUTES: usize = 200;

pub async fn run(
    ctx: Ctx,
    input: ecs::RegisterContainerInstanceRequest,
) -> Result<ecs::RegisterContainerInstanceResponse, Fault> {
    let plan = plan(ctx.scope(), input)?;
    let fresh = ctx.dice().hex(32);
    let world = ctx.clone();
    let node = ctx
        .write(move |tx| {
            if plan.cluster == "default" {
                clusters::make_default(tx, &world)?;
            }
            names::active_cluster(tx, &plan.cluster)?;
            let node = match &plan.known_as {
                None => first_time(tx, &plan, &fresh).settled(tx, true),
                Some(id) => again(tx, &plan, id)?.settled(tx, false),
            };
            tx.put(node.clone());
            Ok(render::node(tx, world.scope(), &node, CHANGED))
        })
        .await?;
    Ok(ecs::RegisterContainerInstanceResponse {
        container_instance: Some(node),
    })
}

/// What the request says, as far as it can be checked without looking at anything else.
#[derive(Debug)]
struct Plan {
    cluster: String,
    /// The id that it had before.
    known_as: Option<String>,
    instance_id: Option<String>,
    resources: Resources,
    attributes: BTreeMap<String, Option<String>>,
    tags: Vec<Tag>,
    agent_version: Option<String>,
    given: Given,
}

fn plan(scope: &Scope, input: ecs::RegisterContainerInstanceRequest) -> Result<Plan, Fault> {
    let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
    let known = input.container_instance_arn.as_deref().filter(|arn| !arn.is_empty());
    let known_as = known.map(|arn| id_of(scope, &cluster, arn)).transpose()?;
    let identity = identity::read(scope, input.instance_identity_document.as_deref())?;
    let total = input.total_resources.as_deref().unwrap_or_default();
    let devices = input.platform_devices.as_deref().unwrap_or_default();
    let version = input.version_info.as_ref().and_then(|v| v.agent_version.clone());
    Ok(Plan {
        known_as,
        resources: resources::read(total, devices)?,
        attributes: attributes(scope, input.attributes.as_deref().unwrap_or_default(), &identity)?,
        tags: shape::read(input.tags.as_deref())?,
        agent_version: version.filter(|v| !v.is_empty()),
        instance_id: identity.instance_id,
        given: given::keep(&ecs::RegisterContainerInstanceRequest {
            instance_identity_document: input.instance_identity_document,
            instance_identity_document_signature: input.instance_identity_document_signature,
            version_info: input.version_info,
            total_resources: input.total_resources,
            platform_devices: input.platform_devices,
            ..Default::default()
        }),
        cluster,
    })
}

/// What the agent says, and behind it what its identity document says. Every machine is in a zone: one that does not
/// know is in the first.
fn attributes(
    scope: &Scope,
    given: &[ecs::Attribute],
    identity: &Identity,
) -> Result<BTreeMap<String, Option<String>>, Fault> {
    if given.len() > MOST_ATTRIBUTES {
        return Err(fault::invalid(format!(
            "A container instance has at most {MOST_ATTRIBUTES} attributes."
        )));
    }
    let mut all = BTreeMap::new();
    let first_zone = format!("{}a", scope.region);
    let told = [
        (Node::ZONE, Some(identity.zone.clone().unwrap_or(first_zone))),
        ("ecs.instance-type", identity.instance_type.clone()),
        ("ecs.ami-id", identity.image_id.clone()),
    ];
    for (name, value) in told {
        if value.is_some() {
            all.insert(name.to_string(), value);
        }
    }
    for attribute in given {
        let name = attribute.name.clone().unwrap_or_default();
        if attribute.target_id.is_some() {
            return Err(fault::invalid(
                "The attributes of a registration are the node's own and can't have a targetId.",
            ));
        }
        let signs = |c: char, more: &str| c.is_ascii_alphanumeric() || more.contains(c);
        if !(1..=128).contains(&name.len()) || !name.chars().all(|c| signs(c, "-_/\\.")) {
            return Err(fault::invalid(format!("The attribute name '{name}' is not valid.")));
        }
        let value = attribute.value.clone().filter(|value| !value.is_empty());
        if value
            .as_deref()
            .is_some_and(|v| v.len() > 128 || v.trim() != v || !v.chars().all(|c| signs(c, "-_.@/\\: ")))
        {
            return Err(fault::invalid(format!(
                "The value of the attribute '{name}' is not valid."
            )));
        }
        all.insert(name, value);
    }
    Ok(all)
}

fn listed(attributes: &BTreeMap<String, Option<String>>) -> Vec<Attribute> {
    let one = |(name, value): (&String, &Option<String>)| Attribute {
        name: name.clone(),
        value: value.clone(),
    };
    attributes.iter().map(one).collect()
}

fn is_external(attributes: &BTreeMap<String, Option<String>>) -> bool {
    attributes.contains_key("ecs.capability.external")
}

fn first_time(tx: &mut Tx, plan: &Plan, id: &str) -> Node {
    tx.put(NodeLedger::empty(&plan.cluster, id));
    Node {
        cluster: plan.cluster.clone(),
        id: id.to_string(),
        status: NodeStatus::Active,
        status_reason: None,
        connected: false,
        registered_at: tx.now(),
        instance_id: plan.instance_id.clone(),
        capacity_provider: None,
        resources: plan.resources.clone(),
        attributes: listed(&plan.attributes),
        tags: plan.tags.clone(),
        given: plan.given.clone(),
        version: 1,
        fargate: false,
        external: is_external(&plan.attributes),
        agent_version: plan.agent_version.clone(),
        awaits: Vec::new(),
    }
}

/// What the agent says by itself replaces what it said; what users hung on the node stays.
fn again(tx: &Tx, plan: &Plan, id: &str) -> Result<Node, Fault> {
    let there = find(tx, &plan.cluster, id).ok_or_else(|| not_found(id))?;
    if there.status == NodeStatus::Inactive {
        return Err(fault::invalid(format!(
            "Container instance {id} is INACTIVE: it was deregistered, which is final."
        )));
    }
    let ledger = tx.get::<NodeLedger>(&NodeLedger::key_of(id));
    let other_type = there
        .attribute("ecs.instance-type")
        .zip(plan.attributes.get("ecs.instance-type"));
    let other_type = other_type.is_some_and(|(was, is)| is.as_deref() != Some(was));
    if other_type || ledger.is_some_and(|l| exceeds(&l, &plan.resources)) {
        return Err(fault::client("Container instance type changes are not supported."));
    }
    let agents_own = |name: &str| name.starts_with("ecs.") || name.starts_with("com.amazonaws.ecs.");
    let mut attributes = plan.attributes.clone();
    for attribute in there.attributes.iter().filter(|a| !agents_own(&a.name)) {
        attributes
            .entry(attribute.name.clone())
            .or_insert_with(|| attribute.value.clone());
    }
    Ok(Node {
        resources: plan.resources.clone(),
        external: is_external(&attributes),
        attributes: listed(&attributes),
        tags: tags::merge(&there.tags, &plan.tags),
        given: plan.given.clone(),
        version: there.version + 1,
        instance_id: plan.instance_id.clone().or_else(|| there.instance_id.clone()),
        agent_version: plan.agent_version.clone().or_else(|| there.agent_version.clone()),
        ..(*there).clone()
    })
}

/// Whether tasks hold more than the node would have.
fn exceeds(ledger: &NodeLedger, has: &Resources) -> bool {
    ledger.cpu_units > has.cpu_units
        || ledger.memory_mib > has.memory_mib
        || ledger.gpus as usize > has.gpus.len()
        || has.enis.is_some_and(|enis| ledger.enis > enis)
        || ledger
            .named
            .iter()
            .any(|held| held.amount > NamedAmount::of(&has.named, &held.name))
}
