//! CBOR read and written, and CBOR that must be refused.

use super::*;
use crate::codec::toy::{self, Either, TOY, Thing, Wide, edits, measure, spoil, thing};
use crate::{Blob, Call, Document, Timestamp, View};
use proptest::prelude::*;

fn parse(bytes: &[u8]) -> Result<Thing, String> {
    let mut thing = Thing::default();
    match read(bytes, &mut thing, &Limits::default()) {
        Ok(()) => Ok(thing),
        Err(fault) => {
            assert_eq!((fault.code.as_ref(), fault.status), ("SerializationException", 400));
            Err(fault.message)
        }
    }
}

/// A map of one member, whose value is given as hexadecimal digits.
fn one(name: &str, hex: &str) -> Vec<u8> {
    let mut bytes = vec![0xa1];
    Writer(&mut bytes).text(name);
    let digits: Vec<u8> = hex.bytes().filter(|b| *b != b' ').collect();
    bytes.extend(digits.chunks(2).map(|pair| {
        u8::from_str_radix(std::str::from_utf8(pair).expect("hexadecimal digits"), 16).expect("hexadecimal digits")
    }));
    bytes
}

fn print(shape: &dyn Shape) -> Vec<u8> {
    let mut out = Vec::new();
    write(shape, &mut out);
    out
}

// The encodings are those of RFC 8949, appendix A.
#[test]
fn numbers_of_every_width_are_read() {
    for (hex, value) in [
        ("00", 0),
        ("17", 23),
        ("1818", 24),
        ("1903e8", 1000),
        ("1a000f4240", 1_000_000),
        ("1b000000e8d4a51000", 1_000_000_000_000),
        ("20", -1),
        ("3903e7", -1000),
        ("1b7fffffffffffffff", i64::MAX),
        ("3b7fffffffffffffff", i64::MIN),
        ("f93c00", 1),
        ("fb4059000000000000", 100),
    ] {
        assert_eq!(parse(&one("big", hex)).unwrap().big, Some(value), "{hex}");
    }
    for (hex, value) in [
        ("f90000", 0.0),
        ("f98000", -0.0),
        ("f93c00", 1.0),
        ("fb3ff199999999999a", 1.1),
        ("f93e00", 1.5),
        ("f97bff", 65504.0),
        ("fa47c35000", 100_000.0),
        ("f90001", 5.960_464_477_539_063e-8),
        ("f90400", 6.103_515_625e-5),
        ("f9c400", -4.0),
        ("f97c00", f64::INFINITY),
        ("f9fc00", f64::NEG_INFINITY),
        ("1864", 100.0),
    ] {
        assert_eq!(parse(&one("precise", hex)).unwrap().precise, Some(value), "{hex}");
    }
    assert!(parse(&one("precise", "f97e00")).unwrap().precise.unwrap().is_nan());
    assert!(parse(&one("ratio", "fa7fc00000")).unwrap().ratio.unwrap().is_nan());
}

#[test]
fn what_comes_in_pieces_is_put_together() {
    assert_eq!(
        parse(&one("name", "7f 6161 60 6162 ff")).unwrap().name.as_deref(),
        Some("ab")
    );
    assert_eq!(
        parse(&one("bytes", "5f 42 0102 41 03 ff")).unwrap().bytes,
        Some(Blob(vec![1, 2, 3]))
    );
    assert_eq!(
        parse(&one("names", "9f 6161 f6 6162 ff")).unwrap().names.unwrap(),
        ["a", "b"]
    );
    assert_eq!(
        parse(&one("labels", "bf 6161 6162 6163 f7 ff"))
            .unwrap()
            .labels
            .unwrap()
            .len(),
        1
    );
    assert_eq!(parse(&[0xbf, 0xff]).unwrap(), Thing::default());
}

