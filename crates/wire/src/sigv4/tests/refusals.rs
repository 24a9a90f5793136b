//! What is refused, and in which words.

use super::*;
use crate::Protocol;

/// Code, status and message of what becomes of a request.
fn refusal(headers: &Headers, expect: &Expect<'_>, protocol: Protocol) -> (String, u16, String) {
    let headers = borrowed(headers);
    let error = authenticate(&post(&headers), b"{}", expect).expect_err("refused");
    let fault = error.fault(protocol);
    (fault.code.into_owned(), fault.status, fault.message)
}

fn json(headers: &Headers) -> (String, u16, String) {
    refusal(headers, &expect(noon()), Protocol::Json11)
}

fn is(got: (String, u16, String), code: &str, status: u16, message: &str) {
    assert_eq!((got.0.as_str(), got.1, got.2.as_str()), (code, status, message));
}

fn authorization(headers: &Headers) -> String {
    headers.iter().find(|(n, _)| n == "authorization").unwrap().1.clone()
}

#[test]
fn a_good_call_passes() {
    let headers = signed_call(b"{}");
    let headers = borrowed(&headers);
    let request = post(&headers);
    assert!(authenticate(&request, b"{}", &expect(noon())).is_ok());
    let claim = Claim::read(&request).unwrap().unwrap();
    assert_eq!(claim.access_key(), ACCESS_KEY);
    assert_eq!(
        (claim.date(), claim.region(), claim.service()),
        ("20150830", "us-east-1", "ecs")
    );
    assert!(claim.needs_body(Rules::Common));
    assert!(claim.session_token().is_none());
}

#[test]
fn who_says_nothing_is_missing_a_token() {
    let none = with(signed_call(b"{}"), "authorization", None);
    is(
        json(&none),
        "MissingAuthenticationTokenException",
        400,
        "Missing Authentication Token",
    );
    let query = refusal(&none, &expect(noon()), Protocol::Query);
    is(
        query,
        "MissingAuthenticationToken",
        403,
        "Request is missing Authentication Token",
    );
    let ec2 = refusal(&none, &expect(noon()), Protocol::Ec2Query);
    is(
        ec2,
        "MissingParameter",
        400,
        "The request must contain the parameter AWSAccessKeyId",
    );
    let rest = refusal(&none, &expect(noon()), Protocol::RestJson);
    is(
        rest,
        "MissingAuthenticationTokenException",
        403,
        "Missing Authentication Token",
    );
    // Other schemes are other doors' business.
    let basic = with(none, "authorization", Some("Basic QVdTOnRva2Vu"));
    assert!(Claim::read(&post(&borrowed(&basic))).unwrap().is_none());
}

#[test]
fn what_is_incomplete_is_named() {
    let good = signed_call(b"{}");
    let empty = with(
        with(good.clone(), "authorization", Some("AWS4-HMAC-SHA256 a=b")),
        "x-amz-date",
        None,
    );
    is(
        json(&empty),
        "IncompleteSignatureException",
        400,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
    );
    let no_equals = with(
        good.clone(),
        "authorization",
        Some("AWS4-HMAC-SHA256 Credential= x/y, Signature=z"),
    );
    is(
        json(&no_equals),
        "IncompleteSignatureException",
        400,
        "'x/y' not a valid key=value pair (missing equal-sign) in Authorization header: \
         'AWS4-HMAC-SHA256 Credential= x/y, Signature=z'.",
    );
    let slash = authorization(&good).replace("AKIDEXAMPLE", "AKID/EXAMPLE");
    is(
        refusal(
            &with(good.clone(), "authorization", Some(&slash)),
            &expect(noon()),
            Protocol::Query,
        ),
        "IncompleteSignature",
        400,
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
         'AKID/EXAMPLE/20150830/us-east-1/ecs/aws4_request'",
    );
    is(
        json(&with(good.clone(), "x-amz-date", Some("2015-08-30"))),
        "IncompleteSignatureException",
        400,
        "Date must be in ISO-8601 'basic format'. Got '2015-08-30'. See http://en.wikipedia.org/wiki/ISO_8601",
    );
    let twice = authorization(&good) + ", Signature=0";
    let twice = json(&with(good.clone(), "authorization", Some(&twice)));
    assert_eq!(twice.0, "IncompleteSignatureException");
    let garbage = json(&with(good, "x-amz-content-sha256", Some("abc")));
    assert_eq!(garbage.0, "IncompleteSignatureException");
}

