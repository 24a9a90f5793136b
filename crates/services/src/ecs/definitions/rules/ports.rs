//! Port mappings: single ports and ranges, their names, and what two of them must not share.

use super::{Look, Rule, list, refuse_if, text};
use api::ecs;
use wire::Fault;

pub const RULES: &[Rule] = &[
    mode,
    form,
    host_port_matches,
    ranges,
    container_ports,
    host_ports,
    names,
];

fn mode(look: &Look<'_>) -> Result<(), Fault> {
    let mapped = look.containers().iter().any(|c| !list(&c.port_mappings).is_empty());
    refuse_if(mapped && look.mode() == "none", || {
        "Port mappings are not supported when networkMode=none.".into()
    })
}

fn form(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let name = text(&container.name);
        for mapping in list(&container.port_mappings) {
            if mapping.container_port_range.is_some() {
                refuse_if(mapping.container_port.is_some() || mapping.host_port.is_some(), || {
                    format!("Invalid 'portMappings' setting for container '{name}'. Cannot specify both single port and port range.")
                })?;
                refuse_if(range(mapping).is_none(), || format!("Invalid 'containerPortRange' setting for container '{name}'."))?;
            } else {
                let good = mapping.container_port.is_some_and(|port| (1..=65535).contains(&port));
                refuse_if(!good, || format!("Invalid 'containerPort' setting for container '{name}'."))?;
                let good = mapping.host_port.is_none_or(|port| (0..=65535).contains(&port));
                refuse_if(!good, || format!("Invalid 'hostPort' setting for container '{name}'."))?;
            }
        }
        Ok(())
    })
}

/// The first and last port of a range; `None` when it is not one.
pub fn range(mapping: &ecs::PortMapping) -> Option<(u16, u16)> {
    let (first, last) = mapping.container_port_range.as_deref()?.split_once('-')?;
    let port = |text: &str| {
        let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u16>().ok().filter(|port| digits && *port > 0)
    };
    port(first).zip(port(last)).filter(|(first, last)| first < last)
}

/// The ports that a mapping takes of its container; `None` when the mapping is malformed.
fn span(mapping: &ecs::PortMapping) -> Option<(u16, u16)> {
    let single = || {
        mapping
            .container_port
            .and_then(|port| u16::try_from(port).ok())
            .map(|port| (port, port))
    };
    if mapping.container_port_range.is_some() {
        range(mapping)
    } else {
        single()
    }
}

fn host_port_matches(look: &Look<'_>) -> Result<(), Fault> {
    let mode = look.mode();
    if !matches!(mode, "awsvpc" | "host") {
        return Ok(());
    }
    look.each(|container| {
        let differs = |m: &ecs::PortMapping| m.host_port.is_some_and(|port| Some(port) != m.container_port);
        refuse_if(list(&container.port_mappings).iter().any(differs), || {
            format!("When networkMode={mode}, the host ports and container ports in port mappings must match.")
        })
    })
}

fn ranges(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let count = list(&container.port_mappings)
            .iter()
            .filter(|m| m.container_port_range.is_some())
            .count();
        refuse_if(count > 100, || {
            format!(
                "The number of port ranges for container '{}' exceeds the limit of 100.",
                text(&container.name)
            )
        })?;
        refuse_if(count > 0 && look.mode() == "host", || {
            "Invalid 'containerPortRange' setting. Port ranges are not supported when networkMode=host.".into()
        })
    })
}

/// A container port is mapped once: in its container, or in the whole task when all containers share one network.
/// Only in `bridge` mode may one port be reached through several host ports.
fn container_ports(look: &Look<'_>) -> Result<(), Fault> {
    let bridged = look.mode() == "bridge";
    let mut taken: Vec<(&ecs::PortMapping, (u16, u16))> = Vec::new();
    for container in look.containers() {
        if bridged {
            taken.clear();
        }
        for mapping in list(&container.port_mappings) {
            let Some(span) = span(mapping) else { continue };
            let clash = |(other, theirs): &(&ecs::PortMapping, (u16, u16))| {
                let overlap = span.0 <= theirs.1 && theirs.0 <= span.1;
                let ranged = mapping.container_port_range.is_some() || other.container_port_range.is_some();
                overlap && (!bridged || ranged || mapping.protocol != other.protocol)
            };
            refuse_if(taken.iter().any(clash), || {
                format!("The container port {} is used multiple times in task.", span.0)
            })?;
            taken.push((mapping, span));
        }
    }
    Ok(())
}

fn host_ports(look: &Look<'_>) -> Result<(), Fault> {
    let mappings = look.containers().iter().flat_map(|c| list(&c.port_mappings));
    let fixed: Vec<(i32, &str)> = mappings
        .filter_map(|m| {
            m.host_port
                .filter(|port| *port != 0)
                .map(|port| (port, text(&m.protocol)))
        })
        .collect();
    let doubled = (1..fixed.len()).find(|i| fixed[..*i].contains(&fixed[*i]));
    let Some(at) = doubled else { return Ok(()) };
    refuse_if(true, || {
        format!("The host port {} is used multiple times in task.", fixed[at].0)
    })
}

