//! What containers ask their agent: who they are, how much they use, which keys their role has, whether their task is
//! protected.
//!
//! For: answering as the ECS agent answers at 169.254.170.2, so that SDKs and libraries in containers work unchanged,
//! and telling containers by their environment where to ask ([`environment`]).
//!
//! Words: an *id* in a path is a secret name that only one container (for credentials: one task) was told; whoever has
//! it may ask with it, so it is never logged.
//!
//! Must never know: how containers run, how the server is reached, records.

mod environment;
mod secret;
#[cfg(test)]
mod testing;

pub use environment::{ADDRESS, Surroundings, environment};
pub use secret::NodeSecret;
