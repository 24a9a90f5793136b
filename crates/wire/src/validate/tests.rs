//! Requests that break one bound, and the words for it.

use super::show::show;
use super::*;
use crate::{Blob, View};

crate::shapes! {
    plain { Text Free; Flag Boolean; Int Integer; Long Big; Double Ratio; Blob Bytes; }
    with {
        Text Name .min(1.0).max(8.0).pattern("[a-z]+");
        Text Kind .one_of(&["EC2", "FARGATE"]);
        Text Secret .max(3.0).sensitive();
        Int Port .min(0.0).max(65535.0);
        Blob Small .max(2.0);
    }
    lists {
        Names of Name .max(2.0);
        Kinds of Kind;
        Nodes of Node .min(1.0);
        Grid of Names;
        Secrets of Secret;
    }
    maps { Labels of Name Free; Ports of Free Port; Below of Free Node; }
    structures {
        Structure::new Node { name "Name": Name .required(); node "node": Node<boxed>; secret "secret": Secret; }
        Structure::new Request {
            kind "launchType": Kind; port "port": Port; names "names": Names; kinds "include": Kinds; nodes "Nodes": Nodes;
            labels "labels": Labels; ports "ports": Ports; below "below": Below; secret "secret": Secret;
            small "small": Small; grid "grid": Grid; secrets "secrets": Secrets; free "free": Free; on "on": Boolean;
            count "count": Integer; big "big": Big; ratio "ratio": Ratio; bytes "bytes": Bytes;
        }
    }
}

fn message(request: &Request) -> String {
    coral_message(&violations(request))
}

fn text(text: &str) -> Option<String> {
    Some(text.to_string())
}

fn node(name: &str) -> Node {
    Node {
        name: text(name),
        ..Default::default()
    }
}

#[test]
fn a_good_request_breaks_nothing() {
    let request = Request {
        kind: text("EC2"),
        port: Some(0),
        names: Some(vec!["abc".to_string(), "abcdefgh".to_string()]),
        nodes: Some(vec![node("a")]),
        labels: Some([("k".to_string(), "#".to_string())].into()),
        free: text(""),
        bytes: Some(Blob(vec![0; 100])),
        ..Default::default()
    };
    assert_eq!(violations(&request), []);
    assert_eq!(violations(&Request::default()), []);
}

#[test]
fn one_violation_is_worded_as_aws_words_it() {
    let kind = Request {
        kind: text("LAMBDA"),
        ..Default::default()
    };
    assert_eq!(
        message(&kind),
        "1 validation error detected: Value 'LAMBDA' at 'launchType' failed to satisfy constraint: \
         Member must satisfy enum value set: [EC2, FARGATE]"
    );
    let port = Request {
        port: Some(-1),
        ..Default::default()
    };
    assert_eq!(
        message(&port),
        "1 validation error detected: Value '-1' at 'port' failed to satisfy constraint: \
         Member must have value greater than or equal to 0"
    );
}

#[test]
fn names_on_the_way_begin_small_and_count_from_one() {
    let mut deep = node("a");
    deep.node = Some(Box::new(node("ABCDEFGHI")));
    let request = Request {
        nodes: Some(vec![node("ok"), Node::default(), deep]),
        below: Some([("left".to_string(), node("A"))].into()),
        ..Default::default()
    };
    assert_eq!(
        message(&request),
        "4 validation errors detected: \
         Value null at 'nodes.2.member.name' failed to satisfy constraint: Member must not be null; \
         Value 'ABCDEFGHI' at 'nodes.3.member.node.name' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-z]+; \
         Value 'ABCDEFGHI' at 'nodes.3.member.node.name' failed to satisfy constraint: \
         Member must have length less than or equal to 8; \
         Value 'A' at 'below.left.member.name' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-z]+"
    );
}

#[test]
fn elements_keys_and_values_are_told_about_their_holder() {
    let request = Request {
        kinds: Some(vec!["EC2".to_string(), "X".to_string(), "Y".to_string()]),
        labels: Some([("K".to_string(), "v".to_string())].into()),
        ports: Some([("a".to_string(), 70000), ("b".to_string(), 1)].into()),
        grid: Some(vec![vec!["a".to_string(); 3]]),
        ..Default::default()
    };
    let found: Vec<String> = violations(&request).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "Value '[EC2, X, Y]' at 'include' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must satisfy enum value set: [EC2, FARGATE]]",
            "Value '{K=v}' at 'labels' failed to satisfy constraint: Map keys must satisfy constraint: \
             [Member must have length less than or equal to 8, Member must have length greater than or equal to 1, \
             Member must satisfy regular expression pattern: [a-z]+]",
            "Value '{a=70000, b=1}' at 'ports' failed to satisfy constraint: Map value must satisfy constraint: \
             [Member must have value less than or equal to 65535, Member must have value greater than or equal to 0]",
            "Value '[[a, a, a]]' at 'grid' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must have length less than or equal to 2]",
        ]
    );
}

#[test]
fn what_is_sensitive_is_never_shown() {
    let mut held = node("A");
    held.secret = text("ssh");
    let request = Request {
        secret: text("hunter2"),
        secrets: Some(vec!["hunter2".to_string()]),
        nodes: Some(vec![]),
        ..Default::default()
    };
    let all = message(&request);
    assert!(all.contains("Value at 'secret' failed"), "{all}");
    assert!(all.contains("Value at 'secrets' failed"), "{all}");
    assert!(all.contains(
        "Value '[]' at 'nodes' failed to satisfy constraint: Member must have length greater than or equal to 1"
    ));
    assert!(!all.contains("hunter2"), "{all}");
    let mut out = String::new();
    show(&View::Structure(&held), &facts::Node, &mut out);
    assert_eq!(out, "Node(Name=A, secret=***)");
}

#[test]
fn lengths_are_counted_in_characters_and_bytes() {
    let request = Request {
        names: Some(vec!["äöü".to_string()]),
        secret: text("äöü"),
        small: Some(Blob(vec![1, 2, 3])),
        ..Default::default()
    };
    let found = violations(&request);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(matches!(&found[0].constraint, Constraint::Elements(all) if all.len() == 3));
    assert_eq!(found[1].constraint, Constraint::MaxLength(2.0));
    assert_eq!(found[1].path, "small");
}

#[test]
fn a_refusal_has_bounds_too() {
    let request = Request {
        kind: Some("x".repeat(100_000)),
        nodes: Some(vec![Node::default(); 10_000]),
        ..Default::default()
    };
    let found = violations(&request);
    assert_eq!(found.len(), MOST_VIOLATIONS);
    let Shown::Text(shown) = &found[0].value else {
        panic!("text is shown")
    };
    assert_eq!(shown.len(), MOST_SHOWN + 3);
    assert!(shown.ends_with("x..."));
    let long = Request {
        names: Some(vec!["y".repeat(5000); 1000]),
        ..Default::default()
    };
    assert!(message(&long).len() < 4 * MOST_SHOWN);
}
