//! Content on its way out.

use crate::stage::*;
use model::registry::{RepositoryId, change};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_pushed_is_pulled() {
    let stage = stage().await;
    let document = stage.image("a/b", "v1", "layer").await;
    let of = digest(&document);
    for reference in ["v1".to_string(), of.to_string()] {
        let path = format!("/v2/a/b/manifests/{reference}");
        let got = stage.get(&path).await.is(200);
        assert_eq!(
            (&got.body[..], got.header("content-type")),
            (document.as_bytes(), OCI_MANIFEST)
        );
        assert_eq!(got.header("docker-content-digest"), of.to_string());
        let head = stage.ask("HEAD", &path, &[], "").await.is(200);
        assert_eq!(head.header("content-length"), document.len().to_string());
        assert_eq!(head.header("docker-content-digest"), of.to_string());
        let same = [("if-none-match", got.header("etag"))];
        stage.ask("GET", &path, &same, "").await.is(304);
    }
    let layer = format!("/v2/a/b/blobs/{}", digest("layer"));
    let head = stage.ask("HEAD", &layer, &[], "").await.is(200);
    assert_eq!(
        (head.header("content-length"), head.header("accept-ranges")),
        ("5", "bytes")
    );
    assert_eq!(stage.get(&layer).await.is(200).body, "layer");
    let id = model::registry::RepositoryId::new("000000000000", "us-east-1", "a/b");
    let key = model::registry::Manifest::key_of(&id, &of.to_string());
    let pulled = || {
        let view = stage.parts.store.snapshot();
        view.get::<model::registry::Manifest>(&key).unwrap().pulled_at.is_some()
    };
    for _ in 0..1000 {
        if pulled() {
            return;
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the pull was not noted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn part_of_a_blob_may_be_asked_for() {
    let stage = stage().await;
    let content: String = (0..200_000)
        .map(|i| char::from(b'a' + (i % 26) as u8))
        .collect::<String>()
        .repeat(5);
    let path = format!("/v2/ab/blobs/{}", stage.blob("ab", content.clone()).await);
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=300000-799999", 300_000, 800_000),
        ("bytes=999990-", 999_990, 1_000_000),
        ("bytes=-10", 999_990, 1_000_000),
    ] {
        for by in ["", "threads"] {
            let headers = [("range", range), ("x-by-threads", by)];
            let got = stage.ask("GET", &path, &headers, "").await.is(206);
            assert_eq!(got.body, content[from..to]);
            assert_eq!(got.header("content-range"), format!("bytes {from}-{}/1000000", to - 1));
        }
    }
    let beyond = stage.ask("GET", &path, &[("range", "bytes=1000000-")], "").await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, "bytes */1000000")
    );
    let changed = [("range", "bytes=0-0"), ("if-range", "\"other\"")];
    assert_eq!(
        stage.ask("GET", &path, &changed, "").await.is(200).body.len(),
        1_000_000
    );
    assert_eq!(
        stage
            .ask("GET", &path, &[("range", "lines=1-2")], "")
            .await
            .is(200)
            .body,
        content
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_unknown() {
    let stage = stage().await;
    let unknown = async |path: String| stage.get(&path).await.fault();
    let nothing = digest("nothing");
    for path in [
        "manifests/v1".to_string(),
        format!("blobs/{nothing}"),
        "tags/list".into(),
    ] {
        assert_eq!(
            unknown(format!("/v2/ab/{path}")).await,
            (404, "NAME_UNKNOWN".into()),
            "{path}"
        );
    }
    stage.image("ab", "v1", "layer").await;
    stage.image("cd", "v1", "other").await;
    assert_eq!(
        unknown("/v2/ab/manifests/v2".into()).await,
        (404, "MANIFEST_UNKNOWN".into())
    );
    assert_eq!(
        unknown(format!("/v2/ab/manifests/{nothing}")).await,
        (404, "MANIFEST_UNKNOWN".into())
    );
    assert_eq!(
        unknown(format!("/v2/ab/blobs/{nothing}")).await,
        (404, "BLOB_UNKNOWN".into())
    );
    // What another repository has is not here.
    let other = digest("other");
    assert_eq!(
        unknown(format!("/v2/ab/blobs/{other}")).await,
        (404, "BLOB_UNKNOWN".into())
    );
    assert_eq!(
        stage
            .ask("HEAD", &format!("/v2/ab/blobs/{other}"), &[], "")
            .await
            .status,
        404
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_what_they_do_not_accept() {
    let stage = stage().await;
    stage.image("ab", "v1", "layer").await;
    let get = async |accept: &str| {
        stage
            .ask("GET", "/v2/ab/manifests/v1", &[("accept", accept)], "")
            .await
            .status
    };
    assert_eq!(get(OCI_MANIFEST).await, 200);
    assert_eq!(get(&format!("{OCI_INDEX}, {OCI_MANIFEST}")).await, 200);
    assert_eq!(get("*/*").await, 200);
    assert_eq!(get(OCI_INDEX).await, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_content_is_not_promised_and_comes_back_with_the_next_push() {
    let stage = stage().await;
    stage.image("ab", "v1", "layer").await;
    let lost = async |bytes: bool| {
        let view = stage.parts.store.snapshot();
        registry::lost(&stage.parts.content, &view, bytes).await.unwrap()
    };
    assert_eq!(lost(true).await, [""; 0]);
    let path = format!("/v2/ab/blobs/{}", digest("layer"));
    let head = async || stage.ask("HEAD", &path, &[], "").await.status;
    assert_eq!(head().await, 200);
    stage.rot("layer", "LAYER");
    assert_eq!((lost(false).await.len(), lost(true).await.len()), (0, 1));
    stage.rot("layer", "lay");
    assert_eq!((head().await, lost(false).await.len()), (404, 1));
    stage.blob("ab", "layer").await;
    assert_eq!((head().await, lost(true).await), (200, vec![]));
    assert_eq!(stage.get(&path).await.is(200).body, "layer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_archived_is_neither_read_nor_mounted_until_it_is_pushed_again() {
    let stage = stage().await;
    let document = stage.image("ab", "v1", "layer").await;
    let (at, of) = (
        RepositoryId::new("000000000000", "us-east-1", "ab"),
        digest(&document).to_string(),
    );
    let archived = stage.parts.store.write(move |tx| -> Result<(), store::StoreError> {
        change::archive(tx, &at, &of, true).expect("it is there");
        Ok(())
    });
    archived.await.unwrap();
    let blob = format!("/v2/ab/blobs/{}", digest("layer"));
    let mount = format!("/v2/cd/blobs/uploads/?mount={}&from=ab", digest("layer"));
    for path in [&*blob, "/v2/ab/manifests/v1"] {
        assert_eq!(stage.get(path).await.fault(), (403, "DENIED".into()), "{path}");
    }
    stage.ask("POST", &mount, &[], "").await.is(202);
    stage.manifest("ab", "v1", &document).await.is(201);
    stage.get(&blob).await.is(200);
    stage.ask("POST", &mount, &[], "").await.is(201);
    stage.laws_hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_says_whose_registry_it_is() {
    let stage = stage().await;
    stage.image("ab", "v1", "layer").await;
    let at = async |host: &str| {
        stage
            .ask("GET", "/v2/ab/manifests/v1", &[("host", host)], "")
            .await
            .status
    };
    assert_eq!(at("127.0.0.1:4566").await, 200);
    assert_eq!(at("000000000000.dkr.ecr.us-east-1.amazonaws.com").await, 200);
    assert_eq!(at("000000000000.dkr.ecr.eu-west-1.amazonaws.com").await, 404);
    assert_eq!(at("111111111111.dkr.ecr.us-east-1.amazonaws.com").await, 403);
}
