//! One node's tasks: what they are, what they should be, the next step.
//!
//! For: carrying out task plans on a machine and telling what was seen. At heart it decides without doing: [`next`] looks
//! at a [`Work`] and the time and names steps; whoever carries them out comes back with a [`Fact`]; [`Work::saw`] takes it
//! in. Nothing is remembered that could be looked at instead, so after a crash the machine is asked what is there, the
//! answers become facts, and the same decisions go on: recovery is the ordinary path.
//!
//! Words: a *work* is one task on this node, a *part* one of its containers. A *step* is what to do next, a *fact* what
//! came of it or what was seen. A part is *over* when it will not run (again).
//!
//! Must never know: AWS APIs (but for what containers are told over the metadata endpoints), the store, records, where
//! the server is.

mod depend;
pub mod endpoints;
mod hands;
mod health;
mod journal;
#[cfg(feature = "machine")]
pub mod machine;
mod next;
mod node;
mod outbox;
mod reasons;
mod report;
mod seen;
mod session;
mod ship;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod work;

pub use endpoints::environment;
pub use hands::{Came, Ended, Found, Hands, NotUp};
pub use health::{Checked, HealthState};
pub use journal::Journal;
pub use next::{Next, Step, next};
pub use node::{Ear, Node, Told, Works};
pub use outbox::Outbox;
pub use report::report;
pub use seen::Fact;
pub use session::{Asked, Connect, Identity, Parted, stay};
pub use ship::{Shipper, Shipping};
pub use work::{ImageFacts, Part, Stage, Work};
