//! Pulling from a registry that behaves, and from one that does not.

#![allow(clippy::unwrap_used)] // all of this file is test

mod common;

use base::Secret;
use common::fake::{Fake, How, INDEX};
use common::{Place, impatient, names};
use images::testing::{Built, ImageBuilder, Item, Packing, TarBuilder};
use images::{
    Credentials, Digest, Fault, Images, LayerError, Limits, Platform, PullError, PullPolicy, Settings, UnpackError,
    Want,
};
use std::collections::BTreeMap;

fn file(path: &str, content: &[u8]) -> TarBuilder {
    TarBuilder::new().file(path, 0o644, content)
}

/// Contents that do not compress, the same each time.
fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut x = seed | 1;
    let step = |_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x as u8
    };
    (0..bytes).map(step).collect()
}

fn three_layers() -> Built {
    ImageBuilder::new()
        .packed_layer(file("a", &noise(300_000, 1)).build(), Packing::Gzip)
        .packed_layer(file("b", &noise(300_000, 2)).build(), Packing::Zstd)
        .packed_layer(file("c", b"plain").build(), Packing::Plain)
        .cmd(&["/a"])
        .build()
}

async fn fault(images: &Images, reference: &str) -> PullError {
    images.ensure(Want::new(reference)).await.unwrap_err()
}

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

#[tokio::test]
#[ignore = "needs root"]
async fn wrong_content_is_never_seen() {
    let (place, fake) = (Place::new(), Fake::start().await);
    let images = place.images_with(impatient());
    let built = three_layers();
    fake.push("1", &built);
    let reference = fake.reference("x:1");
    let evil = Packing::Gzip.pack(&file("evil", &noise(300_000, 9)).build());
    let wrong_digest = |error: PullError| matches!(*error.fault, Fault::WrongDigest { .. });

    // A layer of the right length but other content, one that is longer, one that is no archive at all.
    let (layer, packed) = built.layers[0].clone();
    let target = layer.to_string();
    let mut flipped = packed.clone();
    flipped[packed.len() / 2] ^= 1;
    for instead in [flipped, evil.clone(), vec![0; packed.len()]] {
        let target = target.clone();
        fake.misbehave(move |path, _| {
            if path.ends_with(&target) {
                How::Instead(instead.clone())
            } else {
                How::Well
            }
        });
        let error = fault(&images, &reference).await;
        assert!(
            matches!(*error.fault, Fault::WrongDigest { .. } | Fault::WrongSize { .. }),
            "{error:?}"
        );
        assert!(
            error.reason().contains(": failed commit on ref \"sha256:"),
            "{}",
            error.reason()
        );
    }
    // A config and a manifest that are others.
    let config = Digest::of(&built.config).to_string();
    fake.misbehave(move |path, _| {
        if path.ends_with(&config) {
            How::Instead(b"{}".to_vec())
        } else {
            How::Well
        }
    });
    let fresh = Place::new();
    assert!(wrong_digest(fault(&fresh.images_with(impatient()), &reference).await));
    let by_digest = fake.reference(&format!("x@{}", built.digest()));
    fake.misbehave(|path, _| {
        if path.contains("/manifests/") {
            How::Instead(b"{}".to_vec())
        } else {
            How::Well
        }
    });
    assert!(wrong_digest(fault(&fresh.images_with(impatient()), &by_digest).await));
    fake.behave();

    // The right digest, but contents that the config does not know.
    let mut lying = three_layers();
    lying.layers[0] = (Digest::of(&evil), evil.clone());
    let manifest = String::from_utf8(lying.manifest).unwrap();
    let manifest = manifest.replace(&built.layers[0].0.to_string(), &Digest::of(&evil).to_string());
    lying.manifest = manifest
        .replace(
            &format!("\"size\":{}", packed.len()),
            &format!("\"size\":{}", evil.len()),
        )
        .into();
    fake.push("lying", &lying);
    let error = fault(&images, &fake.reference("x:lying")).await;
    let wrong = |error: &LayerError| matches!(error, LayerError::WrongDigest { .. });
    assert!(
        matches!(&*error.fault, Fault::Layer { error, .. } if wrong(error)),
        "{error:?}"
    );

    assert!(images.list().await.unwrap().is_empty());
    let evil_diff = Digest::of(&file("evil", &noise(300_000, 9)).build());
    assert!(
        !names(place.join("images/layers")).iter().any(|name| place
            .join("images/layers")
            .join(name)
            .join("evil")
            .exists())
    );
    assert!(!built.diff_ids.contains(&evil_diff));
    // And all is well when all is well.
    images.ensure(Want::new(&reference)).await.unwrap();
}

