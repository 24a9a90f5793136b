//! The documented pattern language, example by example, and properties that hold for any text.

use super::*;
use proptest::prelude::*;

fn matches(pattern: &str, message: &str) -> bool {
    Pattern::parse(pattern)
        .unwrap_or_else(|e| panic!("{pattern}: {e}"))
        .matches(message)
}

/// Each pattern with the numbers of the messages that it matches.
fn table(messages: &[&str], patterns: &[(&str, &[usize])]) {
    for (pattern, wanted) in patterns {
        let found: Vec<usize> = (0..messages.len()).filter(|i| matches(pattern, messages[*i])).collect();
        assert_eq!(found, *wanted, "{pattern}");
    }
}

#[test]
fn terms() {
    let messages = [
        "[ERROR 400] BAD REQUEST",
        "[ERROR 401] UNAUTHORIZED REQUEST",
        "[ERROR 419] MISSING ARGUMENTS",
        "[WARN 420] \"odd\" arguments",
        "",
    ];
    table(
        &messages,
        &[
            ("", &[0, 1, 2, 3, 4]),
            ("  ", &[0, 1, 2, 3, 4]),
            ("ERROR", &[0, 1, 2]),
            ("error", &[]),
            ("ERROR REQUEST", &[0, 1]),
            ("?ARGUMENTS ?REQUEST", &[0, 1, 2]),
            ("ERROR -REQUEST", &[2]),
            ("-ERROR", &[3, 4]),
            ("\"BAD REQUEST\"", &[0]),
            ("-\"BAD REQUEST\" ERROR", &[1, 2]),
            ("?\"[WARN\" ?UNAUTHORIZED", &[1, 3]),
            // Beside other terms, optional ones say nothing.
            ("?WARN ERROR", &[0, 1, 2]),
            ("\"\\\"odd\\\"\"", &[3]),
            ("%AUTHORIZED%", &[1]),
            (r"%4[0-9]9|WARN%", &[2, 3]),
            (r"%^\[ERROR\s4\d0\]%", &[0]),
            (r"ERROR -%\d01%", &[0, 2]),
        ],
    );
}

#[test]
fn fields() {
    let messages = [
        r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#,
        r#"127.0.0.1 Dev frank [10/Oct/2000:13:25:16 -0700] "GET /a.gif HTTP/1.0" 500 12"#,
        "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200",
        "INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310",
    ];
    table(
        &messages,
        &[
            ("[ip, user, username, timestamp, request, status_code, bytes]", &[0, 1]),
            (
                "[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
                &[0],
            ),
            (
                "[ip, user, username, timestamp, request, status_code = 404 || status_code = 500, bytes]",
                &[0, 1],
            ),
            ("[ip, user, username, timestamp, request, status, bytes > 1000]", &[0]),
            ("[..., status_code >= 500 && status_code < 600, bytes]", &[1]),
            ("[..., size > 1000]", &[0, 2, 3]),
            ("[level = INFO, ...]", &[2, 3]),
            ("[level != INFO, ...]", &[0, 1]),
            ("[level, ..., verb = %GET|PUT%, path, size]", &[0, 1, 2]),
            ("[w1, w2]", &[]),
            ("[,,,,,,]", &[0, 1]),
            ("[ip = \"127.*\", user = Prod, ...]", &[0]),
            ("[ip, user, name, time = \"*13:25:16*\", ...]", &[1]),
        ],
    );
}

