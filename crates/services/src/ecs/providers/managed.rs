//! Managed Instances providers: what must be there, and what may not go together.

use crate::ecs::fault;
use api::ecs;
use base::Arn;
use wire::Fault;

/// Five tags are AWS's own.
pub const MOST_TAGS: usize = 45;

/// What is kept of a new provider.
pub fn complete(
    given: ecs::CreateManagedInstancesProviderConfiguration,
) -> Result<ecs::ManagedInstancesProvider, Fault> {
    let mut launch = given.instance_launch_template.unwrap_or_default();
    launch
        .capacity_option_type
        .get_or_insert_with(|| "ON_DEMAND".to_string());
    launch.monitoring.get_or_insert_with(|| "BASIC".to_string());
    let provider = ecs::ManagedInstancesProvider {
        infrastructure_role_arn: given.infrastructure_role_arn,
        instance_launch_template: Some(launch),
        propagate_tags: Some(given.propagate_tags.unwrap_or_else(|| "NONE".to_string())),
        infrastructure_optimization: given.infrastructure_optimization,
        auto_repair_configuration: given.auto_repair_configuration,
    };
    check(&provider)?;
    Ok(provider)
}

/// `kept`, with what the update names put over it.
pub fn updated(
    kept: ecs::ManagedInstancesProvider,
    update: ecs::UpdateManagedInstancesProviderConfiguration,
) -> Result<ecs::ManagedInstancesProvider, Fault> {
    let (old, new) = (
        kept.instance_launch_template.unwrap_or_default(),
        update.instance_launch_template.unwrap_or_default(),
    );
    let launch = ecs::InstanceLaunchTemplate {
        ec2_instance_profile_arn: new.ec2_instance_profile_arn.or(old.ec2_instance_profile_arn),
        network_configuration: new.network_configuration.or(old.network_configuration),
        storage_configuration: new.storage_configuration.or(old.storage_configuration),
        local_storage_configuration: new.local_storage_configuration.or(old.local_storage_configuration),
        monitoring: new.monitoring.or(old.monitoring),
        instance_metadata_tags_propagation: new
            .instance_metadata_tags_propagation
            .or(old.instance_metadata_tags_propagation),
        instance_requirements: new.instance_requirements.or(old.instance_requirements),
        capacity_reservations: new.capacity_reservations.or(old.capacity_reservations),
        ..old
    };
    let provider = ecs::ManagedInstancesProvider {
        infrastructure_role_arn: update.infrastructure_role_arn.or(kept.infrastructure_role_arn),
        instance_launch_template: Some(launch),
        propagate_tags: update.propagate_tags.or(kept.propagate_tags),
        infrastructure_optimization: update.infrastructure_optimization.or(kept.infrastructure_optimization),
        auto_repair_configuration: update.auto_repair_configuration.or(kept.auto_repair_configuration),
    };
    check(&provider)?;
    Ok(provider)
}

fn check(provider: &ecs::ManagedInstancesProvider) -> Result<(), Fault> {
    let must = |what: &str| {
        fault::invalid(format!(
            "Amazon ECS Managed Instances capacity provider must specify {what}."
        ))
    };
    let role = provider
        .infrastructure_role_arn
        .as_deref()
        .filter(|arn| !arn.is_empty());
    if !is_iam(role.ok_or_else(|| must("an InfrastructureRole"))?, "role") {
        return Err(fault::invalid(
            "The specified infrastructure role arn is invalid. Specify a valid role ARN and try again.",
        ));
    }
    let launch = provider
        .instance_launch_template
        .as_ref()
        .ok_or_else(|| must("an instance profile"))?;
    let profile = launch.ec2_instance_profile_arn.as_deref().filter(|arn| !arn.is_empty());
    if !is_iam(profile.ok_or_else(|| must("an instance profile"))?, "instance-profile") {
        return Err(fault::invalid(
            "The specified instance profile role arn is invalid. Specify a valid role ARN and try again.",
        ));
    }
    check_network(
        launch
            .network_configuration
            .as_ref()
            .ok_or_else(|| must("a Network Configuration"))?,
    )?;
    let local = launch
        .local_storage_configuration
        .as_ref()
        .and_then(|l| l.use_local_storage)
        == Some(true);
    if local && launch.nitro_enclaves_enabled == Some(true) {
        return Err(fault::invalid(
            "The nitroEnclavesEnabled setting can't be used together with local storage.",
        ));
    }
    if let Some(requirements) = &launch.instance_requirements {
        let (vcpus, memory) = (
            requirements.v_cpu_count.clone().unwrap_or_default(),
            requirements.memory_mi_b.clone().unwrap_or_default(),
        );
        if crosses(vcpus.min, vcpus.max) || crosses(memory.min, memory.max) {
            return Err(fault::invalid(
                "No instance types satisfy the instance requirements specified in the Amazon ECS Managed Instances capacity provider.",
            ));
        }
    }
    match provider
        .infrastructure_optimization
        .as_ref()
        .and_then(|o| o.scale_in_after)
    {
        Some(seconds) if !(-1..=3600).contains(&seconds) => Err(fault::invalid(
            "The scaleInAfter value must be -1, or between 0 and 3600 seconds.",
        )),
        _ => Ok(()),
    }
}

