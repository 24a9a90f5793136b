//! What a container is: from what was asked to what is done, decided before anything is done.
//!
//! For: the typed input ([`ContainerSpec`]), the facts of machine and image that bear on it ([`Facts`]), the decision
//! ([`plan`]), and the decision in the words of the OCI runtime specification ([`oci`]).
//!
//! Words: *asked* is what the spec says; *planned* is what will be done, defaults filled in and clamped to what this
//! process may give; a *warning* says where the two differ.
//!
//! Must never know: how to start a process.

mod capabilities;
mod container;
mod devices;
mod mounts;
mod oci;
#[cfg(test)]
mod oci_tests;
mod plan;
mod signal;
mod sysctls;
mod ulimits;
mod user;

pub use capabilities::{Caps, UnknownCapability};
pub use container::*;
pub use devices::{Access, DEFAULT_NODES, DeviceError, DeviceKind, DeviceNode, DeviceRule, look_up as look_up_devices};
pub use mounts::{MASKED_PATHS, PlannedMount, READONLY_PATHS};
pub use oci::{OciPlace, oci, process, resources};
pub use plan::{Facts, Machine, Plan, SpecError, Warning, plan};
pub use sysctls::SysctlError;
pub use ulimits::{RESOURCES, Resource, Rlimit};
pub use user::{User, UserError, choose as choose_user, resolve as resolve_user};
