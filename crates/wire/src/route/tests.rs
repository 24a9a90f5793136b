//! Requests of every protocol, and the operation that each one means.

// The macros make more than these tests touch.
#![allow(dead_code)]

use super::*;
use proptest::prelude::*;

macro_rules! toy {
    ($module:ident, $name:literal, $signing:literal, $endpoint:literal, $version:literal, $target:literal,
     [$($protocol:ident),*], { $($operations:tt)* }) => {
        mod $module {
            crate::service! {
                TOY {
                    id: $name, signing: $signing, endpoint: $endpoint, version: $version,
                    protocols: [$($protocol),*], target: $target, namespace: "",
                }
                faults {}
                operations { $($operations)* }
            }
        }
    };
}

toy!(json, "json", "json", "json", "1", "Json_V1", [Json11], { List POST "/" 200 () -> () []; Make POST "/" 200 () -> () []; });
toy!(cbor, "cbor", "watch", "monitoring", "2", "Granite", [RpcV2Cbor, Json10, Query], { List POST "/" 200 () -> () []; });
toy!(old, "lb", "lb", "lb", "2012", "", [Query], { List POST "/" 200 () -> () []; Old POST "/" 200 () -> () []; });
toy!(new, "lb2", "lb", "lb", "2015", "", [Query], { List POST "/" 200 () -> () []; New POST "/" 200 () -> () []; });
toy!(ec2, "ec2", "ec2", "ec2", "2016", "", [Ec2Query], { List POST "/" 200 () -> () []; });
toy!(registry, "ecr", "ecr", "ecr", "1", "Registry", [Json11], { List POST "/" 200 () -> () []; });
toy!(rest, "rest", "rest", "api.ecr", "1", "", [RestJson], {
    All GET "/things" 200 () -> () [];
    Batch GET "/things/batch" 200 () -> () [];
    Deep GET "/things/{Id}/at/{Path+}" 200 () -> () [];
    Get GET "/things/{Id}" 200 () -> () [];
    Kind GET "/things/{Id}?kind=thing&on" 200 () -> () [];
    Remove DELETE "/things/{Id}" 204 () -> () [];
});

const SERVICES: &[&Service] = &[
    &json::TOY,
    &cbor::TOY,
    &old::TOY,
    &new::TOY,
    &ec2::TOY,
    &registry::TOY,
    &rest::TOY,
];

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");

fn request<'a>(method: &'a str, url: &'a str, headers: &'a [(&'a str, &'a str)], body: &'a str) -> Request<'a> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    Request {
        method,
        path,
        query,
        headers,
        body: body.as_bytes(),
    }
}

/// `service operation protocol`, or the fault.
fn goes(request: Request<'_>, scope: Option<&str>) -> String {
    match route(SERVICES, &request, scope) {
        Ok(route) => format!("{} {} {:?}", route.service.id, route.operation.name, route.protocol),
        Err(fault) => format!("{} {fault}", fault.status),
    }
}

fn post(headers: &[(&str, &str)], body: &str, scope: Option<&str>) -> String {
    goes(request("POST", "/", headers, body), scope)
}

fn get(url: &str, scope: Option<&str>) -> String {
    goes(request("GET", url, &[("Host", "127.0.0.1:4566")], ""), scope)
}

#[test]
fn a_target_names_service_and_operation() {
    let json = |kind| ("Content-Type", kind);
    let target = |name| ("X-AMZ-Target", name);
    let to = |headers: &[(&str, &str)]| post(headers, "{}", None);
    assert_eq!(
        to(&[json("application/x-amz-json-1.1"), target("Json_V1.Make")]),
        "json Make Json11"
    );
    assert_eq!(
        to(&[json("application/x-amz-json-1.0"), target("Json_V1.Make")]),
        "json Make Json10"
    );
    assert_eq!(
        to(&[
            json("Application/X-Amz-Json-1.0; charset=utf-8"),
            target("Granite.List")
        ]),
        "cbor List Json10"
    );
    assert_eq!(to(&[target("Json_V1.List")]), "json List Json11");
    let no = "400 UnknownOperationException: There is no operation";
    assert_eq!(to(&[target("Json_V1.Nope")]), format!("{no} Nope of Json_V1."));
    assert_eq!(to(&[target("Json_V2.List")]), format!("{no} List of Json_V2."));
    assert_eq!(to(&[target("List")]), format!("{no} List of ."));
    assert_eq!(to(&[target("")]), format!("{no}  of ."));
}

#[test]
fn an_rpc_path_names_service_and_operation() {
    let cbor = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
    let at = |path, headers| goes(request("POST", path, headers, ""), None);
    assert_eq!(at("/service/Granite/operation/List", &cbor), "cbor List RpcV2Cbor");
    assert_eq!(
        at("/stage/service/Granite/operation/List", &cbor[..1]),
        "cbor List RpcV2Cbor"
    );
    let no = "404 UnknownOperationException: There is no operation";
    assert_eq!(
        at("/service/Granite/operation/Nope", &cbor),
        format!("{no} Nope of Granite.")
    );
    assert_eq!(
        at("/service/Json_V1/operation/List", &cbor),
        format!("{no} List of Json_V1.")
    );
    assert!(at("/service/Granite/operation/List", &[]).starts_with("404 UnknownOperationException: The request names"));
}

