//! The decision itself.

use crate::explain::Explanation;
use crate::filter::{Verdict, fits};
use crate::query::Expression;
use crate::strategy::{Chain, Strategy};
use crate::view::Wants;
use crate::{Misfit, NodeView};
use model::{Demand, Node};
use std::sync::Arc;

/// What is to be placed: `count` tasks that are all alike.
#[derive(Debug)]
pub struct Request<'a> {
    pub count: u32,
    pub demand: &'a Demand,
    /// Whether each takes every GPU of its node, instead of the number in its demand.
    pub all_gpus: bool,
    /// The task group that spreading and `distinctInstance` count.
    pub group: &'a str,
    pub source: Source<'a>,
    /// Attributes that a node must have, whatever their values.
    pub requires: &'a [String],
    /// `X86_64` or `ARM64`, when the definition says.
    pub cpu_architecture: Option<&'a str>,
    /// `LINUX` or a Windows family, when the definition says.
    pub os_family: Option<&'a str>,
    /// Those of the definition and of the request.
    pub constraints: &'a [Constraint],
    /// Empty for the default.
    pub strategies: &'a [Strategy],
    /// Where chance comes from.
    pub seed: u64,
}

/// What kind of node may run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    Ec2,
    External,
    Fargate,
    /// The nodes of a capacity provider.
    Provider(&'a str),
    Any,
}

#[derive(Debug)]
pub enum Constraint {
    DistinctInstance,
    MemberOf(Expression),
}

/// Where each task goes, and why those without a place have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    pub assigned: Vec<Assigned>,
    /// How many tasks have no place.
    pub unplaced: u32,
    /// For every node what speaks against it, when there are tasks without a place; of very many nodes the nearest.
    pub verdicts: Vec<Verdict>,
    /// The same in few words, about all nodes.
    pub explanation: Option<Box<Explanation>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    pub node: Arc<Node>,
    /// Which of the nodes of the view it is.
    pub index: usize,
    /// What it takes there.
    pub demand: Demand,
    /// How it was chosen.
    pub because: String,
}

impl Request<'_> {
    /// What must be read of the tasks on nodes to decide.
    pub fn wants(&self) -> Wants {
        let mut wants = Wants::default();
        let distinct = self
            .constraints
            .iter()
            .any(|c| matches!(c, Constraint::DistinctInstance));
        if distinct || self.strategies.is_empty() || self.strategies.iter().any(Strategy::counts_group) {
            wants.groups.insert(self.group.to_string());
        }
        for constraint in self.constraints {
            if let Constraint::MemberOf(expression) = constraint {
                expression.wants(&mut wants);
            }
        }
        wants
    }
}

impl Placement {
    /// The node that lacks least: the smallest change that would place one task more.
    pub fn closest(&self) -> Option<&Verdict> {
        self.verdicts.iter().min_by_key(|v| v.distance())
    }

    /// The first misfit of each node, which ECS gives as the failure's reason.
    pub fn reasons(&self) -> impl Iterator<Item = (&Verdict, &Misfit)> {
        self.verdicts.iter().filter_map(|v| v.misfits.first().map(|m| (v, m)))
    }
}

/// Places one task after the other, each on the best node that it fits. Takes nothing: the caller writes the ledgers.
pub fn place(mut nodes: Vec<NodeView>, request: &Request<'_>) -> Placement {
    let unspoken = Strategy::unspoken();
    let strategies = if request.strategies.is_empty() {
        &unspoken
    } else {
        request.strategies
    };
    let mut chain = Chain::new(strategies, &nodes, request.group, request.seed);
    let mut fitting: Vec<usize> = (0..nodes.len()).filter(|at| fits(&nodes[*at], request)).collect();
    let mut placement = Placement::default();
    for task in 0..request.count {
        if fitting.is_empty() {
            // All tasks are alike: where one does not fit, none of the others does.
            placement.unplaced = request.count - task;
            placement.verdicts = nodes.iter().map(|seen| Verdict::of(seen, request)).collect();
            placement.explanation = Some(Box::new(Explanation::of(&placement.verdicts)));
            break;
        }
        let (index, because) = chain.best(task, &fitting, &nodes, request.group);
        chain.placed(index);
        let demand = take(&mut nodes[index], request);
        // Only this node has changed, so only it is asked again.
        if !fits(&nodes[index], request) {
            fitting.retain(|at| *at != index);
        }
        placement.assigned.push(Assigned {
            node: Arc::clone(&nodes[index].node),
            index,
            demand,
            because,
        });
    }
    placement
}

/// Puts one task of the request on the node, in this view alone. Answers with what it takes.
fn take(seen: &mut NodeView, request: &Request<'_>) -> Demand {
    let mut demand = request.demand.clone();
    if request.all_gpus {
        demand.gpus = u32::try_from(seen.node.resources.gpus.len()).unwrap_or(u32::MAX);
    }
    Arc::make_mut(&mut seen.ledger).take(&seen.node.cluster, request.group, &demand);
    *seen.groups.entry(request.group.to_string()).or_default() += 1;
    demand
}

#[cfg(test)]
mod tests;
