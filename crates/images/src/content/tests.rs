//! What comes in is whole or not at all, whoever leaves in the middle.

use super::*;
use base::Timestamp;
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

fn on_both(name: &str, test: impl AsyncFn(Content)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
    let dir = dir(name);
    runtime.unwrap().block_on(async {
        test(Content::memory()).await;
        test(Content::open(&dir.0, Bounds::default()).unwrap()).await;
    });
}

fn all(content: &Blob) -> Vec<u8> {
    let mut all = Vec::new();
    content.reader().read_to_end(&mut all).unwrap();
    all
}

const NOW: Timestamp = Timestamp(1000);

#[test]
fn an_upload_goes_on_where_it_was_left() {
    on_both("goes-on", async |content| {
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
    on_both("wrong", async |content| {
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
    on_both("collect", async |content| {
        let pinned = content.put(Bytes::from_static(b"{}")).await.unwrap();
        let digest = pinned.digest;
        assert_eq!(content.collect(&digest, || false).unwrap(), None);
        let again = content.pin(&digest).unwrap().unwrap();
        drop(pinned);
        assert_eq!(content.collect(&digest, || panic!("it is pinned")).unwrap(), None);
        drop(again);
        assert_eq!(content.collect(&digest, || true).unwrap(), None);
        assert_eq!(content.collect(&digest, || false).unwrap(), Some(2));
        assert!(content.pin(&digest).unwrap().is_none());
        assert!(content.blob(&digest).await.unwrap().is_none());
    });
}

#[test]
fn uploads_that_nobody_goes_on_with_expire() {
    on_both("expire", async |content| {
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
    turn.park().await.unwrap();
    drop(before);
    std::fs::write(dir.0.join("uploads/put-7"), "half").unwrap();
    let after = open();
    assert!(!dir.0.join("uploads/put-7").exists());
    let mut turn = after.receive("u1", "a").await.unwrap();
    assert_eq!(turn.offset(), 7);
    turn.write(Bytes::from_static(b"world")).await.unwrap();
    turn.finish(Digest::of(b"hello, world")).await.unwrap();
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
