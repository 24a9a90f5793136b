//! Capacity providers: named sources of capacity. FARGATE and FARGATE_SPOT are always there; users make the others.
//!
//! Words: a *group* provider stands on an Auto Scaling group and may join any cluster's list; a *managed* provider
//! (Managed Instances) is born in one cluster and stays there. A provider is *associated* with a cluster when it is on
//! the cluster's list or was born in it.

pub mod built_in;
mod create;
mod delete;
mod describe;
mod group;
mod managed;
mod render;
#[cfg(test)]
mod tests;
mod update;

use super::{fault, names};
use crate::common::given;
use crate::common::table::Row;
use api::ecs::{self, op};
use base::{Arn, Scope};
use model::{CapacityProvider, Cluster};
use std::sync::Arc;
use store::{Key, View};
use wire::Fault;

/// The most providers that a cluster can be associated with, and that a strategy can name.
pub const MOST_PER_CLUSTER: usize = 20;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::CreateCapacityProvider, _>(create::run),
        Row::of::<op::DeleteCapacityProvider, _>(delete::run),
        Row::of::<op::DescribeCapacityProviders, _>(describe::run),
        Row::of::<op::UpdateCapacityProvider, _>(update::run),
    ]
}

/// What a provider's capacity is. One strategy has one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Fargate,
    Group,
    Managed,
}

/// The kind of a provider that is there and ACTIVE.
pub fn kind(view: &View, name: &str) -> Option<Kind> {
    if built_in::is(name) {
        return Some(Kind::Fargate);
    }
    active(view, name).map(|provider| {
        if provider.cluster.is_some() {
            Kind::Managed
        } else {
            Kind::Group
        }
    })
}

/// The ACTIVE provider of that name that a user made.
pub fn active(view: &View, name: &str) -> Option<Arc<CapacityProvider>> {
    view.get::<CapacityProvider>(&CapacityProvider::key_of(name))
        .filter(|provider| provider.active)
}

/// A provider's name, from its name or ARN. Whether it is there is another question.
pub fn name_of(scope: &Scope, given: &str) -> Result<String, Fault> {
    let arn = Arn::parse(given).filter(|arn| arn.service == "ecs" && arn.is_in(scope));
    let name = if given.starts_with("arn:") {
        arn.and_then(|a| a.of_kind("capacity-provider"))
    } else {
        Some(given)
    };
    match name.filter(|name| names::is_name(name)) {
        Some(name) => Ok(name.to_string()),
        None => Err(fault::invalid(format!(
            "Invalid identifier: '{given}' is not a capacity provider."
        ))),
    }
}

/// The managed providers that were born in a cluster and are ACTIVE.
pub fn born_in<'a>(view: &'a View, cluster: &'a str) -> impl Iterator<Item = Arc<CapacityProvider>> + 'a {
    let all = view.scan::<CapacityProvider>(&Key::all());
    all.filter(move |provider| provider.active && provider.cluster.as_deref() == Some(cluster))
}

/// The ACTIVE cluster that has the provider on its list.
pub fn listed_by(view: &View, name: &str) -> Option<Arc<Cluster>> {
    view.scan::<Cluster>(&Key::all())
        .find(|c| c.active && c.capacity_providers.iter().any(|p| p == name))
}

/// The provider with what others do by it, from what the user gave. Of Managed Instances AWS does both always.
fn settled(mut provider: CapacityProvider) -> CapacityProvider {
    let kept: ecs::CapacityProvider = given::recall(&provider.given);
    let group = kept.auto_scaling_group_provider.unwrap_or_default();
    let scaling = group.managed_scaling.unwrap_or_default();
    let on = |switch: Option<String>| switch.as_deref() == Some("ENABLED");
    provider.scales = provider.is_managed() || on(scaling.status);
    provider.drains = provider.is_managed() || on(group.managed_draining);
    provider
}

/// Told when a managed provider is named without its cluster.
const WITH_CLUSTER_SCOPE: &str = "The specified capacity provider already exists with cluster scope.";
/// Told when a provider is named with a cluster that is not its own.
const ELSEWHERE: &str = "The specified capacity provider already exists with account or a different cluster.";

pub fn missing() -> Fault {
    fault::invalid("The specified capacity provider was not found. Specify a valid capacity provider and try again.")
}

/// Whether the request's cluster is the one that the provider was born in, which is how AWS keeps them apart.
fn check_scope(provider: &CapacityProvider, cluster: Option<&str>) -> Result<(), Fault> {
    match (provider.cluster.as_deref(), cluster) {
        (None, None) => Ok(()),
        (Some(born), Some(named)) if born == named => Ok(()),
        (Some(_), None) => Err(fault::client(WITH_CLUSTER_SCOPE)),
        _ => Err(fault::client(ELSEWHERE)),
    }
}
