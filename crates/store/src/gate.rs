//! Many wait for one batch to be synced: one state, one list of who to wake. Cheaper than a channel for each.

use crate::StoreError;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

#[derive(Default)]
pub(crate) struct Gate(Mutex<State>);

#[derive(Default)]
struct State {
    verdict: Option<Result<(), StoreError>>,
    waiting: Vec<Waker>,
}

impl Gate {
    /// A gate that is open already.
    pub(crate) fn opened() -> Self {
        Gate(Mutex::new(State {
            verdict: Some(Ok(())),
            waiting: Vec::new(),
        }))
    }

    /// Lets all pass, now and later. The first verdict stands.
    pub(crate) fn open(&self, verdict: Result<(), StoreError>) {
        let mut state = lock(&self.0);
        state.verdict.get_or_insert(verdict);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Wakes `waker` when the gate opens, or now.
    pub(crate) fn tell(&self, waker: Waker) {
        let mut state = lock(&self.0);
        if state.verdict.is_none() {
            state.waiting.push(waker);
        } else {
            drop(state);
            waker.wake();
        }
    }

    pub(crate) fn poll(&self, cx: &mut Context<'_>, registered: &mut Option<Waker>) -> Poll<Result<(), StoreError>> {
        let mut state = lock(&self.0);
        if let Some(verdict) = &state.verdict {
            return Poll::Ready(verdict.clone());
        }
        if !registered.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waiting.push(cx.waker().clone());
            *registered = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// A lock that a panic elsewhere does not take away: what it guards is changed in whole steps only.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
