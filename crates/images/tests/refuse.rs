//! What must not come in: wrong contents, bombs, ways out, and more than the disk holds.

#![allow(clippy::unwrap_used)] // all of this file is test

mod common;

use common::content::{fault, file, noise, three_layers};
use common::fake::{Fake, How};
use common::{Place, impatient, names};
use images::testing::{ImageBuilder, Item, Packing, TarBuilder};
use images::{Digest, Fault, LayerError, Limits, PullError, Settings, UnpackError, Want};

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
    let foreign = foreign.replace("image.layer.v1", "image.layer.nondistributable.v1");
    fake.put_manifest("foreign", common::fake::MANIFEST, foreign.as_bytes());
    assert!(
        fault(&images, &fake.reference("x:foreign"))
            .await
            .reason()
            .contains("foreign layer")
    );
}

/// A disk of a few megabytes.
struct SmallDisk(Place);

impl SmallDisk {
    fn new() -> Self {
        let place = Place::new();
        let mount = ["-t", "tmpfs", "-o", "size=3m", "gantry-test"];
        let done = std::process::Command::new("mount")
            .args(mount)
            .arg(place.path())
            .status()
            .unwrap();
        assert!(done.success());
        SmallDisk(place)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: what is still open in it goes with its last user.
        let _ = std::process::Command::new("umount")
            .arg("--lazy")
            .arg(self.0.path())
            .status();
    }
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_full_disk_is_told_as_such_and_is_free_again() {
    let (disk, fake) = (SmallDisk::new(), Fake::start().await);
    let images = disk.0.images_with(impatient());
    let big = ImageBuilder::new()
        .layer(file("fits", b""))
        .layer(file("big/file", &noise(4 << 20, 5)))
        .build();
    fake.push("big", &big);
    let error = fault(&images, &fake.reference("x:big")).await;
    assert!(error.is_disk_full(), "{error:?}");
    assert_eq!(
        error.reason(),
        format!(
            "CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer {}: write /big/file: \
             no space left on device: unknown",
            big.layers[1].0
        )
    );
    fake.push(
        "small",
        &ImageBuilder::new().layer(file("small", &noise(2 << 20, 6))).build(),
    );
    images.ensure(Want::new(&fake.reference("x:small"))).await.unwrap();
}
