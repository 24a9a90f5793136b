//! Images from files: every kind of archive, wrong ones, and what they look like unpacked.

#![allow(clippy::unwrap_used)] // all of this file is test

mod common;

use common::{Place, names};
use images::testing::{Built, ImageBuilder, Packing, TarBuilder};
use images::{Digest, Image, ImportError, Origin, PullPolicy, Want};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

fn small() -> ImageBuilder {
    let below = TarBuilder::new().dir("etc/", 0o755).file("etc/motd", 0o640, b"hello\n");
    let above = TarBuilder::new()
        .dir("app/", 0o755)
        .file("app/run", 0o4755, b"#!/bin/sh\n");
    ImageBuilder::new()
        .layer(below)
        .packed_layer(above.build(), Packing::Zstd)
        .entrypoint(&["/app/run"])
        .env("A=b")
        .user("7:8")
        .config(r#""StopSignal":"SIGINT""#)
}

async fn import(place: &Place, archive: &Path) -> Image {
    let imported = place.images().import(archive, None, |_| {}).await.unwrap();
    assert_eq!(imported.len(), 1);
    let image = place.images().ensure(Want::new(&imported[0].reference)).await.unwrap();
    assert_eq!(
        (image.digest, image.image_id),
        (imported[0].digest, imported[0].image_id)
    );
    image
}

fn is_small(image: &Image, built: &Built) {
    assert_eq!(image.layers.len(), 2);
    assert_eq!(std::fs::read(image.layers[0].join("etc/motd")).unwrap(), b"hello\n");
    let run = std::fs::metadata(image.layers[1].join("app/run")).unwrap();
    assert_eq!(run.permissions().mode() & 0o7777, 0o4755);
    assert_eq!(image.image_id, Digest::of(&built.config));
    assert_eq!(image.config.entrypoint, ["/app/run"]);
    assert_eq!(image.config.env.last().unwrap(), "A=b");
    assert_eq!(image.config.user, "7:8");
    assert_eq!(image.config.stop_signal.as_deref(), Some("SIGINT"));
    assert_eq!(image.config.diff_ids, built.diff_ids);
}

#[tokio::test]
#[ignore = "needs root"]
async fn every_kind_of_archive_gives_the_same_image() {
    let place = Place::new();
    let archive = place.join("a.tar");

    let built = small().docker_archive(&archive, "docker:1").unwrap();
    let image = import(&place, &archive).await;
    is_small(&image, &built);
    assert_eq!(image.reference, "docker.io/library/docker:1");

    let built = small().oci_archive(&archive, "oci.example/x:1").unwrap();
    let image = import(&place, &archive).await;
    is_small(&image, &built);
    assert_eq!(
        (image.reference.as_str(), image.digest),
        ("oci.example/x:1", built.digest())
    );

    let built = small().oci_dir(&place.join("layout"), "team/dir:1").unwrap();
    let image = import(&place, &place.join("layout")).await;
    is_small(&image, &built);

    for packing in [Packing::Gzip, Packing::Zstd] {
        let packed = place.join("packed");
        std::fs::write(&packed, packing.pack(&std::fs::read(&archive).unwrap())).unwrap();
        is_small(&import(&place, &packed).await, &built);
    }

    let listed = place.images().list().await.unwrap();
    let references: Vec<&str> = listed.iter().map(|l| l.reference.as_str()).collect();
    assert_eq!(
        references,
        ["docker.io/library/docker:1", "docker.io/team/dir:1", "oci.example/x:1"]
    );
    assert!(listed.iter().all(|l| l.origin == Origin::Imported && l.bytes == 16));
    assert_eq!(
        names(place.join("images/layers")).len(),
        2,
        "the same layers are there once"
    );
}

#[tokio::test]
#[ignore = "needs root"]
async fn skopeo_writes_archives_that_are_read() {
    let place = Place::new();
    let layer = TarBuilder::new().dir("etc/", 0o755).file("etc/motd", 0o640, b"hello\n");
    let built = ImageBuilder::new()
        .layer(layer)
        .oci_dir(&place.join("layout"), "x:1")
        .unwrap();
    let from = format!("oci:{}:x:1", place.join("layout").display());
    for (kind, name) in [("oci-archive", "y:1"), ("docker-archive", "docker.io/library/y:1")] {
        let archive = place.join(kind);
        let to = format!("{kind}:{}:{name}", archive.display());
        let done = Command::new("skopeo")
            .args(["copy", "--insecure-policy", &from, &to])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let image = import(&place, &archive).await;
        assert_eq!(image.reference, "docker.io/library/y:1");
        assert_eq!(image.config.diff_ids, built.diff_ids);
        assert_eq!(std::fs::read(image.layers[0].join("etc/motd")).unwrap(), b"hello\n");
    }
}

#[tokio::test]
#[ignore = "needs root"]
async fn progress_goes_to_the_end_and_names_can_be_given() {
    let place = Place::new();
    let archive = place.join("a.tar");
    small().oci_archive(&archive, "x:1").unwrap();
    let last = Arc::new(Mutex::new(None));
    let (seen, calls) = (last.clone(), Arc::new(AtomicU64::new(0)));
    let counted = calls.clone();
    let progress = move |p: images::Progress| {
        counted.fetch_add(1, Ordering::Relaxed);
        let mut last = seen.lock().unwrap();
        if last.is_none_or(|l: images::Progress| l.done <= p.done) {
            *last = Some(p);
        }
    };
    let imported = place
        .images()
        .import(&archive, Some("other:2"), progress)
        .await
        .unwrap();
    assert_eq!(imported[0].reference, "docker.io/library/other:2");
    let last = last.lock().unwrap().unwrap();
    assert_eq!(last.done, last.total);
    assert!(last.total > 100 && calls.load(Ordering::Relaxed) > 2);
}

#[tokio::test]
async fn what_is_no_image_is_said_clearly() {
    let place = Place::new();
    let images = place.images();
    let import = async |path: &Path| images.import(path, None, |_| {}).await.unwrap_err();
    assert!(matches!(import(&place.join("absent")).await, ImportError::Read(_)));
    std::fs::write(
        place.join("text"),
        "not an archive at all, but longer than a header".repeat(30),
    )
    .unwrap();
    assert!(matches!(import(&place.join("text")).await, ImportError::Read(_)));
    std::fs::write(place.join("other.tar"), TarBuilder::new().file("x", 0o644, b"").build()).unwrap();
    assert!(matches!(import(&place.join("other.tar")).await, ImportError::NoImages));
    small()
        .platform("linux", "s390x")
        .oci_archive(&place.join("s390x.tar"), "x:1")
        .unwrap();
    assert!(matches!(
        import(&place.join("s390x.tar")).await,
        ImportError::NoPlatform(_)
    ));
    small()
        .platform("linux", "s390x")
        .docker_archive(&place.join("s390x.tar"), "x:1")
        .unwrap();
    assert!(matches!(
        import(&place.join("s390x.tar")).await,
        ImportError::NoPlatform(_)
    ));
    small().oci_archive(&place.join("name.tar"), "not a name").unwrap();
    assert!(matches!(import(&place.join("name.tar")).await, ImportError::BadName(_)));
    let config = ImageBuilder::new().build().config;
    let manifest = br#"[{"Config":"c.json","RepoTags":["x"],"Layers":["gone.tar"]}]"#;
    let lacking = TarBuilder::new()
        .file("c.json", 0o644, &config)
        .file("manifest.json", 0o644, manifest);
    std::fs::write(place.join("lacking.tar"), lacking.build()).unwrap();
    assert!(matches!(
        import(&place.join("lacking.tar")).await,
        ImportError::Manifest(_)
    ));
    assert!(images.list().await.unwrap().is_empty());
    assert!(names(place.join("images/layers")).is_empty());
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_layer_that_is_not_what_it_says_is_refused_and_leaves_nothing() {
    let place = Place::new();
    let layout = place.join("layout");
    let built = small().oci_dir(&layout, "x:1").unwrap();
    let blob = layout.join("blobs/sha256").join(built.layers[1].0.hex());
    std::fs::write(
        &blob,
        Packing::Gzip.pack(&TarBuilder::new().file("evil", 0o644, b"").build()),
    )
    .unwrap();
    let error = place.images().import(&layout, None, |_| {}).await.unwrap_err();
    assert!(
        matches!(error, ImportError::Layer(images::LayerError::WrongDigest { .. })),
        "{error:?}"
    );
    assert!(place.images().list().await.unwrap().is_empty());
    assert_eq!(names(place.join("images/layers")).len(), 1, "the good one");
    std::fs::remove_file(blob).unwrap();
    assert!(matches!(
        place.images().import(&layout, None, |_| {}).await.unwrap_err(),
        ImportError::Missing(_)
    ));
}

#[tokio::test]
#[ignore = "needs root"]
async fn busybox_runs_from_its_layer() {
    let place = Place::new();
    ImageBuilder::busybox()
        .docker_archive(&place.join("b.tar"), "busybox:latest")
        .unwrap();
    let image = import(&place, &place.join("b.tar")).await;
    assert_eq!(image.config.cmd, ["sh"]);
    let chroot = Command::new("chroot")
        .arg(&image.layers[0])
        .args(["/bin/sh", "-c", "echo $(id -un) $(stat -c %a /tmp)"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&chroot.stdout), "root 1777\n");
    let policy = PullPolicy::PreferCached;
    let want = Want {
        policy,
        ..Want::new("busybox")
    };
    assert_eq!(place.images().ensure(want).await.unwrap().layers, image.layers);
}
