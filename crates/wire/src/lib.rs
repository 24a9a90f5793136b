//! How AWS talks: schema-driven shapes, codecs, signatures and faults.
//!
//! For: turning bytes from the network into typed requests, and typed answers or faults into the bytes that AWS's
//! own clients expect, in any of the five protocols.
//!
//! Words: a *shape* is a Rust value that can be walked by its [`schema`]; a *codec* reads and writes shapes in one
//! protocol; a *fault* is what an API caller gets instead of an answer, in AWS's wording. Shapes are declared with the
//! one macro language, [`shapes!`](crate::shapes), written by a generator.
//!
//! Must never know: any one service. What a service is arrives here as facts ([`service::Service`]).

pub mod codec;
mod document;
pub mod fault;
mod macros;
pub mod pattern;
pub mod route;
pub mod schema;
pub mod service;
pub mod sigv4;
pub mod validate;
pub mod value;

pub use base::Timestamp;
pub use document::Document;
pub use fault::{Detail, Fault};
pub use service::{Call, Operation, Protocol, Service};
pub use value::{Blob, Entries, Items, Shape, Slot, Value, View};
