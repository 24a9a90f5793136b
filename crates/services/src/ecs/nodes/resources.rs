//! What a node has, between ECS's list of named amounts and the record.

use crate::ecs::fault;
use api::ecs;
use model::{HostPort, NamedAmount, Node, NodeLedger, Resources};
use wire::Fault;

/// Most values of one string set: all ports there are.
const MOST_VALUES: usize = 65_536;
/// Most named amounts of a node.
const MOST_NAMES: usize = 64;
/// Gantry's own: how many tasks can have an interface of their own. Nodes that don't say have as many as are asked for.
const ENI: &str = "ENI";

/// Reads `totalResources` and `platformDevices`. Amounts that Gantry has no use for are kept as given elsewhere.
pub fn read(total: &[ecs::Resource], devices: &[ecs::PlatformDevice]) -> Result<Resources, Fault> {
    if total.len() > MOST_NAMES || devices.len() > MOST_NAMES {
        return Err(fault::invalid(format!(
            "A node has at most {MOST_NAMES} resources and {MOST_NAMES} devices."
        )));
    }
    let mut read = Resources::default();
    for (i, resource) in total.iter().enumerate() {
        let name = name_of(resource);
        if total[..i].iter().any(|earlier| name_of(earlier) == name) {
            return Err(fault::invalid(format!(
                "The resource {name} is specified more than once."
            )));
        }
        match name {
            "" => return Err(fault::invalid("A resource must have a name.")),
            "CPU" => read.cpu_units = amount(resource)?,
            "MEMORY" => read.memory_mib = amount(resource)?,
            "PORTS" => read.reserved_ports.extend(ports(resource, false)?),
            "PORTS_UDP" => read.reserved_ports.extend(ports(resource, true)?),
            "GPU" => read.gpus = strings(resource)?.to_vec(),
            ENI => read.enis = Some(amount(resource)?),
            name => read.named.extend(amount(resource).ok().map(|amount| NamedAmount {
                name: name.to_string(),
                amount,
            })),
        }
    }
    let gpus = devices.iter().filter(|d| d.r#type.as_deref() == Some("GPU"));
    for id in gpus.filter_map(|d| d.id.clone()) {
        if !read.gpus.contains(&id) {
            read.gpus.push(id);
        }
    }
    read.reserved_ports.sort_unstable();
    read.reserved_ports.dedup();
    read.named.sort_unstable();
    Ok(read)
}

fn name_of(resource: &ecs::Resource) -> &str {
    resource.name.as_deref().unwrap_or_default()
}

fn amount(resource: &ecs::Resource) -> Result<u32, Fault> {
    let value = match resource.r#type.as_deref() {
        Some("INTEGER") => resource.integer_value.map(i64::from),
        Some("LONG") => resource.long_value,
        Some("DOUBLE") => resource.double_value.filter(|d| d.is_finite()).map(|d| d as i64),
        _ => None,
    };
    let value = value
        .and_then(|v| u32::try_from(v).ok())
        .filter(|v| *v <= i32::MAX as u32);
    value.ok_or_else(|| {
        fault::invalid(format!(
            "The resource {} must be a number that is not negative.",
            name_of(resource)
        ))
    })
}

fn strings(resource: &ecs::Resource) -> Result<&[String], Fault> {
    let values = resource.string_set_value.as_deref().unwrap_or_default();
    if resource.r#type.as_deref() != Some("STRINGSET") || values.len() > MOST_VALUES {
        return Err(fault::invalid(format!(
            "The resource {} must be a STRINGSET.",
            name_of(resource)
        )));
    }
    Ok(values)
}

fn ports(resource: &ecs::Resource, udp: bool) -> Result<Vec<HostPort>, Fault> {
    let port = |text: &String| {
        let port = text.parse::<u16>().ok().filter(|port| *port > 0);
        port.map(|port| HostPort { port, udp })
            .ok_or_else(|| fault::invalid(format!("'{text}' is not a port.")))
    };
    strings(resource)?.iter().map(port).collect()
}

/// What the node had when it registered: as it said it, in its order.
pub fn registered(node: &Node, given: &[ecs::Resource]) -> Vec<ecs::Resource> {
    remaining(node, given, &NodeLedger::empty(&node.cluster, &node.id))
}

