//! Answers and faults in XML, in the dialects of query and ec2Query.

// The macros make more than these tests touch.
#![allow(dead_code)]

use super::*;
use crate::{Blob, Timestamp};
use proptest::prelude::*;

crate::shapes! {
    plain { Text Free; Flag Boolean; Int Integer; Double Ratio; Blob Bytes; Time When; Document Open; }
    with { Time Unix .time(crate::schema::TimeFormat::UnixTimestamp); Time Mail .time(crate::schema::TimeFormat::Rfc822); }
    lists {
        Frees of Free;
        Named of Free .element("Item");
        Nodes of Node;
        Whens of Unix;
        Flats of Free .flat();
        NamedFlats of Free .element("Flat");
    }
    maps {
        Labels of Free Free;
        NodeMap of Free Node .key_named("Name").element("Value");
        FlatMap of Free Integer;
    }
    structures {
        Structure::new Node { name "Name": Free; node "Node": Node<boxed>; kind "Kind": Free .named("k").attribute(); size "Size": Integer .attribute(); }
        Structure::new Nothing {}
        Structure::new Output {
            text "Text": Free; on "On": Boolean; count "Count": Integer; ratio "Ratio": Ratio; bytes "Bytes": Bytes;
            when "When": When; unix "Unix": Unix; mail "Mail": Mail; whens "Whens": Whens; frees "Frees": Frees;
            named_list "NamedList": Named; nodes "Nodes": Nodes; flats "Flats": Flats;
            renamed "Renamed": NamedFlats .flat(); labels "Labels": Labels; node_map "NodeMap": NodeMap;
            flat_map "FlatMap": FlatMap .flat(); place "place": Free .named("Location"); open "Open": Open;
            spaced "Spaced": Node .namespace("urn:x");
        }
    }
}

crate::service! {
    TOY {
        id: "toy", signing: "toy", endpoint: "toy", version: "1", protocols: [Query, Ec2Query], target: "",
        namespace: "http://toy/doc/1/",
    }
    faults { Gone "Gone.Away" 404; }
    operations {
        Do POST "/" 200 () -> (Output) wrapper "DoResult" [Gone];
        Forget POST "/" 200 () -> () [];
        Look POST "/" 200 () -> (Nothing) wrapper "LookResult" [];
    }
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn body(answer: &Answer) -> &str {
    let body = std::str::from_utf8(&answer.body).expect("we write UTF-8");
    body.strip_prefix(HEAD).expect("XML begins with its declaration")
}

/// What stands inside of the result element of a query answer.
fn inside(output: &Output) -> String {
    let answer = answer(Protocol::Query, &TOY, &op::facts::Do, output, "id-1");
    assert_eq!((answer.status, answer.header("x-amzn-requestid")), (200, Some("id-1")));
    let body = body(&answer);
    let body = body
        .strip_prefix("<DoResponse xmlns=\"http://toy/doc/1/\"><DoResult>")
        .expect("an envelope");
    let end = "</DoResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DoResponse>";
    body.strip_suffix(end).expect("an envelope's end").to_string()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_string())
}

fn texts(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(ToString::to_string).collect())
}

#[test]
fn scalars_are_written_as_clients_read_them() {
    let output = Output {
        text: text("a"),
        on: Some(true),
        count: Some(-3),
        ratio: Some(f64::NEG_INFINITY),
        bytes: Some(Blob(vec![1, 2])),
        when: Some(Timestamp(1500)),
        unix: Some(Timestamp(1500)),
        mail: Some(Timestamp(1000)),
        whens: Some(vec![Timestamp(2000)]),
        place: text("l"),
        open: Some(crate::Document::Flag(true)),
        ..Default::default()
    };
    assert_eq!(
        inside(&output),
        "<Text>a</Text><On>true</On><Count>-3</Count><Ratio>-Infinity</Ratio><Bytes>AQI=</Bytes>\
         <When>1970-01-01T00:00:01.500Z</When><Unix>1.5</Unix><Mail>Thu, 01 Jan 1970 00:00:01 GMT</Mail>\
         <Whens><member>2</member></Whens><Location>l</Location>"
    );
}

#[test]
fn lists_and_maps_have_the_names_of_the_model() {
    let node = Node {
        name: text("n"),
        ..Default::default()
    };
    let output = Output {
        frees: texts(&["a", "b"]),
        named_list: texts(&["c"]),
        nodes: Some(vec![]),
        flats: texts(&["d", "e"]),
        renamed: texts(&["f"]),
        labels: Some([("k".to_string(), "v".to_string())].into()),
        node_map: Some([("m".to_string(), node)].into()),
        flat_map: Some([("o".to_string(), 1), ("p".to_string(), 2)].into()),
        ..Default::default()
    };
    assert_eq!(
        inside(&output),
        "<Frees><member>a</member><member>b</member></Frees><NamedList><Item>c</Item></NamedList><Nodes></Nodes>\
         <Flats>d</Flats><Flats>e</Flats><Flat>f</Flat>\
         <Labels><entry><key>k</key><value>v</value></entry></Labels>\
         <NodeMap><entry><Name>m</Name><Value><Name>n</Name></Value></entry></NodeMap>\
         <FlatMap><key>o</key><value>1</value></FlatMap><FlatMap><key>p</key><value>2</value></FlatMap>"
    );
}

