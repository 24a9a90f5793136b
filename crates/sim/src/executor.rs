//! Runs futures by hand, one poll at a time, so that the dice and nobody else say who is next.
//!
//! Time is tokio's, paused: it moves only by [`Executor::idle`] and [`Executor::pass`], a millisecond or a month at once.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

/// Turns that those who were handed to the runtime get at once.
const MOST_ROUNDS: usize = 1000;

pub struct Executor {
    /// Its clock drives the timers of whatever asks tokio to sleep.
    runtime: Runtime,
    /// By the order in which they came; numbers are never given twice.
    jobs: BTreeMap<u64, Job>,
    ready: Arc<Ready>,
    next: u64,
}

struct Job {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

/// Who was woken since it was polled last.
#[derive(Default)]
struct Ready {
    woken: Mutex<BTreeSet<u64>>,
    /// Whoever waits for anybody to be woken.
    idle: Mutex<Option<Waker>>,
}

struct WakesJob {
    id: u64,
    ready: Arc<Ready>,
}

impl Wake for WakesJob {
    fn wake(self: Arc<Self>) {
        lock(&self.ready.woken).insert(self.id);
        if let Some(idle) = lock(&self.ready.idle).take() {
            idle.wake();
        }
    }
}

impl Default for Executor {
    fn default() -> Self {
        Executor {
            runtime: runtime(),
            jobs: BTreeMap::new(),
            ready: Arc::default(),
            next: 0,
        }
    }
}

impl Executor {
    /// Takes a future up; it is ready at once.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + 'static) {
        let id = self.next;
        self.next += 1;
        let waker = Waker::from(Arc::new(WakesJob {
            id,
            ready: Arc::clone(&self.ready),
        }));
        let future = Box::pin(future);
        self.jobs.insert(id, Job { future, waker });
        lock(&self.ready.woken).insert(id);
    }

    /// Drops all futures where they stand, as the end of their process does.
    pub fn kill_all(&mut self) {
        {
            let _in_runtime = self.runtime.enter(); // timers say goodbye to it
            self.jobs.clear();
        }
        if self.runtime.metrics().num_alive_tasks() > 0 {
            self.runtime = runtime(); // with the old one goes what was handed to it
        }
        lock(&self.ready.woken).clear();
    }

    /// Lets those go on that rooms handed to the runtime (`tokio::spawn`): they go as far as they can.
    fn handed_over(&self) {
        for _ in 0..MOST_ROUNDS {
            if self.runtime.metrics().global_queue_depth() == 0 {
                return;
            }
            self.runtime.block_on(tokio::task::yield_now());
        }
    }

    /// How many futures would do something if they were polled.
    pub fn ready(&self) -> usize {
        self.handed_over();
        let mut woken = lock(&self.ready.woken);
        woken.retain(|id| self.jobs.contains_key(id));
        woken.len()
    }

    /// Polls the `nth` of those that are ready.
    pub fn poll(&mut self, nth: usize) {
        let id = {
            let mut woken = lock(&self.ready.woken);
            let Some(id) = woken.iter().nth(nth).copied() else {
                return;
            };
            woken.remove(&id);
            id
        };
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let _in_runtime = self.runtime.enter();
        if job
            .future
            .as_mut()
            .poll(&mut Context::from_waker(&job.waker))
            .is_ready()
        {
            self.jobs.remove(&id);
        }
    }

    /// Lets time pass until a timer wakes somebody, but no longer than `most_ms`. Answers with how long that was.
    pub fn idle(&mut self, most_ms: u64) -> u64 {
        let ready = Arc::clone(&self.ready);
        self.runtime.block_on(async {
            let before = Instant::now();
            let mut end = pin!(tokio::time::sleep(Duration::from_millis(most_ms)));
            poll_fn(|cx| {
                if !lock(&ready.woken).is_empty() {
                    return Poll::Ready(());
                }
                *lock(&ready.idle) = Some(cx.waker().clone());
                end.as_mut().poll(cx)
            })
            .await;
            before.elapsed().as_millis() as u64
        })
    }

    /// Lets time pass, whoever is ready.
    pub fn pass(&mut self, ms: u64) {
        self.runtime.block_on(tokio::time::advance(Duration::from_millis(ms)));
    }
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime without IO asks nothing of the machine")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[test]
    fn what_is_handed_to_the_runtime_goes_on_and_dies_with_the_others() {
        let mut executor = Executor::default();
        let seen = Rc::new(RefCell::new(Vec::new()));
        for (what, ms) in [("soon", 0), ("late", 1000)] {
            let seen = Rc::clone(&seen);
            executor.spawn(async move {
                let handed = tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    what
                });
                let what = handed.await.expect("it does not panic");
                seen.borrow_mut().push(what);
            });
        }
        while executor.ready() > 0 {
            executor.poll(0);
        }
        assert_eq!(*seen.borrow(), ["soon"]);
        executor.kill_all();
        assert_eq!(executor.idle(5000), 5000);
        assert_eq!((executor.ready(), seen.borrow().len()), (0, 1));
    }

    #[test]
    fn time_stops_at_each_timer_and_at_the_end() {
        let mut executor = Executor::default();
        let seen = Rc::new(RefCell::new(Vec::new()));
        for ms in [20u64, 90_000] {
            let seen = Rc::clone(&seen);
            executor.spawn(async move {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                seen.borrow_mut().push(ms);
            });
        }
        while executor.ready() > 0 {
            executor.poll(executor.ready() - 1);
        }
        assert_eq!(executor.idle(1_000_000), 20);
        executor.poll(0);
        assert_eq!(executor.idle(1_000), 1_000);
        assert_eq!(executor.idle(1_000_000), 90_000 - 1_020);
        executor.poll(0);
        assert_eq!(*seen.borrow(), [20, 90_000]);
        assert_eq!(executor.idle(7), 7, "nobody is left");
    }
}
