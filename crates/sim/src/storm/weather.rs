//! One move of a storm: somebody's turn, a request, a moment, or something that goes wrong.

use super::Storm;
use crate::chance::{once_in, one_of, weighted};
use crate::world::Death;
use base::Dice;
use model::{Node, NodeStatus};
use store::Key;

/// The longest step of the machine's clock, either way.
const MOST_CLOCK_STEP_MS: u64 = 600_000;

/// And an hour: client tokens are remembered for a day.
const DAY_MS: u64 = 25 * 3600 * 1000;

impl Storm {
    /// One move of the storm.
    pub fn blow(&mut self) {
        if self.world.server.is_none() {
            match self.dice.below(8) {
                0 if self.weather.broken_disk > 0 && !self.world.disk_trouble => {
                    self.world.break_disk(self.dice.below(4))
                }
                1 => self.world.pass(self.dice.below(3000)),
                2 => self.world.mend_disk(),
                _ => _ = self.world.start(),
            }
            return;
        }
        let w = &self.weather;
        let broken = if self.world.disk_trouble { 20 } else { w.broken_disk };
        match weighted(
            &self.dice,
            &[w.turn, w.disk, w.ask, w.time, w.node, w.clock, w.death, broken],
        ) {
            0 => self.somebody_moves(),
            1 => _ = self.world.disk_moves(),
            2 => self.clients.ask(&mut self.world),
            3 => {
                let most = *one_of(&self.dice, &[3, 30, 300, 3000]);
                self.world.pass(self.dice.below(most));
                if once_in(&self.dice, 300) {
                    self.world.say("clock", "a day passes");
                    self.world.pass(DAY_MS);
                    self.clients.a_day_passes();
                }
            }
            4 if once_in(&self.dice, 10) => self
                .world
                .protect_one(self.dice.u64(), 1 + self.dice.below(600_000) as i64),
            4 => self.node_comes_or_goes(),
            5 => {
                let ms = self.dice.below(MOST_CLOCK_STEP_MS) as i64;
                self.world.step_clock(if once_in(&self.dice, 2) { ms } else { -ms });
            }
            6 => {
                let death = *one_of(&self.dice, &[Death::Killed, Death::PowerCut]);
                self.die(death);
            }
            _ => match self.world.disk_trouble {
                // The operator has seen that nothing is written any more.
                true => {
                    self.die(Death::Killed);
                    self.world.mend_disk();
                }
                false => self.world.break_disk(self.dice.below(4)),
            },
        }
    }

    /// Whoever can.
    fn somebody_moves(&mut self) {
        match self.world.ready() as u64 {
            0 if self.world.disk_moves() => {}
            0 if once_in(&self.dice, 3) => _ = self.world.idle(1000),
            0 => self.clients.ask(&mut self.world),
            ready => self.world.poll(self.dice.below(ready) as usize),
        }
    }

    pub fn die(&mut self, death: Death) {
        self.world.die(death);
        self.clients.give_up();
        self.deaths += 1;
    }

    /// Every node that is registered wants a session; the weather shuts some.
    fn node_comes_or_goes(&mut self) {
        let nodes = self.nodes();
        if nodes.is_empty() {
            return;
        }
        let node = one_of(&self.dice, &nodes);
        let name = (node.cluster.clone(), node.id.clone());
        let away = self.away.iter().position(|a| *a == name);
        match (away, self.dice.below(24)) {
            (Some(at), 0..6) => _ = self.away.remove(at),
            (Some(_), _) => {}
            (None, 0) if node.connected => {
                self.away.push(name);
                self.world.connect(&node.cluster, &node.id, false);
            }
            (None, _) if !node.connected => self.world.connect(&node.cluster, &node.id, true),
            (None, _) => {}
        }
    }

    /// Nodes that have not left for good.
    pub fn nodes(&self) -> Vec<Node> {
        let Some(server) = &self.world.server else {
            return Vec::new();
        };
        let snapshot = server.store().snapshot();
        let stays = |node: &Node| matches!(node.status, NodeStatus::Active | NodeStatus::Draining);
        let nodes = snapshot.scan::<Node>(&Key::all()).filter(|node| stays(node));
        nodes.map(|node| (*node).clone()).collect()
    }
}
