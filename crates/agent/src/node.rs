//! The node's loop: facts and assignments in, steps and reports out. One task of the runtime owns all works; whatever
//! takes time is carried out beside it and comes back as a fact.

use crate::hands::{Came, Ended, Found, Hands};
use crate::journal::Journal;
use crate::next::{Step, next};
use crate::outbox::Outbox;
use crate::report::report;
use crate::seen::Fact;
use crate::work::{Stage, Work};
use base::{Clock, Dice, Timestamp};
use link::{Assign, Assignment, Phase, TaskReport, Vpc};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

/// What the loop is told.
#[derive(Debug)]
pub enum Told {
    Fact(String, Fact),
    Assign(Assign),
    /// The server has these reports.
    Acknowledged(Vec<TaskReport>),
    /// A session was opened: everything is to be told anew. The VPC is as the server says now, if it says so.
    Connected(Option<Vpc>),
}

/// The way to the loop. Facts never wait, so the queue has no bound of its own: what can be in it is bounded by the
/// number of parts on the node.
pub type Ear = mpsc::UnboundedSender<Told>;

pub struct Node<H> {
    hands: Arc<H>,
    journal: Journal,
    clock: Arc<dyn Clock>,
    /// What the clock last said, and when that was by one that nobody sets.
    was: (Timestamp, Instant),
    dice: Arc<dyn Dice>,
    outbox: Arc<Outbox>,
    works: BTreeMap<String, Entry>,
    ear: Ear,
    told: mpsc::UnboundedReceiver<Told>,
    doing: JoinSet<()>,
    generation: u64,
    /// Everything that is on the node, for those who answer questions about it.
    seen: Arc<watch::Sender<Arc<Works>>>,
}

/// A look at all works.
pub type Works = BTreeMap<String, Arc<Work>>;

struct Entry {
    work: Arc<Work>,
    look_at: Option<Timestamp>,
    /// What was last told, so that only news is.
    said: Option<TaskReport>,
    pulls: BTreeMap<usize, AbortHandle>,
}

impl Entry {
    fn of(work: Work) -> Entry {
        Entry {
            work: Arc::new(work),
            look_at: None,
            said: None,
            pulls: BTreeMap::new(),
        }
    }
}

impl<H: Hands> Node<H> {
    /// Reads the journal and looks at the machine: what runs is taken up again, what belongs to nobody is removed.
    pub async fn open(
        hands: Arc<H>,
        journal: Journal,
        clock: Arc<dyn Clock>,
        dice: Arc<dyn Dice>,
    ) -> io::Result<Node<H>> {
        let (ear, told) = mpsc::unbounded_channel();
        let mut node = Node {
            hands,
            was: (clock.now(), Instant::now()),
            clock,
            dice,
            outbox: Arc::new(Outbox::default()),
            works: BTreeMap::new(),
            ear,
            told,
            doing: JoinSet::new(),
            generation: 0,
            seen: Arc::new(watch::Sender::new(Arc::default())),
            journal,
        };
        let (works, bad) = node.journal.read()?;
        for path in bad {
            tracing::warn!(file = %path.display(), "a file of the node's journal cannot be read; its task counts as vanished");
        }
        for mut work in works {
            work.woke(node.clock.now());
            node.take_up(work).await;
        }
        let all = node.works.values().map(|entry| Arc::clone(&entry.work)).collect();
        Arc::clone(&node.hands).sweep(all).await;
        node.publish();
        Ok(node)
    }

    pub fn ear(&self) -> Ear {
        self.ear.clone()
    }

    pub fn outbox(&self) -> Arc<Outbox> {
        Arc::clone(&self.outbox)
    }

    pub fn works(&self) -> watch::Receiver<Arc<Works>> {
        self.seen.subscribe()
    }

