//! One machine with one Gantry on it: its disk, its clock, its server while it lives, and what can happen to them.
//!
//! Every public move does one thing and then looks at what came of it: what the rooms logged, what was published,
//! whether every law still holds.

mod life;
mod time;
mod wants;

pub use life::Death;
pub use wants::Answer;

use crate::chance;
use crate::executor::Executor;
use crate::laws::Breach;
use crate::logs;
use crate::news;
use crate::published::Published;
use crate::server::{Server, Setup};
use crate::trace::Trace;
use base::{Dice, ManualClock, SeededDice, Timestamp};
use images::content::MemoryDisk;
use model::{Node, invariants};
use services::Services;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use store::{Key, Lagged, MemoryBackend, Record, Revision};
use telemetry::Logs;
use wire::Shape;
use wire::codec::json;

/// 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp(1_767_225_600_000);

pub struct World {
    pub setup: Setup,
    pub server: Option<Server>,
    pub published: Published,
    pub trace: Trace,
    /// What was broken so far.
    pub breaches: Vec<Breach>,
    pub clock: ManualClock,
    /// A disk that fails may make anything fail.
    pub disk_trouble: bool,
    /// The disk moves only when it is told to, one move at a time.
    pub disk_held: bool,
    /// Nodes that opened a session in this life of the server.
    sessions: BTreeSet<Key>,
    executor: Executor,
    disk: MemoryBackend,
    /// The bytes of images; on the same disk.
    pub content: MemoryDisk,
    /// Lines of containers; what was acknowledged survives every crash.
    logs: Logs,
    dice: Arc<dyn Dice>,
    conflicts: Option<Arc<dyn Dice>>,
    crash_dice: SeededDice,
    elapsed_ms: u64,
    news: Vec<(u64, String)>,
    answers: Rc<RefCell<Vec<Answer>>>,
    requests: u64,
    checked: Revision,
}

impl World {
    pub fn new(seed: u64, setup: Setup, disk: MemoryBackend, conflicts: bool, print: bool) -> Self {
        let clock = ManualClock::at(START);
        let mut published = Published::default();
        published.services.settle_ms = Some(setup.services.settle_ms);
        World {
            logs: Logs::memory(Arc::new(clock.clone())),
            setup,
            server: None,
            published,
            trace: Trace::new(print),
            breaches: Vec::new(),
            clock,
            disk_trouble: false,
            disk_held: false,
            sessions: BTreeSet::new(),
            executor: Executor::default(),
            disk,
            content: MemoryDisk::default(),
            dice: Arc::new(chance::stream(seed, "services")),
            conflicts: conflicts.then(|| Arc::new(chance::stream(seed, "conflicts")) as Arc<dyn Dice>),
            crash_dice: chance::stream(seed, "crashes"),
            elapsed_ms: 0,
            news: Vec::new(),
            answers: Rc::default(),
            requests: 0,
            checked: Revision(0),
        }
    }

    /// Milliseconds since the beginning, whatever the machine's clock says.
    pub fn elapsed_ms(&self) -> u64 {
        self.elapsed_ms
    }

    pub fn is_open(&self) -> bool {
        self.server.as_ref().is_some_and(Server::is_open)
    }

    pub fn ready(&self) -> usize {
        self.executor.ready()
    }

    pub fn take_answers(&mut self) -> Vec<Answer> {
        self.answers.take()
    }

    /// What a person would tell of the changes since the last call, and when they were published.
    pub fn take_news(&mut self) -> Vec<(u64, String)> {
        std::mem::take(&mut self.news)
    }

    pub fn say(&mut self, who: &str, what: &str) {
        self.trace.say(self.elapsed_ms, who, format_args!("{what}"));
    }

    pub fn breach(&mut self, breach: Breach) {
        self.say("LAW", &format!("{} [{}]", breach.law, breach.at));
        self.breaches.push(breach);
    }

    /// What came of a move.
    fn look(&mut self) {
        for line in logs::heard() {
            self.say("log", &line.text);
            if line.error && !self.disk_trouble {
                self.breach(Breach::new("nobody logs an error while nothing is broken", line.text));
            }
        }
        let Some(mut server) = self.server.take() else { return };
        server.take_up(&mut self.executor);
        loop {
            match server.watch.try_next() {
                Ok(None) => break,
                Ok(Some(commit)) => {
                    self.trace.say(
                        self.elapsed_ms,
                        "commit",
                        format_args!("{} {:?}", commit.rev, commit.changes),
                    );
                    for change in &commit.changes {
                        for news in news::of_change(change) {
                            self.trace.say(self.elapsed_ms, "news", format_args!("{news}"));
                            self.news.push((self.elapsed_ms, news));
                        }
                    }
                    for breach in self.published.commit(&commit) {
                        self.breach(breach);
                    }
                }
                Err(Lagged { .. }) => {
                    let snapshot = server.store().snapshot();
                    self.published.adopt(&snapshot);
                    server.watch = server.store().watch(snapshot.revision());
                }
            }
        }
        let snapshot = server.store().snapshot();
        self.server = Some(server);
        if self.checked != snapshot.revision() {
            self.checked = snapshot.revision();
            for broken in invariants::check(&snapshot) {
                self.breach(Breach::from(broken));
            }
            if self.is_open() && !(self.setup.own_nodes > 0 && self.setup.take_up) {
                let strange = |node: &Node| node.connected && !self.sessions.contains(&node.key());
                let strange = snapshot.scan::<Node>(&Key::all()).find(|node| strange(node));
                if let Some(node) = strange {
                    self.breach(Breach::new("who has no session is not connected", node.id.clone()));
                }
            }
        }
    }
}

/// The shape in compact JSON, as it stands on the wire.
pub fn shown(shape: &dyn Shape) -> String {
    let mut bytes = Vec::new();
    json::write(shape, &mut bytes);
    String::from_utf8(bytes).expect("the codec writes UTF-8")
}

/// The handlers; they keep nothing, so all worlds share them.
pub fn services() -> &'static Services {
    static SERVICES: OnceLock<Services> = OnceLock::new();
    SERVICES.get_or_init(|| Services::all(false))
}
