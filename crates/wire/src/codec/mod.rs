//! The codecs: bytes of one protocol to typed requests, and typed answers or faults back to bytes.
//!
//! Words: a [`Request`] is what came in over HTTP, an [`Answer`] is what goes out; the [`Limits`] say how much of the
//! caller's input is taken in before it is refused. One module for each notation: [`json`] and [`cbor`] for bodies,
//! `rest` for what travels in paths, queries and headers, [`query`] for forms and [`xml`] for the answers to forms.
//!
//! Must never know: any service, how the request reached us, who sent it. No codec panics on what a caller sends.

pub mod cbor;
pub mod events;
pub mod json;
pub mod query;
pub(crate) mod rest;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod toy;
mod trouble;
pub mod xml;

use crate::{Fault, Operation, Protocol, Service, Shape};
use std::borrow::Cow;

/// How much one request may make us hold. The defaults are several times what AWS itself takes: 64 KiB for a task
/// definition, 1 MiB for a batch of log events, 10,000 elements in the longest list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body.
    pub body: usize,
    /// Structures, lists and maps inside each other.
    pub depth: usize,
    /// Members, elements and entries in all, known or not.
    pub members: usize,
    /// Bytes of list elements and map entries in all. A list of `{}` costs three bytes on the wire for each element
    /// and a kilobyte in memory, so the count of members alone would be no bound.
    pub held: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body: 8 << 20,
            depth: 64,
            members: 100_000,
            held: 16 << 20,
        }
    }
}

/// An HTTP request as the codecs and the router look at it: nothing of it is decoded yet.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    /// Still percent-encoded, without the query.
    pub path: &'a str,
    /// Still percent-encoded, without the question mark.
    pub query: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The first header of this name, in whatever case it was written.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

/// An HTTP answer. Our own header names are written in lower case; those of a model as the model writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(Cow<'static, str>, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16) -> Self {
        Answer {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Reads the input of `op` out of a request. What the caller got wrong is a 4xx fault, worded for that caller.
pub fn decode(
    protocol: Protocol,
    _service: &Service,
    op: &Operation,
    request: &Request<'_>,
    limits: &Limits,
) -> Result<Box<dyn Shape>, Fault> {
    if request.body.len() > limits.body {
        let message = format!("The request body is larger than {} bytes.", limits.body);
        return Err(Fault::common("RequestEntityTooLargeException", 413, message));
    }
    let mut input = (op.input)();
    match protocol {
        // An empty body is an input with nothing in it: several clients send none when there is nothing to say.
        Protocol::Json10 | Protocol::Json11 if request.body.is_empty() => {}
        Protocol::RpcV2Cbor if request.body.is_empty() => {}
        Protocol::Json10 | Protocol::Json11 => json::read(request.body, input.as_mut(), limits)?,
        Protocol::RpcV2Cbor => cbor::read(request.body, input.as_mut(), limits)?,
        Protocol::RestJson => rest::read(op, request, input.as_mut(), limits)?,
        Protocol::Query | Protocol::Ec2Query => query::read(protocol, &form(request)?, input.as_mut(), limits)?,
    }
    Ok(input)
}

/// Writes a good answer.
pub fn answer(protocol: Protocol, service: &Service, op: &Operation, output: &dyn Shape, request_id: &str) -> Answer {
    match protocol {
        Protocol::Json10 | Protocol::Json11 => json::answer(protocol, op, output, request_id),
        Protocol::RpcV2Cbor => cbor::answer(op, output, request_id),
        Protocol::RestJson => rest::answer(op, output, request_id),
        Protocol::Query | Protocol::Ec2Query => xml::answer(protocol, service, op, output, request_id),
    }
}

/// Writes a fault. `service` is `None` while it is not known yet which service was meant.
pub fn fault(protocol: Protocol, service: Option<&Service>, fault: &Fault, request_id: &str) -> Answer {
    match protocol {
        Protocol::Json10 | Protocol::Json11 => json::fault(protocol, service, fault, request_id),
        Protocol::RpcV2Cbor => cbor::fault(service, fault, request_id),
        Protocol::RestJson => rest::fault(fault, request_id),
        Protocol::Query | Protocol::Ec2Query => xml::fault(protocol, service, fault, request_id),
    }
}

/// What the JSON and CBOR protocols call a fault: its shape's name; and, for services whose clients still match the
/// codes of the query protocol, the value of the header that carries such a code.
fn names_of<'a>(service: Option<&Service>, fault: &'a Fault) -> (&'a str, Option<String>) {
    let declared = service.and_then(|s| s.fault(&fault.code));
    let query_error = service.filter(|s| s.query_compatible).map(|_| {
        let blame = if fault.is_ours() { "Receiver" } else { "Sender" };
        format!("{};{blame}", fault.code)
    });
    (declared.map_or(fault.code.as_ref(), |d| d.name), query_error)
}

/// The form of a query request: its body, its query string, or one after the other when it has both.
fn form<'a>(request: &Request<'a>) -> Result<Cow<'a, str>, Fault> {
    let body = std::str::from_utf8(request.body)
        .map_err(|_| Fault::common("MalformedQueryString", 400, "The request body is not valid UTF-8."))?;
    Ok(match (request.query, body) {
        (query, "") => Cow::Borrowed(query),
        ("", body) => Cow::Borrowed(body),
        (query, body) => Cow::Owned(format!("{query}&{body}")),
    })
}
