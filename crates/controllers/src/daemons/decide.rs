//! The decision: from what is so of one daemon, what to do next. Pure: no store, no dice, no clock but the time told.
//!
//! Words: a [`Place`] is one node, as the daemon sees it. A task of the target is *ready* when it runs and has shown that
//! it goes on; others are taken at their word. A place is *busy* while the daemon had a task there and none serves: a
//! deployment disturbs no more than a *portion* of them at a time, and busy ones count. A place that was never
//! touched and runs other things is disturbed too when the daemon comes; one that waits for the daemon is not.

use base::Timestamp;
use model::{DaemonRules, DeploymentStatus, Standing};

/// The most tasks that one look starts or stops; the next one follows at once.
const MOST_AT_ONCE: usize = 200;
/// When to look again whether there is room now, or whether others have left a node that drains.
const LOOK_AGAIN_MS: i64 = 1_000;
/// A task that ran for so long lets the failures before it be forgotten.
const PROVEN_AFTER_MS: i64 = 60_000;

#[derive(Clone, Debug)]
pub struct Facts {
    pub now: Timestamp,
    /// The revision that every place is to have.
    pub target: String,
    /// Whether it comes before all other tasks.
    pub critical: bool,
    /// Whether the last good deployment was to the target.
    pub proven: bool,
    pub rules: DaemonRules,
    pub deployment: Way,
    pub places: Vec<Place>,
}

/// The newest deployment.
#[derive(Clone, Debug)]
pub struct Way {
    pub status: DeploymentStatus,
    pub failed: u32,
    pub failed_back: u32,
    pub threshold: u32,
    /// Whether there is something to go back to.
    pub way_back: bool,
    pub complete_since: Option<Timestamp>,
    /// Whether it takes the daemon away.
    pub removes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The daemon should be here, and can be.
    Ready,
    /// It should be here; nobody hears of the node right now.
    Silent,
    /// The node takes nothing new, and is to be empty.
    Draining,
    /// It should not be here.
    Foreign,
}

#[derive(Clone, Debug)]
pub struct Place {
    pub node: String,
    pub kind: Kind,
    /// The task that is there, until it has STOPPED.
    pub task: Option<Seated>,
    /// Whether the daemon has ever started one here.
    pub seated: bool,
    /// When the target's next may start, after failures.
    pub next_start: Option<Timestamp>,
    /// Whether failures are remembered.
    pub failed: bool,
    /// What the node lacks for the target, when no task is there.
    pub lacks: Option<String>,
    /// Whether other tasks are held back for the daemon.
    pub awaits: bool,
    /// Whether there are other tasks than daemons'.
    pub others: bool,
    /// From when on nothing waits for a node that nobody hears of.
    pub given_up_at: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub struct Seated {
    pub revision: String,
    pub standing: Standing,
    pub since: Timestamp,
    /// From when on it counts as ready, if it runs until then; `None` as long as its health check has not spoken.
    pub ready_at: Option<Timestamp>,
}

impl Seated {
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.standing == Standing::Running && self.ready_at.is_some_and(|at| at <= now)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    Start(String),
    Stop(String, Because),
    /// Other tasks are held back until the daemon runs.
    Hold(String),
    Release(String),
    /// The failures of the place are forgotten.
    Forgive(String),
    /// The daemon has nothing to do with the node any more.
    Leave(String),
    Turn(Turn),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Of another revision than the target.
    Replaced,
    Unhealthy,
    /// The node drains, and all others have left it.
    Draining,
    /// The node is none of the daemon's.
    NotOurs,
    Removed,
}

/// What becomes of the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    Begin,
    /// Every place has the target: it is watched for a while.
    Watch,
    Succeed,
    /// Too many failures, and nothing to go back to.
    Fail,
    GoBack,
    IsBack,
    /// Too many failures on the way back too.
    Lost,
    /// What it waits for.
    Note(String),
}

#[derive(Clone, Debug, Default)]
pub struct Decision {
    pub moves: Vec<Move>,
    pub again_at: Option<Timestamp>,
}

impl Decision {
    fn again(&mut self, at: Timestamp) {
        self.again_at = Some(self.again_at.map_or(at, |before| before.min(at)));
    }
}

/// What to do now. A turn of the deployment that changes the target is decided alone: the next look knows the new one.
pub fn decide(facts: &Facts) -> Decision {
    let mut decision = Decision::default();
    match turn(facts, &mut decision) {
        Some(turn @ (Turn::Fail | Turn::GoBack | Turn::Lost)) => {
            decision.moves.push(Move::Turn(turn));
            decision.again(facts.now);
            return decision;
        }
        Some(turn) => {
            // A deployment that has begun may be over in the next look.
            if turn == Turn::Begin {
                decision.again(facts.now);
            }
            decision.moves.push(Move::Turn(turn));
        }
        None => {}
    }
    let busy = facts.places.iter().filter(|place| is_busy(facts, place)).count();
    for at in facts.places.iter().filter_map(waits_until).filter(|at| *at > facts.now) {
        decision.again(at);
    }
    let ready = facts.places.iter().filter(|place| place.kind == Kind::Ready).count();
    let mut budget = facts.rules.portion(ready).saturating_sub(busy);
    let mut most = MOST_AT_ONCE;
    for place in &facts.places {
        if most == 0 {
            decision.again(facts.now);
            break;
        }
        let before = decision.moves.len();
        look_at(facts, place, &mut budget, &mut decision);
        let acted = decision.moves[before..].iter();
        most -= acted
            .filter(|m| matches!(m, Move::Start(_) | Move::Stop(..)))
            .count()
            .min(most);
    }
    decision
}

