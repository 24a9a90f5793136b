//! The copy, being lived: one controller after the other looks at what changed, and when nothing is left to look at the
//! clock jumps to what is due next.

use crate::{Pace, Wish, caller, copy};
use base::{Clock, ManualClock, SeededDice, Timestamp};
use control::{Controller, Next, Queue};
use controllers::{KeepServices, PlaceWaiting};
use fleet::simulated;
use model::{HookAction, Service, ServiceDeployment, ServiceEvent, Standing, Task, TaskStatus, Waiting};
use serde_json::Value;
use services::{Ctx, Shelf, World};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::{Key, MemoryBackend, Options, Snapshot, Store, StoreError, Watch};
use telemetry::Logs;
use wire::Fault;

/// More looks than any plan that ends takes.
const MOST_LOOKS: u32 = 200_000;
/// Whoever asks waits for it.
const LONGEST: Duration = Duration::from_secs(15);
/// Time goes on for so long after the last news before the play is over.
const CALM_MS: i64 = 60_000;

pub struct Play {
    pub ctx: Ctx,
    pub clock: ManualClock,
    pub start: Timestamp,
    pub seen: Vec<Moment>,
    /// What the service said on the way.
    pub words: Vec<(i64, String)>,
    /// Where it waits for a person, and for how long at most.
    pub pauses: Vec<(i64, String)>,
    /// Tasks that were to go, and were protected from it.
    pub protected: BTreeSet<String>,
    /// Whether it came to rest before the time was over.
    pub rests: bool,
    pace: Pace,
    troupe: Vec<Driven>,
    changes: Watch,
}

/// What was there at one time, after all that happened then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    pub at_ms: i64,
    /// By family and revision of the definition: pending, running, leaving.
    pub tasks: BTreeMap<String, [u32; 3]>,
    pub cpu_units: u64,
    pub memory_mib: u64,
    pub addresses: u32,
}

struct Driven {
    controller: Arc<dyn Controller>,
    queue: Queue,
}

fn no_room(error: impl std::fmt::Display) -> Fault {
    Fault::common("ServerException", 500, format!("the rehearsal has no stage: {error}"))
}

impl Play {
    pub async fn open(ctx: &Ctx, keeper: KeepServices, pace: Pace) -> Result<Play, Fault> {
        let start = ctx.now();
        let clock = ManualClock::at(start);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let store = Store::open(MemoryBackend::new(), model::tables(), Options::new(Arc::clone(&shared)));
        let store = store.map_err(no_room)?;
        copy::copy(&ctx.snapshot(), &store).await.map_err(no_room)?;
        let snapshot = store.snapshot();
        let changes = store.watch(snapshot.revision());
        let tasks = simulated::Tasks {
            start_ms: pace.start_ms,
            stop_ms: pace.stop_ms,
            ..simulated::Tasks::default()
        };
        // The board is of the real store; a play looks at every node, in the same order each time.
        let keeper = KeepServices { board: None, ..keeper };
        // Tasks first: what happens to all of them at one time, the service looks at once.
        let mut troupe = vec![driven(tasks), driven(PlaceWaiting::default()), driven(keeper)];
        for one in &mut troupe {
            one.controller
                .all(&snapshot)
                .into_iter()
                .for_each(|key| one.queue.mark(key));
        }
        let world = World {
            board: None,
            store,
            logs: Logs::memory(Arc::clone(&shared)),
            shelf: Shelf::memory(),
            clock: shared,
            // The same wish on the same state has the same plan.
            dice: Arc::new(SeededDice::new(0x7265_6865_6172_7361)),
            scope: ctx.scope().clone(),
            since: ctx.world.since,
        };
        Ok(Play {
            ctx: Ctx {
                world: Arc::new(world),
                caller: caller(ctx),
                elsewhere: None,
                from: ctx.from,
            },
            clock,
            start,
            seen: Vec::new(),
            words: Vec::new(),
            pauses: Vec::new(),
            protected: BTreeSet::new(),
            rests: false,
            pace,
            troupe,
            changes,
        })
    }

    fn store(&self) -> &Store {
        &self.ctx.world.store
    }

    pub fn snapshot(&self) -> Snapshot {
        self.ctx.snapshot()
    }

    /// The service that is rehearsed.
    pub fn service(&self, wish: &Wish, answer: &Value) -> Option<Arc<Service>> {
        if wish.operation == "RunTask" {
            return None;
        }
        let arn = answer.get("service")?.get("serviceArn")?.as_str()?;
        let mut parts = arn.rsplit('/');
        let (name, cluster) = (parts.next()?, parts.next()?);
        self.snapshot().get::<Service>(&Service::key_of(cluster, name))
    }