fn names(look: &Look<'_>) -> Result<(), Fault> {
    let mut taken: Vec<&str> = Vec::new();
    for mapping in look.containers().iter().flat_map(|c| list(&c.port_mappings)) {
        let Some(name) = mapping.name.as_deref() else { continue };
        let plain = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        refuse_if(
            !plain || !(1..=64).contains(&name.len()) || name.starts_with('-'),
            || {
                format!(
                    "Invalid port mapping name '{name}'. Use up to 64 lowercase letters, numbers, underscores, and hyphens; the first is not a hyphen."
                )
            },
        )?;
        refuse_if(taken.contains(&name), || {
            format!("The port mapping name is already used: '{name}'.")
        })?;
        taken.push(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn mapped(mode: &str, mappings: &[ecs::PortMapping]) -> ecs::RegisterTaskDefinitionRequest {
        let request = with(web(), |c| c.port_mappings = Some(mappings.to_vec()));
        ecs::RegisterTaskDefinitionRequest {
            network_mode: text(mode),
            ..request
        }
    }

    fn range(range: &str) -> ecs::PortMapping {
        ecs::PortMapping {
            container_port_range: text(range),
            ..Default::default()
        }
    }

    fn to(port: i32, host: i32) -> ecs::PortMapping {
        ecs::PortMapping {
            host_port: Some(host),
            ..mapping(port)
        }
    }

    fn udp(port: i32) -> ecs::PortMapping {
        ecs::PortMapping {
            protocol: text("udp"),
            ..mapping(port)
        }
    }

    #[test]
    fn without_a_network_there_are_no_ports() {
        accepted(&mapped("none", &[]));
        assert_eq!(
            refusal(&mapped("none", &[mapping(80)])),
            "Port mappings are not supported when networkMode=none."
        );
    }

    #[test]
    fn ports_are_ports() {
        for bad in [0, -1, 65536, i32::MAX] {
            assert_eq!(
                refusal(&mapped("bridge", &[mapping(bad)])),
                "Invalid 'containerPort' setting for container 'web'."
            );
        }
        assert_eq!(
            refusal(&mapped("bridge", &[ecs::PortMapping::default()])),
            "Invalid 'containerPort' setting for container 'web'."
        );
        assert_eq!(
            refusal(&mapped("bridge", &[to(80, 65536)])),
            "Invalid 'hostPort' setting for container 'web'."
        );
    }

    #[test]
    fn a_shared_network_has_no_other_host_port() {
        for mode in ["awsvpc", "host"] {
            accepted(&mapped(mode, &[to(80, 80)]));
            let sentence =
                format!("When networkMode={mode}, the host ports and container ports in port mappings must match.");
            assert_eq!(refusal(&mapped(mode, &[to(80, 8080)])), sentence);
            assert_eq!(refusal(&mapped(mode, &[to(80, 0)])), sentence);
        }
        accepted(&mapped("bridge", &[to(80, 8080)]));
    }

    #[test]
    fn ranges_rise_and_stand_alone() {
        accepted(&mapped("bridge", &[range("1-65535")]));
        for bad in [
            "", "80", "80-80", "90-80", "0-10", "1-65536", "a-b", "1-2-3", "+1-5", " 1-5",
        ] {
            let refused = refusal(&mapped("awsvpc", &[range(bad)]));
            assert_eq!(
                refused, "Invalid 'containerPortRange' setting for container 'web'.",
                "{bad}"
            );
        }
        let both = ecs::PortMapping {
            container_port: Some(80),
            ..range("1-2")
        };
        assert!(refusal(&mapped("bridge", &[both])).ends_with("Cannot specify both single port and port range."));
        assert!(
            refusal(&mapped("host", &[range("1-2")])).ends_with("Port ranges are not supported when networkMode=host.")
        );
        let many: Vec<_> = (0..101)
            .map(|i| range(&format!("{}-{}", i * 10 + 1, i * 10 + 2)))
            .collect();
        accepted(&mapped("bridge", &many[..100]));
        assert_eq!(
            refusal(&mapped("bridge", &many)),
            "The number of port ranges for container 'web' exceeds the limit of 100."
        );
    }

    #[test]
    fn a_port_is_mapped_once() {
        let sentence = "The container port 80 is used multiple times in task.";
        accepted(&mapped("bridge", &[to(80, 8080), to(80, 8081)]));
        assert_eq!(refusal(&mapped("bridge", &[mapping(80), udp(80)])), sentence);
        assert_eq!(refusal(&mapped("bridge", &[range("70-90"), mapping(80)])), sentence);
        let two = |mode| {
            and(
                mapped(mode, &[mapping(80)]),
                ecs::ContainerDefinition {
                    port_mappings: Some(vec![mapping(80)]),
                    ..container("b")
                },
            )
        };
        accepted(&two("bridge"));
        assert_eq!(refusal(&two("awsvpc")), sentence);
        assert_eq!(refusal(&two("host")), sentence);
    }

    #[test]
    fn a_host_port_is_taken_once_for_each_protocol() {
        let two = |second| {
            and(
                mapped("bridge", &[to(80, 8080)]),
                ecs::ContainerDefinition {
                    port_mappings: Some(vec![second]),
                    ..container("b")
                },
            )
        };
        assert_eq!(
            refusal(&two(to(81, 8080))),
            "The host port 8080 is used multiple times in task."
        );
        accepted(&two(ecs::PortMapping {
            host_port: Some(8080),
            ..udp(81)
        }));
        accepted(&mapped("bridge", &[to(80, 0), to(81, 0)]));
    }

    #[test]
    fn port_names_are_plain_and_used_once() {
        let named = |port, name: &str| ecs::PortMapping {
            name: text(name),
            ..mapping(port)
        };
        accepted(&mapped(
            "awsvpc",
            &[named(80, "web-80_tcp"), named(81, &"a".repeat(64))],
        ));
        for bad in ["", "-web", "Web", "a b", &"a".repeat(65)] {
            assert!(
                refusal(&mapped("awsvpc", &[named(80, bad)])).starts_with("Invalid port mapping name"),
                "{bad}"
            );
        }
        let doubled = mapped("awsvpc", &[named(80, "web"), named(81, "web")]);
        assert_eq!(refusal(&doubled), "The port mapping name is already used: 'web'.");
    }
}