#[test]
fn other_schemes_of_aws_are_refused_plainly() {
    let good = signed_call(b"{}");
    let four_a = authorization(&good).replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256");
    is(
        json(&with(good.clone(), "authorization", Some(&four_a))),
        "IncompleteSignatureException",
        400,
        "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). ",
    );
    let two = json(&with(
        good,
        "authorization",
        Some("AWS AKIDEXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg="),
    ));
    assert_eq!(
        two.2,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
    );
    let request = Request {
        query: "AWSAccessKeyId=AKIDEXAMPLE&SignatureVersion=2&Signature=x",
        ..post(&[])
    };
    assert_eq!(Claim::read(&request).unwrap_err(), AuthError::OutdatedScheme);
}

#[test]
fn the_scope_must_be_ours() {
    let headers = signed_call(b"{}");
    let elsewhere = Expect::new(&["eu-west-1"], &["ecr", "ecr-public"], noon());
    is(
        refusal(&headers, &elsewhere, Protocol::Json11),
        "InvalidSignatureException",
        400,
        "Credential should be scoped to a valid region. Credential should be scoped to correct service: 'ecr'. ",
    );
    is(
        refusal(&headers, &elsewhere, Protocol::Query),
        "SignatureDoesNotMatch",
        403,
        "Credential should be scoped to a valid region, not 'us-east-1'. \
         Credential should be scoped to correct service: 'ecr'. ",
    );
    is(
        refusal(&headers, &elsewhere, Protocol::Ec2Query),
        "AuthFailure",
        401,
        "AWS was not able to validate the provided access credentials",
    );
    let other_day = authorization(&headers)
        .replace("/20150830/", "/20150829/")
        .replace("aws4_request", "aws5");
    is(
        json(&with(headers, "authorization", Some(&other_day))),
        "InvalidSignatureException",
        400,
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. Date in Credential scope does \
         not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'. ",
    );
}

#[test]
fn old_and_early_signatures_are_refused() {
    let headers = signed_call(b"{}");
    let at = |text| Timestamp::parse_basic(text).unwrap();
    for fine in ["20150830T125100Z", "20150830T122100Z"] {
        let headers = borrowed(&headers);
        assert!(
            authenticate(&post(&headers), b"{}", &expect(at(fine))).is_ok(),
            "{fine}"
        );
    }
    is(
        refusal(&headers, &expect(at("20261121T081500Z")), Protocol::Json11),
        "InvalidSignatureException",
        400,
        "Signature expired: 20150830T123600Z is now earlier than 20261121T080000Z (20261121T081500Z - 15 min.)",
    );
    is(
        refusal(&headers, &expect(at("20150830T122059Z")), Protocol::RpcV2Cbor),
        "InvalidSignatureException",
        400,
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)",
    );
    is(
        refusal(&headers, &expect(at("20150830T125101Z")), Protocol::Ec2Query),
        "RequestExpired",
        400,
        "Request has expired.",
    );
}

