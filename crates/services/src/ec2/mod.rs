//! Amazon EC2, as far as ECS clients ask: the region and its zones, and the VPC that tasks have their interfaces in.

mod default_vpc;
mod filter;
mod groups;
mod interfaces;
mod page;
mod regions;
mod subnets;
#[cfg(test)]
mod tests;
mod vpcs;
mod zones;

pub use default_vpc::{USUAL_BLOCK, VPC_PREFIX, default_subnets, seed};

use crate::common::table::{Row, Table};
use api::ec2::{self, op};
use wire::Fault;
use wire::validate::{Violation, coral_message};

pub fn table() -> Table {
    Table {
        service: &ec2::EC2,
        invalid,
        ledger: &[include_str!("../../ledger/ec2.txt")],
        rows: vec![
            Row::of::<op::DescribeAvailabilityZones, _>(zones::run),
            Row::of::<op::DescribeNetworkInterfaces, _>(interfaces::run),
            Row::of::<op::DescribeRegions, _>(regions::run),
            Row::of::<op::DescribeSecurityGroups, _>(groups::run),
            Row::of::<op::DescribeSubnets, _>(subnets::run),
            Row::of::<op::DescribeVpcs, _>(vpcs::run),
        ],
    }
}

fn invalid(violations: &[Violation]) -> Fault {
    Fault::common("InvalidParameterValue", 400, coral_message(violations))
}

/// What every EC2 operation does first: a dry run of what is allowed is answered by this fault.
fn dry_run(asked: Option<bool>) -> Result<(), Fault> {
    match asked {
        Some(true) => {
            let message = "Request would have succeeded, but DryRun flag is set.";
            Err(Fault::common("DryRunOperation", 412, message))
        }
        _ => Ok(()),
    }
}
