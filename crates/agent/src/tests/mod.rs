//! Tests of the whole room on a pretended machine: a stage with a server, a machine and an agent that can be killed.

mod clock;
mod essential;
mod facts;
mod order;
mod recovery;
mod restart;
mod stop;
mod weather;

use crate::testing::{Deed, Machine, Pretended};
use crate::{Journal, Node, Outbox, Told, Work, Works};
use base::SeededDice;
use link::{Assign, Assignment, ContainerReport, Phase, TaskReport};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longer than anything that is waited for.
const PATIENCE: Duration = Duration::from_secs(3600);

pub(crate) struct Stage {
    pub machine: Arc<Machine>,
    seed: u64,
    most_ms: u64,
    dir: PathBuf,
    agent: Option<Agent>,
    generation: u64,
    /// What the server has the node do; without what it knows to have stopped.
    pub given: BTreeMap<String, Assignment>,
    /// Everything that the server made durable, in order.
    pub heard: Vec<TaskReport>,
}

struct Agent {
    ear: crate::Ear,
    outbox: Arc<Outbox>,
    connected: bool,
    works: watch::Receiver<Arc<Works>>,
    running: JoinHandle<()>,
    _go: watch::Sender<bool>,
}

/// What becomes of a message to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Through,
    /// It was taken in, and the answer was lost.
    AnswerLost,
    Lost,
}

impl Stage {
    pub async fn new() -> Stage {
        Stage::with(1, 0).await
    }

