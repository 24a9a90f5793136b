//! The node that an attribute of a request is for.

use super::{MOST, check};
use crate::ecs::{fault, names};
use api::ecs::{self, fault as declared};
use base::Scope;
use model::{Attribute, Node, NodeStatus};
use std::sync::Arc;
use store::View;
use wire::Fault;

/// One attribute and its node's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aimed {
    pub node: String,
    pub attribute: Attribute,
}

/// The attributes of a request, checked as far as it goes without looking at the nodes.
pub fn read(scope: &Scope, cluster: &str, given: Option<Vec<ecs::Attribute>>) -> Result<Vec<Aimed>, Fault> {
    let given = given.unwrap_or_default();
    if given.is_empty() || given.len() > MOST {
        return Err(fault::invalid(format!(
            "Between 1 and {MOST} attributes can be specified in a single call."
        )));
    }
    given
        .into_iter()
        .map(|attribute| aim(scope, cluster, attribute))
        .collect()
}

fn aim(scope: &Scope, cluster: &str, given: ecs::Attribute) -> Result<Aimed, Fault> {
    let name = given.name.unwrap_or_default();
    check(&name, given.value.as_deref())?;
    let target = given.target_id.as_deref().filter(|id| !id.is_empty());
    let target = target.ok_or_else(|| fault::invalid(format!("The attribute '{name}' has no targetId.")))?;
    if !target.starts_with("arn:") && given.target_type.is_none() {
        return Err(fault::invalid(
            "The targetType is required if you use the short form ID of a target.",
        ));
    }
    let node = names::member_id(scope, "container-instance", cluster, target)?;
    Ok(Aimed {
        node,
        attribute: Attribute {
            name,
            value: given.value,
        },
    })
}

/// The node, if it is still there.
pub fn node(view: &View, cluster: &str, id: &str) -> Result<Arc<Node>, Fault> {
    let node = view
        .get::<Node>(&Node::key_of(cluster, id))
        .filter(|node| node.status != NodeStatus::Inactive);
    node.ok_or_else(|| {
        let message = format!("The specified target was not found: container-instance {id}.");
        Fault::new(&declared::TargetNotFoundException, message)
    })
}
