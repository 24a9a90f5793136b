//! What a node is to run: the full set first, then what changes.

use super::away::{self, Moved};
use super::{Ended, Inner, Way};
use crate::assign;
use link::{Assign, Assignment, Broken, Down};
use model::{Node, Task, TaskStatus};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Change, Commit, Key, Lagged, View};
use tokio::sync::mpsc;

/// Assignments that go out in one message at most, so that no message grows beyond its bound.
const MOST_TASKS: usize = 200;

pub async fn assign(inner: &Inner, node: &Node, way: &Way, say: mpsc::Sender<Down>) -> Ended {
    let mut generation = 0;
    loop {
        // Also after falling behind: the full set says everything again.
        let snapshot = inner.store.snapshot();
        let tasks: Vec<Arc<Task>> = snapshot.by::<Task>(Task::BY_NODE, &Key::of([&node.id])).collect();
        let mut tasks = tasks.iter().filter_map(|task| assignment(inner, &snapshot, task));
        let mut full = Assign {
            generation: generation + 1,
            away: away::all(&snapshot, &node.id, way),
            ..Default::default()
        };
        let all: Vec<Assignment> = tasks.by_ref().collect();
        generation += 1;
        if all.len() <= MOST_TASKS {
            full.tasks = all;
            if say.send(Down::Assign(full)).await.is_err() {
                return Ended::Broken(Broken::Closed);
            }
        } else if let Err(ended) = in_pieces(full, all, &mut generation, &say).await {
            return ended;
        }
        let mut watch = inner.store.watch(snapshot.revision());
        drop(snapshot);
        let mut seen = Seen::default();
        let why = loop {
            match watch.next().await {
                Ok(commit) => seen.take(node, &commit),
                Err(Lagged { .. }) => break FELL_BEHIND,
            }
            // What is there already goes out together.
            let lagged = loop {
                match watch.try_next() {
                    Ok(Some(commit)) => seen.take(node, &commit),
                    Ok(None) => break false,
                    Err(Lagged { .. }) => break true,
                }
            };
            if lagged {
                break FELL_BEHIND;
            }
            if seen.deregistered {
                return Ended::Deregistered;
            }
            if seen.moved.node {
                break "another node has another address";
            }
            let Some(assign) = seen.assign(inner, way, &mut generation) else {
                continue;
            };
            if say.send(Down::Assign(assign)).await.is_err() {
                return Ended::Broken(Broken::Closed);
            }
        };
        tracing::info!(node = node.id, why, "a node is told everything anew");
    }
}

const FELL_BEHIND: &str = "its session fell behind";

/// More tasks than one message holds: all their keys must be in the full set, so that none counts as nobody's.
async fn in_pieces(
    mut full: Assign,
    all: Vec<Assignment>,
    generation: &mut u64,
    say: &mpsc::Sender<Down>,
) -> Result<(), Ended> {
    let keys: Vec<String> = all.iter().map(|task| task.key.clone()).collect();
    let mut pieces = all.into_iter().peekable();
    let mut first = true;
    while pieces.peek().is_some() {
        let tasks: Vec<Assignment> = pieces.by_ref().take(MOST_TASKS).collect();
        let assign = Assign {
            away: std::mem::take(&mut full.away),
            generation: if first { *generation } else { *generation + 1 },
            to: (!first).then_some(*generation),
            keep: if first { keys.clone() } else { Vec::new() },
            tasks,
            ..Default::default()
        };
        *generation = assign.generation;
        first = false;
        if say.send(Down::Assign(assign)).await.is_err() {
            return Err(Ended::Broken(Broken::Closed));
        }
    }
    Ok(())
}

fn assignment(inner: &Inner, view: &View, task: &Task) -> Option<Assignment> {
    assign::of(view, task, &inner.scope)
}

/// What changed and was not sent yet.
#[derive(Default)]
struct Seen {
    new: Vec<Arc<Task>>,
    stop: BTreeSet<String>,
    gone: BTreeSet<String>,
    deregistered: bool,
    moved: Moved,
}

impl Seen {
    fn take(&mut self, node: &Node, commit: &Commit) {
        for change in &commit.changes {
            self.take_task(&node.id, change);
            self.moved.take(&node.id, change);
            if let Some((Some(before), after)) = change.of::<Node>()
                && before.id == node.id
                && after.is_none_or(|after| !super::register::may_connect(&after))
            {
                self.deregistered = true;
            }
        }
    }

    fn take_task(&mut self, node: &str, change: &Change) {
        let Some((before, after)) = change.of::<Task>() else {
            return;
        };
        let mine = |task: &Arc<Task>| task.node.as_deref() == Some(node) && !task.is_stopped();
        let (was, is) = (before.as_ref().is_some_and(mine), after.as_ref().is_some_and(mine));
        let asked = |task: &Option<Arc<Task>>| task.as_ref().is_some_and(|t| t.desired == TaskStatus::Stopped);
        match (was, is) {
            (false, true) => self.new.extend(after),
            (true, true) if asked(&after) && !asked(&before) => self.stop.extend(after.map(|t| assign::key(&t))),
            (true, false) => self.gone.extend(before.map(|t| assign::key(&t))),
            _ => {}
        }
    }

    fn assign(&mut self, inner: &Inner, way: &Way, generation: &mut u64) -> Option<Assign> {
        let seen = std::mem::take(self);
        if seen.new.is_empty() && seen.stop.is_empty() && seen.gone.is_empty() && seen.moved.is_empty() {
            return None;
        }
        let snapshot = inner.store.snapshot();
        let to = *generation;
        *generation += 1;
        Some(Assign {
            generation: *generation,
            to: Some(to),
            tasks: seen
                .new
                .iter()
                .filter_map(|task| assignment(inner, &snapshot, task))
                .collect(),
            stop: seen.stop.into_iter().collect(),
            gone: seen.gone.into_iter().collect(),
            keep: Vec::new(),
            away: seen.moved.told(&snapshot, way),
        })
    }
}
