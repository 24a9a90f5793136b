//! From the user's document to the work: what the node that runs a task does, with ECS's own defaults in it.
//!
//! Only defaults that hold wherever the task runs are filled in here; those of a launch type are laid over it when a task
//! is given to its node.

use super::plan::default_mode;
use super::rules::{Look, gpus, list, ports, text};
use api::ecs;
use link::plan::{Condition, Dependency, Device, HealthCheck, LogConfig, MountPoint, NetworkMode, Pair, PortRange};
use link::plan::{PortWish, RestartPolicy, Share, Tmpfs, Ulimit, Volume, VolumesFrom};
use link::{ContainerPlan, TaskPlan};
use std::collections::BTreeMap;

/// How long a container must have run before a restart counts, when the policy does not say.
const ATTEMPT_PERIOD_S: u32 = 300;

/// The work of a definition that passed its rules.
pub fn derived(definition: &ecs::TaskDefinition) -> TaskPlan {
    let look = Look::at(definition);
    let mode = definition.network_mode.as_deref().unwrap_or(default_mode(&look));
    let mode = NetworkMode::parse(mode);
    let platform = definition.runtime_platform.as_ref();
    TaskPlan {
        network_mode: mode,
        cpu_units: look.cpu_units,
        memory_mib: look.memory_mib,
        containers: look.containers().iter().map(|c| container(c, mode)).collect(),
        volumes: look.volumes().iter().map(volume).collect(),
        pid_mode: definition.pid_mode.as_deref().and_then(Share::parse),
        ipc_mode: definition.ipc_mode.as_deref().and_then(Share::parse),
        ephemeral_storage_gib: definition
            .ephemeral_storage
            .as_ref()
            .and_then(|s| number(s.size_in_gi_b)),
        task_role: said(&definition.task_role_arn),
        execution_role: said(&definition.execution_role_arn),
        cpu_architecture: platform.and_then(|p| p.cpu_architecture.clone()),
        fault_injection: definition.enable_fault_injection == Some(true),
    }
}

