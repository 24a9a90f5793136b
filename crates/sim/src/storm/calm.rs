//! After the storm: does everything come to rest where it should?

use super::{Storm, rest};
use crate::laws::{Breach, daemons};
use crate::world::Death;
use base::Clock;
use model::{Task, TaskStatus};
use store::Key;

/// The calm lasts so long at most: more than the clock can have been set wrong, and than any image runs.
const CALM_MS: u64 = 4 * 3600 * 1000;

impl Storm {
    /// The weather clears: the server runs, all nodes are there, nobody asks for anything new.
    pub fn calm(&mut self) {
        self.world.say("calm", "begins");
        if self.world.disk_trouble {
            self.die(Death::Killed);
            self.world.mend_disk();
        }
        while self.world.server.is_none() && self.world.breaches.is_empty() {
            self.world.start();
        }
        self.world.settle();
        self.clients.hear(&mut self.world);
        for node in self.nodes().iter().filter(|node| !node.connected) {
            self.world.connect(&node.cluster, &node.id, true);
        }
        self.world.run_for(CALM_MS);
        self.clients.hear(&mut self.world);
    }

    /// Gets there after the calm.
    pub fn check_rest(&mut self) {
        let mut broken = Vec::new();
        if !self.world.is_open() || self.clients.are_waiting() {
            broken.push(Breach::new("every request is answered", "in the calm"));
        }
        let Some(server) = &self.world.server else { return };
        let snapshot = server.store().snapshot();
        for task in snapshot.scan::<Task>(&Key::all()).filter(|task| !task.is_stopped()) {
            let at = format!("{}/{} {} wants {}", task.cluster, task.id, task.status, task.desired);
            if task.desired == TaskStatus::Stopped {
                broken.push(Breach::new("a task that is asked to stop stops", at));
            } else if task.status == TaskStatus::Provisioning && task.because.is_none() {
                broken.push(Breach::new("a task that waits has a reason", at));
            } else if task.node.is_some() && task.status < TaskStatus::Running {
                broken.push(Breach::new("a task with a node that is there runs", at));
            }
        }
        broken.extend(rest::services(&snapshot, self.world.clock.now()));
        broken.extend(daemons::after_the_calm(&snapshot));
        for breach in broken {
            self.world.breach(breach);
        }
    }
}
