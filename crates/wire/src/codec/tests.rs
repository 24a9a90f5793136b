//! What every codec does alike.

use super::*;
use crate::Call;
use toy::{TOY, Thing};

fn put(protocol: Protocol, query: &str, body: &[u8], limits: &Limits) -> Result<Thing, Fault> {
    let request = Request {
        method: "POST",
        path: "/",
        query,
        headers: &[],
        body,
    };
    let input = decode(protocol, &TOY, toy::op::Put::FACTS, &request, limits)?;
    Ok(input
        .downcast_ref::<Thing>()
        .expect("the input of Put is a Thing")
        .clone())
}

const EVERY: [Protocol; 6] = [
    Protocol::Json10,
    Protocol::Json11,
    Protocol::Query,
    Protocol::Ec2Query,
    Protocol::RestJson,
    Protocol::RpcV2Cbor,
];

#[test]
fn no_body_says_nothing_in_every_protocol() {
    for protocol in EVERY {
        assert_eq!(
            put(protocol, "", b"", &Limits::default()).unwrap(),
            Thing::default(),
            "{protocol:?}"
        );
    }
}

#[test]
fn a_body_beyond_the_limit_is_refused_unread() {
    let limits = Limits {
        body: 2,
        ..Limits::default()
    };
    for protocol in EVERY {
        let fault = put(protocol, "", b"\xff\xff\xff", &limits).unwrap_err();
        assert_eq!(
            (fault.code.as_ref(), fault.status),
            ("RequestEntityTooLargeException", 413),
            "{protocol:?}"
        );
    }
    assert_eq!(put(Protocol::Json11, "", b"{}", &limits).unwrap(), Thing::default());
}

#[test]
fn what_the_caller_got_wrong_is_the_callers_fault_in_every_protocol() {
    for protocol in EVERY {
        let fault = put(protocol, "", b"\xff=%", &Limits::default()).unwrap_err();
        assert_eq!(fault.status, 400, "{protocol:?} {fault}");
    }
}

#[test]
fn a_form_may_stand_in_the_body_or_in_the_query() {
    let name = |query: &str, body: &str| {
        put(Protocol::Query, query, body.as_bytes(), &Limits::default()).map(|thing| (thing.name, thing.count))
    };
    let both = Ok((Some("a".to_string()), Some(1)));
    assert_eq!(name("Action=Put&name=a&count=1", ""), both);
    assert_eq!(name("", "Action=Put&name=a&count=1"), both);
    assert_eq!(name("Action=Put&name=a", "count=1"), both);
}

#[test]
fn every_protocol_answers_with_the_id_of_the_request() {
    for protocol in EVERY {
        let sent = answer(protocol, &TOY, toy::op::Put::FACTS, &Thing::default(), "r-77");
        let fault = fault(protocol, Some(&TOY), &Fault::common("Odd", 503, "No."), "r-77");
        assert_eq!((sent.status, fault.status), (200, 503));
        for answer in [sent, fault] {
            let in_body = String::from_utf8_lossy(&answer.body).contains("r-77");
            assert!(
                answer.header("x-amzn-requestid") == Some("r-77") || in_body,
                "{protocol:?}"
            );
        }
    }
}
