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
mod tests;