fn container(given: &ecs::ContainerDefinition, mode: Option<NetworkMode>) -> ContainerPlan {
    let linux = given.linux_parameters.clone().unwrap_or_default();
    let capabilities = linux.capabilities.unwrap_or_default();
    let mappings = list(&given.port_mappings);
    let gpu = list(&given.resource_requirements)
        .iter()
        .find(|r| text(&r.r#type) == "GPU");
    ContainerPlan {
        name: text(&given.name).to_string(),
        image: text(&given.image).to_string(),
        essential: given.essential != Some(false),
        cpu_units: number(given.cpu).unwrap_or_default(),
        memory_mib: number(given.memory),
        memory_reservation_mib: number(given.memory_reservation),
        entry_point: given.entry_point.clone(),
        command: given.command.clone(),
        environment: variables(&given.environment),
        environment_files: environment_files(&given.environment_files),
        secrets: secrets(&given.secrets),
        working_directory: said(&given.working_directory),
        user: said(&given.user),
        ports: mappings.iter().filter_map(|m| port(m, mode)).collect(),
        links: list(&given.links).to_vec(),
        mounts: list(&given.mount_points).iter().map(mount).collect(),
        volumes_from: list(&given.volumes_from).iter().map(volumes_from).collect(),
        hostname: said(&given.hostname),
        extra_hosts: list(&given.extra_hosts)
            .iter()
            .map(|h| Pair::new(text(&h.hostname), text(&h.ip_address)))
            .collect(),
        dns_servers: list(&given.dns_servers).to_vec(),
        dns_search: list(&given.dns_search_domains).to_vec(),
        disable_networking: given.disable_networking == Some(true),
        privileged: given.privileged == Some(true),
        read_only_root: given.readonly_root_filesystem == Some(true),
        terminal: given.pseudo_terminal == Some(true),
        interactive: given.interactive == Some(true),
        ulimits: list(&given.ulimits).iter().map(ulimit).collect(),
        sysctls: list(&given.system_controls)
            .iter()
            .map(|s| Pair::new(text(&s.namespace), text(&s.value)))
            .collect(),
        capabilities_add: capabilities.add.unwrap_or_default(),
        capabilities_drop: capabilities.drop.unwrap_or_default(),
        devices: list(&linux.devices).iter().map(device).collect(),
        tmpfs: list(&linux.tmpfs).iter().map(tmpfs).collect(),
        shm_mib: number(linux.shared_memory_size),
        init: linux.init_process_enabled == Some(true),
        swappiness: number(linux.swappiness),
        max_swap_mib: number(linux.max_swap),
        security_options: list(&given.docker_security_options).to_vec(),
        depends_on: list(&given.depends_on).iter().filter_map(dependency).collect(),
        start_timeout_s: number(given.start_timeout),
        stop_timeout_s: number(given.stop_timeout),
        health: given.health_check.as_ref().map(health),
        restart: given.restart_policy.as_ref().and_then(restart),
        log: given.log_configuration.as_ref().map(log),
        labels: pairs(given.docker_labels.as_ref()),
        repository_credentials: given
            .repository_credentials
            .as_ref()
            .and_then(|c| said(&c.credentials_parameter)),
        // `ALL` is as many as the node that it comes to has.
        gpus: gpus::gpus(gpu.map_or("", |r| text(&r.value))).unwrap_or_default(),
        port_ranges: mappings.iter().filter_map(port_range).collect(),
        firelens: given.firelens_configuration.as_ref().map(|router| LogConfig {
            driver: text(&router.r#type).to_string(),
            options: pairs(router.options.as_ref()),
            secret_options: Vec::new(),
        }),
    }
}

/// Containers with the network of their node, or of their task, are reached at their own ports.
fn port(mapping: &ecs::PortMapping, mode: Option<NetworkMode>) -> Option<PortWish> {
    let port = |given: Option<i32>| given.and_then(|port| u16::try_from(port).ok());
    let container_port = port(mapping.container_port)?;
    let own = matches!(mode, Some(NetworkMode::Host | NetworkMode::Awsvpc));
    Some(PortWish {
        container_port,
        host_port: if own {
            container_port
        } else {
            port(mapping.host_port).unwrap_or_default()
        },
        udp: is_udp(mapping),
    })
}

fn port_range(mapping: &ecs::PortMapping) -> Option<PortRange> {
    ports::range(mapping).map(|(first, last)| PortRange {
        first,
        last,
        udp: is_udp(mapping),
    })
}

fn is_udp(mapping: &ecs::PortMapping) -> bool {
    mapping.protocol.as_deref() == Some("udp")
}

fn volume(given: &ecs::Volume) -> Volume {
    let docker = given.docker_volume_configuration.as_ref();
    let kinds = [
        ("efs", given.efs_volume_configuration.is_some()),
        ("s3files", given.s3files_volume_configuration.is_some()),
        ("fsx", given.fsx_windows_file_server_volume_configuration.is_some()),
        ("ebs", given.configured_at_launch == Some(true)),
    ];
    let unsupported = kinds.iter().find(|(_, given)| *given).map(|(kind, _)| *kind);
    Volume {
        name: text(&given.name).to_string(),
        host_path: given.host.as_ref().and_then(|host| said(&host.source_path)),
        shared: docker.is_some_and(|d| d.scope.as_deref() == Some("shared")),
        autoprovision: docker.is_some_and(|d| d.autoprovision == Some(true)),
        driver: docker.and_then(|d| said(&d.driver)),
        driver_options: pairs(docker.and_then(|d| d.driver_opts.as_ref())),
        unsupported: unsupported.map(str::to_string),
    }
}

fn mount(given: &ecs::MountPoint) -> MountPoint {
    MountPoint {
        volume: text(&given.source_volume).to_string(),
        path: text(&given.container_path).to_string(),
        read_only: given.read_only == Some(true),
    }
}

fn volumes_from(given: &ecs::VolumeFrom) -> VolumesFrom {
    VolumesFrom {
        container: text(&given.source_container).to_string(),
        read_only: given.read_only == Some(true),
    }
}

fn ulimit(given: &ecs::Ulimit) -> Ulimit {
    Ulimit {
        name: text(&given.name).to_string(),
        soft: given.soft_limit.unwrap_or_default().into(),
        hard: given.hard_limit.unwrap_or_default().into(),
    }
}

fn device(given: &ecs::Device) -> Device {
    Device {
        host_path: text(&given.host_path).to_string(),
        container_path: said(&given.container_path),
        permissions: list(&given.permissions).to_vec(),
    }
}

fn tmpfs(given: &ecs::Tmpfs) -> Tmpfs {
    Tmpfs {
        path: text(&given.container_path).to_string(),
        size_mib: number(given.size).unwrap_or_default(),
        options: list(&given.mount_options).to_vec(),
    }
}

fn dependency(given: &ecs::ContainerDependency) -> Option<Dependency> {
    Some(Dependency {
        container: text(&given.container_name).to_string(),
        condition: Condition::parse(text(&given.condition))?,
    })
}

/// The numbers that nobody gave are in the document already.
fn health(given: &ecs::HealthCheck) -> HealthCheck {
    HealthCheck {
        command: list(&given.command).to_vec(),
        interval_s: number(given.interval).unwrap_or(30),
        timeout_s: number(given.timeout).unwrap_or(5),
        retries: number(given.retries).unwrap_or(3),
        start_period_s: number(given.start_period).unwrap_or_default(),
    }
}

fn restart(given: &ecs::ContainerRestartPolicy) -> Option<RestartPolicy> {
    (given.enabled == Some(true)).then(|| RestartPolicy {
        ignored_exit_codes: list(&given.ignored_exit_codes).to_vec(),
        attempt_period_s: number(given.restart_attempt_period).unwrap_or(ATTEMPT_PERIOD_S),
    })
}

fn log(given: &ecs::LogConfiguration) -> LogConfig {
    LogConfig {
        driver: text(&given.log_driver).to_string(),
        options: pairs(given.options.as_ref()),
        secret_options: secrets(&given.secret_options),
    }
}

/// Variables as a node takes them: those without a name are none.
pub fn variables(given: &Option<Vec<ecs::KeyValuePair>>) -> Vec<Pair> {
    let named = list(given).iter().filter(|pair| !text(&pair.name).is_empty());
    named
        .map(|pair| Pair::new(text(&pair.name), text(&pair.value)))
        .collect()
}

pub fn environment_files(given: &Option<Vec<ecs::EnvironmentFile>>) -> Vec<String> {
    list(given).iter().map(|file| text(&file.value).to_string()).collect()
}

fn secrets(given: &Option<Vec<ecs::Secret>>) -> Vec<Pair> {
    let pair = |secret: &ecs::Secret| Pair::new(text(&secret.name), text(&secret.value_from));
    list(given).iter().map(pair).collect()
}

fn pairs(given: Option<&BTreeMap<String, String>>) -> Vec<Pair> {
    given
        .into_iter()
        .flatten()
        .map(|(name, value)| Pair::new(name, value))
        .collect()
}

fn number(given: Option<i32>) -> Option<u32> {
    given.and_then(|n| u32::try_from(n).ok())
}

/// An empty text says nothing.
fn said(given: &Option<String>) -> Option<String> {
    given.clone().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
