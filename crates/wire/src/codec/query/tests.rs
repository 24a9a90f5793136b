//! Forms read, and forms that must be refused.

use super::*;
use crate::{Blob, Timestamp};
use proptest::prelude::*;

crate::shapes! {
    plain { Text Free; Flag Boolean; Int Integer; Double Ratio; Blob Bytes; Time When; }
    with { Time Unix .time(crate::schema::TimeFormat::UnixTimestamp); Text Secret .sensitive(); Int Hidden .sensitive(); }
    lists {
        Frees of Free;
        Named of Free .element("Item");
        Nodes of Node;
        Flats of Free .flat();
        NamedFlats of Free .element("Flat").flat();
    }
    maps {
        Labels of Free Free;
        NodeMap of Free Node .key_named("Name").element("Value");
        FlatMap of Free Integer .flat();
    }
    structures {
        Structure::new Node { name "Name": Free; node "Node": Node<boxed>; nodes "Nodes": Nodes; when "When": Unix; }
        Structure::new Input {
            text "Text": Free; on "On": Boolean; count "Count": Integer; ratio "Ratio": Ratio; bytes "Bytes": Bytes;
            when "When": When; frees "Frees": Frees; named_list "NamedList": Named; nodes "Nodes": Nodes;
            flats "Flats": Flats; renamed "Renamed": NamedFlats; labels "Labels": Labels; node_map "NodeMap": NodeMap;
            flat_map "FlatMap": FlatMap; place "place": Free .named("Location"); lower "lower": Free .named("lowerCase");
            odd "odd": Free .named("ignored").ec2("OddOne"); secret "Secret": Secret; hidden "Hidden": Hidden;
        }
    }
}

fn query(form: &str) -> Result<Input, Fault> {
    let mut input = Input::default();
    read(Protocol::Query, form, &mut input, &Limits::default()).map(|()| input)
}

fn ec2(form: &str) -> Result<Input, Fault> {
    let mut input = Input::default();
    read(Protocol::Ec2Query, form, &mut input, &Limits::default()).map(|()| input)
}

fn texts(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(ToString::to_string).collect())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_string())
}

fn refusal(outcome: Result<Input, Fault>) -> String {
    let fault = outcome.expect_err("this must be refused");
    assert_eq!(fault.status, 400);
    fault.to_string()
}

#[test]
fn scalars_are_read() {
    let input = query(
        "Action=Do&Version=1&Text=a+b%26%C3%A9&On=TRUE&Count=-7&Ratio=-Infinity&Bytes=AQI%3D&When=1970-01-01T00:00:01Z",
    );
    let expected = Input {
        text: text("a b&é"),
        on: Some(true),
        count: Some(-7),
        ratio: Some(f64::NEG_INFINITY),
        bytes: Some(Blob(vec![1, 2])),
        when: Some(Timestamp(1000)),
        ..Default::default()
    };
    assert_eq!(input, Ok(expected));
    assert_eq!(
        query("Text=1&Text=2&&Unknown.member.1=x").expect("the last wins").text,
        text("2")
    );
    assert_eq!(query("").expect("nothing is fine"), Input::default());
}

#[test]
fn lists_stand_in_the_order_of_their_indexes() {
    let form = "Frees.member.10=c&Frees.member.9=b&Frees.member.1=a&NamedList.Item.1=x&Flats.2=q&Flats.1=p&Flat.1=r";
    let input = query(form).expect("a good form");
    assert_eq!(input.frees, texts(&["a", "b", "c"]));
    assert_eq!(input.named_list, texts(&["x"]));
    assert_eq!(input.flats, texts(&["p", "q"]));
    assert_eq!(input.renamed, texts(&["r"]));
    let input = query("Nodes.member.1.Nodes.member.2.Name=deep&Nodes.member.1.When=1.5&Nodes.member.2.Node.Name=n");
    let nodes = input.expect("a good form").nodes.expect("there are nodes");
    assert_eq!(
        nodes[0].nodes.as_ref().map(|inner| inner[0].name.clone()),
        Some(text("deep"))
    );
    assert_eq!(nodes[0].when, Some(Timestamp(1500)));
    assert_eq!(nodes[1].node.as_ref().map(|node| node.name.clone()), Some(text("n")));
}

#[test]
fn what_is_empty_is_there_and_what_is_absent_is_not() {
    let input = query("Frees=&Labels=&Text=").expect("a good form");
    assert_eq!(input.frees, Some(vec![]));
    assert_eq!(input.labels, Some([].into()));
    assert_eq!(input.text, text(""));
    assert_eq!(input.nodes, None);
}

