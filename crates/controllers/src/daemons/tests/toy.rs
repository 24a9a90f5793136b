//! A world of one daemon with nothing in it but what the decision is told and does.

use super::super::decide::*;
use base::Timestamp;
use model::{DaemonRules, DeploymentStatus, Standing};
use proptest::test_runner::TestCaseError;
use std::collections::{BTreeMap, BTreeSet};

pub const SETTLE_MS: i64 = 5_000;
pub const LOST_MS: i64 = 60_000;

#[derive(Clone, Debug)]
pub enum Event {
    /// What is on its way there arrives: a task that starts runs, one that leaves is gone.
    Moves(usize),
    Fails(usize),
    Sickens(usize),
    /// The same, of a task that is never found healthy.
    SickensIfUnwell(usize),
    Silences(usize),
    /// A node comes, or comes back.
    Comes(usize),
    Drains(usize),
    Undrains(usize),
    Updates {
        bad: bool,
    },
    Later(i64),
}

pub struct Toy {
    pub target: String,
    pub places: Vec<Place>,
    pub way: Way,
    /// Revisions whose tasks never run.
    pub bad: BTreeSet<String>,
    /// Revisions whose tasks run, and are never found healthy.
    pub silent_checks: BTreeSet<String>,
    critical: bool,
    rules: DaemonRules,
    now: i64,
    revisions: u32,
    proven: Option<String>,
    failures: BTreeMap<String, (String, u32)>,
}

impl Toy {
    pub fn new(nodes: usize, drain_millipercent: u32, critical: bool) -> Toy {
        Toy {
            target: "r1".to_string(),
            places: (0..nodes).map(|i| place(i, critical)).collect(),
            way: way(),
            bad: BTreeSet::new(),
            silent_checks: BTreeSet::new(),
            critical,
            rules: DaemonRules {
                drain_millipercent,
                ..DaemonRules::default()
            },
            now: 0,
            revisions: 1,
            proven: None,
            failures: BTreeMap::new(),
        }
        .with_untouched_nodes()
    }

    /// They were there before the daemon.
    fn with_untouched_nodes(mut self) -> Toy {
        self.places.iter_mut().for_each(|place| place.awaits = false);
        self
    }

    pub fn leaving(&self) -> usize {
        let leaves = |p: &&Place| p.task.as_ref().is_some_and(|t| t.standing == Standing::LeavingRunning);
        self.places.iter().filter(leaves).count()
    }

    pub fn happens(&mut self, event: &Event) {
        match event {
            Event::Later(ms) => self.now += ms,
            Event::Updates { bad } => self.update(*bad),
            Event::Moves(i) => self.on(*i, Toy::arrives),
            Event::Fails(i) => self.on(*i, Toy::fails),
            Event::Sickens(i) => self.on(*i, |toy, i| {
                if let Some(task) = &mut toy.places[i].task
                    && task.standing == Standing::Running
                {
                    task.standing = Standing::Unhealthy;
                }
            }),
            Event::SickensIfUnwell(i) => {
                let task = self.places[*i].task.as_ref();
                if task.is_some_and(|task| self.silent_checks.contains(&task.revision)) {
                    self.happens(&Event::Sickens(*i));
                }
            }
            Event::Silences(i) => self.on(*i, |toy, i| toy.becomes(i, Kind::Ready, Kind::Silent)),
            Event::Drains(i) => self.on(*i, |toy, i| toy.becomes(i, Kind::Ready, Kind::Draining)),
            Event::Undrains(i) => self.on(*i, |toy, i| toy.becomes(i, Kind::Draining, Kind::Ready)),
            Event::Comes(i) if *i < self.places.len() => self.becomes(*i, Kind::Silent, Kind::Ready),
            Event::Comes(_) => {
                let new = place(self.places.len(), self.critical);
                self.places.push(new);
            }
        }
    }

    fn on(&mut self, i: usize, what: impl Fn(&mut Toy, usize)) {
        if i < self.places.len() {
            what(self, i);
        }
    }

    fn becomes(&mut self, i: usize, from: Kind, to: Kind) {
        if self.places[i].kind == from {
            self.places[i].kind = to;
            self.places[i].given_up_at = (to == Kind::Silent).then_some(Timestamp(self.now + LOST_MS));
        }
    }

