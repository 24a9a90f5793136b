//! From shapes to statuses, headers and bodies.

use super::text;
use crate::codec::Answer;
use crate::codec::json::{self, Style};
use crate::schema::{Place, TimeFormat};
use crate::service::Empty;
use crate::{Fault, Operation, Shape, View};

pub(in crate::codec) fn answer(op: &Operation, output: &dyn Shape, request_id: &str) -> Answer {
    let mut answer = Answer::new(op.status).with("x-amzn-requestid", request_id);
    for (index, member) in output.schema().members.iter().enumerate() {
        let view = output.view(index);
        match (member.place, view) {
            (_, View::Absent) => {}
            (Place::StatusCode, View::Int(status)) => {
                answer.status = u16::try_from(status)
                    .ok()
                    .filter(|s| (200..600).contains(s))
                    .unwrap_or(op.status);
            }
            (Place::Header(name), view) => {
                if let Some(value) = text::write(&view, member.ty, member.time, TimeFormat::Rfc822) {
                    answer.headers.push((name.into(), value));
                }
            }
            (Place::Headers(prefix), View::Map(entries)) => entries.each(&mut |key, value| {
                let ty = member.ty.of.expect("a map type says what its values are");
                if let Some(value) = text::write(&value, ty, None, TimeFormat::Rfc822) {
                    answer.headers.push((format!("{prefix}{key}").into(), value));
                }
            }),
            _ => {}
        }
    }
    // No content means none, and an operation without an output has nothing to say either.
    if answer.status != 204 && output.downcast_ref::<Empty>().is_none() {
        let content_type = write_body(output, &mut answer.body);
        if !answer.body.is_empty() && answer.header("content-type").is_none() {
            answer = answer.with("content-type", content_type);
        }
    }
    answer
}

fn write_body(output: &dyn Shape, out: &mut Vec<u8>) -> &'static str {
    let members = output.schema().members;
    let Some(index) = members.iter().position(|m| m.place == Place::Payload) else {
        json::write_as(Style::Rest, output, out);
        return "application/json";
    };
    match output.view(index) {
        View::Absent => "application/json",
        View::Blob(bytes) => {
            out.extend_from_slice(bytes);
            "application/octet-stream"
        }
        View::Text(text) => {
            out.extend_from_slice(text.as_bytes());
            "text/plain"
        }
        view => {
            json::write_payload(view, &members[index], out);
            "application/json"
        }
    }
}

pub(in crate::codec) fn fault(fault: &Fault, request_id: &str) -> Answer {
    let mut answer = Answer::new(fault.status)
        .with("content-type", "application/json")
        .with("x-amzn-requestid", request_id)
        .with("x-amzn-errortype", text::one_line(&fault.code));
    json::write_fault(&fault.code, fault, &mut answer.body);
    answer
}
