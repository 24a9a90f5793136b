//! Clients of the API: each has one request under way, remembers what it was told, and holds the server to it.

mod daemons;
mod nonsense;
mod oracle;
mod requests;
mod services;

use crate::chance;
use crate::laws::Breach;
use crate::world::{self, Answer, World, shown};
use base::{Dice, SeededDice};
use requests::Asked;
use std::collections::BTreeMap;
use wire::codec::{Limits, json};
use wire::{Fault, Operation, Service, Shape};

/// What the clients of a seed like to ask for, beside tasks and services.
#[derive(Default)]
struct Taste {
    daemons: u64,
    capacity: u64,
}

/// What clients were told, newest last.
#[derive(Default)]
pub struct Known {
    taste: Taste,
    /// `cluster/id`
    tasks: Vec<String>,
    /// `cluster/id`
    nodes: Vec<String>,
    /// `family:revision`
    definitions: Vec<String>,
    /// Those of them that were deregistered.
    inactive: Vec<String>,
    /// `cluster/name`
    services: Vec<String>,
    /// ARNs of service deployments.
    deployments: Vec<String>,
    /// Lifecycle hooks that waited for an answer: the deployment's ARN and the hook's id.
    hooks: Vec<(String, String)>,
    /// Ids.
    task_sets: Vec<String>,
    /// Services whose deployments are controlled from outside.
    externals: usize,
    /// Names of capacity providers.
    providers: Vec<String>,
    /// Clusters that were given some.
    provided: usize,
    /// `family:revision` of daemons' definitions.
    daemon_definitions: Vec<String>,
    /// ARNs.
    daemons: Vec<String>,
    /// ARNs of daemons' deployments.
    daemon_deployments: Vec<String>,
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
        let taste = Taste {
            daemons: *chance::one_of(&dice, &[0, 10, 80]),
            capacity: *chance::one_of(&dice, &[0, 8, 40]),
        };
        Clients {
            dice,
            waiting: (0..count).map(|_| None).collect(),
            known: Known {
                taste,
                ..Known::default()
            },
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
            match read(&asked) {
                Some(input) => (asked, input),
                None => return, // nobody serves it here
            }
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
            (asked.token, asked.json) = (None, String::new());
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
}

/// A request as the server decodes it.
fn read(asked: &Asked) -> Option<(&'static Service, &'static Operation, Box<dyn Shape>)> {
    let service = &api::ecs::ECS;
    let operation = service
        .operation(asked.operation)
        .expect("clients know ECS's operations");
    let rows = &world::services().table(service)?.rows;
    rows.iter().find(|row| row.operation.name == operation.name)?;
    let mut input = (operation.input)();
    json::read(asked.json.as_bytes(), input.as_mut(), &Limits::default()).expect("clients write JSON");
    Some((service, operation, input))
}

/// Faults for which the server is to blame.
fn is_ours(fault: &Fault) -> bool {
    fault.is_ours() || fault.code == "InternalFailure"
}
