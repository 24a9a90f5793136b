//! Which system calls a container may make: profiles, and their filters as the kernel runs them.
//!
//! For: a default profile with the effect of Docker's, made for the container's own capabilities; profiles of users in
//! Docker's JSON; a compiler from either to the kernel's filter program, so that nothing is compiled while a container
//! waits to start; and the profile in OCI words, for runtimes that load it themselves.
//!
//! Words: a *profile* is a list of *rules*, each an action for some calls when their arguments meet *conditions*. Of the
//! rules for one call the first that holds counts, those with conditions before those without; when none holds, the
//! profile's own default does. A *filter* is the compiled program.
//!
//! Only calls of the machine's own architecture are known: those of its 32-bit elder are refused with EPERM, those of
//! x32 with ENOSYS. Where a profile refuses with an error, a call newer than all it names gets ENOSYS, so that a C
//! library falls back as on an old kernel.
//!
//! Must never know: how a filter gets onto a process.

mod compile;
#[cfg(test)]
mod compile_tests;
mod custom;
mod default;
mod filters;
mod oci;
mod profile;

pub use compile::{Filter, compile};
pub use custom::parse;
pub use default::default_profile;
pub use filters::{Filters, SeccompError, profile};
pub use oci::oci;
pub use profile::{Action, Condition, Operator, Profile, Rule};
