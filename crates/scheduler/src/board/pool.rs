//! What a request asks of a node, answered for all nodes at once or for one.

use super::bits::Bits;
use super::rows::{NodeNo, Rows};
use crate::filter;
use crate::place::{Constraint, Request, Source};
use crate::query::Expression;
use crate::view::{Pool, Wants};

/// A request, and whose nodes it may have: what a class is asked with. Requests of one class differ in nothing but count
/// and seed.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub pool: Pool<'a>,
    pub request: &'a Request<'a>,
    /// Leaves the nodes of which it holds, if there are any.
    pub near: Option<&'a Expression>,
}

impl Ask<'_> {
    /// Whose groups are counted.
    pub fn cluster(&self) -> &str {
        match self.pool {
            Pool::Cluster(cluster) | Pool::Fargate(cluster) => cluster,
        }
    }

    pub fn is_distinct(&self) -> bool {
        let distinct = |c: &Constraint| matches!(c, Constraint::DistinctInstance);
        self.request.constraints.iter().any(distinct)
    }

    pub fn has_room(&self, rows: &Rows, node: NodeNo) -> bool {
        let (room, demand) = (&rows.room[node as usize], self.request.demand);
        let gpus = match self.request.all_gpus {
            true => room.gpus_all > 0 && room.gpus == room.gpus_all,
            false => room.gpus >= demand.gpus,
        };
        room.cpu_units >= demand.cpu_units
            && room.memory_mib >= demand.memory_mib
            && gpus
            && !demand.host_ports.iter().any(|port| rows.has_port(node, *port))
    }

    /// Whether these of its constraints hold of the node with the tasks that are there.
    pub fn holds(&self, rows: &Rows, node: NodeNo, constraints: &[usize]) -> bool {
        let mut wants = Wants::default();
        let expressions = constraints.iter().filter_map(|i| match &self.request.constraints[*i] {
            Constraint::MemberOf(expression) => Some(expression),
            Constraint::DistinctInstance => None,
        });
        expressions.clone().for_each(|expression| expression.wants(&mut wants));
        let seen = rows.view(node, self.cluster(), &wants);
        seen.is_some_and(|seen| expressions.clone().all(|expression| expression.holds(&seen)))
    }

    /// What tells the requests of one class from all others.
    pub fn write_key(&self, key: &mut Vec<u8>) {
        let mut text = |text: &str| {
            key.extend((text.len() as u32).to_le_bytes());
            key.extend(text.as_bytes());
        };
        let Request {
            demand,
            all_gpus,
            group,
            source,
            requires,
            cpu_architecture,
            os_family,
            constraints,
            strategies,
            count: _,
            seed: _,
        } = self.request;
        text(if matches!(self.pool, Pool::Fargate(_)) {
            "fargate"
        } else {
            ""
        });
        text(self.cluster());
        text(group);
        let (kind, provider) = match source {
            Source::Ec2 => ("ec2", ""),
            Source::External => ("external", ""),
            Source::Fargate => ("fargate", ""),
            Source::Provider(name) => ("provider", *name),
            Source::Any => ("any", ""),
        };
        text(kind);
        text(provider);
        text(cpu_architecture.unwrap_or_default());
        text(os_family.unwrap_or_default());
        text(self.near.map_or("", Expression::text));
        for constraint in *constraints {
            match constraint {
                Constraint::DistinctInstance => text("distinct"),
                Constraint::MemberOf(expression) => text(expression.text()),
            }
        }
        text("requires");
        requires.iter().for_each(|name| text(name));
        text("strategies");
        for strategy in *strategies {
            use crate::strategy::{Amount, SpreadBy, Strategy};
            match strategy {
                Strategy::Random => text("random"),
                Strategy::Binpack(Amount::Cpu) => text("cpu"),
                Strategy::Binpack(Amount::Memory) => text("memory"),
                Strategy::Spread(SpreadBy::Instance) => text("instance"),
                Strategy::Spread(SpreadBy::Attribute(name)) => {
                    text("attribute");
                    text(name);
                }
            }
        }
        for number in [demand.cpu_units, demand.memory_mib, demand.gpus, u32::from(*all_gpus)] {
            key.extend(number.to_le_bytes());
        }
        for port in &demand.host_ports {
            key.extend(port.port.to_le_bytes());
            key.push(u8::from(port.udp));
        }
    }
}

/// Whether the node is in the pool, may it take tasks or not.
pub fn has(rows: &Rows, ask: &Ask<'_>, node: NodeNo) -> bool {
    let kind = &rows.kinds[node as usize];
    kind.there
        && match ask.pool {
            Pool::Cluster(cluster) => rows.known_name(cluster) == Some(kind.cluster),
            Pool::Fargate(_) => kind.fargate,
        }
}

/// The nodes that all lets but what changes with tasks, as [`filter::may_ever_fit`] says of one.
pub fn allowed(rows: &Rows, ask: &Ask<'_>, count: usize) -> Bits {
    let request = ask.request;
    let provider = match request.source {
        Source::Provider(name) => rows.known_name(name),
        _ => None,
    };
    let mut allowed = Bits::of(count, |node| {
        let kind = &rows.kinds[node];
        kind.takes_tasks
            && match request.source {
                Source::Ec2 => !kind.external,
                Source::External => kind.external,
                Source::Fargate => kind.fargate,
                Source::Provider(_) => provider.is_some() && kind.provider == provider,
                Source::Any => true,
            }
    });
    for name in request.requires {
        match rows.attributes.having(name) {
            Some(having) => allowed.keep(having),
            None => allowed = Bits::default(),
        }
    }
    let system = request.os_family.map(filter::system_of);
    for (name, wanted) in [
        ("ecs.cpu-architecture", request.cpu_architecture),
        ("ecs.os-type", system),
    ] {
        if let Some(wanted) = wanted {
            let alike =
                |told: Option<&str>| told.is_none_or(|told| told.is_empty() || told.eq_ignore_ascii_case(wanted));
            allowed.keep(&rows.attributes.whose(name, count, alike));
        }
    }
    for constraint in request.constraints {
        if let Constraint::MemberOf(expression) = constraint
            && expression.is_steady()
        {
            allowed.keep(&members(rows, expression, count));
        }
    }
    allowed
}

/// The nodes of which an expression holds that asks nothing about tasks.
pub fn members(rows: &Rows, expression: &Expression, count: usize) -> Bits {
    rows.attributes.members(expression, count, &|test, node| {
        let seen = rows.view(node as NodeNo, "", &Wants::default());
        seen.is_some_and(|seen| test.holds(&seen))
    })
}
