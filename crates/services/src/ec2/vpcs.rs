//! DescribeVpcs.

use super::filter::{Filters, one};
use super::page::{Asked, paging};
use crate::common::Ctx;
use api::ec2;
use base::Scope;
use model::Vpc;
use wire::Fault;

const FILTERS: &[&str] = &[
    "cidr",
    "cidr-block-association.association-id",
    "cidr-block-association.cidr-block",
    "cidr-block-association.state",
    "dhcp-options-id",
    "ipv6-cidr-block-association.association-id",
    "ipv6-cidr-block-association.ipv6-cidr-block",
    "ipv6-cidr-block-association.ipv6-pool",
    "ipv6-cidr-block-association.state",
    "is-default",
    "isDefault",
    "owner-id",
    "state",
    "tag-key",
    "vpc-id",
];

/// There are no DHCP options: a VPC has the ones that all have.
const DHCP_OPTIONS: &str = "default";

pub async fn run(ctx: Ctx, input: ec2::DescribeVpcsRequest) -> Result<ec2::DescribeVpcsResult, Fault> {
    super::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS)?;
    let asked = Asked {
        paging: paging("DescribeVpcs"),
        ids: input.vpc_ids.as_deref(),
        most: input.max_results,
        token: input.next_token.as_deref(),
        unknown: |id| {
            Fault::common(
                "InvalidVpcID.NotFound",
                400,
                format!("The vpc ID '{id}' does not exist"),
            )
        },
    };
    let scope = ctx.scope();
    let page = asked.page::<Vpc>(&ctx.snapshot(), |vpc| filters.pass(|name| values(scope, vpc, name)))?;
    Ok(ec2::DescribeVpcsResult {
        vpcs: Some(page.records.iter().map(|vpc| shown(scope, vpc)).collect()),
        next_token: page.next,
    })
}

fn association(vpc: &Vpc) -> String {
    vpc.id.replacen("vpc-", "vpc-cidr-assoc-", 1)
}

fn values(scope: &Scope, vpc: &Vpc, filter: &str) -> Vec<String> {
    match filter {
        "cidr" | "cidr-block-association.cidr-block" => one(vpc.block),
        "cidr-block-association.association-id" => one(association(vpc)),
        "cidr-block-association.state" => one("associated"),
        "dhcp-options-id" => one(DHCP_OPTIONS),
        "is-default" | "isDefault" => one(vpc.default),
        "owner-id" => one(&scope.account),
        "state" => one("available"),
        "vpc-id" => one(&vpc.id),
        _ => Vec::new(),
    }
}

fn shown(scope: &Scope, vpc: &Vpc) -> ec2::Vpc {
    let text = |s: &str| Some(s.to_string());
    let block = ec2::VpcCidrBlockAssociation {
        association_id: Some(association(vpc)),
        cidr_block: Some(vpc.block.to_string()),
        cidr_block_state: Some(ec2::VpcCidrBlockState {
            state: text("associated"),
            ..Default::default()
        }),
    };
    ec2::Vpc {
        owner_id: text(&scope.account),
        instance_tenancy: text("default"),
        ipv6_cidr_block_association_set: Some(Vec::new()),
        cidr_block_association_set: Some(vec![block]),
        is_default: Some(vpc.default),
        tags: Some(Vec::new()),
        block_public_access_states: Some(ec2::BlockPublicAccessStates {
            internet_gateway_block_mode: text("off"),
        }),
        vpc_id: text(&vpc.id),
        state: text("available"),
        cidr_block: Some(vpc.block.to_string()),
        dhcp_options_id: text(DHCP_OPTIONS),
        ..Default::default()
    }
}
