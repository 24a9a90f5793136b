//! The one loop that every controller shares, and the lease that lets only one run.
//!
//! For: keeping things true. A controller is told *which key*, never what happened: it reads again, does little, and
//! is right when it is asked twice. The loop turns changes into keys, keeps each key once, minds the time, and starts
//! over from a snapshot when it could not keep up.
//!
//! Words: a key is *dirty* when its controller should look at it; a *step* is one look, in one transaction; a *lease*
//! says which server's controllers may step.
//!
//! Must never know: any particular record but the lease's.

mod lease;
mod queue;
mod run;

pub use lease::{Held, Lease, NotHeld};
pub use queue::Queue;
pub use run::{Stop, run};

use base::Timestamp;
use store::{Change, Key, Tx, View};

/// What keeps one kind of thing true.
pub trait Controller: Send + Sync + 'static {
    /// As it stands in logs.
    fn name(&self) -> &'static str;

    /// How many keys one transaction may look at: more than one where looks are many, small and alike, and each would wait
    /// for the disk alone.
    fn at_once(&self) -> usize {
        1
    }

    /// Every key there is something to keep true about, for the start and for when the loop lost its place.
    fn all(&self, view: &View) -> Vec<Key>;

    /// The keys that a change makes dirty.
    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key));

    /// One look at a key. It may run again with another transaction, so it has no effect but on `tx`.
    fn step(&self, tx: &mut Tx, key: &Key) -> Next;
}

/// When to look at a key again, if nothing changes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// When something changes.
    Rest,
    At(Timestamp),
}
