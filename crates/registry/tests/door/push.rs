//! Content on its way in.

use crate::stage::*;
use base::Clock;
use images::Digest;
use images::content::Bounds;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blob_comes_in_one_go_in_two_or_in_many() {
    let stage = stage().await;
    let content = "x".repeat(100_000);
    let digest = Digest::of(content.as_bytes());
    let begin = async |name: &str| {
        let path = format!("/v2/{name}/blobs/uploads/");
        let begun = stage.ask("POST", &path, &[], "").await.is(202);
        assert_eq!(begun.header("range"), "0-0");
        assert!(begun.header("location").ends_with(begun.header("docker-upload-uuid")));
        begun.header("location").to_string()
    };
    let whole = async |name: &str| {
        let got = stage.get(&format!("/v2/{name}/blobs/{digest}")).await.is(200);
        assert_eq!(got.body, content);
    };
    assert_eq!(stage.blob("one-go", content.clone()).await, digest);
    whole("one-go").await;

    let at = begin("two").await;
    let done = stage
        .ask("PUT", &format!("{at}?digest={digest}"), &[], content.clone())
        .await
        .is(201);
    assert_eq!(done.header("location"), format!("/v2/two/blobs/{digest}"));
    assert_eq!(done.header("docker-content-digest"), digest.to_string());
    whole("two").await;

    let at = begin("stream").await;
    let sent = stage.ask("PATCH", &at, &[], content.clone()).await.is(202);
    assert_eq!(sent.header("range"), "0-99999");
    stage
        .ask("PUT", &format!("{at}?digest={digest}"), &[], "")
        .await
        .is(201);
    whole("stream").await;

    let at = begin("many").await;
    for (from, to) in [(0, 10_000), (10_000, 70_000)] {
        let range = format!("{from}-{}", to - 1);
        let part = content[from..to].to_string();
        let sent = stage
            .ask("PATCH", &at, &[("content-range", &range)], part)
            .await
            .is(202);
        assert_eq!(sent.header("range"), format!("0-{}", to - 1));
        let status = stage.get(&at).await.is(204);
        assert_eq!(
            (status.header("range"), status.header("location")),
            (sent.header("range"), at.as_str())
        );
    }
    let path = format!("{at}?digest={digest}");
    let range = [("content-range", "70000-99999")];
    stage
        .ask("PUT", &path, &range, content[70_000..].to_string())
        .await
        .is(201);
    whole("many").await;
    stage.get(&at).await.is(404);
    stage.laws_hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_come_in_order_or_not_at_all() {
    let stage = stage().await;
    let begun = stage.ask("POST", "/v2/ab/blobs/uploads/", &[], "").await.is(202);
    let at = begun.header("location");
    let part = async |range: &str, body: &'static str| stage.ask("PATCH", at, &[("content-range", range)], body).await;
    part("0-4", "hello").await.is(202);
    for (range, body, expected) in [
        ("0-4", "hello", (416, "SIZE_INVALID")),
        ("6-6", "x", (416, "SIZE_INVALID")),
        ("nonsense", "x", (416, "SIZE_INVALID")),
        ("5-9", "abc", (400, "SIZE_INVALID")),
    ] {
        let refused = part(range, body).await;
        assert_eq!(refused.fault(), (expected.0, expected.1.to_string()), "{range}");
        assert_eq!((refused.header("range"), refused.header("location")), ("0-4", at));
    }
    part("5-5", "!").await.is(202);
    let digest = Digest::of(b"hello!");
    stage
        .ask("PUT", &format!("{at}?digest={digest}"), &[], "")
        .await
        .is(201);

    let begun = stage.ask("POST", "/v2/ab/blobs/uploads/", &[], "").await.is(202);
    let at = begun.header("location");
    stage.ask("DELETE", at, &[], "").await.is(204);
    let gone = stage.ask("PATCH", at, &[], "x").await;
    assert_eq!(gone.fault(), (404, "BLOB_UPLOAD_UNKNOWN".into()));
    // An upload is that of its repository.
    let begun = stage.ask("POST", "/v2/ab/blobs/uploads/", &[], "").await.is(202);
    let other = begun.header("location").replace("/v2/ab/", "/v2/cd/");
    assert_eq!(
        stage.ask("PATCH", &other, &[], "x").await.fault(),
        (404, "BLOB_UPLOAD_UNKNOWN".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blob_is_mounted_from_where_it_is() {
    let stage = stage().await;
    let digest = stage.blob("from", "content").await;
    let path = format!("/v2/to/blobs/uploads/?mount={digest}&from=from");
    let mounted = stage.ask("POST", &path, &[], "").await.is(201);
    assert_eq!(mounted.header("location"), format!("/v2/to/blobs/{digest}"));
    stage.get(&format!("/v2/to/blobs/{digest}")).await.is(200);
    let path = format!("/v2/anywhere/blobs/uploads/?mount={digest}");
    stage.ask("POST", &path, &[], "").await.is(201);
    // What is not there is sent instead.
    let unknown = Digest::of(b"unknown");
    for query in [
        format!("mount={unknown}&from=from"),
        format!("mount={digest}&from=elsewhere"),
        "mount=nonsense&from=from".to_string(),
    ] {
        let path = format!("/v2/other/blobs/uploads/?{query}");
        let begun = stage.ask("POST", &path, &[], "").await.is(202);
        assert!(begun.header("location").starts_with("/v2/other/blobs/uploads/"));
    }
    stage.laws_hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_comes_behind_all_that_it_names() {
    let stage = stage().await;
    let document = image("layer");
    let early = stage.manifest("ab", "v1", &document).await;
    assert_eq!(early.fault(), (400, "MANIFEST_BLOB_UNKNOWN".into()));
    stage.get("/v2/ab/manifests/v1").await.is(404);
    stage.image("ab", "v1", "layer").await;
    let done = stage
        .manifest("ab", &digest(&document).to_string(), &document)
        .await
        .is(201);
    assert_eq!(done.header("docker-content-digest"), digest(&document).to_string());
    let list = index(&[&document, "another"]);
    assert_eq!(
        stage.manifest("ab", "all", &list).await.fault(),
        (400, "MANIFEST_BLOB_UNKNOWN".into())
    );
    let list = index(&[&document]);
    for (is, said, code) in [
        (
            format!("\"size\":{}", document.len()),
            "\"size\":3".to_string(),
            "SIZE_INVALID",
        ),
        (OCI_MANIFEST.to_string(), OCI_INDEX.to_string(), "MANIFEST_INVALID"),
    ] {
        let wrong = stage.manifest("ab", "all", &list.replace(&is, &said)).await;
        assert_eq!(wrong.fault(), (400, code.into()));
    }
    stage.manifest("ab", "all", &list).await.is(201);
    // Only layers that may not be given to everybody may be elsewhere; one that was pushed all the same is used.
    let away = |kind: &str, layer: &str| {
        let layer = descriptor(kind, layer);
        let away = layer.replace(r#""size""#, r#""urls":["https://elsewhere.example/"],"size""#);
        image("layer").replace(&descriptor("application/vnd.oci.image.layer.v1.tar", "layer"), &away)
    };
    let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    let early = stage
        .manifest("ab", "v2", &away("application/vnd.oci.image.layer.v1.tar", "none"))
        .await;
    assert_eq!(early.fault(), (400, "MANIFEST_BLOB_UNKNOWN".into()));
    stage.manifest("ab", "v2", &away(foreign, "none")).await.is(201);
    stage.blob("ab", "pushed").await;
    stage.manifest("ab", "v3", &away(foreign, "pushed")).await.is(201);
    let used = format!("/v2/ab/blobs/{}", digest("pushed"));
    let refused = stage.ask("DELETE", &used, &[], "").await;
    assert_eq!(refused.fault(), (405, "UNSUPPORTED".into()));
    // Its subject may come later, or never.
    let about = image_about("layer", Some("not here"));
    let done = stage.manifest("ab", "about", &about).await.is(201);
    assert_eq!(done.header("oci-subject"), digest("not here").to_string());
    // Several tags at once.
    let path = format!("/v2/ab/manifests/{}?tag=x&tag=y", digest(&document));
    stage
        .ask("PUT", &path, &[("content-type", OCI_MANIFEST)], document.clone())
        .await
        .is(201);
    for tag in ["v1", "x", "y"] {
        assert_eq!(stage.get(&format!("/v2/ab/manifests/{tag}")).await.body, document);
    }
    stage.laws_hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_used_is_not_deleted() {
    let stage = stage().await;
    let document = stage.image("ab", "v1", "layer").await;
    stage.manifest("ab", "all", &index(&[&document])).await.is(201);
    let delete = async |path: String| stage.ask("DELETE", &path, &[], "").await;
    let (blob, child) = (digest("layer"), digest(&document));
    assert_eq!(
        delete(format!("/v2/ab/blobs/{blob}")).await.fault(),
        (405, "UNSUPPORTED".into())
    );
    assert_eq!(
        delete(format!("/v2/ab/manifests/{child}")).await.fault(),
        (405, "UNSUPPORTED".into())
    );
    delete("/v2/ab/manifests/v1".into()).await.is(202);
    stage.get("/v2/ab/manifests/v1").await.is(404);
    stage.get(&format!("/v2/ab/manifests/{child}")).await.is(200);
    let all = digest(&index(&[&document]));
    delete(format!("/v2/ab/manifests/{all}")).await.is(202);
    stage.get("/v2/ab/manifests/all").await.is(404);
    delete(format!("/v2/ab/manifests/{child}")).await.is(202);
    assert_eq!(
        delete(format!("/v2/ab/manifests/{child}")).await.fault(),
        (404, "MANIFEST_UNKNOWN".into())
    );
    delete(format!("/v2/ab/blobs/{blob}")).await.is(202);
    assert_eq!(
        delete(format!("/v2/ab/blobs/{blob}")).await.fault(),
        (404, "BLOB_UNKNOWN".into())
    );
    stage.get(&format!("/v2/ab/blobs/{blob}")).await.is(404);
    stage.laws_hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fixed_tag_stays() {
    let stage = stage().await;
    let first = stage.image("ab", "v1", "layer").await;
    let fixed = stage.parts.store.write(|tx| -> Result<(), store::StoreError> {
        let id = model::registry::RepositoryId::new("000000000000", "us-east-1", "ab");
        let repository = tx.get::<model::registry::Repository>(&id.key()).unwrap();
        let mut repository = (*repository).clone();
        repository.mutability = model::registry::TagMutability::Immutable;
        tx.put(repository);
        Ok(())
    });
    fixed.await.unwrap();
    stage.blob("ab", "other").await;
    let other = image("other");
    assert_eq!(
        stage.manifest("ab", "v1", &other).await.fault(),
        (400, "TAG_INVALID".into())
    );
    stage.get(&format!("/v2/ab/manifests/{}", digest(&other))).await.is(404);
    stage.manifest("ab", "v1", &first).await.is(201);
    stage.manifest("ab", "v2", &other).await.is(201);
    assert_eq!(stage.get("/v2/ab/manifests/v1").await.body, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_no_place_hears_of_it() {
    let stage = stage_with(Bounds {
        receiving: 1,
        ..Bounds::default()
    })
    .await;
    let begun = stage.ask("POST", "/v2/ab/blobs/uploads/", &[], "").await.is(202);
    let other = begun.header("location");
    let content = &stage.parts.content;
    content.begin("slow", "somebody", stage.clock.now()).await.unwrap();
    let slow = content.receive("slow", "somebody").await.unwrap();
    let crowded = stage.ask("PATCH", other, &[], "x").await;
    assert_eq!(crowded.fault(), (429, "TOOMANYREQUESTS".into()));
    let none = stage
        .ask("PATCH", &other.replace("/uploads/", "/uploads/0"), &[], "x")
        .await;
    assert_eq!(none.fault(), (404, "BLOB_UPLOAD_UNKNOWN".into()));
    drop(slow);
    stage.ask("PATCH", other, &[], "x").await.is(202);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_have_bounds() {
    let bounds = Bounds {
        uploads: 2,
        blob_bytes: 1000,
        ..Bounds::default()
    };
    let stage = stage_with(bounds).await;
    let big = stage
        .ask(
            "POST",
            &format!("/v2/ab/blobs/uploads/?digest={}", digest("x")),
            &[],
            "x".repeat(2000),
        )
        .await;
    assert_eq!(big.fault(), (413, "SIZE_INVALID".into()));
    for _ in 0..2 {
        stage.ask("POST", "/v2/ab/blobs/uploads/", &[], "").await.is(202);
    }
    let third = stage.ask("POST", "/v2/ab/blobs/uploads/", &[], "").await;
    assert_eq!(third.fault(), (429, "TOOMANYREQUESTS".into()));
}
