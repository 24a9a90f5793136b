//! Repositories that stand for those of a registry elsewhere.

use crate::stage::*;
use base::Clock;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use model::registry::CacheRule;
use store::StoreError;

/// Lets `hub/..` here stand for what is there.
async fn stands_for(here: &Stage, there: &Stage, secret: Option<&str>) {
    let rule = CacheRule {
        registry: "000000000000".to_string(),
        region: "us-east-1".to_string(),
        prefix: "hub".to_string(),
        upstream: there.address.to_string(),
        kind: None,
        credential_arn: secret.map(str::to_string),
        role_arn: None,
        upstream_prefix: CacheRule::ROOT.to_string(),
        created_at: START,
        updated_at: START,
    };
    let kept = here.parts.store.write(move |tx| {
        tx.put(rule.clone());
        Ok::<_, StoreError>(())
    });
    kept.await.unwrap();
}

/// Asks with a token that is good by the clock as it stands now.
async fn get(here: &Stage, path: &str) -> Said {
    let now = here.clock.now();
    let (token, _) = here
        .parts
        .tokens
        .make("arn:aws:iam::000000000000:root", "000000000000", "AKID", now);
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("AWS:{}", token.reveal())));
    here.ask("GET", path, &[("authorization", &basic)], "").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_tag_names_is_looked_up_again_after_a_day() {
    let (there, here) = (stage().await, stage().await);
    stands_for(&here, &there, Some("theirs")).await;
    const PATH: &str = "/v2/hub/team/app/manifests/v1";
    get(&here, PATH).await.is(404);
    let first = there.image("team/app", "v1", "one").await;
    assert_eq!(get(&here, PATH).await.is(200).body, Bytes::from(first.clone()));
    let second = there.image("team/app", "v1", "two").await;
    here.clock.advance_millis(23 * HOUR_MS);
    assert_eq!(get(&here, PATH).await.is(200).body, Bytes::from(first.clone()));
    here.clock.advance_millis(2 * HOUR_MS);
    for _ in 0..2 {
        assert_eq!(get(&here, PATH).await.is(200).body, Bytes::from(second.clone()));
        here.clock.advance_millis(25 * HOUR_MS);
    }
    // Whoever named it by digest gets what that is, though no tag names it any more.
    let path = format!("/v2/hub/team/app/manifests/{}", images::Digest::of(first.as_bytes()));
    get(&here, &path).await.is(200);
    here.laws_hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_fetched_whole_leaves_nothing() {
    let (there, here) = (stage().await, stage().await);
    stands_for(&here, &there, Some("theirs")).await;
    there.image("team/app", "v1", "one").await;
    there.rot("one", "two and more");
    get(&here, "/v2/hub/team/app/manifests/v1").await.is(502);
    assert_eq!(
        get(&here, "/v2/_catalog").await.json()["repositories"],
        serde_json::json!([])
    );
    there.rot("one", "one");
    get(&here, "/v2/hub/team/app/manifests/v1").await.is(200);
    here.laws_hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_let_in_there_gets_nothing_here() {
    let (there, here) = (stage().await, stage().await);
    there.image("team/app", "v1", "one").await;
    for secret in [None, Some("nobody's")] {
        stands_for(&here, &there, secret).await;
        get(&here, "/v2/hub/team/app/manifests/v1").await.is(502);
        get(&here, "/v2/hub/team/app/tags/list").await.is(404);
    }
    stands_for(&here, &there, Some("theirs")).await;
    get(&here, "/v2/hub/team/app/manifests/v1").await.is(200);
    here.laws_hold();
}
