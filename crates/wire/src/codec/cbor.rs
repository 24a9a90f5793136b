//! CBOR.
use super::{Answer, Limits};
use crate::{Fault, Operation, Service, Shape};

pub fn read(_bytes: &[u8], _into: &mut dyn Shape, _limits: &Limits) -> Result<(), Fault> {
    Ok(())
}
pub fn write(_shape: &dyn Shape, _out: &mut Vec<u8>) {}
pub(super) fn answer(op: &Operation, _output: &dyn Shape, _request_id: &str) -> Answer {
    Answer::new(op.status)
}
pub(super) fn fault(_: Option<&Service>, fault: &Fault, _request_id: &str) -> Answer {
    Answer::new(fault.status)
}
