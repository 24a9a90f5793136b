//! Facts: what came of a step, or what the machine was seen to have. Taking one in twice changes nothing more.

use crate::health::Checked;
use crate::reasons::{self, cut};
use crate::work::{Code, Ending, ImageFacts, Network, Stage, Work};
use base::Timestamp;
use link::PortBinding;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Pulled {
        part: usize,
        image: ImageFacts,
    },
    /// `CannotPullContainerError: ..`
    NotPulled {
        part: usize,
        reason: String,
    },
    NetworkUp,
    /// `ResourceInitializationError: ..`, `ContainerNetworkingError: ..`
    NoNetwork {
        reason: String,
    },
    Started {
        part: usize,
        at: Timestamp,
        ports: Vec<PortBinding>,
        address: Option<String>,
    },
    /// `CannotStartContainerError: ..`, `CannotCreateContainerError: ..`
    NotStarted {
        part: usize,
        reason: String,
        /// What the command's absence looks like from outside: 126 or 127, as shells have it.
        exit_code: Option<i32>,
    },
    Exited {
        part: usize,
        /// After how many restarts.
        run: u32,
        at: Timestamp,
        /// `None` when nobody can know: its keeper was killed too.
        code: Option<i32>,
        out_of_memory: bool,
    },
    Checked {
        part: usize,
        run: u32,
        result: Checked,
    },
    /// What the part said has been passed on, to the last byte.
    LogsDone {
        part: usize,
        run: u32,
    },
    Cleared,
    /// The server wants it to stop.
    AskedToStop {
        at: Timestamp,
    },
    /// The server does not know it any more.
    Abandoned {
        at: Timestamp,
    },
}

impl Work {
    pub fn saw(&mut self, fact: Fact, now: Timestamp) {
        match fact {
            Fact::Pulled { part, image } => {
                self.parts[part].image = Some(image);
                if self.parts[part].stage == Stage::Pulling {
                    self.parts[part].stage = Stage::Pulled;
                }
                if self.parts.iter().all(|p| p.image.is_some()) {
                    self.pull_stopped_at.get_or_insert(now);
                }
            }
            Fact::NotPulled { part, reason } => {
                if self.parts[part].stage == Stage::Pulling {
                    self.fail(part, &reason, None);
                }
                self.pull_stopped_at.get_or_insert(now);
            }
            Fact::NetworkUp => self.network = Network::Up,
            Fact::NoNetwork { reason } => self.network = Network::Failed(cut(&reason)),
            Fact::Started {
                part,
                at,
                ports,
                address,
            } => self.started(part, at, ports, address),
            Fact::NotStarted {
                part,
                reason,
                exit_code,
            } => {
                if self.parts[part].stage == Stage::Starting {
                    self.fail(part, &reason, exit_code);
                }
            }
            Fact::Exited {
                part,
                run,
                at,
                code,
                out_of_memory,
            } if run == self.parts[part].restarts => self.exited(part, at, code, out_of_memory),
            Fact::Checked { part, run, result } if run == self.parts[part].restarts => {
                self.parts[part].checking = false;
                if let (Some(check), Some(started_at)) = (self.check(part).cloned(), self.parts[part].started_at) {
                    self.parts[part].health.heard(&check, started_at, result);
                }
            }
            // Of a run before the present one: it says nothing about what runs now.
            Fact::Exited { .. } | Fact::Checked { .. } => {}
            Fact::LogsDone { part, run } => self.parts[part].unheard.retain(|unheard| *unheard != run),
            Fact::Cleared => self.cleared = true,
            Fact::AskedToStop { at } => drop(self.asked_to_stop.get_or_insert(at)),
            Fact::Abandoned { at } => {
                self.abandoned = true;
                self.asked_to_stop.get_or_insert(at);
            }
        }
    }

    /// The agent is new: what was under way is not any more. The machine is asked what there is, and facts say it.
    pub fn woke(&mut self, now: Timestamp) {
        self.clearing = false;
        for part in &mut self.parts {
            (part.checking, part.cancelled, part.signalled) = (false, false, false);
            if part.stage == Stage::Pulling {
                part.stage = Stage::Waiting;
            }
            // The clock may have been set back meanwhile; what is waited for must not be waited for longer because of it.
            for at in [&mut part.started_at, &mut part.told_to_stop, &mut part.killed] {
                *at = at.map(|at| at.min(now));
            }
            part.health.not_after(now);
        }
        if self.network == Network::BeingMade {
            self.network = Network::Wanted;
        }
    }

    /// The server knows of a task that this node has no memory of: it ran, and whatever ran is gone.
    pub fn vanish(&mut self, now: Timestamp) {
        let reason = "ContainerVanishedError: the node no longer has the task's containers";
        for part in &mut self.parts {
            part.stage = Stage::Over;
            part.reason = Some(reason.to_string());
        }
        self.ending = Some(Ending {
            at: now,
            code: Some(Code::EssentialExited),
            reason: Some(reason.to_string()),
        });
    }

    /// The machine has no trace of a part that was to be started: it never was.
    pub fn never_started(&mut self, part: usize) {
        let part = &mut self.parts[part];
        if part.stage == Stage::Starting {
            part.stage = if part.has_run() {
                Stage::Restarting
            } else {
                Stage::Pulled
            };
        }
    }

    /// The machine's clock was set forward, or back: what is waited for comes neither sooner nor later because of it.
    pub fn clock_stepped(&mut self, by_ms: i64) {
        for part in &mut self.parts {
            for at in [&mut part.started_at, &mut part.told_to_stop, &mut part.killed] {
                *at = at.map(|at| at.plus_millis(by_ms));
            }
            part.health.clock_stepped(by_ms);
        }
    }

    fn started(&mut self, part: usize, at: Timestamp, ports: Vec<PortBinding>, address: Option<String>) {
        let state = &mut self.parts[part];
        if state.stage == Stage::Starting {
            state.stage = Stage::Running;
            state.started_at = Some(at);
            state.ports = ports;
            state.address = address;
            state.unheard.push(state.restarts);
        }
    }

    fn exited(&mut self, part: usize, at: Timestamp, code: Option<i32>, out_of_memory: bool) {
        if self.parts[part].stage != Stage::Running {
            return;
        }
        let restarts = self.restarts(part, at, code);
        let state = &mut self.parts[part];
        state.finished_at = Some(at);
        state.exit_code = code;
        state.checking = false;
        state.reason = match code {
            _ if out_of_memory => Some(reasons::OUT_OF_MEMORY.to_string()),
            None => {
                Some("ContainerVanishedError: the container's keeper was killed, and the container with it".to_string())
            }
            Some(_) => None,
        };
        if restarts {
            state.stage = Stage::Restarting;
            state.restarts += 1;
            state.health.restart();
            return;
        }
        state.stage = Stage::Over;
    }

    fn restarts(&self, part: usize, at: Timestamp, code: Option<i32>) -> bool {
        let Some(policy) = &self.plan(part).restart else {
            return false;
        };
        let ran_ms = self.parts[part].started_at.map_or(0, |started| at.since(started));
        let ignored = code.is_some_and(|code| policy.ignored_exit_codes.contains(&code));
        let ending = self.ending.is_some() || self.asked_to_stop.is_some();
        !ending && !ignored && ran_ms >= i64::from(policy.attempt_period_s) * 1000
    }

    fn fail(&mut self, part: usize, reason: &str, exit_code: Option<i32>) {
        let part = &mut self.parts[part];
        part.stage = Stage::Over;
        part.exit_code = exit_code.or(part.exit_code);
        part.reason = Some(cut(reason));
    }
}