#[test]
fn times_are_seconds_with_a_tag_or_without() {
    let at = |hex: &str| parse(&one("when", hex)).unwrap().when;
    assert_eq!(at("c1 1a6b01c61b"), Some(Timestamp(1_795_278_363_000)));
    assert_eq!(at("1a6b01c61b"), at("c1 1a6b01c61b"));
    assert_eq!(at("c1 fb3ff8000000000000"), Some(Timestamp(1500)));
    assert_eq!(at("c1 20"), Some(Timestamp(-1000)));
    let whole = Thing {
        when: Some(Timestamp(2000)),
        ..Default::default()
    };
    assert_eq!(print(&whole), one("when", "c1 02"));
}

#[test]
fn what_is_wrong_is_refused_by_the_name_of_the_member() {
    for (bytes, message) in [
        (
            one("count", "6135"),
            "STRING_VALUE cannot be converted to Integer at count",
        ),
        (
            one("count", "1a80000000"),
            "NUMBER_VALUE cannot be converted to Integer at count",
        ),
        (
            one("count", "f93e00"),
            "NUMBER_VALUE cannot be converted to Integer at count",
        ),
        (
            one("big", "1b8000000000000000"),
            "NUMBER_VALUE cannot be converted to Long at big",
        ),
        (
            one("ratio", "fb47f0000000000000"),
            "NUMBER_VALUE cannot be converted to Float at ratio",
        ),
        (one("name", "4161"), "BYTES_VALUE cannot be converted to String at name"),
        (one("name", "61ff"), "Invalid UTF-8 in a text string at name"),
        (
            one("name", "a0"),
            "Start of structure or map found where not expected at name",
        ),
        (
            one("switch", "01"),
            "NUMBER_VALUE cannot be converted to Boolean at switch",
        ),
        (
            one("bytes", "6161"),
            "STRING_VALUE cannot be converted to Blob at bytes",
        ),
        (
            one("when", "c0 6161"),
            "STRING_VALUE cannot be converted to Timestamp at when",
        ),
        (
            one("when", "c1 fb7e37e43c8800759c"),
            "NUMBER_VALUE cannot be converted to Timestamp at when",
        ),
        (
            one("names", "82 6161 01"),
            "NUMBER_VALUE cannot be converted to String at names[1]",
        ),
        (
            one("labels", "a1 6161 80"),
            "Start of list found where not expected at labels.a",
        ),
        (
            one("labels", "a1 01 02"),
            "NUMBER_VALUE cannot be converted to String at labels",
        ),
        (one("left", "80"), "Expected structure or null at left"),
        (
            one("open", "4161"),
            "BYTES_VALUE cannot be converted to Document at open",
        ),
        (
            one("either", "a2 6468657265 6161 657468657265 01"),
            "Union Either has more than one member set at either",
        ),
        (vec![0x80], "Expected structure or null"),
        (vec![0xa0, 0x00], "Trailing bytes from byte 1 of the CBOR data on"),
    ] {
        assert_eq!(parse(&bytes).expect_err(message), message);
    }
}

#[test]
fn what_is_no_cbor_is_refused() {
    for bytes in [
        vec![],
        vec![0xa1],
        vec![0xbf],
        vec![0xff],
        vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        one("unknown", "ff"),
        one("unknown", "9f"),
        one("unknown", "1c"),
        one("unknown", "1f"),
        one("unknown", "df 00"),
        one("unknown", "bf 6161 ff"),
        one("unknown", "7bffffffffffffffff 61"),
        one("unknown", "7f 4161 ff"),
        one("unknown", "7f 7f 6161 ff ff"),
        one("names", "9bffffffffffffffff 6161"),
        one("name", "ff"),
        one("open", "ff"),
    ] {
        parse(&bytes).expect_err("refused");
    }
}

#[test]
fn the_last_of_several_wins() {
    let mut bytes = vec![0xa2];
    bytes.extend(&one("names", "81 6161")[1..]);
    bytes.extend(&one("names", "81 6162")[1..]);
    assert_eq!(parse(&bytes).unwrap().names.unwrap(), ["b"]);
    let shelf = parse(&one("shelf", "a2 6173 a1 65636f756e74 01 6173 a1 646e616d65 6179"))
        .unwrap()
        .shelf
        .unwrap();
    assert_eq!(
        shelf["s"],
        Thing {
            name: Some("y".into()),
            ..Default::default()
        }
    );
}

