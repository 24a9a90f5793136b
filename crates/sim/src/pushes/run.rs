//! A run: a storm, then calm, then the question whether everything came to rest.

use super::client::Client;
use super::laws::Looker;
use super::plan::Weather;
use super::rest;
use super::told::Told;
use crate::chance::{once_in, one_of, weighted};
use crate::laws::Breach;
use crate::storm::{self, Blows, Report};
use crate::world::{Death, World};
use base::{Dice, SeededDice};
use model::registry::Manifest;
use std::rc::Rc;

/// Moves of a storm.
const STEPS: u64 = 3000;
/// Longer than anything takes here that is not a day.
const CALM_MS: u64 = 10 * 60 * 1000;
/// The longest step of the machine's clock, either way.
const MOST_CLOCK_STEP_MS: u64 = 20_000;
const DAY_MS: u64 = 25 * 3600 * 1000;

pub struct Pushes {
    pub world: World,
    /// How many are at work at once.
    pub clients: usize,
    pub wishes: Rc<SeededDice>,
    pub told: Rc<Told>,
    pub looker: Option<Looker>,
    pub dice: SeededDice,
    pub weather: Weather,
    pub moves: u64,
    pub deaths: u64,
}

/// Runs a seed of this storm.
pub fn run(seed: u64, print: bool) -> Report {
    storm::told(seed, || Pushes::new(seed, print))
}

impl Blows for Pushes {
    fn world(&mut self) -> &mut World {
        &mut self.world
    }

    fn counts(&self) -> (u64, u64, u64) {
        (self.moves, self.told.answers.get(), self.deaths)
    }

    fn run(&mut self) {
        for _ in 0..STEPS {
            self.moves += 1;
            self.blow();
            self.look();
            if !self.world.breaches.is_empty() {
                return;
            }
        }
        self.calm();
        if self.world.breaches.is_empty() {
            // Whatever it was that came to rest, the disk has it.
            self.die(Death::PowerCut);
            self.start();
            self.look();
        }
    }
}

impl Pushes {
    /// What came of a move.
    fn look(&mut self) {
        if let (Some(looker), Some(server)) = (&mut self.looker, &self.world.server) {
            looker.look(server, &self.world.content, &self.told);
        }
        for (id, digest) in self.told.claims.take() {
            let there = self.world.published.had::<Manifest>(&Manifest::key_of(&id, &digest));
            let law = "a push that is acknowledged was published";
            self.told.law(there, law, format!("{id}@{digest}"));
        }
        for (who, what) in self.told.lines.take() {
            self.world.say(&who, &what);
        }
        for breach in self.told.breaches.take() {
            self.world.breach(breach);
        }
    }

    fn start(&mut self) {
        if self.world.start() {
            self.looker = self.world.server.as_ref().map(Looker::new);
            self.told.trouble.set(self.world.disk_trouble);
        }
    }

    fn die(&mut self, death: Death) {
        self.look();
        self.world.die(death);
        self.looker = None;
        self.deaths += 1;
    }

    fn break_disk(&mut self) {
        self.world.break_disk(self.dice.below(12));
        self.told.trouble.set(true);
    }

    /// One move of the storm.
    fn blow(&mut self) {
        if self.world.server.is_none() {
            match self.dice.below(8) {
                0 if self.weather.broken_disk > 0 && !self.world.disk_trouble => self.break_disk(),
                1 => self.world.pass(self.dice.below(3000)),
                2 => self.world.mend_disk(),
                _ => self.start(),
            }
            return;
        }
        let w = &self.weather;
        let broken = if self.world.disk_trouble { 20 } else { w.broken_disk };
        match weighted(&self.dice, &[w.turn, w.disk, w.wish, w.time, w.clock, w.death, broken]) {
            0 => match self.world.ready() as u64 {
                0 if self.world.disk_moves() => {}
                0 => _ = self.world.idle(1000),
                ready => self.world.poll(self.dice.below(ready) as usize),
            },
            1 => _ = self.world.disk_moves(),
            2 => self.somebody_wishes(),
            3 => {
                let most = *one_of(&self.dice, &[3, 300, 3000]);
                self.world.pass(self.dice.below(most));
                if once_in(&self.dice, 100) {
                    self.world.say("clock", "a day passes");
                    self.world.pass(DAY_MS);
                }
            }
            4 => {
                let ms = self.dice.below(MOST_CLOCK_STEP_MS) as i64;
                self.world.step_clock(if once_in(&self.dice, 2) { ms } else { -ms });
            }
            5 => {
                let death = *one_of(&self.dice, &[Death::Killed, Death::PowerCut]);
                self.die(death);
            }
            _ => match self.world.disk_trouble {
                true => {
                    self.die(Death::Killed);
                    self.world.mend_disk();
                }
                false => self.break_disk(),
            },
        }
    }

    fn somebody_wishes(&mut self) {
        let Some(server) = self.world.server.as_ref().filter(|server| server.is_open()) else {
            return;
        };
        if self.told.busy.get() >= self.clients {
            return;
        }
        let client = Client {
            name: format!("client{}", self.told.busy.get()),
            ctx: server.ctx.clone(),
            door: server.door.clone(),
            told: Rc::clone(&self.told),
            dice: Rc::clone(&self.wishes),
        };
        self.world.play(client.wish());
    }

    /// The weather clears, and nobody wishes for anything new.
    fn calm(&mut self) {
        self.world.say("calm", "begins");
        if self.world.disk_trouble {
            self.die(Death::Killed);
            self.world.mend_disk();
        }
        while self.world.server.is_none() && self.world.breaches.is_empty() {
            self.start();
        }
        let end = self.world.elapsed_ms() + CALM_MS;
        while self.world.elapsed_ms() < end && self.world.breaches.is_empty() {
            if self.world.ready() > 0 {
                self.world.poll(0);
            } else if !self.world.disk_moves() {
                self.world.idle(end - self.world.elapsed_ms());
            }
            self.look();
        }
        let busy = self.told.busy.get();
        if busy > 0 || !self.world.is_open() {
            let at = format!("{busy} are at it still");
            self.world.breach(Breach::new("every request is answered", at));
        }
        for breach in rest::broken(&self.world) {
            self.world.breach(breach);
        }
    }
}
