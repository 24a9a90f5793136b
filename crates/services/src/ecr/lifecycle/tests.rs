//! Policies as texts, good and bad.

use super::document::read;
use model::registry::{LifecycleAction, LifecycleCount, LifecycleTags};
use serde_json::{Value, json};

fn rule(priority: u32, selection: Value) -> Value {
    json!({"rulePriority": priority, "selection": selection, "action": {"type": "expire"}})
}

fn untagged(number: Value) -> Value {
    json!({"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": number})
}

fn any(number: u32) -> Value {
    json!({"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": number})
}

fn policy(rules: Vec<Value>) -> String {
    json!({ "rules": rules }).to_string()
}

#[test]
fn what_a_policy_says_is_understood() {
    let tagged = json!({
        "tagStatus": "tagged", "tagPrefixList": ["v", "rc-"], "countType": "sinceImagePulled", "countUnit": "days",
        "countNumber": 30
    });
    let archive = json!({"type": "transition", "targetStorageClass": "archive"});
    let old = json!({
        "tagStatus": "any", "storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days",
        "countNumber": 365
    });
    let text = policy(vec![
        json!({"rulePriority": 7, "description": "a", "selection": tagged, "action": archive}),
        rule(2, untagged(json!(1))),
        rule(3, old),
        rule(90, any(14)),
    ]);
    let rules = read(&text).expect("a good policy");
    assert_eq!(rules.iter().map(|r| r.priority).collect::<Vec<_>>(), [7, 2, 3, 90]);
    let first = &rules[0];
    assert_eq!(
        (first.tags, first.count, first.number),
        (LifecycleTags::Tagged, LifecycleCount::Pulled, 30)
    );
    assert_eq!(
        (first.patterns.join(" ").as_str(), first.action),
        ("v* rc-*", LifecycleAction::Archive)
    );
    assert!(rules[2].archived && !rules[3].archived);
}

#[test]
fn nonsense_is_refused_with_the_place() {
    let tagged = |more: Value| {
        let mut selection = json!({"tagStatus": "tagged", "countType": "imageCountMoreThan", "countNumber": 1});
        let members = selection.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        selection
    };
    let one = |selection: Value| policy(vec![rule(1, selection)]);
    for (text, told) in [
        ("{".to_string(), "not JSON"),
        ("[]".to_string(), "must be an object"),
        ("{}".to_string(), "an array 'rules'"),
        (policy(vec![]), "1 to 50 rules"),
        (policy((1..=51).map(|n| rule(n, any(n))).collect()), "1 to 50 rules"),
        (r#"{"rules": [], "version": 1}"#.to_string(), "'version'"),
        (policy(vec![rule(0, any(1))]), "rules[0]: 'rulePriority'"),
        (
            policy(vec![rule(1, untagged(json!(1))), rule(1, any(1))]),
            "given twice",
        ),
        (
            policy(vec![rule(2, untagged(json!(1))), rule(1, any(1))]),
            "highest rulePriority",
        ),
        (policy(vec![rule(2, any(2)), rule(1, any(1))]), "same images: any"),
        (
            policy(vec![rule(2, untagged(json!(1))), rule(1, untagged(json!(2)))]),
            "same images: untagged",
        ),
        (one(untagged(json!(0))), "'countNumber'"),
        (one(untagged(json!(1.5))), "'countNumber'"),
        (one(untagged(json!("1"))), "'countNumber'"),
        (one(tagged(json!({}))), "needs one of"),
        (
            one(tagged(json!({"tagPrefixList": []}))),
            "'tagPrefixList' must be a list",
        ),
        (
            one(tagged(json!({"tagPrefixList": [""]}))),
            "'tagPrefixList' must be a list",
        ),
        (one(tagged(json!({"tagPrefixList": ["v*"]}))), "has a wildcard"),
        (
            one(tagged(json!({"tagPatternList": ["*a*b*c*d*"]}))),
            "more than 4 wildcards",
        ),
        (
            one(tagged(json!({"tagPatternList": ["a"], "tagPrefixList": ["a"]}))),
            "needs one of",
        ),
        (
            one(tagged(json!({"tagStatus": "any", "tagPrefixList": ["a"]}))),
            "must not be given with tagStatus any",
        ),
        (
            one(tagged(json!({"tagPrefixList": ["a"], "countUnit": "days"}))),
            "'countUnit' must not",
        ),
        (
            one(tagged(json!({"tagPrefixList": ["a"], "countType": "sinceImagePushed"}))),
            "'countUnit' must be 'days'",
        ),
        (
            one(tagged(json!({"tagPrefixList": ["a"], "storageClass": "archive"}))),
            "'storageClass' must be 'standard'",
        ),
        (
            one(tagged(json!({"tagPrefixList": ["a"], "storageClass": "glacier"}))),
            "'storageClass' must be one of",
        ),
        (
            one(json!({"tagStatus": "new", "countType": "imageCountMoreThan", "countNumber": 1})),
            "\"new\" is not",
        ),
        (
            policy(vec![
                json!({"rulePriority": 1, "selection": any(1), "action": {"type": "keep"}}),
            ]),
            "\"keep\" is not",
        ),
        (
            policy(vec![
                json!({"rulePriority": 1, "selection": any(1), "action": {"type": "transition"}}),
            ]),
            "'targetStorageClass' must be",
        ),
    ] {
        let why = read(&text).expect_err(&text);
        assert!(why.contains(told), "{text}: {why}");
    }
}
