//! What a network mode takes away: containers that share the task's network have no names and links of their own.

use super::{Look, Rule, list, refuse_if, text};
use api::ecs;
use wire::Fault;

pub const RULES: &[Rule] = &[links_need_bridge, links, own_network, extra_hosts, kernel_parameters];

fn links_need_bridge(look: &Look<'_>) -> Result<(), Fault> {
    let mode = look.mode();
    let linked = look.containers().iter().any(|c| !list(&c.links).is_empty());
    refuse_if(linked && mode != "bridge", || {
        format!("Links are not supported when networkMode={mode}.")
    })
}

/// `name` or `name:alias`, of another container of the task.
fn links(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        for link in list(&container.links) {
            let (name, alias) = link
                .split_once(':')
                .map_or((link.as_str(), None), |(name, alias)| (name, Some(alias)));
            let itself = container.name.as_deref() == Some(name);
            refuse_if(itself || look.container(name).is_none(), || {
                format!("Invalid 'links' setting. Unknown container: '{name}'.")
            })?;
            refuse_if(alias.is_some_and(|alias| !crate::ecs::names::is_name(alias)), || {
                format!("Invalid 'links' setting. '{link}' contains invalid characters.")
            })?;
        }
        Ok(())
    })
}

type Given = fn(&ecs::ContainerDefinition) -> bool;

/// What a container of an `awsvpc` task cannot have, with the beginning of AWS's sentence.
const NOT_IN_AWSVPC: &[(&str, Given)] = &[
    ("hostname is", |c| !text(&c.hostname).is_empty()),
    ("Extra hosts are", |c| !list(&c.extra_hosts).is_empty()),
    ("DNS servers are", |c| !list(&c.dns_servers).is_empty()),
    ("DNS search domains are", |c| !list(&c.dns_search_domains).is_empty()),
    ("Disable Networking is", |c| c.disable_networking == Some(true)),
];

fn own_network(look: &Look<'_>) -> Result<(), Fault> {
    if look.mode() != "awsvpc" {
        return Ok(());
    }
    look.each(|container| {
        let unfit = NOT_IN_AWSVPC.iter().find(|(_, given)| given(container));
        let Some((what, _)) = unfit else { return Ok(()) };
        refuse_if(true, || {
            format!("{what} not supported on container when networkMode=awsvpc.")
        })
    })
}

fn extra_hosts(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let blank = |host: &ecs::HostEntry| text(&host.hostname).is_empty() || text(&host.ip_address).is_empty();
        refuse_if(list(&container.extra_hosts).iter().any(blank), || {
            format!(
                "Invalid 'extraHosts' setting for container '{}'.",
                text(&container.name)
            )
        })
    })
}

/// System controls of a namespace that the task does not have for itself would be the host's.
fn kernel_parameters(look: &Look<'_>) -> Result<(), Fault> {
    let host_ipc = look.definition.ipc_mode.as_deref() == Some("host");
    look.each(|container| {
        for control in list(&container.system_controls) {
            let (name, value) = (text(&control.namespace), text(&control.value));
            refuse_if(!is_network_parameter(name) && !is_ipc_parameter(name), || {
                format!(
                    "Invalid 'systemControls' setting for container '{}'. Unknown namespace: '{name}'.",
                    text(&container.name)
                )
            })?;
            refuse_if(value.is_empty(), || {
                format!("System control '{name}' must have a value.")
            })?;
            refuse_if(look.mode() == "host" && is_network_parameter(name), || {
                format!("System control '{name}' is not supported when networkMode=host.")
            })?;
            refuse_if(host_ipc && is_ipc_parameter(name), || {
                format!("System control '{name}' is not supported when ipcMode=host.")
            })?;
        }
        Ok(())
    })
}

fn is_network_parameter(name: &str) -> bool {
    name.strip_prefix("net.").is_some_and(|rest| !rest.is_empty())
}

