//! What comes in is whole or not at all, whoever leaves in the middle.

use super::*;
use base::Timestamp;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use std::io::Read;
use std::path::PathBuf;

struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn dir(name: &str) -> Dir {
    let dir = std::env::temp_dir().join(format!("gantry-content-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    Dir(dir)
}

fn on_all(name: &str, test: impl AsyncFn(Content)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
    let dir = dir(name);
    runtime.unwrap().block_on(async {
        test(Content::memory()).await;
        test(Content::open(&dir.0.join("alone"), Bounds::default()).unwrap()).await;
        test(over(&dir, &(Arc::new(InMemory::new()) as _), Bounds::default())).await;
    });
}

fn over(dir: &Dir, bucket: &Arc<dyn ObjectStore>, bounds: Bounds) -> Content {
    Content::over(&dir.0.join("near"), bucket.clone(), "some/prefix", "me", bounds).unwrap()
}

fn all(content: &Blob) -> Vec<u8> {
    let mut all = Vec::new();
    content.reader().read_to_end(&mut all).unwrap();
    all
}

const NOW: Timestamp = Timestamp(1000);

#[test]
fn an_upload_goes_on_where_it_was_left() {
    on_all("goes-on", async |content| {
        content.begin("u1", "a", NOW).await.unwrap();
        let mut turn = content.receive("u1", "a").await.unwrap();
        turn.write(Bytes::from_static(b"hello, ")).await.unwrap();
        assert!(matches!(content.receive("u1", "a").await, Err(UploadError::Busy)));
        assert!(matches!(content.receive("u1", "b").await, Err(UploadError::Unknown)));
        assert_eq!(turn.park().await.unwrap(), 7);
        assert_eq!(content.received("u1", "a").await.unwrap(), 7);
        let mut turn = content.receive("u1", "a").await.unwrap();
        assert_eq!(turn.offset(), 7);
        turn.write(Bytes::from_static(b"world")).await.unwrap();
        let digest = Digest::of(b"hello, world");
        let pinned = turn.finish(digest).await.unwrap();
        assert_eq!((pinned.digest, pinned.size), (digest, 12));
        let blob = content.blob(&digest).await.unwrap().unwrap();
        assert_eq!(all(&blob), b"hello, world");
        assert_eq!(&blob.range(7, 5).unwrap()[..], b"world");
        assert!(blob.range(7, 6).is_err());
        assert!(matches!(content.received("u1", "a").await, Err(UploadError::Unknown)));

        let part = content.part(digest.first()).await.unwrap();
        assert_eq!(part, [digest]);
    });
}

#[test]
fn what_is_not_what_it_should_be_is_gone() {
    on_all("wrong", async |content| {
        content.begin("u1", "a", NOW).await.unwrap();
        let mut turn = content.receive("u1", "a").await.unwrap();
        turn.write(Bytes::from_static(b"hello")).await.unwrap();
        let (wanted, got) = (Digest::of(b"other"), Digest::of(b"hello"));
        match turn.finish(wanted).await {
            Err(FinishError::WrongDigest { wanted: w, got: g }) => assert_eq!((w, g), (wanted, got)),
            other => panic!("{other:?}"),
        }
        assert!(content.blob(&got).await.unwrap().is_none());
        assert!(matches!(content.received("u1", "a").await, Err(UploadError::Unknown)));
        for bad in ["", "../x", "A", "a/b", &"a".repeat(65)] {
            assert!(
                matches!(content.begin(bad, "a", NOW).await, Err(UploadError::Unknown)),
                "{bad}"
            );
        }
    });
}

#[test]
fn what_is_pinned_or_needed_is_not_collected() {
    on_all("collect", async |content| {
        let pinned = content.put(Bytes::from_static(b"{}")).await.unwrap();
        let digest = pinned.digest;
        assert_eq!(content.collect(&digest, || false).await.unwrap(), None);
        let again = content.pin(&digest).await.unwrap().unwrap();
        drop(pinned);
        assert_eq!(content.collect(&digest, || panic!("it is pinned")).await.unwrap(), None);
        drop(again);
        assert_eq!(content.collect(&digest, || true).await.unwrap(), None);
        assert_eq!(content.collect(&digest, || false).await.unwrap(), Some(2));
        assert!(content.pin(&digest).await.unwrap().is_none());
        assert!(content.blob(&digest).await.unwrap().is_none());
    });
}

#[test]
fn uploads_that_nobody_goes_on_with_expire() {
    on_all("expire", async |content| {
        for id in ["u1", "u2"] {
            content.begin(id, "a", NOW).await.unwrap();
        }
        let busy = content.receive("u2", "a").await.unwrap();
        assert_eq!(content.expire(Timestamp(0)).await.unwrap(), 0);
        assert_eq!(content.expire(Timestamp(i64::MAX)).await.unwrap(), 1);
        assert!(matches!(content.received("u1", "a").await, Err(UploadError::Unknown)));
        busy.park().await.unwrap();
        content.cancel("u2", "a").await.unwrap();
        assert!(matches!(content.cancel("u2", "a").await, Err(UploadError::Unknown)));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_new_process_goes_on_with_what_the_last_one_left() {
    let dir = dir("restart");
    let open = || Content::open(&dir.0, Bounds::default()).unwrap();
    let before = open();
    before.begin("u1", "a", NOW).await.unwrap();
    let mut turn = before.receive("u1", "a").await.unwrap();
    turn.write(Bytes::from_static(b"hello, ")).await.unwrap();
    turn.mark_here().await;
    turn.park().await.unwrap();
    drop(before);
    std::fs::write(dir.0.join("uploads/put-7"), "half").unwrap();
    let after = open();
    assert!(!dir.0.join("uploads/put-7").exists());
    let mut turn = after.receive("u1", "a").await.unwrap();
    assert_eq!((turn.offset(), turn.mark()), (7, Some(7)));
    turn.write(Bytes::from_static(b"world")).await.unwrap();
    turn.mark_here().await;
    assert_eq!(turn.mark(), Some(7), "the first one stays");
    turn.finish(Digest::of(b"hello, world")).await.unwrap();
    let left = std::fs::read_dir(dir.0.join("uploads")).unwrap().count();
    assert_eq!(left, 0, "a mark goes with its upload");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn there_is_a_bound_to_everything() {
    let bounds = Bounds {
        uploads: 1,
        blob_bytes: 4,
        ..Bounds::default()
    };
    let dir = dir("bounds");
    let content = Content::open(&dir.0, bounds).unwrap();
    content.begin("u1", "a", NOW).await.unwrap();
    assert!(matches!(content.begin("u2", "a", NOW).await, Err(UploadError::TooMany)));
    let mut turn = content.receive("u1", "a").await.unwrap();
    let written = turn.write(Bytes::from_static(b"hello")).await;
    assert!(matches!(written, Err(UploadError::TooLarge)));
    turn.abandon().await.unwrap();
    assert!(matches!(content.received("u1", "a").await, Err(UploadError::Unknown)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_a_lost_disk_had_is_in_the_bucket() {
    let (dir, bucket) = (dir("lost"), Arc::new(InMemory::new()) as Arc<dyn ObjectStore>);
    let content = over(&dir, &bucket, Bounds::default());
    let small = content.put(Bytes::from_static(b"{}")).await.unwrap();
    content.begin("u1", "a", NOW).await.unwrap();
    let mut turn = content.receive("u1", "a").await.unwrap();
    let large: Vec<u8> = (0..20_000_000u32).map(|i| (i % 251) as u8).collect();
    for some in large.chunks(1 << 20) {
        turn.write(Bytes::copy_from_slice(some)).await.unwrap();
    }
    let kept = turn.finish(Digest::of(&large)).await.unwrap();
    std::fs::remove_dir_all(dir.0.join("near")).unwrap();

    let content = over(&dir, &bucket, Bounds::default());
    assert_eq!(content.pin(&kept.digest).await.unwrap().unwrap().size, 20_000_000);
    let fetched = tokio::join!(
        content.blob(&kept.digest),
        content.blob(&kept.digest),
        content.blob(&kept.digest)
    );
    for blob in [fetched.0, fetched.1, fetched.2] {
        assert!(all(&blob.unwrap().unwrap()) == large);
    }
    let document = content.document(&small.digest, 100).await.unwrap();
    assert_eq!(document.as_deref(), Some(&b"{}"[..]));
    assert_eq!(std::fs::read_dir(dir.0.join("near/uploads")).unwrap().count(), 0);
    assert_eq!(content.part(small.digest.first()).await.unwrap(), [small.digest]);

    // Gone means gone from both.
    assert_eq!(content.collect(&kept.digest, || false).await.unwrap(), Some(20_000_000));
    assert!(content.blob(&kept.digest).await.unwrap().is_none());
    assert!(
        over(&dir, &bucket, Bounds::default())
            .pin(&kept.digest)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_a_bucket_has_under_a_false_name_is_not_given_out() {
    let (dir, bucket) = (dir("false"), Arc::new(InMemory::new()) as Arc<dyn ObjectStore>);
    let content = over(&dir, &bucket, Bounds::default());
    let digest = content.put(Bytes::from_static(b"true")).await.unwrap().digest;
    std::fs::remove_dir_all(dir.0.join("near")).unwrap();
    let path = format!("some/prefix/blobs/{}/{}", &digest.hex()[..2], digest.hex());
    bucket.put(&path.into(), "false".into()).await.unwrap();
    let content = over(&dir, &bucket, Bounds::default());
    assert_eq!(
        content.blob(&digest).await.unwrap_err().kind(),
        io::ErrorKind::InvalidData
    );
    assert_eq!(std::fs::read_dir(dir.0.join("near/uploads")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_bucket_is_one_registrys() {
    let (dir, bucket) = (dir("owner"), Arc::new(InMemory::new()) as Arc<dyn ObjectStore>);
    over(&dir, &bucket, Bounds::default())
        .put(Bytes::from_static(b"{}"))
        .await
        .unwrap();
    let other = Content::over(&dir.0.join("b"), bucket, "some/prefix", "other", Bounds::default()).unwrap();
    assert!(other.put(Bytes::from_static(b"{}")).await.is_err());
    assert!(other.part(0).await.is_err());
    assert!(other.blob(&Digest::of(b"{}")).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_directory_is_trimmed_to_what_was_used_lately() {
    let (dir, bucket) = (dir("trim"), Arc::new(InMemory::new()) as Arc<dyn ObjectStore>);
    let bounds = Bounds {
        near_bytes: 25,
        ..Bounds::default()
    };
    let content = over(&dir, &bucket, bounds);
    let mut digests = Vec::new();
    for text in [&b"the first"[..], b"the second", b"the third"] {
        digests.push(content.put(Bytes::from_static(text)).await.unwrap().digest);
    }
    content.blob(&digests[0]).await.unwrap().unwrap();
    assert_eq!(content.trim().await.unwrap(), 10);
    let near = |digest: &Digest| {
        dir.0
            .join("near/blobs")
            .join(&digest.hex()[..2])
            .join(digest.hex())
            .exists()
    };
    assert_eq!(digests.iter().map(near).collect::<Vec<_>>(), [true, false, true]);
    let again = content.blob(&digests[1]).await.unwrap().unwrap();
    assert_eq!(all(&again), b"the second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_directory_is_carried_to_a_bucket() {
    let (dir, bucket) = (dir("carry"), Arc::new(InMemory::new()) as Arc<dyn ObjectStore>);
    let alone = Content::open(&dir.0.join("near"), Bounds::default()).unwrap();
    let digest = alone.put(Bytes::from_static(b"before")).await.unwrap().digest;
    drop(alone);
    let content = over(&dir, &bucket, Bounds::default());
    let mut told = Vec::new();
    content.carry(|done, of| told.push((done, of))).await.unwrap();
    assert_eq!(told, [(0, 1)]);
    std::fs::remove_dir_all(dir.0.join("near")).unwrap();
    let blob = over(&dir, &bucket, Bounds::default()).blob(&digest).await.unwrap();
    assert_eq!(all(&blob.unwrap()), b"before");
}
