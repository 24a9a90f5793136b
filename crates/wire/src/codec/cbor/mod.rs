//! CBOR, straight between bytes and shapes: the bodies of rpcv2Cbor, and documents that we keep, for which it is
//! smaller and quicker than JSON.

mod item;
mod read;
#[cfg(test)]
mod tests;
mod write;

use super::{Answer, Limits};
use crate::service::Empty;
use crate::{Detail, Fault, Operation, Service, Shape};
use read::Reader;
use write::Writer;

/// Reads one map into a shape. Members that the shape does not know are skipped, under the same limits.
pub fn read(bytes: &[u8], into: &mut dyn Shape, limits: &Limits) -> Result<(), Fault> {
    Reader::new(bytes, limits).whole(into)?;
    Ok(())
}

/// Appends the shape as one map.
pub fn write(shape: &dyn Shape, out: &mut Vec<u8>) {
    Writer(out).structure(shape);
}

pub(super) fn answer(op: &Operation, output: &dyn Shape, request_id: &str) -> Answer {
    let mut answer = envelope(op.status, request_id);
    // An operation without an output answers with no body at all, one with an empty output with an empty map.
    if output.downcast_ref::<Empty>().is_none() {
        write(output, &mut answer.body);
        answer = answer.with("content-type", "application/cbor");
    }
    answer
}

pub(super) fn fault(service: Option<&Service>, fault: &Fault, request_id: &str) -> Answer {
    let mut answer = envelope(fault.status, request_id).with("content-type", "application/cbor");
    let (name, query_error) = super::names_of(service, fault);
    let mut writer = Writer(&mut answer.body);
    writer.map(2 + fault.details.len());
    writer.text("__type");
    writer.text(name);
    writer.text("message");
    writer.text(&fault.message);
    for (member, detail) in &fault.details {
        writer.text(member);
        match detail {
            Detail::Text(value) => writer.text(value),
            Detail::Number(value) => writer.whole(*value),
            Detail::Texts(values) => {
                writer.array(values.len());
                for value in values {
                    writer.text(value);
                }
            }
        }
    }
    match query_error {
        Some(error) => answer.with("x-amzn-query-error", error),
        None => answer,
    }
}

fn envelope(status: u16, request_id: &str) -> Answer {
    Answer::new(status)
        .with("smithy-protocol", "rpc-v2-cbor")
        .with("x-amzn-requestid", request_id)
}
