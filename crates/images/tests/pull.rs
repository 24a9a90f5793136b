//! Pulling from a registry that behaves, and from one that does not.

#![allow(clippy::unwrap_used)] // all of this file is test

mod common;

use base::Secret;
use common::content::{fault, file, noise, three_layers};
use common::fake::{Fake, How, INDEX};
use common::{Place, impatient, names};
use images::testing::{Built, ImageBuilder};
use images::{Credentials, Digest, Fault, Platform, PullPolicy, Settings, Want};
use std::collections::BTreeMap;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs root"]
async fn many_at_once_download_once() {
    let (place, fake) = (Place::new(), Fake::start().await);
    let built = three_layers();
    fake.push("1", &built);
    let images = place.images();
    let reference = fake.reference("x:1");
    let all: Vec<_> = (0..40)
        .map(|_| {
            let (images, reference) = (images.clone(), reference.clone());
            tokio::spawn(async move { images.ensure(Want::new(&reference)).await.unwrap() })
        })
        .collect();
    for one in all {
        let image = one.await.unwrap();
        assert_eq!(image.digest, built.digest());
        assert_eq!(std::fs::read(image.layers[2].join("c")).unwrap(), b"plain");
    }
    assert_eq!(fake.hits("/blobs/"), 4, "three layers and a config, once each");
    assert_eq!(fake.hits("GET /v2/x/manifests/"), 1);
    // Later the registry is asked again, but only what the tag stands for.
    images.ensure(Want::new(&reference)).await.unwrap();
    assert_eq!((fake.hits("/blobs/"), fake.hits("GET /v2/x/manifests/")), (4, 1));
}

#[tokio::test]
#[ignore = "needs root"]
async fn policies_ask_as_the_ecs_agent_asks() {
    let (place, fake) = (Place::new(), Fake::start().await);
    fake.push("1", &three_layers());
    let images = place.images_with(impatient());
    let reference = fake.reference("x:1");
    let ensure = async |policy| {
        let want = Want {
            policy,
            ..Want::new(&reference)
        };
        images.ensure(want).await
    };
    let first = ensure(PullPolicy::PreferCached).await.unwrap();
    for policy in [PullPolicy::Once, PullPolicy::PreferCached] {
        let before = fake.hits("");
        assert_eq!(ensure(policy).await.unwrap().digest, first.digest);
        assert_eq!(fake.hits(""), before, "{policy:?} does not ask");
    }
    // The tag moves.
    let newer = ImageBuilder::new().layer(file("new", b"")).build();
    fake.push("1", &newer);
    assert_eq!(ensure(PullPolicy::Once).await.unwrap().digest, first.digest);
    assert_eq!(ensure(PullPolicy::Default).await.unwrap().digest, newer.digest());
    // The registry is out of order.
    fake.misbehave(|_, _| How::Status(503));
    assert_eq!(ensure(PullPolicy::Default).await.unwrap().digest, newer.digest());
    let error = ensure(PullPolicy::Always).await.unwrap_err();
    assert!(matches!(*error.fault, Fault::Status { code: 503, .. }));
    // What a digest names cannot change.
    let before = fake.hits("");
    let by_digest = fake.reference(&format!("x@{}", newer.digest()));
    for _ in 0..2 {
        let image = images.ensure(Want::new(&by_digest)).await.unwrap();
        assert_eq!((image.digest, &image.reference), (newer.digest(), &by_digest));
    }
    assert_eq!(fake.hits(""), before);
}