#[test]
fn attributes_and_namespaces_stand_in_the_tag() {
    let output = Output {
        spaced: Some(Node {
            kind: text("a\"<\n"),
            size: Some(2),
            node: Some(Box::default()),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        inside(&output),
        "<Spaced xmlns=\"urn:x\" k=\"a&quot;&lt;&#xA;\" Size=\"2\"><Node></Node></Spaced>"
    );
}

#[test]
fn text_comes_back_as_it_was_or_is_replaced_where_xml_has_no_way() {
    let output = Output {
        text: text(" <a href=\"x\">&amp;\r\n\tÜ🦀\u{0}\u{1b}\u{fffe}\u{7f} "),
        ..Default::default()
    };
    assert_eq!(
        inside(&output),
        "<Text> &lt;a href=\"x\"&gt;&amp;amp;&#xD;\n\tÜ🦀\u{FFFD}\u{FFFD}\u{FFFD}\u{7f} </Text>"
    );
}

#[test]
fn ec2_answers_without_a_wrapper() {
    let output = Output {
        frees: texts(&["a"]),
        ..Default::default()
    };
    let answer = answer(Protocol::Ec2Query, &TOY, &op::facts::Do, &output, "id-2");
    assert_eq!(
        body(&answer),
        "<DoResponse xmlns=\"http://toy/doc/1/\"><requestId>id-2</requestId>\
         <Frees><item>a</item></Frees></DoResponse>"
    );
}

#[test]
fn an_operation_without_output_says_so() {
    let nothing = crate::service::Empty;
    let forget = answer(Protocol::Query, &TOY, &op::facts::Forget, &nothing, "i");
    assert_eq!(
        body(&forget),
        "<ForgetResponse xmlns=\"http://toy/doc/1/\">\
         <ResponseMetadata><RequestId>i</RequestId></ResponseMetadata></ForgetResponse>"
    );
    let look = answer(Protocol::Query, &TOY, &op::facts::Look, &Nothing {}, "i");
    assert!(body(&look).contains("<LookResult></LookResult><ResponseMetadata>"));
    let ec2 = answer(Protocol::Ec2Query, &TOY, &op::facts::Forget, &nothing, "i");
    assert!(body(&ec2).contains("<return>true</return>"));
}

#[test]
fn faults_have_their_envelopes() {
    let gone = Fault::new(&fault::Gone, "no <x>")
        .with("Ids", Detail::Texts(vec!["a".to_string(), "b".to_string()]))
        .with("Last", Detail::Number(-2))
        .with("Id", Detail::Text("<c>".to_string()));
    let query = super::fault(Protocol::Query, Some(&TOY), &gone, "id-3");
    assert_eq!(query.status, 404);
    assert_eq!(query.header("Content-Type"), Some("text/xml;charset=UTF-8"));
    assert_eq!(
        body(&query),
        "<ErrorResponse xmlns=\"http://toy/doc/1/\"><Error><Type>Sender</Type><Code>Gone.Away</Code>\
         <Message>no &lt;x&gt;</Message><Ids><member>a</member><member>b</member></Ids><Last>-2</Last><Id>&lt;c&gt;</Id></Error>\
         <RequestId>id-3</RequestId></ErrorResponse>"
    );
    let ours = Fault::common("InternalFailure", 500, "oops");
    assert!(
        body(&super::fault(Protocol::Query, None, &ours, "i")).starts_with("<ErrorResponse><Error><Type>Receiver<")
    );
    let ec2 = super::fault(Protocol::Ec2Query, Some(&TOY), &ours, "id-4");
    assert_eq!(
        body(&ec2),
        "<Response><Errors><Error><Code>InternalFailure</Code><Message>oops</Message></Error></Errors>\
         <RequestID>id-4</RequestID></Response>"
    );
}

/// What a reader makes of text that has no tags in it.
fn unescape(xml: &str) -> String {
    xml.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#xD;", "\r")
        .replace("&#xA;", "\n")
        .replace("&#x9;", "\t")
        .replace("&amp;", "&")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_can_be_read_back(text in proptest::collection::vec(any::<char>(), 0..40), in_attribute: bool) {
        let text: String = text.into_iter().collect();
        let mut xml = String::new();
        escape(&text, in_attribute, &mut xml);
        let is_markup = |c: char| matches!(c, '<' | '>' | '\r') || (in_attribute && matches!(c, '"' | '\n' | '\t'));
        prop_assert!(!xml.contains(is_markup), "{xml:?}");
        let has_no_way = |c: char| (c < ' ' && !matches!(c, '\n' | '\t' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
        prop_assert_eq!(unescape(&xml), text.replace(has_no_way, "\u{FFFD}"));
    }
}
