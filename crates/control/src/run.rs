//! Driving the controllers of a server: watch, look, step, sleep until something is due.
//!
//! One loop has them all, so that a commit wakes one task however many controllers there are, and only those that it
//! makes dirty go to the store. Each has at most one step on its way; those of several run beside each other.

use crate::{Controller, Held, Next, NotHeld, Queue};
use base::{Clock, Timestamp};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use store::{Key, Lagged, Store, StoreError, Tx, Watch};
use tokio::sync::watch;

/// How long to rest after a write that the store refused.
const AFTER_REFUSAL_MS: i64 = 1_000;

/// Tells loops to end.
pub type Stop = watch::Receiver<bool>;

/// Why a step changed nothing.
enum Failed {
    Lease(NotHeld),
    Store(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Failed::Store(error)
    }
}

/// For each key when it wants to be looked at again, and the milliseconds that the look took, as far as it should rest for
/// them.
type Looks = Result<Vec<(Next, i64)>, Failed>;

type Step = Pin<Box<dyn Future<Output = Looks> + Send>>;

/// One controller and what it has to do.
struct Seat {
    controller: Arc<dyn Controller>,
    queue: Queue,
    /// The keys that are looked at just now.
    step: Option<(Vec<Key>, Step)>,
}

struct Everyone {
    seats: Vec<Seat>,
    changes: Watch,
    store: Store,
    clock: Arc<dyn Clock>,
    lease: Held,
}

/// Runs controllers until they are told to stop or the lease is lost.
pub async fn run(
    controllers: Vec<Box<dyn Controller>>,
    store: Store,
    clock: Arc<dyn Clock>,
    lease: Held,
    mut stop: Stop,
) {
    let seat = |controller| Seat {
        controller: Arc::from(controller),
        queue: Queue::default(),
        step: None,
    };
    let mut everyone = Everyone {
        seats: controllers.into_iter().map(seat).collect(),
        changes: store.watch(store.snapshot().revision()),
        store,
        clock,
        lease,
    };
    everyone.start_over();
    while !*stop.borrow() {
        // What happened comes before what is due: a look should see all of it.
        everyone.hear();
        everyone.set_to_work();
        let due = sleep_until(everyone.wake_at(), everyone.clock.now());
        let Everyone { seats, changes, .. } = &mut everyone;
        tokio::select! {
            biased;
            _ = stop.changed() => {}
            (seat, keys, looks) = first_done(seats) => if let Err(error) = everyone.looked(seat, keys, looks) {
                tracing::warn!(%error, "the controllers no longer lead, and stop");
                return;
            },
            seen = changes.next() => match seen {
                Ok(commit) => everyone.tell(&commit),
                Err(Lagged { .. }) => everyone.start_over(),
            },
            () = due => {}
        }
    }
    while everyone.seats.iter().any(|seat| seat.step.is_some()) {
        let _at_its_end = first_done(&mut everyone.seats).await;
    }
}

/// The first step that is at its end; its seat is free then. Cancelling loses nothing.
async fn first_done(seats: &mut [Seat]) -> (usize, Vec<Key>, Looks) {
    poll_fn(|cx| {
        for (at, seat) in seats.iter_mut().enumerate() {
            let Some((_, step)) = &mut seat.step else { continue };
            if let Poll::Ready(looks) = step.as_mut().poll(cx) {
                let (keys, _) = seat.step.take().expect("it is there three lines above");
                return Poll::Ready((at, keys, looks));
            }
        }
        Poll::Pending
    })
    .await
}

async fn sleep_until(at: Option<Timestamp>, now: Timestamp) {
    match at {
        Some(at) => tokio::time::sleep(Duration::from_millis(at.since(now).max(1) as u64)).await,
        None => std::future::pending().await,
    }
}

impl Everyone {
    /// Marks everything and watches from there.
    fn start_over(&mut self) {
        let snapshot = self.store.snapshot();
        for seat in &mut self.seats {
            seat.queue.clear();
            for key in seat.controller.all(&snapshot) {
                seat.queue.mark(key);
            }
        }
        self.changes = self.store.watch(snapshot.revision());
    }

    /// All that has happened so far.
    fn hear(&mut self) {
        loop {
            match self.changes.try_next() {
                Ok(Some(commit)) => self.tell(&commit),
                Ok(None) => return,
                Err(Lagged { .. }) => {
                    tracing::warn!("the controllers fell behind and start over");
                    self.start_over();
                }
            }
        }
    }

    fn tell(&mut self, commit: &store::Commit) {
        for Seat { controller, queue, .. } in &mut self.seats {
            for change in &commit.changes {
                controller.concerns(change, &mut |key| queue.mark(key));
            }
        }
    }

    /// Whoever has something to look at and is not looking begins.
    fn set_to_work(&mut self) {
        let now = self.clock.now();
        for seat in self.seats.iter_mut().filter(|seat| seat.step.is_none()) {
            let keys = seat.queue.take(now, seat.controller.at_once());
            if !keys.is_empty() {
                let step = step(&seat.controller, &self.store, &self.clock, &self.lease, &keys);
                seat.step = Some((keys, step));
            }
        }
    }

    /// When something is due of those that are not looking.
    fn wake_at(&self) -> Option<Timestamp> {
        let idle = self.seats.iter().filter(|seat| seat.step.is_none());
        idle.filter_map(|seat| seat.queue.wake_at()).min()
    }

    fn looked(&mut self, seat: usize, keys: Vec<Key>, looks: Looks) -> Result<(), NotHeld> {
        let (Seat { controller, queue, .. }, now) = (&mut self.seats[seat], self.clock.now());
        match looks {
            Ok(looks) => {
                for (key, (next, took_ms)) in keys.into_iter().zip(looks) {
                    queue.rest(&key, now, took_ms);
                    queue.looked(key, next);
                }
                Ok(())
            }
            Err(Failed::Lease(error)) => Err(error),
            Err(Failed::Store(error)) => {
                tracing::error!(controller = controller.name(), %error, "a step was not kept");
                let again = Next::At(now.plus_millis(AFTER_REFUSAL_MS));
                keys.into_iter().for_each(|key| queue.looked(key, again));
                Ok(())
            }
        }
    }
}

/// One transaction for all these keys.
fn step(controller: &Arc<dyn Controller>, store: &Store, clock: &Arc<dyn Clock>, lease: &Held, keys: &[Key]) -> Step {
    let (controller, store, clock) = (Arc::clone(controller), store.clone(), Arc::clone(clock));
    let (lease, keys) = (lease.clone(), keys.to_vec());
    let all = move |tx: &mut Tx| {
        lease.check(tx).map_err(Failed::Lease)?;
        let look = |key: &Key| {
            let began = clock.now();
            let next = controller.step(tx, key);
            // One that is not at its end and wants to go on at once has nothing to rest for.
            let goes_on = matches!(next, Next::At(at) if at <= tx.now());
            let took_ms = if goes_on { 0 } else { clock.now().since(began) };
            (next, took_ms)
        };
        Ok(keys.iter().map(look).collect())
    };
    Box::pin(async move { store.write(all).await })
}
