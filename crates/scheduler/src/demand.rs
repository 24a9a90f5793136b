//! What a task demands of its node: its plan, with the overrides of one run laid over it.

use model::{ContainerPlan, Demand, HostPort, Plan};

/// What a run changes of the plan, as far as placement counts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    pub cpu_units: Option<u32>,
    pub memory_mib: Option<u32>,
    pub containers: Vec<ContainerOverride>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerOverride {
    pub name: String,
    pub cpu_units: Option<u32>,
    pub memory_mib: Option<u32>,
    pub memory_reservation_mib: Option<u32>,
    /// GPUs of its own: a number of them, or all that the node has.
    pub gpus: Option<Gpus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gpus {
    Count(u32),
    All,
}

impl Overrides {
    fn of(&self, container: &str) -> Option<&ContainerOverride> {
        self.containers.iter().find(|o| o.name == container)
    }
}

/// The task's own size, where it has one, is what is taken; else the sum of its containers, each with its soft memory
/// limit where it has one and its hard one where not.
pub fn of(plan: &Plan, overrides: &Overrides) -> Demand {
    let sized: Vec<ContainerPlan> = plan.containers.iter().map(|c| with(c, overrides.of(&c.name))).collect();
    let memory = |c: &ContainerPlan| c.memory_reservation_mib.or(c.memory_mib).unwrap_or(0);
    let cpu_units = overrides.cpu_units.or(plan.cpu_units);
    let memory_mib = overrides.memory_mib.or(plan.memory_mib);
    Demand {
        cpu_units: cpu_units.unwrap_or_else(|| sum(sized.iter().map(|c| c.cpu_units))),
        memory_mib: memory_mib.unwrap_or_else(|| sum(sized.iter().map(memory))),
        host_ports: host_ports(plan),
        gpus: sum(sized.iter().map(|c| c.gpus)),
        enis: u32::from(plan.network_mode == "awsvpc"),
        named: Vec::new(),
    }
}

/// Whether the task takes every GPU of its node, however many there are.
pub fn takes_all_gpus(plan: &Plan, overrides: &Overrides) -> bool {
    plan.containers.iter().any(|c| with(c, overrides.of(&c.name)).all_gpus)
}

/// A container's plan with its override laid over it.
pub fn with(plan: &ContainerPlan, over: Option<&ContainerOverride>) -> ContainerPlan {
    let mut plan = plan.clone();
    if let Some(over) = over {
        plan.cpu_units = over.cpu_units.unwrap_or(plan.cpu_units);
        plan.memory_mib = over.memory_mib.or(plan.memory_mib);
        plan.memory_reservation_mib = over.memory_reservation_mib.or(plan.memory_reservation_mib);
        (plan.gpus, plan.all_gpus) = match over.gpus {
            None => (plan.gpus, plan.all_gpus),
            Some(Gpus::Count(count)) => (count, false),
            Some(Gpus::All) => (0, true),
        };
    }
    plan
}

/// The node's own ports that the task must have. In `host` mode a container's port is the node's; in `awsvpc` and
/// `none` the node's ports are not touched; elsewhere port 0 leaves the choice to the node.
fn host_ports(plan: &Plan) -> Vec<HostPort> {
    if matches!(plan.network_mode.as_str(), "awsvpc" | "none") {
        return Vec::new();
    }
    let host = plan.network_mode == "host";
    let mut ports: Vec<HostPort> = plan
        .containers
        .iter()
        .flat_map(|c| &c.ports)
        .map(|p| HostPort {
            port: if host { p.container_port } else { p.host_port },
            udp: p.udp,
        })
        .filter(|p| p.port != 0)
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn sum(numbers: impl Iterator<Item = u32>) -> u32 {
    numbers.fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::PortPlan;

    fn plan() -> Plan {
        let port = |container_port, host_port| PortPlan {
            container_port,
            host_port,
            udp: false,
        };
        let web = ContainerPlan {
            name: "web".to_string(),
            cpu_units: 100,
            memory_mib: Some(300),
            memory_reservation_mib: Some(200),
            ports: vec![port(80, 8080), port(81, 0)],
            ..Default::default()
        };
        let side = ContainerPlan {
            name: "side".to_string(),
            cpu_units: 10,
            memory_mib: Some(50),
            ..Default::default()
        };
        Plan {
            containers: vec![web, side],
            ..Default::default()
        }
    }

    #[test]
    fn containers_add_up_when_the_task_has_no_size() {
        let demand = of(&plan(), &Overrides::default());
        assert_eq!((demand.cpu_units, demand.memory_mib), (110, 250));
        assert_eq!(demand.host_ports, [HostPort { port: 8080, udp: false }]);
    }

    #[test]
    fn overrides_lie_over_the_plan_and_a_task_size_over_both() {
        let over = ContainerOverride {
            name: "web".to_string(),
            cpu_units: Some(1),
            gpus: Some(Gpus::Count(2)),
            ..Default::default()
        };
        let mut overrides = Overrides {
            containers: vec![over],
            ..Default::default()
        };
        let demand = of(&plan(), &overrides);
        assert_eq!((demand.cpu_units, demand.memory_mib, demand.gpus), (11, 250, 2));
        overrides.memory_mib = Some(1024);
        assert_eq!(of(&plan(), &overrides).memory_mib, 1024);
    }

    #[test]
    fn ports_follow_the_network_mode() {
        let ports = |mode: &str| {
            of(
                &Plan {
                    network_mode: mode.to_string(),
                    ..plan()
                },
                &Overrides::default(),
            )
            .host_ports
        };
        assert_eq!(ports("awsvpc"), []);
        assert_eq!(ports("host").iter().map(|p| p.port).collect::<Vec<_>>(), [80, 81]);
        assert_eq!(ports("bridge").len(), 1);
    }
}
