//! restJson1.
use super::{Answer, Limits, Request};
use crate::{Fault, Operation, Shape};

pub(super) fn read(
    _op: &Operation,
    _request: &Request<'_>,
    _into: &mut dyn Shape,
    _limits: &Limits,
) -> Result<(), Fault> {
    Ok(())
}
pub(super) fn answer(op: &Operation, _output: &dyn Shape, _request_id: &str) -> Answer {
    Answer::new(op.status)
}
pub(super) fn fault(fault: &Fault, _request_id: &str) -> Answer {
    Answer::new(fault.status)
}
