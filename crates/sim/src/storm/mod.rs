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

/// Runs a seed. A panic anywhere is a breach too.
pub fn run(seed: u64, print: bool) -> Report {
    logs::listening(|| {
        let mut storm = Storm::new(seed, print);
        let ended = catch_unwind(AssertUnwindSafe(|| storm.run()));
        if ended.is_err() {
            storm.world.breach(Breach::new("nobody panics", "see above"));
        }
        Report {
            seed,
            hash: storm.world.trace.hash(),
            lines: storm.world.trace.lines(),
            moves: storm.moves,
            answers: storm.clients.answered,
            deaths: storm.deaths,
            last: storm.world.trace.last(),
            breaches: std::mem::take(&mut storm.world.breaches),
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

impl Storm {
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
