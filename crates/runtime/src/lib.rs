//! From a container's spec to a running, waited-for, removed process tree.
//!
//! Must never know: AWS APIs, the store, records, what a task is, where images come from.

pub mod cgroup;
pub mod spec;
