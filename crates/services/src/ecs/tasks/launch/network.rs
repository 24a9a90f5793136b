//! Network configurations: `awsvpc` must have one, and nothing else may. Each task of one gets an interface of its own, in
//! one of the subnets that the request names.

use crate::ecs::fault;
use api::ecs;
use model::vpc::{self, NewInterface};
use model::{LaunchType, Node, SecurityGroup, Subnet, SubnetLedger, Task, VpcWish};
use scheduler::query::Expression;
use scheduler::{Constraint, NodeView};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Key, Tx, View};
use wire::Fault;

const MOST_SUBNETS: usize = 16;
const MOST_SECURITY_GROUPS: usize = 5;

pub fn check(mode: &str, given: Option<&ecs::NetworkConfiguration>, launch_type: LaunchType) -> Result<(), Fault> {
    let given = given.and_then(|network| network.awsvpc_configuration.as_ref());
    if mode != "awsvpc" {
        return match given {
            None => Ok(()),
            Some(_) => Err(fault::invalid(
                "Network Configuration is not valid for the given networkMode of this task definition.",
            )),
        };
    }
    let missing = || fault::invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
    let vpc = given.ok_or_else(missing)?;
    let subnets = vpc.subnets.as_deref().unwrap_or_default();
    if subnets.is_empty() {
        return Err(fault::invalid("subnets can not be empty."));
    }
    if subnets.len() > MOST_SUBNETS {
        return Err(fault::invalid(format!(
            "subnets can have at most {MOST_SUBNETS} items."
        )));
    }
    if vpc
        .security_groups
        .as_ref()
        .is_some_and(|groups| groups.len() > MOST_SECURITY_GROUPS)
    {
        return Err(fault::invalid(format!(
            "securityGroups can have at most {MOST_SECURITY_GROUPS} items."
        )));
    }
    if vpc.assign_public_ip.as_deref() == Some("ENABLED") && launch_type != LaunchType::Fargate {
        return Err(fault::invalid(
            "Assign public IP is not supported for this launch type.",
        ));
    }
    Ok(())
}

/// Where the task wants its interface.
pub fn wish(given: Option<&ecs::NetworkConfiguration>) -> Option<VpcWish> {
    let vpc = given?.awsvpc_configuration.as_ref()?;
    Some(VpcWish {
        subnets: vpc.subnets.clone().unwrap_or_default(),
        security_groups: vpc.security_groups.clone().unwrap_or_default(),
        assign_public_ip: vpc.assign_public_ip.as_deref() == Some("ENABLED"),
    })
}

/// The subnets and security groups that a request names, which are there.
#[derive(Clone, Debug)]
pub struct Wanted {
    subnets: Vec<Arc<Subnet>>,
    security_groups: Vec<String>,
    launch_type: LaunchType,
}

impl Wanted {
    pub fn find(view: &View, wish: &VpcWish, launch_type: LaunchType) -> Result<Wanted, Fault> {
        let subnet = |id: &String| {
            view.get::<Subnet>(&Subnet::key_of(id)).ok_or_else(|| {
                fault::invalid(format!(
                    "Error retrieving subnet information for [{id}]: The subnet ID '{id}' does not exist (ErrorCode: \
                     InvalidSubnetID.NotFound)"
                ))
            })
        };
        let subnets = wish.subnets.iter().map(subnet).collect::<Result<Vec<_>, Fault>>()?;
        for id in &wish.security_groups {
            if view.get::<SecurityGroup>(&SecurityGroup::key_of(id)).is_none() {
                return Err(fault::invalid(format!(
                    "Error retrieving security group information for [{id}]: The security group '{id}' does not exist \
                     (ErrorCode: InvalidGroup.NotFound)"
                )));
            }
        }
        let security_groups = match wish.security_groups.as_slice() {
            [] => default_group(view, &subnets).into_iter().collect(),
            given => given.to_vec(),
        };
        Ok(Wanted {
            subnets,
            security_groups,
            launch_type,
        })
    }