    /// Lives on until nothing more happens.
    pub async fn live(&mut self, wish: &Wish, answer: &Value) -> Result<(), Fault> {
        let of = self.service(wish, answer);
        if of.is_none() {
            // Tasks of no service were made by the request itself: before it there were none of them.
            self.seen.push(Moment::default());
        }
        self.note(of.as_deref());
        let mut last_news = self.clock.now();
        let mut progress = None;
        let end = tokio::time::Instant::now() + LONGEST;
        for _ in 0..MOST_LOOKS {
            if tokio::time::Instant::now() > end {
                break;
            }
            if self.look().await.map_err(no_room)? {
                continue;
            }
            if self.note(of.as_deref()) {
                last_news = self.clock.now();
            }
            if let Some(of) = &of {
                self.note_protected(of);
                if self.answer_pauses(of).await.map_err(no_room)? {
                    continue; // before the clock moves
                }
                let now = self.progress(of);
                if progress != now {
                    progress = now;
                    last_news = self.clock.now();
                }
            }
            let due = self.troupe.iter().filter_map(|one| one.queue.wake_at()).min();
            let Some(due) = due else {
                self.rests = true;
                break;
            };
            // What waits longer than anything that could move it again never moves.
            let patience = of.as_ref().map_or(CALM_MS, |of| self.patience(of));
            if due.since(last_news) > patience {
                self.rests = true;
                break;
            }
            if due.since(self.start) > self.pace.longest_ms {
                break;
            }
            self.clock.set(due.max(self.clock.now()));
        }
        if let Some(of) = &of {
            let snapshot = self.snapshot();
            let events = snapshot.scan::<ServiceEvent>(&ServiceEvent::of(&of.cluster, &of.name));
            let told = events.map(|event| (event.at.since(self.start), event.message.clone()));
            self.words = told.filter(|(at, _)| *at >= 0).collect();
        }
        Ok(())
    }

    fn is_under_way(&self, of: &Service) -> bool {
        self.deployment(of)
            .is_some_and(|deployment| !deployment.status.is_over())
    }

    /// How far the deployment is.
    fn progress(&self, of: &Service) -> Option<impl PartialEq + use<>> {
        let d = self.deployment(of)?;
        Some((d.id.clone(), d.status, d.stage, d.production_permille, d.hooks.len()))
    }

    fn deployment(&self, of: &Service) -> Option<Arc<ServiceDeployment>> {
        let snapshot = self.snapshot();
        let service = snapshot.get::<Service>(&Service::key_of(&of.cluster, &of.name))?;
        let id = service.deployment.clone()?;
        snapshot.get::<ServiceDeployment>(&ServiceDeployment::key_of(&of.cluster, &of.name, &id))
    }

    /// How long nothing may happen before it is known that nothing will: while something is being deployed, as long as
    /// the longest of what may be waited for.
    fn patience(&self, of: &Service) -> i64 {
        let Some(deployment) = self.deployment(of).filter(|d| !d.status.is_over()) else {
            return CALM_MS;
        };
        let rules = &deployment.rules;
        let minutes = rules.hooks.iter().map(|hook| hook.timeout_minutes);
        let minutes = minutes
            .chain([rules.bake_minutes, rules.step_bake_minutes])
            .max()
            .unwrap_or(0);
        let key = Key::of([of.cluster.as_str(), of.name.as_str()]);
        let snapshot = self.snapshot();
        let now = self.clock.now();
        let protected = snapshot
            .by::<Task>(Task::BY_SERVICE, &key)
            .filter_map(|task| Some(task.protected_until?.since(now)))
            .max();
        let longest = (i64::from(minutes) * 60_000)
            .max(protected.unwrap_or(0))
            .max(Waiting::LONGEST_MS);
        longest + CALM_MS
    }

    /// One look of one controller. `false` when nobody has anything to look at now.
    async fn look(&mut self) -> Result<bool, StoreError> {
        while let Ok(Some(commit)) = self.changes.try_next() {
            for change in &commit.changes {
                for one in &mut self.troupe {
                    let queue = &mut one.queue;
                    one.controller.concerns(change, &mut |key| queue.mark(key));
                }
            }
        }
        let now = self.clock.now();
        for at in 0..self.troupe.len() {
            let Some(key) = self.troupe[at].queue.next(now) else {
                continue;
            };
            let (controller, mine) = (Arc::clone(&self.troupe[at].controller), key.clone());
            let next = self
                .store()
                .write(move |tx| Ok::<Next, StoreError>(controller.step(tx, &mine)))
                .await?;
            self.troupe[at].queue.looked(key, next);
            return Ok(true);
        }
        Ok(false)
    }

