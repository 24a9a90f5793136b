//! One machine with one Gantry on it: its disk, its clock, its server while it lives, and what can happen to them.
//!
//! Every public move does one thing and then looks at what came of it: what the rooms logged, what was published,
//! whether every law still holds.

use crate::chance;
use crate::executor::Executor;
use crate::laws::Breach;
use crate::logs;
use crate::news;
use crate::published::Published;
use crate::server::{Server, Setup};
use crate::trace::Trace;
use base::{Clock, Dice, ManualClock, SeededDice, Timestamp};
use model::{Node, invariants};
use services::Services;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use store::{HistoryLimits, Key, Lagged, MemoryBackend, Record, Revision, StoreError};
use wire::codec::json;
use wire::{Fault, Operation, Service, Shape};

/// 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp(1_767_225_600_000);

/// More turns than anything honest takes before it rests.
const MOST_TURNS: usize = 200_000;

/// What a request came to.
pub struct Answer {
    pub request: u64,
    pub operation: &'static Operation,
    pub outcome: Result<Box<dyn Shape>, Fault>,
}

/// How a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// kill -9: what was written is there, synced or not.
    Killed,
    /// The power goes: of what is not synced some is lost, and some is torn.
    PowerCut,
}

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
        World {
            setup,
            server: None,
            published: Published::default(),
            trace: Trace::new(print),
            breaches: Vec::new(),
            clock: ManualClock::at(START),
            disk_trouble: false,
            disk_held: false,
            sessions: BTreeSet::new(),
            executor: Executor::default(),
            disk,
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
}

// The server.
impl World {
    /// Starts the server; `false` when its store did not open.
    pub fn start(&mut self) -> bool {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let (dice, conflicts) = (Arc::clone(&self.dice), self.conflicts.clone());
        match Server::start(
            self.disk.clone(),
            &self.setup,
            clock,
            dice,
            conflicts,
            &mut self.executor,
        ) {
            Ok(server) => {
                let snapshot = server.store().snapshot();
                self.say("server", &format!("starts at revision {}", snapshot.revision()));
                for breach in self.published.recovered(&snapshot) {
                    self.breach(breach);
                }
                self.server = Some(server);
                self.look();
                true
            }
            Err(error) => {
                self.say("server", &format!("does not start: {error}"));
                if !self.disk_trouble {
                    self.breach(Breach::new("a store opens again after a crash", format!("{error:?}")));
                }
                self.executor.kill_all();
                false
            }
        }
    }

    pub fn die(&mut self, death: Death) {
        if self.server.is_none() {
            return;
        }
        match death {
            Death::Killed => self.say("server", "is killed"),
            Death::PowerCut => {
                let crash = self.disk.crash(&self.crash_dice);
                let what = format!(
                    "loses power: kept {}, lost {}, torn {} bytes",
                    crash.kept, crash.lost, crash.torn
                );
                self.say("server", &what);
            }
        }
        self.server = None;
        self.sessions.clear();
        self.executor.kill_all();
        logs::heard();
    }

    /// One turn of one of those that are ready.
    pub fn poll(&mut self, nth: usize) {
        self.executor.poll(nth);
        self.look();
    }

    /// One move of the disk; `false` when it has nothing to do.
    pub fn disk_moves(&mut self) -> bool {
        let moved = self.server.as_mut().and_then(Server::disk_moves);
        if let Some(what) = moved {
            self.trace.say(self.elapsed_ms, "disk", format_args!("{what}"));
            self.look();
        }
        moved.is_some()
    }

    /// After so many more operations, one of the disk's fails.
    pub fn break_disk(&mut self, after: u64) {
        self.say("disk", &format!("will fail after {after} operations"));
        self.disk.fail_after(after, io::ErrorKind::StorageFull);
        self.disk_trouble = true;
    }

    /// The operator puts the disk right; a server whose disk failed writes again only after it was started anew.
    pub fn mend_disk(&mut self) {
        if self.disk_trouble {
            self.say("disk", "is mended");
            self.disk.fail_after(u64::MAX, io::ErrorKind::StorageFull);
            self.disk_trouble = false;
        }
    }
}

// Time.
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

// Who wants something.
impl World {
    /// Sends a request. Its answer comes by [`World::take_answers`], unless the server dies before.
    pub fn request(
        &mut self,
        who: &str,
        service: &'static Service,
        operation: &'static Operation,
        input: Box<dyn Shape>,
    ) -> Option<u64> {
        let server = self.server.as_ref().filter(|server| server.is_open())?;
        self.requests += 1;
        let request = self.requests;
        let text = format!("#{request} {} {}", operation.name, shown(&*input));
        let answers = Rc::clone(&self.answers);
        let answer = services().call(service, operation, server.ctx.clone(), input);
        self.executor.spawn(async move {
            let outcome = answer.await;
            answers.borrow_mut().push(Answer {
                request,
                operation,
                outcome,
            });
        });
        self.say(who, &text);
        Some(request)
    }

    /// A node's session opens or ends.
    pub fn connect(&mut self, cluster: &str, id: &str, connected: bool) {
        let Some(server) = &self.server else { return };
        let (store, key) = (server.store().clone(), Node::key_of(cluster, id));
        if connected {
            self.sessions.insert(key.clone());
        }
        let word = if connected { "connects" } else { "goes away" };
        self.trace
            .say(self.elapsed_ms, "node", format_args!("{} {word}", news::short(id)));
        self.executor.spawn(async move {
            let written = store.write(move |tx| {
                if let Some(node) = tx.get::<Node>(&key).filter(|node| node.connected != connected) {
                    tx.put(Node {
                        connected,
                        version: node.version + 1,
                        ..(*node).clone()
                    });
                }
                Ok::<_, StoreError>(())
            });
            let _ = written.await; // whoever cares asks the node again
        });
    }

    /// Somebody asks what became of a task; `which` chooses it.
    pub fn look_back(&mut self, which: u64) {
        let Some(server) = self.server.as_ref().filter(|_| !self.disk_trouble) else {
            return;
        };
        let all = self.setup.history.keep == HistoryLimits::default().keep;
        if let Some(breach) = self.published.look_back(server.store(), which, all) {
            self.breach(breach);
        }
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
                self.breach(Breach::new(broken.law, broken.at));
            }
            if self.is_open() && self.setup.own_nodes == 0 {
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
