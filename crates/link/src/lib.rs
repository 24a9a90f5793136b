//! What server and node say to each other: frames, the task plan, observations.
//!
//! For: being the one language of both ends, so that a node of one version and a server of the next understand each
//! other: every message is a CBOR map with numbered members, unknown members are skipped, missing ones have a default.
//!
//! Words: a [`TaskPlan`] is what a task definition means to a node; [`Overrides`] are laid over it for one task; an
//! [`Assignment`] is a task given to a node, with its plan and the identity it shows to its containers; a
//! [`TaskReport`] is what the node saw of it. A *generation* counts what was assigned, a *sequence* what was reported.
//!
//! Must never know: AWS shapes, the store, records, how a node runs what it was given.

mod frames;
mod overrides;
pub mod plan;
mod talk;
mod words;

pub use frames::{Broken, Frames, MOST_FRAME_BYTES};
pub use overrides::{ContainerOverride, Overrides};
pub use plan::{ContainerPlan, TaskPlan};
pub use talk::{
    Answer, Assign, Assignment, ContainerReport, Down, Health, Hello, Interface, LogBatch, LogEvent, NodeAttribute,
    PROTOCOL, Phase, PortBinding, Purpose, Question, Resources, StopCode, TaskReport, Up, Welcome,
};
