//! Volumes: what they are made of, and who mounts them.

use super::super::defaults::kinds;
use super::{Look, Rule, list, refuse_if, text};
use crate::ecs::{fault, names as named};
use api::ecs;
use base::Arn;
use wire::Fault;

pub const RULES: &[Rule] = &[
    names,
    one_kind,
    host,
    docker,
    efs,
    s3files,
    fsx,
    mount_points,
    volumes_from,
    at_launch,
];

fn names(look: &Look<'_>) -> Result<(), Fault> {
    let mut taken: Vec<&str> = Vec::new();
    for volume in look.volumes() {
        let name = text(&volume.name);
        refuse_if(name.is_empty(), || "Volume.name should not be null or empty.".into())?;
        refuse_if(!named::is_name(name), || {
            "Volume.name contains invalid characters.".into()
        })?;
        refuse_if(taken.contains(&name), || {
            format!("Volume names must be unique within a task definition: '{name}'.")
        })?;
        taken.push(name);
    }
    Ok(())
}

fn one_kind(look: &Look<'_>) -> Result<(), Fault> {
    let mixed = look.volumes().iter().find(|volume| kinds(volume) > 1);
    let Some(volume) = mixed else { return Ok(()) };
    Err(fault::client(format!(
        "Only one volume configuration can be specified for volume '{}'.",
        text(&volume.name)
    )))
}

fn host(look: &Look<'_>) -> Result<(), Fault> {
    let blank = |volume: &ecs::Volume| {
        let path = volume.host.as_ref().and_then(|host| host.source_path.as_deref());
        path.is_some_and(|path| path.trim().is_empty())
    };
    refuse_if(look.volumes().iter().any(blank), || {
        "host.sourcePath should not be blank.".into()
    })
}

fn docker(look: &Look<'_>) -> Result<(), Fault> {
    for docker in look
        .volumes()
        .iter()
        .filter_map(|v| v.docker_volume_configuration.as_ref())
    {
        let shared = docker.scope.as_deref() == Some("shared");
        refuse_if(docker.autoprovision == Some(true) && !shared, || {
            "dockerVolumeConfiguration.autoprovision can only be used when the scope is shared.".into()
        })?;
        let driver = docker.driver.as_deref().unwrap_or("local");
        refuse_if(driver.trim().is_empty(), || {
            "dockerVolumeConfiguration.driver should not be blank.".into()
        })?;
        refuse_if(look.is_windows() && driver != "local", || {
            "Windows containers only support the local volume driver.".into()
        })?;
    }
    Ok(())
}

fn efs(look: &Look<'_>) -> Result<(), Fault> {
    for efs in look
        .volumes()
        .iter()
        .filter_map(|v| v.efs_volume_configuration.as_ref())
    {
        let encrypted = efs.transit_encryption.as_deref() == Some("ENABLED");
        let access = efs.authorization_config.as_ref();
        let access_point = access.is_some_and(|a| !text(&a.access_point_id).is_empty());
        let iam = access.is_some_and(|a| a.iam.as_deref() == Some("ENABLED"));
        let id = text(&efs.file_system_id);
        let plain = id
            .strip_prefix("fs-")
            .is_some_and(|tail| tail.bytes().all(|b| b.is_ascii_alphanumeric()));
        refuse_if(!plain && !id.starts_with("arn:"), || {
            format!("Invalid EFS file system ID: '{id}'.")
        })?;
        refuse_if(iam && !encrypted, || {
            "EFS IAM authorization requires TransitEncryption to be enabled.".into()
        })?;
        refuse_if(access_point && !encrypted, || {
            "EFS access point requires TransitEncryption to be enabled.".into()
        })?;
        refuse_if(access_point && !is_root(&efs.root_directory), || {
            "When using an EFS access point, the root directory must either be set to \"/\" or be omitted.".into()
        })?;
        refuse_if(efs.transit_encryption_port.is_some() && !encrypted, || {
            "TransitEncryptionPort requires that TransitEncryption is enabled.".into()
        })?;
        transit_port(efs.transit_encryption_port)?;
    }
    Ok(())
}

