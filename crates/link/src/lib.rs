//! What server and node say to each other: frames, the task plan, observations; joining and mutual TLS.
//!
//! For: being the one language of both ends, so that a node of one version and a server of the next understand each
//! other: every message is a CBOR map with numbered members, unknown members are skipped, missing ones have a default.
//!
//! Words: a [`TaskPlan`] is what a task definition means to a node; [`Overrides`] are laid over it for one task; an
//! [`Assignment`] is a task given to a node, with its plan and the identity it shows to its containers; a
//! [`TaskReport`] is what the node saw of it. A *generation* counts what was assigned, a *sequence* what was reported.
//!
//! Between machines the session is in TLS ([`tls`]): the cluster's [`Authority`] certifies its server and its nodes; with
//! a join [`Token`] a machine *joins* and becomes a *member*, which a *revoked* node no longer is. Files are others' job.
//!
//! Must never know: AWS shapes, the store, records, how a node runs what it was given.

mod attempts;
mod authority;
mod frames;
mod overrides;
pub mod plan;
mod talk;
pub mod tls;
mod token;
mod vpc;
mod words;

pub use authority::{Authority, Damaged, Fingerprint};
pub use frames::{Broken, Frames, MOST_FRAME_BYTES};
pub use overrides::{ContainerOverride, Overrides};
pub use plan::{ContainerPlan, TaskPlan};
pub use talk::{
    Answer, Assign, Assignment, ContainerReport, Down, Health, Hello, Interface, LogBatch, LogEvent, NodeAttribute,
    PROTOCOL, Phase, PortBinding, Purpose, Question, Resources, StopCode, TaskReport, Up, Welcome,
};
pub use token::{JoinSecret, NotAToken, Token};
pub use vpc::{Away, Subnet, Vpc};
