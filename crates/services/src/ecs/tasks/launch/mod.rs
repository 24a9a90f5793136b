//! What RunTask and StartTask have in common: from the words of a request to tasks that wait for their nodes.
//!
//! Words: an [`Ask`] is what the request says, checked as far as that goes without looking at anything else; a
//! [`Launch`] is an ask laid over a definition and a launch type, from which any number of tasks are made.

mod ask;
pub mod capacity;
pub mod network;
mod overrides;
pub mod placement;
mod volumes;

pub use ask::Ask;

use crate::common::given;
use crate::ecs::{definitions, fault};
use api::ecs;
use base::{Dice, SeededDice, Timestamp};
use model::vpc::NewInterface;
use model::{Container, ContainerPlan, DefinitionStatus, Demand, Given, Health, LaunchType, Node};
use model::{Tag, Task, TaskDefinition, TaskStatus, ledger};
use network::Wanted;
use overrides::Overridden;
use scheduler::Constraint;
use std::sync::Arc;
use store::{Tx, View};
use wire::Fault;

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

/// Where a task comes to be, what it takes there, and why there.
pub struct Place<'a> {
    pub node: &'a Node,
    pub demand: &'a Demand,
    pub because: String,
}

/// Tasks of one definition, ready to be placed.
pub struct Launch {
    pub definition: Arc<TaskDefinition>,
    pub launch_type: LaunchType,
    pub demand: Demand,
    pub all_gpus: bool,
    /// The definition's and the request's.
    pub constraints: Vec<Constraint>,
    /// Where its interface is to be, when it has one of its own.
    pub network: Option<Wanted>,
    containers: Vec<ContainerPlan>,
    cpu: Option<String>,
    memory: Option<String>,
    tags: Vec<Tag>,
    shown: ecs::Task,
    for_node: Option<Box<model::Launch>>,
}

impl Launch {
    /// Lays the ask over the definition that it names, for nodes of a launch type.
    pub fn prepare(view: &View, ask: &Ask, launch_type: LaunchType) -> Result<Launch, Fault> {
        let definition = find_definition(view, ask)?;
        let fargate = launch_type == LaunchType::Fargate;
        if !definition.compatibilities.iter().any(|c| c == launch_type.as_str()) {
            return Err(fault::invalid(format!(
                "Task definition does not support launch_type {launch_type}."
            )));
        }
        network::check(&definition.plan.network_mode, ask.network.as_ref(), launch_type)?;
        let document: ecs::TaskDefinition = given::recall(&definition.given);
        let Overridden {
            sizes,
            shown,
            cpu_units,
            memory_mib,
        } = overrides::lay(&document, &definition.plan, &ask.overrides, launch_type)?;
        check_exec(ask, &document)?;
        volumes::check(&document, &ask.volumes)?;
        let for_node = ask.for_node();
        let wish = for_node.as_ref().and_then(|launch| launch.network.as_ref());
        let network = wish.map(|wish| Wanted::find(view, wish, launch_type)).transpose()?;
        let mut constraints = placement::constraints(&definition.plan.placement, &ask.constraints, launch_type)?;
        constraints.extend(network.as_ref().and_then(|network| network.constraint(view)));
        let demand = scheduler::demand::of(&definition.plan, &sizes);
        let over = |name: &str| sizes.containers.iter().find(|o| o.name == name);
        let storage = shown.ephemeral_storage.clone().or(document.ephemeral_storage);
        Ok(Launch {
            all_gpus: scheduler::demand::takes_all_gpus(&definition.plan, &sizes),
            constraints,
            network,
            containers: definition
                .plan
                .containers
                .iter()
                .map(|c| scheduler::demand::with(c, over(&c.name)))
                .collect(),
            cpu: Some(cpu_units.unwrap_or(demand.cpu_units).to_string()),
            memory: Some(memory_mib.unwrap_or(demand.memory_mib).to_string()),
            tags: ask.tags_for(&definition)?,
            shown: ecs::Task {
                overrides: Some(shown),
                platform_version: ask.platform_version(&definition.plan, launch_type)?,
                platform_family: fargate.then(|| platform_family(definition.plan.os_family.as_deref())),
                fargate_ephemeral_storage: fargate.then(|| fargate_storage(storage.as_ref())),
                ephemeral_storage: if fargate {
                    Some(storage.unwrap_or_else(least_storage))
                } else {
                    None
                },
                ..Default::default()
            },
            for_node: for_node.map(Box::new),
            demand,
            definition,
            launch_type,
        })
    }

    /// The task group when the request names none.
    pub fn group(&self, ask: &Ask) -> String {
        ask.group
            .clone()
            .unwrap_or_else(|| format!("family:{}", self.definition.family))
    }

