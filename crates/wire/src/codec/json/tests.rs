//! JSON read and written, and JSON that must be refused.

use super::*;
use crate::codec::toy::{self, Either, TOY, Thing, Wide, document, edits, measure, spoil, thing};
use crate::{Blob, Call, Timestamp, View};
use proptest::prelude::*;

fn parse(json: &str) -> Result<Thing, String> {
    let mut thing = Thing::default();
    match read(json.as_bytes(), &mut thing, &Limits::default()) {
        Ok(()) => Ok(thing),
        Err(fault) => {
            assert_eq!((fault.code.as_ref(), fault.status), ("SerializationException", 400));
            Err(fault.message)
        }
    }
}

fn refusal(json: &str) -> String {
    parse(json).expect_err(json)
}

fn print(thing: &dyn Shape) -> String {
    let mut out = Vec::new();
    write(thing, &mut out);
    String::from_utf8(out).expect("JSON is text")
}

#[test]
fn every_kind_is_read() {
    let thing = parse(
        r#" { "name" : "n", "switch":true, "count":-7, "big":9223372036854775807, "ratio":0.1, "precise":1e-7,
            "when":1795247387.5, "iso":"2026-11-21T07:49:47Z", "http":"Sat, 21 Nov 2026 07:49:47 GMT", "epoch":1,
            "bytes":"AP8=", "open":{"a":[1,1.0,null,"x",false]}, "names":["a","b"], "labels":{"k":"v"},
            "things":[{"count":1},{}], "shelf":{"s":{"name":"in"}}, "left":{"left":{}}, "either":{"there":3},
            "unknown":{"deep":[{"x":[1e999,"\u0041",null,true]}]} } "#,
    )
    .unwrap();
    assert_eq!(thing.name.as_deref(), Some("n"));
    assert_eq!(
        (thing.switch, thing.count, thing.big),
        (Some(true), Some(-7), Some(i64::MAX))
    );
    assert_eq!((thing.ratio, thing.precise), (Some(0.1), Some(1e-7)));
    assert_eq!(thing.when, Some(Timestamp(1_795_247_387_500)));
    assert_eq!(thing.iso, Some(Timestamp(1_795_247_387_000)));
    assert_eq!((thing.http, thing.epoch), (thing.iso, Some(Timestamp(1000))));
    assert_eq!(thing.bytes, Some(Blob(vec![0, 255])));
    let list = [
        Document::Whole(1),
        Document::Number(1.0),
        Document::Null,
        Document::Text("x".into()),
        Document::Flag(false),
    ];
    assert_eq!(
        thing.open,
        Some(Document::Map([("a".to_string(), Document::List(list.to_vec()))].into()))
    );
    assert_eq!(thing.names, Some(vec!["a".to_string(), "b".to_string()]));
    assert_eq!(thing.things.as_ref().unwrap()[0].count, Some(1));
    assert_eq!(thing.shelf.as_ref().unwrap()["s"].name.as_deref(), Some("in"));
    assert_eq!(thing.left.unwrap().left, Some(Box::default()));
    assert_eq!(
        thing.either,
        Some(Either {
            here: None,
            there: Some(3)
        })
    );
}