    async fn take_up(&mut self, mut work: Work) {
        let now = self.clock.now();
        for part in 0..work.parts.len() {
            let (stage, run) = (work.parts[part].stage, work.parts[part].restarts);
            if matches!(stage, Stage::Starting | Stage::Running) {
                match Arc::clone(&self.hands).look(Arc::new(work.clone()), part).await {
                    Found::Runs(came) => {
                        work.saw(started(part, came), now);
                        self.attend(&Arc::new(work.clone()), part);
                    }
                    Found::Ended(came, ended) => {
                        work.saw(started(part, came), now);
                        work.saw(exited(part, run, ended), now);
                    }
                    Found::Nothing if stage == Stage::Starting => work.never_started(part),
                    Found::Nothing => {
                        let unknown = Ended {
                            at: now,
                            ..Ended::default()
                        };
                        work.saw(exited(part, run, unknown), now);
                    }
                }
            }
            for run in work.parts[part].unheard.clone() {
                self.listen(&work, part, run);
            }
        }
        self.works.insert(work.key().to_string(), Entry::of(work));
    }

    /// Runs until `stopped` says so. Containers go on.
    pub async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let keys: Vec<String> = self.works.keys().cloned().collect();
        for key in keys {
            self.advance(&key);
        }
        self.publish();
        loop {
            let now = self.now();
            let look_at = self.works.values().filter_map(|entry| entry.look_at).min();
            let wait = look_at.map(|at| at.since(now).max(0).unsigned_abs());
            tokio::select! {
                biased; // the same news in the same order must give the same steps
                _ = stopped.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(Duration::from_millis(wait.unwrap_or(0))), if wait.is_some() => self.look(),
                Some(told) = self.told.recv() => self.hear(told),
                Some(done) = self.doing.join_next() => if let Err(error) = done && error.is_panic() {
                    tracing::error!(%error, "a step could not be carried out");
                },
            }
        }
    }

    fn hear(&mut self, told: Told) {
        let mut dirty = BTreeSet::new();
        self.take(told, &mut dirty);
        // What else is there already is taken together: one report may then tell all of it.
        while let Ok(told) = self.told.try_recv() {
            self.take(told, &mut dirty);
        }
        for key in dirty {
            self.advance(&key);
        }
        self.publish();
    }

    fn take(&mut self, told: Told, dirty: &mut BTreeSet<String>) {
        let now = self.now();
        match told {
            Told::Fact(key, fact) => {
                if let Some(entry) = self.works.get_mut(&key) {
                    if let Fact::Pulled { part, .. } | Fact::NotPulled { part, .. } = &fact {
                        entry.pulls.remove(part);
                    }
                    let came = if let Fact::Started { part, .. } = &fact {
                        Some(*part)
                    } else {
                        None
                    };
                    Arc::make_mut(&mut entry.work).saw(fact, now);
                    if let Some(part) = came {
                        let work = Arc::clone(&entry.work);
                        self.attend(&work, part);
                        self.listen(&work, part, work.parts[part].restarts);
                    }
                    dirty.insert(key);
                }
            }
            Told::Assign(assign) => self.assign(assign, dirty),
            Told::Acknowledged(reports) => {
                for report in reports.iter().filter(|r| r.phase == Some(Phase::Stopped)) {
                    self.forget(&report.key);
                }
            }
            Told::Connected(vpc) => {
                if let Some(vpc) = vpc {
                    self.hands.learn(&vpc);
                }
                for entry in self.works.values_mut() {
                    entry.said = None;
                }
                dirty.extend(self.works.keys().cloned());
            }
        }
    }

    fn assign(&mut self, assign: Assign, dirty: &mut BTreeSet<String>) {
        if assign.to.is_some_and(|to| to != self.generation) {
            tracing::error!(
                has = self.generation,
                wants = assign.to,
                "an assignment names a generation that this node does not have"
            );
            self.outbox.start_over();
            return;
        }
        let now = self.now();
        self.generation = assign.generation;
        if assign.to.is_none() || !assign.away.is_empty() {
            self.hands.away(assign.to.is_none(), assign.away);
        }
        if assign.to.is_none() {
            let named: BTreeSet<&String> = assign.tasks.iter().map(|task| &task.key).chain(&assign.keep).collect();
            for (key, entry) in &mut self.works {
                if !named.contains(key) {
                    Arc::make_mut(&mut entry.work).saw(Fact::Abandoned { at: now }, now);
                    dirty.insert(key.clone());
                }
            }
        }
        for task in assign.tasks {
            dirty.insert(task.key.clone());
            self.given(task, now);
        }
        for key in assign.stop {
            self.tell(key, Fact::AskedToStop { at: now }, now, dirty);
        }
        for key in assign.gone {
            self.tell(key, Fact::Abandoned { at: now }, now, dirty);
        }
    }

    fn tell(&mut self, key: String, fact: Fact, now: Timestamp, dirty: &mut BTreeSet<String>) {
        if let Some(entry) = self.works.get_mut(&key) {
            Arc::make_mut(&mut entry.work).saw(fact, now);
            dirty.insert(key);
        }
    }

    fn given(&mut self, task: Assignment, now: Timestamp) {
        let stop = task.stop;
        let entry = self.works.entry(task.key.clone()).or_insert_with(|| {
            let (id, dice) = (task.id.clone(), &self.dice);
            let known = task.known;
            let mut work = Work::new(task, || {
                let digits = dice.text(10, b"0123456789");
                (format!("{id}-{digits}"), dice.uuid())
            });
            if known {
                work.vanish(now);
            }
            Entry::of(work)
        });
        // Whoever gives it waits for its report, whatever was said before.
        if entry.work.abandoned {
            Arc::make_mut(&mut entry.work).abandoned = false;
        }
        if stop {
            Arc::make_mut(&mut entry.work).saw(Fact::AskedToStop { at: now }, now);
        }
    }

    fn look(&mut self) {
        let now = self.now();
        let due: Vec<String> = self
            .works
            .iter()
            .filter(|(_, entry)| entry.look_at.is_some_and(|at| at <= now))
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            self.advance(&key);
        }
        self.publish();
    }

    /// Decides, writes down, does, tells.
    fn advance(&mut self, key: &str) {
        let now = self.now();
        let Some(entry) = self.works.get_mut(key) else { return };
        let before = Arc::clone(&entry.work);
        let decided = next(Arc::make_mut(&mut entry.work), now);
        entry.look_at = decided.look_at;
        let work = Arc::clone(&entry.work);
        if let Err(error) = self.journal.keep(&work) {
            tracing::error!(%error, task = key, "the node's journal cannot be written; trying again");
            // Nothing is done that is not written down.
            entry.work = before;
            entry.look_at = Some(now.plus_millis(JOURNAL_AGAIN_MS));
            return;
        }
        self.hands.changed(&work);
        for step in decided.steps {
            self.carry_out(&work, step);
        }
        if work.abandoned && work.cleared {
            self.forget(key);
            return;
        }
        let report = report(&work);
        let entry = self.works.get_mut(key).expect("it was here a moment ago");
        if entry.said.as_ref() != Some(&report) {
            entry.said = Some(report.clone());
            self.outbox.put(report);
        }
    }

    fn carry_out(&mut self, work: &Arc<Work>, step: Step) {
        let (hands, ear, key) = (Arc::clone(&self.hands), self.ear.clone(), work.key().to_string());
        let mine = Arc::clone(work);
        let say = move |fact| drop(ear.send(Told::Fact(key, fact)));
        match step {
            Step::Pull(part) => {
                let pull = self.doing.spawn(async move {
                    say(match hands.pull(mine, part).await {
                        Ok(image) => Fact::Pulled { part, image },
                        Err(reason) => Fact::NotPulled { part, reason },
                    });
                });
                let entry = self.works.get_mut(work.key()).expect("its work is being advanced");
                entry.pulls.insert(part, pull);
            }
            Step::CancelPull(part) => {
                let entry = self.works.get_mut(work.key()).expect("its work is being advanced");
                if let Some(pull) = entry.pulls.remove(&part) {
                    pull.abort();
                }
                say(Fact::NotPulled {
                    part,
                    reason: "TaskStoppedBeforePullBeginError: Task stopped before image pull could begin for task"
                        .to_string(),
                });
            }
            Step::Network => drop(self.doing.spawn(async move {
                say(match hands.network(mine).await {
                    Ok(()) => Fact::NetworkUp,
                    Err(reason) => Fact::NoNetwork { reason },
                });
            })),
            Step::Start(part) => drop(self.doing.spawn(async move {
                say(match hands.start(mine, part).await {
                    Ok(came) => started(part, came),
                    Err(not) => Fact::NotStarted {
                        part,
                        reason: not.reason,
                        exit_code: not.exit_code,
                    },
                });
            })),
            Step::Signal(part) => drop(self.doing.spawn(hands.signal(mine, part))),
            Step::Kill(part) => drop(self.doing.spawn(hands.kill(mine, part))),
            Step::Check(part) => drop(self.doing.spawn(async move {
                let run = mine.parts[part].restarts;
                let result = hands.check(mine, part).await;
                say(Fact::Checked { part, run, result });
            })),
            Step::Clear => drop(self.doing.spawn(async move {
                hands.clear(mine).await;
                say(Fact::Cleared);
            })),
        }
    }

    /// Waits for the end of a container that was found running.
    fn attend(&mut self, work: &Arc<Work>, part: usize) {
        let (hands, ear, work) = (Arc::clone(&self.hands), self.ear.clone(), Arc::clone(work));
        self.doing.spawn(async move {
            let key = work.key().to_string();
            let run = work.parts[part].restarts;
            let ended = hands.ended(work, part).await;
            drop(ear.send(Told::Fact(key, exited(part, run, ended))));
        });
    }

    /// Has what a run says passed on. The hands see the work as it was in that run.
    fn listen(&mut self, work: &Work, part: usize, run: u32) {
        let (hands, ear, mut work) = (Arc::clone(&self.hands), self.ear.clone(), work.clone());
        work.parts[part].restarts = run;
        self.doing.spawn(async move {
            let key = work.key().to_string();
            hands.logs(Arc::new(work), part).await;
            drop(ear.send(Told::Fact(key, Fact::LogsDone { part, run })));
        });
    }

    /// The time. When the machine's clock was set, what is waited for moves with it.
    fn now(&mut self) -> Timestamp {
        let (now, steady) = (self.clock.now(), Instant::now());
        let (then, steady_then) = std::mem::replace(&mut self.was, (now, steady));
        let passed = i64::try_from(steady.duration_since(steady_then).as_millis()).unwrap_or(i64::MAX);
        let stepped = now.since(then.plus_millis(passed));
        if stepped.abs() >= CLOCK_STEP_MS {
            tracing::warn!(by_ms = stepped, "the machine's clock was set");
            for entry in self.works.values_mut() {
                Arc::make_mut(&mut entry.work).clock_stepped(stepped);
                entry.look_at = entry.look_at.map(|at| at.plus_millis(stepped));
            }
        }
        now
    }

    fn forget(&mut self, key: &str) {
        let Some(entry) = self.works.remove(key) else { return };
        self.hands.forgotten(&entry.work);
        if let Err(error) = self.journal.forget(&entry.work) {
            tracing::error!(%error, task = key, "the node's journal cannot be written");
        }
    }

    fn publish(&self) {
        let all = self
            .works
            .iter()
            .map(|(key, entry)| (key.clone(), Arc::clone(&entry.work)));
        self.seen.send_replace(Arc::new(all.collect()));
    }
}

/// How long until a journal that could not be written is tried again.
const JOURNAL_AGAIN_MS: i64 = 1_000;

/// A clock that differs by this much from the time that passed was set; by less, it is being corrected as it goes.
const CLOCK_STEP_MS: i64 = 1_000;

fn started(part: usize, came: Came) -> Fact {
    Fact::Started {
        part,
        at: came.at,
        ports: came.ports,
        address: came.address,
    }
}

fn exited(part: usize, run: u32, ended: Ended) -> Fact {
    Fact::Exited {
        part,
        run,
        at: ended.at,
        code: ended.code,
        out_of_memory: ended.out_of_memory,
    }
}
