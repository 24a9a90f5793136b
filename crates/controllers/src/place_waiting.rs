//! Tasks that wait for capacity get a place when there is one: when a node comes, changes, or has become freer.
//!
//! One look is at all that wait in a cluster, because what is free there is everybody's. The oldest come first; one that
//! fits nowhere does not hold up those behind it. Whoever has waited too long is given up, and says for what it waited.

use control::{Controller, Next};
use model::ledger::{keep, move_task};
use model::{Actor, Node, NodeLedger, StopCode, Task, TaskStatus, Waiting, Why};
use scheduler::launch::Ready;
use scheduler::{Board, Lack};
use std::sync::Arc;
use store::{Change, Key, Record, Tx, View};

/// The most tasks that one look places; the next one follows at once.
const MOST_AT_ONCE: usize = 100;

#[derive(Clone, Debug, Default)]
pub struct PlaceWaiting {
    /// Finds the nodes; without one, every node is looked at.
    pub board: Option<Arc<Board>>,
}

impl Controller for PlaceWaiting {
    fn name(&self) -> &'static str {
        "place-waiting"
    }

    fn all(&self, view: &View) -> Vec<Key> {
        let mut clusters: Vec<Key> = view
            .scan::<Waiting>(&Key::all())
            .map(|waiting| Key::of([waiting.cluster.as_str()]))
            .collect();
        clusters.dedup();
        clusters
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((None, Some(waiting))) = change.of::<Waiting>() {
            dirty(Key::of([waiting.cluster.as_str()]));
        }
        if let Some((_, Some(node))) = change.of::<Node>()
            && node.takes_tasks()
        {
            dirty(Key::of([node.cluster.as_str()]));
        }
        if let Some((Some(before), Some(after))) = change.of::<NodeLedger>()
            && after.tasks < before.tasks
        {
            dirty(Key::of([after.cluster.as_str()]));
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        let mut queue: Vec<Arc<Waiting>> = tx.scan::<Waiting>(key).collect();
        queue.sort_by(|a, b| (a.since, &a.task).cmp(&(b.since, &b.task)));
        let (late, queue): (Vec<_>, Vec<_>) = queue.into_iter().partition(|waiting| waiting.until <= tx.now());
        let mut placed = 0;
        for some in alike(&queue) {
            placed += self.place(tx, some, MOST_AT_ONCE - placed);
            if placed == MOST_AT_ONCE {
                return Next::At(tx.now());
            }
        }
        // Even the late ones had a last chance, behind those that have time.
        for some in alike(&late) {
            self.give_up(tx, some);
        }
        let left = tx.scan::<Waiting>(key).map(|waiting| waiting.until).min();
        left.map_or(Next::Rest, Next::At)
    }
}

impl PlaceWaiting {
    /// Places as many as fit, up to `most`; those that fit nowhere say what they wait for. Answers with how many it placed.
    fn place(&self, tx: &mut Tx, some: &[Arc<Waiting>], most: usize) -> usize {
        let Some(first) = some.first() else { return 0 };
        let ready = Ready::new(tx, &first.template);
        let provider = first.provider.as_deref();
        let count = u32::try_from(some.len().min(most)).unwrap_or(u32::MAX);
        let placement = ready.find(tx, self.board.as_deref(), provider, count, first.seed);
        let mut waiting = some.iter();
        let mut placed = 0;
        for place in &placement.assigned {
            let waits = waiting.next().expect("no more places than tasks");
            let Some(task) = task_of(tx, waits) else { continue };
            match ready.start_waiting(tx, task, waits.seed, place) {
                Ok(_) => placed += 1,
                Err(lacks) => tell(
                    tx,
                    waits,
                    &format!("waits for an interface on {}: {lacks}", place.node.id),
                ),
            }
        }
        if placement.unplaced > 0 {
            let Lack { because, .. } = placement.lack(provider);
            waiting.for_each(|waits| tell(tx, waits, &because));
        }
        placed
    }

    /// With AWS's word for what was missing last. A place that is there at the last moment is taken.
    fn give_up(&self, tx: &mut Tx, some: &[Arc<Waiting>]) {
        self.place(tx, some, some.len());
        let late: Vec<Task> = some.iter().filter_map(|waiting| task_of(tx, waiting)).collect();
        let Some(first) = some.first().filter(|_| !late.is_empty()) else {
            return;
        };
        let reason = self.last_lack(tx, first);
        for task in late {
            let why = Why {
                code: StopCode::TaskFailedToStart,
                reason: reason.clone(),
            };
            move_task(tx, &task.key(), Actor::Controller, TaskStatus::Stopped, Some(why))
                .expect("a controller may give up a task that waits");
        }
    }

    /// What all of its like lack: those that wait hold nothing, so that giving one up makes no room for the next.
    fn last_lack(&self, tx: &Tx, waiting: &Waiting) -> String {
        let provider = waiting.provider.as_deref();
        let ready = Ready::new(tx, &waiting.template);
        let placement = ready.find(tx, self.board.as_deref(), provider, 1, waiting.seed);
        placement.lack(provider).reason
    }
}

/// Neighbours that are placed by one question.
fn alike(queue: &[Arc<Waiting>]) -> impl Iterator<Item = &[Arc<Waiting>]> {
    queue.chunk_by(|a, b| a.provider == b.provider && a.template == b.template)
}

/// The task, while it is still one that waits. Whoever stopped it took its place in the queue away too.
fn task_of(tx: &Tx, waiting: &Waiting) -> Option<Task> {
    let task = tx.get::<Task>(&Task::key_of(&waiting.cluster, &waiting.task))?;
    (task.status == TaskStatus::Provisioning).then(|| (*task).clone())
}

fn tell(tx: &mut Tx, waiting: &Waiting, because: &str) {
    if let Some(mut task) = task_of(tx, waiting)
        && task.because.as_deref() != Some(because)
    {
        task.because = Some(because.to_string());
        keep(tx, task);
    }
}

#[cfg(test)]
mod tests;