/// What of it is left; of ports, those that are gone.
pub fn remaining(node: &Node, given: &[ecs::Resource], ledger: &NodeLedger) -> Vec<ecs::Resource> {
    let has = &node.resources;
    let mut ports = has.reserved_ports.clone();
    ports.extend(&ledger.host_ports);
    ports.sort_unstable();
    ports.dedup();
    let numbers = |udp: bool| {
        ports
            .iter()
            .filter(|p| p.udp == udp)
            .map(|p| p.port.to_string())
            .collect()
    };
    let mut shown = vec![
        integer("CPU", has.cpu_units.saturating_sub(ledger.cpu_units)),
        integer("MEMORY", has.memory_mib.saturating_sub(ledger.memory_mib)),
        set("PORTS", numbers(false)),
        set("PORTS_UDP", numbers(true)),
    ];
    if !has.gpus.is_empty() {
        shown.push(set(
            "GPU",
            has.gpus.iter().skip(ledger.gpus as usize).cloned().collect(),
        ));
    }
    let known = |name: &str| matches!(name, "CPU" | "MEMORY" | "PORTS" | "PORTS_UDP" | "GPU");
    let others = given.iter().filter(|r| !known(name_of(r)));
    shown.extend(others.map(|other| without(other, taken(ledger, name_of(other)))));
    shown
}

fn taken(ledger: &NodeLedger, name: &str) -> u32 {
    if name == ENI {
        ledger.enis
    } else {
        NamedAmount::of(&ledger.named, name)
    }
}

/// What is left of an amount, in its own type.
fn without(given: &ecs::Resource, taken: u32) -> ecs::Resource {
    let mut left = given.clone();
    match given.r#type.as_deref() {
        Some("INTEGER") => {
            let taken = i32::try_from(taken).unwrap_or(i32::MAX);
            left.integer_value = given.integer_value.map(|value| value.saturating_sub(taken));
        }
        Some("LONG") => left.long_value = given.long_value.map(|value| value - i64::from(taken)),
        Some("DOUBLE") => left.double_value = given.double_value.map(|value| value - f64::from(taken)),
        _ => {}
    }
    left
}

/// AWS fills in a nought for every kind of number that a resource is not.
fn integer(name: &str, value: u32) -> ecs::Resource {
    ecs::Resource {
        name: Some(name.to_string()),
        r#type: Some("INTEGER".to_string()),
        double_value: Some(0.0),
        long_value: Some(0),
        integer_value: Some(i32::try_from(value).unwrap_or(i32::MAX)),
        string_set_value: None,
    }
}

fn set(name: &str, values: Vec<String>) -> ecs::Resource {
    ecs::Resource {
        name: Some(name.to_string()),
        r#type: Some("STRINGSET".to_string()),
        double_value: Some(0.0),
        long_value: Some(0),
        integer_value: Some(0),
        string_set_value: Some(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_by_their_types() {
        let total = [
            integer("CPU", 2048),
            integer("MEMORY", 1024),
            set("PORTS", vec!["22".to_string()]),
        ];
        let device = ecs::PlatformDevice {
            id: Some("g0".to_string()),
            r#type: Some("GPU".to_string()),
        };
        let read = read(&total, &[device]).expect("good amounts");
        assert_eq!((read.cpu_units, read.memory_mib, read.gpus.len()), (2048, 1024, 1));
        assert_eq!(read.reserved_ports, [HostPort { port: 22, udp: false }]);
    }

    #[test]
    fn other_amounts_are_counted_in_their_own_type() {
        let licences = ecs::Resource {
            r#type: Some("LONG".to_string()),
            long_value: Some(5),
            ..integer("licences", 0)
        };
        let given = [
            integer("CPU", 1024),
            integer("ENI", 2),
            licences,
            set("zones", vec!["a".to_string()]),
        ];
        let has = read(&given, &[]).expect("good amounts");
        assert_eq!(
            (has.enis, NamedAmount::of(&has.named, "licences"), has.named.len()),
            (Some(2), 5, 1)
        );
        let mut node = model::testing::node("n1");
        node.resources = has;
        let mut ledger = NodeLedger::empty("default", "n1");
        let demand = model::Demand {
            enis: 1,
            named: vec![NamedAmount {
                name: "licences".to_string(),
                amount: 3,
            }],
            ..Default::default()
        };
        ledger.take("default", "family:web", &demand);
        let left = remaining(&node, &given, &ledger);
        let of = |name: &str| left.iter().find(|r| name_of(r) == name).expect("it is told");
        assert_eq!((of("ENI").integer_value, of("licences").long_value), (Some(1), Some(2)));
        assert_eq!(registered(&node, &given)[4..], given[1..]);
    }

    #[test]
    fn bad_amounts_are_refused() {
        let negative = ecs::Resource {
            integer_value: Some(-1),
            ..integer("CPU", 0)
        };
        for bad in [
            vec![negative],
            vec![set("CPU", Vec::new())],
            vec![set("PORTS", vec!["0".to_string()])],
        ] {
            assert!(read(&bad, &[]).is_err(), "{bad:?}");
        }
        assert!(read(&[integer("CPU", 1), integer("CPU", 2)], &[]).is_err());
    }
}
