//! DescribeNetworkInterfaces: the interfaces that `awsvpc` tasks have, as long as they have them.

use super::filter::{Filters, one};
use super::page::{Asked, paging};
use super::zones;
use crate::common::Ctx;
use api::ec2;
use base::Scope;
use model::{Attachment, LaunchType, NetworkInterface, Node, SecurityGroup, Subnet, Task, TaskStatus};
use std::sync::Arc;
use store::View;
use wire::Fault;

const FILTERS: &[&str] = &[
    "addresses.association.owner-id",
    "addresses.association.public-ip",
    "addresses.primary",
    "addresses.private-ip-address",
    "association.allocation-id",
    "association.association-id",
    "association.ip-owner-id",
    "association.public-dns-name",
    "association.public-ip",
    "attachment.attach-time",
    "attachment.attachment-id",
    "attachment.delete-on-termination",
    "attachment.device-index",
    "attachment.instance-id",
    "attachment.instance-owner-id",
    "attachment.status",
    "availability-zone",
    "availability-zone-id",
    "description",
    "group-id",
    "group-name",
    "interface-type",
    "ipv6-addresses.ipv6-address",
    "mac-address",
    "network-interface-id",
    "operator.managed",
    "operator.principal",
    "owner-id",
    "private-dns-name",
    "private-ip-address",
    "requester-id",
    "requester-managed",
    "source-dest-check",
    "status",
    "subnet-id",
    "tag-key",
    "vpc-id",
];

/// An interface of a task is the second of its machine, behind the machine's own.
const DEVICE_INDEX: i32 = 1;

pub async fn run(
    ctx: Ctx,
    input: ec2::DescribeNetworkInterfacesRequest,
) -> Result<ec2::DescribeNetworkInterfacesResult, Fault> {
    super::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS)?;
    let ids = input.network_interface_ids.as_deref().filter(|ids| !ids.is_empty());
    if ids.is_some() && input.max_results.is_some() {
        let message = "The parameter networkInterfaceIds cannot be used with the parameter maxResults";
        return Err(Fault::common("InvalidParameterCombination", 400, message));
    }
    let asked = Asked {
        paging: paging("DescribeNetworkInterfaces"),
        ids,
        most: input.max_results,
        token: input.next_token.as_deref(),
        unknown: |id| {
            let message = format!("The networkInterface ID '{id}' does not exist");
            Fault::common("InvalidNetworkInterfaceID.NotFound", 400, message)
        },
    };
    let (scope, view) = (ctx.scope(), ctx.snapshot());
    let page = asked.page::<NetworkInterface>(&view, |interface| {
        let look = Look::at(scope, &view, interface);
        filters.pass(|name| look.values(name))
    })?;
    let shown = page
        .records
        .iter()
        .map(|interface| Look::at(scope, &view, interface).shown());
    Ok(ec2::DescribeNetworkInterfacesResult {
        network_interfaces: Some(shown.collect()),
        next_token: page.next,
    })
}

/// An interface and what it hangs on.
struct Look<'a> {
    scope: &'a Scope,
    view: &'a View,
    interface: &'a NetworkInterface,
    subnet: Option<Arc<Subnet>>,
    task: Option<Arc<Task>>,
}

impl<'a> Look<'a> {
    fn at(scope: &'a Scope, view: &'a View, interface: &'a NetworkInterface) -> Self {
        Look {
            scope,
            view,
            interface,
            subnet: view.get::<Subnet>(&Subnet::key_of(&interface.subnet)),
            task: view.get::<Task>(&Task::key_of(&interface.cluster, &interface.task)),
        }
    }

    fn attachment(&self) -> Attachment {
        Attachment {
            id: self.interface.attachment.clone(),
            interface: self.interface.id.clone(),
            subnet: self.interface.subnet.clone(),
            address: self.interface.address,
        }
    }

    /// The status of interface and attachment.
    fn status(&self) -> (&'static str, &'static str) {
        match self.task.as_ref().map(|task| task.status) {
            None | Some(TaskStatus::Provisioning | TaskStatus::Pending) => ("attaching", "attaching"),
            Some(TaskStatus::Deprovisioning | TaskStatus::Stopped) => ("detaching", "detaching"),
            Some(_) => ("in-use", "attached"),
        }
    }

