//! Between a daemon task definition and the task definition that does the same.

use crate::common::given;
use crate::ecs::{fault, names};
use api::ecs;
use base::Scope;
use model::{Daemon, TaskDefinition};
use wire::Fault;

/// What is kept of a request: all that Describe shows and the record does not know.
pub fn kept(request: ecs::RegisterDaemonTaskDefinitionRequest) -> ecs::DaemonTaskDefinition {
    ecs::DaemonTaskDefinition {
        family: request.family,
        task_role_arn: request.task_role_arn,
        execution_role_arn: request.execution_role_arn,
        container_definitions: request.container_definitions,
        volumes: Some(request.volumes.unwrap_or_default()),
        cpu: request.cpu,
        memory: request.memory,
        pid_mode: request.pid_mode,
        ipc_mode: request.ipc_mode,
        ..Default::default()
    }
}

pub fn shown(scope: &Scope, record: &TaskDefinition) -> ecs::DaemonTaskDefinition {
    let document: ecs::DaemonTaskDefinition = given::recall(&record.given);
    ecs::DaemonTaskDefinition {
        daemon_task_definition_arn: Some(names::definition_arn(scope, &record.family, record.revision)),
        family: Daemon::of_family(&record.family).map(str::to_string),
        revision: i32::try_from(record.revision).ok(),
        status: Some(record.status.as_str().to_string()),
        registered_at: Some(record.registered_at),
        delete_requested_at: record.delete_requested_at,
        registered_by: Some(record.registered_by.clone()),
        ..document
    }
}

/// The task definition that does the same on an EC2 node: with a bridge of its own, and the host's processes and
/// messages where they are `shared`.
pub fn as_task(
    request: &ecs::RegisterDaemonTaskDefinitionRequest,
) -> Result<ecs::RegisterTaskDefinitionRequest, Fault> {
    let host = |mode: &Option<String>| (mode.as_deref() == Some("shared")).then(|| "host".to_string());
    let volumes = request.volumes.iter().flatten().map(volume).collect::<Result<_, _>>()?;
    let containers = request.container_definitions.iter().flatten().map(container);
    Ok(ecs::RegisterTaskDefinitionRequest {
        family: request.family.clone(),
        task_role_arn: request.task_role_arn.clone(),
        execution_role_arn: request.execution_role_arn.clone(),
        container_definitions: Some(containers.collect()),
        cpu: request.cpu.clone(),
        memory: request.memory.clone(),
        volumes: Some(volumes),
        tags: request.tags.clone(),
        pid_mode: host(&request.pid_mode),
        ipc_mode: host(&request.ipc_mode),
        network_mode: Some("bridge".to_string()),
        requires_compatibilities: Some(vec!["EC2".to_string()]),
        ..Default::default()
    })
}

fn volume(given: &ecs::DaemonVolume) -> Result<ecs::Volume, Fault> {
    if given.log_driver_volume_configuration.is_some() {
        return Err(fault::invalid(
            "logDriverVolumeConfiguration is not supported: no node shows the log files of its tasks.",
        ));
    }
    Ok(ecs::Volume {
        name: given.name.clone(),
        host: given.host.clone(),
        ..Default::default()
    })
}

fn container(given: &ecs::DaemonContainerDefinition) -> ecs::ContainerDefinition {
    let given = given.clone();
    let linux = given.linux_parameters.map(|linux| ecs::LinuxParameters {
        capabilities: linux.capabilities,
        devices: linux.devices,
        init_process_enabled: linux.init_process_enabled,
        tmpfs: linux.tmpfs,
        ..Default::default()
    });
    ecs::ContainerDefinition {
        name: given.name,
        image: given.image,
        memory: given.memory,
        memory_reservation: given.memory_reservation,
        repository_credentials: given.repository_credentials,
        health_check: given.health_check,
        cpu: given.cpu,
        essential: given.essential,
        entry_point: given.entry_point,
        command: given.command,
        working_directory: given.working_directory,
        environment_files: given.environment_files,
        environment: given.environment,
        secrets: given.secrets,
        readonly_root_filesystem: given.readonly_root_filesystem,
        mount_points: given.mount_points,
        log_configuration: given.log_configuration,
        firelens_configuration: given.firelens_configuration,
        privileged: given.privileged,
        user: given.user,
        ulimits: given.ulimits,
        linux_parameters: linux,
        depends_on: given.depends_on,
        start_timeout: given.start_timeout,
        stop_timeout: given.stop_timeout,
        system_controls: given.system_controls,
        interactive: given.interactive,
        pseudo_terminal: given.pseudo_terminal,
        restart_policy: given.restart_policy,
        ..Default::default()
    }
}
