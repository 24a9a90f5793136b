//! Port mappings that are refused, in these words.

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
