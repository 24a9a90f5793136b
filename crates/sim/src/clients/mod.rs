//! Clients of the API: each has one request under way, remembers what it was told, and holds the server to it.

mod nonsense;
mod requests;

use crate::chance;
use crate::laws::Breach;
use crate::world::{Answer, World, shown};
use api::ecs;
use base::{Dice, SeededDice};
use model::{Cluster, Node, Task, TaskDefinition, TaskStatus};
use requests::Asked;
use std::collections::BTreeMap;
use store::Key;
use wire::codec::{Limits, json};
use wire::{Fault, Operation, Service, Shape};

/// What clients were told, newest last.
#[derive(Default)]
pub struct Known {
    /// `cluster/id`
    tasks: Vec<String>,
    /// `cluster/id`
    nodes: Vec<String>,
    /// `family:revision`
    definitions: Vec<String>,
    /// Those of them that were deregistered.
    inactive: Vec<String>,
    /// RunTask requests that carry a client token.
    with_token: Vec<Asked>,
}

pub struct Clients {
    dice: SeededDice,
    /// What each waits for.
    waiting: Vec<Option<(u64, Asked)>>,
    known: Known,
    numbers: u64,
    /// What RunTask answered to each token, the first time that it was answered: the tasks.
    told: BTreeMap<(String, String), Vec<String>>,
    pub answered: u64,
}

impl Clients {
    pub fn new(seed: u64) -> Self {
        let dice = chance::stream(seed, "clients");
        let count = 1 + dice.below(4);
        Clients {
            dice,
            waiting: (0..count).map(|_| None).collect(),
            known: Known::default(),
            numbers: 0,
            told: BTreeMap::new(),
            answered: 0,
        }
    }

    pub fn are_waiting(&self) -> bool {
        self.waiting.iter().any(Option::is_some)
    }

    /// One of those that wait for nothing sends a request.
    pub fn ask(&mut self, world: &mut World) {
        let client = self.dice.below(self.waiting.len() as u64) as usize;
        if self.waiting[client].is_some() || !world.is_open() {
            return;
        }
        self.numbers += 1;
        let (asked, (service, operation, input)) = if chance::once_in(&self.dice, 12) {
            let nonsense = nonsense::compose(&self.dice, &self.known);
            (Asked::nonsense(nonsense.1.name), nonsense)
        } else {
            let asked = requests::compose(&self.dice, &self.known, self.numbers);
            let input = read(&asked);
            (asked, input)
        };
        if asked.token.is_some() && !self.known.with_token.iter().any(|a| a.token == asked.token) {
            self.known.with_token.push(asked.clone());
        }
        if let Some(request) = world.request(&format!("client{client}"), service, operation, input) {
            self.waiting[client] = Some((request, asked));
        }
    }

    /// Takes the answers that came, and holds them against what is so.
    pub fn hear(&mut self, world: &mut World) {
        for Answer { request, outcome, .. } in world.take_answers() {
            let place = self
                .waiting
                .iter_mut()
                .find(|w| w.as_ref().is_some_and(|(id, _)| *id == request));
            let Some((_, asked)) = place.and_then(Option::take) else {
                continue;
            };
            self.answered += 1;
            match outcome {
                Ok(answer) => {
                    world.say("answer", &format!("#{request} {}", shown(&*answer)));
                    for breach in self.check(world, &asked, &*answer) {
                        world.breach(breach);
                    }
                }
                Err(fault) => {
                    world.say("answer", &format!("#{request} {} {fault}", fault.status));
                    if is_ours(&fault) && !world.disk_trouble {
                        world.breach(Breach::new(
                            "no client gets a fault that is the server's",
                            fault.to_string(),
                        ));
                    }
                }
            }
        }
    }

    /// The server is dead: what was under way is in doubt for ever.
    pub fn give_up(&mut self) {
        self.waiting.iter_mut().for_each(|w| *w = None);
    }

    /// Client tokens are forgotten, and those of before are not used any more. Nothing is known of those under way.
    pub fn a_day_passes(&mut self) {
        for (_, asked) in self.waiting.iter_mut().flatten() {
            asked.token = None;
        }
        self.known.with_token.clear();
        self.told.clear();
    }

    /// What must hold at the end: a client token starts tasks once.
    pub fn last_words(&self, world: &mut World) {
        for asked in &self.known.with_token {
            let token = asked.token.as_deref().unwrap_or_default();
            let started = world.published.started_by(token);
            if started > asked.count {
                let at = format!("{token} asked for {} and started {started}", asked.count);
                world.breach(Breach::new("a client token starts tasks once", at));
            }
        }
    }