fn check_network(network: &ecs::ManagedInstancesNetworkConfiguration) -> Result<(), Fault> {
    let subnets = network.subnets.as_deref().unwrap_or_default();
    if subnets.is_empty() {
        return Err(fault::invalid(
            "Amazon ECS Managed Instances capacity provider must specify a Network Configuration with non empty subnets.",
        ));
    }
    if !subnets.iter().all(|id| is_id(id, "subnet-")) {
        return Err(fault::invalid(
            "The specified subnet id is invalid. Specify a valid subnet ID and try again.",
        ));
    }
    if !network.security_groups.iter().flatten().all(|id| is_id(id, "sg-")) {
        return Err(fault::invalid(
            "The specified security group id is invalid. Specify a valid security group ID and try again.",
        ));
    }
    Ok(())
}

/// `arn:partition:iam::account-id:kind/name`
fn is_iam(given: &str, kind: &str) -> bool {
    Arn::parse(given).is_some_and(|arn| arn.service == "iam" && arn.of_kind(kind).is_some_and(|name| !name.is_empty()))
}

/// 8 or 17 small letters and digits behind the prefix.
fn is_id(given: &str, prefix: &str) -> bool {
    let rest = given.strip_prefix(prefix).unwrap_or_default();
    matches!(rest.len(), 8 | 17) && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn crosses(min: Option<i32>, max: Option<i32>) -> bool {
    matches!((min, max), (Some(min), Some(max)) if min > max)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn good() -> ecs::CreateManagedInstancesProviderConfiguration {
        let network = ecs::ManagedInstancesNetworkConfiguration {
            subnets: Some(vec!["subnet-0123456789abcdef0".to_string()]),
            security_groups: Some(vec!["sg-01234567".to_string()]),
        };
        ecs::CreateManagedInstancesProviderConfiguration {
            infrastructure_role_arn: Some("arn:aws:iam::000000000000:role/infra".to_string()),
            instance_launch_template: Some(ecs::InstanceLaunchTemplate {
                ec2_instance_profile_arn: Some("arn:aws:iam::000000000000:instance-profile/node".to_string()),
                network_configuration: Some(network),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    type Config = ecs::CreateManagedInstancesProviderConfiguration;

    fn refused(change: impl FnOnce(&mut Config, &mut ecs::InstanceLaunchTemplate)) -> bool {
        let mut config = good();
        let mut launch = config.instance_launch_template.take().expect("a good one has it");
        change(&mut config, &mut launch);
        config.instance_launch_template = Some(launch);
        complete(config).is_err()
    }

    #[test]
    fn a_good_one_is_kept_with_defaults() {
        let made = complete(good()).expect("a good one");
        let launch = made.instance_launch_template.expect("always there");
        assert_eq!(launch.capacity_option_type.as_deref(), Some("ON_DEMAND"));
        assert!(!refused(|_, _| ()));
    }

    #[test]
    fn what_must_be_there_is_asked_for() {
        assert!(refused(|c, _| c.infrastructure_role_arn = None));
        assert!(refused(|c, _| c.infrastructure_role_arn = Some("infra".to_string())));
        assert!(refused(|_, l| l.ec2_instance_profile_arn = None));
        assert!(refused(|_, l| l.network_configuration = None));
        assert!(refused(|_, l| l.network_configuration = Some(Default::default())));
        let subnets = |ids: &str| ecs::ManagedInstancesNetworkConfiguration {
            subnets: Some(vec![ids.to_string()]),
            ..Default::default()
        };
        assert!(refused(|_, l| l.network_configuration = Some(subnets("subnet-xyz"))));
        assert!(!refused(
            |_, l| l.network_configuration = Some(subnets("subnet-12345678"))
        ));
    }

    #[test]
    fn what_excludes_each_other_is_refused() {
        assert!(refused(|_, l| {
            l.nitro_enclaves_enabled = Some(true);
            l.local_storage_configuration = Some(ecs::ManagedInstancesLocalStorageConfiguration {
                use_local_storage: Some(true),
            });
        }));
        assert!(refused(|c, _| c.infrastructure_optimization =
            Some(ecs::InfrastructureOptimization {
                scale_in_after: Some(3601)
            })));
        assert!(!refused(|c, _| c.infrastructure_optimization =
            Some(ecs::InfrastructureOptimization {
                scale_in_after: Some(-1)
            })));
    }
}
