//! How long a container's start takes, beside `runc run` on the same root, interleaved in one run.
fn main() {}
