//! Streams of events: answers that go on, as `application/vnd.amazon.eventstream`.
//!
//! A stream is a sequence of messages, each with a few named headers and a body in the protocol's own notation:
//! length of all and of the headers, their checksum, headers, body, and a checksum of everything. The first says what
//! an answer without a stream would say; each one after is one member of the stream's shape, an event or an exception.

use super::{Answer, cbor, json};
use crate::schema::Kind;
use crate::{Operation, Protocol, Shape, View};

/// Two lengths and their checksum come before the headers, a checksum after the body.
const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;
/// Of all the types that a header's value can have, only text is written.
const TEXT: u8 = 7;
/// What a client takes as one message.
pub const MAX_BODY: usize = 16 << 20;

/// The head of an answer that goes on; its body is the first message.
pub fn opening(protocol: Protocol, op: &Operation, output: &dyn Shape, request_id: &str) -> Answer {
    let body = write(protocol, output);
    let mut answer = Answer::new(op.status)
        .with("content-type", "application/vnd.amazon.eventstream")
        .with("x-amzn-requestid", request_id);
    if protocol == Protocol::RpcV2Cbor {
        answer = answer.with("smithy-protocol", "rpc-v2-cbor");
    }
    answer.body = message(&headed("event", ":event-type", "initial-response", protocol), &body);
    answer
}

/// One event or exception: whichever member of the stream's shape is there.
pub fn event(protocol: Protocol, events: &dyn Shape) -> Vec<u8> {
    let members = events.schema().members.iter().enumerate();
    let mut there = members.filter_map(|(i, member)| match events.view(i) {
        View::Structure(event) => Some((member, event)),
        _ => None,
    });
    let Some((member, event)) = there.next() else {
        return broken("InternalFailure", "An event has nothing in it.");
    };
    debug_assert!(member.ty.kind == Kind::Structure && there.next().is_none());
    let (kind, name) = match member.exception {
        true => ("exception", ":exception-type"),
        false => ("event", ":event-type"),
    };
    message(&headed(kind, name, member.name, protocol), &write(protocol, event))
}

/// The last message of a stream that ends for a reason which its shape has no member for.
pub fn broken(code: &str, why: &str) -> Vec<u8> {
    message(
        &[
            (":message-type", "error"),
            (":error-code", code),
            (":error-message", why),
        ],
        &[],
    )
}

fn headed<'a>(kind: &'a str, name: &'a str, value: &'a str, protocol: Protocol) -> [(&'a str, &'a str); 3] {
    let content_type = match protocol {
        Protocol::RpcV2Cbor => "application/cbor",
        _ => "application/json",
    };
    [(":message-type", kind), (name, value), (":content-type", content_type)]
}

fn write(protocol: Protocol, shape: &dyn Shape) -> Vec<u8> {
    let mut body = Vec::new();
    match protocol {
        Protocol::RpcV2Cbor => cbor::write(shape, &mut body),
        _ => json::write(shape, &mut body), // the generator lets no other protocol stream
    }
    body
}

fn message(headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let header_bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let total = PRELUDE + header_bytes + body.len() + CHECKSUM;
    let mut out = Vec::with_capacity(total);
    let length = |bytes: usize| u32::try_from(bytes).expect("a message is far below four gigabytes");
    out.extend_from_slice(&length(total).to_be_bytes());
    out.extend_from_slice(&length(header_bytes).to_be_bytes());
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    for (name, value) in headers {
        out.push(u8::try_from(name.len()).expect("we name the headers, and briefly"));
        out.extend_from_slice(name.as_bytes());
        out.push(TEXT);
        let len = u16::try_from(value.len()).expect("names, codes and sentences are short");
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(value.as_bytes());
    }
    out.extend_from_slice(body);
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_laid_out_as_documented() {
        let said = message(&[("a", "bc")], b"{}");
        assert_eq!(said.len(), 12 + 7 + 2 + 4);
        assert_eq!(said[..8], [0, 0, 0, 25, 0, 0, 0, 7]);
        assert_eq!(said[8..12], crc32fast::hash(&said[..8]).to_be_bytes());
        assert_eq!(said[12..20], [1, b'a', 7, 0, 2, b'b', b'c', b'{']);
        assert_eq!(said[21..25], crc32fast::hash(&said[..21]).to_be_bytes());
    }
}
