//! The hands of one agent on a pretended machine. Every step takes a while, and has its effect somewhere in the middle of
//! it, so that an agent can be killed before and after.

use super::machine::{Deed, Machine};
use super::script::{self, Script};
use crate::hands::{Came, Ended, Found, Hands, NotUp};
use crate::health::Checked;
use crate::work::{ImageFacts, Work};
use base::{Clock, Dice};
use std::future;
use std::sync::Arc;
use std::time::Duration;

pub struct Pretended {
    machine: Arc<Machine>,
    dice: Arc<dyn Dice>,
    most_ms: u64,
}

impl Pretended {
    /// Each half of a step takes up to `most_ms`.
    pub fn on(machine: Arc<Machine>, dice: Arc<dyn Dice>, most_ms: u64) -> Arc<Pretended> {
        Arc::new(Pretended { machine, dice, most_ms })
    }

    async fn half(&self) {
        let ms = self.dice.below(self.most_ms + 1);
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    /// Has a run end, if it is there.
    async fn strike(&self, work: &Work, part: usize, signal: bool) {
        let name = work.parts[part].run_name();
        self.half().await;
        let mut state = self.machine.lock();
        let label = label(work, part);
        let deed = if signal {
            Deed::Signalled(label)
        } else {
            Deed::Killed(label)
        };
        self.machine.note(&mut state, work.key(), deed);
        if let Some(run) = state.run(&name) {
            match (signal, run.script) {
                (false, _) => run.end(137),
                (true, Script::IgnoresTerm) => {}
                (true, _) => run.end(0),
            }
        }
        drop(state);
        self.machine.news.notify_waiters();
    }
}

fn script_of(work: &Work, part: usize) -> Script {
    script::of(&work.plan(part).image)
}

/// What people call its present run.
fn label(work: &Work, part: usize) -> String {
    let name = &work.plan(part).name;
    match work.parts[part].restarts {
        0 => name.clone(),
        n => format!("{name}.{n}"),
    }
}

impl Hands for Pretended {
    async fn pull(self: Arc<Self>, work: Arc<Work>, part: usize) -> Result<ImageFacts, String> {
        self.half().await;
        match script_of(&work, part) {
            Script::PullsForEver => future::pending().await,
            Script::CannotPull => return Err("CannotPullContainerError: there is no such image".to_string()),
            _ => {}
        }
        let image = work.plan(part).image.clone();
        self.machine.noted(work.key(), Deed::Pulled(image.clone()));
        self.half().await;
        Ok(ImageFacts {
            digest: format!("sha256:{image}"),
            ..ImageFacts::default()
        })
    }

    async fn network(self: Arc<Self>, work: Arc<Work>) -> Result<(), String> {
        self.half().await;
        {
            let mut state = self.machine.lock();
            if state.network_broken {
                return Err("ResourceInitializationError: there is no network".to_string());
            }
            state.make_network(work.key());
            self.machine.note(&mut state, work.key(), Deed::NetworkMade);
        }
        self.half().await;
        Ok(())
    }

    async fn start(self: Arc<Self>, work: Arc<Work>, part: usize) -> Result<Came, NotUp> {
        self.half().await;
        if script_of(&work, part) == Script::FailsToStart {
            return Err(NotUp {
                reason: "CannotStartContainerError: there is no such program".to_string(),
                exit_code: Some(127),
            });
        }
        let came = {
            let name = work.parts[part].run_name();
            let mut state = self.machine.lock();
            match state.run(&name).map(|run| run.came.clone()) {
                Some(came) => came,
                None => self.machine.run_on(
                    &mut state,
                    work.key(),
                    &name,
                    label(&work, part),
                    script_of(&work, part),
                ),
            }
        };
        self.half().await;
        Ok(came)
    }

    async fn signal(self: Arc<Self>, work: Arc<Work>, part: usize) {
        self.strike(&work, part, true).await;
    }

    async fn kill(self: Arc<Self>, work: Arc<Work>, part: usize) {
        self.strike(&work, part, false).await;
    }

    async fn check(self: Arc<Self>, work: Arc<Work>, part: usize) -> Checked {
        let began_at = self.machine.now();
        self.half().await;
        let name = work.parts[part].run_name();
        let mut state = self.machine.lock();
        let running = state.run(&name).filter(|run| run.ended.is_none());
        let healthy = running.is_some_and(|run| run.script.is_healthy_at(run.ran_ms()));
        self.machine
            .note(&mut state, work.key(), Deed::Checked(label(&work, part), healthy));
        drop(state);
        Checked {
            began_at,
            ended_at: self.machine.now(),
            exit_code: i32::from(!healthy),
            output: String::new(),
        }
    }

    async fn clear(self: Arc<Self>, work: Arc<Work>) {
        self.machine.noted(work.key(), Deed::Clearing);
        self.half().await;
        {
            let mut state = self.machine.lock();
            state.remove_all_of(work.key());
            self.machine.note(&mut state, work.key(), Deed::Cleared);
        }
        self.machine.news.notify_waiters();
        self.half().await;
    }

    async fn ended(self: Arc<Self>, work: Arc<Work>, part: usize) -> Ended {
        let name = work.parts[part].run_name();
        loop {
            let news = self.machine.news.notified();
            let ends = match self.machine.lock().run(&name) {
                Some(run) if run.ended.is_some() => return run.ended.clone().expect("it was seen just now"),
                Some(run) => run.ends,
                None => None,
            };
            if !self.machine.has().contains(&name) {
                return Ended {
                    at: self.machine.now(),
                    ..Ended::default()
                };
            }
            match ends {
                Some((at, _)) => tokio::select! {
                    biased;
                    () = tokio::time::sleep_until(at) => {}
                    () = news => {}
                },
                None => news.await,
            }
        }
    }

    async fn logs(self: Arc<Self>, work: Arc<Work>, part: usize) {
        Arc::clone(&self).ended(Arc::clone(&work), part).await;
        self.half().await;
        self.machine.noted(work.key(), Deed::Heard(label(&work, part)));
    }

    async fn look(self: Arc<Self>, work: Arc<Work>, part: usize) -> Found {
        let mut state = self.machine.lock();
        match state.run(&work.parts[part].run_name()) {
            None => Found::Nothing,
            Some(run) => match &run.ended {
                None => Found::Runs(run.came.clone()),
                Some(ended) => Found::Ended(run.came.clone(), ended.clone()),
            },
        }
    }

    async fn sweep(self: Arc<Self>, works: Vec<Arc<Work>>) {
        let mut state = self.machine.lock();
        for key in state.keys() {
            if !works.iter().any(|work| work.key() == key) {
                state.remove_all_of(&key);
            }
        }
    }

    fn changed(&self, _: &Arc<Work>) {}

    fn forgotten(&self, _: &Arc<Work>) {}
}
