//! The handle that everyone holds.

use crate::backend::{Archive, Backend};
use crate::core::Core;
use crate::gate::{Gate, lock};
use crate::load::Loader;
use crate::pump::Pump;
use crate::ring::{Ring, Watch};
use crate::{OpenError, Options, Revision, StoreError, Tables, Tx, View};
use base::Clock;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::task::{Context, Poll, Waker};

/// Where state lives. Clones are cheap and mean the same store; when the last is dropped, it closes.
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    _open: Arc<ClosesOnDrop>,
}

/// The state at one revision; it never changes, and may be held for long.
#[derive(Clone)]
pub struct Snapshot(Arc<View>);

impl Deref for Snapshot {
    type Target = View;

    fn deref(&self) -> &View {
        &self.0
    }
}

impl Store {
    /// Opens with a thread of its own for the disk.
    pub fn open(backend: impl Backend, tables: Tables, options: Options) -> Result<Store, OpenError> {
        let (store, pump) = Store::open_pumped(backend, tables, options)?;
        std::thread::Builder::new()
            .name("store-disk".into())
            .spawn(move || pump.run_on_this_thread())
            .map_err(|source| OpenError::Disk {
                doing: "starting the disk's thread",
                source,
            })?;
        Ok(store)
    }

    /// Opens with no thread: nothing becomes durable, nor is any write answered, but by the pump.
    pub fn open_pumped(
        mut backend: impl Backend,
        tables: Tables,
        options: Options,
    ) -> Result<(Store, Pump), OpenError> {
        let tables = Arc::new(tables);
        let mut loader = Loader::new(Arc::clone(&tables));
        let (rev, at) = backend.load(&options.history, &mut |row| loader.row(row))?;
        let image = Arc::new(loader.finish()?);
        let view = |tables| View {
            tables,
            image: Arc::clone(&image),
            rev,
            at,
        };
        let (head, published) = (view(Arc::clone(&tables)), view(tables));
        let Options {
            limits,
            history,
            clock,
            conflicts,
        } = options;
        let shared = Arc::new(Shared {
            queue: Mutex::new(VecDeque::new()),
            closed: AtomicBool::new(false),
            published: Mutex::new(Arc::new(published)),
            ring: Arc::new(Ring::new(rev, limits.ring_commits, limits.ring_bytes)),
            archive: backend.archive(),
            waiting_writes: limits.waiting_writes,
            core: Mutex::new(Core::new(head, limits, Arc::clone(&clock), conflicts)),
            history,
            clock,
            ended: Gate::default(),
        });
        let pump = Pump::new(Box::new(backend), Arc::clone(&shared));
        Ok((
            Store {
                _open: Arc::new(ClosesOnDrop(Arc::clone(&shared))),
                shared,
            },
            pump,
        ))
    }

    /// The newest durable state. Costs nothing worth counting.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.shared.published())
    }

    /// Runs `write` on the newest state and commits what it changed, all or nothing: an error commits nothing.
    ///
    /// The closure may run again, so it has no effect but on its [`Tx`]. It is run by whoever finds the store free,
    /// so it should be brief. The answer comes when everything that it could see is durable. If the caller stops
    /// waiting, the write happens all the same.
    pub async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let job = Arc::new(Job(Mutex::new(Progress::Queued { write, waker: None })));
        self.shared.enqueue(Arc::clone(&job) as Arc<dyn Runs>)?;
        self.shared.work();
        let mut registered = None;
        poll_fn(|cx| job.poll(cx, &mut registered)).await
    }

    /// Every commit after `from`, in order; or, if that is too long ago, [`crate::Lagged`].
    pub fn watch(&self, from: Revision) -> Watch {
        Arc::clone(&self.shared.ring).watch(from)
    }

    /// Refuses further writes, lets those that wait finish, and comes back when the disk is free again.
    pub async fn close(&self) {
        self.shared.close();
        let mut registered = None;
        let _ = poll_fn(|cx| self.shared.ended.poll(cx, &mut registered)).await;
    }
}

struct ClosesOnDrop(Arc<Shared>);

