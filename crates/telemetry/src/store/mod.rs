//! The log store: [`Logs`].
//!
//! Appends go through one writer, which plans them, puts them into the journal, syncs it once for all that waited, and
//! then lets readers see them. From time to time the keeper moves lines from memory into a segment: sorted, in packed
//! blocks, a stream's lines together. What is kept is the catalog (streams and segments) and the journal behind it.

mod block;
mod catalog;
mod disk;
mod head;
mod journal;
mod keep;
mod plan;
mod query;
mod queue;
mod segment;
mod state;
mod tail;
#[cfg(test)]
mod tests;
mod varint;

pub use disk::OpenError;
pub use query::{Found, Line, Order, Query, ReadError, Streams};
pub use tail::{Said, Subscription};

use crate::{Append, AppendError, Appended, Event, Position};
use base::{Clock, Timestamp};
use plan::{Outcome, Plan, Request};
use query::Scan;
use state::{Entry, State, Stream};
use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::task::Poll;
use tokio::sync::{broadcast, oneshot};

/// Bytes that a query looks at before others have their turn.
const TURN_BYTES: usize = 2 << 20;

/// Bounds of a store.
#[derive(Clone, Debug)]
pub struct Options {
    pub max_streams: usize,
    /// Bytes of lines in memory at which they go into a segment. While they do, as many again may gather.
    pub head_bytes: usize,
    /// Bytes of appends that may wait for the disk.
    pub waiting_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_streams: 1_000_000,
            head_bytes: 8 << 20,
            waiting_bytes: 64 << 20,
        }
    }
}

/// A log store. Cloned handles are the same store; it is closed when the last one is gone.
#[derive(Clone)]
pub struct Logs(Arc<Inner>);

struct Inner {
    // Threads first: they end before what they share goes.
    door: Door,
    shared: Arc<Shared>,
}

/// How changes come in.
enum Door {
    /// Done at once, by who asks. With it the number of the next segment.
    Memory(Mutex<u64>),
    Disk(disk::Threads),
}

struct Shared {
    state: RwLock<State>,
    clock: Arc<dyn Clock>,
    options: Options,
    tail: broadcast::Sender<Arc<Said>>,
}

impl Shared {
    fn new(state: State, clock: Arc<dyn Clock>, options: Options) -> Arc<Self> {
        Arc::new(Shared {
            state: RwLock::new(state),
            clock,
            options,
            tail: broadcast::Sender::new(tail::BEHIND),
        })
    }

    fn look(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is durable becomes visible.
    fn commit(&self, entries: Vec<Entry>) {
        let heard = self.tail.receiver_count() > 0;
        let mut said = Vec::new();
        let mut state = self.change();
        for entry in entries {
            if heard {
                said.extend(tail::said(&state, &entry));
            }
            state.apply(entry);
        }
        drop(state);
        for said in said {
            let _ = self.tail.send(Arc::new(said)); // the last listener may just have gone
        }
    }
}

/// What is known of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    pub name: Arc<str>,
    pub made: Timestamp,
    pub first_event: Option<Timestamp>,
    pub last_event: Option<Timestamp>,
    pub last_ingestion: Option<Timestamp>,
    /// Bytes of its messages.
    pub bytes: u64,
}

impl StreamInfo {
    fn of(stream: &Stream) -> Self {
        let span = stream.span();
        StreamInfo {
            name: Arc::clone(&stream.name),
            made: stream.made,
            first_event: span.map(|(first, _)| first.time()),
            last_event: span.map(|(_, last)| last.time()),
            last_ingestion: stream.last_ingestion,
            bytes: stream.bytes(),
        }
    }
}

impl Logs {
    /// A store that forgets everything when it is dropped, and does everything at once on the thread that asks.
    pub fn memory(clock: Arc<dyn Clock>) -> Self {
        Logs::memory_with(clock, Options::default())
    }

    pub fn memory_with(clock: Arc<dyn Clock>, options: Options) -> Self {
        Logs(Arc::new(Inner {
            door: Door::Memory(Mutex::new(0)),
            shared: Shared::new(State::default(), clock, options),
        }))
    }

