//! Which of the nodes that fit is best. Strategies are asked in order: each keeps the nodes that it likes best, and
//! the next chooses among those.

use crate::NodeView;
use crate::filter::{free_cpu, free_memory};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    Random,
    /// Where the fewest tasks of the group are.
    Spread(SpreadBy),
    /// Where the least of it is left.
    Binpack(Amount),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpreadBy {
    Instance,
    /// Nodes with the same value count as one place; nodes without the attribute are one more.
    Attribute(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Cpu,
    Memory,
}

impl Strategy {
    /// What is done when the request says nothing: even over the zones, and within a zone over its nodes.
    pub fn unspoken() -> [Strategy; 2] {
        [
            Strategy::Spread(SpreadBy::Attribute(model::Node::ZONE.to_string())),
            Strategy::Spread(SpreadBy::Instance),
        ]
    }

    /// Whether it counts the tasks of the group.
    pub fn counts_group(&self) -> bool {
        matches!(self, Strategy::Spread(_))
    }
}

/// Strategies over one set of nodes, with what they count between the placements of one request.
pub struct Chain<'a> {
    steps: Vec<Step<'a>>,
    seed: u64,
}

enum Step<'a> {
    Random,
    Binpack(Amount),
    /// How many tasks of the group are on each node.
    Instance(Vec<u32>),
    /// For each node the number of its place, and how many tasks of the group are in each place.
    Places {
        attribute: &'a str,
        of_node: Vec<usize>,
        counts: Vec<u32>,
    },
}

impl<'a> Chain<'a> {
    pub fn new(strategies: &'a [Strategy], nodes: &[NodeView], group: &str, seed: u64) -> Self {
        let step = |strategy: &'a Strategy| match strategy {
            Strategy::Random => Step::Random,
            Strategy::Binpack(amount) => Step::Binpack(*amount),
            Strategy::Spread(SpreadBy::Instance) => {
                Step::Instance(nodes.iter().map(|seen| of_group(seen, group)).collect())
            }
            Strategy::Spread(SpreadBy::Attribute(name)) => places(name, nodes, group),
        };
        Chain {
            steps: strategies.iter().map(step).collect(),
            seed,
        }
    }

    /// The best of the nodes at these places, and why it is. `fitting` must not be empty.
    pub fn best(&self, task: u32, fitting: &[usize], nodes: &[NodeView], group: &str) -> (usize, String) {
        let mut why = format!("{} of {} nodes fit", fitting.len(), nodes.len());
        let mut left = Cow::Borrowed(fitting);
        for step in &self.steps {
            let (least, kept) = keep_least(&left, |at| self.score(step, task, at, nodes));
            why.push_str(&format!("; {step} keeps {}", kept.len()));
            match step {
                Step::Random => {}
                Step::Binpack(_) => why.push_str(&format!(" with {least} free")),
                Step::Instance(_) | Step::Places { .. } => why.push_str(&format!(" with {least} tasks of {group}")),
            }
            left = Cow::Owned(kept);
        }
        let best = left.iter().copied().min_by_key(|at| (self.chance(task, *at), *at));
        (best.expect("some node fits, and each step keeps one"), why)
    }

    /// Less is better.
    fn score(&self, step: &Step<'_>, task: u32, at: usize, nodes: &[NodeView]) -> u64 {
        match step {
            Step::Random => self.chance(task, at),
            Step::Binpack(Amount::Cpu) => u64::from(free_cpu(&nodes[at])),
            Step::Binpack(Amount::Memory) => u64::from(free_memory(&nodes[at])),
            Step::Instance(counts) => u64::from(counts[at]),
            Step::Places { of_node, counts, .. } => u64::from(counts[of_node[at]]),
        }
    }

    /// A task of the group went to the node at this place.
    pub fn placed(&mut self, node: usize) {
        for step in &mut self.steps {
            match step {
                Step::Instance(counts) => counts[node] += 1,
                Step::Places { of_node, counts, .. } => counts[of_node[node]] += 1,
                Step::Random | Step::Binpack(_) => {}
            }
        }
    }

    /// A number that only the seed, the task and the node decide.
    fn chance(&self, task: u32, node: usize) -> u64 {
        let mut z = self.seed ^ (u64::from(task) << 32) ^ node as u64;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The least score, and all who have it.
fn keep_least(from: &[usize], score: impl Fn(usize) -> u64) -> (u64, Vec<usize>) {
    let (mut least, mut kept) = (u64::MAX, Vec::new());
    for at in from {
        let its = score(*at);
        if its < least {
            least = its;
            kept.clear();
        }
        if its == least {
            kept.push(*at);
        }
    }
    (least, kept)
}

fn of_group(seen: &NodeView, group: &str) -> u32 {
    seen.groups.get(group).copied().unwrap_or(0)
}

fn places<'a>(attribute: &'a str, nodes: &[NodeView], group: &str) -> Step<'a> {
    let mut numbers: HashMap<Option<&str>, usize> = HashMap::new();
    let (mut of_node, mut counts) = (Vec::with_capacity(nodes.len()), Vec::new());
    for seen in nodes {
        let number = *numbers.entry(seen.node.attribute(attribute)).or_insert_with(|| {
            counts.push(0);
            counts.len() - 1
        });
        counts[number] += of_group(seen, group);
        of_node.push(number);
    }
    Step::Places {
        attribute,
        of_node,
        counts,
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Random => f.write_str("random"),
            Step::Binpack(Amount::Cpu) => f.write_str("binpack by cpu"),
            Step::Binpack(Amount::Memory) => f.write_str("binpack by memory"),
            Step::Instance(_) => f.write_str("spread by instance"),
            Step::Places { attribute, .. } => write!(f, "spread by {attribute}"),
        }
    }
}
