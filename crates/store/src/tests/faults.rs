//! Disks that rot, queues that fill, and ends that come early.
#![allow(clippy::unit_arg)] // `Ok(tx.put(..))` says it best

use super::{Driven, options, poll};
use crate::testing::Note;
use crate::{Key, Limits, MemoryBackend, OpenError, Options, StoreError};
use base::SeededDice;

#[test]
fn a_disk_that_rots_is_refused_or_harmless() {
    let mut refused = 0;
    for seed in 0..300 {
        let disk = MemoryBackend::new().with_small_files();
        let mut driven = Driven::open(&disk, options(seed)).expect("a fresh disk opens");
        for n in 0..40u64 {
            let write = move |tx: &mut crate::Tx| Ok(tx.put(Note::new("b", &format!("{}", n % 7), &format!("{n}"))));
            driven.write(write).expect("it is written");
        }
        drop(driven);
        disk.rot(&SeededDice::new(seed))
            .expect("there is something that can rot");
        match Driven::open(&disk, options(seed)) {
            Err(OpenError::Damaged { .. }) => refused += 1,
            Err(other) => panic!("seed {seed}: {other}"),
            Ok(driven) => {
                // The rot is in what only history needs, or in the very last batch, which looks as if torn off.
                let found = driven.store.snapshot();
                assert!(found.revision().0 >= 39, "seed {seed}: {}", found.revision());
                let newest = found
                    .scan::<Note>(&Key::all())
                    .map(|n| n.text.parse::<u64>().unwrap())
                    .max();
                assert_eq!(newest, Some(found.revision().0 - 1), "seed {seed}");
            }
        }
    }
    assert!(refused > 50, "most rot is noticed: {refused}");
}

#[test]
fn writes_that_cannot_wait_are_refused() {
    let limits = Limits {
        waiting_writes: 4,
        bytes_per_batch: 100,
        ..Limits::default()
    };
    let disk = MemoryBackend::new();
    let mut driven = Driven::open(&disk, Options { limits, ..options(1) }).expect("it opens");
    // Two fill the batch; four more may wait for the next.
    for n in 0..6 {
        driven.begin(n, move |tx| {
            Ok(tx.put(Note::new("b", &format!("{n}"), &"x".repeat(60))))
        });
    }
    let store = driven.store.clone();
    let mut one_more = Box::pin(async move { store.write(|_| -> Result<(), StoreError> { Ok(()) }).await });
    assert_eq!(poll(&mut one_more), Some(Err(StoreError::Busy { waiting: 4 })));
    while !driven.waiting.is_empty() {
        assert!(driven.pump.begin());
        driven.pump.finish();
        driven
            .answered()
            .into_iter()
            .for_each(|(_, answer)| assert_eq!(answer, Ok(())));
    }
    assert_eq!(driven.store.snapshot().count::<Note>(&Key::all()), 6);
}

#[test]
fn writes_under_way_when_the_pump_ends_are_answered() {
    let disk = MemoryBackend::new();
    let mut driven = Driven::open(&disk, options(1)).expect("it opens");
    driven.begin(0, |tx| Ok(tx.put(Note::new("b", "in flight", ""))));
    driven.pump.begin();
    driven.begin(1, |tx| Ok(tx.put(Note::new("b", "gathering", ""))));
    let Driven { store, pump, waiting } = driven;
    drop(pump);
    for (_, mut future) in waiting {
        assert_eq!(poll(&mut future), Some(Err(StoreError::Closed)));
    }
    assert_eq!(
        store.snapshot().count::<Note>(&Key::all()),
        0,
        "what was not acknowledged is not seen"
    );
}

#[test]
fn an_answer_waits_for_what_it_saw() {
    let disk = MemoryBackend::new();
    let mut driven = Driven::open(&disk, options(1)).expect("it opens");
    driven.begin(0, |tx| Ok(tx.put(Note::new("b", "n", ""))));
    // It changes nothing, but it saw the note, which may yet be lost.
    driven.begin(1, |tx| match tx.get::<Note>(&Note::key_of("b", "n")) {
        Some(_) => Err(StoreError::TooManyChanges { limit: 0 }),
        None => Ok(()),
    });
    assert!(driven.answered().is_empty());
    driven.pump.begin();
    assert!(driven.answered().is_empty());
    driven.pump.finish();
    assert_eq!(
        driven.answered(),
        [(0, Ok(())), (1, Err(StoreError::TooManyChanges { limit: 0 }))]
    );
}
