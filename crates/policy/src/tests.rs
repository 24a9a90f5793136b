//! Statements, one element after the other.

use super::*;
use serde_json::{Value, json};

const ME: &str = "arn:aws:iam::000000000000:user/me";
const ROOT: &str = "arn:aws:iam::000000000000:root";
const WEB: &str = "arn:aws:ecr:us-east-1:000000000000:repository/team/web";

fn policy(statements: Value) -> Policy {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Policy::read(&text, Stands::AtResource).expect("a good policy")
}

fn says(policy: &Policy, principal: &str, action: &str, context: &Context) -> Verdict {
    policy.verdict(&Request {
        principal,
        action,
        resource: WEB,
        context,
    })
}

fn allow(more: Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": "*"});
    for (key, value) in more.as_object().expect("an object") {
        statement[key] = value.clone();
    }
    statement
}

#[test]
fn a_denial_wins_and_silence_is_neither() {
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": ["ecr:Put*", "ecr:Batch?eleteImage"]});
    let policy = policy(json!([allow(json!({"Action": "ecr:*Image"})), deny]));
    let says = |action| says(&policy, ME, action, &Context::default());
    assert_eq!(says("ecr:BatchGetImage"), Verdict::Allow);
    assert_eq!(says("ecr:PutImage"), Verdict::Deny);
    assert_eq!(says("ECR:putIMAGE"), Verdict::Deny);
    assert_eq!(says("ecr:BatchDeleteImage"), Verdict::Deny);
    assert_eq!(says("ecr:ListImages"), Verdict::Silent);
    assert_eq!(Verdict::Allow.and(Verdict::Deny), Verdict::Deny);
    assert_eq!(Verdict::Silent.and(Verdict::Allow), Verdict::Allow);
}

#[test]
fn a_statement_is_about_those_it_names() {
    let fits = |principal: Value, caller: &str| {
        let policy = policy(json!(allow(json!({ "Principal": principal }))));
        says(&policy, caller, "a:b", &Context::default()) == Verdict::Allow
    };
    let session = "arn:aws:sts::000000000000:assumed-role/web/once";
    let role = "arn:aws:iam::000000000000:role/team/web";
    for (principal, caller, expected) in [
        (json!("*"), ME, true),
        (json!({"AWS": "*"}), ME, true),
        (json!({"AWS": ROOT}), ME, true),
        (json!({"AWS": "000000000000"}), ROOT, true),
        (json!({"AWS": ["111111111111", ME]}), ME, true),
        (json!({"AWS": ME}), ROOT, false),
        (json!({"AWS": "111111111111"}), ME, false),
        (json!({"AWS": role}), session, true),
        (json!({"AWS": session}), session, true),
        (json!({"AWS": "arn:aws:iam::111111111111:role/web"}), session, false),
        (json!({"Service": "ecs.amazonaws.com"}), ME, false),
    ] {
        assert_eq!(fits(principal.clone(), caller), expected, "{principal} {caller}");
    }
    let not = json!({"Effect": "Deny", "NotPrincipal": {"AWS": ME}, "NotAction": "ecr:Get*"});
    let policy = policy(not);
    let says = |who, action| says(&policy, who, action, &Context::default());
    assert_eq!(says(ME, "ecr:PutImage"), Verdict::Silent);
    assert_eq!(says(ROOT, "ecr:PutImage"), Verdict::Deny);
    assert_eq!(says(ROOT, "ecr:GetRepositoryPolicy"), Verdict::Silent);
}

#[test]
fn resources_have_wildcards_and_variables() {
    let context = Context::default().with("aws:username", "te*m");
    for (resource, expected) in [
        (json!("*"), true),
        (json!("arn:aws:ecr:*:000000000000:repository/team/*"), true),
        (json!("arn:aws:ecr:*:000000000000:repository/team"), false),
        (json!(["arn:x", WEB]), true),
        (
            json!("arn:aws:ecr:us-east-1:000000000000:repository/${aws:username}/*"),
            false,
        ),
        (
            json!("arn:aws:ecr:us-east-1:000000000000:repository/${aws:other}*"),
            false,
        ),
    ] {
        let policy = policy(allow(json!({ "Resource": resource })));
        assert_eq!(
            says(&policy, ME, "a:b", &context) == Verdict::Allow,
            expected,
            "{resource}"
        );
    }
    let own = policy(allow(json!({"Resource": "arn:*:repository/${aws:username}/web"})));
    let named = Context::default().with("aws:username", "team");
    assert_eq!(says(&own, ME, "a:b", &named), Verdict::Allow);
    let policy = policy(allow(json!({"NotResource": WEB})));
    assert_eq!(says(&policy, ME, "a:b", &context), Verdict::Silent);
}

