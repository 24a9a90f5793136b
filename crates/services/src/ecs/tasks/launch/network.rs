//! Network configurations: `awsvpc` must have one, and nothing else may. Each task of one gets an interface of its own, in
//! one of the subnets that the request names.

use crate::ecs::fault;
use api::ecs;
use model::{LaunchType, SecurityGroup, Subnet, VpcWish};
use std::sync::Arc;
use store::{Key, View};
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

/// The wish with its security groups settled, if the subnets and security groups that it names are there.
pub fn settle(view: &View, wish: &VpcWish) -> Result<VpcWish, Fault> {
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
    Ok(VpcWish {
        security_groups,
        ..wish.clone()
    })
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
