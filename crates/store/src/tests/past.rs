//! The list of changes read from the disk is the one that was watched.

use crate::testing::{Note, block_on, options};
use crate::{HistoryError, HistoryLimits, MemoryBackend, Options, Revision, Store, StoreError, Tables};
use base::{Dice, SeededDice};
use std::time::Duration;

/// What a commit did, as text.
type Told = (u64, Vec<String>);

fn told(commit: &crate::Commit) -> Told {
    let change = |change: &crate::Change| {
        let (before, after) = change.of::<Note>().expect("there are only notes");
        let text = |note: Option<std::sync::Arc<Note>>| note.map_or("-".to_string(), |note| note.text.clone());
        format!("{} {} > {}", change.key, text(before), text(after))
    };
    (commit.rev.0, commit.changes.iter().map(change).collect())
}

fn open(disk: &MemoryBackend, history: HistoryLimits) -> (Store, base::ManualClock) {
    let (options, clock) = options();
    let options = Options { history, ..options };
    let opened = Store::open(disk.clone(), Tables::new().with::<Note>(), options);
    (opened.expect("it opens"), clock)
}

/// So many transactions of up to three notes each, of which there are few, so that they change and go often.
fn play(store: &Store, dice: &SeededDice, transactions: usize) {
    for n in 0..transactions {
        let draws: Vec<(u64, bool)> = (0..=dice.below(3))
            .map(|_| (dice.below(12), dice.below(4) == 0))
            .collect();
        let write = store.write(move |tx| -> Result<(), StoreError> {
            for (name, goes) in &draws {
                let note = Note::new("b", &name.to_string(), &format!("{n} {}", "x".repeat(100)));
                match goes {
                    true => drop(tx.delete::<Note>(&crate::Record::key(&note))),
                    false => tx.put(note),
                }
            }
            Ok(())
        });
        block_on(write).expect("it is written");
    }
}

#[test]
fn what_was_watched_is_told_again_from_anywhere_also_after_reopening() {
    let disk = MemoryBackend::new().with_small_files();
    let dice = SeededDice::new(11);
    let mut watched: Vec<Told> = Vec::new();
    for _ in 0..3 {
        let (store, _) = open(&disk, HistoryLimits::default());
        let mut watch = store.watch(store.snapshot().revision());
        play(&store, &dice, 80);
        while let Some(commit) = watch.try_next().expect("it keeps up") {
            watched.push(told(&commit));
        }
        for from in (0..watched.len() as u64).step_by(7) {
            let after: Vec<Told> = watched.iter().filter(|(rev, _)| *rev > from).cloned().collect();
            let all = store.past(Revision(from), &["notes"], usize::MAX).expect("it is kept");
            assert_eq!(all.commits.iter().map(told).collect::<Vec<_>>(), after);
            assert_eq!(all.reached, store.snapshot().revision());
            // The same in pages.
            let (mut at, mut pages) = (Revision(from), Vec::new());
            while at < store.snapshot().revision() {
                let page = store.past(at, &["notes"], 5).expect("it is kept");
                assert!(page.reached > at);
                pages.extend(page.commits.iter().map(told));
                at = page.reached;
            }
            assert_eq!(pages, after);
        }
        let none = store.past(Revision(0), &["others"], 5).expect("it is kept");
        assert!(none.commits.is_empty() && none.reached == store.snapshot().revision());
        block_on(store.close());
    }
}

#[test]
fn what_is_no_longer_kept_is_not_told_as_if_nothing_had_been() {
    let disk = MemoryBackend::new().with_small_files();
    let history = HistoryLimits {
        keep: Duration::from_secs(60),
        ..HistoryLimits::default()
    };
    let (store, clock) = open(&disk, history);
    let dice = SeededDice::new(3);
    play(&store, &dice, 100);
    clock.advance_millis(3_600_000);
    let late = store.snapshot().revision();
    play(&store, &dice, 200);
    let from = store.past(Revision(0), &["notes"], 5);
    let Err(HistoryError::Forgotten { until }) = from else {
        panic!("{from:?}")
    };
    assert_eq!(until, store.oldest());
    assert!(store.past(until, &["notes"], usize::MAX).is_ok());
    // A time leads to a place before all that came since.
    let begin = store.before(base::Clock::now(&clock));
    assert!(begin <= late, "{begin} is behind {late}");
    assert_eq!(store.before(base::Timestamp(0)), until);
    block_on(store.close());
}
