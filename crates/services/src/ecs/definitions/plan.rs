//! From the user's document to the plan: what the scheduler needs to know, as numbers and closed words.

use super::rules::{Look, Platform, gpus, health, list, ports, text};
use api::ecs;
use model::{ContainerPlan, PlacementRule, Plan, PortPlan, PortRange};

/// The plan of a definition that passed its rules.
pub fn derived(definition: &ecs::TaskDefinition) -> Plan {
    let look = Look::at(definition);
    let platform = definition.runtime_platform.as_ref();
    Plan {
        network_mode: definition
            .network_mode
            .clone()
            .unwrap_or_else(|| default_mode(&look).to_string()),
        cpu_units: look.cpu_units,
        memory_mib: look.memory_mib,
        containers: look.containers().iter().map(container).collect(),
        placement: list(&definition.placement_constraints).iter().map(rule).collect(),
        cpu_architecture: platform.and_then(|p| p.cpu_architecture.clone()),
        os_family: platform.and_then(|p| p.operating_system_family.clone()),
    }
}

/// The network mode of a definition that names none. Only managed instances have another than the container engine's own.
pub fn default_mode(look: &Look<'_>) -> &'static str {
    if look.requires(Platform::ManagedInstances) {
        "awsvpc"
    } else {
        ""
    }
}

fn container(container: &ecs::ContainerDefinition) -> ContainerPlan {
    let mappings = list(&container.port_mappings);
    let gpu = list(&container.resource_requirements)
        .iter()
        .find(|r| text(&r.r#type) == "GPU");
    let gpu = gpu.map_or("", |r| text(&r.value));
    ContainerPlan {
        name: text(&container.name).to_string(),
        image: text(&container.image).to_string(),
        essential: container.essential != Some(false),
        cpu_units: number(container.cpu).unwrap_or_default(),
        memory_mib: number(container.memory),
        memory_reservation_mib: number(container.memory_reservation),
        ports: mappings.iter().filter_map(single_port).collect(),
        gpus: gpus::gpus(gpu).unwrap_or_default(),
        has_health_check: health::is_checked(container),
        port_ranges: mappings.iter().filter_map(port_range).collect(),
        all_gpus: gpu == "ALL",
        floats: text(&container.version_consistency) == "disabled",
    }
}

fn number(given: Option<i32>) -> Option<u32> {
    given.and_then(|n| u32::try_from(n).ok())
}

fn is_udp(mapping: &ecs::PortMapping) -> bool {
    mapping.protocol.as_deref() == Some("udp")
}

fn single_port(mapping: &ecs::PortMapping) -> Option<PortPlan> {
    let port = |given: Option<i32>| given.and_then(|port| u16::try_from(port).ok());
    let container_port = port(mapping.container_port)?;
    Some(PortPlan {
        container_port,
        host_port: port(mapping.host_port).unwrap_or_default(),
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

fn rule(constraint: &ecs::TaskDefinitionPlacementConstraint) -> PlacementRule {
    PlacementRule {
        kind: text(&constraint.r#type).to_string(),
        expression: text(&constraint.expression).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::defaults::filled;
    use super::super::samples::*;
    use super::derived;
    use api::ecs;
    use model::{PortPlan, PortRange};

    #[test]
    fn a_plan_holds_what_placement_counts() {
        let request = with(fargate(), |c| {
            (c.cpu, c.memory, c.memory_reservation) = (Some(128), Some(256), Some(64));
            let range = ecs::PortMapping {
                container_port_range: text("100-200"),
                protocol: text("udp"),
                ..Default::default()
            };
            c.port_mappings = Some(vec![mapping(80), range]);
        });
        let plan = derived(&filled(&request));
        assert_eq!(
            (&*plan.network_mode, plan.cpu_units, plan.memory_mib),
            ("awsvpc", Some(256), Some(512))
        );
        let web = &plan.containers[0];
        assert_eq!(
            (web.cpu_units, web.memory_mib, web.memory_reservation_mib),
            (128, Some(256), Some(64))
        );
        assert_eq!(
            web.ports,
            [PortPlan {
                container_port: 80,
                host_port: 80,
                udp: false
            }]
        );
        assert_eq!(
            web.port_ranges,
            [PortRange {
                first: 100,
                last: 200,
                udp: true
            }]
        );
        assert!(web.essential && !web.has_health_check);
    }

    #[test]
    fn gpus_are_counted_or_all_of_them() {
        let asking = |value: &str| {
            let gpu = ecs::ResourceRequirement {
                r#type: text("GPU"),
                value: text(value),
                sharing_strategy: None,
            };
            let plan = derived(&filled(&with(web(), |c| c.resource_requirements = Some(vec![gpu]))));
            (plan.containers[0].gpus, plan.containers[0].all_gpus)
        };
        assert_eq!(asking("2"), (2, false));
        assert_eq!(asking("ALL"), (0, true));
    }

    #[test]
    fn the_network_mode_is_empty_until_somebody_says_something() {
        assert_eq!(derived(&filled(&web())).network_mode, "");
        let managed = ecs::RegisterTaskDefinitionRequest {
            requires_compatibilities: Some(vec!["MANAGED_INSTANCES".to_string()]),
            ..web()
        };
        assert_eq!(derived(&filled(&managed)).network_mode, "awsvpc");
    }
}
