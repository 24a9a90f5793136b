//! What Windows containers do not have.

use super::{Look, Rule, list, refuse_if, text};
use api::ecs;
use wire::Fault;

pub const RULES: &[Rule] = &[task, containers, volumes];

fn unsupported(what: &str) -> String {
    format!("Windows containers do not support {what}.")
}

fn task(look: &Look<'_>) -> Result<(), Fault> {
    if !look.is_windows() {
        return Ok(());
    }
    let definition = look.definition;
    let architecture = definition
        .runtime_platform
        .as_ref()
        .and_then(|p| p.cpu_architecture.as_deref());
    refuse_if(architecture == Some("ARM64"), || {
        unsupported("the ARM64 CPU architecture")
    })?;
    let mode = definition.network_mode.as_deref().unwrap_or("awsvpc");
    refuse_if(mode != "awsvpc", || unsupported(&format!("networkMode={mode}")))?;
    refuse_if(definition.pid_mode.is_some(), || unsupported("pidMode"))?;
    refuse_if(definition.ipc_mode.is_some(), || unsupported("ipcMode"))?;
    refuse_if(definition.proxy_configuration.is_some(), || {
        unsupported("proxyConfiguration")
    })
}

type Given = fn(&ecs::ContainerDefinition) -> bool;

const LINUX_ONLY: &[(&str, Given)] = &[
    ("linuxParameters", |c| c.linux_parameters.is_some()),
    ("privileged", |c| c.privileged == Some(true)),
    ("readonlyRootFilesystem", |c| c.readonly_root_filesystem == Some(true)),
    ("disableNetworking", |c| c.disable_networking == Some(true)),
    ("links", |c| !list(&c.links).is_empty()),
    ("user", |c| !text(&c.user).is_empty()),
    ("ulimits", |c| !list(&c.ulimits).is_empty()),
    ("dnsServers", |c| !list(&c.dns_servers).is_empty()),
    ("dnsSearchDomains", |c| !list(&c.dns_search_domains).is_empty()),
    ("extraHosts", |c| !list(&c.extra_hosts).is_empty()),
    ("systemControls", |c| !list(&c.system_controls).is_empty()),
];

fn containers(look: &Look<'_>) -> Result<(), Fault> {
    if !look.is_windows() {
        return Ok(());
    }
    look.each(
        |container| match LINUX_ONLY.iter().find(|(_, given)| given(container)) {
            Some((what, _)) => refuse_if(true, || unsupported(what)),
            None => Ok(()),
        },
    )
}

fn volumes(look: &Look<'_>) -> Result<(), Fault> {
    let fsx = look
        .volumes()
        .iter()
        .any(|v| v.fsx_windows_file_server_volume_configuration.is_some());
    refuse_if(fsx && !look.is_windows(), || {
        "Only Windows containers support fsxWindowsFileServerVolumeConfiguration.".into()
    })?;
    let efs = look.volumes().iter().any(|v| v.efs_volume_configuration.is_some());
    refuse_if(efs && look.is_windows(), || unsupported("efsVolumeConfiguration"))
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn windows(request: ecs::RegisterTaskDefinitionRequest) -> ecs::RegisterTaskDefinitionRequest {
        let platform = ecs::RuntimePlatform {
            operating_system_family: text("WINDOWS_SERVER_2022_CORE"),
            cpu_architecture: None,
        };
        ecs::RegisterTaskDefinitionRequest {
            runtime_platform: Some(platform),
            ..request
        }
    }

    #[test]
    fn windows_tasks_have_the_default_network_or_awsvpc() {
        accepted(&windows(web()));
        accepted(&windows(ecs::RegisterTaskDefinitionRequest {
            network_mode: text("awsvpc"),
            ..web()
        }));
        let bridge = ecs::RegisterTaskDefinitionRequest {
            network_mode: text("bridge"),
            ..web()
        };
        assert_eq!(
            refusal(&windows(bridge)),
            "Windows containers do not support networkMode=bridge."
        );
        let shared = ecs::RegisterTaskDefinitionRequest {
            pid_mode: text("task"),
            ..web()
        };
        assert_eq!(refusal(&windows(shared)), "Windows containers do not support pidMode.");
    }

    #[test]
    fn linux_things_stay_on_linux() {
        let request = with(web(), |c| c.readonly_root_filesystem = Some(true));
        accepted(&request);
        assert_eq!(
            refusal(&windows(request)),
            "Windows containers do not support readonlyRootFilesystem."
        );
        accepted(&windows(with(web(), |c| c.readonly_root_filesystem = Some(false))));
    }

    #[test]
    fn task_sizes_do_not_bind_windows_containers() {
        let small = ecs::RegisterTaskDefinitionRequest {
            memory: text("32"),
            ..web()
        };
        assert!(refusal(&small).contains("is greater than for the task"));
        accepted(&windows(small));
    }

    #[test]
    fn file_servers_are_for_windows() {
        let fsx = ecs::FSxWindowsFileServerVolumeConfiguration {
            file_system_id: text("fs-1"),
            root_directory: text("share"),
            authorization_config: Some(ecs::FSxWindowsFileServerAuthorizationConfig {
                credentials_parameter: text("arn:aws:ssm:us-east-1:000000000000:parameter/login"),
                domain: text("corp.example"),
            }),
        };
        let volume = ecs::Volume {
            name: text("v"),
            fsx_windows_file_server_volume_configuration: Some(fsx),
            ..Default::default()
        };
        let request = ecs::RegisterTaskDefinitionRequest {
            volumes: Some(vec![volume]),
            ..web()
        };
        assert_eq!(
            refusal(&request),
            "Only Windows containers support fsxWindowsFileServerVolumeConfiguration."
        );
        assert_eq!(accepted(&windows(request)), ["EC2"]);
    }
}