#[test]
fn maps_are_read() {
    let form = "Labels.entry.1.key=k&Labels.entry.1.value=v&Labels.entry.2.value=w&Labels.entry.2.key=%2E.1\
        &NodeMap.entry.1.Name=n&NodeMap.entry.1.Value.Name=inner&FlatMap.1.key=f&FlatMap.1.value=1\
        &FlatMap.2.key=f&FlatMap.2.value=2";
    let input = query(form).expect("a good form");
    let labels = [("k".to_string(), "v".to_string()), ("..1".to_string(), "w".to_string())];
    assert_eq!(input.labels, Some(labels.into()));
    assert_eq!(input.node_map.and_then(|map| map["n"].name.clone()), text("inner"));
    assert_eq!(input.flat_map, Some([("f".to_string(), 2)].into()));
    let input = query("NodeMap.entry.1.Name=n").expect("an empty structure leaves no trace");
    assert_eq!(input.node_map, Some([("n".to_string(), Node::default())].into()));
}

#[test]
fn ec2_has_its_own_names_and_no_word_before_an_index() {
    let form =
        "Action=Do&Version=2&X-Amz-Date=x&Location=l&LowerCase=c&OddOne=o&Frees.1=a&NamedList.1=b&Nodes.3.Name=n";
    let input = ec2(form).expect("a good form");
    assert_eq!((input.place, input.lower, input.odd), (text("l"), text("c"), text("o")));
    assert_eq!((input.frees, input.named_list), (texts(&["a"]), texts(&["b"])));
    assert_eq!(input.nodes.map(|nodes| nodes.len()), Some(1));
    assert_eq!(
        refusal(ec2("Colour=x")),
        "UnknownParameter: The parameter Colour is not recognized"
    );
    assert!(refusal(ec2("lowerCase=x")).starts_with("UnknownParameter"));
    assert!(refusal(ec2("Nodes.1.Action=x")).starts_with("UnknownParameter"));
    let wrong = "InvalidParameterValue: Value (many) for parameter Count is invalid. Expected a value of type Integer.";
    assert_eq!(refusal(ec2("Count=many")), wrong);
    let input = query("Location=l&lowerCase=c&ignored=o").expect("a good form");
    assert_eq!((input.place, input.lower, input.odd), (text("l"), text("c"), text("o")));
}

#[test]
fn what_has_the_wrong_form_is_refused_by_name() {
    for (form, fault) in [
        (
            "Count=1.5",
            "MalformedInput: 1.5 cannot be converted to Integer at Count",
        ),
        (
            "Count=2147483648",
            "MalformedInput: 2147483648 cannot be converted to Integer at Count",
        ),
        (
            "Hidden=pin",
            "MalformedInput: *** cannot be converted to Integer at Hidden",
        ),
        ("On=1", "MalformedInput: 1 cannot be converted to Boolean at On"),
        (
            "Ratio=inf",
            "MalformedInput: inf cannot be converted to Double at Ratio",
        ),
        (
            "When=today",
            "MalformedInput: today cannot be converted to Timestamp at When",
        ),
        ("Bytes=*", "MalformedInput: * cannot be converted to Blob at Bytes"),
        (
            "Text.1=x",
            "MalformedInput: Start of list found where not expected at Text.1",
        ),
        (
            "Text=&Text.a=x",
            "MalformedInput: Start of structure or map found where not expected at Text.a",
        ),
        (
            "Frees=x",
            "MalformedInput: Unexpected list element termination at Frees",
        ),
        (
            "Frees.1=x",
            "MalformedInput: Unexpected list element termination at Frees.1",
        ),
        (
            "Frees.member=x",
            "MalformedInput: Unexpected list element termination at Frees.member",
        ),
        (
            "Frees.member.0=x",
            "MalformedInput: Unexpected list element termination at Frees.member.0",
        ),
        (
            "Frees.member.01=x",
            "MalformedInput: Unexpected list element termination at Frees.member.01",
        ),
        (
            "Frees.member.-1=x",
            "MalformedInput: Unexpected list element termination at Frees.member.-1",
        ),
        (
            "Nodes.member.1=x",
            "MalformedInput: Unexpected complex element termination at Nodes.member.1",
        ),
        (
            "Labels.entry.1.value=x",
            "MalformedInput: Unexpected map termination at Labels.entry.1.value",
        ),
        (
            "Labels.entry.1.key=x",
            "MalformedInput: Unexpected map termination at Labels.entry.1.key",
        ),
        (
            "Labels.entry.a.key=x&Labels.entry.a.value=",
            "MalformedInput: Unexpected map termination at Labels.entry.a.key",
        ),
        (
            "Labels.1.key=x",
            "MalformedInput: Unexpected map termination at Labels.1.key",
        ),
        (
            "Text=%4",
            "MalformedQueryString: A parameter is not correctly percent-encoded.",
        ),
        (
            "Text=%zz",
            "MalformedQueryString: A parameter is not correctly percent-encoded.",
        ),
        (
            "%ff=1",
            "MalformedQueryString: A parameter is not correctly percent-encoded.",
        ),
    ] {
        assert_eq!(refusal(query(form)), fault, "{form}");
    }
}