    /// The zones to run in: those of the subnets, without the ones where no address is free, unless none is anywhere.
    fn zones(&self, view: &View) -> BTreeSet<&str> {
        let free = |subnet: &&Arc<Subnet>| {
            let ledger = view.get::<SubnetLedger>(&SubnetLedger::key_of(&subnet.id));
            ledger.is_none_or(|ledger| ledger.taken < subnet.usable())
        };
        let with_room: BTreeSet<&str> = self.subnets.iter().filter(free).map(|s| s.zone.as_str()).collect();
        if with_room.is_empty() {
            return self.subnets.iter().map(|s| s.zone.as_str()).collect();
        }
        with_room
    }

    /// What the subnets ask of nodes that people see: to be in their zones, if they are in any. Of FARGATE's nobody knows
    /// where they are: see [`Wanted::choose`].
    pub fn constraint(&self, view: &View) -> Option<Constraint> {
        let zones = self.zones(view);
        let everywhere = || {
            view.scan::<Subnet>(&Key::all())
                .all(|s| zones.contains(s.zone.as_str()))
        };
        if self.launch_type == LaunchType::Fargate || everywhere() {
            return None;
        }
        let zones: Vec<&str> = zones.into_iter().collect();
        let zone = format!("attribute:{}", Node::ZONE);
        let text = format!("{zone} in [{}] or {zone} !exists", zones.join(", "));
        let expression = Expression::parse(&text).expect("zones are plain words of the cluster query language");
        Some(Constraint::MemberOf(expression))
    }

    /// Leaves FARGATE the nodes in the zones of the subnets. Where there are none it takes the others: a machine that
    /// stands alone stands for every zone.
    pub fn choose(&self, view: &View, nodes: &mut Vec<NodeView>) {
        let zones = self.zones(view);
        let inside = |seen: &NodeView| seen.node.attribute(Node::ZONE).is_some_and(|zone| zones.contains(zone));
        if nodes.iter().any(inside) {
            nodes.retain(inside);
        }
    }

    /// Gives the task an interface for that node, or says what is missing.
    pub fn attach(&self, tx: &mut Tx, task: &mut Task, node: &Node, new: &NewInterface) -> Result<(), String> {
        let zone = node.attribute(Node::ZONE);
        let near: Vec<&Arc<Subnet>> = self.subnets.iter().filter(|s| Some(s.zone.as_str()) == zone).collect();
        let anywhere = zone.is_none() || self.launch_type == LaunchType::Fargate;
        let subnets = match near.as_slice() {
            [] if anywhere => self.subnets.iter().collect(),
            [] => return Err(format!("no subnet is in {}", zone.unwrap_or_default())),
            _ => near,
        };
        for subnet in &subnets {
            if vpc::attach(tx, task, subnet, &self.security_groups, new) {
                task.availability_zone = Some(subnet.zone.clone());
                return Ok(());
            }
        }
        let ids: Vec<&str> = subnets.iter().map(|s| s.id.as_str()).collect();
        Err(format!("{} has no address left", ids.join(", ")))
    }
}

/// The group that a VPC has from the start.
fn default_group(view: &View, subnets: &[Arc<Subnet>]) -> Option<String> {
    let vpc = &subnets.first()?.vpc;
    let mut groups = view.scan::<SecurityGroup>(&Key::all());
    let group = groups.find(|group| group.vpc == *vpc && group.name == SecurityGroup::DEFAULT)?;
    Some(group.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(subnets: usize, public: bool) -> ecs::NetworkConfiguration {
        let awsvpc = ecs::AwsVpcConfiguration {
            subnets: Some(vec!["subnet-1".to_string(); subnets]),
            security_groups: None,
            assign_public_ip: public.then(|| "ENABLED".to_string()),
        };
        ecs::NetworkConfiguration {
            awsvpc_configuration: Some(awsvpc),
        }
    }

    #[test]
    fn each_mode_has_its_rule() {
        use LaunchType::{Ec2, Fargate};
        assert_eq!(check("bridge", None, Ec2), Ok(()));
        assert!(check("bridge", Some(&network(1, false)), Ec2).is_err());
        assert!(check("awsvpc", None, Fargate).is_err_and(|f| f.message.contains("must be provided")));
        assert_eq!(check("awsvpc", Some(&network(16, true)), Fargate), Ok(()));
        assert!(check("awsvpc", Some(&network(17, false)), Fargate).is_err());
        assert!(check("awsvpc", Some(&network(0, false)), Fargate).is_err());
        assert!(check("awsvpc", Some(&network(1, true)), Ec2).is_err());
    }
}
