//! Why tasks have no place: few words for many nodes, and the smallest change that would give them one.
//!
//! From verdicts, which tell all about each node, to what people read: nodes counted by their first misfit, the nodes that
//! lack least with what they need, and ECS's own words for a service's events.

use crate::filter::{Misfit, Verdict};
use crate::query::Unmet;
use model::{HostPort, NodeStatus, Task};
use std::collections::BTreeMap;
use std::fmt;
use store::{Key, View};

/// Nodes that are told about with all they need.
pub const MOST_NEAR: usize = 8;

/// Why a task has no place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// How many nodes there are that could have been asked.
    pub nodes: u32,
    /// By the first thing that speaks against them, most nodes first.
    pub grounds: Vec<Ground>,
    /// The nodes that lack least, the nearest first.
    pub nearest: Vec<Near>,
}

/// Nodes that fail for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    pub nodes: u32,
    /// That of the node which lacks least of it.
    pub least: Misfit,
}

/// A node, and all that would have to change there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    pub cluster: String,
    pub node: String,
    pub needs: Vec<Need>,
    /// What ECS says of it.
    misfit: Misfit,
}

/// The smallest change of one thing that would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// To be ACTIVE.
    Active(NodeStatus),
    Agent,
    /// This daemon comes first there.
    Daemon(String),
    /// To be of the launch type or capacity provider.
    Source,
    Attribute {
        name: String,
        has: Option<String>,
        wanted: Option<String>,
    },
    CpuUnits(u32),
    MemoryMib(u32),
    /// To be free: the task that holds it, or nobody when it is reserved.
    Port {
        port: HostPort,
        holder: Option<String>,
    },
    Gpus(u32),
    Enis(u32),
    Named {
        name: String,
        amount: u32,
    },
    /// A test of a constraint that must come out otherwise.
    Test(Unmet),
    /// That no task of the group is there.
    WithoutGroup(String),
}

impl Explanation {
    /// From what is known of every node.
    pub fn of(verdicts: &[Verdict]) -> Explanation {
        let mut grounds = Grounds::default();
        for verdict in verdicts {
            grounds.count(verdict);
        }
        Explanation {
            nodes: u32::try_from(verdicts.len()).unwrap_or(u32::MAX),
            grounds: grounds.done(),
            nearest: nearest(verdicts),
        }
    }

    /// Looks up who holds the ports that are wanted.
    pub fn name_holders(&mut self, view: &View) {
        for near in &mut self.nearest {
            let wants_ports = near.needs.iter().any(|need| matches!(need, Need::Port { .. }));
            let tasks = wants_ports.then(|| view.by::<Task>(Task::BY_NODE, &Key::of([&near.node])));
            let tasks: Vec<_> = tasks.into_iter().flatten().collect();
            for need in &mut near.needs {
                if let Need::Port { port, holder } = need {
                    let held_by = tasks.iter().find(|task| task.demand.host_ports.contains(port));
                    *holder = held_by.map(|task| task.id.clone());
                }
            }
        }
    }

    /// What ECS says in a service's events behind "(service web) was unable to place a task because".
    pub fn reason(&self) -> String {
        let because = "no container instance met all of its requirements.";
        let Some(near) = self.nearest.first() else {
            return format!("{because} Reason: No Container Instances were found in your cluster.");
        };
        let has = match &near.misfit {
            Misfit::Cpu { .. } => "has insufficient CPU units available.".to_string(),
            Misfit::Memory { .. } => "has insufficient memory available.".to_string(),
            Misfit::Ports(_) => "is already using a port required by your task.".to_string(),
            Misfit::Attribute { .. } => "is missing an attribute required by your task.".to_string(),
            other => format!("encountered error \"{}\".", other.reason()),
        };
        format!(
            "{because} The closest matching (container-instance {}) {has}",
            near.node
        )
    }

