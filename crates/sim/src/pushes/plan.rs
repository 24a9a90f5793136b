//! What a seed stands for: how the server is set up, and how the weather is.

use super::KeepRegistry;
use super::run::Pushes;
use super::told::Told;
use crate::chance::{self, once_in, one_of};
use crate::server::Setup;
use crate::world::World;
use base::Dice;
use controllers::{ExpireImages, KeepServices};
use registry::Grace;
use std::rc::Rc;
use std::time::Duration;
use store::MemoryBackend;

/// How likely what is, in this seed.
pub struct Weather {
    pub turn: u64,
    pub disk: u64,
    pub wish: u64,
    pub time: u64,
    pub clock: u64,
    pub death: u64,
    pub broken_disk: u64,
}

impl Pushes {
    pub fn new(seed: u64, print: bool) -> Self {
        let dice = chance::stream(seed, "pushes-weather");
        let seconds = |some: &[u64]| Duration::from_secs(*one_of(&dice, some));
        let setup = Setup {
            own_nodes: 2,
            services: KeepServices {
                settle_ms: 500,
                lost_ms: 3_000,
                ..KeepServices::default()
            },
            registry: Some(KeepRegistry {
                grace: Grace {
                    upload: seconds(&[2, 30]),
                    unused: seconds(&[1, 10, 60]),
                },
                collect_every: seconds(&[5, 30]),
                expire: ExpireImages {
                    every_ms: *one_of(&dice, &[1_000, 60_000]),
                },
            }),
            ..Setup::default()
        };
        let disk = MemoryBackend::new();
        let conflicts = once_in(&dice, 2);
        let sometimes = |often: u64| if once_in(&dice, 2) { often } else { 0 };
        let weather = Weather {
            turn: *one_of(&dice, &[400, 600]),
            disk: *one_of(&dice, &[60, 200]),
            wish: *one_of(&dice, &[40, 90]),
            time: *one_of(&dice, &[10, 30]),
            clock: sometimes(2),
            death: sometimes(3),
            broken_disk: sometimes(1),
        };
        Pushes {
            world: World::new(seed, setup, disk, conflicts, print),
            clients: 1 + dice.below(5) as usize,
            wishes: Rc::new(chance::stream(seed, "pushes-wishes")),
            told: Rc::new(Told::default()),
            looker: None,
            dice,
            weather,
            moves: 0,
            deaths: 0,
        }
    }
}
