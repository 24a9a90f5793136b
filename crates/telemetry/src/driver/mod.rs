//! The `awslogs` driver: from a container's raw output to batches of events.
//!
//! [`Options`] are what the user wrote, parsed and refused in the container engine's own words. An [`Assembler`] takes
//! raw records and gives events: pieces of a line joined, lines of one event joined, what is too long split, what is
//! not text replaced. A [`Batcher`] gathers events into what one request may carry. All of it is pure: time is passed in.

mod assemble;
mod batch;
mod options;
mod strftime;

pub use assemble::{Assembler, Record};
pub use batch::Batcher;
pub use options::{Mode, Options, OptionsError};

/// What an event counts beside its message.
pub const EVENT_OVERHEAD: usize = 26;
/// The longest message; what is longer becomes several events.
pub const MAX_MESSAGE: usize = 256 * 1024 - EVENT_OVERHEAD;
/// The most that one batch carries, counting [`EVENT_OVERHEAD`] for each event.
pub const MAX_BATCH_BYTES: usize = 1 << 20;
pub const MAX_BATCH_EVENTS: usize = 10_000;
/// Between the first and the last event of a batch.
pub const MAX_BATCH_SPAN_MS: i64 = 24 * 60 * 60 * 1000;

/// The stream of a task's container: `prefix/container/task`.
pub fn stream_name(prefix: &str, container: &str, task: &str) -> String {
    format!("{prefix}/{container}/{task}")
}