    /// The whole sentence of a service's event.
    pub fn event(&self, service: &str) -> String {
        format!(
            "(service {service}) was unable to place a task because {} For more information, see the Troubleshooting section \
             of the Amazon ECS Developer Guide.",
            self.reason()
        )
    }
}

/// Those that lack least; nodes that are no candidates, because they drain or are of another kind, come last.
pub fn nearest(verdicts: &[Verdict]) -> Vec<Near> {
    let mut nearest: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.misfits.is_empty()).collect();
    let barred = |verdict: &Verdict| {
        verdict
            .misfits
            .iter()
            .any(|m| matches!(m, Misfit::Status(_) | Misfit::Source))
    };
    nearest.sort_by_key(|verdict| (barred(verdict), verdict.distance()));
    nearest.into_iter().take(MOST_NEAR).filter_map(Near::of).collect()
}

/// Nodes counted by their first misfit.
#[derive(Debug, Default)]
pub struct Grounds(BTreeMap<(u8, String), Ground>);

impl Grounds {
    pub fn count(&mut self, verdict: &Verdict) {
        if let Some(misfit) = verdict.misfits.first() {
            self.add(1, misfit);
        }
    }

    /// So many nodes have this against them, or something like it and worse.
    pub fn add(&mut self, nodes: u32, misfit: &Misfit) {
        let ground = self.0.entry(misfit.kind()).or_insert_with(|| Ground {
            nodes: 0,
            least: misfit.clone(),
        });
        ground.nodes += nodes;
        if misfit.lack() < ground.least.lack() {
            ground.least = misfit.clone();
        }
    }

    /// Most nodes first.
    pub fn done(self) -> Vec<Ground> {
        let mut grounds: Vec<Ground> = self.0.into_values().collect();
        grounds.sort_by_key(|ground| std::cmp::Reverse(ground.nodes));
        grounds
    }
}

impl Near {
    pub fn of(verdict: &Verdict) -> Option<Near> {
        let misfit = verdict.misfits.first()?.clone();
        Some(Near {
            cluster: verdict.cluster.clone(),
            node: verdict.node.clone(),
            needs: verdict.misfits.iter().flat_map(Need::of).collect(),
            misfit,
        })
    }
}

