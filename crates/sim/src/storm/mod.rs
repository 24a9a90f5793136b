//! A run: a storm of clients and weather, then calm, then the question whether everything came to rest.

mod calm;
mod plan;
pub mod rest;
mod weather;

use crate::chance::once_in;
use crate::clients::Clients;
use crate::laws::Breach;
use crate::logs;
use crate::world::{Death, World};
use base::{Dice, SeededDice};
use plan::Weather;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Moves of a storm.
pub const STEPS: u64 = 1500;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub seed: u64,
    pub hash: u64,
    pub lines: u64,
    pub moves: u64,
    pub answers: u64,
    pub deaths: u64,
    pub breaches: Vec<Breach>,
    /// The last lines of the trace.
    pub last: Vec<String>,
}

/// A storm in a world of its own.
pub trait Blows {
    fn run(&mut self);
    fn world(&mut self) -> &mut World;
    /// Its moves, the answers that clients got, the server's deaths.
    fn counts(&self) -> (u64, u64, u64);
}

/// Runs a seed of this storm.
pub fn run(seed: u64, print: bool) -> Report {
    told(seed, || Storm::new(seed, print))
}

/// Runs a storm to its end. A panic anywhere is a breach too.
pub fn told<S: Blows>(seed: u64, new: impl FnOnce() -> S) -> Report {
    logs::listening(|| {
        let mut storm = new();
        let ended = catch_unwind(AssertUnwindSafe(|| storm.run()));
        if ended.is_err() {
            storm.world().breach(Breach::new("nobody panics", "see above"));
        }
        let (moves, answers, deaths) = storm.counts();
        let world = storm.world();
        Report {
            seed,
            hash: world.trace.hash(),
            lines: world.trace.lines(),
            moves,
            answers,
            deaths,
            last: world.trace.last(),
            breaches: std::mem::take(&mut world.breaches),
        }
    })
}

struct Storm {
    world: World,
    clients: Clients,
    dice: SeededDice,
    weather: Weather,
    /// `cluster/id` of nodes whose sessions the weather keeps shut.
    away: Vec<(String, String)>,
    moves: u64,
    deaths: u64,
}

impl Blows for Storm {
    fn world(&mut self) -> &mut World {
        &mut self.world
    }

    fn counts(&self) -> (u64, u64, u64) {
        (self.moves, self.clients.answered, self.deaths)
    }

    fn run(&mut self) {
        for _ in 0..STEPS {
            self.moves += 1;
            self.blow();
            if once_in(&self.dice, 50) {
                self.world.look_back(self.dice.u64());
            }
            self.clients.hear(&mut self.world);
            if !self.world.breaches.is_empty() {
                return;
            }
        }
        self.calm();
        self.check_rest();
        self.clients.last_words(&mut self.world);
        if self.world.breaches.is_empty() {
            // Whatever it was that came to rest, the disk has it.
            self.world.die(Death::PowerCut);
            self.world.start();
            (0..8).for_each(|_| self.world.look_back(self.dice.u64()));
            self.world.look_at_all();
        }
    }
}
