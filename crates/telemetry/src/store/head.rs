//! The lines of one stream that are not in a segment yet.
//!
//! Shared with readers: one that has hold of a head keeps seeing its lines after they went into a segment.

use crate::Position;
use base::Timestamp;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// What a line takes in memory beside its bytes: its share of the tree, its count of owners.
const LINE_OVERHEAD: usize = 96;

#[derive(Debug, Default)]
pub struct Head(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    lines: BTreeMap<Position, HeadLine>,
    bytes: usize,
}

#[derive(Clone, Debug)]
pub struct HeadLine {
    pub ingested: Timestamp,
    pub message: Arc<str>,
}

impl Head {
    fn look(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes lines in; how much heavier it is now.
    pub fn take(&self, ingested: Timestamp, first: u64, lines: Vec<(Timestamp, Arc<str>)>) -> usize {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut weight = 0;
        for (arrival, (at, message)) in (first..).zip(lines) {
            inner.bytes += message.len();
            weight += message.len() + LINE_OVERHEAD;
            inner
                .lines
                .insert(Position::new(at, arrival), HeadLine { ingested, message });
        }
        weight
    }

    /// Bytes of messages.
    pub fn bytes(&self) -> usize {
        self.look().bytes
    }

    /// Bytes in memory.
    pub fn weight(&self) -> usize {
        let inner = self.look();
        inner.bytes + inner.lines.len() * LINE_OVERHEAD
    }

    pub fn span(&self) -> Option<(Position, Position)> {
        let inner = self.look();
        Some((*inner.lines.first_key_value()?.0, *inner.lines.last_key_value()?.0))
    }

    /// Up to `count` lines from `from` to `to`, both included, from the front or from the back.
    pub fn some(&self, from: Position, to: Position, backward: bool, count: usize) -> Vec<(Position, HeadLine)> {
        if from > to {
            return Vec::new();
        }
        let inner = self.look();
        let range = inner.lines.range((Bound::Included(from), Bound::Included(to)));
        let owned = |(at, line): (&Position, &HeadLine)| (*at, line.clone());
        match backward {
            false => range.take(count).map(owned).collect(),
            true => range.rev().take(count).map(owned).collect(),
        }
    }

    /// All lines in their order.
    pub fn all(&self) -> Vec<(Position, HeadLine)> {
        self.some(Position::FIRST, Position::LAST, false, usize::MAX)
    }

    /// Drops what was said before; how much lighter it is now.
    pub fn expire(&self, before: Position) -> usize {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let kept = inner.lines.split_off(&before);
        let gone = std::mem::replace(&mut inner.lines, kept);
        let bytes: usize = gone.values().map(|line| line.message.len()).sum();
        inner.bytes -= bytes;
        bytes + gone.len() * LINE_OVERHEAD
    }
}
