//! What AWS requests mean: one module a service, one file an operation.
//!
//! For: turning a decoded, authenticated request into one transaction on the store (or one look at a snapshot) and an
//! answer. What must happen later is written down as wanted; controllers and nodes make it so.
//!
//! Words: a *row* joins an operation's facts to the function that means it; a *table* is a service's rows; [`Ctx`] is
//! what a request may use: the store, the clock, the dice, the scope and who calls.
//!
//! Must never know: the network, signatures, other floors' loops. Modules never call each other: they meet in the store.

mod cloudwatch;
pub mod common;
pub mod ec2;
pub mod ecr;
pub mod ecs;
mod elbv2;
pub mod fidelity;
mod iam;
pub mod logs;
pub mod own;
mod scheduler;
mod servicediscovery;
mod sts;

pub use common::events::Events;
pub use common::table::{Answered, Reply, Row, Services, Table};
pub use common::{Caller, Ctx, Shelf, World};

impl Services {
    /// Every service there is.
    pub fn all(strict: bool) -> Services {
        let tables = vec![
            cloudwatch::table(),
            ec2::table(),
            ecr::table(),
            ecs::table(),
            elbv2::table(),
            iam::table(),
            logs::table(),
            scheduler::table(),
            servicediscovery::table(),
            sts::table(),
        ];
        Services::new(tables, strict)
    }
}
