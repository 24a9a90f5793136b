//! XML: the answers to forms.

use super::Answer;
use crate::{Fault, Operation, Protocol, Service, Shape};

pub fn answer(_: Protocol, _: &Service, op: &Operation, _output: &dyn Shape, _request_id: &str) -> Answer {
    Answer::new(op.status)
}

pub fn fault(_: Protocol, _: Option<&Service>, fault: &Fault, _request_id: &str) -> Answer {
    Answer::new(fault.status)
}
