//! Drives the disk: takes what has gathered, appends, syncs, publishes, again. "Sync when the previous sync ends."
//!
//! In production a thread of its own does it; a simulator calls [`Pump::begin`] and [`Pump::finish`] when it likes.

use crate::backend::Backend;
use crate::core::Batch;
use crate::gate::lock;
use crate::store::Shared;
use crate::sweep::Sweeper;
use crate::{DiskError, StoreError};
use std::error::Error;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

/// Whoever has it does the store's disk work. Dropping it ends the store, as a crash would.
pub struct Pump {
    /// Dropped first, so that whoever waits for the end of the store finds the disk free.
    backend: Option<Box<dyn Backend>>,
    in_flight: Option<Batch>,
    sweeper: Sweeper,
    shared: Arc<Shared>,
}

impl Pump {
    pub(crate) fn new(backend: Box<dyn Backend>, shared: Arc<Shared>) -> Self {
        Pump {
            backend: Some(backend),
            in_flight: None,
            sweeper: Sweeper::default(),
            shared,
        }
    }

    /// Waits until there is something to sync; `false` once the store is closed and all is synced.
    pub async fn ready(&mut self) -> bool {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        self.shared.work(); // what was left in the queue when a batch was full
        let mut core = lock(&self.shared.core);
        if self.in_flight.is_some() || core.has_commits() {
            return Poll::Ready(true);
        }
        core.wait(cx.waker());
        drop(core);
        self.shared.work(); // whoever came while the core was locked here
        if self.shared.is_drained() {
            Poll::Ready(false)
        } else {
            Poll::Pending
        }
    }

    /// Appends what has gathered; `false` when there is nothing. It is not durable and not visible yet.
    pub fn begin(&mut self) -> bool {
        if self.in_flight.is_some() {
            return true;
        }
        let sealed = lock(&self.shared.core).seal();
        self.shared.work(); // whoever came while the core was locked here, and gathers from now on
        let Some(batch) = sealed else { return false };
        let backend = self
            .backend
            .as_mut()
            .expect("the backend is there until the pump is dropped");
        match backend.append(&batch.sealed) {
            Ok(()) => self.in_flight = Some(batch),
            Err(failure) => self.fail(batch, &failure),
        }
        true
    }

    /// Syncs what was appended, publishes it and wakes whoever waits for it.
    pub fn finish(&mut self) {
        let Some(mut batch) = self.in_flight.take() else { return };
        let backend = self
            .backend
            .as_mut()
            .expect("the backend is there until the pump is dropped");
        match backend.sync() {
            Ok(()) => {
                let before = self.shared.published();
                let view = Arc::new(before.as_of(batch.sealed.rev, batch.sealed.at));
                drop(self.shared.publish(Arc::clone(&view)));
                self.shared.ring.push(std::mem::take(&mut batch.commits));
                batch.gate.open(Ok(()));
                let synced = backend.synced(&view);
                self.sweeper.published(before, &view, batch.superseded);
                if let Err(failure) = synced {
                    self.fail(Batch::default(), &failure);
                }
            }
            Err(failure) => self.fail(batch, &failure),
        }
    }

    /// Nothing that is not durable becomes visible, now or later.
    fn fail(&mut self, batch: Batch, failure: &DiskError) {
        let mut reason = failure.to_string();
        let mut source = failure.source();
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        let failure = StoreError::ReadOnly { reason: reason.into() };
        let gathering = lock(&self.shared.core).fail(failure.clone());
        batch.gate.open(Err(failure.clone()));
        gathering.open(Err(failure));
        self.shared.work();
    }

    /// Syncs whenever there is something to, until the store is closed.
    pub async fn run(mut self) {
        while self.ready().await {
            self.begin();
            self.finish();
        }
    }

    /// As [`Pump::run`], on a thread that does nothing else.
    pub(crate) fn run_on_this_thread(mut self) {
        struct Unpark(Thread);
        impl Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut cx = Context::from_waker(&waker);
        loop {
            match self.poll_ready(&mut cx) {
                Poll::Ready(true) => {
                    self.begin();
                    self.finish();
                }
                Poll::Ready(false) => return,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.shared.close();
        drop(self.backend.take());
        let gathering = lock(&self.shared.core).fail(StoreError::Closed);
        gathering.open(Err(StoreError::Closed));
        if let Some(batch) = self.in_flight.take() {
            batch.gate.open(Err(StoreError::Closed));
        }
        self.shared.work(); // all that is left in the queue is refused
        self.shared.ended.open(Ok(()));
    }
}