#[test]
fn what_gives_a_request_its_meaning_must_be_signed() {
    let good = signed_call(b"{}");
    let hostless = authorization(&good).replace("host;", "");
    is(
        json(&with(good.clone(), "authorization", Some(&hostless))),
        "InvalidSignatureException",
        400,
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
    let targetless = authorization(&good).replace(";x-amz-target", "");
    is(
        json(&with(good.clone(), "authorization", Some(&targetless))),
        "InvalidSignatureException",
        400,
        "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    );
    let added = with(good.clone(), "x-amz-security-token", Some("mine"));
    assert_eq!(json(&added).0, "InvalidSignatureException");
    let absent = json(&with(good, "content-type", None));
    assert!(absent.2.contains("'content-type'"), "{}", absent.2);
}

#[test]
fn a_payload_must_be_signed_where_that_is_asked() {
    let secret = secret();
    let request = post(&LIST_CLUSTERS);
    let mut headers = owned(&LIST_CLUSTERS);
    headers.extend(signer(&secret).sign(&request, Payload::Unsigned, PayloadHash::NotRead));
    assert_eq!(json(&headers).0, "InvalidSignatureException");
    let headers = borrowed(&headers);
    let lenient = Expect {
        unsigned_payload: true,
        ..expect(noon())
    };
    let verified = authenticate(&post(&headers), b"whatever", &lenient).unwrap();
    assert_eq!(verified.owed, Owed::Nothing);
}

#[test]
fn a_declared_hash_lets_the_body_come_later() {
    let secret = secret();
    let PayloadHash::Sha256(hash) = PayloadHash::of(b"{}") else {
        unreachable!()
    };
    let mut headers = owned(&LIST_CLUSTERS);
    headers.extend(signer(&secret).sign(&post(&LIST_CLUSTERS), Payload::Declared(hash), PayloadHash::NotRead));
    let headers = borrowed(&headers);
    let request = post(&headers);
    let claim = Claim::read(&request).unwrap().unwrap();
    assert!(!claim.needs_body(Rules::Common));
    let (keys, expect) = (KeyCache::default(), expect(noon()));
    let verify = |body| claim.verify(&request, body, &secret, &expect, &keys).map(|v| v.owed);
    assert_eq!(verify(PayloadHash::NotRead), Ok(Owed::Sha256(hash)));
    assert_eq!(verify(PayloadHash::of(b"{}")), Ok(Owed::Nothing));
    assert_eq!(verify(PayloadHash::of(b"{ }")), Err(AuthError::PayloadMismatch));
}

#[test]
fn a_body_that_is_needed_cannot_be_skipped() {
    let headers = signed_call(b"");
    let headers = borrowed(&headers);
    let request = post(&headers);
    let claim = Claim::read(&request).unwrap().unwrap();
    let refused = claim.verify(
        &request,
        PayloadHash::NotRead,
        &secret(),
        &expect(noon()),
        &KeyCache::default(),
    );
    assert_eq!(refused.unwrap_err(), AuthError::PayloadMismatch);
}

#[test]
fn what_only_the_caller_can_know_has_its_words_too() {
    let words = |e: AuthError, p| {
        let fault = e.fault(p);
        (fault.code.into_owned(), fault.status, fault.message)
    };
    is(
        words(AuthError::UnknownAccessKey, Protocol::Json11),
        "UnrecognizedClientException",
        400,
        "The security token included in the request is invalid.",
    );
    is(
        words(AuthError::InvalidSessionToken, Protocol::Query),
        "InvalidClientTokenId",
        403,
        "The security token included in the request is invalid.",
    );
    is(
        words(AuthError::ExpiredSessionToken, Protocol::RestJson),
        "ExpiredTokenException",
        403,
        "The security token included in the request is expired",
    );
    is(
        words(AuthError::ExpiredSessionToken, Protocol::Ec2Query),
        "RequestExpired",
        400,
        "Request has expired.",
    );
}

#[test]
fn presigned_urls_live_as_long_as_they_say() {
    let secret = secret();
    let headers = [("host", "ecs.local")];
    let bare = Request {
        method: "GET",
        path: "/",
        query: "Action=ListClusters",
        headers: &headers,
    };
    let now = |secs: i64| expect(noon().plus_millis(secs * 1000));
    for (lives, good, bad) in [(1, 1, 2), (3600, 3600, 3601), (604_800, 604_800, 604_801)] {
        let query = signer(&secret).presign(&bare, lives, PayloadHash::of(b""));
        let request = Request { query: &query, ..bare };
        assert!(authenticate(&request, b"", &now(good)).is_ok(), "{lives}");
        let late = authenticate(&request, b"", &now(bad)).unwrap_err();
        assert!(matches!(late, AuthError::Expired { .. }), "{late:?}");
        let early = authenticate(&request, b"", &now(-901)).unwrap_err();
        assert!(matches!(early, AuthError::NotYetCurrent { .. }), "{early:?}");
    }
    for lives in ["0", "604801", "-1", "+5", "", "x", "99999999999"] {
        let query = signer(&secret)
            .presign(&bare, 60, PayloadHash::of(b""))
            .replace("Expires=60", &format!("Expires={lives}"));
        let refused = authenticate(&Request { query: &query, ..bare }, b"", &now(0)).unwrap_err();
        assert_eq!(refused, AuthError::BadExpiry(lives.replace('+', " ")), "{lives}");
    }
}

#[test]
fn presigned_urls_say_what_they_lack() {
    let headers = [("host", "ecs.local")];
    let request = Request {
        query: "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20150830T123600Z",
        ..post(&headers)
    };
    assert_eq!(
        Claim::read(&request).unwrap_err().to_string(),
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include \
         'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string \
         parameters."
    );
    let both = [("host", "ecs.local"), ("authorization", "AWS4-HMAC-SHA256 x=y")];
    assert_eq!(
        Claim::read(&Request {
            headers: &both,
            ..request
        })
        .unwrap_err(),
        AuthError::TwoClaims
    );
    let twice = Request {
        query: "X-Amz-Signature=a&X%2dAmz-Signature=b",
        ..request
    };
    assert_eq!(Claim::read(&twice).unwrap_err(), AuthError::Repeated("X-Amz-Signature"));
}

#[test]
fn what_is_too_long_is_refused_unread() {
    let long = format!("AWS4-HMAC-SHA256 {}", "a=b,".repeat(3000));
    let headers = [("authorization", long.as_str())];
    assert!(matches!(Claim::read(&post(&headers)), Err(AuthError::TooLong(_))));
    let query = "a=b&".repeat(20_000);
    let request = Request {
        query: &query,
        ..post(&[])
    };
    assert!(matches!(Claim::read(&request), Err(AuthError::TooLong(_))));
    let names: Vec<String> = (0..200).map(|i| format!("h{i:03}")).collect();
    let many = authorization(&signed_call(b"")).replace("host;", &format!("host;{};", names.join(";")));
    let many = with(signed_call(b""), "authorization", Some(&many));
    assert!(matches!(
        Claim::read(&post(&borrowed(&many))),
        Err(AuthError::TooLong(_))
    ));
}

#[test]
fn the_cache_of_keys_stays_small_and_right() {
    let keys = KeyCache::new(8);
    let (old, new) = (secret(), Secret::new("rotated".to_owned()));
    let expect = expect(noon());
    for i in 0..100 {
        let access_key = format!("AKID{i}");
        let sign = |secret| Signer {
            access_key: &access_key,
            ..signer(secret)
        };
        // The same access key with one secret, then another, then the first again.
        for secret in [&old, &new, &old] {
            let mut headers = owned(&LIST_CLUSTERS);
            headers.extend(sign(secret).sign(&post(&LIST_CLUSTERS), Payload::Hashed, PayloadHash::of(b"")));
            let headers = borrowed(&headers);
            let request = post(&headers);
            let claim = Claim::read(&request).unwrap().unwrap();
            let verify = |s| claim.verify(&request, PayloadHash::of(b""), s, &expect, &keys);
            assert!(verify(secret).is_ok());
            assert!(verify(secret).is_ok());
            let other = if secret == &old { &new } else { &old };
            assert_eq!(verify(other).unwrap_err(), AuthError::Mismatch);
            assert!(keys.held() <= 8);
        }
    }
    assert!(keys.held() >= 4);
}

#[test]
fn strangers_leave_no_keys_behind() {
    let keys = KeyCache::default();
    let headers = signed_call(b"{}");
    let headers = borrowed(&headers);
    let request = post(&headers);
    let claim = Claim::read(&request).unwrap().unwrap();
    let guess = Secret::new("guess".to_owned());
    assert!(
        claim
            .verify(&request, PayloadHash::of(b"{}"), &guess, &expect(noon()), &keys)
            .is_err()
    );
    assert_eq!(keys.held(), 0);
}

#[test]
fn nothing_secret_is_printed() {
    let keys = KeyCache::default();
    let secret = secret();
    let key = SigningKey::derive(&secret, "20150830", "us-east-1", "ecs");
    let headers = with(signed_call(b""), "x-amz-security-token", Some("hunter2"));
    let claim = Claim::read(&post(&borrowed(&headers))).unwrap().unwrap();
    let shown = format!("{keys:?} {key:?} {:?} {claim:?}", signer(&secret));
    assert!(!shown.contains("wJalr") && !shown.contains("hunter2"), "{shown}");
}