#[tokio::test]
#[ignore = "needs root"]
async fn bombs_are_stopped_and_leave_nothing() {
    let (place, fake) = (Place::new(), Fake::start().await);
    let images = place.images_with(Settings {
        limits: Limits {
            packed_bytes: 1 << 20,
            unpacked_bytes: 4 << 20,
            entries: 1000,
        },
        ..impatient()
    });
    let zeros = ImageBuilder::new().layer(file("zeros", &vec![0; 8 << 20])).build();
    let many = (0..1001).fold(TarBuilder::new(), |tar, i| tar.file(&format!("{i}"), 0o644, b""));
    let many = ImageBuilder::new().layer(many).build();
    let half = |name: &str| file(name, &vec![0; 3 << 20]);
    let together = ImageBuilder::new().layer(half("one")).layer(half("two")).build();
    let trailing = ImageBuilder::new()
        .layer(file("x", b"").garbage(&vec![0; 16 << 20]))
        .build();
    let heavy = ImageBuilder::new()
        .packed_layer(file("heavy", &noise(2 << 20, 3)).build(), Packing::Plain)
        .build();
    for (name, built) in [
        ("zeros", zeros),
        ("many", many),
        ("together", together),
        ("trailing", trailing),
        ("heavy", heavy),
    ] {
        fake.push(name, &built);
        let error = fault(&images, &fake.reference(&format!("x:{name}"))).await;
        assert!(matches!(*error.fault, Fault::Layer { .. }), "{name}: {error:?}");
    }
    assert!(images.list().await.unwrap().is_empty());
    let mine: Vec<String> = names(place.join("images/tmp"));
    assert_eq!(names(place.join("images/tmp").join(&mine[0])), ["lock"], "no drafts");
    // What failed has given back what it had spent: three is allowed.
    fake.push("fits", &ImageBuilder::new().layer(half("fits")).build());
    images.ensure(Want::new(&fake.reference("x:fits"))).await.unwrap();
}

#[tokio::test]
#[ignore = "needs root"]
async fn evil_paths_are_refused_and_foreign_layers_too() {
    let (place, fake) = (Place::new(), Fake::start().await);
    let images = place.images_with(impatient());
    let evil = ImageBuilder::new()
        .layer(file("../../../../../../tmp/gty-evil", b"evil"))
        .build();
    fake.push("evil", &evil);
    let error = fault(&images, &fake.reference("x:evil")).await;
    let is_unsafe = |error: &LayerError| matches!(error, LayerError::Unpack(UnpackError::UnsafePath(_)));
    assert!(
        matches!(&*error.fault, Fault::Layer { error, .. } if is_unsafe(error)),
        "{error:?}"
    );
    let unknown = Item {
        path: "sparse",
        kind: b'S',
        ..Item::default()
    };
    fake.push(
        "unknown",
        &ImageBuilder::new().layer(TarBuilder::new().item(&unknown)).build(),
    );
    assert!(
        fault(&images, &fake.reference("x:unknown"))
            .await
            .reason()
            .contains("unsupported entry type 'S'")
    );
    let foreign = String::from_utf8(three_layers().manifest).unwrap();
    let foreign = foreign.replacen("\"size\"", "\"urls\":[\"https://elsewhere.example/\"],\"size\"", 2);
    fake.put_manifest("foreign", common::fake::MANIFEST, foreign.as_bytes());
    assert!(
        fault(&images, &fake.reference("x:foreign"))
            .await
            .reason()
            .contains("foreign layer")
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