#[test]
fn conditions_ask_the_context() {
    let context = Context::default()
        .with("aws:PrincipalArn", ME)
        .with("aws:SourceIp", "10.1.2.3")
        .with("aws:CurrentTime", "2026-01-01T00:00:00Z")
        .with("aws:MultiFactorAuthAge", "100")
        .with("aws:SecureTransport", "false")
        .with("aws:TagKeys", "a")
        .with("aws:TagKeys", "b");
    let holds = |condition: Value| {
        let policy = policy(allow(json!({ "Condition": condition })));
        says(&policy, ME, "a:b", &context) == Verdict::Allow
    };
    for (condition, expected) in [
        (json!({}), true),
        (json!({"StringEquals": {"AWS:principalARN": ME}}), true),
        (json!({"StringEquals": {"aws:PrincipalArn": "arn:*"}}), false),
        (json!({"StringLike": {"aws:PrincipalArn": "arn:*"}}), true),
        (
            json!({"ArnLike": {"aws:PrincipalArn": ["arn:x:*", "arn:aws:iam::*:user/*"]}}),
            true,
        ),
        (
            json!({"StringEqualsIgnoreCase": {"aws:PrincipalArn": ME.to_uppercase()}}),
            true,
        ),
        (json!({"StringNotEquals": {"aws:PrincipalArn": ME}}), false),
        (json!({"StringNotEquals": {"aws:Absent": ME}}), true),
        (json!({"StringEquals": {"aws:Absent": ME}}), false),
        (json!({"StringEqualsIfExists": {"aws:Absent": ME}}), true),
        (json!({"Null": {"aws:Absent": true}}), true),
        (json!({"Null": {"aws:PrincipalArn": "true"}}), false),
        (json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), true),
        (json!({"IpAddress": {"aws:SourceIp": ["10.1.2.4", "fd00::/8"]}}), false),
        (json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), false),
        (json!({"NumericLessThan": {"aws:MultiFactorAuthAge": 300}}), true),
        (
            json!({"NumericGreaterThanEquals": {"aws:MultiFactorAuthAge": "100"}}),
            true,
        ),
        (
            json!({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}),
            false,
        ),
        (
            json!({"DateGreaterThanEquals": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}),
            true,
        ),
        (json!({"DateLessThan": {"aws:CurrentTime": "1800000000"}}), true),
        (json!({"Bool": {"aws:SecureTransport": false}}), true),
        (
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}),
            true,
        ),
        (json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}), false),
        (json!({"ForAllValues:StringEquals": {"aws:Absent": ["a"]}}), true),
        (json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["b"]}}), true),
        (json!({"ForAnyValue:StringEquals": {"aws:Absent": ["b"]}}), false),
        (
            json!({"StringLike": {"aws:PrincipalArn": "*"}, "Bool": {"aws:SecureTransport": "true"}}),
            false,
        ),
    ] {
        assert_eq!(holds(condition.clone()), expected, "{condition}");
    }
}

#[test]
fn what_is_not_understood_is_refused() {
    let good = allow(json!({}));
    let without = |key: &str| {
        let mut statement = good.clone();
        statement.as_object_mut().expect("an object").remove(key);
        json!({ "Statement": statement })
    };
    let with = |more: Value| json!({ "Statement": [allow(more)] });
    for text in [
        "",
        "[]",
        "{}",
        "nonsense",
        r#"{"Statement": []}"#,
        r#"{"Statement": [1]}"#,
    ] {
        assert!(Policy::read(text, Stands::AtResource).is_err(), "{text}");
    }
    for policy in [
        without("Effect"),
        without("Principal"),
        without("Action"),
        json!({"Version": "2020-01-01", "Statement": good}),
        json!({"Statement": good, "Other": 1}),
        json!({"Statement": [allow(json!({"Sid": "a"})), allow(json!({"Sid": "a"}))]}),
        with(json!({"Effect": "allow"})),
        with(json!({"NotAction": "a:b"})),
        with(json!({"Action": "PutImage"})),
        with(json!({"Action": []})),
        with(json!({"Action": [1]})),
        with(json!({"Principal": "me"})),
        with(json!({"Principal": {"AWS": "me"}})),
        with(json!({"Principal": {"Somebody": "me"}})),
        with(json!({"Resource": "web"})),
        with(json!({"Condition": []})),
        with(json!({"Condition": {"StringIs": {"a": "b"}}})),
        with(json!({"Condition": {"NullIfExists": {"a": "true"}}})),
        with(json!({"Condition": {"Bool": {"a": "perhaps"}}})),
        with(json!({"Condition": {"IpAddress": {"a": "10.0.0.0/33"}}})),
        with(json!({"Condition": {"NumericEquals": {"a": "x"}}})),
        with(json!({"Condition": {"DateEquals": {"a": "x"}}})),
        with(json!({"Condition": {"StringEquals": {"a": {}}}})),
        with(json!({"Sid": 1})),
        with(json!({"More": 1})),
    ] {
        assert!(
            Policy::read(&policy.to_string(), Stands::AtResource).is_err(),
            "{policy}"
        );
    }
    let typo = with(json!({"Action": ["a:Put*", "a:Gett"]})).to_string();
    let typo = Policy::read(&typo, Stands::AtResource).expect("the grammar allows it");
    let known = |known: &'static [&'static str]| typo.unknown_action(known.iter().copied());
    assert_eq!(known(&["a:PutIt", "a:Get"]).as_deref(), Some("a:Gett"));
    assert_eq!(known(&["a:GETT"]).as_deref(), Some("a:Put*"));
    assert_eq!(known(&["a:GETT", "a:PutIt"]), None);
    let good = json!({ "Statement": good }).to_string();
    assert!(Policy::read(&good, Stands::AtResource).is_ok());
    assert!(Policy::read(&good, Stands::AtResources).is_err());
}
