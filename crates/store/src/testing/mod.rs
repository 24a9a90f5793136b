//! For tests: of this crate, and of crates that bring a backend.

pub mod contract;
mod dir;
mod note;

pub use dir::TempDir;
pub use note::Note;

use base::{ManualClock, Timestamp};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::Options;

/// Options with a clock that the test moves.
pub fn options() -> (Options, ManualClock) {
    let clock = ManualClock::at(Timestamp::from_millis(1_000));
    (Options::new(Arc::new(clock.clone())), clock)
}

/// Waits for a future on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}