    /// A pause waits for a person. Here it is told, and goes on. `true` when there was one.
    async fn answer_pauses(&mut self, of: &Service) -> Result<bool, StoreError> {
        let snapshot = self.snapshot();
        let all = snapshot.scan::<ServiceDeployment>(&Key::of([of.cluster.as_str(), of.name.as_str()]));
        let waits = |d: &ServiceDeployment| {
            let open = |run: &model::HookRun| run.is_open() && run.answer.is_none();
            !d.status.is_over() && d.hooks.iter().any(open)
        };
        let Some(mut deployment) = all.filter(|d| waits(d)).map(|d| (*d).clone()).next() else {
            return Ok(false);
        };
        let at_ms = self.clock.now().since(self.start);
        for run in deployment
            .hooks
            .iter_mut()
            .filter(|run| run.is_open() && run.answer.is_none())
        {
            run.answer = Some(HookAction::Continue);
            self.pauses.push((at_ms, run.stage.to_string()));
        }
        self.store()
            .write(move |tx| {
                tx.put(deployment.clone());
                Ok::<bool, StoreError>(true)
            })
            .await
    }

    /// Counts what is there. `true` when it is not as it was.
    fn note(&mut self, of: Option<&Service>) -> bool {
        let snapshot = self.snapshot();
        let mut moment = Moment {
            at_ms: self.clock.now().since(self.start),
            ..Default::default()
        };
        let mut count = |task: &Task| {
            let counts = moment
                .tasks
                .entry(format!("{}:{}", task.family, task.revision))
                .or_default();
            match Standing::of(task) {
                Standing::Pending => counts[0] += 1,
                Standing::Running | Standing::Unhealthy => counts[1] += 1,
                Standing::Leaving | Standing::LeavingRunning => counts[2] += 1,
                Standing::Gone => return,
            }
            moment.cpu_units += u64::from(task.demand.cpu_units);
            moment.memory_mib += u64::from(task.demand.memory_mib);
            moment.addresses += u32::from(task.attachment.is_some());
        };
        match of {
            Some(of) => {
                let key = Key::of([of.cluster.as_str(), of.name.as_str()]);
                snapshot
                    .by::<Task>(Task::BY_SERVICE, &key)
                    .for_each(|task| count(&task));
            }
            None => {
                let new = |task: &Task| task.created_at >= self.start && task.member.is_none();
                let all = snapshot.scan::<Task>(&Key::all());
                all.filter(|task| new(task)).for_each(|task| count(&task));
            }
        }
        if self.seen.last().is_some_and(|last| last.tasks == moment.tasks) {
            return false;
        }
        // What happens at one time is one moment.
        if self.seen.last().is_some_and(|last| last.at_ms == moment.at_ms) && self.seen.len() > 1 {
            self.seen.pop();
        }
        self.seen.push(moment);
        true
    }

    /// Remembers the tasks that should go now, and are protected from that: of former revisions, and where nothing is being
    /// deployed, of those that are too many.
    fn note_protected(&mut self, of: &Service) {
        let snapshot = self.snapshot();
        let Some(service) = snapshot.get::<Service>(&Service::key_of(&of.cluster, &of.name)) else {
            return;
        };
        let key = Key::of([of.cluster.as_str(), of.name.as_str()]);
        let stays = |task: &Arc<Task>| task.desired == TaskStatus::Running && task.status != TaskStatus::Stopped;
        let live: Vec<Arc<Task>> = snapshot.by::<Task>(Task::BY_SERVICE, &key).filter(stays).collect();
        let too_many = !self.is_under_way(of)
            && service.balancing.is_none()
            && u32::try_from(live.len()).is_ok_and(|live| live > service.desired);
        let former = |task: &Task| task.member.as_ref().map(|member| &member.revision) != service.target.as_ref();
        let now = self.clock.now();
        let held = live
            .iter()
            .filter(|task| task.is_protected(now) && (too_many || former(task)));
        self.protected.extend(held.map(|task| task.id.clone()));
    }
}

fn driven(controller: impl Controller) -> Driven {
    Driven {
        controller: Arc::new(controller),
        queue: Queue::default(),
    }
}
