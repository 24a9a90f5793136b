//! From what the user sent to the definition as AWS shows it: everything given stays as it was given, and what was
//! left out gets AWS's default. Nothing is checked here.

use super::size;
use api::ecs;

/// The definition without what the record itself holds: ARN, revision, status, times, and who registered it.
pub fn filled(request: &ecs::RegisterTaskDefinitionRequest) -> ecs::TaskDefinition {
    let mut containers = request.container_definitions.clone().unwrap_or_default();
    for container in &mut containers {
        container_defaults(container, request.network_mode.as_deref());
    }
    let mut volumes = request.volumes.clone().unwrap_or_default();
    volumes.iter_mut().for_each(volume_defaults);
    let units = |given: &Option<String>, read: fn(&str) -> Option<u32>| {
        given
            .as_ref()
            .map(|text| read(text).map_or_else(|| text.clone(), |number| number.to_string()))
    };
    ecs::TaskDefinition {
        family: request.family.clone(),
        task_role_arn: request.task_role_arn.clone(),
        execution_role_arn: request.execution_role_arn.clone(),
        network_mode: request.network_mode.clone(),
        container_definitions: Some(containers),
        volumes: Some(volumes),
        placement_constraints: Some(request.placement_constraints.clone().unwrap_or_default()),
        // Left out of the answer when there is none, as the documentation says.
        requires_compatibilities: request.requires_compatibilities.clone().filter(|list| !list.is_empty()),
        cpu: units(&request.cpu, size::cpu_units),
        memory: units(&request.memory, size::memory_mib),
        pid_mode: request.pid_mode.clone(),
        ipc_mode: request.ipc_mode.clone(),
        proxy_configuration: request.proxy_configuration.clone(),
        inference_accelerators: request.inference_accelerators.clone(),
        ephemeral_storage: request.ephemeral_storage.clone(),
        runtime_platform: request.runtime_platform.clone(),
        enable_fault_injection: request.enable_fault_injection,
        trusted_execution_configuration: request.trusted_execution_configuration.clone(),
        ..ecs::TaskDefinition::default()
    }
}

fn container_defaults(container: &mut ecs::ContainerDefinition, network_mode: Option<&str>) {
    container.cpu.get_or_insert_default();
    container.essential.get_or_insert(true);
    container.environment.get_or_insert_default();
    container.mount_points.get_or_insert_default();
    container.volumes_from.get_or_insert_default();
    container.system_controls.get_or_insert_default();
    for mapping in container.port_mappings.get_or_insert_default() {
        port_defaults(mapping, network_mode);
    }
    if let Some(check) = &mut container.health_check {
        check.interval.get_or_insert(30);
        check.timeout.get_or_insert(5);
        check.retries.get_or_insert(3);
    }
}

fn port_defaults(mapping: &mut ecs::PortMapping, network_mode: Option<&str>) {
    mapping.protocol.get_or_insert_with(|| "tcp".to_string());
    if mapping.container_port_range.is_some() || mapping.host_port.is_some() {
        return;
    }
    mapping.host_port = match network_mode {
        Some("awsvpc" | "host") => mapping.container_port,
        _ => Some(0), // any free port
    };
}

fn volume_defaults(volume: &mut ecs::Volume) {
    if let Some(efs) = &mut volume.efs_volume_configuration {
        efs.root_directory.get_or_insert_with(|| "/".to_string());
    }
    if kinds(volume) == 0 {
        volume.host = Some(ecs::HostVolumeProperties::default());
    }
}

/// How many of the ways to make a volume are given.
pub fn kinds(volume: &ecs::Volume) -> usize {
    let given = [
        volume.host.is_some(),
        volume.docker_volume_configuration.is_some(),
        volume.efs_volume_configuration.is_some(),
        volume.s3files_volume_configuration.is_some(),
        volume.fsx_windows_file_server_volume_configuration.is_some(),
        volume.configured_at_launch == Some(true),
    ];
    given.iter().filter(|given| **given).count()
}