    /// One task on a node, which pays for what it takes; or what it lacks there of the network.
    pub fn start(
        &self,
        tx: &mut Tx,
        ask: &Ask,
        draw: &Draw,
        provider: Option<&str>,
        place: Place<'_>,
    ) -> Result<Task, String> {
        let mut task = self.task(ask, draw, provider, tx.now());
        task.demand = place.demand.clone();
        task.given = self.shown_on(place.node);
        if task.demand.gpus > 0 {
            self.hand_out(ledger::free_gpus(tx, place.node), &mut task.containers);
        }
        if let Some(network) = &self.network {
            network.attach(tx, &mut task, place.node, &draw.interface())?;
        }
        let placed = ledger::assign(tx, task, place.node, Some(place.because));
        Ok(placed.expect("a new task is PROVISIONING, which may be placed"))
    }

    /// Gives each container as many of the free GPUs as it wants.
    fn hand_out(&self, mut free: Vec<String>, containers: &mut [Container]) {
        for (plan, container) in self.containers.iter().zip(containers) {
            let wanted = if plan.all_gpus { free.len() } else { plan.gpus as usize };
            container.gpus = free.drain(..wanted.min(free.len())).collect();
        }
    }

    /// One task, on no node yet.
    fn task(&self, ask: &Ask, draw: &Draw, provider: Option<&str>, now: Timestamp) -> Task {
        let dice = SeededDice::new(draw.seed);
        Task {
            cluster: ask.cluster.clone(),
            id: draw.id.clone(),
            family: self.definition.family.clone(),
            revision: self.definition.revision,
            status: TaskStatus::Provisioning,
            desired: TaskStatus::Running,
            launch_type: Some(self.launch_type),
            capacity_provider: provider.map(str::to_string),
            node: None,
            demand: self.demand.clone(),
            group: self.group(ask),
            started_by: ask.started_by.clone(),
            containers: self.containers.iter().map(|plan| container(plan, &dice)).collect(),
            health: Health::Unknown,
            given: Given::default(),
            tags: self.tags.clone(),
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
            cpu: self.cpu.clone(),
            memory: self.memory.clone(),
            exec_enabled: ask.exec,
            because: None,
            launch: self.for_node.clone(),
            attachment: None,
        }
    }

    /// What is shown of a task and settled when it is launched on a node.
    fn shown_on(&self, node: &Node) -> Given {
        let of_definition = || match self.launch_type {
            LaunchType::Fargate => Some(
                self.definition
                    .plan
                    .cpu_architecture
                    .as_deref()
                    .unwrap_or("X86_64")
                    .to_ascii_lowercase(),
            ),
            _ => None,
        };
        let architecture = node
            .attribute("ecs.cpu-architecture")
            .map(str::to_string)
            .or_else(of_definition);
        let attribute = |value| ecs::Attribute {
            name: Some("ecs.cpu-architecture".to_string()),
            value: Some(value),
            ..Default::default()
        };
        given::keep(&ecs::Task {
            attributes: Some(architecture.map(attribute).into_iter().collect()),
            ..self.shown.clone()
        })
    }
}

fn find_definition(view: &View, ask: &Ask) -> Result<Arc<TaskDefinition>, Fault> {
    let found = definitions::revision(view, &ask.definition);
    let definition = found.ok_or_else(|| fault::client("TaskDefinition not found."))?;
    match definition.status {
        DefinitionStatus::Active => Ok(definition),
        DefinitionStatus::Inactive => Err(fault::client("TaskDefinition is inactive")),
        DefinitionStatus::DeleteInProgress => Err(fault::client("TaskDefinition is being deleted")),
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

/// Commands can be executed only with a role that lets the helper reach us.
fn check_exec(ask: &Ask, document: &ecs::TaskDefinition) -> Result<(), Fault> {
    let has = |role: &Option<String>| role.as_deref().is_some_and(|role| !role.is_empty());
    if !ask.exec || has(&ask.overrides.task_role_arn) || has(&document.task_role_arn) {
        return Ok(());
    }
    let message = "The task couldn't be started because a valid taskRoleArn is not being used. Specify a valid task \
                   role in your task definition and try again.";
    Err(fault::invalid(message))
}

fn platform_family(os_family: Option<&str>) -> String {
    match os_family {
        None | Some("LINUX") => "Linux".to_string(),
        Some(windows) => windows.to_string(),
    }
}

/// What every FARGATE task has without asking.
const LEAST_STORAGE_GIB: i32 = 20;

fn least_storage() -> ecs::EphemeralStorage {
    ecs::EphemeralStorage {
        size_in_gi_b: Some(LEAST_STORAGE_GIB),
    }
}

fn fargate_storage(asked: Option<&ecs::EphemeralStorage>) -> ecs::TaskEphemeralStorage {
    let size = asked
        .and_then(|storage| storage.size_in_gi_b)
        .unwrap_or(LEAST_STORAGE_GIB);
    ecs::TaskEphemeralStorage {
        size_in_gi_b: Some(size),
        kms_key_id: None,
    }
}
