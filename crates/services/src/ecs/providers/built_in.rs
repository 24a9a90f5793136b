//! FARGATE and FARGATE_SPOT: in every account, and never made, changed or deleted.

pub const NAMES: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

pub fn is(name: &str) -> bool {
    NAMES.contains(&name)
}