    /// Steps take up to twice `most_ms`.
    pub async fn with(seed: u64, most_ms: u64) -> Stage {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("gantry-agent-{}-{number}", std::process::id()));
        let mut stage = Stage {
            machine: Arc::new(Machine::new()),
            seed,
            most_ms,
            dir,
            agent: None,
            generation: 0,
            given: BTreeMap::new(),
            heard: Vec::new(),
        };
        stage.open().await;
        stage.connect();
        stage
    }

    /// A stage with one task on it.
    pub async fn of(task: Assignment) -> Stage {
        let mut stage = Stage::new().await;
        stage.give(task);
        stage
    }

    pub async fn open(&mut self) {
        self.seed += 1;
        let dice = Arc::new(SeededDice::new(self.seed));
        let hands = Pretended::on(Arc::clone(&self.machine), dice.clone(), self.most_ms);
        let journal = Journal::open(&self.dir).unwrap();
        let node = Node::open(hands, journal, self.machine.clock(), dice).await.unwrap();
        let (go, stopped) = watch::channel(false);
        self.agent = Some(Agent {
            ear: node.ear(),
            outbox: node.outbox(),
            connected: false,
            works: node.works(),
            running: tokio::spawn(node.run(stopped)),
            _go: go,
        });
    }

    pub async fn kill(&mut self) {
        if let Some(agent) = self.agent.take() {
            agent.running.abort();
            drop(agent.running.await);
            // What it had begun is dropped by then, too.
            tokio::task::yield_now().await;
        }
    }

    pub async fn kill_and_reopen(&mut self) {
        self.kill().await;
        self.open().await;
        self.connect();
    }

    /// The disk takes no more, or does again.
    pub fn break_journal(&mut self, broken: bool) {
        let away = self.dir.with_extension("away");
        let (from, to) = if broken { (&self.dir, &away) } else { (&away, &self.dir) };
        // It may be so already.
        drop(std::fs::rename(from, to));
    }

    /// A new session: the full set, in as many messages as there are tasks.
    pub fn connect(&mut self) {
        let Some(agent) = &mut self.agent else { return };
        agent.outbox.hung_up();
        agent.connected = true;
        drop(agent.ear.send(Told::Connected(None)));
        self.generation += 1;
        let mut tasks = self.given.values().cloned();
        let first = Assign {
            generation: self.generation,
            tasks: tasks.next().into_iter().collect(),
            keep: tasks.clone().map(|task| task.key).collect(),
            ..Assign::default()
        };
        drop(agent.ear.send(Told::Assign(first)));
        for task in tasks.collect::<Vec<_>>() {
            self.tell(Assign {
                tasks: vec![task],
                ..Assign::default()
            });
        }
    }

    /// The server has moved on, and the node was not told.
    pub fn miss_a_message(&mut self) {
        self.generation += 1;
    }

    fn tell(&mut self, assign: Assign) {
        let Some(agent) = self.agent.as_ref().filter(|agent| agent.connected) else {
            return;
        };
        let to = Some(self.generation);
        self.generation += 1;
        let generation = self.generation;
        drop(agent.ear.send(Told::Assign(Assign {
            generation,
            to,
            ..assign
        })));
    }

    pub fn give(&mut self, task: Assignment) {
        self.given.insert(task.key.clone(), task.clone());
        self.tell(Assign {
            tasks: vec![task],
            ..Assign::default()
        });
    }

    pub fn stop(&mut self, key: &str) {
        let Some(task) = self.given.get_mut(key) else { return };
        task.stop = true;
        self.tell(Assign {
            stop: vec![key.to_string()],
            ..Assign::default()
        });
    }

    pub fn abandon(&mut self, key: &str) {
        self.given.remove(key);
        self.tell(Assign {
            gone: vec![key.to_string()],
            ..Assign::default()
        });
    }

    /// Takes in what the agent has to tell by now.
    pub async fn hear(&mut self, way: Way) {
        loop {
            let Some(agent) = self.agent.as_ref().filter(|agent| agent.connected) else {
                return;
            };
            let outbox = Arc::clone(&agent.outbox);
            tokio::select! {
                biased;
                (sequence, reports) = outbox.take() => self.got(sequence, reports, way),
                () = tokio::task::yield_now() => return,
            }
        }
    }

    fn got(&mut self, sequence: u64, reports: Vec<TaskReport>, way: Way) {
        let agent = self.agent.as_mut().expect("a message came from it");
        if way != Way::Lost {
            for report in &reports {
                if let Some(task) = self.given.get_mut(&report.key) {
                    task.known = true;
                    if report.phase == Some(Phase::Stopped) {
                        self.given.remove(&report.key);
                    }
                }
            }
            self.heard.extend(reports);
        }
        if way == Way::Through {
            let acknowledged = agent.outbox.acknowledged(sequence);
            drop(agent.ear.send(Told::Acknowledged(acknowledged)));
        } else {
            agent.connected = false;
        }
    }

    /// Waits for a report of the only task that is as wanted.
    pub async fn until(&mut self, wanted: impl Fn(&TaskReport) -> bool) -> TaskReport {
        loop {
            if let Some(last) = self.heard.last().filter(|last| wanted(last)) {
                return last.clone();
            }
            let outbox = Arc::clone(&self.agent.as_ref().expect("it lives").outbox);
            let message = tokio::time::timeout(PATIENCE, outbox.take()).await;
            let (sequence, reports) = message.unwrap_or_else(|_| panic!("nothing more after {:#?}", self.heard.last()));
            self.got(sequence, reports, Way::Through);
        }
    }

    pub async fn phase(&mut self, phase: Phase) -> TaskReport {
        self.until(|report| report.phase == Some(phase)).await
    }

    /// Lets time pass, and takes in what is told.
    pub async fn rest(&mut self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        self.hear(Way::Through).await;
        tokio::task::yield_now().await;
    }

    pub fn works(&self) -> Arc<Works> {
        let agent = self.agent.as_ref().expect("it lives");
        Arc::clone(&agent.works.borrow())
    }

    pub fn work(&self, key: &str) -> Arc<Work> {
        Arc::clone(&self.works()[key])
    }

    /// What was done, but for what comes at any time.
    pub fn deeds(&self) -> Vec<String> {
        let all = self.machine.done().into_iter();
        all.filter_map(|done| match done.deed {
            Deed::Started(run) => Some(format!("{run} starts")),
            Deed::Signalled(run) => Some(format!("{run} is asked")),
            Deed::Killed(run) => Some(format!("{run} is killed")),
            Deed::Ended(run, code) => Some(format!("{run} ends with {code}")),
            Deed::Cleared => Some("cleared".to_string()),
            _ => None,
        })
        .collect()
    }

    /// When a deed was done, in milliseconds.
    pub fn when(&self, deed: impl Fn(&Deed) -> bool) -> u64 {
        let done = self.machine.done();
        done.iter().find(|done| deed(&done.deed)).expect("it was done").at_ms
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.break_journal(false);
        drop(std::fs::remove_dir_all(&self.dir));
    }
}

pub(crate) fn of<'a>(report: &'a TaskReport, name: &str) -> &'a ContainerReport {
    report
        .containers
        .iter()
        .find(|c| c.name == name)
        .expect("the plan has it")
}
