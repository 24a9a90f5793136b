//! EXTERNAL: machines of the user's own, outside AWS's network.

use super::{Look, Rule, gpus, managed, refuse_if};
use wire::Fault;

pub const RULES: &[Rule] = &[network, volumes, devices, managed::not_trusted, no_neuron];

fn unsupported(what: &str) -> String {
    format!("External compatible task definitions do not support {what}.")
}

fn network(look: &Look<'_>) -> Result<(), Fault> {
    refuse_if(look.mode() == "awsvpc", || unsupported("network mode 'awsvpc'"))?;
    refuse_if(look.definition.proxy_configuration.is_some(), || {
        unsupported("proxyConfiguration")
    })?;
    refuse_if(look.definition.enable_fault_injection == Some(true), || {
        unsupported("enableFaultInjection")
    })?;
    refuse_if(look.definition.ephemeral_storage.is_some(), || {
        unsupported("ephemeralStorage")
    })
}

fn volumes(look: &Look<'_>) -> Result<(), Fault> {
    for volume in look.volumes() {
        refuse_if(volume.efs_volume_configuration.is_some(), || {
            unsupported("efsVolumeConfiguration")
        })?;
        refuse_if(volume.s3files_volume_configuration.is_some(), || {
            unsupported("s3filesVolumeConfiguration")
        })?;
        let fsx = volume.fsx_windows_file_server_volume_configuration.is_some();
        refuse_if(fsx, || unsupported("fsxWindowsFileServerVolumeConfiguration"))?;
        refuse_if(volume.configured_at_launch == Some(true), || {
            unsupported("configuredAtLaunch")
        })?;
    }
    Ok(())
}

fn devices(look: &Look<'_>) -> Result<(), Fault> {
    refuse_if(gpus::shared(look), || unsupported("GPU sharing"))
}

fn no_neuron(look: &Look<'_>) -> Result<(), Fault> {
    refuse_if(gpus::asked(look, "NeuronDevice"), || {
        unsupported("NeuronDevice resource requirements")
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn external(request: ecs::RegisterTaskDefinitionRequest) -> ecs::RegisterTaskDefinitionRequest {
        ecs::RegisterTaskDefinitionRequest {
            requires_compatibilities: Some(vec!["EXTERNAL".to_string()]),
            ..request
        }
    }

    #[test]
    fn there_is_no_vpc_outside() {
        assert_eq!(accepted(&external(web())), ["EXTERNAL", "EC2"]);
        let request = ecs::RegisterTaskDefinitionRequest {
            network_mode: text("awsvpc"),
            ..web()
        };
        assert_eq!(
            refusal(&external(request)),
            "External compatible task definitions do not support network mode 'awsvpc'."
        );
    }

    #[test]
    fn file_systems_of_aws_are_not_mounted_outside() {
        let efs = ecs::EFSVolumeConfiguration {
            file_system_id: text("fs-1"),
            ..Default::default()
        };
        let volume = ecs::Volume {
            name: text("v"),
            efs_volume_configuration: Some(efs),
            ..Default::default()
        };
        let request = ecs::RegisterTaskDefinitionRequest {
            volumes: Some(vec![volume]),
            ..web()
        };
        assert_eq!(accepted(&request), ["EC2"]);
        assert_eq!(
            refusal(&external(request)),
            "External compatible task definitions do not support efsVolumeConfiguration."
        );
    }

    #[test]
    fn gpus_are_not_shared_outside() {
        let mps = ecs::NvidiaMpsAllocation {
            memory: Some(1024),
            max_compute_percent: None,
        };
        let strategy = Some(ecs::SharingStrategy { nvidia_mps: Some(mps) });
        let gpu = ecs::ResourceRequirement {
            r#type: text("GPU"),
            value: None,
            sharing_strategy: strategy,
        };
        let request = external(with(web(), |c| c.resource_requirements = Some(vec![gpu])));
        assert_eq!(
            refusal(&request),
            "External compatible task definitions do not support GPU sharing."
        );
    }
}