    fn check(&mut self, world: &World, asked: &Asked, answer: &dyn Shape) -> Vec<Breach> {
        let mut broken = Vec::new();
        let mut law = |holds: bool, law: &str, at: &str| {
            if !holds {
                broken.push(Breach::new(law, format!("{} {at}", asked.operation)));
            }
        };
        const THERE: &str = "what is acknowledged is published";
        if let Some(answer) = answer.downcast_ref::<ecs::CreateClusterResponse>() {
            let name = answer.cluster.as_ref().and_then(|c| c.cluster_name.as_deref());
            law(
                name == Some(asked.cluster) || asked.is_nonsense(),
                "an answer is about what was asked",
                asked.cluster,
            );
            law(
                world
                    .published
                    .had::<Cluster>(&Cluster::key_of(name.unwrap_or_default())),
                THERE,
                asked.cluster,
            );
        }
        if let Some(answer) = answer.downcast_ref::<ecs::RegisterContainerInstanceResponse>() {
            let arn = answer
                .container_instance
                .as_ref()
                .and_then(|n| n.container_instance_arn.as_deref());
            let node = tail(arn);
            law(world.published.had::<Node>(&key(&node)), THERE, &node);
            self.known.nodes.push(node);
        }
        if let Some(answer) = answer.downcast_ref::<ecs::RegisterTaskDefinitionResponse>() {
            let definition = answer.task_definition.clone().unwrap_or_default();
            let (family, revision) = (
                definition.family.unwrap_or_default(),
                definition.revision.unwrap_or_default(),
            );
            let name = format!("{family}:{revision}");
            let there = TaskDefinition::key_of(&family, revision.unsigned_abs());
            law(world.published.had::<TaskDefinition>(&there), THERE, &name);
            law(
                !self.known.definitions.contains(&name),
                "a revision is given to one request",
                &name,
            );
            self.known.definitions.push(name);
        }
        let launched = match answer.downcast_ref::<ecs::RunTaskResponse>() {
            Some(answer) => Some((answer.tasks.clone(), answer.failures.clone())),
            None => answer
                .downcast_ref::<ecs::StartTaskResponse>()
                .map(|answer| (answer.tasks.clone(), answer.failures.clone())),
        };
        if let Some((tasks, failures)) = launched {
            let tasks: Vec<String> = tasks
                .unwrap_or_default()
                .iter()
                .map(|t| tail(t.task_arn.as_deref()))
                .collect();
            let failures = failures.unwrap_or_default();
            for task in &tasks {
                law(world.published.had::<Task>(&key(task)), THERE, task);
            }
            // Asked again with its token, those that were started may be forgotten.
            let again = |token: &String| world.published.started_by(token) > 0;
            law(
                !tasks.is_empty() || !failures.is_empty() || asked.token.as_ref().is_some_and(again),
                "what could not be started has a reason",
                &asked.json,
            );
            law(
                failures.iter().all(|f| f.reason.is_some()),
                "a failure has a reason",
                &asked.json,
            );
            if let Some(token) = asked.token.clone().filter(|_| !tasks.is_empty()) {
                law(
                    tasks.len() <= asked.count,
                    "no more tasks are started than were asked for",
                    &token,
                );
                let told = self
                    .told
                    .entry((asked.cluster.to_string(), token.clone()))
                    .or_insert_with(|| tasks.clone());
                let still = |task: &&String| world.server.as_ref().is_some_and(|s| is_there(s.store(), task));
                let expected: Vec<&String> = told.iter().filter(still).collect();
                let got: Vec<&String> = tasks.iter().filter(still).collect();
                law(expected == got, "the same token gets the same answer", &token);
            }
            for task in tasks {
                if !self.known.tasks.contains(&task) {
                    self.known.tasks.push(task);
                }
            }
        }
        if let Some(answer) = answer.downcast_ref::<ecs::DeregisterTaskDefinitionResponse>() {
            let definition = answer.task_definition.clone().unwrap_or_default();
            let (family, revision) = (
                definition.family.unwrap_or_default(),
                definition.revision.unwrap_or_default(),
            );
            self.known.inactive.push(format!("{family}:{revision}"));
        }
        if let Some(answer) = answer.downcast_ref::<ecs::StopTaskResponse>() {
            let task = tail(answer.task.as_ref().and_then(|t| t.task_arn.as_deref()));
            let record = world
                .server
                .as_ref()
                .and_then(|s| s.store().snapshot().get::<Task>(&key(&task)));
            let stops = record.is_none_or(|task| task.desired == TaskStatus::Stopped);
            law(stops, "a task that StopTask answered for is to stop", &task);
        }
        if let Some(answer) = answer.downcast_ref::<ecs::DescribeTasksResponse>() {
            let told = answer.tasks.as_ref().map_or(0, Vec::len) + answer.failures.as_ref().map_or(0, Vec::len);
            law(
                told == asked.count || asked.is_nonsense(),
                "every task asked about is told of",
                &asked.json,
            );
        }
        broken
    }
}

/// A request as the server decodes it.
fn read(asked: &Asked) -> (&'static Service, &'static Operation, Box<dyn Shape>) {
    let service = &api::ecs::ECS;
    let operation = service
        .operation(asked.operation)
        .expect("clients know ECS's operations");
    let mut input = (operation.input)();
    json::read(asked.json.as_bytes(), input.as_mut(), &Limits::default()).expect("clients write JSON");
    (service, operation, input)
}

/// Faults for which the server is to blame.
fn is_ours(fault: &Fault) -> bool {
    fault.is_ours() || fault.code == "InternalFailure"
}

fn is_there(store: &store::Store, task: &str) -> bool {
    store.snapshot().get::<Task>(&key(task)).is_some()
}

/// `cluster/id`, from `arn:aws:ecs:us-east-1:000000000000:task/cluster/id`.
fn tail(arn: Option<&str>) -> String {
    let resource = arn.and_then(|arn| arn.splitn(6, ':').nth(5)).unwrap_or_default();
    resource.split_once('/').map_or("", |(_, tail)| tail).to_string()
}

fn key(name: &str) -> Key {
    let (cluster, id) = name.split_once('/').unwrap_or(("", name));
    Key::of([cluster, id])
}
