//! What to do next about a task. Deterministic: the same work at the same time gives the same steps, and each step is
//! noted in the work before it is given out, so that asking again does not give it twice.

use crate::depend::{self, Gate};
use crate::reasons::{self, cut};
use crate::work::{Code, Ending, Network, Part, Stage, Work};
use base::Timestamp;
use link::ContainerPlan;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// See to it that the part's image is there.
    Pull(usize),
    /// Stop seeing to it; a fact must come all the same.
    CancelPull(usize),
    /// Make the network that the task's containers share.
    Network,
    Start(usize),
    /// Send the part its stop signal.
    Signal(usize),
    Kill(usize),
    Check(usize),
    /// Take away all that the task has on this machine: containers, network, volumes of its own.
    Clear,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Next {
    pub steps: Vec<Step>,
    /// When to look again even if nothing happens.
    pub look_at: Option<Timestamp>,
}

impl Next {
    fn look(&mut self, at: Timestamp) {
        self.look_at = Some(self.look_at.map_or(at, |before| before.min(at)));
    }
}

/// How long a container may take to stop before it is killed, when its plan does not say.
const STOP_TIMEOUT_S: u32 = 30;

/// How long after a kill it is killed once more, should anything still live.
const KILL_AGAIN_MS: i64 = 5_000;

pub fn next(work: &mut Work, now: Timestamp) -> Next {
    let mut next = Next::default();
    if work.cleared {
        return next;
    }
    settle(work, now);
    if work.ending.is_none() {
        // A gate that can never open ends its part, and with it perhaps others' gates, and the task.
        while start(work, now, &mut next) {}
        settle(work, now);
    }
    if work.ending.is_some() {
        end(work, now, &mut next);
    }
    next
}

/// Notes what follows from what is known: that all containers came up, that the task ends and why.
fn settle(work: &mut Work, now: Timestamp) {
    // What is not essential may fail to start, and the task goes on without it.
    let up = |(part, plan): (&Part, &ContainerPlan)| match part.stage {
        Stage::Over => part.has_run() || !plan.essential,
        _ => part.has_run(),
    };
    let mut all = work.parts.iter().zip(&work.assigned.plan.containers);
    // Once the task ends, the rest will not come up.
    if work.started_at.is_none() && work.ending.is_none() && all.all(up) {
        work.started_at = work.parts.iter().filter_map(|p| p.started_at).max();
    }
    if work.ending.is_none() {
        work.ending = ending(work, now);
    }
    if work.ending.is_some() && work.all_over() && work.execution_stopped_at.is_none() {
        work.execution_stopped_at = work.parts.iter().filter_map(|p| p.finished_at).max().or(Some(now));
    }
}

fn ending(work: &Work, now: Timestamp) -> Option<Ending> {
    let because = |code, reason: &str| Ending {
        at: now,
        code: Some(code),
        reason: Some(cut(reason)),
    };
    let over = |essential: bool| {
        let parts = work.parts.iter().zip(&work.assigned.plan.containers);
        parts
            .filter(move |(part, plan)| part.stage == Stage::Over && plan.essential == essential)
            .map(|(part, _)| part)
    };
    // What could not start says more than what ended because of it.
    if let Some(part) = over(true)
        .chain(over(false).filter(|_| work.all_over()))
        .find(|p| !p.has_run())
    {
        let reason = part.reason.as_deref().unwrap_or("Task failed to start");
        return Some(because(Code::FailedToStart, reason));
    }
    if over(true).next().is_some() {
        return Some(because(Code::EssentialExited, reasons::ESSENTIAL_EXITED));
    }
    if let Network::Failed(reason) = &work.network {
        return Some(because(Code::FailedToStart, reason));
    }
    if work.all_over() {
        return Some(because(Code::EssentialExited, reasons::ESSENTIAL_EXITED));
    }
    work.asked_to_stop.map(|at| Ending {
        at,
        code: None,
        reason: None,
    })
}

