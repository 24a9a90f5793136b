//! MANAGED_INSTANCES: machines that AWS chooses and patches; much of the container engine is out of reach. And what only
//! they have: trusted execution and Neuron devices.

use super::{Look, Platform, Rule, gpus, list, logs, refuse_if, text};
use api::ecs;
use wire::Fault;

pub const RULES: &[Rule] = &[network, task, containers, linux, volumes, drivers];

/// What EC2 refuses: the things that only managed instances have.
pub const ONLY_THERE: &[Rule] = &[not_trusted, no_neuron];

pub fn not_trusted(look: &Look<'_>) -> Result<(), Fault> {
    refuse_if(look.definition.trusted_execution_configuration.is_some(), || {
        "Trusted execution is supported only for Amazon ECS Managed Instances.".into()
    })
}

fn no_neuron(look: &Look<'_>) -> Result<(), Fault> {
    refuse_if(gpus::asked(look, "NeuronDevice"), || {
        "NeuronDevice is supported only for Amazon ECS Managed Instances.".into()
    })
}

fn unsupported(what: &str) -> String {
    format!("Managed Instances compatible task definitions do not support {what}.")
}

/// Without a word of the user's it is `awsvpc` here, but only who asks for managed instances means that.
fn network(look: &Look<'_>) -> Result<(), Fault> {
    let given = look.definition.network_mode.as_deref();
    let fits = match given {
        None => look.requires(Platform::ManagedInstances),
        Some(mode) => mode != "bridge",
    };
    refuse_if(!fits, || unsupported("network mode 'bridge'"))
}

fn task(look: &Look<'_>) -> Result<(), Fault> {
    let definition = look.definition;
    refuse_if(look.is_windows(), || {
        unsupported(&format!("operatingSystemFamily {}", look.os_family()))
    })?;
    refuse_if(definition.ipc_mode.is_some(), || unsupported("ipcMode"))?;
    refuse_if(definition.proxy_configuration.is_some(), || {
        unsupported("proxyConfiguration")
    })?;
    refuse_if(definition.ephemeral_storage.is_some(), || {
        unsupported("ephemeralStorage")
    })
}

type Given = fn(&ecs::ContainerDefinition) -> bool;

const NOT_THERE: &[(&str, Given)] = &[
    ("disableNetworking", |c| c.disable_networking == Some(true)),
    ("dnsSearchDomains", |c| !list(&c.dns_search_domains).is_empty()),
    ("dnsServers", |c| !list(&c.dns_servers).is_empty()),
    ("dockerSecurityOptions", |c| {
        !list(&c.docker_security_options).is_empty()
    }),
    ("extraHosts", |c| !list(&c.extra_hosts).is_empty()),
    ("hostname", |c| !text(&c.hostname).is_empty()),
    ("links", |c| !list(&c.links).is_empty()),
];

fn containers(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| match NOT_THERE.iter().find(|(_, given)| given(container)) {
        Some((what, _)) => refuse_if(true, || unsupported(what)),
        None => Ok(()),
    })
}

fn linux(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let Some(linux) = &container.linux_parameters else {
            return Ok(());
        };
        refuse_if(linux.max_swap.is_some(), || unsupported("maxSwap"))?;
        refuse_if(linux.swappiness.is_some(), || unsupported("swappiness"))?;
        refuse_if(linux.shared_memory_size.is_some(), || unsupported("sharedMemorySize"))?;
        refuse_if(!list(&linux.tmpfs).is_empty(), || unsupported("tmpfs"))
    })
}

fn volumes(look: &Look<'_>) -> Result<(), Fault> {
    for volume in look.volumes() {
        refuse_if(volume.docker_volume_configuration.is_some(), || {
            unsupported("dockerVolumeConfiguration")
        })?;
        let fsx = volume.fsx_windows_file_server_volume_configuration.is_some();
        refuse_if(fsx, || unsupported("fsxWindowsFileServerVolumeConfiguration"))?;
    }
    Ok(())
}

fn drivers(look: &Look<'_>) -> Result<(), Fault> {
    logs::only(look, &["awslogs", "splunk", "awsfirelens", "json-file"])
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn managed(request: ecs::RegisterTaskDefinitionRequest) -> ecs::RegisterTaskDefinitionRequest {
        ecs::RegisterTaskDefinitionRequest {
            requires_compatibilities: Some(vec!["MANAGED_INSTANCES".to_string()]),
            ..request
        }
    }

    #[test]
    fn managed_instances_have_no_bridge() {
        accepted(&managed(web()));
        accepted(&managed(ecs::RegisterTaskDefinitionRequest {
            network_mode: text("host"),
            ..web()
        }));
        let bridge = managed(ecs::RegisterTaskDefinitionRequest {
            network_mode: text("bridge"),
            ..web()
        });
        assert_eq!(
            refusal(&bridge),
            "Managed Instances compatible task definitions do not support network mode 'bridge'."
        );
        assert_eq!(
            accepted(&web()),
            ["EXTERNAL", "EC2"],
            "who does not ask does not get them without a mode"
        );
    }

    #[test]
    fn the_engine_is_out_of_reach() {
        let refused = |change: fn(&mut ecs::ContainerDefinition)| refusal(&managed(with(web(), change)));
        let unsupported = |what: &str| format!("Managed Instances compatible task definitions do not support {what}.");
        assert_eq!(refused(|c| c.hostname = text("me")), unsupported("hostname"));
        assert_eq!(
            refused(|c| c.dns_servers = Some(vec!["10.0.0.2".to_string()])),
            unsupported("dnsServers")
        );
        let swap = |c: &mut ecs::ContainerDefinition| {
            c.linux_parameters = Some(ecs::LinuxParameters {
                max_swap: Some(0),
                ..Default::default()
            });
        };
        assert_eq!(refused(swap), unsupported("maxSwap"));
        let logs = |c: &mut ecs::ContainerDefinition| {
            c.log_configuration = Some(ecs::LogConfiguration {
                log_driver: text("syslog"),
                ..Default::default()
            });
        };
        assert_eq!(
            refused(logs),
            "syslog is not a valid log driver. Must be one of [awslogs, splunk, awsfirelens, json-file]"
        );
    }

    #[test]
    fn trusted_execution_is_only_there() {
        let trust = ecs::TrustedExecutionConfiguration {
            isolation_mode: text("ISOLATED_SANDBOX"),
            attestation_policy: None,
        };
        let request = ecs::RegisterTaskDefinitionRequest {
            trusted_execution_configuration: Some(trust),
            ..web()
        };
        let sentence = "Trusted execution is supported only for Amazon ECS Managed Instances.";
        assert_eq!(refusal(&request), sentence);
        assert_eq!(
            refusal(&ecs::RegisterTaskDefinitionRequest {
                requires_compatibilities: Some(vec!["EC2".to_string()]),
                ..request.clone()
            }),
            sentence
        );
        assert_eq!(accepted(&managed(request)), ["MANAGED_INSTANCES"]);
    }
}
