//! Which service, operation and codec a request means.
//!
//! For: the front door, before and after it has the body. A request says what it wants in one of four ways: an
//! rpcv2Cbor path, an `X-Amz-Target` header, an `Action` in a form or query string, or a REST method and path. Only the
//! last two need to know the service beforehand: from the credential scope, or else from the host name.
//!
//! REST templates are walked as they stand in the facts: a look at some dozens of them costs less than a table of
//! parsed ones would be worth, and nothing needs to be kept.
//!
//! Must never know: whether the caller may, or whether we implement it.

#[cfg(test)]
mod tests;

use crate::codec::rest::uri;
use crate::codec::{Request, query};
use crate::{Fault, Operation, Protocol, Service};
use std::cmp::Ordering;

#[derive(Clone, Copy)]
pub struct Route<'s> {
    pub service: &'s Service,
    pub operation: &'static Operation,
    pub protocol: Protocol,
}

/// How much of what the caller sent is repeated in a message, in characters.
const SHOWN: usize = 128;

/// Where a request goes. `scope_service` is the service of its credential scope, when it is signed.
pub fn route<'s>(
    services: &[&'s Service],
    request: &Request<'_>,
    scope_service: Option<&str>,
) -> Result<Route<'s>, Fault> {
    let protocol = protocol(request);
    if let (Protocol::RpcV2Cbor, Some((target, name))) = (protocol, rpc_path(request.path)) {
        return by_target(services, target, name, protocol, 404);
    }
    if let Some(header) = request.header("x-amz-target") {
        let (target, name) = header.rsplit_once('.').unwrap_or(("", header));
        return by_target(services, target, name, protocol, 400);
    }
    let body = std::str::from_utf8(request.body).unwrap_or("");
    let is_form = protocol == Protocol::Query;
    let asked = query::action(request.query).or_else(|| is_form.then(|| query::action(body)).flatten());
    let service = addressed(services, request, scope_service);
    if let Some((action, version)) = asked {
        let version = version.as_deref();
        return by_action(services, service, scope_service, &action, version);
    }
    match service {
        Some(service) if speaks_forms(service).is_some() => {
            let message = "The request must contain the parameter Action.";
            Err(Fault::common("MissingAction", 400, message))
        }
        Some(service) if service.protocols.contains(&Protocol::RestJson) => match by_path(service, request) {
            Some(operation) => Ok(Route {
                service,
                operation,
                protocol: Protocol::RestJson,
            }),
            None => {
                let (method, path) = (cut(request.method), cut(request.path));
                Err(unknown(
                    404,
                    format!("{} has no operation at {method} {path}.", service.id),
                ))
            }
        },
        _ => Err(nothing_named(scope_service, service)),
    }
}

/// The protocol that a request seems to be in, by its head alone. `Query` stands for both kinds of forms, until the
/// service says which.
pub fn protocol(request: &Request<'_>) -> Protocol {
    let kind = request.header("content-type").unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    let is = |name| kind.eq_ignore_ascii_case(name);
    let rpc = request
        .header("smithy-protocol")
        .is_some_and(|p| p.eq_ignore_ascii_case("rpc-v2-cbor"));
    if rpc || is("application/cbor") {
        Protocol::RpcV2Cbor
    } else if is("application/x-amz-json-1.0") {
        Protocol::Json10
    } else if is("application/x-amz-json-1.1") || request.header("x-amz-target").is_some() {
        Protocol::Json11
    } else if is("application/x-www-form-urlencoded") || query::action(request.query).is_some() {
        Protocol::Query
    } else {
        Protocol::RestJson
    }
}

/// The service that a request is for, by its head alone, as far as that can be told.
pub fn addressed<'s>(
    services: &[&'s Service],
    request: &Request<'_>,
    scope_service: Option<&str>,
) -> Option<&'s Service> {
    let by_name = match (rpc_path(request.path), request.header("x-amz-target")) {
        (Some((target, _)), _) if protocol(request) == Protocol::RpcV2Cbor => Some(target),
        (_, Some(header)) => Some(header.rsplit_once('.').map_or("", |(target, _)| target)),
        _ => None,
    };
    if let Some(target) = by_name {
        return targeted(services, target);
    }
    match scope_service {
        Some(scope) => services.iter().copied().find(|s| s.signing == scope),
        None => by_host(services, request.header("host")?),
    }
}

/// The target and operation of `/service/{target}/operation/{name}`, which may have anything before it.
fn rpc_path(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.rsplit('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(name), Some("operation"), Some(target), Some("service")) => Some((target, name)),
        _ => None,
    }
}

fn targeted<'s>(services: &[&'s Service], target: &str) -> Option<&'s Service> {
    services
        .iter()
        .copied()
        .find(|s| !target.is_empty() && s.target == target)
}

