//! What containers ask their agent: who they are, how much they use, which keys their role has, whether their task is
//! protected.
//!
//! For: answering as the ECS agent answers at 169.254.170.2, so that SDKs and libraries in containers work unchanged,
//! and telling containers by their environment where to ask ([`environment`]).
//!
//! Words: an *id* in a path is a secret name that only one container (for credentials: one task) was told; whoever has
//! it may ask with it, so it is never logged. A *page* is what can be asked, an *audience* who is behind a listener.
//!
//! Must never know: how containers run, how the server is reached, records. What is not in a work is asked of a
//! [`Source`].

mod answer;
mod container;
mod credentials;
mod environment;
mod fault;
mod find;
mod introspection;
mod json;
mod limit;
mod metadata;
mod path;
mod protection;
mod sampler;
mod secret;
mod serve;
mod source;
mod stats;
mod task;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use credentials::{Claims, Issuer, Keys, NodeIssuer, Refused, verify};
pub use environment::{ADDRESS, Surroundings, environment};
pub use secret::NodeSecret;
pub use serve::{Audience, Endpoints};
pub use source::{
    BlockSample, CpuSample, InterfaceSample, Later, MemorySample, NodeFacts, Source, StatsSample, machine_cpu_ns,
};

use sampler::Sampler;
