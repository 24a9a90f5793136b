//! A whole world in memory, for tests: a store without a disk, a clock that stands still, dice that repeat.

use super::{Caller, Ctx, World};
use base::{Clock, ManualClock, Scope, SeededDice, Timestamp};
use model::{Node, Task, TaskStatus};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use store::{MemoryBackend, Options, Record, Store};
use telemetry::Logs;

/// 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp(1_767_225_600_000);

/// A world where nothing has happened yet, seen by the account's root user.
pub fn world() -> Ctx {
    world_and_clock().0
}

/// As [`world`], with the clock to move.
pub fn world_and_clock() -> (Ctx, ManualClock) {
    let clock = ManualClock::at(START);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let mut options = Options::new(Arc::clone(&shared));
    // Now and then a write closure runs twice, as it may: one that does more than change its `tx` shows itself.
    options.conflicts = Some(Arc::new(SeededDice::new(7)));
    let store = Store::open(MemoryBackend::new(), model::tables(), options).expect("an empty disk in memory opens");
    let scope = Scope::new("us-east-1", "000000000000");
    let world = World {
        board: None,
        store,
        logs: Logs::memory(Arc::clone(&shared)),
        shelf: super::Shelf::memory(),
        clock: shared,
        dice: Arc::new(SeededDice::new(1)),
        scope,
        since: START,
    };
    let caller = Caller {
        arn: "arn:aws:iam::000000000000:root".to_string(),
        user_id: "000000000000".to_string(),
        access_key: "AKIDTEST".to_string(),
    };
    block_on(crate::ec2::seed(&world, crate::ec2::USUAL_BLOCK)).expect("an empty store takes a VPC");
    (
        Ctx {
            world: Arc::new(world),
            caller: Arc::new(caller),
            elsewhere: None,
            from: None,
        },
        clock,
    )
}

impl Ctx {
    /// The same world, seen by somebody else.
    pub fn as_caller(&self, arn: &str) -> Ctx {
        let caller = Caller {
            arn: arn.to_string(),
            ..(*self.caller).clone()
        };
        Ctx {
            world: Arc::clone(&self.world),
            caller: Arc::new(caller),
            elsewhere: self.elsewhere.clone(),
            from: self.from,
        }
    }
}

/// Drives a future to its end on this thread, sleeping until it is woken.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// A node of a cluster that is ACTIVE and connected.
pub fn a_node(cluster: &str, id: &str) -> Node {
    Node {
        cluster: cluster.to_string(),
        ..model::testing::node(id)
    }
}

/// A task of a cluster, of launch type EC2, that has got as far as `status` and has no node.
pub fn a_task(cluster: &str, id: &str, status: TaskStatus) -> Task {
    Task {
        cluster: cluster.to_string(),
        status,
        ..model::testing::task(id)
    }
}

impl Ctx {
    /// Writes a record down as it is, past every operation.
    pub fn put<R: Record>(&self, record: R) {
        let written = self.write(move |tx| {
            tx.put(record.clone());
            Ok(())
        });
        block_on(written).expect("a store in memory takes a record");
    }
}
