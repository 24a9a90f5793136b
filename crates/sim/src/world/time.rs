//! Time, which passes only here.

use super::World;
use crate::laws::Breach;

/// More turns than anything honest takes before it rests.
const MOST_TURNS: usize = 200_000;

impl World {
    /// Time passes, whoever is ready.
    pub fn pass(&mut self, ms: u64) {
        self.executor.pass(ms);
        self.passed(ms);
    }

    /// Time passes until a timer wakes somebody, or for that long.
    pub fn idle(&mut self, most_ms: u64) -> u64 {
        let ms = self.executor.idle(most_ms);
        self.passed(ms);
        ms
    }

    fn passed(&mut self, ms: u64) {
        self.elapsed_ms += ms;
        self.clock.advance_millis(ms as i64);
    }

    /// Somebody sets the machine's clock.
    pub fn step_clock(&mut self, ms: i64) {
        self.say("clock", &format!("steps by {ms} ms"));
        self.clock.advance_millis(ms);
    }

    /// Everybody does what there is to do now.
    pub fn settle(&mut self) {
        for _ in 0..MOST_TURNS {
            if self.ready() > 0 {
                self.poll(0);
            } else if self.disk_held || !self.disk_moves() {
                return;
            }
        }
        self.breach(Breach::new("everybody rests at last", format!("{MOST_TURNS} turns")));
    }

    /// Everybody does what there is to do within that time.
    pub fn run_for(&mut self, ms: u64) {
        let end = self.elapsed_ms + ms;
        self.settle();
        while self.elapsed_ms < end && self.breaches.is_empty() {
            self.idle(end - self.elapsed_ms);
            self.settle();
        }
    }
}
