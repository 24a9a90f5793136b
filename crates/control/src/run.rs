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
        if let Some(key) = queue.next(clock.now()) {
            match step(&controller, &store, &lease, &key).await {
                Ok(next) => queue.looked(key, next),
                Err(Failed::Lease(error)) => {
                    tracing::warn!(controller = name, %error, "no longer leads, and stops");
                    return;
                }
                Err(Failed::Store(error)) => {
                    tracing::error!(controller = name, %error, "a step was not kept");
                    queue.looked(key, Next::At(clock.now().plus_millis(AFTER_REFUSAL_MS)));
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

async fn step<C>(controller: &Arc<C>, store: &Store, lease: &Held, key: &Key) -> Result<Next, Failed>
where
    C: Controller,
{
    let (controller, lease, key) = (Arc::clone(controller), lease.clone(), key.clone());
    store
        .write(move |tx| {
            lease.check(tx).map_err(Failed::Lease)?;
            Ok(controller.step(tx, &key))
        })
        .await
}