impl Drop for ClosesOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What handles, watches and the pump share.
pub(crate) struct Shared {
    /// Writes whose turn has not come.
    queue: Mutex<VecDeque<Arc<dyn Runs>>>,
    waiting_writes: usize,
    closed: AtomicBool,
    pub(crate) core: Mutex<Core>,
    published: Mutex<Arc<View>>,
    pub(crate) ring: Arc<Ring>,
    pub(crate) archive: Arc<dyn Archive>,
    pub(crate) history: crate::HistoryLimits,
    pub(crate) clock: Arc<dyn Clock>,
    /// Opens when the pump is gone and the disk is free.
    pub(crate) ended: Gate,
}

/// Writes that one caller runs for others before it hands over to the pump.
const TURN: usize = 1024;

impl Shared {
    pub(crate) fn published(&self) -> Arc<View> {
        Arc::clone(&lock(&self.published))
    }

    /// Answers with what was published before.
    pub(crate) fn publish(&self, view: Arc<View>) -> Arc<View> {
        std::mem::replace(&mut *lock(&self.published), view)
    }

    fn enqueue(&self, job: Arc<dyn Runs>) -> Result<(), StoreError> {
        let mut queue = lock(&self.queue);
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        if queue.len() >= self.waiting_writes {
            return Err(StoreError::Busy { waiting: queue.len() });
        }
        queue.push_back(job);
        Ok(())
    }

    /// Runs the writes that wait, unless someone is at it already, who then sees them too: after letting go of the
    /// core, everyone looks at the queue once more. So there is one writer at a time, and no thread for it.
    pub(crate) fn work(&self) {
        let mut turn = TURN;
        while turn > 0 && !lock(&self.queue).is_empty() {
            let mut core = match self.core.try_lock() {
                Ok(core) => core,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            while turn > 0 && !core.is_full() {
                let Some(job) = lock(&self.queue).pop_front() else {
                    break;
                };
                job.run(&mut core);
                turn -= 1;
            }
            if turn == 0 || core.is_full() {
                core.wake_pump();
                return;
            }
        }
    }

    pub(crate) fn close(&self) {
        let queue = lock(&self.queue); // so that nobody is between looking and pushing
        self.closed.store(true, Ordering::Release);
        drop(queue);
        lock(&self.core).wake_pump();
        self.work();
    }

    pub(crate) fn is_drained(&self) -> bool {
        self.closed.load(Ordering::Acquire) && lock(&self.queue).is_empty() && !lock(&self.core).has_commits()
    }
}

/// A write on its way, whatever its types.
trait Runs: Send + Sync {
    fn run(&self, core: &mut Core);
}

struct Job<F, T, E>(Mutex<Progress<F, T, E>>);

enum Progress<F, T, E> {
    Queued {
        write: F,
        waker: Option<Waker>,
    },
    Running {
        waker: Option<Waker>,
    },
    /// The outcome counts once the gate is open.
    Ran {
        outcome: Result<T, E>,
        gate: Arc<Gate>,
    },
    Answered,
}

impl<F, T, E> Runs for Job<F, T, E>
where
    F: FnMut(&mut Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&self, core: &mut Core) {
        let mut progress = lock(&self.0);
        let Progress::Queued { mut write, waker } = std::mem::replace(&mut *progress, Progress::Answered) else {
            unreachable!("a write is queued once and run once");
        };
        *progress = Progress::Running { waker };
        drop(progress); // so that whoever polls meanwhile need not wait for the closure
        let (outcome, gate) = core.transact(&mut write);
        let ran = Progress::Ran {
            outcome,
            gate: Arc::clone(&gate),
        };
        let before = std::mem::replace(&mut *lock(&self.0), ran);
        if let Progress::Running { waker: Some(waker) } = before {
            gate.tell(waker);
        }
    }
}

impl<F, T, E: From<StoreError>> Job<F, T, E> {
    fn poll(&self, cx: &mut Context<'_>, registered: &mut Option<Waker>) -> Poll<Result<T, E>> {
        let mut progress = lock(&self.0);
        match &mut *progress {
            Progress::Queued { waker, .. } | Progress::Running { waker } => {
                *waker = Some(cx.waker().clone());
                *registered = Some(cx.waker().clone()); // whoever runs it tells the gate
                return Poll::Pending;
            }
            Progress::Ran { gate, .. } => match gate.poll(cx, registered) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure.into())),
                Poll::Ready(Ok(())) => {}
            },
            Progress::Answered => {}
        }
        match std::mem::replace(&mut *progress, Progress::Answered) {
            Progress::Ran { outcome, .. } => Poll::Ready(outcome),
            _ => unreachable!("a write that was answered is not polled again"),
        }
    }
}
