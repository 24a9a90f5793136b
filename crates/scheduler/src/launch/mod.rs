//! From a template to tasks: a place for each, an interface where it needs one, and the records, in one transaction.
//!
//! The one module of this room that writes. It stands here because all who make tasks (requests, services, the queue of
//! those that wait) meet on this floor, and none of them may do it in a way of its own.
//!
//! Words: a template laid over the state of one moment is [`Ready`]; a [`Draw`] is what is random about one task.

mod network;
pub mod shares;
mod words;

pub use network::Wanted;
pub use words::strategy;

use crate::query::Expression;
use crate::view::{self, Pool};
use crate::{Ask, Assigned, Board, Constraint, Misfit, NodeView, Placement, Request, Source, Strategy, Verdict, place};
use base::{Dice, SeededDice, Timestamp};
use model::vpc::NewInterface;
use model::{Container, ContainerPlan, Health, LaunchType, Membership, Node, Task, TaskStatus};
use model::{Template, Waiting, ledger};
use std::sync::Arc;
use store::{Tx, View};

/// What is random about a task, drawn before the transaction.
#[derive(Clone, Debug)]
pub struct Draw {
    id: String,
    seed: u64,
}

impl Draw {
    pub fn new(dice: &dyn Dice) -> Draw {
        Draw {
            id: dice.hex(32),
            seed: dice.u64(),
        }
    }

    /// All that is random about it comes from one number.
    pub fn seeded(seed: u64) -> Draw {
        Draw::new(&SeededDice::new(seed))
    }

    /// The names of the interface that it may have.
    fn interface(&self) -> NewInterface {
        let dice = SeededDice::new(!self.seed);
        NewInterface {
            id: format!("eni-{}", dice.hex(17)),
            attachment: dice.uuid(),
        }
    }

    /// The id of the task that it becomes.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// A template with its expressions compiled and its subnets looked up.
pub struct Ready<'a> {
    pub template: &'a Template,
    constraints: Vec<Constraint>,
    strategies: Vec<Strategy>,
    network: Option<Wanted>,
    near: Option<Expression>,
}