fn is_root(directory: &Option<String>) -> bool {
    directory.as_deref().is_none_or(|d| d == "/")
}

fn transit_port(port: Option<i32>) -> Result<(), Fault> {
    refuse_if(port.is_some_and(|port| !(0..=65535).contains(&port)), || {
        "Invalid 'transitEncryptionPort' setting. It must be between 0 and 65535.".into()
    })
}

fn s3files(look: &Look<'_>) -> Result<(), Fault> {
    for files in look
        .volumes()
        .iter()
        .filter_map(|v| v.s3files_volume_configuration.as_ref())
    {
        refuse_if(text(&look.definition.task_role_arn).is_empty(), || {
            "When using an S3 Files volume, you must also specify a value for 'taskRoleArn'.".into()
        })?;
        let arns = [&files.file_system_arn, &files.access_point_arn];
        refuse_if(arns.into_iter().flatten().any(|arn| Arn::parse(arn).is_none()), || {
            "Invalid arn syntax".into()
        })?;
        refuse_if(
            files.access_point_arn.is_some() && !is_root(&files.root_directory),
            || {
                "When using an S3 Files access point, the root directory must either be set to \"/\" or be omitted."
                    .into()
            },
        )?;
        transit_port(files.transit_encryption_port)?;
    }
    Ok(())
}

fn fsx(look: &Look<'_>) -> Result<(), Fault> {
    let volumes = look.volumes().iter();
    for fsx in volumes.filter_map(|v| v.fsx_windows_file_server_volume_configuration.as_ref()) {
        let credentials = fsx
            .authorization_config
            .as_ref()
            .and_then(|a| Arn::parse(text(&a.credentials_parameter)));
        let known = credentials.is_some_and(|arn| matches!(arn.service, "secretsmanager" | "ssm"));
        refuse_if(!known, || "Invalid arn syntax".into())?;
    }
    Ok(())
}

fn mount_points(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        for mount in list(&container.mount_points) {
            let source = mount.source_volume.as_deref();
            let known = look
                .volumes()
                .iter()
                .any(|v| source.is_some() && v.name.as_deref() == source);
            refuse_if(!known, || format!("Unknown volume '{}'.", source.unwrap_or("null")))?;
            refuse_if(text(&mount.container_path).is_empty(), || {
                "Container.mountPoints.containerPath should not be null or empty.".into()
            })?;
        }
        Ok(())
    })
}

fn volumes_from(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        for from in list(&container.volumes_from) {
            let source = from.source_container.as_deref().unwrap_or("null");
            let another = look.container(source).is_some() && container.name.as_deref() != Some(source);
            refuse_if(!another, || {
                format!("Invalid 'volumesFrom' setting. Unknown container: '{source}'.")
            })?;
        }
        Ok(())
    })
}

/// A volume that is made when the task starts is one a task, and somebody must want it.
fn at_launch(look: &Look<'_>) -> Result<(), Fault> {
    let volumes: Vec<&str> = look
        .volumes()
        .iter()
        .filter(|v| v.configured_at_launch == Some(true))
        .map(|v| text(&v.name))
        .collect();
    refuse_if(volumes.len() > 1, || {
        "Only one volume configured at launch is supported per task definition.".into()
    })?;
    let mounted = |name: &str| {
        let mut mounts = look.containers().iter().flat_map(|c| list(&c.mount_points));
        mounts.any(|m| m.source_volume.as_deref() == Some(name))
    };
    let idle = volumes.into_iter().find(|name| !mounted(name));
    let Some(name) = idle else { return Ok(()) };
    Err(fault::client(format!(
        "Volumes [{name}] are not referenced by any of the containers."
    )))
}

#[cfg(test)]
mod tests;
