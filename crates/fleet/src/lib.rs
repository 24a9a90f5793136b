//! The nodes as seen from the server: assignments down, observations up.
//!
//! For: being the other end of each node's session. So far the only nodes that hold a session are [`simulated`] ones,
//! which run nothing and say so; real ones come with the node's own rooms.
//!
//! Words: a node is *connected* while a session with it is open; an *observation* is what a node saw, and becomes state
//! only through [`model::report::apply`].
//!
//! Must never know: AWS shapes, or what a controller wants.

mod sessions;
pub mod simulated;

pub use sessions::hang_up;
