//! JSON, straight between bytes and shapes: the bodies of awsJson1.0, awsJson1.1 and restJson1, and documents that
//! we keep. Nothing is built in between; a string without escapes is copied once.

mod read;
mod scalar;
mod scan;
#[cfg(test)]
mod tests;
mod write;

use super::{Answer, Limits};
use crate::schema::Member;
use crate::{Detail, Document, Fault, Operation, Protocol, Service, Shape, Slot, View};
use read::Reader;
use write::Writer;

/// Whose names and which members: the RPC protocols put every member into the body under its model name, REST only
/// those with no other place, under the location name if there is one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Rpc,
    Rest,
    /// As RPC, with times as text: how events are told. Only written.
    Event,
}

/// Reads one JSON object into a shape. Members that the shape does not know are skipped, under the same limits.
pub fn read(bytes: &[u8], into: &mut dyn Shape, limits: &Limits) -> Result<(), Fault> {
    read_as(Style::Rpc, bytes, into, limits)
}

pub(super) fn read_as(style: Style, bytes: &[u8], into: &mut dyn Shape, limits: &Limits) -> Result<(), Fault> {
    let mut reader = Reader::new(style, bytes, limits)?;
    reader.whole(into)?;
    Ok(())
}

/// Reads a member that is the whole body.
pub(super) fn read_payload(bytes: &[u8], into: Slot<'_>, member: &Member, limits: &Limits) -> Result<(), Fault> {
    Reader::new(Style::Rest, bytes, limits)?.whole_value(into, member)?;
    Ok(())
}

pub fn read_document(bytes: &[u8], limits: &Limits) -> Result<Document, Fault> {
    let mut document = Document::Null;
    Reader::new(Style::Rpc, bytes, limits)?.whole_document(&mut document)?;
    Ok(document)
}

/// Appends the shape as one JSON object.
pub fn write(shape: &dyn Shape, out: &mut Vec<u8>) {
    Writer::new(Style::Rpc, out).structure(shape);
}

/// Appends the shape as one JSON object with its times as ISO 8601 text, as the details of EventBridge's events have them.
pub fn write_event(shape: &dyn Shape, out: &mut Vec<u8>) {
    Writer::new(Style::Event, out).structure(shape);
}

/// Appends a JSON string.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    Writer::new(Style::Rpc, out).text(text);
}

pub(super) fn write_as(style: Style, shape: &dyn Shape, out: &mut Vec<u8>) {
    Writer::new(style, out).structure(shape);
}

/// Writes a member that is the whole body.
pub(super) fn write_payload(view: View<'_>, member: &Member, out: &mut Vec<u8>) {
    Writer::new(Style::Rest, out).view(view, member.ty, member.time);
}

pub fn write_document(document: &Document, out: &mut Vec<u8>) {
    Writer::new(Style::Rpc, out).document(document);
}

pub(super) fn answer(protocol: Protocol, op: &Operation, output: &dyn Shape, request_id: &str) -> Answer {
    let mut answer = envelope(protocol, op.status, request_id);
    write(output, &mut answer.body);
    answer
}

pub(super) fn fault(protocol: Protocol, service: Option<&Service>, fault: &Fault, request_id: &str) -> Answer {
    let mut answer = envelope(protocol, fault.status, request_id);
    let (name, query_error) = super::names_of(service, fault);
    write_fault(name, fault, &mut answer.body);
    match query_error {
        Some(error) => answer.with("x-amzn-query-error", error),
        None => answer,
    }
}

/// The body of a fault: `{"__type":"ClusterNotFoundException","message":"Cluster not found."}`.
pub(super) fn write_fault(name: &str, fault: &Fault, out: &mut Vec<u8>) {
    let mut writer = Writer::new(Style::Rpc, out);
    writer.raw("{\"__type\":");
    writer.text(name);
    writer.raw(",\"message\":");
    writer.text(&fault.message);
    for (member, detail) in &fault.details {
        writer.raw(",");
        writer.text(member);
        writer.raw(":");
        match detail {
            Detail::Text(value) => writer.text(value),
            Detail::Number(value) => writer.raw(&value.to_string()),
            Detail::Texts(values) => {
                writer.raw("[");
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        writer.raw(",");
                    }
                    writer.text(value);
                }
                writer.raw("]");
            }
        }
    }
    writer.raw("}");
}

fn envelope(protocol: Protocol, status: u16, request_id: &str) -> Answer {
    let content_type = match protocol {
        Protocol::Json10 => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    };
    Answer::new(status)
        .with("content-type", content_type)
        .with("x-amzn-requestid", request_id)
}
