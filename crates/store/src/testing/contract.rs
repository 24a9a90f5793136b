//! What every backend must do. A backend's tests call [`run`] with a maker of fresh disks.

use super::{Note, block_on, options};
use crate::{Backend, Key, OpenError, Store, StoreError, Tables};
use std::sync::Arc;

/// One medium, opened again and again.
pub trait Medium {
    type Backend: Backend;
    fn backend(&self) -> Self::Backend;
}

/// Runs the whole contract; each part gets a fresh disk.
pub fn run<D: Medium>(fresh: impl Fn() -> D) {
    what_is_written_is_read_now_and_after_reopening(&fresh());
}

fn open<D: Medium>(disk: &D) -> Result<Store, OpenError> {
    Store::open(disk.backend(), Tables::new().with::<Note>(), options().0)
}

fn what_is_written_is_read_now_and_after_reopening(disk: &impl Medium) {
    let store = open(disk).expect("a fresh disk opens");
    let before = store.snapshot();
    let note = Note::new("b", "n", "hello");
    let put = note.clone();
    block_on(store.write(move |tx| -> Result<(), StoreError> {
        tx.put(put.clone());
        Ok(())
    }))
    .expect("it is written");
    let key = Key::of(["b", "n"]);
    assert_eq!(before.get::<Note>(&key), None);
    assert_eq!(store.snapshot().get::<Note>(&key), Some(Arc::new(note.clone())));
    block_on(store.close());
    let store = open(disk).expect("it opens again");
    assert_eq!(store.snapshot().get::<Note>(&key), Some(Arc::new(note)));
}
