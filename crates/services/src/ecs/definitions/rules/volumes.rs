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
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn volume(name: &str) -> ecs::Volume {
        ecs::Volume {
            name: text(name),
            ..Default::default()
        }
    }

    fn holding(volumes: Vec<ecs::Volume>) -> ecs::RegisterTaskDefinitionRequest {
        ecs::RegisterTaskDefinitionRequest {
            volumes: Some(volumes),
            ..web()
        }
    }

    fn mounting(request: ecs::RegisterTaskDefinitionRequest, name: &str) -> ecs::RegisterTaskDefinitionRequest {
        let mount = ecs::MountPoint {
            source_volume: text(name),
            container_path: text("/data"),
            read_only: None,
        };
        with(request, |c| c.mount_points = Some(vec![mount]))
    }

    #[test]
    fn volumes_have_plain_names_of_their_own() {
        accepted(&holding(vec![volume("a"), volume("b")]));
        assert_eq!(
            refusal(&holding(vec![ecs::Volume::default()])),
            "Volume.name should not be null or empty."
        );
        assert_eq!(
            refusal(&holding(vec![volume("a/b")])),
            "Volume.name contains invalid characters."
        );
        assert_eq!(
            refusal(&holding(vec![volume("a"); 2])),
            "Volume names must be unique within a task definition: 'a'."
        );
    }

    #[test]
    fn a_volume_is_of_one_kind() {
        let docker = Some(ecs::DockerVolumeConfiguration::default());
        let mixed = ecs::Volume {
            host: Some(Default::default()),
            docker_volume_configuration: docker,
            ..volume("v")
        };
        assert_eq!(
            refusal(&holding(vec![mixed])),
            "Only one volume configuration can be specified for volume 'v'."
        );
    }

    #[test]
    fn a_host_path_is_not_blank() {
        let host = |path: &str| ecs::Volume {
            host: Some(ecs::HostVolumeProperties {
                source_path: text(path),
            }),
            ..volume("v")
        };
        accepted(&holding(vec![host("/srv")]));
        assert_eq!(
            refusal(&holding(vec![host("")])),
            "host.sourcePath should not be blank."
        );
    }

    #[test]
    fn only_shared_docker_volumes_are_provisioned() {
        let docker = |scope: Option<String>| {
            let docker = ecs::DockerVolumeConfiguration {
                scope,
                autoprovision: Some(true),
                ..Default::default()
            };
            holding(vec![ecs::Volume {
                docker_volume_configuration: Some(docker),
                ..volume("v")
            }])
        };
        accepted(&docker(text("shared")));
        let sentence = "dockerVolumeConfiguration.autoprovision can only be used when the scope is shared.";
        assert_eq!(refusal(&docker(text("task"))), sentence);
        assert_eq!(refusal(&docker(None)), sentence);
    }

    #[test]
    fn efs_authorization_needs_encryption() {
        let efs = |change: fn(&mut ecs::EFSVolumeConfiguration)| {
            let mut efs = ecs::EFSVolumeConfiguration {
                file_system_id: text("fs-0123456789abcdef0"),
                ..Default::default()
            };
            change(&mut efs);
            holding(vec![ecs::Volume {
                efs_volume_configuration: Some(efs),
                ..volume("v")
            }])
        };
        fn access(point: Option<&str>, iam: &str) -> Option<ecs::EFSAuthorizationConfig> {
            Some(ecs::EFSAuthorizationConfig {
                access_point_id: point.map(str::to_string),
                iam: text(iam),
            })
        }
        accepted(&efs(|_| {}));
        assert_eq!(
            refusal(&efs(|e| e.file_system_id = text("data"))),
            "Invalid EFS file system ID: 'data'."
        );
        let sentence = "EFS IAM authorization requires TransitEncryption to be enabled.";
        assert_eq!(
            refusal(&efs(|e| e.authorization_config = access(None, "ENABLED"))),
            sentence
        );
        let sentence = "EFS access point requires TransitEncryption to be enabled.";
        assert_eq!(
            refusal(&efs(|e| e.authorization_config = access(Some("fsap-1"), "DISABLED"))),
            sentence
        );
        let sentence = "When using an EFS access point, the root directory must either be set to \"/\" or be omitted.";
        let rooted = efs(|e| {
            e.transit_encryption = text("ENABLED");
            e.authorization_config = access(Some("fsap-1"), "ENABLED");
            e.root_directory = text("/data");
        });
        assert_eq!(refusal(&rooted), sentence);
        let sentence = "TransitEncryptionPort requires that TransitEncryption is enabled.";
        assert_eq!(refusal(&efs(|e| e.transit_encryption_port = Some(2049))), sentence);
        let far = efs(|e| (e.transit_encryption, e.transit_encryption_port) = (text("ENABLED"), Some(65536)));
        assert_eq!(
            refusal(&far),
            "Invalid 'transitEncryptionPort' setting. It must be between 0 and 65535."
        );
    }

    #[test]
    fn s3_files_need_a_task_role_and_arns() {
        let files = |arn: &str, role: Option<String>| {
            let files = ecs::S3FilesVolumeConfiguration {
                file_system_arn: text(arn),
                ..Default::default()
            };
            let held = holding(vec![ecs::Volume {
                s3files_volume_configuration: Some(files),
                ..volume("v")
            }]);
            ecs::RegisterTaskDefinitionRequest {
                task_role_arn: role,
                ..held
            }
        };
        let arn = "arn:aws:s3files:us-east-1:000000000000:file-system/fs-1";
        accepted(&files(arn, text("app")));
        assert_eq!(refusal(&files("fs-1", text("app"))), "Invalid arn syntax");
        assert!(refusal(&files(arn, None)).ends_with("you must also specify a value for 'taskRoleArn'."));
    }

    #[test]
    fn only_declared_volumes_are_mounted() {
        accepted(&mounting(holding(vec![volume("data")]), "data"));
        assert_eq!(
            refusal(&mounting(holding(vec![volume("data")]), "logs")),
            "Unknown volume 'logs'."
        );
        let mount = ecs::MountPoint {
            container_path: text("/data"),
            ..Default::default()
        };
        assert_eq!(
            refusal(&with(web(), |c| c.mount_points = Some(vec![mount]))),
            "Unknown volume 'null'."
        );
    }

    #[test]
    fn volumes_come_from_other_containers() {
        let from = |name: &str| {
            let from = ecs::VolumeFrom {
                source_container: text(name),
                read_only: None,
            };
            and(with(web(), |c| c.volumes_from = Some(vec![from])), container("data"))
        };
        accepted(&from("data"));
        assert_eq!(
            refusal(&from("other")),
            "Invalid 'volumesFrom' setting. Unknown container: 'other'."
        );
        assert_eq!(
            refusal(&from("web")),
            "Invalid 'volumesFrom' setting. Unknown container: 'web'."
        );
    }

    #[test]
    fn one_volume_is_configured_at_launch_and_mounted() {
        let launch = |name: &str| ecs::Volume {
            configured_at_launch: Some(true),
            ..volume(name)
        };
        accepted(&mounting(holding(vec![launch("ebs")]), "ebs"));
        assert_eq!(
            refusal(&holding(vec![launch("ebs")])),
            "Volumes [ebs] are not referenced by any of the containers."
        );
        let two = mounting(holding(vec![launch("a"), launch("b")]), "a");
        assert_eq!(
            refusal(&two),
            "Only one volume configured at launch is supported per task definition."
        );
    }
}
