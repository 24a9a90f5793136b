//! Driving a controller: watch, look, step, sleep until something is due.

use crate::{Controller, Held, Next, NotHeld, Queue};
use base::Clock;
use std::sync::Arc;
use std::time::Duration;
use store::{Key, Lagged, Store, StoreError};
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

/// Runs a controller until it is told to stop or loses the lease.
pub async fn run<C: Controller>(controller: C, store: Store, clock: Arc<dyn Clock>, lease: Held, mut stop: Stop) {
    let controller = Arc::new(controller);
    let name = controller.name();
    let mut queue = Queue::default();
    let mut changes = start_over(&*controller, &store, &mut queue);
    while !*stop.borrow() {
        // What happened comes before what is due: a look should see all of it.
        loop {
            match changes.try_next() {
                Ok(Some(commit)) => {
                    for change in &commit.changes {
                        controller.concerns(change, &mut |key| queue.mark(key));
                    }
                }
                Ok(None) => break,
                Err(Lagged { .. }) => {
                    tracing::warn!(controller = name, "fell behind and starts over");
                    changes = start_over(&*controller, &store, &mut queue);
                }
            }
        }
        let keys = queue.take(clock.now(), controller.at_once());
        if !keys.is_empty() {
            match step(&controller, &store, &clock, &lease, &keys).await {
                Ok(looks) => {
                    for (key, (next, took_ms)) in keys.into_iter().zip(looks) {
                        queue.rest(&key, clock.now(), took_ms);
                        queue.looked(key, next);
                    }
                }
                Err(Failed::Lease(error)) => {
                    tracing::warn!(controller = name, %error, "no longer leads, and stops");
                    return;
                }
                Err(Failed::Store(error)) => {
                    tracing::error!(controller = name, %error, "a step was not kept");
                    let again = Next::At(clock.now().plus_millis(AFTER_REFUSAL_MS));
                    keys.into_iter().for_each(|key| queue.looked(key, again));
                }
            }
            continue;
        }
        let due = async {
            match queue.wake_at() {
                Some(at) => tokio::time::sleep(Duration::from_millis(at.since(clock.now()).max(1) as u64)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = stop.changed() => {}
            seen = changes.next() => match seen {
                Ok(commit) => for change in &commit.changes {
                    controller.concerns(change, &mut |key| queue.mark(key));
                },
                Err(Lagged { .. }) => changes = start_over(&*controller, &store, &mut queue),
            },
            () = due => {}
        }
    }
}

/// Marks everything and watches from there.
fn start_over<C: Controller>(controller: &C, store: &Store, queue: &mut Queue) -> store::Watch {
    let snapshot = store.snapshot();
    queue.clear();
    for key in controller.all(&snapshot) {
        queue.mark(key);
    }
    store.watch(snapshot.revision())
}

/// One transaction: for each key when it wants to be looked at again, and the milliseconds that the look took, as far as
/// it should rest for them.
async fn step<C>(
    controller: &Arc<C>,
    store: &Store,
    clock: &Arc<dyn Clock>,
    lease: &Held,
    keys: &[Key],
) -> Result<Vec<(Next, i64)>, Failed>
where
    C: Controller,
{
    let (controller, clock) = (Arc::clone(controller), Arc::clone(clock));
    let (lease, keys) = (lease.clone(), keys.to_vec());
    store
        .write(move |tx| {
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
        })
        .await
}
