//! On whose capacity tasks run: a launch type, or a strategy that divides them among capacity providers.

use crate::ecs::clusters::strategy;
use crate::ecs::fault;
use crate::ecs::providers::{self, Kind};
use api::ecs;
use base::Scope;
use model::{Cluster, LaunchType, StrategyItem};
use scheduler::launch::shares;
use store::View;
use wire::Fault;

/// Some of the tasks of a request, and where they may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub provider: Option<String>,
    pub count: u32,
}

/// The launch type that tasks have, and how they are divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    pub launch_type: LaunchType,
    pub shares: Vec<Share>,
}

/// What the request says about it; when nothing, the cluster's default strategy; without one, EC2.
pub fn choose(
    view: &View,
    scope: &Scope,
    cluster: &Cluster,
    launch_type: Option<LaunchType>,
    given: &[ecs::CapacityProviderStrategyItem],
    count: u32,
) -> Result<Capacity, Fault> {
    let (launch_type, items) = strategy_of(view, scope, cluster, launch_type, given)?;
    let shares = match items.as_slice() {
        [] => vec![Share { provider: None, count }],
        items => divide(items, count),
    };
    Ok(Capacity { launch_type, shares })
}

/// The launch type, and the strategy when there is one.
pub fn strategy_of(
    view: &View,
    scope: &Scope,
    cluster: &Cluster,
    launch_type: Option<LaunchType>,
    given: &[ecs::CapacityProviderStrategyItem],
) -> Result<(LaunchType, Vec<StrategyItem>), Fault> {
    if launch_type == Some(LaunchType::ManagedInstances) {
        let message =
            "To run tasks on Amazon ECS Managed Instances, specify a capacityProviderStrategy and omit the launchType.";
        return Err(fault::invalid(message));
    }
    let items = match given {
        [] if launch_type.is_none() => cluster.default_strategy.clone(),
        [] => Vec::new(),
        given => strategy::of_cluster(view, scope, cluster, given)?,
    };
    let Some(first) = items.first() else {
        return Ok((launch_type.unwrap_or(LaunchType::Ec2), items));
    };
    let launch_type = match providers::kind(view, &first.provider).ok_or_else(providers::missing)? {
        Kind::Fargate => LaunchType::Fargate,
        Kind::Group => LaunchType::Ec2,
        Kind::Managed => LaunchType::ManagedInstances,
    };
    Ok((launch_type, items))
}

fn divide(items: &[StrategyItem], count: u32) -> Vec<Share> {
    let of_none = |_: &str| 0;
    let share = |(provider, count): (String, u32)| Share {
        provider: Some(provider),
        count,
    };
    shares::next(items, of_none, count).into_iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(items: &[(&str, u32, u32)], count: u32) -> Vec<(String, u32)> {
        let item = |(provider, weight, base): &(&str, u32, u32)| StrategyItem {
            provider: provider.to_string(),
            weight: *weight,
            base: *base,
        };
        let items: Vec<StrategyItem> = items.iter().map(item).collect();
        divide(&items, count)
            .into_iter()
            .map(|s| (s.provider.expect("of a strategy"), s.count))
            .collect()
    }

    fn is(shares: &[(String, u32)], expected: &[(&str, u32)]) -> bool {
        shares
            .iter()
            .map(|(p, n)| (p.as_str(), *n))
            .eq(expected.iter().copied())
    }

    #[test]
    fn bases_come_first_and_weights_divide_the_rest() {
        assert!(is(&shares(&[("a", 1, 0), ("b", 4, 0)], 10), &[("a", 2), ("b", 8)]));
        assert!(is(&shares(&[("a", 1, 2), ("b", 1, 0)], 6), &[("a", 4), ("b", 2)]));
        assert!(is(&shares(&[("a", 1, 20), ("b", 1, 0)], 6), &[("a", 6)]));
        assert!(is(&shares(&[("a", 0, 0), ("b", 1, 0)], 3), &[("b", 3)]));
        assert!(is(&shares(&[("a", 0, 0)], 3), &[("a", 3)]));
    }

    #[test]
    fn no_task_is_lost_or_added() {
        for count in 0..=10 {
            let all = shares(&[("a", 3, 1), ("b", 5, 0), ("c", 0, 0), ("d", 1, 0)], count);
            assert_eq!(all.iter().map(|(_, n)| n).sum::<u32>(), count);
        }
    }
}
