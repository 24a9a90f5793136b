//! What a seed stands for: how the server is set up, and how the weather is.

use super::Storm;
use crate::chance::{self, once_in, one_of};
use crate::clients::Clients;
use crate::server::Setup;
use crate::world::World;
use base::Dice;
use controllers::{ForgetTasks, KeepServices};
use fleet::simulated::Tasks;
use std::time::Duration;
use store::{HistoryLimits, MemoryBackend};

/// How likely what is, in this seed.
pub struct Weather {
    pub turn: u64,
    pub disk: u64,
    pub ask: u64,
    pub time: u64,
    pub node: u64,
    pub clock: u64,
    pub death: u64,
    pub broken_disk: u64,
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
    pub fn new(seed: u64, print: bool) -> Self {
        let dice = chance::stream(seed, "weather");
        let setup = Setup {
            own_nodes: if once_in(&dice, 3) { 1 + dice.below(3) as u16 } else { 0 },
            take_up: once_in(&dice, 2),
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
            services: KeepServices {
                settle_ms: *one_of(&dice, &[0, 500, 5_000]),
                lost_ms: *one_of(&dice, &[3_000, 60_000]),
                batch: *one_of(&dice, &[2, 250]),
                board: None,
            },
            registry: None,
            tasks: *one_of(
                &dice,
                &[
                    Tasks::default(),
                    Tasks {
                        start_ms: 0,
                        stop_ms: 300,
                        at_once: 1,
                    },
                ],
            ),
        };
        let disk = MemoryBackend::new();
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
}
