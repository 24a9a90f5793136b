//! What rules a node out for a task. Every filter answers for itself, so that an explanation can ask all of them.

use crate::NodeView;
use crate::place::{Constraint, Request, Source};
use crate::query::Unmet;
use model::{HostPort, NamedAmount, NodeStatus};
use std::fmt;

/// One reason that a node can't run the task, with what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It is not ACTIVE.
    Status(NodeStatus),
    /// No session with its agent is open.
    AgentDisconnected,
    /// This daemon must run there before anything else does.
    Awaits(String),
    /// It is of another kind than the launch type or capacity provider asks for.
    Source,
    /// It lacks something that the definition needs.
    Attribute {
        name: String,
        has: Option<String>,
        wanted: Option<String>,
    },
    Cpu {
        wanted: u32,
        free: u32,
    },
    Memory {
        wanted_mib: u32,
        free_mib: u32,
    },
    /// These are taken or reserved.
    Ports(Vec<HostPort>),
    Gpus {
        wanted: u32,
        free: u32,
    },
    /// No more tasks with an interface of their own.
    Enis {
        wanted: u32,
        free: u32,
    },
    /// Something else that the node counts, or does not know.
    Named {
        name: String,
        wanted: u32,
        free: u32,
    },
    /// The `memberOf` constraint at this place of the request does not hold.
    MemberOf {
        constraint: usize,
        expression: String,
        /// Which tests of it must come out otherwise.
        unmet: Vec<Unmet>,
    },
    /// A task of the group is there already.
    DistinctInstance {
        group: String,
    },
}

/// All that speaks against one node; empty when the task fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub cluster: String,
    pub node: String,
    pub misfits: Vec<Misfit>,
}

impl Verdict {
    pub fn of(seen: &NodeView, request: &Request<'_>) -> Verdict {
        Verdict {
            cluster: seen.node.cluster.clone(),
            node: seen.node.id.clone(),
            misfits: FILTERS.iter().flat_map(|filter| filter(seen, request)).collect(),
        }
    }

    /// How near the node is to fitting: fewer misfits first, then the smaller lack.
    pub fn distance(&self) -> (usize, u64) {
        (self.misfits.len(), self.misfits.iter().map(Misfit::lack).sum())
    }
}

/// Whether the task fits. The one question of the hot path, so it stops at the first misfit.
pub fn fits(seen: &NodeView, request: &Request<'_>) -> bool {
    FILTERS.iter().all(|filter| filter(seen, request).is_none())
}

/// Whether all is well but what changes with the tasks on the node.
pub fn may_ever_fit(seen: &NodeView, request: &Request<'_>) -> bool {
    let filters: [Filter; 5] = [status, agent, source, attributes, platform];
    let steady = |rule: &Constraint| match rule {
        Constraint::MemberOf(expression) => !expression.is_steady() || expression.holds(seen),
        Constraint::DistinctInstance => true,
    };
    filters.iter().all(|filter| filter(seen, request).is_none()) && request.constraints.iter().all(steady)
}

/// The system that nodes tell, for a family that definitions tell.
pub fn system_of(family: &str) -> &'static str {
    if family == "LINUX" { "linux" } else { "windows" }
}

