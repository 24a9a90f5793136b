//! What the distribution specification asks of a registry, asked over a real connection.

mod bad;
mod collect;
mod lists;
mod pull;
mod push;
mod stage;
