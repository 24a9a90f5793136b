//! Logs stored and queried: append, compress, index, search.
//!
//! For: keeping what containers and clients say, durably and small, and finding it again. [`Logs`] is the store;
//! [`driver`] turns a container's raw output into events the way the `awslogs` driver does; [`pattern`] is the filter
//! language of log searches.
//!
//! Words: a *group* is a name under which streams are kept; a *stream* is one sequence of events; an *event* is a line
//! with the time it was said; a *line* is an event as it was stored; a [`Position`] orders all lines of a store: by
//! time, and at one time by arrival; a *source* is a node's container whose output is sent, and how far it was stored is
//! remembered with the stream, so that what is sent twice is kept once.
//!
//! Must never know: AWS shapes, records, the network. A group here is only a name: who may use it, how long it keeps
//! what it has and whether it exists at all is said elsewhere, and handed in.

pub mod driver;
mod event;
pub mod pattern;
mod store;

pub use event::{Append, AppendError, Appended, Event, Position};
pub use store::{
    Found, Line, Logs, OpenError, Options, Order, Query, ReadError, Said, StreamInfo, Streams, Subscription,
};
