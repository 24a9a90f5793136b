//! The store beside a plain map: the same steps, the same answers.

use super::{Driven, options};
use crate::testing::Note;
use crate::{Key, MemoryBackend, Record, Revision, Snapshot, Store, StoreError, View};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

type Oracle = BTreeMap<Key, Arc<Note>>;

#[derive(Clone, Debug)]
enum Step {
    /// One transaction; at the end it fails, or not.
    Write {
        changes: Vec<Change>,
        fails: bool,
    },
    /// Keeps a snapshot, in place of the one kept before.
    Hold,
    Reopen,
}

#[derive(Clone, Debug)]
struct Change {
    board: u8,
    name: u8,
    /// Deletes, if none.
    note: Option<(u8, Vec<u8>)>,
}

impl Change {
    fn key(&self) -> Key {
        Note::key_of(&format!("b{}", self.board), &format!("n{}", self.name))
    }

    fn note(&self) -> Option<Note> {
        let (colour, tags) = self.note.as_ref()?;
        let mut note = Note::new(&format!("b{}", self.board), &format!("n{}", self.name), "text");
        note.colour = ["", "red", "reddish"][usize::from(*colour)].into();
        note.tags = tags.iter().map(|tag| format!("t{tag}")).collect();
        note.tags.dedup();
        Some(note)
    }
}

fn change() -> impl Strategy<Value = Change> {
    let note = proptest::option::weighted(0.7, (0u8..3, proptest::collection::vec(0u8..3, 0..3)));
    (0u8..3, 0u8..12, note).prop_map(|(board, name, note)| Change { board, name, note })
}

fn step() -> impl Strategy<Value = Step> {
    let write = (
        proptest::collection::vec(change(), 0..30),
        proptest::bool::weighted(0.2),
    );
    prop_oneof![
        20 => write.prop_map(|(changes, fails)| Step::Write { changes, fails }),
        2 => Just(Step::Hold),
        1 => Just(Step::Reopen),
    ]
}

/// All ways of reading agree with the oracle.
fn agrees(view: &View, oracle: &Oracle) {
    let all: Vec<_> = view.scan::<Note>(&Key::all()).collect();
    assert_eq!(all, oracle.values().cloned().collect::<Vec<_>>());
    for board in ["b0", "b1", "b2"].map(|board| Key::of([board])) {
        let of_board: Vec<_> = oracle.iter().filter(|(key, _)| key.starts_with(&board)).collect();
        assert_eq!(view.count::<Note>(&board), of_board.len());
        let after = Note::key_of("b1", "n3");
        let found: Vec<_> = view
            .scan_after::<Note>(&board, Some(&after))
            .map(|note| note.key())
            .collect();
        let wanted: Vec<_> = of_board
            .iter()
            .map(|(key, _)| (*key).clone())
            .filter(|key| *key > after)
            .collect();
        assert_eq!(found, wanted);
    }
    let indexed = |index: &str, value: &str, has: &dyn Fn(&Note) -> bool| {
        let found: Vec<_> = view.by::<Note>(index, &Key::of([value])).collect();
        let wanted: Vec<_> = oracle.values().filter(|note| has(note)).cloned().collect();
        assert_eq!(found, wanted, "{index} {value}");
        assert_eq!(view.count_by::<Note>(index, &Key::of([value])), wanted.len());
    };
    for colour in ["red", "reddish"] {
        indexed("colour", colour, &|note| note.colour == colour);
    }
    for tag in ["t0", "t1", "t2"] {
        indexed("tag", tag, &|note| note.tags.iter().any(|t| t == tag));
    }
    for name in 0..12 {
        let key = Note::key_of("b1", &format!("n{name}"));
        assert_eq!(view.get::<Note>(&key), oracle.get(&key).cloned());
    }
}

/// What a watch tells, done to a copy from where it began, gives the present.
fn caught_up(store: &Store, (from, mut copy): (Revision, Oracle), oracle: &Oracle) {
    let mut watch = store.watch(from);
    let mut rev = from;
    while let Some(commit) = watch.try_next().expect("the ring is long enough") {
        assert_eq!(commit.rev, rev.next());
        rev = commit.rev;
        for change in &commit.changes {
            let (before, after) = change.of::<Note>().expect("there are only notes");
            let was = match after {
                Some(note) => copy.insert(change.key.clone(), note),
                None => copy.remove(&change.key),
            };
            assert_eq!(was, before);
        }
    }
    assert_eq!(&copy, oracle);
    assert_eq!(store.snapshot().revision(), rev);
}

fn run(steps: Vec<Step>, seed: u64) {
    let disk = MemoryBackend::new().with_small_files();
    let mut driven = Driven::open(&disk, options(seed)).expect("it opens");
    let mut oracle = Oracle::new();
    let mut began = (Revision(0), Oracle::new());
    let mut held: Option<(Snapshot, Oracle)> = None;
    for step in steps {
        match step {
            Step::Write { changes, fails } => {
                let mut next = oracle.clone();
                for change in &changes {
                    match change.note() {
                        Some(note) => drop(next.insert(change.key(), Arc::new(note))),
                        None => drop(next.remove(&change.key())),
                    }
                }
                let wanted = if fails { oracle.clone() } else { next.clone() };
                let answer = driven.write(move |tx| {
                    for change in &changes {
                        match change.note() {
                            Some(note) => tx.put(note),
                            None => drop(tx.delete::<Note>(&change.key())),
                        }
                    }
                    agrees(tx, &next);
                    if fails { Err(StoreError::Closed) } else { Ok(()) }
                });
                assert_eq!(answer.is_err(), fails, "{answer:?}");
                oracle = wanted;
            }
            Step::Hold => held = Some((driven.store.snapshot(), oracle.clone())),
            Step::Reopen => {
                caught_up(&driven.store, began, &oracle);
                drop(driven);
                driven = Driven::open(&disk, options(seed)).expect("it opens again");
                began = (driven.store.snapshot().revision(), oracle.clone());
            }
        }
        agrees(&driven.store.snapshot(), &oracle);
        if let Some((snapshot, oracle)) = &held {
            agrees(snapshot, oracle);
        }
    }
    caught_up(&driven.store, began, &oracle);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_answers_as_a_map_does(steps in proptest::collection::vec(step(), 1..60), seed: u64) {
        run(steps, seed);
    }
}