/// Whether a part was found that can never start.
fn start(work: &mut Work, now: Timestamp, next: &mut Next) -> bool {
    let mut never = false;
    if work.network == Network::Wanted {
        work.network = Network::BeingMade;
        next.steps.push(Step::Network);
    }
    for part in 0..work.parts.len() {
        match work.parts[part].stage {
            Stage::Waiting => {
                work.pull_started_at.get_or_insert(now);
                work.parts[part].stage = Stage::Pulling;
                next.steps.push(Step::Pull(part));
            }
            Stage::Pulled if matches!(work.network, Network::NotShared | Network::Up) => {
                match depend::gate(work, part, now) {
                    Gate::Open => {
                        work.parts[part].stage = Stage::Starting;
                        work.parts[part].created_at.get_or_insert(now);
                        next.steps.push(Step::Start(part));
                    }
                    Gate::Shut(until) => until.into_iter().for_each(|at| next.look(at)),
                    Gate::Never(why) => {
                        never = true;
                        let part = &mut work.parts[part];
                        part.stage = Stage::Over;
                        part.exit_code = Some(143);
                        part.reason = Some(cut(&format!("CannotStartContainerError: {why}")));
                    }
                }
            }
            Stage::Restarting => {
                work.parts[part].stage = Stage::Starting;
                next.steps.push(Step::Start(part));
            }
            Stage::Running => check(work, part, now, next),
            _ => {}
        }
    }
    never
}

fn check(work: &mut Work, part: usize, now: Timestamp, next: &mut Next) {
    let (Some(check), Some(started_at)) = (work.check(part), work.parts[part].started_at) else {
        return;
    };
    if work.parts[part].checking {
        return;
    }
    let due = work.parts[part].health.due_at(check, started_at);
    if now < due {
        next.look(due);
        return;
    }
    work.parts[part].health.asked(now);
    work.parts[part].checking = true;
    next.steps.push(Step::Check(part));
}

fn end(work: &mut Work, now: Timestamp, next: &mut Next) {
    for part in 0..work.parts.len() {
        match work.parts[part].stage {
            Stage::Waiting | Stage::Pulled | Stage::Restarting => work.parts[part].stage = Stage::Over,
            Stage::Pulling if !work.parts[part].cancelled => {
                work.parts[part].cancelled = true;
                next.steps.push(Step::CancelPull(part));
            }
            _ => {}
        }
    }
    for part in 0..work.parts.len() {
        if work.parts[part].stage == Stage::Running && !depend::is_needed(work, part) {
            stop(work, part, now, next);
        }
    }
    settle(work, now);
    let quiet = work.parts.iter().all(|part| part.unheard.is_empty());
    if work.all_over() && quiet && work.network != Network::BeingMade && !work.clearing {
        work.clearing = true;
        next.steps.push(Step::Clear);
    }
}

/// Signal, wait, kill.
fn stop(work: &mut Work, part: usize, now: Timestamp, next: &mut Next) {
    let patience_s = work.plan(part).stop_timeout_s.unwrap_or(STOP_TIMEOUT_S);
    let state = &mut work.parts[part];
    let Some(told) = state.told_to_stop else {
        state.told_to_stop = Some(now);
        state.signalled = true;
        next.steps.push(Step::Signal(part));
        next.look(now.plus_millis(i64::from(patience_s) * 1000));
        return;
    };
    if !state.signalled {
        // An agent before this one meant to; nobody knows whether it came to it.
        state.signalled = true;
        next.steps.push(Step::Signal(part));
    }
    let due = match state.killed {
        None => told.plus_millis(i64::from(patience_s) * 1000),
        Some(killed) => killed.plus_millis(KILL_AGAIN_MS),
    };
    if now < due {
        next.look(due);
        return;
    }
    state.killed = Some(now);
    next.steps.push(Step::Kill(part));
    next.look(now.plus_millis(KILL_AGAIN_MS));
}
