//! What the machine has and what was done on it. Containers need no agent: how one ends is settled when it starts, is
//! asked to stop or is killed, and comes true as time passes.

use super::script::Script;
use crate::hands::{Came, Ended};
use base::{Clock, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// When the machine came to be.
const EPOCH: Timestamp = Timestamp(1_800_000_000_000);

/// What was done, or happened, to a task, or to a container of it: by its name, with `.1` in its first restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Pulled(String),
    NetworkMade,
    Started(String),
    /// A health check's verdict.
    Checked(String, bool),
    Signalled(String),
    Killed(String),
    Ended(String, i32),
    /// Nobody knows how it ended.
    Lost(String),
    /// There is no trace of it.
    Vanished(String),
    /// All that the run said was passed on.
    Heard(String),
    Clearing,
    Cleared,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub at_ms: u64,
    pub key: String,
    pub deed: Deed,
}

impl Deed {
    /// The run that was started.
    pub fn started(&self) -> Option<&str> {
        match self {
            Deed::Started(run) => Some(run),
            _ => None,
        }
    }

    /// The run that was heard to its end.
    pub fn heard(&self) -> Option<&str> {
        match self {
            Deed::Heard(run) => Some(run),
            _ => None,
        }
    }
}

pub struct Machine {
    born: Instant,
    state: Mutex<State>,
    pub(super) news: Notify,
}

#[derive(Default)]
pub(super) struct State {
    runs: BTreeMap<String, Run>,
    networks: BTreeSet<String>,
    pub(super) network_broken: bool,
    /// How far the clock was set away from the time that passed.
    set_by_ms: i64,
    done: Vec<Done>,
}

pub(super) struct Run {
    key: String,
    label: String,
    pub(super) script: Script,
    began: Instant,
    pub(super) came: Came,
    /// When and with what code it ends, if nothing else happens.
    pub(super) ends: Option<(Instant, i32)>,
    pub(super) ended: Option<Ended>,
}

impl Machine {
    #[allow(clippy::new_without_default)] // it has a birthday
    pub fn new() -> Machine {
        Machine {
            born: Instant::now(),
            state: Mutex::default(),
            news: Notify::new(),
        }
    }

    /// All that was done so far, in order.
    pub fn done(&self) -> Vec<Done> {
        self.lock().done.clone()
    }

    /// The deeds of one task.
    pub fn deeds(&self, key: &str) -> Vec<Deed> {
        let all = self.done();
        all.into_iter().filter(|d| d.key == key).map(|d| d.deed).collect()
    }

    /// Names of what is there: runs, and tasks' networks.
    pub fn has(&self) -> Vec<String> {
        let state = self.lock();
        let networks = state.networks.iter().map(|key| format!("network of {key}"));
        state.runs.keys().cloned().chain(networks).collect()
    }

    /// From now on no network can be made, or it can again.
    pub fn break_network(&self, broken: bool) {
        self.lock().network_broken = broken;
    }

    /// Sets the machine's clock forward, or back.
    pub fn set_clock(&self, by_ms: i64) {
        self.lock().set_by_ms += by_ms;
    }

    /// The processes of a task are killed, keepers and all: nobody will ever know their codes. As after a reboot there
    /// may be no trace of them at all.
    pub fn lose(&self, key: &str, without_a_trace: bool) {
        let at = self.now();
        let mut state = self.lock();
        let running = |run: &Run| run.key == key && run.ended.is_none();
        let names = state
            .runs
            .iter()
            .filter(|(_, run)| running(run))
            .map(|(name, _)| name.clone());
        for name in names.collect::<Vec<_>>() {
            let run = state.runs.get_mut(&name).expect("it was there a moment ago");
            let label = run.label.clone();
            if without_a_trace {
                state.runs.remove(&name);
                self.note(&mut state, key, Deed::Vanished(label));
            } else {
                run.ended = Some(Ended { at, ..Ended::default() });
                self.note(&mut state, key, Deed::Lost(label));
            }
        }
        drop(state);
        self.news.notify_waiters();
    }

    /// The state, with everything come true that was to by now.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        state.come_true(self.born);
        state
    }

    pub(super) fn note(&self, state: &mut State, key: &str, deed: Deed) {
        let at_ms = passed_ms(self.born);
        let key = key.to_string();
        state.done.push(Done { at_ms, key, deed });
    }

    pub(super) fn noted(&self, key: &str, deed: Deed) {
        self.note(&mut self.lock(), key, deed);
    }

    pub(super) fn run_on(&self, state: &mut State, key: &str, name: &str, label: String, script: Script) -> Came {
        let began = Instant::now();
        let came = Came {
            at: EPOCH.plus_millis(passed_ms(self.born) as i64 + state.set_by_ms),
            address: Some("172.31.0.2".to_string()),
            ..Came::default()
        };
        let ends = match script {
            Script::Exits { after_ms, code } => Some((began + Duration::from_millis(after_ms), code)),
            _ => None,
        };
        let run = Run {
            key: key.to_string(),
            label: label.clone(),
            script,
            began,
            came: came.clone(),
            ends,
            ended: None,
        };
        state.runs.insert(name.to_string(), run);
        self.note(state, key, Deed::Started(label));
        came
    }
}

impl State {
    pub(super) fn run(&mut self, name: &str) -> Option<&mut Run> {
        self.runs.get_mut(name)
    }

    pub(super) fn make_network(&mut self, key: &str) {
        self.networks.insert(key.to_string());
    }

    pub(super) fn remove_all_of(&mut self, key: &str) {
        self.runs.retain(|_, run| run.key != key);
        self.networks.remove(key);
    }

    pub(super) fn keys(&self) -> BTreeSet<String> {
        let runs = self.runs.values().map(|run| &run.key);
        runs.chain(&self.networks).cloned().collect()
    }

    fn come_true(&mut self, born: Instant) {
        let now = Instant::now();
        let over = |run: &Run| run.ends.filter(|(at, _)| *at <= now && run.ended.is_none());
        let mut due: Vec<(Instant, String, i32)> = self
            .runs
            .iter()
            .filter_map(|(name, run)| over(run).map(|(at, code)| (at, name.clone(), code)))
            .collect();
        due.sort();
        for (at, name, code) in due {
            let at_ms = at.duration_since(born).as_millis() as u64;
            let wall = EPOCH.plus_millis(at_ms as i64 + self.set_by_ms);
            let run = self.runs.get_mut(&name).expect("it was due a moment ago");
            run.ended = Some(Ended {
                at: wall,
                code: Some(code),
                out_of_memory: false,
            });
            let (key, deed) = (run.key.clone(), Deed::Ended(run.label.clone(), code));
            self.done.push(Done { at_ms, key, deed });
        }
    }
}

impl Run {
    pub(super) fn ran_ms(&self) -> u64 {
        passed_ms(self.began)
    }

    /// It ends now, if it has not.
    pub(super) fn end(&mut self, code: i32) {
        if self.ended.is_none() {
            self.ends = Some((Instant::now(), code));
        }
    }
}

fn passed_ms(since: Instant) -> u64 {
    Instant::now().duration_since(since).as_millis() as u64
}

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        EPOCH.plus_millis(passed_ms(self.born) as i64 + self.lock().set_by_ms)
    }
}

impl Machine {
    pub fn clock(self: &Arc<Machine>) -> Arc<dyn Clock> {
        Arc::clone(self) as Arc<dyn Clock>
    }
}
