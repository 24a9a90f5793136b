//! The nodes as seen from the server: assignments down, observations up.
//!
//! For: being the other end of each node's session ([`Fleet`]). [`simulated`] nodes hold none: they run nothing, say so,
//! and are told of by a controller.
//!
//! Words: a node is *connected* while a session with it is open; an *observation* is what a node saw, and becomes state
//! only through [`model::report::apply`].
//!
//! Must never know: AWS shapes, or what a controller wants.

pub mod assign;
mod session;
mod sessions;
pub mod simulated;

pub use session::{Ended, Fleet, Way, may_connect};
pub use sessions::hang_up;