type Filter = fn(&NodeView, &Request<'_>) -> Option<Misfit>;

/// In the order in which ECS names the reason when there are several; cheap ones first, as it happens.
const FILTERS: &[Filter] = &[
    status,
    agent,
    daemons,
    source,
    cpu,
    memory,
    ports,
    gpus,
    enis,
    named,
    attributes,
    platform,
    distinct_instance,
    member_of,
];

fn status(seen: &NodeView, _: &Request<'_>) -> Option<Misfit> {
    (seen.node.status != NodeStatus::Active).then_some(Misfit::Status(seen.node.status))
}

fn agent(seen: &NodeView, _: &Request<'_>) -> Option<Misfit> {
    (!seen.node.connected).then_some(Misfit::AgentDisconnected)
}

fn daemons(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let first = seen.node.awaits.first()?;
    (!request.group.starts_with("daemon:")).then(|| Misfit::Awaits(first.clone()))
}

fn source(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    (!request.source.has(&seen.node)).then_some(Misfit::Source)
}

fn cpu(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let (wanted, free) = (request.demand.cpu_units, free_cpu(seen));
    (wanted > free).then_some(Misfit::Cpu { wanted, free })
}

fn memory(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let (wanted_mib, free_mib) = (request.demand.memory_mib, free_memory(seen));
    (wanted_mib > free_mib).then_some(Misfit::Memory { wanted_mib, free_mib })
}

fn ports(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let taken = |p: &&HostPort| seen.ledger.host_ports.contains(p) || seen.node.resources.reserved_ports.contains(p);
    let clash: Vec<HostPort> = request.demand.host_ports.iter().filter(taken).copied().collect();
    (!clash.is_empty()).then_some(Misfit::Ports(clash))
}

fn gpus(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let has = u32::try_from(seen.node.resources.gpus.len()).unwrap_or(u32::MAX);
    let wanted = if request.all_gpus {
        has.max(1)
    } else {
        request.demand.gpus
    };
    let free = has.saturating_sub(seen.ledger.gpus);
    (wanted > free).then_some(Misfit::Gpus { wanted, free })
}

fn enis(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let (wanted, has) = (request.demand.enis, seen.node.resources.enis?);
    let free = has.saturating_sub(seen.ledger.enis);
    (wanted > free).then_some(Misfit::Enis { wanted, free })
}

fn named(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let lacks = |wanted: &NamedAmount| {
        let (has, taken) = (&seen.node.resources.named, &seen.ledger.named);
        let free = NamedAmount::of(has, &wanted.name).saturating_sub(NamedAmount::of(taken, &wanted.name));
        (wanted.amount > free).then(|| Misfit::Named {
            name: wanted.name.clone(),
            wanted: wanted.amount,
            free,
        })
    };
    request.demand.named.iter().find_map(lacks)
}

fn attributes(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let lacks = |name: &&String| !seen.node.attributes.iter().any(|a| a.name == **name);
    let name = request.requires.iter().find(lacks)?.clone();
    Some(Misfit::Attribute {
        name,
        has: None,
        wanted: None,
    })
}

/// A node that tells its architecture or system must have the one that the definition was made for.
fn platform(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let differs = |name: &str, wanted: Option<&str>| {
        let (wanted, has) = (wanted?, seen.node.attribute(name)?);
        (!has.eq_ignore_ascii_case(wanted)).then(|| Misfit::Attribute {
            name: name.to_string(),
            has: Some(has.to_string()),
            wanted: Some(wanted.to_ascii_lowercase()),
        })
    };
    let system = request.os_family.map(system_of);
    differs("ecs.cpu-architecture", request.cpu_architecture).or_else(|| differs("ecs.os-type", system))
}

fn distinct_instance(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    let asked = request
        .constraints
        .iter()
        .any(|c| matches!(c, Constraint::DistinctInstance));
    let there = asked && seen.groups.get(request.group).is_some_and(|count| *count > 0);
    there.then(|| Misfit::DistinctInstance {
        group: request.group.to_string(),
    })
}

fn member_of(seen: &NodeView, request: &Request<'_>) -> Option<Misfit> {
    request
        .constraints
        .iter()
        .enumerate()
        .find_map(|(constraint, rule)| match rule {
            Constraint::MemberOf(expression) if !expression.holds(seen) => Some(Misfit::MemberOf {
                constraint,
                expression: expression.text().to_string(),
                unmet: expression.unmet(seen),
            }),
            _ => None,
        })
}

pub fn free_cpu(seen: &NodeView) -> u32 {
    seen.node.resources.cpu_units.saturating_sub(seen.ledger.cpu_units)
}

pub fn free_memory(seen: &NodeView) -> u32 {
    seen.node.resources.memory_mib.saturating_sub(seen.ledger.memory_mib)
}

impl Source<'_> {
    fn has(&self, node: &model::Node) -> bool {
        match self {
            Source::Ec2 => !node.external,
            Source::External => node.external,
            Source::Fargate => node.fargate,
            Source::Provider(name) => node.capacity_provider.as_deref() == Some(*name),
            Source::Any => true,
        }
    }
}

