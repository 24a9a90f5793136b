//! Bad input gets the specification's codes, and nothing half-visible.

use crate::stage::*;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_comes_in_without_a_token() {
    let stage = stage().await;
    let with = async |authorization: &str| {
        let header = [("authorization", authorization)];
        stage.ask("GET", "/v2/", &header, "").await
    };
    let pair = |pair: &str| format!("Basic {}", BASE64_STANDARD.encode(pair));
    let anonymous = with("").await;
    assert_eq!(anonymous.fault(), (401, "UNAUTHORIZED".into()));
    let challenge = "Basic realm=\"https://localhost:4566/\",service=\"ecr.amazonaws.com\"";
    assert_eq!(anonymous.header("www-authenticate"), challenge);
    let welcome = stage.get("/v2/").await.is(200);
    assert_eq!(welcome.header("docker-distribution-api-version"), "registry/2.0");
    let forged = format!("AWS:{}0", stage.token);
    for bad in [
        "Bearer x",
        "Basic",
        "Basic !",
        &pair("AWS"),
        &pair(&forged),
        &pair(&format!("root:{}", stage.token)),
    ] {
        let refused = with(bad).await;
        assert_eq!(
            (refused.fault(), refused.header("www-authenticate")),
            ((401, "UNAUTHORIZED".into()), challenge)
        );
    }
    stage.clock.advance_millis(12 * HOUR_MS);
    let expired = stage.get("/v2/").await;
    assert_eq!(expired.fault(), (403, "DENIED".into()));
    let said = "Your authorization token has expired. Reauthenticate and try again.";
    assert_eq!(expired.json()["errors"][0]["message"], said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_and_digests_are_checked_first() {
    let stage = stage().await;
    for (method, path, expected) in [
        ("GET", "/v2/../../etc/passwd/tags/list", (400, "NAME_INVALID")),
        ("GET", "/v2/ab/%2e%2e/cd/tags/list", (400, "NAME_INVALID")),
        ("POST", "/v2/UPPER/blobs/uploads/", (400, "NAME_INVALID")),
        ("GET", "/v2/ab/manifests/..", (400, "TAG_INVALID")),
        (
            "GET",
            "/v2/ab/blobs/sha256:../../../../etc/passwd",
            (404, "NAME_UNKNOWN"),
        ),
        ("GET", "/v2/ab/blobs/sha256:zz", (400, "DIGEST_INVALID")),
        ("GET", "/v2/ab/blobs/uploads/..", (404, "BLOB_UPLOAD_UNKNOWN")),
        ("GET", "/v2/ab/blobs/uploads/%2e%2e%2fx", (404, "BLOB_UPLOAD_UNKNOWN")),
        (
            "POST",
            "/v2/ab/blobs/uploads/?digest=sha256:zz",
            (400, "DIGEST_INVALID"),
        ),
        ("PUT", "/v2/ab/blobs/uploads/x", (400, "DIGEST_INVALID")),
        ("PATCH", "/v2/ab/tags/list", (405, "UNSUPPORTED")),
        ("GET", "/v2/ab", (404, "NAME_UNKNOWN")),
    ] {
        let refused = stage.ask(method, path, &[], "").await;
        assert_eq!(refused.fault(), (expected.0, expected.1.to_string()), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_that_is_not_what_it_should_be_is_refused() {
    let stage = stage().await;
    let wrong = digest("other");
    let path = format!("/v2/ab/blobs/uploads/?digest={wrong}");
    assert_eq!(
        stage.ask("POST", &path, &[], "content").await.fault(),
        (400, "DIGEST_INVALID".into())
    );
    for of in [wrong, digest("content")] {
        stage.get(&format!("/v2/ab/blobs/{of}")).await.is(404);
    }
    stage.image("ab", "v1", "layer").await;
    let document = image("layer");
    let refused = stage.manifest("ab", &wrong.to_string(), &document).await;
    assert_eq!(refused.fault(), (400, "DIGEST_INVALID".into()));
    for (kind, body) in [
        (OCI_MANIFEST, "not json".to_string()),
        (OCI_MANIFEST, "{}".into()),
        (OCI_INDEX, document.clone()),
        ("application/json", document.clone()),
        ("", document.replace("\"mediaType\"", "\"type\"")),
        (OCI_MANIFEST, document.replace("sha256:", "md5:")),
        (
            "application/vnd.docker.distribution.manifest.v1+json",
            r#"{"schemaVersion":1}"#.into(),
        ),
    ] {
        let put = stage
            .ask("PUT", "/v2/ab/manifests/v2", &[("content-type", kind)], body.clone())
            .await;
        assert_eq!(put.fault(), (400, "MANIFEST_INVALID".into()), "{kind}: {body}");
    }
    let lies = stage
        .manifest("ab", "v2", &document.replace("\"size\":5", "\"size\":6"))
        .await;
    assert_eq!(lies.fault(), (400, "SIZE_INVALID".into()));
    let put = async |bytes: usize| {
        let padded = format!("{document}{}", " ".repeat(bytes - document.len()));
        stage.manifest("ab", "v3", &padded).await
    };
    assert_eq!(put((4 << 20) + 1).await.fault(), (413, "SIZE_INVALID".into()));
    stage.get("/v2/ab/manifests/v3").await.is(404);
    put(4 << 20).await.is(201);
    assert_eq!(stage.get("/v2/ab/manifests/v3").await.is(200).body.len(), 4 << 20);
    stage.laws_hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_breaks_off_goes_on_from_there() {
    let stage = stage().await;
    let begun = stage.ask("POST", "/v2/ab/blobs/uploads/", &[], "").await.is(202);
    let at = begun.header("location");
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    let head = format!(
        "PATCH {at} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-length: 100\r\n\r\nhello",
        stage.basic()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // It is told that the body broke off when we say that no more comes.
    stream.shutdown().await.unwrap();
    let mut said = String::new();
    let _ = stream.read_to_string(&mut said).await;
    drop(stream);
    let mut range = String::new();
    for _ in 0..1000 {
        let status = stage.get(at).await; // 409 as long as the first one is at it
        range = status.header("range").to_string();
        if range == "0-4" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(range, "0-4");
    stage.get(&format!("/v2/ab/blobs/{}", digest("hello"))).await.is(404);
    let path = format!("{at}?digest={}", digest("hello, world"));
    stage
        .ask("PUT", &path, &[("content-range", "5-11")], ", world")
        .await
        .is(201);
}
