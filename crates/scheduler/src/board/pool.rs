//! What a request asks of a node, answered for all nodes at once or for one.

use super::bits::Bits;
use super::rows::{NodeNo, Rows};
use crate::filter;
use crate::place::{Constraint, Request, Source};
use crate::query::Expression;
use crate::strategy::{Amount, SpreadBy, Strategy};
use crate::view::{Pool, Wants, look};
use crate::{NodeView, Placement, place};
use store::View;

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

    /// Whether it asks how many tasks are RUNNING, which the board does not follow.
    pub fn counts_running(&self) -> bool {
        let counts = |c: &Constraint| matches!(c, Constraint::MemberOf(expression) if expression.counts_running());
        self.request.constraints.iter().any(counts) || self.near.is_some_and(Expression::counts_running)
    }

    /// By looking at every node.
    pub fn place_exactly(&self, view: &View) -> Placement {
        place(self.nodes(view), self.request)
    }

    /// Every node that could be asked, with what is known of it.
    pub fn nodes(&self, view: &View) -> Vec<NodeView> {
        let mut wants = self.request.wants();
        self.near.into_iter().for_each(|near| near.wants(&mut wants));
        let mut nodes = look(view, self.pool, &wants);
        let near = |seen: &NodeView| self.near.is_some_and(|near| near.holds(seen));
        if nodes.iter().any(near) {
            nodes.retain(near);
        }
        nodes
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
            && room.enis >= demand.enis
            && demand.named.iter().all(|wanted| rows.has_named(node, wanted))
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
        text("amounts");
        for amount in &demand.named {
            text(&amount.name);
            text(&amount.amount.to_string());
        }
        for number in [
            demand.cpu_units,
            demand.memory_mib,
            demand.gpus,
            demand.enis,
            u32::from(*all_gpus),
        ] {
            key.extend(number.to_le_bytes());
        }
        for port in &demand.host_ports {
            key.extend(port.port.to_le_bytes());
            key.push(u8::from(port.udp));
        }
    }
}

/// Whose nodes, and of which kind, by numbers: looked up once for a walk over many nodes.
#[derive(Clone, Copy, Debug)]
pub struct Whose {
    /// `None` takes FARGATE nodes of every cluster.
    cluster: Option<Option<u32>>,
    kind: Source<'static>,
    provider: Option<u32>,
}

impl Whose {
    pub fn of(rows: &Rows, ask: &Ask<'_>) -> Whose {
        let (kind, provider) = match ask.request.source {
            Source::Ec2 => (Source::Ec2, None),
            Source::External => (Source::External, None),
            Source::Fargate => (Source::Fargate, None),
            Source::Any => (Source::Any, None),
            Source::Provider(name) => (Source::Provider(""), rows.known_name(name)),
        };
        Whose {
            cluster: match ask.pool {
                Pool::Cluster(cluster) => Some(rows.known_name(cluster)),
                Pool::Fargate(_) => None,
            },
            kind,
            provider,
        }
    }

    /// Whether the node is in the pool, may it take tasks or not.
    pub fn has(&self, rows: &Rows, node: NodeNo) -> bool {
        let kind = &rows.kinds[node as usize];
        kind.there
            && match self.cluster {
                Some(cluster) => cluster == Some(kind.cluster),
                None => kind.fargate,
            }
    }

    /// Whether the node is of the kind, or of the provider, that may run it.
    pub fn is_source(&self, rows: &Rows, node: NodeNo) -> bool {
        let kind = &rows.kinds[node as usize];
        match self.kind {
            Source::Ec2 => !kind.external,
            Source::External => kind.external,
            Source::Fargate => kind.fargate,
            Source::Provider(_) => self.provider.is_some() && kind.provider == self.provider,
            Source::Any => true,
        }
    }
}

/// The nodes that all lets but what changes with tasks, as [`filter::may_ever_fit`] says of one.
pub fn allowed(rows: &Rows, ask: &Ask<'_>, count: usize) -> Bits {
    let request = ask.request;
    let whose = Whose::of(rows, ask);
    let mut allowed = Bits::of(count, |node| {
        rows.kinds[node].takes_tasks && whose.is_source(rows, node as NodeNo)
    });
    for name in request.requires {
        match rows.attributes.having(name) {
            Some(having) => allowed.keep(having),
            None => allowed = Bits::default(),
        }
    }
    platform(rows, request, count)
        .iter()
        .for_each(|alike| allowed.keep(alike));
    for constraint in request.constraints {
        if let Constraint::MemberOf(expression) = constraint
            && expression.is_steady()
        {
            allowed.keep(&members(rows, expression, count));
        }
    }
    allowed
}

/// The nodes of the architecture, and those of the system, or that don't tell theirs.
pub fn platform(rows: &Rows, request: &Request<'_>, count: usize) -> [Bits; 2] {
    let system = request.os_family.map(filter::system_of);
    let asked = [
        ("ecs.cpu-architecture", request.cpu_architecture),
        ("ecs.os-type", system),
    ];
    asked.map(|(name, wanted)| match wanted {
        None => Bits::default().others(count),
        Some(wanted) => rows.attributes.whose(name, count, |told| {
            told.is_none_or(|told| told.is_empty() || told.eq_ignore_ascii_case(wanted))
        }),
    })
}

/// The nodes of which an expression holds that asks nothing about tasks.
pub fn members(rows: &Rows, expression: &Expression, count: usize) -> Bits {
    rows.attributes.members(expression, count, &|test, node| {
        let seen = rows.view(node as NodeNo, "", &Wants::default());
        seen.is_some_and(|seen| test.holds(&seen))
    })
}
