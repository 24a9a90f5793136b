//! Copies images where replication wants them: to another region of this registry by records alone, as both share their
//! content, and to another Gantry through its door.
//!
//! Words: a *peer* is another Gantry that an operator has told of; a *replica* is an image's copy, wanted or made.
//!
//! Killed at any point, it begins again with what the store says is in progress: what is there already is not sent again.

mod peer;
mod push;
mod run;
mod talk;

pub use peer::{BadPeers, Peer, Peers};
pub use run::{Copier, copy_images};