fn turn(facts: &Facts, decision: &mut Decision) -> Option<Turn> {
    let way = &facts.deployment;
    match way.status {
        DeploymentStatus::Pending => Some(Turn::Begin),
        DeploymentStatus::InProgress if way.removes => {
            let empty = facts.places.iter().all(|place| place.task.is_none());
            empty.then_some(Turn::Succeed)
        }
        DeploymentStatus::InProgress if way.failed >= way.threshold => {
            Some(if way.way_back { Turn::GoBack } else { Turn::Fail })
        }
        DeploymentStatus::InProgress if !is_complete(facts) => waits_for(facts).map(Turn::Note),
        DeploymentStatus::InProgress => {
            let Some(since) = way.complete_since else {
                decision.again(facts.now);
                return Some(Turn::Watch);
            };
            let until = since.plus_millis(i64::from(facts.rules.bake_minutes) * 60_000);
            if facts.now < until {
                decision.again(until);
                return None;
            }
            Some(Turn::Succeed)
        }
        DeploymentStatus::RollbackInProgress if way.failed_back >= way.threshold => Some(Turn::Lost),
        DeploymentStatus::RollbackInProgress => is_complete(facts).then_some(Turn::IsBack),
        _ => None,
    }
}

/// When time alone makes another place of it.
fn waits_until(place: &Place) -> Option<Timestamp> {
    match place.kind {
        Kind::Ready => place.task.as_ref()?.ready_at,
        Kind::Silent => place.given_up_at,
        Kind::Draining | Kind::Foreign => None,
    }
}

/// Whether the daemon had a task there and none that serves.
fn is_busy(facts: &Facts, place: &Place) -> bool {
    let serves = place
        .task
        .as_ref()
        .is_some_and(|task| match task.revision == facts.target {
            true => task.is_ready(facts.now),
            false => task.standing == Standing::Running,
        });
    place.kind == Kind::Ready && !serves && (place.seated || place.task.is_some())
}

fn is_complete(facts: &Facts) -> bool {
    let has = |task: &Seated| task.revision == facts.target && task.is_ready(facts.now);
    facts.places.iter().all(|place| match place.kind {
        Kind::Ready => match &place.task {
            Some(task) => has(task),
            // A daemon that is not critical does without nodes that have no room for it.
            None => !facts.critical && place.lacks.is_some(),
        },
        Kind::Foreign => place.task.is_none(),
        // What is not heard of may have the target, or never have been told of it.
        Kind::Silent => place.task.as_ref().is_some_and(has) || place.given_up_at.is_none_or(|at| at <= facts.now),
        Kind::Draining => true,
    })
}

fn waits_for(facts: &Facts) -> Option<String> {
    let lacking = || facts.places.iter().filter(|place| place.lacks.is_some());
    let first = lacking().next()?;
    Some(format!(
        "{} container instance(s) have no room for the daemon: {}",
        lacking().count(),
        first.lacks.as_deref().unwrap_or_default()
    ))
}

fn look_at(facts: &Facts, place: &Place, budget: &mut usize, decision: &mut Decision) {
    let node = || place.node.clone();
    let removes = facts.deployment.removes;
    let runs = place
        .task
        .as_ref()
        .is_some_and(|task| task.standing == Standing::Running);
    let holds = facts.critical && !removes && matches!(place.kind, Kind::Ready | Kind::Silent);
    if place.awaits && (runs || !holds) {
        decision.moves.push(Move::Release(node()));
    }
    if holds && place.seated && !runs && !place.awaits && place.kind == Kind::Ready {
        decision.moves.push(Move::Hold(node()));
    }
    let Some(task) = &place.task else {
        match place.kind {
            _ if removes => {}
            Kind::Ready => start(facts, place, budget, decision),
            Kind::Foreign if place.seated => decision.moves.push(Move::Leave(node())),
            _ => {}
        }
        return;
    };
    if matches!(
        task.standing,
        Standing::Leaving | Standing::LeavingRunning | Standing::Gone
    ) {
        return;
    }
    let mut stop = |because| decision.moves.push(Move::Stop(node(), because));
    match place.kind {
        _ if removes => stop(Because::Removed),
        Kind::Foreign => stop(Because::NotOurs),
        Kind::Draining if !place.others => stop(Because::Draining),
        Kind::Draining => decision.again(facts.now.plus_millis(LOOK_AGAIN_MS)),
        Kind::Silent => {}
        Kind::Ready if task.standing == Standing::Unhealthy => stop(Because::Unhealthy),
        Kind::Ready if task.revision != facts.target => {
            // One that does not serve yet is disturbed by nothing.
            if task.standing != Standing::Running {
                stop(Because::Replaced);
            } else if *budget > 0 {
                *budget -= 1;
                stop(Because::Replaced);
            }
        }
        Kind::Ready if place.failed => {
            let proven = task.since.plus_millis(PROVEN_AFTER_MS);
            if task.standing == Standing::Running && proven <= facts.now {
                decision.moves.push(Move::Forgive(node()));
            } else if task.standing == Standing::Running {
                decision.again(proven);
            }
        }
        Kind::Ready => {}
    }
}

fn start(facts: &Facts, place: &Place, budget: &mut usize, decision: &mut Decision) {
    if let Some(at) = place.next_start.filter(|at| *at > facts.now) {
        return decision.again(at);
    }
    if place.lacks.is_some() {
        return decision.again(facts.now.plus_millis(LOOK_AGAIN_MS));
    }
    let open = !facts.deployment.status.is_over();
    if (open || !facts.proven) && !place.awaits && !place.seated {
        // It runs other things and has never seen the daemon.
        if !open || *budget == 0 {
            return;
        }
        *budget -= 1;
    }
    decision.moves.push(Move::Start(place.node.clone()));
}
