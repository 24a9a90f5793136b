//! The last commits, for those who watch.

use crate::commit::{Commit, Revision};
use crate::gate::lock;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The watcher is further behind than the store remembers: take a snapshot and watch from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lagged {
    /// The oldest revision that can still be watched from.
    pub oldest: Revision,
}

impl fmt::Display for Lagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the watch lags: changes up to revision {} are no longer held",
            self.oldest
        )
    }
}

impl std::error::Error for Lagged {}

/// A cursor into the list of commits. It costs the store nothing while nobody asks it.
pub struct Watch {
    ring: Arc<Ring>,
    seen: Revision,
    /// Commits taken from the ring in one go, to be handed out.
    ready: VecDeque<Arc<Commit>>,
    /// Who the ring will wake for this watch, and at which push.
    registered: Option<(u64, Waker)>,
}

impl Watch {
    /// The next commit, as soon as it is durable; every one, in order. Cancelling loses nothing.
    pub async fn next(&mut self) -> Result<Arc<Commit>, Lagged> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// As [`Watch::next`] if there is one already.
    pub fn try_next(&mut self) -> Result<Option<Arc<Commit>>, Lagged> {
        match self.poll_with(None) {
            Poll::Ready(next) => next.map(Some),
            Poll::Pending => Ok(None),
        }
    }

    /// The last commit that was handed out, or where the watch began.
    pub fn seen(&self) -> Revision {
        self.seen
    }

    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Arc<Commit>, Lagged>> {
        self.poll_with(Some(cx.waker()))
    }

    fn poll_with(&mut self, waker: Option<&Waker>) -> Poll<Result<Arc<Commit>, Lagged>> {
        if self.ready.is_empty() {
            match self.ring.after(self.seen, waker, &mut self.registered, &mut self.ready) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(lagged)) => return Poll::Ready(Err(lagged)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let commit = self.ready.pop_front().expect("the ring gave at least one");
        self.seen = commit.rev;
        Poll::Ready(Ok(commit))
    }
}

pub(crate) struct Ring {
    held: Mutex<Held>,
    max_commits: usize,
    max_bytes: usize,
}

struct Held {
    /// Consecutive revisions, each with its encoded size.
    commits: VecDeque<(Arc<Commit>, usize)>,
    bytes: usize,
    newest: Revision,
    waiting: Vec<Waker>,
    /// Counts the times that those who wait were woken.
    pushes: u64,
}

/// How many commits a watch takes at a time, so that it need not lock for each.
const STRIDE: usize = 64;

impl Ring {
    pub(crate) fn new(newest: Revision, max_commits: usize, max_bytes: usize) -> Self {
        let held = Held {
            commits: VecDeque::new(),
            bytes: 0,
            newest,
            waiting: Vec::new(),
            pushes: 0,
        };
        Ring {
            held: Mutex::new(held),
            max_commits,
            max_bytes,
        }
    }

    pub(crate) fn watch(self: Arc<Self>, from: Revision) -> Watch {
        Watch {
            ring: self,
            seen: from,
            ready: VecDeque::new(),
            registered: None,
        }
    }

    /// Adds the commits of one batch, with their sizes, and wakes whoever waits.
    pub(crate) fn push(&self, commits: Vec<(Arc<Commit>, usize)>) {
        let mut forgotten = Vec::new(); // dropped without the lock
        let mut held = lock(&self.held);
        for (commit, size) in commits {
            debug_assert_eq!(commit.rev, held.newest.next());
            held.newest = commit.rev;
            held.bytes += size;
            held.commits.push_back((commit, size));
        }
        while held.commits.len() > self.max_commits || held.bytes > self.max_bytes {
            let Some((commit, size)) = held.commits.pop_front() else {
                break;
            };
            held.bytes -= size;
            forgotten.push(commit);
        }
        let waiting = std::mem::take(&mut held.waiting);
        held.pushes += 1;
        drop(held);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn after(
        &self,
        seen: Revision,
        waker: Option<&Waker>,
        registered: &mut Option<(u64, Waker)>,
        ready: &mut VecDeque<Arc<Commit>>,
    ) -> Poll<Result<(), Lagged>> {
        let mut held = lock(&self.held);
        if seen == held.newest {
            if let Some(waker) = waker
                && !registered
                    .as_ref()
                    .is_some_and(|(push, w)| *push == held.pushes && w.will_wake(waker))
            {
                held.waiting.push(waker.clone());
                *registered = Some((held.pushes, waker.clone()));
            }
            return Poll::Pending;
        }
        let oldest = Revision(held.newest.0 - held.commits.len() as u64);
        if seen < oldest || seen > held.newest {
            return Poll::Ready(Err(Lagged { oldest }));
        }
        let from = (seen.0 - oldest.0) as usize;
        let to = held.commits.len().min(from + STRIDE);
        ready.extend(held.commits.range(from..to).map(|(commit, _)| Arc::clone(commit)));
        Poll::Ready(Ok(()))
    }
}
