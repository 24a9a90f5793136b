//! What waits for the writer.

use super::plan::{Outcome, Request};
use crate::AppendError;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

pub type Reply = oneshot::Sender<Result<Outcome, AppendError>>;

#[derive(Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    waiting: Vec<(Request, Reply)>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn push(&self, request: Request, reply: Reply, max_bytes: usize) {
        let mut inner = self.lock();
        // Whoever gave up waiting is told nothing.
        if inner.closed {
            let _ = reply.send(Err(AppendError::Closed));
        } else if inner.bytes >= max_bytes {
            let _ = reply.send(Err(AppendError::Busy));
        } else {
            inner.bytes += request.weight();
            inner.waiting.push((request, reply));
            self.changed.notify_one();
        }
    }

    /// Everything that waits, as soon as something does; `None` when it is closed and empty.
    pub fn take(&self) -> Option<Vec<(Request, Reply)>> {
        let mut inner = self.lock();
        while inner.waiting.is_empty() {
            if inner.closed {
                return None;
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        inner.bytes = 0;
        Some(std::mem::take(&mut inner.waiting))
    }

    /// Takes nothing in any more. What waits is still written.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}
