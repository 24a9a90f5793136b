//! Volumes that a definition leaves to be configured at launch.

use crate::ecs::fault;
use api::ecs;
use wire::Fault;

pub fn check(document: &ecs::TaskDefinition, given: &[ecs::TaskVolumeConfiguration]) -> Result<(), Fault> {
    let volumes = document.volumes.as_deref().unwrap_or_default();
    let at_launch = volumes.iter().filter(|v| v.configured_at_launch == Some(true));
    let open: Vec<&str> = at_launch.filter_map(|v| v.name.as_deref()).collect();
    for (i, volume) in given.iter().enumerate() {
        let name = volume.name.as_deref().unwrap_or_default();
        if !open.contains(&name) {
            return Err(fault::invalid(format!(
                "The volume '{name}' is not configured at launch by the task definition."
            )));
        }
        if given[..i].iter().any(|earlier| earlier.name == volume.name) {
            return Err(fault::invalid(format!(
                "The volume '{name}' is configured more than once."
            )));
        }
        let managed = volume.managed_ebs_volume.as_ref();
        let managed =
            managed.ok_or_else(|| fault::invalid(format!("The volume '{name}' must have a configuration.")))?;
        if managed.size_in_gi_b.is_none() && managed.snapshot_id.is_none() {
            return Err(fault::invalid(
                "You must specify either a volume size or a snapshot ID.",
            ));
        }
    }
    match open
        .iter()
        .find(|name| !given.iter().any(|v| v.name.as_deref() == Some(**name)))
    {
        None => Ok(()),
        Some(name) => Err(fault::invalid(format!(
            "The volume '{name}' must be configured at launch."
        ))),
    }
}

/// The volumes of a service as those of each of its tasks.
pub fn of_service(given: &[ecs::ServiceVolumeConfiguration]) -> Vec<ecs::TaskVolumeConfiguration> {
    let volume = |volume: &ecs::ServiceVolumeConfiguration| ecs::TaskVolumeConfiguration {
        name: volume.name.clone(),
        managed_ebs_volume: volume.managed_ebs_volume.as_ref().map(managed),
    };
    given.iter().map(volume).collect()
}

fn managed(given: &ecs::ServiceManagedEBSVolumeConfiguration) -> ecs::TaskManagedEBSVolumeConfiguration {
    ecs::TaskManagedEBSVolumeConfiguration {
        encrypted: given.encrypted,
        kms_key_id: given.kms_key_id.clone(),
        volume_type: given.volume_type.clone(),
        size_in_gi_b: given.size_in_gi_b,
        snapshot_id: given.snapshot_id.clone(),
        volume_initialization_rate: given.volume_initialization_rate,
        iops: given.iops,
        throughput: given.throughput,
        tag_specifications: given.tag_specifications.clone(),
        role_arn: given.role_arn.clone(),
        termination_policy: None,
        filesystem_type: given.filesystem_type.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_open_must_be_said_and_nothing_else() {
        let volume = |name: &str, open| ecs::Volume {
            name: Some(name.to_string()),
            configured_at_launch: Some(open),
            ..Default::default()
        };
        let document = ecs::TaskDefinition {
            volumes: Some(vec![volume("data", true), volume("tmp", false)]),
            ..Default::default()
        };
        let configured = |name: &str, size| ecs::TaskVolumeConfiguration {
            name: Some(name.to_string()),
            managed_ebs_volume: Some(ecs::TaskManagedEBSVolumeConfiguration {
                size_in_gi_b: size,
                ..Default::default()
            }),
        };
        assert_eq!(check(&document, &[configured("data", Some(10))]), Ok(()));
        assert!(check(&document, &[]).is_err());
        assert!(check(&document, &[configured("data", None)]).is_err());
        assert!(check(&document, &[configured("data", Some(10)), configured("tmp", Some(10))]).is_err());
    }
}