impl Misfit {
    /// The word that ECS gives as a failure's `reason`.
    pub fn reason(&self) -> &'static str {
        match self {
            Misfit::Status(_) => "INACTIVE",
            Misfit::AgentDisconnected | Misfit::Awaits(_) => "AGENT",
            Misfit::Source | Misfit::Attribute { .. } => "ATTRIBUTE",
            Misfit::Cpu { .. } => "RESOURCE:CPU",
            Misfit::Memory { .. } => "RESOURCE:MEMORY",
            Misfit::Ports(_) => "RESOURCE:PORTS",
            Misfit::Gpus { .. } => "RESOURCE:GPU",
            Misfit::Enis { .. } => "RESOURCE:ENI",
            Misfit::Named { .. } => "RESOURCE",
            Misfit::MemberOf { .. } => "MemberOf placement constraint unsatisfied.",
            Misfit::DistinctInstance { .. } => "DistinctInstance placement constraint unsatisfied.",
        }
    }

    /// What is alike of misfits that differ in amounts only.
    pub(crate) fn kind(&self) -> (u8, String) {
        match self {
            Misfit::Status(status) => (0, status.to_string()),
            Misfit::AgentDisconnected => (1, String::new()),
            Misfit::Source => (2, String::new()),
            Misfit::Cpu { .. } => (3, String::new()),
            Misfit::Memory { .. } => (4, String::new()),
            Misfit::Ports(_) => (5, String::new()),
            Misfit::Gpus { .. } => (6, String::new()),
            Misfit::Enis { .. } => (7, String::new()),
            Misfit::Named { name, .. } => (8, name.clone()),
            Misfit::Attribute { name, .. } => (9, name.clone()),
            Misfit::MemberOf { expression, .. } => (10, expression.clone()),
            Misfit::DistinctInstance { .. } => (11, String::new()),
            Misfit::Awaits(daemon) => (12, daemon.clone()),
        }
    }

    /// By how much, where that can be counted.
    pub(crate) fn lack(&self) -> u64 {
        match self {
            Misfit::Cpu { wanted, free }
            | Misfit::Gpus { wanted, free }
            | Misfit::Enis { wanted, free }
            | Misfit::Named { wanted, free, .. } => u64::from(wanted - free),
            Misfit::Memory { wanted_mib, free_mib } => u64::from(wanted_mib - free_mib),
            Misfit::Ports(ports) => ports.len() as u64,
            _ => 0,
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Status(status) => write!(f, "it is {status}"),
            Misfit::AgentDisconnected => f.write_str("its agent is not connected"),
            Misfit::Awaits(daemon) => write!(f, "the daemon {daemon} does not run there yet"),
            Misfit::Source => f.write_str("it is not of the launch type or capacity provider"),
            Misfit::Attribute { name, wanted: None, .. } => write!(f, "it lacks the attribute {name}"),
            Misfit::Attribute {
                name,
                wanted: Some(wanted),
                ..
            } => write!(f, "its attribute {name} is not {wanted}"),
            Misfit::Cpu { wanted, free } => write!(f, "{wanted} CPU units are wanted and {free} are free"),
            Misfit::Memory { wanted_mib, free_mib } => {
                write!(f, "{wanted_mib} MiB of memory are wanted and {free_mib} are free")
            }
            Misfit::Ports(ports) => {
                f.write_str("these host ports are taken:")?;
                ports
                    .iter()
                    .try_for_each(|p| write!(f, " {}/{}", p.port, if p.udp { "udp" } else { "tcp" }))
            }
            Misfit::Gpus { wanted, free } => write!(f, "{wanted} GPUs are wanted and {free} are free"),
            Misfit::Enis { wanted, free } => write!(f, "{wanted} network interfaces are wanted and {free} are free"),
            Misfit::Named { name, wanted, free } => write!(f, "{wanted} of {name} are wanted and {free} are free"),
            Misfit::MemberOf { expression, .. } => write!(f, "it is no member of: {expression}"),
            Misfit::DistinctInstance { group } => write!(f, "a task of {group} is there already"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.node)?;
        for (i, misfit) in self.misfits.iter().enumerate() {
            write!(f, "{}{misfit}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
