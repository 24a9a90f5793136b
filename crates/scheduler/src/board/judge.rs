//! What speaks against each node of a pool: all of it of each node, or of very many nodes in one quick walk, and all of it
//! of the nearest alone.

use super::bits::Bits;
use super::pool::{self, Ask, Whose};
use super::rows::{NodeNo, Rows};
use crate::explain::{Explanation, Grounds, nearest};
use crate::filter::Verdict;
use crate::place::Constraint;
use crate::view::Wants;
use std::collections::{BTreeMap, BinaryHeap};

/// Nodes up to which each is told about.
const MOST_VERDICTS: usize = 256;
/// Of more nodes so many are.
const MOST_NEAR: usize = 128;

/// Why there is no place.
#[derive(Debug)]
pub struct Judgement {
    /// Of each node, or of the nearest of very many.
    pub verdicts: Vec<(NodeNo, Verdict)>,
    /// Of all nodes.
    pub explanation: Explanation,
}

pub fn judge(rows: &Rows, ask: &Ask<'_>) -> Judgement {
    let whose = Whose::of(rows, ask);
    let pool: Vec<NodeNo> = (0..rows.len() as NodeNo)
        .filter(|node| whose.has(rows, *node))
        .collect();
    if pool.len() > MOST_VERDICTS {
        return quick(rows, ask, MOST_NEAR);
    }
    let wants = ask.request.wants();
    let verdicts: Vec<(NodeNo, Verdict)> = pool
        .into_iter()
        .filter_map(|node| verdict(rows, ask, &wants, node))
        .collect();
    let plain: Vec<Verdict> = verdicts.iter().map(|(_, verdict)| verdict.clone()).collect();
    Judgement {
        explanation: Explanation::of(&plain),
        verdicts,
    }
}

fn verdict(rows: &Rows, ask: &Ask<'_>, wants: &Wants, node: NodeNo) -> Option<(NodeNo, Verdict)> {
    let seen = rows.view(node, ask.cluster(), wants)?;
    Some((node, Verdict::of(&seen, ask.request)))
}

/// Nodes that fail first by the same question, and the one of them that lacks least of it.
struct Alike {
    nodes: u32,
    least: u64,
    node: NodeNo,
}

/// In one walk; `most` of the nearest nodes are told about.
pub fn quick(rows: &Rows, ask: &Ask<'_>, most: usize) -> Judgement {
    let questions = Questions::of(rows, ask);
    let mut alike: BTreeMap<u32, Alike> = BTreeMap::new();
    let mut near: BinaryHeap<(bool, u32, u64, NodeNo)> = BinaryHeap::new();
    let mut nodes = 0;
    for node in 0..rows.len() as NodeNo {
        if !questions.whose.has(rows, node) {
            continue;
        }
        nodes += 1;
        let mut first = None;
        let (mut count, mut lack) = (0, 0);
        questions.ask(rows, ask, node, &mut |question, by| {
            first.get_or_insert((question, by));
            count += 1;
            lack += by;
        });
        let Some((question, by)) = first else { continue };
        let ground = alike.entry(question).or_insert(Alike {
            nodes: 0,
            least: by,
            node,
        });
        ground.nodes += 1;
        if by < ground.least {
            (ground.least, ground.node) = (by, node);
        }
        // Nodes that drain or are of another kind are no candidates.
        let barred = question < AGENT || question == SOURCE;
        near.push((barred, count, lack, node));
        if near.len() > most {
            near.pop();
        }
    }
    let wants = ask.request.wants();
    let mut grounds = Grounds::default();
    for ground in alike.values() {
        let told = verdict(rows, ask, &wants, ground.node);
        if let Some(misfit) = told.as_ref().and_then(|(_, verdict)| verdict.misfits.first()) {
            grounds.add(ground.nodes, misfit);
        }
    }
    let near = near.into_sorted_vec();
    let verdicts: Vec<(NodeNo, Verdict)> = near
        .into_iter()
        .filter_map(|(.., node)| verdict(rows, ask, &wants, node))
        .collect();
    let plain: Vec<Verdict> = verdicts.iter().map(|(_, verdict)| verdict.clone()).collect();
    Judgement {
        verdicts,
        explanation: Explanation {
            nodes,
            grounds: grounds.done(),
            nearest: nearest(&plain),
        },
    }
}

