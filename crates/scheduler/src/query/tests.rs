//! What the query language takes, means and refuses.

use super::*;
use base::Timestamp;
use model::testing::node;
use model::{Attribute, NodeLedger};
use proptest::prelude::{Just, Strategy, prop, prop_assert, prop_assert_eq, prop_assume, prop_oneof, proptest};
use std::collections::BTreeMap;
use std::sync::Arc;

fn seen() -> NodeView {
    let mut node = node("n1");
    let attribute = |name: &str, value: Option<&str>| Attribute {
        name: name.to_string(),
        value: value.map(str::to_string),
    };
    node.attributes = vec![
        attribute("ecs.availability-zone", Some("us-east-1a")),
        attribute("ecs.instance-type", Some("t3.small")),
        attribute("gpu", None),
        attribute("rank", Some("9")),
    ];
    node.agent_version = Some("1.14.5".to_string());
    node.instance_id = Some("i-abcd1234".to_string());
    node.registered_at = Timestamp::parse_iso8601("2018-06-18T22:28:28Z").expect("a time");
    let groups = BTreeMap::from([("service:production".to_string(), 2), ("service:gone".to_string(), 0)]);
    NodeView {
        ledger: Arc::new(NodeLedger::empty("default", "n1")),
        node: Arc::new(node),
        groups,
        running: 1,
    }
}

fn holds(text: &str) -> bool {
    Expression::parse(text)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
        .holds(&seen())
}

#[test]
fn every_operator_says_yes_and_no() {
    for (yes, no) in [
        (
            "attribute:ecs.instance-type == t3.small",
            "attribute:ecs.instance-type == t3",
        ),
        (
            "attribute:ecs.instance-type != t2.small",
            "attribute:ecs.instance-type not_equals t3.small",
        ),
        (
            "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]",
            "attribute:ecs.availability-zone in [us-east-1c]",
        ),
        (
            "attribute:ecs.availability-zone !in ['x']",
            "attribute:ecs.availability-zone not_in [ us-east-1a ]",
        ),
        (
            "attribute:ecs.instance-type =~ t3.*",
            "attribute:ecs.instance-type matches t3",
        ),
        (
            "attribute:ecs.instance-type !~ (t2|m5).*",
            "attribute:ecs.instance-type !~ (t3|m5).*",
        ),
        ("attribute:gpu exists", "attribute:gpu !exists"),
        ("attribute:rack not_exists", "attribute:rack exists"),
        ("attribute:rank < 10", "attribute:rank > 10"),
        ("attribute:ecs.instance-type > t2", "attribute:ecs.instance-type <= t2"),
        ("agentVersion >= 1.14", "agentVersion < 1.14.5"),
        ("agentVersion == 1.14.5", "agentVersion != 1.14.5.0"),
        ("agentConnected == true", "agentConnected == false"),
        (
            "ec2InstanceId in ['i-abcd1234', 'i-wxyx7890']",
            "ec2InstanceId == \"i-wxyx7890\"",
        ),
        ("registeredAt == 2018-06-18", "registeredAt < 2018-06-18"),
        (
            "registeredAt > 2018-06-18T22:28:27+00:00",
            "registeredAt > 2018-06-18T22:28:28Z",
        ),
        ("runningTasksCount == 1", "runningTasksCount > 1"),
        ("task:group == service:production", "task:group == service:gone"),
        ("task:group =~ service:.*", "task:group != service:production"),
    ] {
        assert!(holds(yes), "{yes}");
        assert!(!holds(no), "{no}");
    }
}

#[test]
fn rules_join_as_they_are_bound() {
    assert!(holds("not(task:group == database) and agentConnected equals true"));
    assert!(holds(
        "attribute:gpu !exists && agentConnected == false || runningTasksCount == 1"
    ));
    assert!(!holds(
        "attribute:gpu !exists && (agentConnected == false || runningTasksCount == 1)"
    ));
    assert!(holds("!(!(attribute:gpu exists))"));
    assert!(holds("(attribute:ecs.instance-type =~ (t3|m5)\\.[a-z]+)"));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let wrong = |text: &str| Expression::parse(text).expect_err(text);
    assert_eq!(wrong("attribute:a = b").at, 13);
    assert_eq!(wrong("colour == red").at, 1);
    assert_eq!(wrong("attribute:a == b c == d").at, 18);
    assert_eq!(wrong("(attribute:a == b").at, 18);
    assert_eq!(wrong("attribute:a in b").at, 16);
    assert_eq!(wrong("attribute:ä ==").at, 15);
    assert_eq!(wrong("attribute:a =~ [").at, 16);
    assert!(
        wrong("runningTasksCount in [1]")
            .what
            .contains("versions, times and counts")
    );
    assert!(wrong("registeredAt > yesterday").what.contains("2018-06-18T22:28:28Z"));
    assert!(wrong(&"(".repeat(1000)).what.contains("inside each other"));
    assert!(
        wrong(&format!("attribute:a == {}", "b".repeat(2000)))
            .what
            .contains("2000")
    );
    assert!(wrong("").what.contains("Expected what to test"));
}

#[test]
fn an_expression_says_what_it_must_know() {
    let wants = |text: &str| {
        let mut wants = Wants::default();
        Expression::parse(text).expect("well formed").wants(&mut wants);
        wants
    };
    assert_eq!(wants("attribute:a == b"), Wants::default());
    assert_eq!(wants("not task:group in [a, b]").groups.len(), 2);
    assert!(wants("task:group exists or attribute:a exists").all_groups);
    assert!(wants("runningTasksCount < 5").running);
}

/// A rule as text and what it must come to, made together.
fn rules() -> impl Strategy<Value = (String, bool)> {
    let tests = prop_oneof![
        Just(("attribute:gpu exists".to_string(), true)),
        Just(("attribute:gpu == x".to_string(), false)),
        Just(("runningTasksCount >= 1".to_string(), true)),
        Just(("task:group in [a,b]".to_string(), false)),
        Just(("ec2InstanceId =~ i-(ab|cd)+[0-9]{4}".to_string(), true)),
    ];
    tests.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|(t, v)| (format!("not ({t})"), !v)),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| {
                let texts: Vec<String> = all.iter().map(|(t, _)| format!("({t})")).collect();
                (texts.join(" and "), all.iter().all(|(_, v)| *v))
            }),
            prop::collection::vec(inner, 1..4).prop_map(|all| {
                let texts: Vec<String> = all.iter().map(|(t, _)| format!("({t})")).collect();
                (texts.join("||"), all.iter().any(|(_, v)| *v))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_rule_comes_to_what_its_parts_do((text, value) in rules()) {
        prop_assume!(text.len() <= MOST_CHARS);
        prop_assert_eq!(Expression::parse(&text).map(|e| e.holds(&seen())), Ok(value), "{}", text);
    }

    #[test]
    fn no_text_is_too_strange(text in "(attribute:|task:group|not|and|or|[ ()\\[\\]!=~<>'\"a-e,|&\\\\]|\\PC){0,40}") {
        if let Err(wrong) = Expression::parse(&text) {
            prop_assert!(wrong.at <= text.chars().count() + 1);
        }
    }
}
