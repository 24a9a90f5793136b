//! Capacity provider strategies: which providers a cluster may have, and how a strategy may divide tasks among them.

use crate::ecs::fault;
use crate::ecs::providers::{self, Kind, MOST_PER_CLUSTER};
use api::ecs;
use base::Scope;
use model::{Cluster, StrategyItem};
use store::{Key, View};
use wire::Fault;

/// A strategy that a request gives for tasks of a cluster, checked against the cluster's providers.
pub fn of_cluster(
    view: &View,
    scope: &Scope,
    cluster: &Cluster,
    given: &[ecs::CapacityProviderStrategyItem],
) -> Result<Vec<StrategyItem>, Fault> {
    check(&read(scope, given)?, |name| {
        kind_in(view, &cluster.name, &cluster.capacity_providers, name)
    })
}

/// The items of a strategy, by the names of their providers. What is not said is 0.
pub fn read(scope: &Scope, given: &[ecs::CapacityProviderStrategyItem]) -> Result<Vec<StrategyItem>, Fault> {
    let number = |n: Option<i32>| {
        u32::try_from(n.unwrap_or(0)).map_err(|_| fault::invalid("A weight or a base can't be negative."))
    };
    let item = |item: &ecs::CapacityProviderStrategyItem| {
        let provider = providers::name_of(scope, item.capacity_provider.as_deref().unwrap_or_default())?;
        Ok(StrategyItem {
            provider,
            weight: number(item.weight)?,
            base: number(item.base)?,
        })
    };
    given.iter().map(item).collect()
}

/// Whether a strategy keeps the rules. `kind` says what a provider is, if it is associated with the cluster.
pub fn check(strategy: &[StrategyItem], kind: impl Fn(&str) -> Option<Kind>) -> Result<Vec<StrategyItem>, Fault> {
    if strategy.len() > MOST_PER_CLUSTER {
        return Err(fault::invalid(format!(
            "A capacity provider strategy can contain a maximum of {MOST_PER_CLUSTER} capacity providers."
        )));
    }
    let mut kinds = Vec::new();
    for (i, item) in strategy.iter().enumerate() {
        kinds.push(kind(&item.provider).ok_or_else(not_associated)?);
        if strategy[..i].iter().any(|earlier| earlier.provider == item.provider) {
            return Err(fault::invalid(format!(
                "The specified capacity provider strategy contains the capacity provider {} more than once.",
                item.provider
            )));
        }
    }
    if kinds.windows(2).any(|two| two[0] != two[1]) {
        return Err(fault::invalid(
            "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers. \
             Specify one or the other and try again.",
        ));
    }
    if strategy.iter().filter(|item| item.base > 0).count() > 1 {
        return Err(fault::invalid(
            "Only one capacity provider in a capacity provider strategy can have a base defined.",
        ));
    }
    // AWS lets a single provider go without a weight: it divides nothing.
    if strategy.len() > 1 && strategy.iter().all(|item| item.weight == 0) {
        return Err(fault::invalid(
            "At least one capacity provider in a capacity provider strategy must have a weight value greater than zero.",
        ));
    }
    Ok(strategy.to_vec())
}

/// The providers that a request gives for a cluster's list: there, ACTIVE, and of no other cluster.
pub fn check_list(view: &View, cluster: &str, list: &[String]) -> Result<(), Fault> {
    if list.len() > MOST_PER_CLUSTER {
        return Err(fault::invalid(format!(
            "A cluster can have at most {MOST_PER_CLUSTER} capacity providers."
        )));
    }
    for (i, name) in list.iter().enumerate() {
        if list[..i].contains(name) {
            return Err(fault::invalid(format!(
                "The capacity provider {name} is specified more than once."
            )));
        }
        match providers::kind(view, name).ok_or_else(providers::missing)? {
            Kind::Fargate => {}
            Kind::Managed if kind_in(view, cluster, &[], name).is_some() => {}
            Kind::Managed => return Err(of_another_cluster(name)),
            Kind::Group => {
                let mut others = view
                    .scan::<Cluster>(&Key::all())
                    .filter(|c| c.active && c.name != cluster);
                if others.any(|c| c.capacity_providers.contains(name)) {
                    return Err(of_another_cluster(name));
                }
            }
        }
    }
    Ok(())
}

/// What a provider is, if it is on the list or was born in the cluster.
pub fn kind_in(view: &View, cluster: &str, list: &[String], name: &str) -> Option<Kind> {
    let kind = providers::kind(view, name)?;
    let born = || providers::active(view, name).is_some_and(|p| p.cluster.as_deref() == Some(cluster));
    (list.iter().any(|listed| listed == name) || (kind == Kind::Managed && born())).then_some(kind)
}

pub fn show(strategy: &[StrategyItem]) -> Vec<ecs::CapacityProviderStrategyItem> {
    let number = |n: u32| Some(i32::try_from(n).unwrap_or(i32::MAX));
    let show = |item: &StrategyItem| ecs::CapacityProviderStrategyItem {
        capacity_provider: Some(item.provider.clone()),
        weight: number(item.weight),
        base: number(item.base),
    };
    strategy.iter().map(show).collect()
}

fn not_associated() -> Fault {
    fault::invalid(
        "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. \
         Associate the capacity provider with the cluster or specify a valid capacity provider and try again.",
    )
}

fn of_another_cluster(name: &str) -> Fault {
    fault::invalid(format!(
        "The capacity provider {name} is already associated with another cluster."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> Option<Kind> {
        match name {
            "FARGATE" | "FARGATE_SPOT" => Some(Kind::Fargate),
            "elsewhere" => None,
            _ => Some(Kind::Group),
        }
    }

    fn verdict(items: &[(&str, u32, u32)]) -> Result<usize, String> {
        let item = |(provider, weight, base): &(&str, u32, u32)| StrategyItem {
            provider: provider.to_string(),
            weight: *weight,
            base: *base,
        };
        let strategy: Vec<StrategyItem> = items.iter().map(item).collect();
        check(&strategy, kind).map(|s| s.len()).map_err(|f| f.message)
    }

    #[test]
    fn good_strategies_pass() {
        assert_eq!(verdict(&[]), Ok(0));
        assert_eq!(verdict(&[("FARGATE", 0, 0)]), Ok(1));
        assert_eq!(verdict(&[("FARGATE", 1, 1), ("FARGATE_SPOT", 4, 0)]), Ok(2));
        assert_eq!(verdict(&[("a", 1, 0), ("b", 0, 5)]), Ok(2));
    }

    #[test]
    fn each_rule_refuses_in_its_own_words() {
        let says =
            |items: &[(&str, u32, u32)], words: &str| verdict(items).is_err_and(|message| message.contains(words));
        assert!(says(&[("elsewhere", 1, 0)], "not associated with the cluster"));
        assert!(says(&[("FARGATE", 1, 0), ("a", 1, 0)], "cannot contain a mix"));
        assert!(says(&[("a", 1, 1), ("b", 1, 1)], "Only one capacity provider"));
        assert!(says(&[("a", 0, 0), ("b", 0, 0)], "greater than zero"));
        assert!(says(&[("a", 1, 0), ("a", 1, 0)], "more than once"));
        let names: Vec<String> = (0..21).map(|i| format!("p{i}")).collect();
        let many: Vec<(&str, u32, u32)> = names.iter().map(|n| (n.as_str(), 1, 0)).collect();
        assert!(says(&many, "maximum of 20"));
        assert_eq!(verdict(&many[..20]), Ok(20));
    }
}