/// What is asked of each node, prepared for all nodes at once.
struct Questions {
    whose: Whose,
    /// Those who pass all the others.
    steady: Bits,
    requires: Vec<Bits>,
    platform: [Bits; 2],
    members: Vec<Option<Bits>>,
}

/// Questions by number, in the order in which the first misfit is looked for.
const STATUS: u32 = 0;
const AGENT: u32 = 100;
const SOURCE: u32 = 101;
const CPU: u32 = 102;
const MEMORY: u32 = 103;
const PORTS: u32 = 104;
const GPUS: u32 = 105;
const ENIS: u32 = 106;
const NAMED: u32 = 1_000;
const REQUIRES: u32 = 1_000_000;
const PLATFORM: u32 = 2_000_000;
const DISTINCT: u32 = 2_000_002;
const MEMBER_OF: u32 = 3_000_000;

impl Questions {
    fn of(rows: &Rows, ask: &Ask<'_>) -> Questions {
        let (request, count) = (ask.request, rows.len());
        let requires = request
            .requires
            .iter()
            .map(|name| rows.attributes.having(name).cloned().unwrap_or_default());
        let members = request.constraints.iter().map(|constraint| match constraint {
            Constraint::MemberOf(expression) if expression.is_steady() => Some(pool::members(rows, expression, count)),
            _ => None,
        });
        Questions {
            whose: Whose::of(rows, ask),
            steady: pool::allowed(rows, ask, count),
            requires: requires.collect(),
            platform: pool::platform(rows, request, count),
            members: members.collect(),
        }
    }

    /// Tells each question that the node fails, and by how much; as the filters do, of attributes and constraints only the
    /// first.
    fn ask(&self, rows: &Rows, ask: &Ask<'_>, node: NodeNo, fails: &mut dyn FnMut(u32, u64)) {
        let (request, at) = (ask.request, node as usize);
        let (demand, room, kind) = (request.demand, &rows.room[at], &rows.kinds[at]);
        let steady = self.steady.has(at);
        if !kind.takes_tasks
            && let Some(known) = rows.node(node)
        {
            if known.status != model::NodeStatus::Active {
                fails(STATUS + known.status as u32, 0);
            }
            if !known.connected {
                fails(AGENT, 0);
            }
        }
        if !steady && !self.whose.is_source(rows, node) {
            fails(SOURCE, 0);
        }
        let mut short = |question: u32, wanted: u32, free: u32| {
            if wanted > free {
                fails(question, u64::from(wanted - free));
            }
        };
        short(CPU, demand.cpu_units, room.cpu_units);
        short(MEMORY, demand.memory_mib, room.memory_mib);
        if !demand.host_ports.is_empty() {
            let taken = demand
                .host_ports
                .iter()
                .filter(|port| rows.has_port(node, **port))
                .count();
            short(PORTS, taken as u32, 0);
        }
        let gpus = if request.all_gpus {
            room.gpus_all.max(1)
        } else {
            demand.gpus
        };
        short(GPUS, gpus, room.gpus);
        short(ENIS, demand.enis, room.enis);
        let lacking = demand.named.iter().position(|wanted| !rows.has_named(node, wanted));
        if let Some(i) = lacking {
            let wanted = &demand.named[i];
            short(NAMED + i as u32, wanted.amount, rows.free_named(node, &wanted.name));
        }
        if !steady {
            if let Some(i) = self.requires.iter().position(|having| !having.has(at)) {
                fails(REQUIRES + i as u32, 0);
            }
            if let Some(i) = self.platform.iter().position(|alike| !alike.has(at)) {
                fails(PLATFORM + i as u32, 0);
            }
        }
        let group = || rows.known_group(&model::NodeLedger::group_key(ask.cluster(), request.group));
        if ask.is_distinct() && group().is_some_and(|group| rows.count(group, node) > 0) {
            fails(DISTINCT, 0);
        }
        let unmet = self.members.iter().enumerate().find(|(i, members)| match members {
            Some(members) => !steady && !members.has(at),
            None => matches!(request.constraints[*i], Constraint::MemberOf(_)) && !ask.holds(rows, node, &[*i]),
        });
        if let Some((i, _)) = unmet {
            fails(MEMBER_OF + i as u32, 0);
        }
    }
}