impl<'a> Ready<'a> {
    pub fn new(view: &View, template: &'a Template) -> Ready<'a> {
        let network = template
            .network
            .as_ref()
            .map(|wish| Wanted::new(view, wish, template.launch_type));
        let mut constraints: Vec<Constraint> = template.rules.iter().filter_map(words::constraint).collect();
        constraints.extend(network.as_ref().and_then(|network| network.constraint(view)));
        Ready {
            constraints,
            strategies: template.order.iter().filter_map(words::strategy).collect(),
            near: network.as_ref().and_then(|network| network.near(view)),
            network,
            template,
        }
    }

    fn is_fargate(&self) -> bool {
        self.template.launch_type == LaunchType::Fargate
    }

    /// What placement is asked for so many tasks on the nodes of a provider, or of the launch type without one.
    pub fn request<'r>(&'r self, provider: Option<&'r str>, count: u32, seed: u64) -> Request<'r> {
        let template = self.template;
        Request {
            count,
            demand: &template.demand,
            all_gpus: template.all_gpus,
            group: &template.group,
            source: match (provider, template.launch_type) {
                (_, LaunchType::Fargate) => Source::Fargate,
                (Some(provider), _) => Source::Provider(provider),
                (None, LaunchType::External) => Source::External,
                (None, _) => Source::Ec2,
            },
            // On FARGATE the platform has what definitions need.
            requires: if self.is_fargate() { &[] } else { &template.requires },
            cpu_architecture: template.cpu_architecture.as_deref(),
            os_family: template.os_family.as_deref(),
            constraints: &self.constraints,
            strategies: &self.strategies,
            seed,
        }
    }

    /// Places for so many tasks in the state that this view sees, by looking at every node. Takes nothing yet.
    pub fn place(&self, view: &View, provider: Option<&str>, count: u32, seed: u64) -> Placement {
        self.ask(&self.request(provider, count, seed)).place_exactly(view)
    }

    /// The same for a transaction that means to start them: as the board finds them, if there is one.
    pub fn find(&self, tx: &Tx, board: Option<&Board>, provider: Option<&str>, count: u32, seed: u64) -> Placement {
        match board {
            Some(board) => board.place(tx, &self.ask(&self.request(provider, count, seed))),
            None => self.place(tx, provider, count, seed),
        }
    }

    /// What every node says to one task more, those that it fits too. Takes nothing.
    pub fn said_by_all(&self, view: &View, provider: Option<&str>) -> Vec<Verdict> {
        let request = self.request(provider, 1, 0);
        let nodes = self.ask(&request).nodes(view);
        nodes.iter().map(|seen| Verdict::of(seen, &request)).collect()
    }

    fn ask<'r>(&'r self, request: &'r Request<'r>) -> Ask<'r> {
        let cluster = self.template.cluster.as_str();
        Ask {
            pool: match self.is_fargate() {
                true => Pool::Fargate(cluster),
                false => Pool::Cluster(cluster),
            },
            request,
            near: self.near.as_ref(),
        }
    }

    /// For each node of the cluster what speaks against a task there, with nothing taken by this template's own group.
    /// What one task a node wants to know: whether the node is one for it at all.
    pub fn verdicts(&self, view: &View) -> Vec<(NodeView, Verdict)> {
        let request = self.request(None, 1, 0);
        let judge = |seen: NodeView| {
            let verdict = Verdict::of(&seen, &request);
            (seen, verdict)
        };
        self.ask(&request).nodes(view).into_iter().map(judge).collect()
    }

    /// A place on this very node, if it can be there. Constraints are asked only if `constrained`: who names a node has
    /// done the placement.
    pub fn place_on(&self, view: &View, node: &Arc<Node>, constrained: bool) -> Result<Assigned, Misfit> {
        let seen = view::look_at(view, Arc::clone(node));
        let asked = self.request(None, 1, 0);
        let request = Request {
            source: Source::Any,
            constraints: if constrained { &self.constraints } else { &[] },
            strategies: &[],
            ..asked
        };
        if let Some(misfit) = Verdict::of(&seen, &request).misfits.into_iter().next() {
            return Err(misfit);
        }
        let placed = place(vec![seen], &request).assigned.pop();
        Ok(placed.expect("a node with no misfits takes a task"))
    }

    /// One task on a node, which pays for what it takes; or what it lacks there of the network.
    pub fn start(
        &self,
        tx: &mut Tx,
        draw: &Draw,
        provider: Option<&str>,
        member: Option<Membership>,
        place: &Assigned,
    ) -> Result<Arc<Task>, String> {
        let task = self.task(draw, provider, member, tx.now());
        self.settle(tx, task, draw, place)
    }

    /// One task that waits for a place until `until`.
    pub fn wait(
        &self,
        tx: &mut Tx,
        draw: &Draw,
        provider: Option<&str>,
        member: Option<Membership>,
        until: Timestamp,
        because: String,
    ) -> Arc<Task> {
        let mut task = self.task(draw, provider, member, tx.now());
        task.because = Some(because);
        let waiting = Waiting {
            cluster: task.cluster.clone(),
            task: task.id.clone(),
            template: self.template.clone(),
            provider: provider.map(str::to_string),
            until,
            seed: draw.seed,
            since: tx.now(),
        };
        ledger::wait(tx, task, waiting)
    }

    /// A place for a task that waited, at last.
    pub fn start_waiting(&self, tx: &mut Tx, task: Task, seed: u64, place: &Assigned) -> Result<Arc<Task>, String> {
        let draw = Draw {
            id: task.id.clone(),
            seed,
        };
        self.settle(tx, task, &draw, place)
    }

    fn settle(&self, tx: &mut Tx, mut task: Task, draw: &Draw, place: &Assigned) -> Result<Arc<Task>, String> {
        task.demand = place.demand.clone();
        task.architecture = self.architecture(&place.node);
        if task.demand.gpus > 0 {
            self.hand_out(ledger::free_gpus(tx, &place.node), &mut task.containers);
        }
        if let Some(network) = &self.network {
            network.attach(tx, &mut task, &place.node, &draw.interface())?;
        }
        let placed = ledger::assign(tx, task, &place.node, Some(place.because.clone()));
        Ok(placed.expect("a task that is PROVISIONING may be placed"))
    }

    /// Gives each container as many of the free GPUs as it wants.
    fn hand_out(&self, mut free: Vec<String>, containers: &mut [Container]) {
        for (plan, container) in self.template.containers.iter().zip(containers) {
            let wanted = if plan.all_gpus { free.len() } else { plan.gpus as usize };
            container.gpus = free.drain(..wanted.min(free.len())).collect();
        }
    }

    fn architecture(&self, node: &Node) -> Option<String> {
        let told = node.attribute("ecs.cpu-architecture").map(str::to_string);
        let of_definition = || {
            let asked = self.template.cpu_architecture.as_deref().unwrap_or("X86_64");
            self.is_fargate().then(|| asked.to_ascii_lowercase())
        };
        told.or_else(of_definition)
    }

    /// One task, on no node yet.
    fn task(&self, draw: &Draw, provider: Option<&str>, member: Option<Membership>, now: Timestamp) -> Task {
        let (template, dice) = (self.template, SeededDice::new(draw.seed));
        Task {
            cluster: template.cluster.clone(),
            id: draw.id.clone(),
            family: template.family.clone(),
            revision: template.revision,
            status: TaskStatus::Provisioning,
            desired: TaskStatus::Running,
            launch_type: Some(template.launch_type),
            capacity_provider: provider.map(str::to_string),
            node: None,
            demand: template.demand.clone(),
            group: template.group.clone(),
            started_by: template.started_by.clone(),
            containers: template.containers.iter().map(|plan| container(plan, &dice)).collect(),
            health: Health::Unknown,
            given: template.given.clone(),
            tags: template.tags.clone(),
            created_at: now,
            started_at: None,
            stopping_at: None,
            execution_stopped_at: None,
            stopped_at: None,
            stop_code: None,
            stopped_reason: None,
            pull_started_at: None,
            pull_stopped_at: None,
            connected: false,
            connected_at: None,
            version: 0,
            availability_zone: None,
            cpu: template.cpu.clone(),
            memory: template.memory.clone(),
            exec_enabled: template.exec_enabled,
            because: None,
            launch: template.for_node.clone(),
            attachment: None,
            architecture: None,
            member: member.map(Box::new),
            protected_until: None,
        }
    }
}

fn container(plan: &ContainerPlan, dice: &dyn Dice) -> Container {
    Container {
        name: plan.name.clone(),
        id: dice.uuid(),
        image: plan.image.clone(),
        image_digest: None,
        status: TaskStatus::Pending,
        runtime_id: None,
        exit_code: None,
        reason: None,
        health: Health::Unknown,
        ports: Vec::new(),
        essential: plan.essential,
        cpu_units: plan.cpu_units,
        memory_mib: plan.memory_mib,
        memory_reservation_mib: plan.memory_reservation_mib,
        // Helpers are there when a node says so, and not because somebody wants them.
        agents: Vec::new(),
        has_health_check: plan.has_health_check,
        gpus: Vec::new(),
    }
}