#[test]
fn everything_is_bounded() {
    let huge = "Frees.member.999999999=a&Frees.member.99999999999999999999999999=b";
    assert_eq!(query(huge).expect("an index holds no memory").frees, texts(&["a", "b"]));
    let deep = format!("{}Name=x", "Node.".repeat(100));
    assert!(refusal(query(&format!("Nodes.member.1.{deep}"))).contains("nested too deeply"));
    assert!(refusal(query(&"x".repeat(2000))).contains("longer than"));
    let few = Limits {
        members: 10,
        ..Limits::default()
    };
    let little = Limits {
        held: 500,
        ..Limits::default()
    };
    let many: String = (1..=11).map(|i| format!("a{i}=&")).collect();
    let fault = read(Protocol::Query, &many, &mut Input::default(), &few).expect_err("too many");
    assert!(fault.message.contains("more than 10 parameters"), "{fault}");
    let large: String = (1..=9).map(|i| format!("Nodes.member.{i}.Name=&")).collect();
    let fault = read(Protocol::Query, &large, &mut Input::default(), &little).expect_err("too much");
    assert_eq!(fault.to_string(), "MalformedInput: The request takes too much memory");
}

#[test]
fn a_form_names_its_action() {
    assert_eq!(
        action("Action=Get%41&Version=v"),
        Some(("GetA".into(), Some("v".into())))
    );
    assert_eq!(action("x=1&Action=A"), Some(("A".into(), None)));
    assert_eq!(action("Version=v&ActionX=1"), None);
    assert_eq!(action(""), None);
}

/// Pieces that forms are made of, so that arbitrary forms reach every branch.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "Text",
        "Frees",
        "member",
        "entry",
        "key",
        "value",
        "Name",
        "Nodes",
        "Node",
        "Labels",
        "NodeMap",
        "FlatMap",
        "Flat",
        "Flats",
        "Count",
        "1",
        "2",
        "10",
        "0",
        "",
        "When",
        "Value",
        "999999999999",
        "%2E",
        "%",
        "+",
        "é",
    ];
    prop_oneof![
        6 => proptest::sample::select(words.to_vec()).prop_map(ToString::to_string),
        1 => "\\PC{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_form_makes_us_panic_or_hold_too_much(
        pairs in proptest::collection::vec((proptest::collection::vec(piece(), 1..7), piece()), 0..12),
    ) {
        let form: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={value}", name.join("."))).collect();
        let form = form.join("&");
        let _ = action(&form);
        for outcome in [query(&form), ec2(&form)] {
            match outcome {
                Ok(input) => {
                    let elements = input.frees.map_or(0, |l| l.len()) + input.nodes.map_or(0, |l| l.len());
                    prop_assert!(elements <= pairs.len());
                }
                Err(fault) => prop_assert_eq!(fault.status, 400),
            }
        }
    }

    #[test]
    fn what_is_written_in_any_order_reads_the_same(
        texts in proptest::collection::vec("\\PC{0,8}", 1..15),
        labels in proptest::collection::btree_map("\\PC{0,8}", "\\PC{0,8}", 1..5),
        seed in any::<prop::sample::Index>(),
    ) {
        let mut parts = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            parts.push(format!("Frees.member.{}={}", i + 1, encode(text)));
        }
        for (i, (key, value)) in labels.iter().enumerate() {
            parts.push(format!("Labels.entry.{}.value={}", i + 1, encode(value)));
            parts.push(format!("Labels.entry.{}.key={}", i + 1, encode(key)));
        }
        let turn = seed.index(parts.len());
        parts.rotate_left(turn);
        let input = query(&parts.join("&")).expect("a good form");
        prop_assert_eq!(input.frees, Some(texts));
        prop_assert_eq!(input.labels, Some(labels));
    }
}

fn encode(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}
