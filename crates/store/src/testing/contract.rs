//! What every backend must do. A backend's tests call [`run`] with a maker of fresh media.
#![allow(clippy::unit_arg)] // `Ok(tx.put(..))` says it best

use super::{Note, block_on, options};
use crate::{
    Backend, BadRecord, HistoryError, Key, Lagged, Limits, Moment, OpenError, Options, Record, Revision, Store,
    StoreError, Tables, Tx,
};
use base::ManualClock;
use std::sync::Arc;

/// Something to keep state on, opened again and again.
pub trait Medium {
    type Backend: Backend;
    fn backend(&self) -> Self::Backend;
}

/// Runs the whole contract; each part gets a fresh medium.
pub fn run<M: Medium>(fresh: impl Fn() -> M) {
    what_is_written_is_read_now_and_after_reopening(&fresh());
    an_error_or_a_panic_commits_nothing(&fresh());
    a_limit_passed_commits_nothing_and_says_which(&fresh());
    a_transaction_sees_its_own_changes(&fresh());
    indexes_lead_to_records_in_order(&fresh());
    pages_go_on_behind_a_key(&fresh());
    a_snapshot_never_changes(&fresh());
    a_watch_misses_nothing_or_says_so(&fresh());
    the_past_can_be_asked_for(&fresh());
    writers_do_not_lose_each_others_work(&fresh());
    one_user_at_a_time(&fresh());
    what_cannot_be_read_is_refused(&fresh());
    a_closed_store_refuses_to_write(&fresh());
}

fn tables() -> Tables {
    Tables::new().with::<Note>().with::<Tally>()
}

fn try_open(medium: &impl Medium, options: Options) -> Result<Store, OpenError> {
    Store::open(medium.backend(), tables(), options)
}

fn open(medium: &impl Medium) -> (Store, ManualClock) {
    let (options, clock) = options();
    (try_open(medium, options).expect("it opens"), clock)
}

/// Opens once more, looks, closes.
fn again(medium: &impl Medium, look: impl FnOnce(&Store)) {
    let (store, _) = open(medium);
    look(&store);
    block_on(store.close());
}

fn write<T: Send + 'static>(
    store: &Store,
    write: impl FnMut(&mut Tx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    block_on(store.write(write))
}

fn put(store: &Store, note: &Note) {
    let note = note.clone();
    write(store, move |tx| Ok(tx.put(note.clone()))).expect("it is written");
}

fn delete(store: &Store, key: &Key) {
    let key = key.clone();
    write(store, move |tx| Ok(tx.delete::<Note>(&key).is_some())).expect("it is written");
}

fn names(notes: impl Iterator<Item = Arc<Note>>) -> Vec<String> {
    notes.map(|note| note.name.clone()).collect()
}

fn what_is_written_is_read_now_and_after_reopening(medium: &impl Medium) {
    let (store, clock) = open(medium);
    let before = store.snapshot();
    let (kept, gone) = (Note::new("b", "kept", "hello"), Note::new("b", "gone", "bye"));
    put(&store, &kept);
    put(&store, &gone);
    clock.advance_millis(5);
    delete(&store, &gone.key());
    write(&store, |tx| {
        Ok(tx.put(Tally {
            name: "t".into(),
            count: 7,
        }))
    })
    .expect("it is written");
    let check = |store: &Store| {
        let now = store.snapshot();
        assert_eq!(now.revision(), Revision(4));
        assert_eq!(now.get::<Note>(&kept.key()).as_deref(), Some(&kept));
        assert_eq!(now.revision_of::<Note>(&kept.key()), Some(Revision(1)));
        assert_eq!(now.get::<Note>(&gone.key()), None);
        assert_eq!(now.get::<Tally>(&Key::of(["t"])).map(|t| t.count), Some(7));
        assert_eq!(now.count::<Note>(&Key::all()), 1);
    };
    check(&store);
    assert_eq!(before.count::<Note>(&Key::all()), 0);
    block_on(store.close());
    again(medium, check);
    again(medium, check);
}

