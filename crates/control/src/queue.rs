//! Which keys to look at, and when. No clock, no store: the caller says what happened and what time it is.

use crate::Next;
use base::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use store::Key;

/// Each key once; in the order of keys, so that the same history gives the same steps.
#[derive(Debug, Default)]
pub struct Queue {
    dirty: BTreeSet<Key>,
    timers: BTreeSet<(Timestamp, Key)>,
    due: BTreeMap<Key, Timestamp>,
}

impl Queue {
    /// Somebody should look at this key now.
    pub fn mark(&mut self, key: Key) {
        self.dirty.insert(key);
    }

    /// The next key to look at, if it is time for one.
    pub fn next(&mut self, now: Timestamp) -> Option<Key> {
        while let Some((at, _)) = self.timers.first()
            && *at <= now
        {
            let (_, key) = self.timers.pop_first().expect("it was there on the line above");
            self.due.remove(&key);
            self.dirty.insert(key);
        }
        let key = self.dirty.pop_first()?;
        self.forget_timer(&key);
        Some(key)
    }

    /// A look came to its end, and says when it wants the next.
    pub fn looked(&mut self, key: Key, next: Next) {
        self.forget_timer(&key);
        if let Next::At(at) = next {
            self.due.insert(key.clone(), at);
            self.timers.insert((at, key));
        }
    }

    /// When the earliest timer is due; `None` when only a change can bring work.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Starts over: what was marked or timed is forgotten.
    pub fn clear(&mut self) {
        *self = Queue::default();
    }

    fn forget_timer(&mut self, key: &Key) {
        if let Some(at) = self.due.remove(key) {
            self.timers.remove(&(at, key.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key::of([name])
    }

    #[test]
    fn a_key_marked_twice_is_looked_at_once() {
        let mut queue = Queue::default();
        queue.mark(key("b"));
        queue.mark(key("a"));
        queue.mark(key("b"));
        assert_eq!(queue.next(Timestamp(0)), Some(key("a")));
        assert_eq!(queue.next(Timestamp(0)), Some(key("b")));
        assert_eq!(queue.next(Timestamp(0)), None);
    }

    #[test]
    fn timers_come_due_and_a_look_in_between_replaces_them() {
        let mut queue = Queue::default();
        queue.looked(key("a"), Next::At(Timestamp(10)));
        assert_eq!(queue.next(Timestamp(9)), None);
        assert_eq!(queue.wake_at(), Some(Timestamp(10)));
        queue.mark(key("a"));
        assert_eq!(queue.next(Timestamp(9)), Some(key("a")));
        assert_eq!(queue.wake_at(), None);
        queue.looked(key("a"), Next::At(Timestamp(20)));
        queue.looked(key("a"), Next::At(Timestamp(30)));
        assert_eq!(queue.next(Timestamp(25)), None);
        assert_eq!(queue.next(Timestamp(30)), Some(key("a")));
        queue.looked(key("a"), Next::Rest);
        assert_eq!(queue.next(Timestamp(i64::MAX)), None);
    }
}
