//! The VPC that is there from the start, as in every AWS account: a subnet in each zone, and a security group.

use super::zones;
use crate::common::World;
use crate::common::once::fnv1a;
use base::{Dice, Scope, SeededDice};
use model::{Block, SecurityGroup, Subnet, TrafficRule, Vpc};
use std::net::Ipv4Addr;
use store::{Key, StoreError};

/// Its addresses when nobody wishes for others.
pub const USUAL_BLOCK: Block = Block {
    first: Ipv4Addr::new(172, 31, 0, 0),
    prefix: VPC_PREFIX,
};
pub const VPC_PREFIX: u8 = 16;
const SUBNET_PREFIX: u8 = 20;
const EVERYWHERE: Block = Block {
    first: Ipv4Addr::UNSPECIFIED,
    prefix: 0,
};

/// Sees to it that the default VPC is there. It is done before anybody may ask for it. One that is there keeps its
/// addresses.
pub async fn seed(world: &World, block: Block) -> Result<(), StoreError> {
    let made = Made::of(&world.scope, block);
    let there = |made: &Made, view: &store::View| view.get::<Vpc>(&Vpc::key_of(&made.vpc.id)).is_some();
    if there(&made, &world.store.snapshot()) {
        return Ok(());
    }
    world
        .store
        .write(move |tx| {
            if tx.scan::<Vpc>(&Key::all()).next().is_none() {
                tx.put(made.vpc.clone());
                made.subnets.iter().for_each(|subnet| tx.put(subnet.clone()));
                tx.put(made.group.clone());
            }
            Ok::<_, StoreError>(())
        })
        .await
}

/// The ids of its subnets, in the order of their zones.
pub fn default_subnets(scope: &Scope) -> Vec<String> {
    Made::of(scope, USUAL_BLOCK)
        .subnets
        .into_iter()
        .map(|subnet| subnet.id)
        .collect()
}

struct Made {
    vpc: Vpc,
    subnets: Vec<Subnet>,
    group: SecurityGroup,
}

impl Made {
    /// Its ids follow from account and region: a Gantry that is set up anew has the same, and what was written down
    /// elsewhere still holds.
    fn of(scope: &Scope, block: Block) -> Made {
        let dice = SeededDice::new(fnv1a(scope.arn("ec2", "default-vpc").as_bytes()));
        let id = |kind: &str| format!("{kind}-{}", dice.hex(17));
        let vpc = Vpc {
            id: id("vpc"),
            block,
            default: true,
        };
        let subnet = |(i, zone): (u32, String)| Subnet {
            id: id("subnet"),
            vpc: vpc.id.clone(),
            zone,
            block: Block {
                first: block.at(i << (32 - u32::from(SUBNET_PREFIX))),
                prefix: SUBNET_PREFIX,
            },
            default: true,
        };
        let group = id("sg");
        let all = TrafficRule {
            protocol: "-1".to_string(),
            ..Default::default()
        };
        Made {
            subnets: (0..).zip(zones::names(&scope.region)).map(subnet).collect(),
            group: SecurityGroup {
                vpc: vpc.id.clone(),
                name: SecurityGroup::DEFAULT.to_string(),
                description: "default VPC security group".to_string(),
                ingress: vec![TrafficRule {
                    group: Some(group.clone()),
                    ..all.clone()
                }],
                egress: vec![TrafficRule {
                    block: Some(EVERYWHERE),
                    ..all
                }],
                id: group,
            },
            vpc,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::testing::{block_on, world};

    #[test]
    fn it_is_there_once_and_the_same_everywhere() {
        let (one, other) = (world(), world());
        block_on(seed(&one.world, USUAL_BLOCK)).expect("a store in memory takes it");
        let subnets = |ctx: &crate::Ctx| -> Vec<_> { ctx.snapshot().scan::<Subnet>(&Key::all()).collect() };
        assert_eq!(subnets(&one), subnets(&other));
        let mut blocks: Vec<_> = subnets(&one)
            .iter()
            .map(|s| (s.zone.clone(), s.block.to_string()))
            .collect();
        blocks.sort();
        let expected = [
            ("us-east-1a", "172.31.0.0/20"),
            ("us-east-1b", "172.31.16.0/20"),
            ("us-east-1c", "172.31.32.0/20"),
        ];
        assert!(
            blocks.iter().map(|(z, b)| (z.as_str(), b.as_str())).eq(expected),
            "{blocks:?}"
        );
        assert_eq!(one.snapshot().count::<Vpc>(&Key::all()), 1);
        let elsewhere = Made::of(&Scope::new("eu-west-1", "000000000000"), USUAL_BLOCK);
        assert_ne!(elsewhere.vpc.id, Made::of(one.scope(), USUAL_BLOCK).vpc.id);
    }
}