fn an_error_or_a_panic_commits_nothing(medium: &impl Medium) {
    let (store, _) = open(medium);
    put(&store, &Note::new("b", "n", "first"));
    let failed: Result<(), StoreError> = write(&store, |tx| {
        tx.put(Note::new("b", "n", "second"));
        tx.put(Note::new("b", "m", "new"));
        Err(StoreError::Closed)
    });
    assert_eq!(failed, Err(StoreError::Closed));
    let panicked: Result<(), StoreError> = write(&store, |tx| {
        tx.delete::<Note>(&Note::key_of("b", "n"));
        panic!("as the test wants");
    });
    assert!(matches!(panicked, Err(StoreError::Panicked { message }) if &*message == "as the test wants"));
    let now = store.snapshot();
    assert_eq!(now.revision(), Revision(1));
    assert_eq!(names(now.scan::<Note>(&Key::all())), ["n"]);
    assert_eq!(
        now.get::<Note>(&Note::key_of("b", "n")).map(|n| n.text.clone()),
        Some("first".into())
    );
    put(&store, &Note::new("b", "n", "third"));
}

fn a_limit_passed_commits_nothing_and_says_which(medium: &impl Medium) {
    let limits = Limits {
        changes_per_tx: 20,
        bytes_per_record: 100,
        bytes_per_key: 30,
        bytes_per_tx: 500,
        ..Limits::default()
    };
    let store = try_open(medium, Options { limits, ..options().0 }).expect("it opens");
    let refused = |write: fn(&mut Tx)| {
        block_on(store.write(move |tx| -> Result<(), StoreError> {
            tx.put(Tally {
                name: "along".into(),
                count: 1,
            });
            write(tx);
            Ok(())
        }))
        .expect_err("a limit is passed")
    };
    assert_eq!(
        refused(|tx| tx.put(Note::new("b", "n", &"x".repeat(100)))),
        StoreError::RecordTooLarge {
            table: "notes",
            bytes: 118,
            limit: 100
        }
    );
    assert_eq!(
        refused(|tx| tx.put(Note::new("b", &"n".repeat(30), ""))),
        StoreError::KeyTooLong {
            table: "notes",
            bytes: 33,
            limit: 30
        }
    );
    assert_eq!(
        refused(|tx| (0..20).for_each(|n| tx.put(Tally {
            name: format!("{n}"),
            count: 1
        }))),
        StoreError::TooManyChanges { limit: 20 }
    );
    assert_eq!(
        refused(|tx| (0..8).for_each(|n| tx.put(Note::new("b", &format!("{n}"), &"x".repeat(60))))),
        StoreError::TransactionTooLarge { limit: 500 }
    );
    assert_eq!(store.snapshot().revision(), Revision(0));
    assert_eq!(store.snapshot().count::<Tally>(&Key::all()), 0);
}

fn a_transaction_sees_its_own_changes(medium: &impl Medium) {
    let (store, clock) = open(medium);
    put(
        &store,
        &Note {
            colour: "red".into(),
            ..Note::new("b", "m", "")
        },
    );
    clock.advance_millis(3);
    let at = write(&store, |tx| {
        assert_eq!(tx.revision(), Revision(2));
        tx.put(Note {
            colour: "red".into(),
            ..Note::new("b", "a", "")
        });
        tx.put(Note {
            colour: "blue".into(),
            ..Note::new("b", "m", "")
        });
        tx.put(Note::new("b", "fleeting", ""));
        assert_eq!(names(tx.scan::<Note>(&Key::of(["b"]))), ["a", "fleeting", "m"]);
        assert_eq!(names(tx.by::<Note>("colour", &Key::of(["red"]))), ["a"]);
        assert_eq!(names(tx.by::<Note>("colour", &Key::of(["blue"]))), ["m"]);
        assert!(tx.delete::<Note>(&Note::key_of("b", "fleeting")).is_some());
        assert!(tx.delete::<Note>(&Note::key_of("b", "fleeting")).is_none());
        // More than a few changes, and some of them twice.
        (0..100).for_each(|n| {
            tx.put(Tally {
                name: format!("{}", n % 40),
                count: n,
            })
        });
        Ok(tx.now())
    })
    .expect("it is written");
    let mut watch = store.watch(Revision(1));
    let commit = watch.try_next().expect("it does not lag").expect("there is one");
    assert_eq!((commit.rev, commit.at), (Revision(2), at));
    assert_eq!(
        commit.changes.len(),
        42,
        "each record once, and what came and went not at all"
    );
    assert_eq!(names(store.snapshot().by::<Note>("colour", &Key::of(["red"]))), ["a"]);
    assert_eq!(
        store.snapshot().get::<Tally>(&Key::of(["7"])).map(|t| t.count),
        Some(87)
    );
    // A transaction that changes nothing in the end is no commit.
    write(&store, |tx| {
        tx.put(Note::new("b", "fleeting", ""));
        Ok(tx.delete::<Note>(&Note::key_of("b", "fleeting")).is_some())
    })
    .expect("it is answered");
    assert_eq!(store.snapshot().revision(), Revision(2));
    assert_eq!(store.snapshot().get::<Note>(&Note::key_of("b", "fleeting")), None);
}

