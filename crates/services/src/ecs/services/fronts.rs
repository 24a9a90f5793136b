//! What traffic comes to a service by: load balancers, registries, Service Connect, VPC Lattice, gateways. They are kept
//! as they are given; here they are checked against the definition that they point into.

use crate::ecs::fault;
use api::ecs;
use model::{LaunchType, Strategy};
use wire::Fault;

const MOST_LOAD_BALANCERS: usize = 5;

/// The containers and ports that can be pointed at.
struct Points<'a> {
    document: &'a ecs::TaskDefinition,
}

pub fn check(
    words: &ecs::CreateServiceRequest,
    document: &ecs::TaskDefinition,
    launch_type: LaunchType,
    strategy: Strategy,
) -> Result<(), Fault> {
    let points = Points { document };
    let load_balancers = words.load_balancers.as_deref().unwrap_or_default();
    let registries = words.service_registries.as_deref().unwrap_or_default();
    if launch_type == LaunchType::External && !(load_balancers.is_empty() && registries.is_empty()) {
        return Err(fault::invalid(
            "Load balancers and service registries are not supported with the EXTERNAL launch type.",
        ));
    }
    if load_balancers.len() > MOST_LOAD_BALANCERS {
        return Err(fault::invalid(format!(
            "load balancers can have at most {MOST_LOAD_BALANCERS} items."
        )));
    }
    for load_balancer in load_balancers {
        points.load_balancer(load_balancer, load_balancers.len(), strategy)?;
    }
    match registries {
        [] => {}
        [registry] => points.registry(registry)?,
        _ => return Err(fault::invalid("service registries can have at most 1 items.")),
    }
    if let Some(connect) = words.service_connect_configuration.as_ref() {
        points.connect(connect)?;
    }
    let lattice = words.vpc_lattice_configurations.iter().flatten().map(|c| &c.port_name);
    let gateways = words.gateway_connectors.iter().flatten().map(|c| &c.port_name);
    lattice
        .chain(gateways)
        .try_for_each(|name| points.named(name.as_deref().unwrap_or_default()))
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

impl Points<'_> {
    fn load_balancer(&self, lb: &ecs::LoadBalancer, of: usize, strategy: Strategy) -> Result<(), Fault> {
        match (given(&lb.target_group_arn), given(&lb.load_balancer_name)) {
            (Some(_), Some(_)) => {
                return Err(fault::invalid(
                    "loadBalancerName and targetGroupArn cannot both be specified. You must specify either a \
                     loadBalancerName or a targetGroupArn.",
                ));
            }
            (None, None) => return Err(fault::invalid("targetGroupArn or loadBalancerName must be specified.")),
            (None, Some(_)) if of > 1 => {
                return Err(fault::invalid(
                    "Services with multiple load balancers must use target groups.",
                ));
            }
            (None, Some(_)) if self.mode() == "awsvpc" => {
                return Err(fault::invalid(
                    "Classic Load Balancers are not supported with the awsvpc network mode.",
                ));
            }
            (Some(arn), None) if !arn.starts_with("arn:") => {
                return Err(fault::invalid(format!("Invalid Target Group ARN: {arn}")));
            }
            (Some(_), None) if strategy != Strategy::Rolling => advanced(lb, strategy)?,
            _ => {}
        }
        let name = given(&lb.container_name)
            .ok_or_else(|| fault::invalid("containerName must be specified for a load balancer."))?;
        let port = lb
            .container_port
            .ok_or_else(|| fault::invalid("containerPort must be specified for a load balancer."))?;
        self.port(name, port)
    }

    fn registry(&self, registry: &ecs::ServiceRegistry) -> Result<(), Fault> {
        if given(&registry.registry_arn).is_none_or(|arn| !arn.starts_with("arn:")) {
            return Err(fault::invalid("A service registry must have a valid registryArn."));
        }
        match (given(&registry.container_name), registry.container_port, registry.port) {
            (None, None, None) => Ok(()), // A records of the tasks' own addresses
            (Some(name), Some(port), None) => self.port(name, port),
            (None, None, Some(_)) if self.mode() == "awsvpc" => Ok(()),
            (None, None, Some(_)) => Err(fault::invalid(
                "When specifying 'bridge' or 'host' for the network mode, a service registry must have a containerName and \
                 containerPort combination.",
            )),
            (_, _, Some(_)) => Err(fault::invalid(
                "A service registry can have a containerName and containerPort combination or a port value, but not both.",
            )),
            _ => Err(fault::invalid(
                "When specifying containerName or containerPort for service registry, you must specify the other.",
            )),
        }
    }

    fn connect(&self, connect: &ecs::ServiceConnectConfiguration) -> Result<(), Fault> {
        let services = connect.services.as_deref().unwrap_or_default();
        if connect.enabled != Some(true) {
            return Ok(());
        }
        if !["awsvpc", "bridge"].contains(&self.mode()) {
            return Err(fault::invalid(
                "Service Connect is only supported with the awsvpc and bridge network modes.",
            ));
        }
        for service in services {
            self.named(service.port_name.as_deref().unwrap_or_default())?;
        }
        let mut seen = std::collections::BTreeSet::new();
        let name = |service: &ecs::ServiceConnectService| {
            given(&service.discovery_name)
                .or(given(&service.port_name))
                .map(str::to_string)
        };
        match services.iter().all(|service| seen.insert(name(service))) {
            true => Ok(()),
            false => Err(fault::invalid(
                "Service Connect services must have different discovery names.",
            )),
        }
    }

    fn mode(&self) -> &str {
        self.document.network_mode.as_deref().unwrap_or("bridge")
    }

    fn containers(&self) -> impl Iterator<Item = &ecs::ContainerDefinition> {
        self.document.container_definitions.iter().flatten()
    }

    fn port(&self, container: &str, port: i32) -> Result<(), Fault> {
        let found = self.containers().find(|c| c.name.as_deref() == Some(container));
        let found = found.ok_or_else(|| {
            fault::invalid(format!(
                "The container {container} does not exist in the task definition."
            ))
        })?;
        let holds = |mapping: &ecs::PortMapping| {
            let in_range = |range: &str| {
                let ends = range
                    .split_once('-')
                    .and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
                ends.is_some_and(|(first, last): (i32, i32)| (first..=last).contains(&port))
            };
            mapping.container_port == Some(port) || mapping.container_port_range.as_deref().is_some_and(in_range)
        };
        match found.port_mappings.iter().flatten().any(holds) {
            true => Ok(()),
            false => Err(fault::invalid(format!(
                "The container {container} did not have a container port {port} defined."
            ))),
        }
    }

    fn named(&self, name: &str) -> Result<(), Fault> {
        let mut ports = self.containers().flat_map(|c| c.port_mappings.iter().flatten());
        match ports.any(|port| port.name.as_deref() == Some(name)) {
            true => Ok(()),
            false => Err(fault::invalid(format!(
                "The portName '{name}' is not defined in the task definition."
            ))),
        }
    }
}