#[test]
fn json() {
    let messages = [
        r#"{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
           "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null, "cluster.name": "c"}"#,
        r#"{"eventType": "DeleteTrail", "sourceIPAddress": "123.123.1.2", "bandwidth": 75, "latency": 0.06,
           "failed": true, "n": -2.5}"#,
        r#"{"eventType": "Other", "failed": false, "bandwidth": "75"}"#,
        "not json at all { $.eventType",
        "[1, {\"a\": 2}]",
    ];
    table(
        &messages,
        &[
            ("{ $.eventType = \"UpdateTrail\" }", &[0]),
            ("{ $.eventType = UpdateTrail }", &[0]),
            ("{$.eventType=\"*Trail\"}", &[0, 1]),
            ("{ $.eventType =%Trail% }", &[0, 1]),
            ("{ $.sourceIPAddress != 123.123.* }", &[0]),
            ("{ $.arrayKey[0] = \"value\" }", &[0]),
            ("{ $.arrayKey[*] = \"another*\" }", &[0]),
            ("{ $.objectList[1].id = 2 }", &[0]),
            ("{ $.objectList[*].id > 1 }", &[0]),
            ("{ $.SomeObject IS NULL }", &[0]),
            ("{ $.SomeOtherObject NOT EXISTS }", &[0, 1, 2, 4]),
            ("{ $.failed IS TRUE }", &[1]),
            ("{ $.failed is false }", &[2]),
            ("{ $.bandwidth = 75 }", &[1, 2]),
            ("{ $.bandwidth >= 75 }", &[1]),
            ("{ $.latency < 7e-2 && $.n = -2.5 }", &[1]),
            (
                "{ $.eventType = Other || ($.bandwidth > 1 && $.failed IS TRUE) }",
                &[1, 2],
            ),
            (
                "{ ($.eventType = Other || $.eventType = DeleteTrail) && $.failed IS TRUE }",
                &[1],
            ),
            (
                "{ $.eventType = Other || $.eventType = DeleteTrail && $.failed IS FALSE }",
                &[2],
            ),
            ("{ $.['cluster.name'] = \"c\" }", &[0]),
            ("{ $[1].a = 2 }", &[4]),
            ("{ $.eventType = * }", &[0, 1, 2]),
        ],
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    for pattern in [
        "a.b",
        "\"open",
        "%open",
        "%(a)%",
        "%a!%",
        "%[%",
        "%%",
        "a\"b\"",
        "-",
        "?",
        "[a",
        "[a] b",
        "[a = ]",
        "[..., ...]",
        "[a > b]",
        "[a = 1 && b = 2]",
        "{",
        "{}",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = 1",
        "{ $.a = 1 } x",
        "{ a = 1 }",
        "{ $.a > \"x\" }",
        "{ $.a IS MAYBE }",
        "{ $.a NOT }",
        "{ ($.a = 1 }",
        "{ $.a[x] = 1 }",
        "{ $. = 1 }",
        "{ $.a = %a% && $.b = %b% && $.c = %c% }",
        "[a = %a%, b = %b%, c = %c%]",
    ] {
        assert!(Pattern::parse(pattern).is_err(), "{pattern}");
    }
    let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(400), ")".repeat(400));
    assert!(Pattern::parse(&deep).is_err());
    assert!(Pattern::parse(&"a".repeat(MAX_LEN + 1)).is_err());
    assert_eq!(
        Pattern::parse("foo-bar").unwrap_err().to_string(),
        "Invalid character(s) in term 'foo-bar'"
    );
}

#[test]
fn a_pattern_made_to_be_slow_is_not() {
    // Either of these would take longer than the universe if it went back and forth.
    let message = "a".repeat(200_000) + "b";
    assert!(!matches(&format!("[w = {}c]", "*a".repeat(400)), &message));
    assert!(!matches("%a*a*a*a*a*a*a*a*c%", &"a".repeat(5_000)));
    let deep = "[".repeat(100_000);
    assert!(!matches("{ $.a = 1 }", &deep));
}

#[test]
fn the_needle_stands_in_whatever_matches() {
    let needle = |pattern: &str| Pattern::parse(pattern).unwrap().needle().map(str::to_string);
    assert_eq!(needle("ERROR \"BAD REQUEST\" -x").as_deref(), Some("BAD REQUEST"));
    assert_eq!(needle("?a ?b"), None);
    assert_eq!(needle("?a").as_deref(), Some("a"));
    assert_eq!(needle("-a"), None);
    assert_eq!(needle("{ $.a = abc }"), None);
}

/// Text in which the signs of the language are frequent.
fn scraps() -> impl Strategy<Value = String> {
    let signs = prop::sample::select(vec![
        "{", "}", "[", "]", "(", ")", "$", ".", "...", "=", "!=", "<", ">", "&&", "||", "\"", "%", "?", "-", "*", "a",
        "1", " ", ",", "\\", "é", "IS", "NULL", "NOT", "EXISTS", "'", "\n",
    ]);
    prop::collection::vec(signs, 0..30).prop_map(|parts| parts.concat())
}

/// The star by trying everything.
fn like_slowly(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => {
            like_slowly(rest, text) || text.split_first().is_some_and(|(_, less)| like_slowly(pattern, less))
        }
        (Some((p, rest)), Some((t, less))) => p == t && like_slowly(rest, less),
        _ => false,
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(pattern in prop_oneof![scraps(), ".{0,40}"], message in prop_oneof![scraps(), ".{0,40}"]) {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            let matched = pattern.matches(&message);
            if let Some(needle) = pattern.needle() {
                prop_assert!(!matched || message.contains(needle));
            }
        }
    }

    #[test]
    fn a_quoted_message_finds_itself(message in "[ -~é]{1,40}") {
        let quoted = format!("\"{}\"", message.replace('\\', "\\\\").replace('"', "\\\""));
        let longer = ["x", &message, "y"].concat();
        prop_assert!(matches(&quoted, &longer));
        let quoted = format!("-{}", quoted);
        prop_assert!(!matches(&quoted, &message));
    }

    #[test]
    fn stars_stand_for_anything(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        prop_assert_eq!(super::test::like(&pattern, &text), like_slowly(&chars(&pattern), &chars(&text)));
    }
}
