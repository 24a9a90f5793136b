//! DescribeSubnets, which counts the addresses that are free.

use super::filter::{Filters, one};
use super::page::{Asked, paging};
use super::zones;
use crate::common::Ctx;
use api::ec2;
use base::Scope;
use model::{Subnet, SubnetLedger};
use store::View;
use wire::Fault;

const FILTERS: &[&str] = &[
    "availability-zone",
    "availability-zone-id",
    "availabilityZone",
    "availabilityZoneId",
    "available-ip-address-count",
    "cidr",
    "cidr-block",
    "cidrBlock",
    "customer-owned-ipv4-pool",
    "default-for-az",
    "defaultForAz",
    "enable-dns64",
    "enable-lni-at-device-index",
    "ipv6-cidr-block-association.association-id",
    "ipv6-cidr-block-association.ipv6-cidr-block",
    "ipv6-cidr-block-association.state",
    "ipv6-native",
    "map-customer-owned-ip-on-launch",
    "map-public-ip-on-launch",
    "outpost-arn",
    "owner-id",
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
    "private-dns-name-options-on-launch.hostname-type",
    "state",
    "subnet-arn",
    "subnet-id",
    "tag-key",
    "vpc-id",
];

pub async fn run(ctx: Ctx, input: ec2::DescribeSubnetsRequest) -> Result<ec2::DescribeSubnetsResult, Fault> {
    super::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS)?;
    let asked = Asked {
        paging: paging("DescribeSubnets"),
        ids: input.subnet_ids.as_deref(),
        most: input.max_results,
        token: input.next_token.as_deref(),
        unknown: |id| {
            let message = format!("The subnet ID '{id}' does not exist");
            Fault::common("InvalidSubnetID.NotFound", 400, message)
        },
    };
    let (scope, view) = (ctx.scope(), ctx.snapshot());
    let page = asked.page::<Subnet>(&view, |subnet| filters.pass(|name| values(scope, &view, subnet, name)))?;
    Ok(ec2::DescribeSubnetsResult {
        subnets: Some(page.records.iter().map(|subnet| shown(scope, &view, subnet)).collect()),
        next_token: page.next,
    })
}

fn available(view: &View, subnet: &Subnet) -> u32 {
    let ledger = view.get::<SubnetLedger>(&SubnetLedger::key_of(&subnet.id));
    subnet.usable().saturating_sub(ledger.map_or(0, |ledger| ledger.taken))
}

fn arn(scope: &Scope, subnet: &Subnet) -> String {
    scope.arn("ec2", &format!("subnet/{}", subnet.id))
}

fn values(scope: &Scope, view: &View, subnet: &Subnet, filter: &str) -> Vec<String> {
    match filter {
        "availability-zone" | "availabilityZone" => one(&subnet.zone),
        "availability-zone-id" | "availabilityZoneId" => {
            zones::id_of(&scope.region, &subnet.zone).into_iter().collect()
        }
        "available-ip-address-count" => one(available(view, subnet)),
        "cidr" | "cidr-block" | "cidrBlock" => one(subnet.block),
        "default-for-az" | "defaultForAz" | "map-public-ip-on-launch" => one(subnet.default),
        "enable-dns64"
        | "ipv6-native"
        | "map-customer-owned-ip-on-launch"
        | "private-dns-name-options-on-launch.enable-resource-name-dns-a-record"
        | "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record" => one(false),
        "owner-id" => one(&scope.account),
        "private-dns-name-options-on-launch.hostname-type" => one("ip-name"),
        "state" => one("available"),
        "subnet-arn" => one(arn(scope, subnet)),
        "subnet-id" => one(&subnet.id),
        "vpc-id" => one(&subnet.vpc),
        _ => Vec::new(),
    }
}

fn shown(scope: &Scope, view: &View, subnet: &Subnet) -> ec2::Subnet {
    let text = |s: &str| Some(s.to_string());
    ec2::Subnet {
        availability_zone_id: zones::id_of(&scope.region, &subnet.zone),
        map_customer_owned_ip_on_launch: Some(false),
        owner_id: text(&scope.account),
        assign_ipv6_address_on_creation: Some(false),
        ipv6_cidr_block_association_set: Some(Vec::new()),
        tags: Some(Vec::new()),
        subnet_arn: Some(arn(scope, subnet)),
        enable_dns64: Some(false),
        ipv6_native: Some(false),
        private_dns_name_options_on_launch: Some(ec2::PrivateDnsNameOptionsOnLaunch {
            hostname_type: text("ip-name"),
            enable_resource_name_dns_a_record: Some(false),
            enable_resource_name_dns_aaaa_record: Some(false),
        }),
        block_public_access_states: Some(ec2::BlockPublicAccessStates {
            internet_gateway_block_mode: text("off"),
        }),
        subnet_id: text(&subnet.id),
        state: text("available"),
        vpc_id: text(&subnet.vpc),
        cidr_block: Some(subnet.block.to_string()),
        available_ip_address_count: i32::try_from(available(view, subnet)).ok(),
        availability_zone: text(&subnet.zone),
        default_for_az: Some(subnet.default),
        // As AWS says of the default subnets; it is about instances, of which there are none.
        map_public_ip_on_launch: Some(subnet.default),
        ..Default::default()
    }
}
