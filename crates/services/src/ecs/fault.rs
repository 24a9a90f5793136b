//! ECS's faults, worded once.

use api::ecs::fault as declared;
use wire::Fault;
use wire::validate::{Violation, coral_message};

/// `ClientException`: the caller may not do this, or named something that is not there.
pub fn client(message: impl Into<String>) -> Fault {
    Fault::new(&declared::ClientException, message)
}

/// `InvalidParameterException`: a parameter is not what the documentation allows.
pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(&declared::InvalidParameterException, message)
}

pub fn access_denied(message: impl Into<String>) -> Fault {
    Fault::new(&declared::AccessDeniedException, message)
}

pub fn cluster_not_found() -> Fault {
    Fault::new(&declared::ClusterNotFoundException, "Cluster not found.")
}

pub fn unsupported(message: impl Into<String>) -> Fault {
    Fault::new(&declared::UnsupportedFeatureException, message)
}

pub fn limit(message: impl Into<String>) -> Fault {
    Fault::new(&declared::LimitExceededException, message)
}

/// An entry of `failures` about what is not there.
pub fn missing(arn: String) -> api::ecs::Failure {
    api::ecs::Failure {
        arn: Some(arn),
        reason: Some("MISSING".to_string()),
        detail: None,
    }
}

/// A request that breaks the model's own bounds.
pub fn out_of_bounds(violations: &[Violation]) -> Fault {
    invalid(coral_message(violations))
}

pub fn bad_token(_: crate::common::listing::BadToken) -> Fault {
    invalid("The specified nextToken is not valid.")
}