/// Traffic that shifts needs another target group to shift to.
fn advanced(lb: &ecs::LoadBalancer, strategy: Strategy) -> Result<(), Fault> {
    let advanced = lb.advanced_configuration.clone().unwrap_or_default();
    let missing = match () {
        () if given(&advanced.alternate_target_group_arn).is_none() => "alternateTargetGroupArn",
        () if given(&advanced.production_listener_rule).is_none() => "productionListenerRule",
        () => return Ok(()),
    };
    Err(fault::invalid(format!(
        "advancedConfiguration.{missing} must be specified for a load balancer with the {strategy} deployment strategy."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(mode: &str) -> ecs::TaskDefinition {
        let port = ecs::PortMapping {
            container_port: Some(80),
            name: Some("http".to_string()),
            ..Default::default()
        };
        let container = ecs::ContainerDefinition {
            name: Some("app".to_string()),
            port_mappings: Some(vec![port]),
            ..Default::default()
        };
        ecs::TaskDefinition {
            network_mode: Some(mode.to_string()),
            container_definitions: Some(vec![container]),
            ..Default::default()
        }
    }

    fn verdict(words: ecs::CreateServiceRequest, mode: &str, strategy: Strategy) -> Result<(), String> {
        check(&words, &document(mode), LaunchType::Ec2, strategy).map_err(|fault| fault.message)
    }

    fn behind(lb: ecs::LoadBalancer) -> ecs::CreateServiceRequest {
        ecs::CreateServiceRequest {
            load_balancers: Some(vec![lb]),
            ..Default::default()
        }
    }

    fn group(container: &str, port: i32) -> ecs::LoadBalancer {
        ecs::LoadBalancer {
            target_group_arn: Some("arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/a/1".to_string()),
            container_name: Some(container.to_string()),
            container_port: Some(port),
            ..Default::default()
        }
    }

    #[test]
    fn a_load_balancer_points_at_a_port_of_a_container() {
        use Strategy::Rolling;
        assert_eq!(verdict(behind(group("app", 80)), "bridge", Rolling), Ok(()));
        let said = |lb| verdict(behind(lb), "bridge", Rolling).expect_err("a bad one");
        assert_eq!(
            said(group("db", 80)),
            "The container db does not exist in the task definition."
        );
        assert_eq!(
            said(group("app", 81)),
            "The container app did not have a container port 81 defined."
        );
        let both = ecs::LoadBalancer {
            load_balancer_name: Some("old".to_string()),
            ..group("app", 80)
        };
        assert!(said(both.clone()).contains("cannot both"));
        let classic = ecs::LoadBalancer {
            target_group_arn: None,
            ..both
        };
        assert_eq!(verdict(behind(classic.clone()), "bridge", Rolling), Ok(()));
        assert!(verdict(behind(classic), "awsvpc", Rolling).is_err());
    }

    #[test]
    fn traffic_shifts_between_two_groups() {
        let blue_green = |lb| verdict(behind(lb), "bridge", Strategy::BlueGreen);
        assert!(blue_green(group("app", 80)).is_err_and(|said| said.contains("alternateTargetGroupArn")));
        let full = ecs::LoadBalancer {
            advanced_configuration: Some(ecs::AdvancedConfiguration {
                alternate_target_group_arn: Some("arn:other".to_string()),
                production_listener_rule: Some("arn:rule".to_string()),
                ..Default::default()
            }),
            ..group("app", 80)
        };
        assert_eq!(blue_green(full), Ok(()));
    }

    #[test]
    fn a_registry_is_told_a_port_in_one_way() {
        let registry = |name: Option<&str>, container_port, port| {
            let registry = ecs::ServiceRegistry {
                registry_arn: Some("arn:aws:servicediscovery:us-east-1:000000000000:service/srv-1".to_string()),
                container_name: name.map(str::to_string),
                container_port,
                port,
            };
            ecs::CreateServiceRequest {
                service_registries: Some(vec![registry]),
                ..Default::default()
            }
        };
        let on = |words, mode| verdict(words, mode, Strategy::Rolling);
        assert_eq!(on(registry(None, None, Some(80)), "awsvpc"), Ok(()));
        assert!(on(registry(None, None, Some(80)), "bridge").is_err());
        assert_eq!(on(registry(Some("app"), Some(80), None), "bridge"), Ok(()));
        assert!(on(registry(Some("app"), Some(80), Some(80)), "awsvpc").is_err());
        assert!(on(registry(Some("app"), None, None), "bridge").is_err());
    }

    #[test]
    fn ports_of_service_connect_have_names() {
        let connect = |names: &[&str]| {
            let service = |name: &&str| ecs::ServiceConnectService {
                port_name: Some(name.to_string()),
                ..Default::default()
            };
            let configuration = ecs::ServiceConnectConfiguration {
                enabled: Some(true),
                services: Some(names.iter().map(service).collect()),
                ..Default::default()
            };
            ecs::CreateServiceRequest {
                service_connect_configuration: Some(configuration),
                ..Default::default()
            }
        };
        let on = |words, mode| verdict(words, mode, Strategy::Rolling);
        assert_eq!(on(connect(&["http"]), "bridge"), Ok(()));
        assert!(on(connect(&["grpc"]), "bridge").is_err());
        assert!(on(connect(&["http", "http"]), "bridge").is_err());
        assert!(on(connect(&["http"]), "host").is_err());
    }
}
