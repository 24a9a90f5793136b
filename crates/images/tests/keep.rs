//! What is kept, by whom, and until when: holders, collection, several processes at once, and sudden death.

#![allow(clippy::unwrap_used)] // all of this file is test

mod common;

use base::Timestamp;
use common::fake::{Fake, How};
use common::{Place, impatient, names};
use images::testing::{ImageBuilder, TarBuilder};
use images::{Image, Images, PullPolicy, Thresholds, Want};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const FOREVER: Timestamp = Timestamp(i64::MAX);

fn layer(name: &str) -> TarBuilder {
    TarBuilder::new().file(name, 0o644, name.as_bytes())
}

async fn import(place: &Place, images: &Images, builder: &ImageBuilder, name: &str) -> Image {
    let archive = place.join("archive");
    builder.docker_archive(&archive, name).unwrap();
    images.import(&archive, None, |_| {}).await.unwrap();
    images.ensure(Want::new(name)).await.unwrap()
}

fn is_whole(image: &Image, files: &[&str]) {
    for (layer, file) in image.layers.iter().zip(files) {
        assert_eq!(std::fs::read(layer.join(file)).unwrap(), file.as_bytes());
    }
}

#[tokio::test]
#[ignore = "needs root"]
async fn what_is_held_or_in_hand_stays() {
    let place = Place::new();
    let (here, other) = (place.images(), place.images()); // as two processes
    let base = ImageBuilder::new().layer(layer("base"));
    let held = import(&place, &here, &base.clone().layer(layer("held")), "held").await;
    let in_hand = import(&place, &here, &base.clone().layer(layer("hand")), "hand").await;
    let loose = import(&place, &here, &base.clone().layer(layer("loose")), "loose").await;
    here.hold(&held, "container-1").await.unwrap();
    here.hold(&held, "container-2").await.unwrap();
    drop((held, loose));
    let everything = Thresholds::everything();
    let collected = other.gc(everything, FOREVER).await.unwrap();
    assert_eq!(collected.references, ["docker.io/library/loose:latest"]);
    assert_eq!((collected.layers, collected.bytes), (1, 5));
    is_whole(&in_hand, &["base", "hand"]);
    assert_eq!(names(place.join("images/layers")).len(), 3);

    // The name may go; the container keeps what it has, and the crash of a process changes nothing.
    assert!(other.remove("held").await.unwrap().unwrap());
    assert!(!other.remove("held").await.unwrap().unwrap());
    assert!(other.remove("No Name").await.is_err());
    drop((here, other, in_hand));
    let images = place.images();
    let holders: Vec<(String, String)> = ["container-1", "container-2"]
        .map(|holder| (holder.to_string(), "docker.io/library/held:latest".to_string()))
        .into();
    assert_eq!(images.holders().await.unwrap(), holders);
    images.release("container-1").await.unwrap();
    images.release("container-1").await.unwrap();
    assert_eq!(
        images.gc(everything, FOREVER).await.unwrap().references,
        ["docker.io/library/hand:latest"]
    );
    assert_eq!(names(place.join("images/layers")).len(), 2);
    images.release("container-2").await.unwrap();
    images.gc(everything, FOREVER).await.unwrap();
    for dir in ["layers", "about", "blobs", "refs", "holders", "unsynced"] {
        assert!(names(place.join("images").join(dir)).is_empty(), "{dir}");
    }
    assert!(
        images
            .hold(&import(&place, &images, &base, "x").await, "../evil")
            .await
            .is_err()
    );
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_moved_name_leaves_the_old_content_to_whoever_holds_it() {
    let place = Place::new();
    let images = place.images();
    let old = import(&place, &images, &ImageBuilder::new().layer(layer("old")), "x").await;
    images.hold(&old, "c").await.unwrap();
    let new = import(&place, &images, &ImageBuilder::new().layer(layer("new")), "x").await;
    assert_ne!(old.digest, new.digest);
    assert_eq!(
        images.resolve("x", &images::Platform::here()).await.unwrap(),
        Some(new.digest)
    );
    let old = old.layers.clone();
    images.gc(Thresholds::everything(), FOREVER).await.unwrap();
    assert_eq!(std::fs::read(old[0].join("old")).unwrap(), b"old");
    is_whole(&new, &["new"]);
    assert_eq!(images.list().await.unwrap()[0].holders, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs root"]
async fn collecting_never_takes_what_is_being_fetched() {
    let (place, fake) = (Place::new(), Fake::start().await);
    for i in 0..3 {
        let own = layer(&format!("own{i}"));
        fake.push(
            &i.to_string(),
            &ImageBuilder::new().layer(layer("shared")).layer(own).build(),
        );
    }
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let collector = {
        let (images, stop) = (place.images(), stop.clone());
        tokio::spawn(async move {
            let mut taken = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                taken += images
                    .gc(Thresholds::everything(), FOREVER)
                    .await
                    .unwrap()
                    .references
                    .len();
            }
            taken
        })
    };
    let images = place.images_with(impatient());
    let all: Vec<_> = (0..3)
        .map(|i| {
            let (images, reference) = (images.clone(), fake.reference(&format!("x:{i}")));
            tokio::spawn(async move {
                for round in 0..30 {
                    let policy = if round % 2 == 0 {
                        PullPolicy::PreferCached
                    } else {
                        PullPolicy::Always
                    };
                    let want = Want {
                        policy,
                        ..Want::new(&reference)
                    };
                    let image = images.ensure(want).await.unwrap();
                    is_whole(&image, &["shared", &format!("own{i}")]);
                }
            })
        })
        .collect();
    for one in all {
        one.await.unwrap();
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(collector.await.unwrap() > 0, "there was something to collect");
}

/// Not a test: what the tests below kill.
#[tokio::test]
#[ignore = "needs root"]
async fn victim() {
    #[allow(clippy::disallowed_methods)] // how a test is told what to do by another
    let told = |name: &str| std::env::var(name).ok();
    let (Some(dir), Some(what)) = (told("GTY_VICTIM_DIR"), told("GTY_VICTIM_WHAT")) else {
        return;
    };
    let images = Images::open(Path::new(&dir), images::Settings::default()).unwrap();
    let image = match what.strip_prefix("import:") {
        Some(archive) => {
            images.import(Path::new(archive), None, |_| {}).await.unwrap();
            images.ensure(Want::new("victim")).await.unwrap()
        }
        None => images.ensure(Want::new(&what)).await.unwrap(),
    };
    println!("have {}", image.digest);
}

fn start(dir: &Path, what: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--ignored", "--nocapture"])
        .env("GTY_VICTIM_DIR", dir)
        .env("GTY_VICTIM_WHAT", what)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..5000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("never: {what}");
}

/// Names below `tmp/<process>/` of any process.
fn drafts(place: &Place) -> Vec<String> {
    let tmp = place.join("images/tmp");
    let Ok(processes) = std::fs::read_dir(&tmp) else {
        return Vec::new();
    };
    let inside = processes.flatten().filter_map(|p| std::fs::read_dir(p.path()).ok());
    inside
        .flat_map(|dir| dir.flatten().filter_map(|e| e.file_name().into_string().ok()))
        .collect()
}

#[tokio::test]
#[ignore = "needs root"]
async fn killed_in_the_middle_of_an_import() {
    let place = Place::new();
    let files: Vec<String> = (0..6).map(|i| format!("file{i}")).collect();
    let many = |name: &String| {
        let tar = TarBuilder::new().file(name, 0o644, name.as_bytes());
        (0..300).fold(tar, |tar, i| tar.file(&format!("{name}-{i}"), 0o644, &[0; 3000]))
    };
    let builder = files
        .iter()
        .fold(ImageBuilder::new(), |image, name| image.layer(many(name)));
    let archive = place.join("victim.tar");
    builder.docker_archive(&archive, "victim").unwrap();
    let what = format!("import:{}", archive.display());
    for layers in 0..6 {
        let mut child = start(&place.join("images"), &what);
        // In the middle of a layer, with more and more of them done.
        until("a draft, or the end", || {
            let done = std::fs::read_dir(place.join("images/layers")).map_or(0, Iterator::count);
            let underway = drafts(&place).iter().any(|name| name.starts_with("layer-"));
            (done >= layers && underway) || child.try_wait().unwrap().is_some()
        })
        .await;
        child.kill().unwrap();
        child.wait().unwrap();
        let images = place.images();
        assert_eq!(drafts(&place), ["lock"], "leftovers are swept");
        for name in names(place.join("images/layers")) {
            let files = names(place.join("images/layers").join(name));
            assert_eq!(files.len(), 301, "a layer that can be seen is whole");
        }
        let listed = images.list().await.unwrap();
        if let Some(listed) = listed.first() {
            assert_eq!(listed.reference, "docker.io/library/victim:latest");
        }
    }
    let images = place.images();
    images.import(&archive, None, |_| {}).await.unwrap();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    is_whole(&images.ensure(Want::new("victim")).await.unwrap(), &files);
}

#[tokio::test]
#[ignore = "needs root"]
async fn killed_in_the_middle_of_a_pull() {
    let (place, fake) = (Place::new(), Fake::start().await);
    let content: Vec<u8> = (0..3_000_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let built = ImageBuilder::new()
        .layer(layer("small"))
        .layer(TarBuilder::new().file("big", 0o644, &content))
        .build();
    fake.push("1", &built);
    let big = built.layers[1].0.to_string();
    fake.misbehave(move |path, _| {
        if path.ends_with(&big) {
            How::StallAfter(1_000_000)
        } else {
            How::Well
        }
    });
    let reference = fake.reference("x:1");
    let mut child = start(&place.join("images"), &reference);
    let whole = || std::fs::read_dir(place.join("images/layers")).map_or(0, Iterator::count);
    until("one layer done and one underway", || {
        whole() == 1 && drafts(&place).iter().any(|n| n.starts_with("layer-"))
    })
    .await;
    child.kill().unwrap();
    child.wait().unwrap();
    let images = place.images();
    assert_eq!(drafts(&place), ["lock"]);
    assert!(images.list().await.unwrap().is_empty());
    fake.behave();
    let image = images.ensure(Want::new(&reference)).await.unwrap();
    assert_eq!(std::fs::read(image.layers[1].join("big")).unwrap(), content);
    assert_eq!(
        fake.hits(&format!("blobs/{}", built.layers[0].0)),
        1,
        "what was there was not fetched again"
    );
}

#[tokio::test]
#[ignore = "needs root"]
async fn layers_that_a_power_cut_may_have_torn_are_thrown_away() {
    let place = Place::new();
    let images = place.images();
    let image = import(&place, &images, &ImageBuilder::new().layer(layer("x")), "x").await;
    let name = image.layers[0].file_name().unwrap().to_str().unwrap().to_string();
    images.sync().await.unwrap();
    assert!(names(place.join("images/unsynced")).is_empty(), "no more doubt");
    drop((image, images));
    // As after a boot: the mark is of another one.
    std::fs::write(
        place
            .join("images/unsynced")
            .join(format!("00000000-0000-0000-0000-000000000000-{name}")),
        b"",
    )
    .unwrap();
    let images = place.images();
    assert!(names(place.join("images/layers")).is_empty());
    assert!(names(place.join("images/unsynced")).is_empty());
    import(&place, &images, &ImageBuilder::new().layer(layer("x")), "x").await;
}
