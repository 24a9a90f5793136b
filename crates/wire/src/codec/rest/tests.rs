//! Requests whose members lie in the path, the query and the headers.

use super::*;
use crate::codec::toy::{self, RestInput, RestOutput, Thing, Upload, Wrapped, edits, spoil};
use crate::codec::{Limits, Request};
use crate::service::Empty;
use crate::{Blob, Call, Fault, Timestamp};
use proptest::prelude::*;

fn request<'a>(path: &'a str, query: &'a str, headers: &'a [(&'a str, &'a str)], body: &'a str) -> Request<'a> {
    Request {
        method: "GET",
        path,
        query,
        headers,
        body: body.as_bytes(),
    }
}

fn get(request: Request<'_>) -> Result<RestInput, String> {
    let mut input = RestInput::default();
    read(toy::op::Get::FACTS, &request, &mut input, &Limits::default()).map_err(|f| f.message)?;
    Ok(input)
}

const PATH: &str = "/things/a/at/b";

#[test]
fn each_member_is_read_from_its_place() {
    let input = get(request(
        "/things/arn%3Aaws%2Fx%20y/at/b/c%2Fd/e",
        "limit=5&state=A&state=B%2B+C&since=2026-11-21T07%3A49%3A47Z&kind=thing&colour=red&colour=blue&flag&X-Amz-Date=1",
        &[
            ("x-token", " t "),
            ("X-COUNTS", "1, 2,3"),
            ("X-Meta-Owner", "me"),
            ("x-tagged", r#"a, "b,\"c", d"#),
            ("X-Dates", "Sat, 21 Nov 2026 07:49:47 GMT, Thu, 01 Jan 1970 00:00:01 GMT"),
            ("Other", "x"),
        ],
        r#"{"Name":"n","thing":{"count":1},"Thing":{"count":2},"Id":"not from here","limit":9}"#,
    ))
    .unwrap();
    assert_eq!(input.id.as_deref(), Some("arn:aws/x y"));
    assert_eq!(input.path.as_deref(), Some("b/c/d/e"));
    assert_eq!(
        (input.limit, input.since),
        (Some(5), Some(Timestamp(1_795_247_387_000)))
    );
    assert_eq!(input.states.unwrap(), ["A", "B+ C"]);
    let filters = input.filters.unwrap();
    assert_eq!(filters.keys().collect::<Vec<_>>(), ["colour", "flag"]);
    assert_eq!(
        (filters["colour"].as_slice(), filters["flag"].as_slice()),
        (&["red".into(), "blue".into()][..], &[String::new()][..])
    );
    assert_eq!(input.token.as_deref(), Some("t"));
    assert_eq!(input.counts.unwrap(), [1, 2, 3]);
    assert_eq!(input.tagged.unwrap(), ["a", "b,\"c", "d"]);
    assert_eq!(input.dates.unwrap(), [Timestamp(1_795_247_387_000), Timestamp(1000)]);
    assert_eq!(input.meta.unwrap()["Owner"], "me");
    assert_eq!(
        (input.name.as_deref(), input.thing.unwrap().count),
        (Some("n"), Some(1))
    );
}

#[test]
fn what_is_absent_stays_absent() {
    let input = get(request(PATH, "", &[], "")).unwrap();
    let expected = RestInput {
        id: Some("a".into()),
        path: Some("b".into()),
        ..Default::default()
    };
    assert_eq!(input, expected);
}

#[test]
fn what_is_wrong_is_refused_by_the_name_of_the_member() {
    for (request, message) in [
        (
            request(PATH, "limit=x", &[], ""),
            "STRING_VALUE cannot be converted to Integer at Limit",
        ),
        (
            request(PATH, "since=1", &[], ""),
            "STRING_VALUE cannot be converted to Timestamp at Since",
        ),
        (
            request(PATH, "", &[("x-counts", "1,,2")], ""),
            "STRING_VALUE cannot be converted to Integer at Counts[1]",
        ),
        (request(PATH, "a=%zz", &[], ""), "Malformed percent-encoding in the URI"),
        (
            request("/things/%ff/at/b", "", &[], ""),
            "Malformed percent-encoding in the URI",
        ),
        (request("/things/a", "", &[], ""), "The path is not one of Get"),
        (
            request(PATH, "", &[], "{\"Name\":1}"),
            "NUMBER_VALUE cannot be converted to String at Name",
        ),
        (request(PATH, "", &[], "{"), "Unexpected end of the JSON text"),
    ] {
        assert_eq!(get(request).expect_err(message), message);
    }
    let few = Limits {
        members: 3,
        ..Limits::default()
    };
    let many = request(PATH, "state=a&state=b&state=c", &[], "");
    let fault = read(toy::op::Get::FACTS, &many, &mut RestInput::default(), &few).unwrap_err();
    assert_eq!(fault.message, "The request has too many members");
}

#[test]
fn a_payload_is_the_whole_body() {
    let mut upload = Upload::default();
    let bytes = Request {
        body: &[0, 255],
        ..request("/uploads/u", "", &[], "")
    };
    read(toy::op::Upload::FACTS, &bytes, &mut upload, &Limits::default()).unwrap();
    assert_eq!(
        upload,
        Upload {
            id: Some("u".into()),
            bytes: Some(Blob(vec![0, 255]))
        }
    );
    let sent = answer(toy::op::Upload::FACTS, &upload, "r");
    assert_eq!((sent.status, sent.body.as_slice()), (201, [0, 255].as_slice()));
    assert_eq!(sent.header("content-type"), Some("application/octet-stream"));

    let mut wrapped = Wrapped::default();
    let body = request("/wraps/w/", "", &[], r#"{"count":4}"#);
    read(toy::op::Wrap::FACTS, &body, &mut wrapped, &Limits::default()).unwrap();
    assert_eq!(
        wrapped.thing.as_ref().unwrap(),
        &Thing {
            count: Some(4),
            ..Default::default()
        }
    );
    assert_eq!(answer(toy::op::Wrap::FACTS, &wrapped, "r").body, br#"{"count":4}"#);
}

#[test]
fn answers_say_each_member_in_its_place() {
    let output = RestOutput {
        code: Some(202),
        token: Some("a\r\nSet-Cookie: b".into()),
        at: Some(Timestamp(1000)),
        tagged: Some(vec!["a".into(), "b,\"c".into()]),
        meta: Some([("Owner".to_string(), "me".to_string())].into()),
        name: Some("n".into()),
    };
    let sent = answer(toy::op::Get::FACTS, &output, "r-1");
    assert_eq!(
        (sent.status, sent.body.as_slice()),
        (202, br#"{"name":"n"}"#.as_slice())
    );
    for (name, value) in [
        ("x-amzn-requestid", "r-1"),
        ("content-type", "application/json"),
        ("x-token", "a  Set-Cookie: b"),
        ("x-at", "Thu, 01 Jan 1970 00:00:01 GMT"),
        ("x-tagged", "a, \"b,\\\"c\""),
        ("x-meta-owner", "me"),
    ] {
        assert_eq!(sent.header(name), Some(value), "{name}");
    }
    let odd = RestOutput {
        code: Some(7),
        ..Default::default()
    };
    let sent = answer(toy::op::Get::FACTS, &odd, "r");
    assert_eq!((sent.status, sent.body.as_slice()), (200, b"{}".as_slice()));
    let nothing = answer(toy::op::Nothing::FACTS, &Empty, "r");
    assert_eq!(
        (nothing.status, nothing.body.len(), nothing.header("content-type")),
        (204, 0, None)
    );
}

#[test]
fn faults_say_their_code_in_a_header() {
    let sent = fault(&Fault::new(&toy::fault::NotFound, "No."), "r");
    assert_eq!(
        (sent.status, sent.header("x-amzn-errortype")),
        (404, Some("ThingMissing"))
    );
    assert_eq!(sent.body, br#"{"__type":"ThingMissing","message":"No."}"#);
}

#[test]
fn a_path_gives_what_stands_at_the_labels() {
    type Labels<'a> = Option<&'a [(&'a str, &'a str)]>;
    let cases: [(&str, &str, Labels<'_>); 12] = [
        ("/", "/", Some(&[])),
        ("/a/{X}", "/a/b", Some(&[("X", "b")])),
        ("/a/{X}/", "/a/b", Some(&[("X", "b")])),
        ("/a/{X}?y=z", "/a/b%2F", Some(&[("X", "b%2F")])),
        ("/a/{X}", "/a/b/c", None),
        ("/a/{X}", "/a", None),
        ("/a/{X}/c", "/a//c", None),
        ("/a/{X}", "/b/c", None),
        ("/a/{X+}", "/a/b/c/d", Some(&[("X", "b/c/d")])),
        ("/a/{X+}/{Y}/d", "/a/b/c/e/d", Some(&[("X", "b/c"), ("Y", "e")])),
        ("/a/{X+}/d", "/a/d", None),
        ("/{X}/{Y}", "/1/2", Some(&[("X", "1"), ("Y", "2")])),
    ];
    for (template, path, expected) in cases {
        assert_eq!(uri::labels(template, path).as_deref(), expected, "{template} {path}");
    }
}

proptest! {
    #[test]
    fn spoilt_requests_do_no_harm(query in edits(), path in edits(), header in edits()) {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let query = text(spoil(b"limit=5&state=A&state=%C3%A9&since=2026-11-21T07%3A49%3A47Z&colour=red".to_vec(), &query));
        let path = text(spoil(b"/things/arn%3Aaws/at/b/c".to_vec(), &path));
        let header = text(spoil(b"Sat, 21 Nov 2026 07:49:47 GMT, \"a\\\"\",b".to_vec(), &header));
        let headers = [("x-dates", header.as_str()), ("x-counts", &header), ("x-tagged", &header)];
        for header in headers {
            let _ = get(request(&path, &query, &[header], ""));
        }
    }

    #[test]
    fn header_lists_read_back(parts in proptest::collection::vec("[a-z ,\"\\\\]{1,8}", 1..5)) {
        let parts: Vec<String> = parts.iter().map(|p| p.trim().to_string()).collect();
        let output = RestOutput { tagged: Some(parts.clone()), ..Default::default() };
        let sent = answer(toy::op::Get::FACTS, &output, "r");
        let input = get(request(PATH, "", &[("x-tagged", sent.header("x-tagged").unwrap())], "")).unwrap();
        prop_assert_eq!(input.tagged.unwrap(), parts);
    }
}