#[test]
fn counts_fit_the_gap_that_was_left_for_them() {
    assert_eq!(print(&Thing::default()), [0xa0]);
    let wide = Wide {
        a: Some(1),
        z: Some(2),
        ..Default::default()
    };
    assert_eq!(print(&wide), [0xb8, 2, 0x61, b'a', 1, 0x61, b'z', 2]);
    let mut back = Wide::default();
    read(&print(&wide), &mut back, &Limits::default()).unwrap();
    assert_eq!(back, wide);
}

#[test]
fn limits_hold_while_reading() {
    let read_with = |bytes: &[u8], limits: Limits| read(bytes, &mut Thing::default(), &limits).map_err(|f| f.message);
    for open in ["81", "9f", "a16161", "bf6161"] {
        let endless = one("unknown", &open.repeat(500_000));
        assert_eq!(
            read_with(&endless, Limits::default()).unwrap_err(),
            "The request is nested too deeply"
        );
    }
    let many = one("unknown", &format!("9a000186a1{}", "00".repeat(100_001)));
    assert_eq!(
        read_with(&many, Limits::default()).unwrap_err(),
        "The request has too many members"
    );
    let heavy = one("things", &format!("9f{}ff", "a0".repeat(90_000)));
    assert!(
        read_with(&heavy, Limits::default())
            .unwrap_err()
            .starts_with("The request takes too much memory")
    );
}

#[test]
fn answers_and_faults_have_the_envelope_that_clients_read() {
    let good = answer(
        toy::op::Put::FACTS,
        &Thing {
            count: Some(1),
            ..Default::default()
        },
        "r-1",
    );
    assert_eq!(
        (good.status, good.body.as_slice()),
        (200, one("count", "01").as_slice())
    );
    assert_eq!(good.header("content-type"), Some("application/cbor"));
    assert_eq!(good.header("smithy-protocol"), Some("rpc-v2-cbor"));
    assert_eq!(good.header("x-amzn-requestid"), Some("r-1"));
    let nothing = answer(toy::op::Nothing::FACTS, &Empty, "r-2");
    assert_eq!((nothing.body.len(), nothing.header("content-type")), (0, None));

    let missing = Fault::new(&toy::fault::NotFound, "No.").with("names", Detail::Texts(vec!["a".into()]));
    let missing = missing
        .with("last", Detail::Number(-2))
        .with("id", Detail::Text("b".into()));
    let bad = fault(Some(&TOY), &missing, "r-3");
    assert_eq!(bad.header("x-amzn-query-error"), Some("ThingMissing;Sender"));
    assert_eq!((bad.status, bad.header("smithy-protocol")), (404, Some("rpc-v2-cbor")));
    let mut expected = vec![0xa5];
    expected.extend(&one("__type", "684e6f74466f756e64")[1..]);
    expected.extend(&one("message", "634e6f2e")[1..]);
    expected.extend(&one("names", "81 6161")[1..]);
    expected.extend(&one("last", "21")[1..]);
    expected.extend(&one("id", "6162")[1..]);
    assert_eq!(bad.body, expected);
}

#[test]
fn unions_and_documents() {
    let open = Document::Map(
        [(
            "n".to_string(),
            Document::List(vec![Document::Null, Document::Number(1.0)]),
        )]
        .into(),
    );
    let thing = Thing {
        open: Some(open),
        either: Some(Either {
            here: None,
            there: Some(-5),
        }),
        ..Default::default()
    };
    assert_eq!(parse(&print(&thing)).unwrap(), thing);
}

proptest! {
    #[test]
    fn what_was_written_reads_back(thing in thing()) {
        prop_assert_eq!(parse(&print(&thing)).map_err(TestCaseError::fail)?, thing);
    }

    #[test]
    fn spoilt_cbor_is_refused_or_read_within_the_limits(
        thing in thing(), edits in edits(), depth in 1usize..8, members in 0usize..40,
    ) {
        let bytes = spoil(print(&thing), &edits);
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
        let _ = read(&one("open", &bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()), &mut Thing::default(), &Limits::default());
    }
}