/// The request that registers the same definition again.
#[cfg(test)]
pub fn again(definition: ecs::TaskDefinition) -> ecs::RegisterTaskDefinitionRequest {
    ecs::RegisterTaskDefinitionRequest {
        family: definition.family,
        task_role_arn: definition.task_role_arn,
        execution_role_arn: definition.execution_role_arn,
        network_mode: definition.network_mode,
        container_definitions: definition.container_definitions,
        volumes: definition.volumes,
        placement_constraints: definition.placement_constraints,
        requires_compatibilities: definition.requires_compatibilities,
        cpu: definition.cpu,
        memory: definition.memory,
        tags: None,
        pid_mode: definition.pid_mode,
        ipc_mode: definition.ipc_mode,
        proxy_configuration: definition.proxy_configuration,
        inference_accelerators: definition.inference_accelerators,
        ephemeral_storage: definition.ephemeral_storage,
        runtime_platform: definition.runtime_platform,
        enable_fault_injection: definition.enable_fault_injection,
        trusted_execution_configuration: definition.trusted_execution_configuration,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{mapping, web};
    use super::*;

    #[test]
    fn a_bare_container_comes_back_as_aws_shows_it() {
        let shown = filled(&web());
        let container = &shown.container_definitions.as_ref().unwrap()[0];
        assert_eq!((container.cpu, container.essential), (Some(0), Some(true)));
        assert_eq!(container.environment, Some(Vec::new()));
        assert_eq!(container.port_mappings, Some(Vec::new()));
        assert_eq!(
            container.command, None,
            "what nobody gave and AWS does not fill stays away"
        );
        assert_eq!(
            (shown.volumes, shown.placement_constraints),
            (Some(Vec::new()), Some(Vec::new()))
        );
        assert_eq!(shown.requires_compatibilities, None);
    }

    #[test]
    fn host_ports_follow_the_network_mode() {
        for (mode, port) in [(None, 0), (Some("bridge"), 0), (Some("host"), 80), (Some("awsvpc"), 80)] {
            let mut request = web();
            request.network_mode = mode.map(str::to_string);
            request.container_definitions.as_mut().unwrap()[0].port_mappings = Some(vec![mapping(80)]);
            let shown = filled(&request);
            let mapping = &shown.container_definitions.unwrap()[0].port_mappings.clone().unwrap()[0];
            assert_eq!(
                (mapping.host_port, mapping.protocol.as_deref()),
                (Some(port), Some("tcp")),
                "{mode:?}"
            );
        }
    }

    #[test]
    fn sizes_come_back_as_numbers_and_bad_ones_as_they_were() {
        let mut request = web();
        (request.cpu, request.memory) = (Some(".5 vCPU".to_string()), Some("1GB".to_string()));
        let shown = filled(&request);
        assert_eq!(
            (shown.cpu.as_deref(), shown.memory.as_deref()),
            (Some("512"), Some("1024"))
        );
        request.cpu = Some("much".to_string());
        assert_eq!(filled(&request).cpu.as_deref(), Some("much"));
    }

    #[test]
    fn a_volume_with_nothing_but_a_name_is_a_host_volume() {
        let mut request = web();
        let named = ecs::Volume {
            name: Some("v".to_string()),
            ..Default::default()
        };
        let launch = ecs::Volume {
            configured_at_launch: Some(true),
            ..named.clone()
        };
        request.volumes = Some(vec![named, launch]);
        let volumes = filled(&request).volumes.unwrap();
        assert_eq!(volumes[0].host, Some(ecs::HostVolumeProperties::default()));
        assert_eq!(volumes[1].host, None);
    }

    #[test]
    fn a_health_check_gets_its_three_defaults_and_no_start_period() {
        let mut request = web();
        let command = Some(vec!["CMD-SHELL".to_string(), "true".to_string()]);
        let check = ecs::HealthCheck {
            command,
            retries: Some(7),
            ..Default::default()
        };
        request.container_definitions.as_mut().unwrap()[0].health_check = Some(check);
        let check = filled(&request).container_definitions.unwrap()[0]
            .health_check
            .clone()
            .unwrap();
        assert_eq!(
            (check.interval, check.timeout, check.retries),
            (Some(30), Some(5), Some(7))
        );
        assert_eq!(check.start_period, None);
    }
}