fn indexes_lead_to_records_in_order(medium: &impl Medium) {
    let (store, _) = open(medium);
    for (name, colour, tags) in [
        ("c", "red", "x"),
        ("a", "red", "xy"),
        ("b", "redder", "y"),
        ("d", "", ""),
    ] {
        let tags = tags.chars().map(String::from).collect();
        put(
            &store,
            &Note {
                colour: colour.into(),
                tags,
                ..Note::new("b", name, "")
            },
        );
    }
    put(
        &store,
        &Note {
            colour: "redder".into(),
            ..Note::new("b", "c", "moved")
        },
    );
    delete(&store, &Note::key_of("b", "b"));
    let check = |store: &Store| {
        let now = store.snapshot();
        let by = |index, key: &str| names(now.by::<Note>(index, &Key::of([key])));
        assert_eq!(by("colour", "red"), ["a"]);
        assert_eq!(by("colour", "redder"), ["c"]);
        assert_eq!(by("tag", "x"), ["a"]);
        assert_eq!(by("tag", "y"), ["a"]);
        assert_eq!(by("tag", "z"), Vec::<String>::new());
        assert_eq!(names(now.by::<Note>("colour", &Key::all())), ["a", "c"]);
        assert_eq!(now.count_by::<Note>("tag", &Key::all()), 2);
    };
    check(&store);
    block_on(store.close());
    again(medium, check);
}

fn pages_go_on_behind_a_key(medium: &impl Medium) {
    let (store, _) = open(medium);
    write(&store, |tx| {
        (0..1500).for_each(|n| {
            tx.put(Note {
                colour: "red".into(),
                ..Note::new("b", &format!("{n:04}"), "")
            })
        });
        tx.put(Note::new("ba", "0000", ""));
        Ok(())
    })
    .expect("it is written");
    let now = store.snapshot();
    let (board, red) = (Key::of(["b"]), Key::of(["red"]));
    assert_eq!(now.count::<Note>(&board), 1500);
    assert_eq!(now.count_by::<Note>("colour", &red), 1500);
    let (mut scanned, mut found, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page: Vec<_> = now.scan_after::<Note>(&board, after.as_ref()).take(400).collect();
        found.extend(names(now.by_after::<Note>("colour", &red, after.as_ref()).take(400)));
        let Some(last) = page.last() else { break };
        after = Some(last.key());
        scanned.extend(names(page.into_iter()));
    }
    let all: Vec<_> = (0..1500).map(|n| format!("{n:04}")).collect();
    assert_eq!(scanned, all);
    assert_eq!(found, all);
    // The key to go on behind need not be there, nor within the prefix.
    assert_eq!(
        names(
            now.scan_after::<Note>(&board, Some(&Note::key_of("b", "00000")))
                .take(1)
        ),
        ["0001"]
    );
    assert_eq!(now.scan_after::<Note>(&board, Some(&Key::of(["a"]))).count(), 1500);
    assert_eq!(now.scan_after::<Note>(&board, Some(&Key::of(["c"]))).count(), 0);
}

fn a_snapshot_never_changes(medium: &impl Medium) {
    let (store, _) = open(medium);
    for name in ["a", "b", "c"] {
        put(
            &store,
            &Note {
                tags: vec!["t".into()],
                ..Note::new("b", name, "old")
            },
        );
    }
    let old = store.snapshot();
    for round in 0..50 {
        put(&store, &Note::new("b", "a", &format!("{round}")));
        delete(&store, &Note::key_of("b", "b"));
        put(&store, &Note::new("b", &format!("new{round}"), ""));
    }
    let texts: Vec<_> = old
        .scan::<Note>(&Key::all())
        .map(|n| (n.name.clone(), n.text.clone()))
        .collect();
    assert_eq!(texts, ["a", "b", "c"].map(|name| (name.to_owned(), "old".to_owned())));
    assert_eq!(names(old.by::<Note>("tag", &Key::of(["t"]))), ["a", "b", "c"]);
    assert_eq!(old.count::<Note>(&Key::all()), 3);
    drop(old);
    put(&store, &Note::new("b", "a", "last"));
    assert_eq!(names(store.snapshot().by::<Note>("tag", &Key::of(["t"]))), ["c"]);
    assert_eq!(store.snapshot().count::<Note>(&Key::all()), 52);
}

