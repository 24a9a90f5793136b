//! Tests of the whole store, driven by hand on one thread.

mod as_a_map;
mod crashes;
mod faults;
mod forgetting;
mod past;

use crate::testing::Note;
use crate::{MemoryBackend, OpenError, Options, Pump, Store, StoreError, Tables, Tx};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A store with its pump and the writes that are under way.
struct Driven {
    store: Store,
    pump: Pump,
    waiting: Vec<Waiting>,
}

type Waiting = (u64, Pin<Box<dyn Future<Output = Result<(), StoreError>>>>);

impl Driven {
    fn open(disk: &MemoryBackend, options: Options) -> Result<Driven, OpenError> {
        let (store, pump) = Store::open_pumped(disk.clone(), Tables::new().with::<Note>(), options)?;
        Ok(Driven {
            store,
            pump,
            waiting: Vec::new(),
        })
    }

    /// Starts a write, to be known by a number.
    fn begin(&mut self, number: u64, write: impl FnMut(&mut Tx) -> Result<(), StoreError> + Send + 'static) {
        let store = self.store.clone();
        let mut future = Box::pin(async move { store.write(write).await });
        assert!(poll(&mut future).is_none(), "nothing is answered before it is synced");
        self.waiting.push((number, future));
    }

    /// The writes that have been answered since.
    fn answered(&mut self) -> Vec<(u64, Result<(), StoreError>)> {
        let mut answered = Vec::new();
        self.waiting.retain_mut(|(number, future)| match poll(future) {
            Some(answer) => {
                answered.push((*number, answer));
                false
            }
            None => true,
        });
        answered
    }

    /// Writes and syncs.
    fn write(
        &mut self,
        write: impl FnMut(&mut Tx) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let store = self.store.clone();
        let mut future = Box::pin(async move { store.write(write).await });
        let at_once = poll(&mut future);
        self.pump.begin();
        self.pump.finish();
        at_once
            .or_else(|| poll(&mut future))
            .expect("it is answered once it is synced")
    }
}

fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Option<F::Output> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn options(seed: u64) -> Options {
    let (options, _) = crate::testing::options();
    Options {
        conflicts: Some(Arc::new(base::SeededDice::new(seed))),
        ..options
    }
}
