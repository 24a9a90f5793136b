//! Nodes that run nothing: they report what a real one would, after a while, and say in their attributes that they are
//! simulated. For trying the API without containers, and for the simulator.
//!
//! What an image does is in its name, so that a test can ask for trouble: see [`script`].

mod nodes;
pub mod script;
mod tasks;

pub use nodes::{Shape, TakeUp, register};
pub use tasks::Tasks;
