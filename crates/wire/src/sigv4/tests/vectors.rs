//! Against other people's signatures: botocore's (`vectors.txt`, made by `vectors.py`), and those printed in AWS's documentation.

use super::*;

struct Vector {
    name: String,
    region: String,
    service: String,
    rules: Rules,
    presigned: bool,
    method: String,
    path: String,
    query: String,
    headers: Headers,
    body: Vec<u8>,
    canonical: String,
}

fn vectors() -> Vec<Vector> {
    include_str!("../vectors.txt")
        .split("\n\n")
        .filter(|block| block.starts_with("name "))
        .map(parse)
        .collect()
}

fn parse(block: &str) -> Vector {
    let all = |key: &str| -> Vec<String> {
        let lines = block.lines().filter_map(|line| line.split_once(' '));
        lines
            .filter(|(k, _)| *k == key)
            .map(|(_, v)| v.replace("\\n", "\n").replace("\\t", "\t"))
            .collect()
    };
    let one = |key: &str| all(key).pop().unwrap_or_else(|| panic!("no {key} in {block}"));
    let scope = one("scope");
    let (region, service) = scope.split_once('/').unwrap();
    let header = |line: String| {
        line.split_once(": ")
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .unwrap()
    };
    let nibble = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    Vector {
        name: one("name"),
        region: region.to_owned(),
        service: service.to_owned(),
        rules: if one("rules") == "s3" { Rules::S3 } else { Rules::Common },
        presigned: one("form") == "presigned",
        method: one("method"),
        path: one("path"),
        query: one("query"),
        headers: all("header").into_iter().map(header).collect(),
        body: one("body")
            .as_bytes()
            .chunks(2)
            .map(|p| nibble(p[0]) << 4 | nibble(p[1]))
            .collect(),
        canonical: one("canonical"),
    }
}

#[test]
fn what_botocore_signs_is_verified() {
    let keys = KeyCache::default();
    let all = vectors();
    assert!(all.len() >= 60, "only {} vectors", all.len());
    for vector in all {
        let headers = borrowed(&vector.headers);
        let request = Request {
            method: &vector.method,
            path: &vector.path,
            query: &vector.query,
            headers: &headers,
        };
        let name = &vector.name;
        let claim = Claim::read(&request).unwrap_or_else(|e| panic!("{name}: {e}")).unwrap();
        assert_eq!(claim.is_presigned(), vector.presigned, "{name}");
        let body = PayloadHash::of(&vector.body);
        assert_eq!(claim.explain(&request, body, vector.rules), vector.canonical, "{name}");
        let (regions, services) = ([vector.region.as_str()], [vector.service.as_str()]);
        let expect = Expect {
            rules: vector.rules,
            unsigned_payload: true,
            ..Expect::new(&regions, &services, noon())
        };
        if let Err(e) = claim.verify(&request, body, &secret(), &expect, &keys) {
            panic!("{name}: {e}");
        }
        // And the same again for whoever holds another secret.
        let other = Secret::new("another".to_owned());
        let refused = claim.verify(&request, body, &other, &expect, &keys).unwrap_err();
        assert_eq!(refused, AuthError::Mismatch, "{name}");
    }
}

#[test]
fn we_sign_as_botocore_does() {
    let secret = secret();
    let mut signed = 0;
    for vector in vectors().iter().filter(|v| !v.presigned && v.rules == Rules::Common) {
        let header = |name: &str| {
            vector
                .headers
                .iter()
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, v)| v)
        };
        if header("x-amz-date").is_none() || header("x-amz-content-sha256").is_some() {
            continue; // we always write the one, and the other has a test of its own
        }
        let token = header("x-amz-security-token").map(|t| Secret::new(t.clone()));
        let mut bare = vector.headers.clone();
        for added in ["authorization", "x-amz-date", "x-amz-security-token"] {
            bare = with(bare, added, None);
        }
        let headers = borrowed(&bare);
        let request = Request {
            method: &vector.method,
            path: &vector.path,
            query: &vector.query,
            headers: &headers,
        };
        let signer = Signer {
            region: &vector.region,
            service: &vector.service,
            session_token: token.as_ref(),
            ..signer(&secret)
        };
        let added = signer.sign(&request, Payload::Hashed, PayloadHash::of(&vector.body));
        let ours = added.iter().find(|(n, _)| n == "authorization").map(|(_, v)| v);
        assert_eq!(ours, header("authorization"), "{}", vector.name);
        signed += 1;
    }
    assert!(signed >= 50, "only {signed} signed");
}

/// From AWS's own description of how a signing key is derived.
#[test]
fn the_documented_signature_comes_out() {
    let canonical = "GET\n/\nAction=ListUsers&Version=2010-05-08\ncontent-type:application/x-www-form-urlencoded; \
                     charset=utf-8\nhost:iam.amazonaws.com\nx-amz-date:20150830T123600Z\n\ncontent-type;host;x-amz-date\n\
                     e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let text = canonical::string_to_sign(
        "20150830T123600Z",
        "20150830/us-east-1/iam/aws4_request",
        canonical.as_bytes(),
    );
    assert!(text.ends_with(b"f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"));
    let key = SigningKey::derive(&secret(), "20150830", "us-east-1", "iam");
    assert_eq!(
        key.sign_hex(&text),
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
}

/// The first case of AWS's published test suite, with nothing but its text.
#[test]
fn get_vanilla_is_verified() {
    let headers = [
        ("Host", "example.amazonaws.com"),
        ("X-Amz-Date", "20150830T123600Z"),
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
    ];
    let request = Request {
        method: "GET",
        ..post(&headers)
    };
    let expect = Expect::new(&["us-east-1"], &["service"], noon());
    assert!(authenticate(&request, b"", &expect).is_ok());
    assert_eq!(authenticate(&request, b" ", &expect).unwrap_err(), AuthError::Mismatch);
}
