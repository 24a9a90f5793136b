//! What every test here needs: a key, a time, a request.

mod properties;
mod refusals;
mod speed;
mod streams;
mod vectors;

use super::*;
use base::{Secret, Timestamp};

const ACCESS_KEY: &str = "AKIDEXAMPLE";

fn secret() -> Secret<String> {
    Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned())
}

fn noon() -> Timestamp {
    Timestamp::parse_basic("20150830T123600Z").expect("a time")
}

fn signer(secret: &Secret<String>) -> Signer<'_> {
    Signer {
        access_key: ACCESS_KEY,
        secret,
        session_token: None,
        region: "us-east-1",
        service: "ecs",
        at: noon(),
        rules: Rules::Common,
    }
}

fn expect(now: Timestamp) -> Expect<'static> {
    Expect::new(&["us-east-1"], &["ecs"], now)
}

type Headers = Vec<(String, String)>;

fn owned(headers: &[(&str, &str)]) -> Headers {
    headers
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect()
}

fn borrowed(headers: &Headers) -> Vec<(&str, &str)> {
    headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
}

/// A typical call, before it is signed.
const LIST_CLUSTERS: [(&str, &str); 4] = [
    ("Host", "ecs.us-east-1.amazonaws.com"),
    ("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters"),
    ("Content-Type", "application/x-amz-json-1.1"),
    ("User-Agent", "Boto3/1.43 md/Botocore#1.43 ua/2.1 os/linux lang/python"),
];

/// What AWS's clients add after they have signed.
const ADDED_LATER: [(&str, &str); 2] = [
    ("amz-sdk-invocation-id", "0f4c6f0e-0000-4000-8000-6d4b1f9f5d7c"),
    ("amz-sdk-request", "attempt=1"),
];

/// The headers of that call, signed at noon.
fn signed_call(body: &[u8]) -> Headers {
    let secret = secret();
    let request = post(&LIST_CLUSTERS);
    let mut headers = [owned(&LIST_CLUSTERS), owned(&ADDED_LATER)].concat();
    headers.extend(signer(&secret).sign(&request, Payload::Hashed, PayloadHash::of(body)));
    headers
}

fn post<'a>(headers: &'a [(&'a str, &'a str)]) -> Request<'a> {
    Request {
        method: "POST",
        path: "/",
        query: "",
        headers,
    }
}

/// What the door does: read, check, look the key up, verify. The access key is not part of what is signed; it is the
/// lookup that binds it.
fn authenticate(request: &Request<'_>, body: &[u8], expect: &Expect<'_>) -> Result<Verified, AuthError> {
    let claim = Claim::read(request)?.ok_or(AuthError::MissingToken)?;
    claim.check(request, expect)?;
    if claim.access_key() != ACCESS_KEY {
        return Err(AuthError::UnknownAccessKey);
    }
    claim.verify(request, PayloadHash::of(body), &secret(), expect, &KeyCache::default())
}

/// Changes one header, or takes it away.
fn with(mut headers: Headers, name: &str, value: Option<&str>) -> Headers {
    headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    headers.extend(value.map(|v| (name.to_owned(), v.to_owned())));
    headers
}