    /// The machine that it is attached to. Of a FARGATE task it is nobody's business.
    fn instance(&self) -> Option<String> {
        let task = self.task.as_ref()?;
        let node = task
            .node
            .as_deref()
            .filter(|_| task.launch_type != Some(LaunchType::Fargate))?;
        self.view
            .get::<Node>(&Node::key_of(&task.cluster, node))?
            .instance_id
            .clone()
    }

    fn attachment_id(&self) -> String {
        self.interface.id.replacen("eni-", "eni-attach-", 1)
    }

    fn description(&self) -> String {
        self.scope
            .arn("ecs", &format!("attachment/{}", self.interface.attachment))
    }

    fn zone(&self) -> Option<String> {
        self.subnet.as_ref().map(|subnet| subnet.zone.clone())
    }

    fn zone_id(&self) -> Option<String> {
        zones::id_of(&self.scope.region, &self.zone()?)
    }

    fn dns_name(&self) -> String {
        self.attachment().private_dns_name(&self.scope.region)
    }

    fn groups(&self) -> Vec<ec2::GroupIdentifier> {
        let name = |id: &str| Some(self.view.get::<SecurityGroup>(&SecurityGroup::key_of(id))?.name.clone());
        let group = |id: &String| ec2::GroupIdentifier {
            group_id: Some(id.clone()),
            group_name: name(id),
        };
        self.interface.security_groups.iter().map(group).collect()
    }

    fn values(&self, filter: &str) -> Vec<String> {
        let interface = self.interface;
        match filter {
            "addresses.primary" | "attachment.delete-on-termination" | "requester-managed" | "source-dest-check" => {
                one(true)
            }
            "addresses.private-ip-address" | "private-ip-address" => one(interface.address),
            "attachment.attach-time" => one(interface.created_at),
            "attachment.attachment-id" => one(self.attachment_id()),
            "attachment.device-index" => one(DEVICE_INDEX),
            "attachment.instance-id" => self.instance().into_iter().collect(),
            "attachment.instance-owner-id" | "owner-id" => one(&self.scope.account),
            "attachment.status" => one(self.status().1),
            "availability-zone" => self.zone().into_iter().collect(),
            "availability-zone-id" => self.zone_id().into_iter().collect(),
            "description" => one(self.description()),
            "group-id" => interface.security_groups.clone(),
            "group-name" => self.groups().into_iter().filter_map(|group| group.group_name).collect(),
            "interface-type" => one("interface"),
            "mac-address" => one(self.attachment().mac()),
            "network-interface-id" => one(&interface.id),
            "operator.managed" => one(false),
            "private-dns-name" => one(self.dns_name()),
            "status" => one(self.status().0),
            "subnet-id" => one(&interface.subnet),
            "vpc-id" => one(&interface.vpc),
            _ => Vec::new(),
        }
    }

    fn shown(&self) -> ec2::NetworkInterface {
        let text = |s: &str| Some(s.to_string());
        let interface = self.interface;
        let (status, attached) = self.status();
        let address = Some(interface.address.to_string());
        ec2::NetworkInterface {
            attachment: Some(ec2::NetworkInterfaceAttachment {
                attach_time: Some(interface.created_at),
                attachment_id: Some(self.attachment_id()),
                delete_on_termination: Some(true),
                device_index: Some(DEVICE_INDEX),
                network_card_index: Some(0),
                instance_id: self.instance(),
                instance_owner_id: text(&self.scope.account),
                status: text(attached),
                ..Default::default()
            }),
            availability_zone: self.zone(),
            availability_zone_id: self.zone_id(),
            description: Some(self.description()),
            groups: Some(self.groups()),
            interface_type: text("interface"),
            ipv6_addresses: Some(Vec::new()),
            mac_address: Some(self.attachment().mac()),
            network_interface_id: text(&interface.id),
            owner_id: text(&self.scope.account),
            private_dns_name: Some(self.dns_name()),
            private_ip_address: address.clone(),
            private_ip_addresses: Some(vec![ec2::NetworkInterfacePrivateIpAddress {
                primary: Some(true),
                private_dns_name: Some(self.dns_name()),
                private_ip_address: address,
                ..Default::default()
            }]),
            requester_managed: Some(true),
            source_dest_check: Some(true),
            status: text(status),
            subnet_id: text(&interface.subnet),
            tag_set: Some(Vec::new()),
            vpc_id: text(&interface.vpc),
            operator: Some(ec2::OperatorResponse {
                managed: Some(false),
                ..Default::default()
            }),
            ..Default::default()
        }
    }
}