fn a_watch_misses_nothing_or_says_so(medium: &impl Medium) {
    let limits = Limits {
        ring_commits: 10,
        ..Limits::default()
    };
    let store = try_open(medium, Options { limits, ..options().0 }).expect("it opens");
    let mut early = store.watch(Revision(0));
    assert!(early.try_next().expect("nothing is missed").is_none());
    let mut revs = Vec::new();
    for n in 0..25 {
        put(&store, &Note::new("b", "n", &format!("{n}")));
        let commit = block_on(early.next()).expect("nothing is missed");
        let (before, after) = commit.changes[0].of::<Note>().expect("it is about a note");
        assert_eq!(before.map(|n| n.text.clone()), (n > 0).then(|| format!("{}", n - 1)));
        assert_eq!(after.map(|n| n.text.clone()), Some(format!("{n}")));
        assert!(commit.changes[0].of::<Tally>().is_none());
        revs.push(commit.rev.0);
    }
    assert_eq!(revs, (1..=25).collect::<Vec<_>>());
    assert_eq!(
        block_on(store.watch(Revision(3)).next()).err(),
        Some(Lagged { oldest: Revision(15) })
    );
    assert_eq!(
        block_on(store.watch(Revision(15)).next()).map(|c| c.rev).ok(),
        Some(Revision(16))
    );
    assert!(
        store.watch(Revision(26)).try_next().is_err(),
        "no watch from a revision that was never there"
    );
    // Across an end of the store, what was before is no longer in the ring.
    block_on(store.close());
    let (store, _) = open(medium);
    assert!(store.watch(Revision(24)).try_next().is_err());
    assert!(
        store
            .watch(Revision(25))
            .try_next()
            .expect("nothing is missed")
            .is_none()
    );
}

fn the_past_can_be_asked_for(medium: &impl Medium) {
    let (store, clock) = open(medium);
    let key = Note::key_of("b", "n");
    for text in ["one", "two"] {
        put(&store, &Note::new("b", "n", text));
        put(&store, &Note::new("b", "other", text));
        clock.advance_millis(1000);
    }
    delete(&store, &key);
    clock.advance_millis(1000);
    put(&store, &Note::new("b", "n", "three"));
    let check = |store: &Store| {
        let told: Vec<_> = store.history::<Note>(&key).expect("it is told").into_iter().collect();
        let told: Vec<_> = told
            .iter()
            .map(|v| (v.rev.0, v.record.as_ref().map(|n| n.text.as_str())))
            .collect();
        assert_eq!(
            told,
            [(6, Some("three")), (5, None), (3, Some("two")), (1, Some("one"))]
        );
        let text = |moment| {
            let version = store.as_of::<Note>(&key, moment).expect("it is told");
            version.map(|v| v.record.expect("there is a record").text.clone())
        };
        let at = |ms| Moment::Time(base::Timestamp::from_millis(ms));
        assert_eq!(text(Moment::Revision(Revision(4))).as_deref(), Some("two"));
        assert_eq!(text(Moment::Revision(Revision(5))), None);
        assert_eq!(text(Moment::Revision(Revision(0))), None);
        assert_eq!(text(at(1_999)).as_deref(), Some("one"));
        assert_eq!(text(at(2_000)).as_deref(), Some("two"));
        assert_eq!(text(at(3_500)), None);
        assert_eq!(text(at(9_000)).as_deref(), Some("three"));
        assert!(
            store
                .history::<Note>(&Note::key_of("b", "never"))
                .expect("it is told")
                .is_empty()
        );
    };
    check(&store);
    block_on(store.close());
    // History is as long as it was, but no longer than it is kept.
    let (options, clock) = options();
    clock.set(base::Timestamp::from_millis(4_000));
    let mut short = options;
    short.history.keep = std::time::Duration::from_millis(1_500);
    let store = try_open(medium, short).expect("it opens");
    let told = store.history::<Note>(&key).expect("it is told");
    assert_eq!(
        told.iter().map(|v| v.rev.0).collect::<Vec<_>>(),
        [6, 5, 3],
        "and what it was when history begins"
    );
    let long_ago = store.as_of::<Note>(&key, Moment::Time(base::Timestamp::from_millis(1_500)));
    assert!(matches!(long_ago, Err(HistoryError::Forgotten { .. })));
    block_on(store.close());
    let (store, clock) = open(medium);
    clock.set(base::Timestamp::from_millis(4_000));
    check(&store);
}