#[test]
fn null_says_the_same_as_nothing() {
    let thing = parse(r#"{"name":null,"things":[null,{"count":1},null],"labels":{"a":null},"left":null}"#).unwrap();
    assert_eq!((thing.name, thing.left), (None, None));
    assert_eq!(thing.things.unwrap().len(), 1);
    assert_eq!(thing.labels.unwrap().len(), 0);
}

#[test]
fn the_last_of_several_wins() {
    let twice = r#"{"count":1,"names":["a"],"left":{"count":1,"name":"x"},"shelf":{"s":{"count":1},"s":{"name":"y"}},
        "labels":{"a":"1"},"names":["b"],"left":{"count":2},"count":2,"labels":{"b":"2"}}"#;
    let thing = parse(twice).unwrap();
    assert_eq!((thing.count, thing.names), (Some(2), Some(vec!["b".to_string()])));
    assert_eq!(
        thing.left.as_deref(),
        Some(&Thing {
            count: Some(2),
            ..Default::default()
        })
    );
    assert_eq!(
        thing.shelf.unwrap()["s"],
        Thing {
            name: Some("y".into()),
            ..Default::default()
        }
    );
    assert_eq!(thing.labels.unwrap().keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_wrong_type_is_refused_by_the_name_of_the_member() {
    for (json, message) in [
        (
            r#"{"count":"5"}"#,
            "STRING_VALUE cannot be converted to Integer at count",
        ),
        (
            r#"{"count":1.5}"#,
            "NUMBER_VALUE cannot be converted to Integer at count",
        ),
        (
            r#"{"count":2147483648}"#,
            "NUMBER_VALUE cannot be converted to Integer at count",
        ),
        (
            r#"{"big":9223372036854775808}"#,
            "NUMBER_VALUE cannot be converted to Long at big",
        ),
        (r#"{"big":1e19}"#, "NUMBER_VALUE cannot be converted to Long at big"),
        (
            r#"{"precise":1e999}"#,
            "NUMBER_VALUE cannot be converted to Double at precise",
        ),
        (
            r#"{"ratio":1e39}"#,
            "NUMBER_VALUE cannot be converted to Float at ratio",
        ),
        (
            r#"{"ratio":"nan"}"#,
            "STRING_VALUE cannot be converted to Float at ratio",
        ),
        (r#"{"name":5}"#, "NUMBER_VALUE cannot be converted to String at name"),
        (
            r#"{"name":{}}"#,
            "Start of structure or map found where not expected at name",
        ),
        (r#"{"name":[]}"#, "Start of list found where not expected at name"),
        (
            r#"{"switch":"true"}"#,
            "STRING_VALUE cannot be converted to Boolean at switch",
        ),
        (
            r#"{"when":"2026-11-21T07:49:47Z"}"#,
            "STRING_VALUE cannot be converted to Timestamp at when",
        ),
        (r#"{"iso":5}"#, "NUMBER_VALUE cannot be converted to Timestamp at iso"),
        (r#"{"bytes":"?"}"#, "STRING_VALUE is not valid base64 at bytes"),
        (r#"{"names":"a"}"#, "Expected list or null at names"),
        (r#"{"labels":[]}"#, "Expected map or null at labels"),
        (r#"{"left":true}"#, "Expected structure or null at left"),
        (r#"[]"#, "Expected structure or null"),
        (
            r#"{"things":[{},{"left":{"names":["a",1]}}]}"#,
            "NUMBER_VALUE cannot be converted to String at things[1].left.names[1]",
        ),
        (
            r#"{"shelf":{"k":{"count":true}}}"#,
            "TRUE_VALUE cannot be converted to Integer at shelf.k.count",
        ),
        (
            r#"{"either":{"here":"a","there":1}}"#,
            "Union Either has more than one member set at either",
        ),
    ] {
        assert_eq!(refusal(json), message, "{json}");
    }
    let long_key = format!(r#"{{"labels":{{"{}":1}}}}"#, "k".repeat(10_000));
    assert!(refusal(&long_key).len() < 200);
}

#[test]
fn numbers_may_be_written_in_other_ways() {
    assert_eq!(parse(r#"{"count":3.0,"big":3e2}"#).unwrap().big, Some(300));
    let thing = parse(r#"{"precise":"-Infinity","ratio":"Infinity"}"#).unwrap();
    assert_eq!(
        (thing.precise, thing.ratio),
        (Some(f64::NEG_INFINITY), Some(f32::INFINITY))
    );
    assert!(parse(r#"{"precise":"NaN"}"#).unwrap().precise.unwrap().is_nan());
    let nan = Thing {
        precise: Some(f64::NAN),
        ratio: Some(f32::NEG_INFINITY),
        ..Default::default()
    };
    assert_eq!(print(&nan), r#"{"ratio":"-Infinity","precise":"NaN"}"#);
}

#[test]
fn what_is_no_json_is_refused() {
    for bad in [
        "",
        " ",
        "{",
        "}",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\":1}}",
        "{} x",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":+1}",
        "{\"a\":tru}",
        "{\"a\":nul}",
        "{\"a\":NaN}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"name\":\"a\nb\"}",
        "{\"name\":\"\\x\"}",
        "{\"name\":\"\\u12\"}",
        "{\"name\":\"a",
        "{\"name\":\"a\\",
        "\u{feff}{}",
        "{\"switch\":truely}",
    ] {
        refusal(bad);
    }
    let mut thing = Thing::default();
    let fault = read(b"{\"name\":\"\xff\"}", &mut thing, &Limits::default()).unwrap_err();
    assert_eq!(fault.message, "Invalid UTF-8 at byte 9");
}

#[test]
fn escapes_and_surrogates() {
    let thing = parse(r#"{"n\u0061me":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀"}"#).unwrap();
    assert_eq!(thing.name.as_deref(), Some("\"\\/\u{8}\u{c}\n\r\té😀é😀"));
    for lone in [
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83dx""#,
        r#""\ud83d\u0041""#,
        r#""\ud83d\ud83d""#,
    ] {
        assert!(
            refusal(&format!("{{\"name\":{lone}}}")).starts_with("Lone surrogate"),
            "{lone}"
        );
    }
    let written = print(&Thing {
        name: Some("\u{0}\u{1f}\"\\é".into()),
        ..Default::default()
    });
    assert_eq!(written, r#"{"name":"\u0000\u001f\"\\é"}"#);
}

#[test]
fn times_are_written_in_the_format_of_the_member() {
    let t = Some(Timestamp(1_795_247_387_120));
    let thing = Thing {
        when: t,
        iso: t,
        epoch: Some(Timestamp(-1)),
        http: t,
        ..Default::default()
    };
    let expected = r#"{"when":1795247387.12,"iso":"2026-11-21T07:49:47.120Z","http":"Sat, 21 Nov 2026 07:49:47 GMT","epoch":-0.001}"#;
    assert_eq!(print(&thing), expected);
}

#[test]
fn limits_hold_while_reading() {
    let read_with = |json: &str, limits: Limits| {
        let mut thing = Thing::default();
        read(json.as_bytes(), &mut thing, &limits).map_err(|f| f.message)
    };
    let deep = |n: usize| format!("{}{}", "{\"left\":".repeat(n) + "{}", "}".repeat(n));
    let limits = Limits {
        depth: 10,
        ..Limits::default()
    };
    assert!(read_with(&deep(9), limits).is_ok());
    assert!(
        read_with(&deep(10), limits)
            .unwrap_err()
            .starts_with("The request is nested too deeply at left.left")
    );
    for open in ["[", "{\"a\":", "{\"open\":[", "{\"left\":"] {
        let endless = format!("{{\"unknown\":{}", open.repeat(500_000));
        assert!(
            read_with(&endless, Limits::default())
                .unwrap_err()
                .starts_with("The request is nested too deeply")
        );
    }
    let many = format!("{{\"unknown\":[{}0]}}", "0,".repeat(100_000));
    assert_eq!(
        read_with(&many, Limits::default()).unwrap_err(),
        "The request has too many members"
    );
    // Three bytes for each element on the wire, and a thousand in memory.
    let heavy = format!("{{\"things\":[{}{{}}]}}", "{},".repeat(90_000));
    assert!(
        read_with(&heavy, Limits::default())
            .unwrap_err()
            .starts_with("The request takes too much memory")
    );
}

#[test]
fn answers_and_faults_have_the_envelope_that_clients_read() {
    let put = toy::op::Put::FACTS;
    let good = answer(
        Protocol::Json11,
        put,
        &Thing {
            count: Some(1),
            ..Default::default()
        },
        "r-1",
    );
    assert_eq!((good.status, good.body.as_slice()), (200, br#"{"count":1}"#.as_slice()));
    assert_eq!(good.header("content-type"), Some("application/x-amz-json-1.1"));
    assert_eq!(good.header("x-amzn-requestid"), Some("r-1"));

    let missing = Fault::new(&toy::fault::NotFound, "No \"x\".")
        .with("ids", Detail::Texts(vec!["a".into(), "b".into()]))
        .with("last", Detail::Number(-2))
        .with("id", Detail::Text("c".into()));
    let bad = fault(Protocol::Json10, Some(&TOY), &missing, "r-2");
    assert_eq!(bad.status, 404);
    assert_eq!(
        String::from_utf8(bad.body.clone()).unwrap(),
        r#"{"__type":"NotFound","message":"No \"x\".","ids":["a","b"],"last":-2,"id":"c"}"#
    );
    assert_eq!(bad.header("content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(bad.header("x-amzn-query-error"), Some("ThingMissing;Sender"));
    let unknown = fault(Protocol::Json11, None, &Fault::common("Odd", 500, ""), "r-3");
    assert_eq!(unknown.body, br#"{"__type":"Odd","message":""}"#);
    assert_eq!(unknown.header("x-amzn-query-error"), None);
}

#[test]
fn a_document_keeps_its_numbers() {
    let text = r#"{"a":[1,1.0,-0.0,1e300,null,true,"x"],"b":{}}"#;
    assert_eq!(
        Document::from_json(text.as_bytes(), &Limits::default())
            .unwrap()
            .to_json(),
        text
    );
    assert!(Document::from_json(b"[1] 2", &Limits::default()).is_err());
}

proptest! {
    #[test]
    fn what_was_written_reads_back(thing in thing()) {
        let json = print(&thing);
        prop_assert_eq!(parse(&json).map_err(TestCaseError::fail)?, thing);
    }

    #[test]
    fn documents_read_back(document in document()) {
        prop_assert_eq!(Document::from_json(document.to_json().as_bytes(), &Limits::default()).unwrap(), document);
    }

    #[test]
    fn spoilt_json_is_refused_or_read_within_the_limits(
        thing in thing(), edits in edits(), depth in 1usize..8, members in 0usize..40,
    ) {
        let bytes = spoil(print(&thing).into_bytes(), &edits);
        let limits = Limits { depth, members, ..Limits::default() };
        let mut read_back = Thing::default();
        match read(&bytes, &mut read_back, &limits) {
            Err(fault) => prop_assert_eq!(fault.status, 400),
            Ok(()) => {
                let (deep, many) = measure(&View::Structure(&read_back));
                prop_assert!(deep <= depth && many <= members);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, &mut Thing::default(), &Limits::default());
        let _ = Document::from_json(&bytes, &Limits::default());
    }

    #[test]
    fn what_comes_near_json_does_no_harm(text in "[\\[\\]{}:,\" \\\\u0-9a-f.eEtrunls-]{0,60}") {
        if let Ok(document) = Document::from_json(text.as_bytes(), &Limits::default()) {
            prop_assert_eq!(Document::from_json(document.to_json().as_bytes(), &Limits::default()).unwrap(), document);
        }
        let _ = read(text.as_bytes(), &mut Wide::default(), &Limits::default());
    }

    #[test]
    fn eight_bytes_at_a_time_find_the_same_as_one(bytes in proptest::collection::vec(
        prop_oneof![4 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'\\'), 1 => Just(0x1f), 2 => Just(b' ')], 0..40)
    ) {
        let slow = bytes.iter().take_while(|b| **b >= 0x20 && **b != b'"' && **b != b'\\').count();
        prop_assert_eq!(scan::plain(&bytes), slow);
    }
}