#[tokio::test]
#[ignore = "needs root"]
async fn an_index_gives_the_image_for_the_platform() {
    let (place, fake) = (Place::new(), Fake::start().await);
    let images = place.images_with(impatient());
    let build = |arch: &str| {
        ImageBuilder::new()
            .platform("linux", arch)
            .layer(file(arch, b""))
            .build()
    };
    let (amd64, arm64) = (build("amd64"), build("arm64"));
    let entry = |built: &Built, arch: &str| {
        fake.push(arch, built);
        format!(
            r#"{{"mediaType":"{}","digest":"{}","size":1,"platform":{{"os":"linux","architecture":"{arch}"}}}}"#,
            common::fake::MANIFEST,
            built.digest()
        )
    };
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#,
        entry(&arm64, "arm64"),
        entry(&amd64, "amd64")
    );
    fake.put_manifest("multi", INDEX, index.as_bytes());
    let reference = fake.reference("x:multi");
    let ensure = async |arch: &str| {
        let platform = Platform {
            os: "linux".into(),
            arch: arch.into(),
            variant: None,
        };
        let want = Want {
            platform,
            ..Want::new(&reference)
        };
        images.ensure(want).await
    };
    for (arch, built) in [("amd64", &amd64), ("arm64", &arm64)] {
        let image = ensure(arch).await.unwrap();
        assert_eq!(image.digest, Digest::of(index.as_bytes()), "the digest is the index's");
        assert_eq!(image.manifest, built.digest());
        assert!(image.layers[0].join(arch).exists());
    }
    let error = ensure("s390x").await.unwrap_err();
    assert_eq!(
        error.reason(),
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): \
         image Manifest does not contain descriptor matching platform 'linux/s390x'"
    );
    // Without an index, the config tells.
    let other = if Platform::here().arch == "arm64" {
        "amd64"
    } else {
        "arm64"
    };
    let reference = fake.reference(&format!("x:{other}"));
    assert!(matches!(*fault(&images, &reference).await.fault, Fault::NoPlatform(_)));
    assert_eq!(images.list().await.unwrap().len(), 2);
}

#[tokio::test]
#[ignore = "needs root"]
async fn tokens_are_fetched_and_passwords_shown_to_the_token_server_alone() {
    let (place, fake) = (Place::new(), Fake::start().await);
    let images = place.images_with(impatient());
    fake.push("1", &three_layers());
    *fake.state.only.lock().unwrap() = Some("Basic bWU6c2VjcmV0".into());
    let reference = fake.reference("x:1");
    let error = fault(&images, &reference).await;
    assert!(
        error
            .reason()
            .contains("failed to authorize: failed to fetch anonymous token: unexpected status code http://"),
        "{}",
        error.reason()
    );
    let ensure = async |password: &str| {
        let credentials = Credentials {
            user: "me".into(),
            password: Secret::new(password.into()),
        };
        let want = Want {
            credentials: Some(credentials),
            ..Want::new(&reference)
        };
        images.ensure(want).await
    };
    let error = ensure("wrong").await.unwrap_err();
    assert!(
        error.reason().contains("failed to fetch oauth token"),
        "{}",
        error.reason()
    );
    assert!(
        error
            .reason()
            .ends_with("401 Unauthorized - Server message: wrong password"),
        "{}",
        error.reason()
    );
    assert!(!format!("{error:?}").contains("wrong\""), "no password in any text");
    ensure("secret").await.unwrap();
    let shown = fake.shown("/v2/");
    assert!(shown.iter().flatten().all(|shown| shown == "Bearer t0ken"));
    let tokens = fake.hits("GET /token");
    ensure("secret").await.unwrap();
    assert_eq!(fake.hits("GET /token"), tokens, "the token is still good");
}

#[tokio::test]
#[ignore = "needs root"]
async fn blobs_may_lie_elsewhere_but_what_was_shown_stays() {
    let (place, fake, elsewhere) = (Place::new(), Fake::start().await, Fake::start().await);
    let images = place.images_with(impatient());
    let built = three_layers();
    fake.push("1", &built);
    elsewhere.push("1", &built);
    *fake.state.only.lock().unwrap() = Some("Basic bWU6c2VjcmV0".into());
    let to = elsewhere.address;
    fake.misbehave(move |path, _| match path.contains("/blobs/") {
        true => How::Redirect(format!("http://{to}{path}")),
        false => How::Well,
    });
    let reference = fake.reference("x:1");
    let credentials = Credentials {
        user: "me".into(),
        password: Secret::new("secret".into()),
    };
    let want = Want {
        credentials: Some(credentials),
        ..Want::new(&reference)
    };
    images.ensure(want.clone()).await.unwrap();
    assert_eq!(elsewhere.shown("/blobs/"), [None, None, None, None]);
    // In circles.
    images.remove(&reference).await.unwrap().unwrap();
    let own = fake.address;
    fake.misbehave(move |path, _| How::Redirect(format!("http://{own}{path}")));
    let error = images.ensure(want).await.unwrap_err();
    assert!(
        error.reason().contains("stopped after 5 redirects"),
        "{}",
        error.reason()
    );
}