fn is_ipc_parameter(name: &str) -> bool {
    const KERNEL: [&str; 8] = [
        "msgmax",
        "msgmnb",
        "msgmni",
        "sem",
        "shmall",
        "shmmax",
        "shmmni",
        "shm_rmid_forced",
    ];
    let kernel = name.strip_prefix("kernel.").is_some_and(|rest| KERNEL.contains(&rest));
    kernel || name.strip_prefix("fs.mqueue.").is_some_and(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn mode(mode: &str, request: ecs::RegisterTaskDefinitionRequest) -> ecs::RegisterTaskDefinitionRequest {
        ecs::RegisterTaskDefinitionRequest {
            network_mode: text(mode),
            ..request
        }
    }

    #[test]
    fn links_are_for_bridges_and_lead_to_containers() {
        let linked = |link: &str| and(with(web(), |c| c.links = Some(vec![link.to_string()])), container("db"));
        accepted(&linked("db"));
        accepted(&linked("db:store"));
        assert_eq!(
            refusal(&mode("awsvpc", linked("db"))),
            "Links are not supported when networkMode=awsvpc."
        );
        assert_eq!(
            refusal(&mode("host", linked("db"))),
            "Links are not supported when networkMode=host."
        );
        assert_eq!(
            refusal(&linked("cache")),
            "Invalid 'links' setting. Unknown container: 'cache'."
        );
        assert_eq!(
            refusal(&linked("web")),
            "Invalid 'links' setting. Unknown container: 'web'."
        );
        assert_eq!(
            refusal(&linked("db:a b")),
            "Invalid 'links' setting. 'db:a b' contains invalid characters."
        );
    }

    #[test]
    fn containers_of_an_awsvpc_task_share_its_network() {
        let refused = |change: fn(&mut ecs::ContainerDefinition)| {
            accepted(&with(web(), change));
            refusal(&mode("awsvpc", with(web(), change)))
        };
        assert_eq!(
            refused(|c| c.hostname = text("me")),
            "hostname is not supported on container when networkMode=awsvpc."
        );
        assert_eq!(
            refused(|c| c.extra_hosts = Some(vec![ecs::HostEntry {
                hostname: text("db"),
                ip_address: text("10.0.0.1")
            }])),
            "Extra hosts are not supported on container when networkMode=awsvpc."
        );
        assert_eq!(
            refused(|c| c.dns_servers = Some(vec!["10.0.0.2".to_string()])),
            "DNS servers are not supported on container when networkMode=awsvpc."
        );
        assert_eq!(
            refused(|c| c.dns_search_domains = Some(vec!["internal".to_string()])),
            "DNS search domains are not supported on container when networkMode=awsvpc."
        );
        assert_eq!(
            refused(|c| c.disable_networking = Some(true)),
            "Disable Networking is not supported on container when networkMode=awsvpc."
        );
        accepted(&mode("awsvpc", with(web(), |c| c.dns_servers = Some(Vec::new()))));
    }

    #[test]
    fn system_controls_stay_in_the_tasks_own_namespaces() {
        let controlled = |name: &str| {
            let control = ecs::SystemControl {
                namespace: text(name),
                value: text("1"),
            };
            with(web(), |c| c.system_controls = Some(vec![control]))
        };
        for good in ["net.core.somaxconn", "kernel.sem", "fs.mqueue.msg_max"] {
            accepted(&controlled(good));
        }
        assert!(refusal(&controlled("vm.swappiness")).ends_with("Unknown namespace: 'vm.swappiness'."));
        assert_eq!(
            refusal(&mode("host", controlled("net.core.somaxconn"))),
            "System control 'net.core.somaxconn' is not supported when networkMode=host."
        );
        let shared = ecs::RegisterTaskDefinitionRequest {
            ipc_mode: text("host"),
            ..controlled("kernel.sem")
        };
        assert_eq!(
            refusal(&shared),
            "System control 'kernel.sem' is not supported when ipcMode=host."
        );
    }
}
