//! Nodes (AWS: container instances): registered by hand or by an agent, described, drained and deregistered; and what
//! agents tell about the tasks on them.
//!
//! A node that is registered here is not connected until a session with its agent is open; nobody is placed on it
//! before. Deregistering is for good: the record stays INACTIVE, so that it can still be described.

mod deregister;
mod describe;
mod discover;
mod identity;
mod list;
mod register;
pub mod render;
mod resources;
mod submit;
#[cfg(test)]
mod tests;
mod update_agent;
mod update_state;

use crate::common::table::Row;
use crate::ecs::{fault, names};
use api::ecs::{self, op};
use base::Scope;
use model::Node;
use std::sync::Arc;
use store::View;
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::DeregisterContainerInstance, _>(deregister::run),
        Row::of::<op::DescribeContainerInstances, _>(describe::run),
        Row::of::<op::DiscoverPollEndpoint, _>(discover::run),
        Row::of::<op::ListContainerInstances, _>(list::run),
        Row::of::<op::RegisterContainerInstance, _>(register::run),
        Row::of::<op::SubmitAttachmentStateChanges, _>(submit::attachments::run),
        Row::of::<op::SubmitContainerStateChange, _>(submit::container::run),
        Row::of::<op::SubmitTaskStateChange, _>(submit::task::run),
        Row::of::<op::UpdateContainerAgent, _>(update_agent::run),
        Row::of::<op::UpdateContainerInstancesState, _>(update_state::run),
    ]
}

/// The id of a node, from its id or ARN.
pub fn id_of(scope: &Scope, cluster: &str, given: &str) -> Result<String, Fault> {
    names::member_id(scope, "container-instance", cluster, given)
}

/// The node of that id in a cluster, in whatever state.
pub fn find(view: &View, cluster: &str, id: &str) -> Option<Arc<Node>> {
    view.get::<Node>(&Node::key_of(cluster, id))
}

/// The one node that a request is about.
fn the_node(view: &View, scope: &Scope, cluster: &str, given: &str) -> Result<Arc<Node>, Fault> {
    let id = id_of(scope, cluster, given)?;
    find(view, cluster, &id).ok_or_else(|| not_found(given))
}

pub fn not_found(given: &str) -> Fault {
    fault::invalid(format!("Referenced container instance {given} not found."))
}

/// The ids of the nodes that a request names, of which there must be some and no more than `most`.
fn ids_of(scope: &Scope, cluster: &str, given: &[String], most: usize) -> Result<Vec<String>, Fault> {
    if given.is_empty() {
        return Err(fault::invalid("Container instances cannot be empty."));
    }
    if given.len() > most {
        return Err(fault::invalid(format!(
            "Container instances can have at most {most} items."
        )));
    }
    given.iter().map(|given| id_of(scope, cluster, given)).collect()
}

/// An entry of `failures` about a node.
pub fn failure(scope: &Scope, cluster: &str, id: &str, reason: &str) -> ecs::Failure {
    ecs::Failure {
        arn: Some(names::node_arn(scope, cluster, id)),
        reason: Some(reason.to_string()),
        detail: None,
    }
}