    fn update(&mut self, bad: bool) {
        self.revisions += 1;
        self.target = format!("r{}", self.revisions);
        if bad {
            self.bad.insert(self.target.clone());
        }
        self.way = way();
    }

    fn arrives(&mut self, i: usize) {
        let Some(task) = &mut self.places[i].task else { return };
        match task.standing {
            Standing::Pending if self.bad.contains(&task.revision) => self.fails(i),
            Standing::Pending => {
                task.standing = Standing::Running;
                task.since = Timestamp(self.now);
                let speaks = !self.silent_checks.contains(&task.revision);
                task.ready_at = speaks.then_some(Timestamp(self.now + SETTLE_MS));
            }
            Standing::Leaving | Standing::LeavingRunning => self.places[i].task = None,
            _ => {}
        }
    }

    /// The task ends by itself.
    fn fails(&mut self, i: usize) {
        let Some(task) = self.places[i].task.take() else { return };
        if !matches!(task.standing, Standing::Leaving | Standing::LeavingRunning) {
            self.failed(i, &task.revision);
        }
    }

    fn failed(&mut self, i: usize, revision: &str) {
        let node = self.places[i].node.clone();
        let (of, count) = self.failures.entry(node).or_default();
        if of != revision {
            *count = 0;
        }
        (*of, *count) = (revision.to_string(), *count + 1);
        self.places[i].next_start = Some(Timestamp(self.now + (1000 << (*count - 1).min(8))));
        self.places[i].failed = true;
        if revision == self.target {
            match self.way.status {
                DeploymentStatus::RollbackInProgress => self.way.failed_back += 1,
                status if !status.is_over() => self.way.failed += 1,
                _ => {}
            }
        }
    }

    /// So many looks of the controller, and what they do.
    pub fn settles(&mut self, looks: u32) -> Result<(), TestCaseError> {
        for _ in 0..looks {
            let facts = self.facts();
            let decision = decide(&facts);
            if decision.moves.is_empty() {
                break;
            }
            for step in &decision.moves {
                self.does(step)?;
            }
            self.check(&facts, &decision)?;
        }
        Ok(())
    }

    fn facts(&self) -> Facts {
        let mut places = self.places.clone();
        for place in &mut places {
            let of_target = self.failures.get(&place.node).is_some_and(|(of, _)| *of == self.target);
            place.next_start = place.next_start.filter(|_| of_target);
        }
        let ready = places.iter().filter(|place| place.kind == Kind::Ready).count();
        Facts {
            now: Timestamp(self.now),
            target: self.target.clone(),
            critical: self.critical,
            proven: self.proven.as_ref() == Some(&self.target),
            rules: self.rules.clone(),
            deployment: Way {
                threshold: model::Breaker::default().threshold(ready as u32),
                way_back: self.proven.as_ref().is_some_and(|proven| *proven != self.target),
                ..self.way.clone()
            },
            places,
        }
    }

    fn does(&mut self, step: &Move) -> Result<(), TestCaseError> {
        let at = |node: &String| {
            self.places
                .iter()
                .position(|place| place.node == *node)
                .expect("a place")
        };
        match step {
            Move::Start(node) => {
                let i = at(node);
                let place = &mut self.places[i];
                proptest::prop_assert!(place.task.is_none(), "two on {}", node);
                proptest::prop_assert_eq!(place.kind, Kind::Ready);
                place.task = Some(Seated {
                    revision: self.target.clone(),
                    standing: Standing::Pending,
                    since: Timestamp(self.now),
                    ready_at: None,
                });
                place.seated = true;
                place.awaits |= self.critical;
            }
            Move::Stop(node, because) => {
                let i = at(node);
                let task = self.places[i].task.as_mut().expect("a task to stop");
                let (standing, revision) = (task.standing, task.revision.clone());
                task.standing = match standing {
                    Standing::Pending => Standing::Leaving,
                    _ => Standing::LeavingRunning,
                };
                if *because == Because::Unhealthy {
                    self.failed(i, &revision);
                }
                if matches!(because, Because::Replaced | Because::Unhealthy) {
                    self.places[i].awaits |= self.critical;
                }
            }
            Move::Hold(node) => {
                let i = at(node);
                self.places[i].awaits = true;
            }
            Move::Release(node) => {
                let i = at(node);
                self.places[i].awaits = false;
            }
            Move::Forgive(node) => {
                let i = at(node);
                self.places[i].failed = false;
                self.failures.remove(node);
                self.places[i].next_start = None;
            }
            Move::Leave(_) => {}
            Move::Turn(turn) => self.turns(turn)?,
        }
        Ok(())
    }

