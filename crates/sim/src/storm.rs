//! A run: a storm of clients and weather, then calm, then the question whether everything came to rest.

use crate::chance::{self, once_in, one_of, weighted};
use crate::clients::Clients;
use crate::laws::Breach;
use crate::logs;
use crate::server::Setup;
use crate::world::{Death, World};
use base::{Dice, SeededDice};
use controllers::ForgetTasks;
use fleet::simulated::Tasks;
use model::{Node, NodeStatus, Task, TaskStatus};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use store::{HistoryLimits, Key, MemoryBackend};

/// Moves of a storm.
pub const STEPS: u64 = 1500;

/// The longest step of the machine's clock, either way.
const MOST_CLOCK_STEP_MS: u64 = 600_000;

/// And an hour: client tokens are remembered for a day.
const DAY_MS: u64 = 25 * 3600 * 1000;

/// The calm lasts so long at most: more than the clock can have been set wrong, and than any image runs.
const CALM_MS: u64 = 4 * 3600 * 1000;

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

/// How likely what is, in this seed.
struct Weather {
    turn: u64,
    disk: u64,
    ask: u64,
    time: u64,
    node: u64,
    clock: u64,
    death: u64,
    broken_disk: u64,
}

/// All of it, or hardly any.
fn history(dice: &dyn Dice) -> HistoryLimits {
    let all = HistoryLimits::default();
    match dice.below(2) {
        0 => all,
        _ => HistoryLimits {
            keep: Duration::from_secs(dice.below(10)),
            bytes: dice.below(20_000),
            ..all
        },
    }
}

impl Storm {
    fn new(seed: u64, print: bool) -> Self {
        let dice = chance::stream(seed, "weather");
        let setup = Setup {
            own_nodes: if once_in(&dice, 3) { 1 + dice.below(3) as u16 } else { 0 },
            node_cpu_units: 2048,
            node_memory_mib: 4096,
            keep_tasks_ms: if once_in(&dice, 2) {
                500
            } else {
                ForgetTasks::default().after_ms
            },
            retire_ms: *one_of(&dice, &[0, 60_000]),
            keep_inactive_ms: *one_of(&dice, &[2_000, 7 * 24 * 3600 * 1000]),
            history: history(&dice),
            ring_commits: *one_of(&dice, &[4, 65_536]),
            tasks: *one_of(
                &dice,
                &[
                    Tasks::default(),
                    Tasks {
                        start_ms: 0,
                        stop_ms: 300,
                    },
                ],
            ),
        };
        let disk = MemoryBackend::new().with_history(setup.history.clone());
        let disk = if once_in(&dice, 2) {
            disk.with_small_files()
        } else {
            disk
        };
        let conflicts = once_in(&dice, 2);
        let sometimes = |often: u64| if once_in(&dice, 2) { often } else { 0 };
        let weather = Weather {
            turn: *one_of(&dice, &[200, 400]),
            disk: *one_of(&dice, &[30, 150]),
            ask: *one_of(&dice, &[100, 250]),
            time: *one_of(&dice, &[20, 80]),
            node: 60,
            clock: sometimes(3),
            death: sometimes(4),
            broken_disk: sometimes(2),
        };
        Storm {
            world: World::new(seed, setup, disk, conflicts, print),
            clients: Clients::new(seed),
            dice,
            weather,
            away: Vec::new(),
            moves: 0,
            deaths: 0,
        }
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
        }
    }

    /// One move of the storm.
    fn blow(&mut self) {
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

    fn die(&mut self, death: Death) {
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
    fn nodes(&self) -> Vec<Node> {
        let Some(server) = &self.world.server else {
            return Vec::new();
        };
        let snapshot = server.store().snapshot();
        let stays = |node: &Node| matches!(node.status, NodeStatus::Active | NodeStatus::Draining);
        let nodes = snapshot.scan::<Node>(&Key::all()).filter(|node| stays(node));
        nodes.map(|node| (*node).clone()).collect()
    }

    /// The weather clears: the server runs, all nodes are there, nobody asks for anything new.
    fn calm(&mut self) {
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
    fn check_rest(&mut self) {
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
        for breach in broken {
            self.world.breach(breach);
        }
    }
}
