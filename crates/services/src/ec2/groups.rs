//! DescribeSecurityGroups.

use super::filter::{Filters, one};
use super::page::{Asked, paging};
use crate::common::Ctx;
use api::ec2;
use base::Scope;
use model::{SecurityGroup, TrafficRule, Vpc};
use store::{Key, View};
use wire::Fault;

const FILTERS: &[&str] = &[
    "description",
    "egress.ip-permission.cidr",
    "egress.ip-permission.from-port",
    "egress.ip-permission.group-id",
    "egress.ip-permission.group-name",
    "egress.ip-permission.ipv6-cidr",
    "egress.ip-permission.prefix-list-id",
    "egress.ip-permission.protocol",
    "egress.ip-permission.to-port",
    "egress.ip-permission.user-id",
    "group-id",
    "group-name",
    "ip-permission.cidr",
    "ip-permission.from-port",
    "ip-permission.group-id",
    "ip-permission.group-name",
    "ip-permission.ipv6-cidr",
    "ip-permission.prefix-list-id",
    "ip-permission.protocol",
    "ip-permission.to-port",
    "ip-permission.user-id",
    "owner-id",
    "tag-key",
    "vpc-id",
];

pub async fn run(
    ctx: Ctx,
    input: ec2::DescribeSecurityGroupsRequest,
) -> Result<ec2::DescribeSecurityGroupsResult, Fault> {
    super::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS)?;
    let (scope, view) = (ctx.scope(), ctx.snapshot());
    let names = input.group_names.as_deref().unwrap_or_default();
    for name in names {
        if !view
            .scan::<SecurityGroup>(&Key::all())
            .any(|group| is_named(&view, &group, name))
        {
            return Err(unknown(name));
        }
    }
    let asked = Asked {
        paging: paging("DescribeSecurityGroups"),
        ids: input.group_ids.as_deref(),
        most: input.max_results,
        token: input.next_token.as_deref(),
        unknown,
    };
    let named = |group: &SecurityGroup| names.is_empty() || names.iter().any(|name| is_named(&view, group, name));
    let page = asked.page::<SecurityGroup>(&view, |group| {
        named(group) && filters.pass(|name| values(scope, &view, group, name))
    })?;
    Ok(ec2::DescribeSecurityGroupsResult {
        security_groups: Some(page.records.iter().map(|group| shown(scope, group)).collect()),
        next_token: page.next,
    })
}

fn unknown(group: &str) -> Fault {
    let message = format!("The security group '{group}' does not exist");
    Fault::common("InvalidGroup.NotFound", 400, message)
}

/// Only groups of the default VPC are asked for by name.
fn is_named(view: &View, group: &SecurityGroup, name: &str) -> bool {
    group.name == name && view.get::<Vpc>(&Vpc::key_of(&group.vpc)).is_some_and(|vpc| vpc.default)
}

fn values(scope: &Scope, view: &View, group: &SecurityGroup, filter: &str) -> Vec<String> {
    match filter {
        "description" => one(&group.description),
        "group-id" => one(&group.id),
        "group-name" => one(&group.name),
        "owner-id" => one(&scope.account),
        "vpc-id" => one(&group.vpc),
        _ => match (
            filter.strip_prefix("ip-permission."),
            filter.strip_prefix("egress.ip-permission."),
        ) {
            (Some(of), _) => of_rules(scope, view, &group.ingress, of),
            (_, Some(of)) => of_rules(scope, view, &group.egress, of),
            _ => Vec::new(),
        },
    }
}

fn of_rules(scope: &Scope, view: &View, rules: &[TrafficRule], filter: &str) -> Vec<String> {
    let value = |rule: &TrafficRule| match filter {
        "cidr" => rule.block.map(|block| block.to_string()),
        "from-port" => rule.ports.map(|(from, _)| from.to_string()),
        "to-port" => rule.ports.map(|(_, to)| to.to_string()),
        "protocol" => Some(rule.protocol.clone()),
        "group-id" => rule.group.clone(),
        "group-name" => {
            let group = view.get::<SecurityGroup>(&SecurityGroup::key_of(rule.group.as_deref()?))?;
            Some(group.name.clone())
        }
        "user-id" => rule.group.as_ref().map(|_| scope.account.to_string()),
        _ => None,
    };
    rules.iter().filter_map(value).collect()
}

fn shown(scope: &Scope, group: &SecurityGroup) -> ec2::SecurityGroup {
    let text = |s: &str| Some(s.to_string());
    let rules = |rules: &[TrafficRule]| Some(rules.iter().map(|rule| permission(scope, rule)).collect());
    ec2::SecurityGroup {
        group_id: text(&group.id),
        ip_permissions_egress: rules(&group.egress),
        tags: Some(Vec::new()),
        vpc_id: text(&group.vpc),
        security_group_arn: Some(scope.arn("ec2", &format!("security-group/{}", group.id))),
        owner_id: text(&scope.account),
        group_name: text(&group.name),
        description: text(&group.description),
        ip_permissions: rules(&group.ingress),
    }
}

fn permission(scope: &Scope, rule: &TrafficRule) -> ec2::IpPermission {
    let block = |block: &model::Block| ec2::IpRange {
        cidr_ip: Some(block.to_string()),
        ..Default::default()
    };
    let group = |id: &String| ec2::UserIdGroupPair {
        group_id: Some(id.clone()),
        user_id: Some(scope.account.to_string()),
        ..Default::default()
    };
    ec2::IpPermission {
        ip_protocol: Some(rule.protocol.clone()),
        from_port: rule.ports.map(|(from, _)| from.into()),
        to_port: rule.ports.map(|(_, to)| to.into()),
        user_id_group_pairs: Some(rule.group.iter().map(group).collect()),
        ip_ranges: Some(rule.block.iter().map(block).collect()),
        ipv6_ranges: Some(Vec::new()),
        prefix_list_ids: Some(Vec::new()),
    }
}
