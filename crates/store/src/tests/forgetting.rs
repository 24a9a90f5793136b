//! What is no longer needed goes: versions in memory, and history on disk.

#![allow(clippy::unit_arg)] // `Ok(tx.put(..))` says it best

use super::{Driven, options};
use crate::testing::Note;
use crate::{HistoryError, HistoryLimits, Key, Limits, MemoryBackend, Moment, Options, Revision};
use std::sync::Arc;
use std::time::Duration;

fn put(driven: &mut Driven, name: &str, text: &str) {
    let note = Note::new("b", name, text);
    driven.write(move |tx| Ok(tx.put(note.clone()))).expect("it is written");
}

#[test]
fn a_version_that_nobody_can_ask_for_is_dropped() {
    let limits = Limits {
        ring_commits: 1,
        ..Limits::default()
    };
    let mut driven = Driven::open(&MemoryBackend::new(), Options { limits, ..options(1) }).expect("it opens");
    let key = Note::key_of("b", "n");
    put(&mut driven, "n", "old");
    let old = Arc::downgrade(&driven.store.snapshot().get::<Note>(&key).expect("it is there"));
    let reader = driven.store.snapshot();
    put(&mut driven, "n", "new");
    put(&mut driven, "other", "1");
    assert!(old.upgrade().is_some(), "a reader holds it");
    assert_eq!(reader.get::<Note>(&key).map(|n| n.text.clone()), Some("old".into()));
    drop(reader);
    put(&mut driven, "other", "2");
    assert!(old.upgrade().is_none(), "nobody holds it");
    // The same for one that was deleted.
    let new = Arc::downgrade(&driven.store.snapshot().get::<Note>(&key).expect("it is there"));
    let gone = key.clone();
    driven
        .write(move |tx| Ok(drop(tx.delete::<Note>(&gone))))
        .expect("it is written");
    put(&mut driven, "other", "3");
    assert!(new.upgrade().is_none());
}

#[test]
fn history_keeps_within_its_bytes() {
    const BYTES: u64 = 16 << 10;
    let disk = MemoryBackend::new().with_small_files();
    let history = HistoryLimits {
        bytes: BYTES,
        ..HistoryLimits::default()
    };
    let mut driven = Driven::open(&disk, Options { history, ..options(1) }).expect("it opens");
    let mut most = 0;
    for n in 0..1000 {
        put(&mut driven, &format!("{}", n % 10), &format!("{n:050}"));
        most = most.max(disk.bytes());
    }
    // Beside history: an image and the one before it, the segment that grows, and what the newest image lacks.
    assert!(most < BYTES as usize + (16 << 10), "{most} bytes");
    let key = Note::key_of("b", "9");
    let text = |rev| driven.store.as_of::<Note>(&key, Moment::Revision(Revision(rev)));
    assert!(matches!(text(20), Err(HistoryError::Forgotten { until }) if until > Revision(500)));
    let recent = text(989)
        .expect("it is told")
        .and_then(|version| version.record)
        .expect("it was there");
    assert_eq!(recent.text, format!("{:050}", 979));
    let told = driven.store.history::<Note>(&key).expect("it is told");
    assert!((5..100).contains(&told.len()), "{} versions", told.len());
}

#[test]
fn history_keeps_within_its_time() {
    let disk = MemoryBackend::new().with_small_files();
    let (base, clock) = crate::testing::options();
    let history = HistoryLimits {
        keep: Duration::from_secs(60),
        ..HistoryLimits::default()
    };
    let mut driven = Driven::open(&disk, Options { history, ..base }).expect("it opens");
    put(&mut driven, "still", "since ever");
    for n in 0..1000 {
        clock.advance_millis(1000);
        put(&mut driven, &format!("{}", n % 10), &format!("{n:050}"));
    }
    assert!(disk.bytes() < 40 << 10, "{} bytes", disk.bytes());
    let told = driven
        .store
        .history::<Note>(&Note::key_of("b", "9"))
        .expect("it is told");
    assert_eq!(
        told.len(),
        7,
        "one every ten seconds, and what it was when history begins"
    );
    // What did not change is known for as long as it is there.
    let still = Note::key_of("b", "still");
    let version = driven
        .store
        .as_of::<Note>(&still, Moment::Revision(Revision(1)))
        .expect("it is told");
    assert_eq!(version.map(|v| v.rev), Some(Revision(1)));
    assert_eq!(driven.store.snapshot().count::<Note>(&Key::all()), 11);
}
