//! Crashes on a disk that tears and loses what is not synced.

use super::{Driven, options};
use crate::gate::lock;
use crate::testing::Note;
use crate::{Key, MemoryBackend, Record, Revision, Snapshot, StoreError};
use base::{Dice, SeededDice};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const WRITERS: u64 = 6;

/// Which write each revision is, as the closures were run: number and how many notes it wrote.
type Told = Arc<Mutex<BTreeMap<Revision, (u64, u64)>>>;

fn note(writer: u64, of: u64, number: u64) -> Note {
    Note::new(&format!("w{writer}"), &format!("{of}"), &format!("{number}"))
}

/// Write `number` replaces `notes` notes of its writer in one transaction, and now and then deletes one.
fn begin(driven: &mut Driven, told: &Told, number: u64, notes: u64) {
    let told = Arc::clone(told);
    driven.begin(number, move |tx| {
        lock(&told).insert(tx.revision(), (number, notes));
        (0..notes).for_each(|of| tx.put(note(number % WRITERS, of, number)));
        if number.is_multiple_of(5) {
            tx.delete::<Note>(&note(number % WRITERS, 0, 0).key());
        }
        Ok(())
    });
}

/// What must be there after the first `rev` writes.
fn after(told: &Told, rev: Revision) -> BTreeMap<Key, Note> {
    let mut state = BTreeMap::new();
    for (number, notes) in lock(told).range(..=rev).map(|(_, told)| *told) {
        for of in 0..notes {
            let note = note(number % WRITERS, of, number);
            state.insert(note.key(), note);
        }
        if number.is_multiple_of(5) {
            state.remove(&note(number % WRITERS, 0, 0).key());
        }
    }
    state
}

fn check(snapshot: &Snapshot, told: &Told) {
    let state = snapshot
        .scan::<Note>(&Key::all())
        .map(|note| (note.key(), (*note).clone()))
        .collect();
    assert_eq!(after(told, snapshot.revision()), state);
}

/// One disk, crashed again and again under writers.
fn storm(seed: u64) {
    let dice = SeededDice::new(seed);
    let disk = MemoryBackend::new().with_small_files();
    let told = Told::default();
    let (mut acknowledged, mut number) = (Revision(0), 0);
    for life in 0..5 {
        let mut driven = Driven::open(&disk, options(seed)).unwrap_or_else(|e| panic!("seed {seed}, life {life}: {e}"));
        let found = driven.store.snapshot();
        assert!(
            found.revision() >= acknowledged,
            "seed {seed}: what was acknowledged is there"
        );
        check(&found, &told);
        lock(&told).retain(|rev, _| *rev <= found.revision());
        let mut revs = BTreeMap::new();
        for _ in 0..dice.below(120) {
            match dice.below(4) {
                0 | 1 => {
                    number += 1;
                    begin(&mut driven, &told, number, 2 + dice.below(3));
                    let rev = lock(&told)
                        .iter()
                        .find(|(_, told)| told.0 == number)
                        .map(|(rev, _)| *rev);
                    revs.insert(number, rev.expect("the closure was run"));
                }
                2 => drop(driven.pump.begin()),
                _ => driven.pump.finish(),
            }
            for (number, answer) in driven.answered() {
                assert_eq!(answer, Ok(()), "seed {seed}");
                acknowledged = acknowledged.max(revs[&number]);
            }
            let seen = driven.store.snapshot();
            assert!(
                seen.revision() >= acknowledged,
                "seed {seed}: what was acknowledged is seen"
            );
            if dice.below(8) == 0 {
                check(&seen, &told);
            }
        }
        // Sometimes all is closed in order first.
        let crash = dice.below(4) > 0;
        if crash {
            disk.crash(&dice);
        }
        drop(driven.pump);
        drop(driven.store);
    }
}

#[test]
fn what_was_acknowledged_survives_a_torn_and_lossy_crash() {
    (0..150).for_each(storm);
}

/// The disk fails at some operation, whichever it is; then it crashes.
fn failing_disk(seed: u64) -> bool {
    let dice = SeededDice::new(seed);
    let disk = MemoryBackend::new().with_small_files();
    let told = Told::default();
    let mut driven = Driven::open(&disk, options(seed)).expect("a fresh disk opens");
    disk.fail_after(dice.below(60), std::io::ErrorKind::StorageFull);
    let (mut acknowledged, mut failed) = (0, false);
    for number in 1..60 {
        let told_too = Arc::clone(&told);
        let answer = driven.write(move |tx| {
            lock(&told_too).insert(tx.revision(), (number, 3));
            (0..3).for_each(|of| tx.put(note(number % WRITERS, of, number)));
            if number.is_multiple_of(5) {
                tx.delete::<Note>(&note(number % WRITERS, 0, 0).key());
            }
            Ok(())
        });
        match answer {
            Ok(()) => {
                assert!(!failed, "seed {seed}: nothing is written after a failure");
                acknowledged = number;
            }
            Err(StoreError::ReadOnly { reason }) => {
                assert!(reason.contains("failed"), "{reason}");
                failed = true;
            }
            Err(other) => panic!("seed {seed}: {other}"),
        }
        let seen = driven.store.snapshot();
        assert_eq!(
            seen.revision(),
            Revision(acknowledged),
            "seed {seed}: what failed is not seen"
        );
        check(&seen, &told);
    }
    disk.crash(&dice);
    drop(driven);
    let driven = Driven::open(&disk, options(seed)).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let found = driven.store.snapshot();
    // The write that failed may have reached the disk all the same; those after it were never begun.
    assert!(
        (acknowledged..=acknowledged + 1).contains(&found.revision().0),
        "seed {seed}: {}",
        found.revision()
    );
    check(&found, &told);
    failed
}

#[test]
fn a_failing_disk_makes_the_store_read_only_and_loses_nothing() {
    let failed = (0..200).filter(|seed| failing_disk(*seed)).count();
    assert!(failed > 50, "the faults are met: {failed}");
}
