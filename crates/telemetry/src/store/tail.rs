//! Hearing lines as they become durable.

use super::state::{Entry, State};
use crate::Position;
use base::Timestamp;
use std::sync::Arc;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Batches that a subscriber may lie behind; what it missed is counted.
pub const BEHIND: usize = 256;

/// Lines of one stream that became durable together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub group: Arc<str>,
    pub stream: Arc<str>,
    pub ingested: Timestamp,
    pub lines: Vec<(Position, Arc<str>)>,
}

/// What an entry says, before it is applied.
pub(super) fn said(state: &State, entry: &Entry) -> Option<Said> {
    let Entry::Lines {
        id,
        ingested,
        first,
        lines,
        ..
    } = entry
    else {
        return None;
    };
    let stream = state.streams.get(id)?;
    let lines = (*first..)
        .zip(lines)
        .map(|(arrival, (at, message))| (Position::new(*at, arrival), Arc::clone(message)));
    Some(Said {
        group: Arc::clone(&stream.group),
        stream: Arc::clone(&stream.name),
        ingested: *ingested,
        lines: lines.collect(),
    })
}

/// A running view of some groups.
#[derive(Debug)]
pub struct Subscription {
    pub(super) receiver: Receiver<Arc<Said>>,
    pub(super) groups: Vec<String>,
    /// Batches, of whatever group, that came too fast.
    pub missed: u64,
}

impl Subscription {
    /// The next lines; `None` when the store is closed.
    pub async fn next(&mut self) -> Option<Arc<Said>> {
        loop {
            match self.receiver.recv().await {
                Ok(said) if self.groups.iter().any(|group| **group == *said.group) => return Some(said),
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => self.missed += missed,
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