    /// Opens (or makes) the store in a directory, which belongs to one process at a time.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>, options: Options) -> Result<Self, OpenError> {
        let (state, parts) = disk::open(dir)?.split();
        let shared = Shared::new(state, clock, options);
        let threads = disk::start(&shared, parts).map_err(|because| OpenError::Disk {
            what: dir.to_path_buf(),
            because,
        })?;
        Ok(Logs(Arc::new(Inner {
            door: Door::Disk(threads),
            shared,
        })))
    }

    /// Keeps events; done when they are durable and can be read. They are on their way when this returns, in the order
    /// of the calls, whether or not anybody waits for the future.
    pub fn append(&self, append: Append) -> impl Future<Output = Result<Appended, AppendError>> + Send + 'static {
        let outcome = self.ask(Request::Append(append));
        async move {
            match outcome.await? {
                Outcome::Appended(appended) => Ok(appended),
                Outcome::Changed(_) => Err(AppendError::Closed),
            }
        }
    }

    /// How far a source was stored, which is what its next append would be told at least.
    pub fn acknowledged(&self, group: &str, stream: &str, source: &str) -> u64 {
        let state = self.0.shared.look();
        let id = state.find(group, stream);
        id.and_then(|id| state.streams.get(&id)?.heard(source)).unwrap_or(0)
    }

    /// Makes a stream; `false` when it is there already.
    pub async fn make_stream(&self, group: &str, stream: &str) -> Result<bool, AppendError> {
        let (group, stream) = (group.to_string(), stream.to_string());
        self.change(Request::Make { group, stream }).await
    }

    /// Removes a stream and all of its lines; `false` when there was none.
    pub async fn remove_stream(&self, group: &str, stream: &str) -> Result<bool, AppendError> {
        let (group, stream) = (group.to_string(), stream.to_string());
        self.change(Request::Remove { group, stream }).await
    }

    /// Removes all streams of a group; `false` when there was none.
    pub async fn remove_group(&self, group: &str) -> Result<bool, AppendError> {
        let group = group.to_string();
        self.change(Request::RemoveGroup { group }).await
    }

    async fn change(&self, request: Request) -> Result<bool, AppendError> {
        match self.ask(request).await? {
            Outcome::Changed(changed) => {
                if let (true, Door::Disk(threads)) = (changed, &self.0.door) {
                    threads.desk.tidy();
                }
                Ok(changed)
            }
            Outcome::Appended(_) => Err(AppendError::Closed),
        }
    }

    fn ask(&self, request: Request) -> impl Future<Output = Result<Outcome, AppendError>> + Send + 'static {
        let (reply, outcome) = oneshot::channel();
        let shared = &self.0.shared;
        match &self.0.door {
            Door::Disk(threads) => threads.queue.push(request, reply, shared.options.waiting_bytes),
            Door::Memory(next_segment) => {
                let mut next_segment = next_segment.lock().unwrap_or_else(PoisonError::into_inner);
                let state = shared.look();
                let mut plan = Plan::new(&state, shared.clock.now(), shared.options.max_streams);
                let outcome = plan.take(request);
                let entries = plan.entries;
                drop(state);
                shared.commit(entries);
                let _ = reply.send(outcome);
                let mut state = shared.change();
                if state.active_bytes >= shared.options.head_bytes && state.freeze() {
                    let heads = keep::frozen(&state);
                    let made = keep::write(segment::Maker::memory(), &heads, *next_segment);
                    *next_segment += 1;
                    let (_, blocks) = made.expect("memory takes whatever is written to it");
                    keep::written(&mut state, &heads, blocks);
                }
            }
        }
        async move { outcome.await.unwrap_or(Err(AppendError::Closed)) }
    }

    /// Looks for lines that `wanted` says yes to. Long searches let others have their turn in between.
    pub async fn find(&self, query: &Query, mut wanted: impl FnMut(&str) -> bool + Send) -> Result<Found, ReadError> {
        let mut scan = Scan::new(&self.0.shared.look(), query);
        let mut search = query::Search::new(query, &scan);
        let mut turn = TURN_BYTES;
        loop {
            if let ControlFlow::Break(found) = search.step(&mut scan, &mut wanted)? {
                return Ok(found);
            }
            if scan.scanned >= turn {
                turn = scan.scanned + TURN_BYTES;
                pause().await;
            }
        }
    }

    /// The streams of a group in the order of their names, beginning behind `after`, as many as `visit` wants.
    pub fn streams(&self, group: &str, after: Option<&str>, visit: &mut dyn FnMut(StreamInfo) -> ControlFlow<()>) {
        let state = self.0.shared.look();
        let Some(names) = state.names.get(group) else {
            return;
        };
        use std::ops::Bound;
        let behind: Bound<Arc<str>> = after.map_or(Bound::Unbounded, |after| Bound::Excluded(Arc::from(after)));
        for (_, id) in names.range((behind, Bound::Unbounded)) {
            if visit(StreamInfo::of(&state.streams[id])).is_break() {
                return;
            }
        }
    }

    pub fn stream(&self, group: &str, stream: &str) -> Option<StreamInfo> {
        let state = self.0.shared.look();
        let id = state.find(group, stream)?;
        Some(StreamInfo::of(&state.streams[&id]))
    }

    /// Groups that have streams.
    pub fn groups(&self) -> Vec<Arc<str>> {
        self.0.shared.look().names.keys().cloned().collect()
    }

    /// Bytes of all messages of a group.
    pub fn bytes(&self, group: &str) -> u64 {
        let state = self.0.shared.look();
        let ids = state.names.get(group).into_iter().flat_map(|names| names.values());
        ids.map(|id| state.streams[id].bytes()).sum()
    }

    /// Forgets what was said in a group before. What shares a block with younger lines goes with those, so a reader
    /// who must not see it says so in the query too.
    pub fn expire(&self, group: &str, before: Timestamp) {
        keep::expire(&mut self.0.shared.change(), group, Position::at(before));
        if let Door::Disk(threads) = &self.0.door {
            threads.desk.tidy();
        }
    }

    /// How many hear what is said.
    pub fn listeners(&self) -> usize {
        self.0.shared.tail.receiver_count()
    }

    /// Hears what these groups say from now on.
    pub fn subscribe(&self, groups: Vec<String>) -> Subscription {
        Subscription {
            receiver: self.0.shared.tail.subscribe(),
            groups,
            missed: 0,
        }
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Logs")
    }
}

impl Append {
    /// One event of nobody in particular, for a stream that is made when needed.
    pub fn line(group: &str, stream: &str, at: Timestamp, message: &str) -> Self {
        let event = Event {
            at,
            message: message.to_string(),
            position: 0,
        };
        Append {
            group: group.to_string(),
            stream: stream.to_string(),
            source: None,
            events: vec![event],
            create: true,
        }
    }
}

/// Gives way to others that are ready, once.
async fn pause() {
    let mut paused = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
