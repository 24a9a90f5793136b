//! Answers that go on: events, one after the other, for as long as somebody listens.
//!
//! Whoever reads drives the work: what says the events runs only while they are asked for, and waits while the last one
//! was not taken. When the reader is gone, so is the work.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use wire::Shape;

/// Events that wait to be taken.
const WAITING: usize = 1;

/// A stream of events, each a value of the operation's stream shape with one member in it.
pub struct Events {
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    said: mpsc::Receiver<Box<dyn Shape>>,
}

/// Where events are said.
pub struct Say(mpsc::Sender<Box<dyn Shape>>);

/// Nobody listens any more.
#[derive(Debug)]
pub struct Unheard;

impl Say {
    /// Done when the event before this one was taken.
    pub async fn say(&self, event: impl Shape) -> Result<(), Unheard> {
        self.0.send(Box::new(event)).await.map_err(|_| Unheard)
    }
}

impl Events {
    /// The events that `work` says; the stream ends with it.
    pub fn of<F>(work: impl FnOnce(Say) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (say, said) = mpsc::channel(WAITING);
        Events {
            work: Some(Box::pin(work(Say(say)))),
            said,
        }
    }

    /// The next event; `None` at the end.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Box<dyn Shape>>> {
        loop {
            if let Poll::Ready(event) = self.said.poll_recv(cx) {
                return Poll::Ready(event);
            }
            let Some(work) = &mut self.work else {
                return Poll::Ready(None);
            };
            match work.as_mut().poll(cx) {
                Poll::Ready(()) => self.work = None,   // what it said last may still be there
                Poll::Pending => return Poll::Pending, // saying something wakes whoever polls
            }
        }
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}