fn writers_do_not_lose_each_others_work(medium: &impl Medium) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 50;
    let (options, _) = options();
    let dice: Arc<dyn base::Dice> = Arc::new(base::SeededDice::new(1));
    let store = try_open(
        medium,
        Options {
            conflicts: Some(dice),
            ..options
        },
    )
    .expect("it opens");
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let before = store.snapshot().get::<Tally>(&Key::of(["t"])).map_or(0, |t| t.count);
                    let after = write(&store, |tx| {
                        let count = tx.get::<Tally>(&Key::of(["t"])).map_or(0, |t| t.count) + 1;
                        tx.put(Tally {
                            name: "t".into(),
                            count,
                        });
                        Ok(count)
                    })
                    .expect("it is written");
                    assert!(after > before);
                    let seen = store.snapshot().get::<Tally>(&Key::of(["t"])).map_or(0, |t| t.count);
                    assert!(seen >= after, "what was acknowledged is seen");
                }
            });
        }
    });
    assert_eq!(
        store.snapshot().get::<Tally>(&Key::of(["t"])).map(|t| t.count),
        Some(WRITERS * EACH)
    );
    assert_eq!(store.snapshot().revision(), Revision(WRITERS * EACH));
}

fn one_user_at_a_time(medium: &impl Medium) {
    let (store, _) = open(medium);
    let refused = try_open(medium, options().0);
    assert!(matches!(refused.err(), Some(OpenError::InUse { .. })));
    put(&store, &Note::new("b", "n", "the first user goes on"));
    block_on(store.close());
    again(medium, |store| assert_eq!(store.snapshot().revision(), Revision(1)));
}

fn what_cannot_be_read_is_refused(medium: &impl Medium) {
    let (store, _) = open(medium);
    put(&store, &Note::new("b", "n", "hello"));
    block_on(store.close());
    let unknown = Store::open(medium.backend(), Tables::new().with::<Tally>(), options().0);
    assert!(matches!(unknown.err(), Some(OpenError::UnknownTable { table }) if table == "notes"));
    let bad = Store::open(medium.backend(), Tables::new().with::<Strict>(), options().0);
    assert!(matches!(bad.err(), Some(OpenError::BadRecord { table: "notes", key, .. }) if key == "b/n"));
    again(medium, |store| {
        assert_eq!(store.snapshot().revision(), Revision(1), "refusing harms nothing")
    });
}

fn a_closed_store_refuses_to_write(medium: &impl Medium) {
    let (store, _) = open(medium);
    put(&store, &Note::new("b", "n", "hello"));
    block_on(store.close());
    assert_eq!(write(&store, |_| Ok(())), Err(StoreError::Closed));
    assert_eq!(store.snapshot().count::<Note>(&Key::all()), 1, "reading goes on");
}

/// A second kind of record.
#[derive(Clone, Debug)]
struct Tally {
    name: String,
    count: u64,
}

impl Record for Tally {
    const TABLE: &'static str = "tallies";

    fn key(&self) -> Key {
        Key::of([&self.name])
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(self.name.as_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        let (count, name) = bytes.split_first_chunk().ok_or_else(|| BadRecord::new("cut off"))?;
        let name = String::from_utf8(name.to_vec()).map_err(BadRecord::new)?;
        Ok(Tally {
            name,
            count: u64::from_le_bytes(*count),
        })
    }
}

/// A kind of note that no note on the medium is good enough for.
#[derive(Clone)]
struct Strict;

impl Record for Strict {
    const TABLE: &'static str = Note::TABLE;

    fn key(&self) -> Key {
        Key::all()
    }

    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &[u8]) -> Result<Self, BadRecord> {
        Err(BadRecord::new("not strict enough"))
    }
}