#[tokio::test]
#[ignore = "needs root"]
async fn mirrors_are_asked_first_and_may_fail() {
    let (place, fake, mirror) = (Place::new(), Fake::start().await, Fake::start().await);
    let built = three_layers();
    let dead = common::fake::Fake::start().await; // has nothing
    let mirrors = vec![format!("http://{}", dead.address), format!("http://{}", mirror.address)];
    let images = place.images_with(Settings {
        mirrors: BTreeMap::from([(fake.address.to_string(), mirrors)]),
        ..impatient()
    });
    mirror.push("1", &built);
    images.ensure(Want::new(&fake.reference("x:1"))).await.unwrap();
    assert_eq!((fake.hits(""), dead.hits("")), (0, 1));
    fake.push("2", &ImageBuilder::new().layer(file("only upstream", b"")).build());
    images.ensure(Want::new(&fake.reference("x:2"))).await.unwrap();
    assert!(fake.hits("") > 0);
}

#[tokio::test]
#[ignore = "needs root"]
async fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let (place, fake) = (Place::new(), Fake::start().await);
    let images = place.images_with(impatient());
    let built = three_layers();
    fake.push("1", &built);
    let reference = fake.reference("x:1");
    // Twice out of order, everywhere, and cut, and stalled: and still it comes.
    fake.misbehave(|path, before| match (before, path.contains("/blobs/")) {
        (0, false) => How::Status(500),
        (0, true) => How::CutAfter(100),
        (1, true) => How::StallAfter(10),
        _ => How::Well,
    });
    let image = images.ensure(Want::new(&reference)).await.unwrap();
    assert_eq!(std::fs::read(image.layers[0].join("a")).unwrap(), noise(300_000, 1));
    drop(image);
    assert!(images.remove(&reference).await.unwrap().unwrap());

    fake.misbehave(|_, _| How::Status(500));
    let error = fault(&images, &reference).await;
    assert_eq!(
        error.reason(),
        format!(
            "CannotPullContainerError: pull image manifest has been retried 3 time(s): failed to resolve ref {reference}: \
             unexpected status code [manifests 1]: 500 Internal Server Error"
        )
    );
    fake.misbehave(|path, _| {
        if path.contains("/blobs/") {
            How::CutAfter(50)
        } else {
            How::Well
        }
    });
    let error = fault(&images, &reference).await;
    assert!(
        error
            .reason()
            .starts_with("CannotPullContainerError: ref pull has been retried 3 time(s): failed to copy")
    );

    fake.behave();
    let absent = fake.reference("x:absent");
    assert_eq!(
        fault(&images, &absent).await.reason(),
        format!(
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {absent}: {absent}: not found"
        )
    );
    assert_eq!(fake.hits("manifests/absent"), 1);
    assert_eq!(
        fault(&images, "No Good").await.reason(),
        "CannotPullContainerError: invalid reference format"
    );
}

#[tokio::test]
async fn a_registry_that_is_down_is_told_as_go_tells_it() {
    let place = Place::new();
    let images = place.images_with(impatient());
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap(); // closed again
    let reference = format!("{gone}/x:1");
    assert_eq!(
        fault(&images, &reference).await.reason(),
        format!(
            "CannotPullContainerError: pull image manifest has been retried 3 time(s): failed to resolve ref {reference}: failed to \
             do request: Head \"http://{gone}/v2/x/manifests/1\": dial tcp {gone}: connect: connection refused"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs root"]
async fn cancelling_stops_the_download_and_leaves_nothing() {
    let (place, fake) = (Place::new(), Fake::start().await);
    let images = place.images(); // patient: a stalled body would keep it for a minute
    fake.push("1", &three_layers());
    let reference = fake.reference("x:1");
    fake.misbehave(|path, _| {
        if path.contains("/blobs/") {
            How::StallAfter(200)
        } else {
            How::Well
        }
    });
    let pulling = {
        let (images, reference) = (images.clone(), reference.clone());
        tokio::spawn(async move { images.ensure(Want::new(&reference)).await })
    };
    let until = async |condition: &dyn Fn() -> bool| {
        for _ in 0..2000 {
            if condition() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("it did not happen");
    };
    until(&|| fake.hits("/blobs/") > 0).await;
    pulling.abort();
    assert!(pulling.await.unwrap_err().is_cancelled());
    let own = place.join("images/tmp").join(&names(place.join("images/tmp"))[0]);
    until(&|| names(&own) == ["lock"]).await;
    fake.behave();
    images.ensure(Want::new(&reference)).await.unwrap();
}
