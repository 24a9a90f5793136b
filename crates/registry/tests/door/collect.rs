//! Collection beside pushes: what is not needed goes, what is needed or about to be stays.

use crate::stage::*;
use registry::Grace;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_needs_goes_when_its_time_is_over() {
    let stage = stage().await;
    let document = stage.image("ab", "v1", "layer").await;
    let unused = stage.blob("ab", "unused").await;
    let asked_for = stage.blob("ab", "asked for").await;
    let collect = async || stage.registry.collect(Grace::default()).await.unwrap();
    let nothing = registry::Collected::default();
    assert_eq!(collect().await, nothing);
    stage.clock.advance_millis(23 * HOUR_MS);
    assert_eq!(collect().await, nothing);
    // Tokens are good for twelve hours.
    let (token, _) = stage
        .parts
        .tokens
        .make("me", "me", "AKID", base::Timestamp(START.millis() + 23 * HOUR_MS));
    let pair = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("AWS:{}", token.reveal()));
    let headers = [("authorization", &*format!("Basic {pair}"))];
    stage
        .ask("HEAD", &format!("/v2/ab/blobs/{asked_for}"), &headers, "")
        .await
        .is(200);
    stage.clock.advance_millis(2 * HOUR_MS);
    let gone = collect().await;
    assert_eq!((gone.links, gone.blobs, gone.bytes), (1, 1, 6));
    let ask = async |path: String| stage.ask("GET", &path, &headers, "").await.status;
    assert_eq!(ask(format!("/v2/ab/blobs/{unused}")).await, 404);
    assert_eq!(ask(format!("/v2/ab/blobs/{asked_for}")).await, 200);
    assert_eq!(ask("/v2/ab/manifests/v1".into()).await, 200);
    let path = format!("/v2/ab/manifests/{}", digest(&document));
    stage.ask("DELETE", &path, &headers, "").await.is(202);
    let gone = collect().await;
    assert_eq!(
        (gone.links, gone.blobs),
        (2, 3),
        "the config, the layer, and the manifest itself"
    );
    stage.laws_hold();
}

/// Pushes the same few contents again and again into several repositories, deletes them, and collects all the while with
/// no grace at all: whatever was acknowledged is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn collection_beside_pushes_takes_nothing_that_is_needed() {
    pushed_and_collected(stage().await, 30).await;
}

/// Content that is on its way out of the bucket comes in again meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nor_from_a_bucket_that_takes_its_time() {
    let stage = pushed_and_collected(stage_with_a_slow_bucket().await, 10).await;
    // What is said to be there is in the bucket, whatever the directory has.
    let document = stage.image("last", "v1", "layer 1").await;
    stage.registry.collect(Grace::default()).await.unwrap();
    stage.lose_directory();
    let path = format!("/v2/last/blobs/{}", digest("layer 1"));
    assert_eq!(stage.get(&path).await.is(200).body, "layer 1");
    assert_eq!(stage.get("/v2/last/manifests/v1").await.is(200).body, document);
}

async fn pushed_and_collected(stage: Stage, rounds: u32) -> Arc<Stage> {
    let stage = Arc::new(stage);
    let over = Arc::new(AtomicBool::new(false));
    let collecting = tokio::spawn({
        let (stage, over) = (Arc::clone(&stage), Arc::clone(&over));
        async move {
            let mut gone = 0;
            while !over.load(Ordering::Relaxed) {
                // Links keep their grace, which is a promise to clients; content has none.
                gone += stage.registry.collect(Grace::default()).await.unwrap().blobs;
            }
            gone
        }
    });
    let pushing: Vec<_> = (0..4)
        .map(|me| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                let name = format!("r{me}");
                for round in 0..rounds {
                    let layer = format!("layer {}", round % 3);
                    let document = stage.image(&name, "v1", &layer).await;
                    let got = stage.get(&format!("/v2/{name}/blobs/{}", digest(&layer))).await.is(200);
                    assert_eq!(got.body, layer);
                    assert_eq!(
                        stage.get(&format!("/v2/{name}/manifests/v1")).await.is(200).body,
                        document
                    );
                    let delete = async |what: &str, digest: images::Digest| {
                        stage
                            .ask("DELETE", &format!("/v2/{name}/{what}/{digest}"), &[], "")
                            .await
                            .is(202);
                    };
                    delete("manifests", digest(&document)).await;
                    delete("blobs", digest(&layer)).await;
                    delete("blobs", digest("{}")).await;
                }
            })
        })
        .collect();
    for pushing in pushing {
        pushing.await.unwrap();
    }
    over.store(true, Ordering::Relaxed);
    assert!(collecting.await.unwrap() > 0, "it took something away");
    stage.laws_hold();
    stage
}