fn by_target<'s>(
    services: &[&'s Service],
    target: &str,
    name: &str,
    protocol: Protocol,
    status: u16,
) -> Result<Route<'s>, Fault> {
    let json = |p: &Protocol| matches!(p, Protocol::Json10 | Protocol::Json11);
    let found = targeted(services, target).and_then(|service| {
        // Of the two kinds of JSON the caller's is used, because the answer must be read by the caller.
        let protocol = if protocol == Protocol::RpcV2Cbor {
            service.protocols.iter().copied().find(|p| *p == protocol)?
        } else if json(&protocol) {
            service.protocols.iter().any(json).then_some(protocol)?
        } else {
            service.protocols.iter().copied().find(json)?
        };
        Some(Route {
            service,
            operation: service.operation(name)?,
            protocol,
        })
    });
    found.ok_or_else(|| {
        unknown(
            status,
            format!("There is no operation {} of {}.", cut(name), cut(target)),
        )
    })
}

fn speaks_forms(service: &Service) -> Option<Protocol> {
    let forms = |p: &Protocol| matches!(p, Protocol::Query | Protocol::Ec2Query);
    service.protocols.iter().copied().find(forms)
}

fn by_action<'s>(
    services: &[&'s Service],
    service: Option<&'s Service>,
    scope_service: Option<&str>,
    action: &str,
    version: Option<&str>,
) -> Result<Route<'s>, Fault> {
    // Two services may sign alike (load balancers of two generations do); their versions differ.
    let signing = scope_service.or(service.map(|s| s.signing));
    let meant = |s: &&&Service| signing.is_none_or(|signing| s.signing == signing);
    let candidates = services
        .iter()
        .filter(meant)
        .filter_map(|s| Some((*s, speaks_forms(s)?)));
    let mut spoken = None;
    for (service, protocol) in candidates {
        spoken = Some(protocol);
        // Where the service is known, a version may be left out, and EC2 takes every version that it ever had.
        let is_known = signing.is_some();
        let any_version = is_known && (protocol == Protocol::Ec2Query || version.is_none());
        let right_version = any_version || version == Some(service.version);
        if let (true, Some(operation)) = (right_version, service.operation(action)) {
            return Ok(Route {
                service,
                operation,
                protocol,
            });
        }
    }
    let action = cut(action);
    let message = match (spoken, version) {
        (Some(Protocol::Query), Some(version)) => {
            format!("Could not find operation {action} for version {}", cut(version))
        }
        _ => format!("The action {action} is not valid for this web service."),
    };
    Err(Fault::common("InvalidAction", 400, message))
}

/// The REST operation whose method, path and fixed query fit; of several, the most literal.
fn by_path(service: &Service, request: &Request<'_>) -> Option<&'static Operation> {
    let fits = |op: &&&'static Operation| {
        let (path, fixed) = op.path.split_once('?').unwrap_or((op.path, ""));
        let is_there = |wanted: &str| request.query.split('&').any(|pair| bare(pair) == bare(wanted));
        op.method == request.method
            && uri::labels(path, request.path).is_some()
            && (fixed.is_empty() || fixed.split('&').all(is_there))
    };
    let operations = service.operations.iter().filter(fits);
    operations.max_by(|a, b| by_literalness(a.path, b.path)).copied()
}

/// `on=` and `on` are the same parameter.
fn bare(pair: &str) -> &str {
    pair.strip_suffix('=').unwrap_or(pair)
}

/// At the first segment where two templates differ in kind, a literal is greater than a label, and a label than a
/// greedy one; if all are alike, the template with more fixed parameters is the greater.
fn by_literalness(a: &str, b: &str) -> Ordering {
    let kind = |segment: &str| match segment {
        s if s.ends_with("+}") => 0,
        s if s.starts_with('{') => 1,
        _ => 2,
    };
    let (path_a, fixed_a) = a.split_once('?').unwrap_or((a, ""));
    let (path_b, fixed_b) = b.split_once('?').unwrap_or((b, ""));
    let by_path = path_a.split('/').map(kind).cmp(path_b.split('/').map(kind));
    by_path
        .then_with(|| fixed_a.split('&').count().cmp(&fixed_b.split('&').count()))
        .then_with(|| fixed_b.is_empty().cmp(&fixed_a.is_empty()))
}

/// The service whose public name the host begins with; of `ecr` and `api.ecr`, the longer.
fn by_host<'s>(services: &[&'s Service], host: &str) -> Option<&'s Service> {
    let is_named = |s: &&Service| host.strip_prefix(s.endpoint).is_some_and(|rest| rest.starts_with('.'));
    services
        .iter()
        .copied()
        .filter(is_named)
        .max_by_key(|s| s.endpoint.len())
}

fn unknown(status: u16, message: String) -> Fault {
    Fault::common("UnknownOperationException", status, message)
}

fn nothing_named(scope_service: Option<&str>, service: Option<&Service>) -> Fault {
    let message = match (scope_service, service) {
        (Some(scope), None) => format!("There is no service {}.", cut(scope)),
        (_, Some(service)) => format!(
            "The request names no operation of {}: X-Amz-Target is missing.",
            service.id
        ),
        (None, None) => "The request names no operation: it has no X-Amz-Target header, no Action parameter, no \
            rpc-v2-cbor path, and neither a credential scope nor a host name that tells whose path it is."
            .to_string(),
    };
    unknown(404, message)
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