    fn turns(&mut self, turn: &Turn) -> Result<(), TestCaseError> {
        proptest::prop_assert!(!self.way.status.is_over(), "a verdict is final");
        match turn {
            Turn::Begin => self.way.status = DeploymentStatus::InProgress,
            Turn::Watch => self.way.complete_since = Some(Timestamp(self.now)),
            Turn::Note(_) => {}
            Turn::Succeed => {
                self.way.status = DeploymentStatus::Successful;
                self.proven = Some(self.target.clone());
            }
            Turn::Fail => self.way.status = DeploymentStatus::Stopped,
            Turn::GoBack => {
                proptest::prop_assert_eq!(self.way.status, DeploymentStatus::InProgress);
                self.way.status = DeploymentStatus::RollbackInProgress;
                self.target = self.proven.clone().expect("a way back");
            }
            Turn::IsBack => self.way.status = DeploymentStatus::RollbackSuccessful,
            Turn::Lost => self.way.status = DeploymentStatus::RollbackFailed,
        }
        Ok(())
    }

    /// No decision disturbs more than a portion.
    fn check(&self, before: &Facts, decision: &Decision) -> Result<(), TestCaseError> {
        let ready = before.places.iter().filter(|place| place.kind == Kind::Ready);
        let serves = |place: &Place| place.task.as_ref().is_some_and(|t| t.standing == Standing::Running);
        let busy = ready
            .clone()
            .filter(|p| !serves(p) && (p.seated || p.task.is_some()))
            .count();
        let portion = self.rules.portion(ready.clone().count());
        let disturbed = ready.filter(|place| {
            let stopped = decision
                .moves
                .contains(&Move::Stop(place.node.clone(), Because::Replaced));
            let begun = decision.moves.contains(&Move::Start(place.node.clone()));
            (stopped && serves(place)) || (begun && !place.seated && !place.awaits && !before.proven)
        });
        let disturbed = disturbed.count();
        proptest::prop_assert!(
            disturbed == 0 || busy + disturbed <= portion,
            "{} and {} of {}",
            busy,
            disturbed,
            portion
        );
        Ok(())
    }

    /// Nothing bad happens any more, and everything that is on its way arrives.
    pub fn calms(&mut self) -> Result<(), TestCaseError> {
        for i in 0..self.places.len() {
            if matches!(self.places[i].kind, Kind::Silent | Kind::Draining) {
                self.places[i].kind = Kind::Ready;
            }
        }
        for _ in 0..400 {
            self.settles(4)?;
            for i in 0..self.places.len() {
                self.arrives(i);
            }
            self.now += 5_000;
        }
        proptest::prop_assert!(self.way.status.is_over(), "{:?}", self.way);
        if self.way.status == DeploymentStatus::Stopped || self.bad.contains(&self.target) {
            return Ok(()); // there is nothing good to come to
        }
        for place in &self.places {
            let task = place.task.as_ref();
            let good = task.is_some_and(|t| t.revision == self.target && t.standing == Standing::Running);
            proptest::prop_assert!(good && !place.awaits, "{:?} of {:?}", place, self.way);
        }
        Ok(())
    }
}

fn place(i: usize, awaits: bool) -> Place {
    Place {
        node: format!("n{i}"),
        kind: Kind::Ready,
        task: None,
        seated: false,
        next_start: None,
        failed: false,
        lacks: None,
        awaits,
        others: false,
        given_up_at: None,
    }
}

fn way() -> Way {
    Way {
        status: DeploymentStatus::Pending,
        failed: 0,
        failed_back: 0,
        threshold: 3,
        way_back: false,
        complete_since: None,
        removes: false,
    }
}
