//! From a container's spec to a running, waited-for, removed process tree.
//!
//! For: the [`Runtime`] trait, its real implementation [`Kept`] in two forms (containers built by our own starter, or by
//! an OCI runtime's command), and a [`Fake`] under the same contract. Containers outlive the process that created them:
//! each has a keeper, which is this same executable under the verb `keeper` ([`keeper_main`]).
//!
//! Where to read: `runtime` says what can be asked; `kept` does it from outside; `keeper` is beside the container;
//! `starter` builds it from inside and becomes its program; `spec` decides what it shall have.
//!
//! Must never know: AWS APIs, the store, records, what a task is, where images come from.

pub mod cgroup;
mod dir;
mod exec;
mod fake;
mod keeper;
mod kept;
pub mod logs;
mod runtime;
pub mod seccomp;
pub mod spec;
mod starter;
mod sys;
mod trash;

pub use fake::{Fake, Script};
pub use keeper::keeper_main;
pub use kept::{Kept, Settings};
pub use runtime::*;
pub use trash::Trash;
