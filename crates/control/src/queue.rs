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
    /// Keys whose looks take long, and until when they are left alone.
    resting: BTreeMap<Key, Timestamp>,
}

/// Looks that take less bring no rest.
const LONG_LOOK_MS: i64 = 10;
/// So many times as long as the look took is the rest.
const REST_FACTOR: i64 = 2;
const LONGEST_REST_MS: i64 = 1_000;

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
        while let Some(key) = self.dirty.pop_first() {
            self.forget_timer(&key);
            match self.resting.get(&key).copied() {
                // A longer rest than the longest is a clock that was set back.
                Some(until) if until > now && until.since(now) <= LONGEST_REST_MS => {
                    self.looked(key, Next::At(until));
                }
                _ => {
                    self.resting.remove(&key);
                    return Some(key);
                }
            }
        }
        None
    }

    /// As many as `most` of the next keys.
    pub fn take(&mut self, now: Timestamp, most: usize) -> Vec<Key> {
        std::iter::from_fn(|| self.next(now)).take(most.max(1)).collect()
    }

    /// A look that took long is not repeated at once: what happens in the meantime is seen in one look.
    pub fn rest(&mut self, key: &Key, now: Timestamp, took_ms: i64) {
        if took_ms >= LONG_LOOK_MS {
            let rest_ms = took_ms.saturating_mul(REST_FACTOR).min(LONGEST_REST_MS);
            self.resting.insert(key.clone(), now.plus_millis(rest_ms));
        }
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
    fn a_look_that_took_long_is_not_repeated_at_once() {
        let mut queue = Queue::default();
        queue.rest(&key("short"), Timestamp(0), LONG_LOOK_MS - 1);
        queue.rest(&key("long"), Timestamp(0), 20);
        queue.looked(key("long"), Next::At(Timestamp(5)));
        queue.mark(key("short"));
        queue.mark(key("long"));
        assert_eq!(queue.take(Timestamp(1), 9), [key("short")]);
        assert_eq!(queue.wake_at(), Some(Timestamp(40)));
        queue.mark(key("long"));
        assert_eq!(queue.next(Timestamp(39)), None);
        assert_eq!(queue.next(Timestamp(40)), Some(key("long")));
        queue.mark(key("long"));
        assert_eq!(queue.next(Timestamp(40)), Some(key("long")));
        queue.rest(&key("long"), Timestamp(40), 1_000_000);
        queue.mark(key("long"));
        assert_eq!(queue.next(Timestamp(40)), None);
        assert_eq!(queue.wake_at(), Some(Timestamp(40 + LONGEST_REST_MS)));
        queue.mark(key("long"));
        assert_eq!(queue.next(Timestamp(39)), Some(key("long")), "the clock was set back");
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
