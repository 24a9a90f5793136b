//! The small ideas that all services share.

pub mod events;
pub mod given;
pub mod listing;
pub mod once;
mod shelf;
pub mod table;
pub mod tags;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use shelf::Shelf;

use base::{Clock, Dice, Scope, Timestamp};
use scheduler::Board;
use std::net::IpAddr;
use std::sync::Arc;
use store::{Snapshot, Store, StoreError, Tx};
use telemetry::Logs;
use wire::Fault;

/// What every request shares.
pub struct World {
    pub store: Store,
    /// What containers and clients said.
    pub logs: Logs,
    /// What is free where, for those who place tasks; without one they look at every node.
    pub board: Option<Arc<Board>>,
    /// What was pushed.
    pub shelf: Shelf,
    pub clock: Arc<dyn Clock>,
    pub dice: Arc<dyn Dice>,
    pub scope: Scope,
    /// When this Gantry was first started: what was always there dates from then.
    pub since: Timestamp,
}

/// Who calls, as authentication found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `arn:aws:iam::000000000000:root`
    pub arn: String,
    pub user_id: String,
    pub access_key: String,
}

/// What one request may use.
#[derive(Clone)]
pub struct Ctx {
    pub world: Arc<World>,
    pub caller: Arc<Caller>,
    /// What stands for the world's scope, for a request that is about another region's registry.
    pub elsewhere: Option<Scope>,
    /// The address that the request came from, if it came over a network.
    pub from: Option<IpAddr>,
}

impl Ctx {
    pub fn scope(&self) -> &Scope {
        self.elsewhere.as_ref().unwrap_or(&self.world.scope)
    }

    /// A consistent look at everything.
    pub fn snapshot(&self) -> Snapshot {
        self.world.store.snapshot()
    }

    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    pub fn dice(&self) -> &dyn Dice {
        &*self.world.dice
    }

    /// One transaction. The closure may run again, so it has no effect but on `tx`; what is random is drawn before.
    pub async fn write<T, F>(&self, mut f: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        self.world
            .store
            .write(move |tx| f(tx).map_err(Refused))
            .await
            .map_err(|Refused(fault)| fault)
    }
}

/// A fault on its way through the store, which may refuse for reasons of its own.
struct Refused(Fault);

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a write was not kept");
        Refused(Fault::common(
            "ServerException",
            500,
            "The service could not keep the change. Try again.",
        ))
    }
}
