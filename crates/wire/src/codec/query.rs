//! Forms: the requests of awsQuery and ec2Query.

use super::Limits;
use crate::{Fault, Protocol, Shape};

pub fn read(_protocol: Protocol, _form: &str, _input: &mut dyn Shape, _limits: &Limits) -> Result<(), Fault> {
    Ok(())
}

/// The operation and the API version that a form names.
pub fn action(_form: &str) -> Option<(String, Option<String>)> {
    None
}