#[test]
fn an_action_names_the_operation_and_the_scope_the_service() {
    assert_eq!(post(&[FORM], "Action=List&Version=2", Some("watch")), "cbor List Query");
    assert_eq!(post(&[FORM], "Version=2012&Action=List", Some("lb")), "lb List Query");
    assert_eq!(post(&[FORM], "Version=2015&Action=List", Some("lb")), "lb2 List Query");
    assert_eq!(post(&[FORM], "Action=New", Some("lb")), "lb2 New Query");
    assert_eq!(post(&[FORM], "Version=2015&Action=List", None), "lb2 List Query");
    assert_eq!(
        post(&[FORM], "Version=2010&Action=List", Some("ec2")),
        "ec2 List Ec2Query"
    );
    assert_eq!(get("/?Action=List&Version=2016", Some("ec2")), "ec2 List Ec2Query");
    let host = [FORM, ("host", "lb.us-east-1.localhost")];
    assert_eq!(post(&host, "Version=2012&Action=Old", None), "lb Old Query");
    let invalid = "400 InvalidAction: ";
    assert_eq!(
        post(&[FORM], "Version=2015&Action=Old", Some("lb")),
        format!("{invalid}Could not find operation Old for version 2015")
    );
    let not_valid = format!("{invalid}The action Nope is not valid for this web service.");
    assert_eq!(post(&[FORM], "Action=Nope&Version=2016", Some("ec2")), not_valid);
    assert_eq!(post(&[FORM], "Action=Nope&Version=1", Some("json")), not_valid);
    assert_eq!(
        post(&[FORM], "Version=2016", Some("ec2")),
        "400 MissingAction: The request must contain the parameter Action."
    );
}

#[test]
fn a_path_names_the_operation_and_scope_or_host_the_service() {
    let rest = Some("rest");
    assert_eq!(get("/things", rest), "rest All RestJson");
    assert_eq!(get("/things/x%2Fy", rest), "rest Get RestJson");
    assert_eq!(get("/things/batch", rest), "rest Batch RestJson");
    assert_eq!(get("/things/a/at/b/c", rest), "rest Deep RestJson");
    assert_eq!(get("/things/a?kind=thing", rest), "rest Get RestJson");
    assert_eq!(get("/things/a?x=1&on=&kind=thing", rest), "rest Kind RestJson");
    assert_eq!(
        goes(request("DELETE", "/things/batch", &[], ""), rest),
        "rest Remove RestJson"
    );
    let host = [("Host", "api.ecr.us-east-1.amazonaws.com")];
    assert_eq!(goes(request("GET", "/things", &host, ""), None), "rest All RestJson");
    let no = "404 UnknownOperationException: rest has no operation at";
    assert_eq!(
        goes(request("PUT", "/things", &[], ""), rest),
        format!("{no} PUT /things.")
    );
    assert_eq!(get("/things/a/at/", rest), format!("{no} GET /things/a/at/."));
}

#[test]
fn what_names_nothing_is_told_what_is_missing() {
    assert!(get("/things", None).starts_with("404 UnknownOperationException: The request names no operation: it has"));
    assert_eq!(
        get("/", Some("lambda")),
        "404 UnknownOperationException: There is no service lambda."
    );
    assert_eq!(
        post(&[], "", Some("json")),
        "404 UnknownOperationException: The request names no operation of json: X-Amz-Target is missing."
    );
}

#[test]
fn the_head_alone_tells_protocol_and_service() {
    let head = |headers| protocol(&request("POST", "/", headers, ""));
    assert_eq!(head(&[FORM]), Protocol::Query);
    assert_eq!(
        head(&[("content-type", "application/x-amz-json-1.0")]),
        Protocol::Json10
    );
    assert_eq!(head(&[("x-amz-target", "A.B")]), Protocol::Json11);
    assert_eq!(head(&[("content-type", "application/cbor")]), Protocol::RpcV2Cbor);
    assert_eq!(head(&[]), Protocol::RestJson);
    let to = |headers, scope| addressed(SERVICES, &request("POST", "/", headers, ""), scope).map(|s| s.id);
    // What the target says counts, so that a scope for another service is found out.
    assert_eq!(to(&[("x-amz-target", "Json_V1.X")], Some("ec2")), Some("json"));
    assert_eq!(to(&[FORM], Some("ec2")), Some("ec2"));
    assert_eq!(to(&[("host", "ecr.us-east-1.amazonaws.com")], None), Some("ecr"));
    assert_eq!(to(&[("host", "monitoring:80")], None), None);
    assert_eq!(to(&[], None), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_request_makes_us_panic(
        path in proptest::collection::vec(proptest::sample::select(
            vec!["", "things", "service", "Granite", "operation", "List", "at", "batch", "%2F", "{Id}", "é"]), 0..7),
        query in "(Action=List|Version=2|kind=thing|on|&|=|%|\\PC){0,6}",
        kind in proptest::sample::select(vec!["", "application/cbor", FORM.1, "application/x-amz-json-1.0", ";"]),
        target in proptest::option::of("(Json_V1|Granite|\\.|List|\\PC){0,4}"),
        body in proptest::collection::vec(any::<u8>(), 0..20),
        scope in proptest::option::of(proptest::sample::select(vec!["rest", "lb", "ec2", "json", "nobody", ""])),
    ) {
        let path = format!("/{}", path.join("/"));
        let mut headers = vec![("content-type", kind), ("host", "ecr.x")];
        headers.extend(target.as_deref().map(|target| ("x-amz-target", target)));
        let request = Request { method: "GET", path: &path, query: &query, headers: &headers, body: &body };
        addressed(SERVICES, &request, scope);
        match route(SERVICES, &request, scope) {
            Ok(route) => prop_assert!(route.service.operations.iter().any(|op| std::ptr::eq(*op, route.operation))),
            Err(fault) => prop_assert!((400..500).contains(&fault.status), "{fault}"),
        }
    }
}
