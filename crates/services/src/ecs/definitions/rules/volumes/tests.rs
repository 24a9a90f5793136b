//! Volumes that are refused, in these words.

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