impl Need {
    fn of(misfit: &Misfit) -> Vec<Need> {
        let need = match misfit {
            Misfit::Status(status) => Need::Active(*status),
            Misfit::AgentDisconnected => Need::Agent,
            Misfit::Awaits(daemon) => Need::Daemon(daemon.clone()),
            Misfit::Source => Need::Source,
            Misfit::Attribute { name, has, wanted } => Need::Attribute {
                name: name.clone(),
                has: has.clone(),
                wanted: wanted.clone(),
            },
            Misfit::Cpu { wanted, free } => Need::CpuUnits(wanted - free),
            Misfit::Memory { wanted_mib, free_mib } => Need::MemoryMib(wanted_mib - free_mib),
            Misfit::Gpus { wanted, free } => Need::Gpus(wanted - free),
            Misfit::Enis { wanted, free } => Need::Enis(wanted - free),
            Misfit::Named { name, wanted, free } => Need::Named {
                name: name.clone(),
                amount: wanted - free,
            },
            Misfit::DistinctInstance { group } => Need::WithoutGroup(group.clone()),
            Misfit::Ports(ports) => {
                let taken = |port: &HostPort| Need::Port {
                    port: *port,
                    holder: None,
                };
                return ports.iter().map(taken).collect();
            }
            Misfit::MemberOf { unmet, .. } => return unmet.iter().cloned().map(Need::Test).collect(),
        };
        vec![need]
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = |port: &HostPort| if port.udp { "udp" } else { "tcp" };
        match self {
            Need::Active(status) => write!(f, "to be ACTIVE; it is {status}"),
            Need::Agent => f.write_str("its agent to be connected"),
            Need::Daemon(daemon) => write!(f, "the daemon {daemon} to run there"),
            Need::Source => f.write_str("to be of the launch type or capacity provider"),
            Need::Attribute { name, has, wanted } => {
                write!(f, "attribute {name}")?;
                match (has, wanted) {
                    (Some(has), Some(wanted)) => write!(f, " to be {wanted}; it is {has}"),
                    (None, Some(wanted)) => write!(f, " to be {wanted}"),
                    (_, None) => Ok(()),
                }
            }
            Need::CpuUnits(amount) => write!(f, "{amount} more CPU units"),
            Need::MemoryMib(amount) => write!(f, "{amount} MiB more memory"),
            Need::Port { port, holder } => {
                write!(f, "port {}/{}, which ", port.port, protocol(port))?;
                match holder {
                    Some(task) => write!(f, "task/{task} holds"),
                    None => f.write_str("is taken or reserved"),
                }
            }
            Need::Gpus(amount) => write!(f, "{amount} more GPUs"),
            Need::Enis(amount) => write!(f, "{amount} more network interfaces"),
            Need::Named { name, amount } => write!(f, "{amount} more of {name}"),
            Need::Test(unmet) => unmet.fmt(f),
            Need::WithoutGroup(group) => write!(f, "no task of {group}"),
        }
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = if self.nodes == 1 { "node" } else { "nodes" };
        write!(f, "{} {nodes}: ", self.nodes)?;
        match &self.least {
            Misfit::Cpu { wanted, free } => write!(f, "CPU short by at least {} units", wanted - free),
            Misfit::Memory { wanted_mib, free_mib } => {
                write!(f, "memory short by at least {} MiB", wanted_mib - free_mib)
            }
            Misfit::Gpus { wanted, free } => write!(f, "GPUs short by at least {}", wanted - free),
            Misfit::Enis { wanted, free } => write!(f, "network interfaces short by at least {}", wanted - free),
            Misfit::Named { name, wanted, free } => write!(f, "{name} short by at least {}", wanted - free),
            other => other.fmt(f),
        }
    }
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} needs ", self.node)?;
        for (i, need) in self.needs.iter().enumerate() {
            write!(f, "{}{need}", if i == 0 { "" } else { ", and " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nodes == 0 {
            return f.write_str("there are no nodes");
        }
        for (i, ground) in self.grounds.iter().enumerate() {
            write!(f, "{}{ground}", if i == 0 { "" } else { "; " })?;
        }
        match self.nearest.first() {
            Some(near) => write!(f, ". Nearest: {near}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Expression;
    use crate::view::look_at;
    use crate::{Constraint, Request, Source};
    use model::testing::{node, task, world, write};
    use model::{Attribute, Demand, NodeLedger};
    use std::sync::Arc;

    fn request<'a>(demand: &'a Demand, constraints: &'a [Constraint]) -> Request<'a> {
        Request {
            count: 1,
            demand,
            all_gpus: false,
            group: "family:web",
            source: Source::Ec2,
            requires: &[],
            cpu_architecture: Some("ARM64"),
            os_family: None,
            constraints,
            strategies: &[],
            seed: 1,
        }
    }

    #[test]
    fn many_nodes_are_told_in_one_line_and_the_nearest_with_what_it_needs() {
        let store = world();
        write(&store, |tx| {
            for i in 0..5u32 {
                let mut node = node(&format!("n{i}"));
                let attribute = |name: &str, value: &str| Attribute {
                    name: name.to_string(),
                    value: Some(value.to_string()),
                };
                node.attributes = vec![
                    attribute("ecs.cpu-architecture", if i == 4 { "x86_64" } else { "arm64" }),
                    attribute("ecs.instance-type", "t3.small"),
                ];
                let mut ledger = NodeLedger::empty("default", &node.id);
                let mut task = task(&format!("t{i}"));
                task.node = Some(node.id.clone());
                task.demand.memory_mib = 8000 - 100 * i;
                task.demand.host_ports = vec![HostPort { port: 8080, udp: false }];
                if i < 4 {
                    ledger.take("default", &task.group, &task.demand);
                    tx.put(task);
                }
                tx.put(node);
                tx.put(ledger);
            }
            Ok(())
        })
        .expect("kept");
        let view = store.snapshot();
        let demand = Demand {
            memory_mib: 1000,
            host_ports: vec![HostPort { port: 8080, udp: false }],
            ..Demand::default()
        };
        let expression = "attribute:ecs.instance-type =~ m5.* and attribute:ecs.instance-type exists";
        let constraints = [Constraint::MemberOf(
            Expression::parse(expression).expect("well formed"),
        )];
        let request = request(&demand, &constraints);
        let nodes: Vec<Arc<model::Node>> = view.scan(&Key::all()).collect();
        let verdicts: Vec<Verdict> = nodes
            .iter()
            .map(|n| Verdict::of(&look_at(&view, Arc::clone(n)), &request))
            .collect();
        let mut explanation = Explanation::of(&verdicts);
        explanation.name_holders(&view);
        assert_eq!(explanation.nodes, 5);
        let told = explanation.to_string();
        assert!(
            told.starts_with("4 nodes: memory short by at least 508 MiB; 1 node: its attribute"),
            "{told}"
        );
        assert_eq!(
            explanation.nearest[0].to_string(),
            "node n4 needs attribute ecs.cpu-architecture to be arm64; it is x86_64, and attribute:ecs.instance-type =~ m5.*; \
             it is t3.small"
        );
        assert_eq!(
            explanation.nearest[1].to_string(),
            "node n3 needs 508 MiB more memory, and port 8080/tcp, which task/t3 holds, and attribute:ecs.instance-type =~ \
             m5.*; it is t3.small"
        );
        assert_eq!(
            explanation.event("web"),
            "(service web) was unable to place a task because no container instance met all of its requirements. The closest \
             matching (container-instance n4) is missing an attribute required by your task. For more information, see the \
             Troubleshooting section of the Amazon ECS Developer Guide."
        );
        assert!(
            Explanation::of(&verdicts[..1])
                .reason()
                .ends_with("has insufficient memory available.")
        );
        assert!(
            Explanation::of(&[])
                .reason()
                .ends_with("No Container Instances were found in your cluster.")
        );
    }

    #[test]
    fn an_expression_tells_which_of_its_tests_must_come_out_otherwise() {
        let mut node = node("n1");
        node.attributes = vec![Attribute {
            name: "rack".to_string(),
            value: Some("r1".to_string()),
        }];
        let seen = crate::NodeView {
            ledger: Arc::new(NodeLedger::empty("default", "n1")),
            node: Arc::new(node),
            groups: BTreeMap::new(),
            running: 0,
        };
        let unmet = |text: &str| {
            let unmet = Expression::parse(text).expect("well formed").unmet(&seen);
            unmet.iter().map(Unmet::to_string).collect::<Vec<_>>()
        };
        assert_eq!(unmet("attribute:rack == r1"), [""; 0]);
        assert_eq!(unmet("attribute:rack == r2"), ["attribute:rack == r2; it is r1"]);
        assert_eq!(unmet("attribute:disk exists"), ["attribute:disk exists"]);
        assert_eq!(
            unmet("not (attribute:rack in [r1, r2])"),
            ["not attribute:rack in [r1, r2]; it is r1"]
        );
        // One of several alternatives would do: the one that asks for least.
        let either = "(attribute:rack == r2 and attribute:disk exists) or agentConnected == false";
        assert_eq!(unmet(either), ["agentConnected == false; it is true"]);
        assert_eq!(
            unmet("attribute:rack == r2 and attribute:rack != r1"),
            ["attribute:rack == r2; it is r1", "attribute:rack != r1; it is r1"]
        );
    }
}
