//! What the distribution specification asks of a registry, asked over a real connection.

#![allow(clippy::unwrap_used)]

mod bad;
mod cache;
mod collect;
mod lists;
mod pull;
mod push;
mod stage;
