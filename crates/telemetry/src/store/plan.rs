//! What requests come to: pure, one after the other, against the state and what was planned before in the same batch.

use super::state::{Entry, State, StreamId};
use crate::{Append, AppendError, Appended};
use base::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// What writers ask for.
#[derive(Debug)]
pub enum Request {
    Append(Append),
    Make { group: String, stream: String },
    Remove { group: String, stream: String },
    RemoveGroup { group: String },
}

impl Request {
    /// About how many bytes it holds while it waits.
    pub fn weight(&self) -> usize {
        match self {
            Request::Append(append) => append.events.iter().map(|e| e.message.len() + 64).sum::<usize>() + 256,
            _ => 256,
        }
    }
}

/// What a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Appended(Appended),
    /// Whether anything was made or removed.
    Changed(bool),
}

/// A batch in the making.
pub struct Plan<'a> {
    state: &'a State,
    now: Timestamp,
    max_streams: usize,
    pub entries: Vec<Entry>,
    /// Streams made (or removed) in this batch.
    names: HashMap<(Arc<str>, Arc<str>), Option<StreamId>>,
    heard: HashMap<(StreamId, Arc<str>), u64>,
    next_stream: StreamId,
    next_arrival: u64,
    streams: usize,
}

impl<'a> Plan<'a> {
    pub fn new(state: &'a State, now: Timestamp, max_streams: usize) -> Self {
        Plan {
            state,
            now,
            max_streams,
            entries: Vec::new(),
            names: HashMap::new(),
            heard: HashMap::new(),
            next_stream: state.next_stream,
            next_arrival: state.next_arrival,
            streams: state.streams.len(),
        }
    }

    pub fn take(&mut self, request: Request) -> Result<Outcome, AppendError> {
        match request {
            Request::Append(append) => self.append(append).map(Outcome::Appended),
            Request::Make { group, stream } => {
                let (group, stream) = (Arc::from(group), Arc::from(stream));
                let there = self.find(&group, &stream).is_some();
                if !there {
                    self.make(group, stream)?;
                }
                Ok(Outcome::Changed(!there))
            }
            Request::Remove { group, stream } => {
                let removed = self.remove(Arc::from(group), Arc::from(stream));
                Ok(Outcome::Changed(removed))
            }
            Request::RemoveGroup { group } => {
                let group: Arc<str> = Arc::from(group);
                let known = self.state.names.get(&group).into_iter().flat_map(|g| g.keys().cloned());
                let new = self
                    .names
                    .keys()
                    .filter(|(g, _)| *g == group)
                    .map(|(_, name)| Arc::clone(name));
                let all: Vec<Arc<str>> = known.chain(new).collect();
                let mut removed = false;
                for name in all {
                    removed |= self.remove(Arc::clone(&group), name);
                }
                Ok(Outcome::Changed(removed))
            }
        }
    }

    fn find(&self, group: &Arc<str>, name: &Arc<str>) -> Option<StreamId> {
        match self.names.get(&(Arc::clone(group), Arc::clone(name))) {
            Some(planned) => *planned,
            None => self.state.find(group, name),
        }
    }

    fn make(&mut self, group: Arc<str>, name: Arc<str>) -> Result<StreamId, AppendError> {
        if self.streams >= self.max_streams {
            return Err(AppendError::TooManyStreams);
        }
        let id = self.next_stream;
        self.next_stream += 1;
        self.streams += 1;
        self.names.insert((Arc::clone(&group), Arc::clone(&name)), Some(id));
        self.entries.push(Entry::Made {
            id,
            group,
            name,
            at: self.now,
        });
        Ok(id)
    }

    fn remove(&mut self, group: Arc<str>, name: Arc<str>) -> bool {
        let Some(id) = self.find(&group, &name) else {
            return false;
        };
        self.names.insert((group, name), None);
        self.streams -= 1;
        self.entries.push(Entry::Removed { id });
        true
    }

    fn append(&mut self, append: Append) -> Result<Appended, AppendError> {
        let (group, name) = (Arc::from(append.group), Arc::from(append.stream));
        let id = match self.find(&group, &name) {
            Some(id) => id,
            None if append.create => self.make(group, name)?,
            None => return Err(AppendError::NoSuchStream),
        };
        let source: Option<Arc<str>> = append.source.map(Arc::from);
        let heard = source.as_ref().map(|source| {
            let planned = self.heard.get(&(id, Arc::clone(source))).copied();
            let before = || self.state.streams.get(&id).and_then(|stream| stream.heard(source));
            planned.or_else(before).unwrap_or(0)
        });
        let mut acknowledged = heard.unwrap_or(0);
        let mut lines = Vec::with_capacity(append.events.len());
        for event in append.events {
            if heard.is_some() {
                if event.position <= acknowledged {
                    continue; // sent again
                }
                acknowledged = event.position;
            }
            lines.push((event.at, Arc::from(event.message)));
        }
        let stored = lines.len();
        if stored > 0 {
            if let Some(source) = &source {
                self.heard.insert((id, Arc::clone(source)), acknowledged);
            }
            let first = self.next_arrival;
            self.next_arrival += stored as u64;
            self.entries.push(Entry::Lines {
                id,
                ingested: self.now,
                first,
                source: source.map(|source| (source, acknowledged)),
                lines,
            });
        }
        Ok(Appended { acknowledged, stored })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    fn append(source: Option<&str>, positions: &[u64]) -> Request {
        Request::Append(Append {
            group: "g".into(),
            stream: "s".into(),
            source: source.map(str::to_string),
            events: positions
                .iter()
                .map(|p| Event {
                    at: Timestamp(1),
                    message: format!("line {p}"),
                    position: *p,
                })
                .collect(),
            create: true,
        })
    }

    fn appended(acknowledged: u64, stored: usize) -> Outcome {
        Outcome::Appended(Appended { acknowledged, stored })
    }

    #[test]
    fn what_a_source_sends_again_is_acknowledged_and_not_kept() {
        let mut state = State::default();
        let mut plan = Plan::new(&state, Timestamp(5), 10);
        assert_eq!(plan.take(append(Some("a"), &[3, 7])).unwrap(), appended(7, 2));
        // Within the batch,
        assert_eq!(plan.take(append(Some("a"), &[3, 7, 9])).unwrap(), appended(9, 1));
        let entries = std::mem::take(&mut plan.entries);
        entries.into_iter().for_each(|entry| state.apply(entry));
        // and after it.
        let mut plan = Plan::new(&state, Timestamp(6), 10);
        assert_eq!(plan.take(append(Some("a"), &[7, 9])).unwrap(), appended(9, 0));
        assert_eq!(plan.take(append(Some("b"), &[7])).unwrap(), appended(7, 1));
        assert_eq!(plan.take(append(None, &[7])).unwrap(), appended(0, 1));
        assert_eq!(plan.entries.len(), 2);
    }

    #[test]
    fn streams_are_made_once_removed_once_and_counted() {
        let state = State::default();
        let mut plan = Plan::new(&state, Timestamp(5), 1);
        let make = |stream: &str| Request::Make {
            group: "g".into(),
            stream: stream.into(),
        };
        let remove = || Request::Remove {
            group: "g".into(),
            stream: "s".into(),
        };
        assert_eq!(plan.take(make("s")).unwrap(), Outcome::Changed(true));
        assert_eq!(plan.take(make("s")).unwrap(), Outcome::Changed(false));
        assert!(matches!(plan.take(make("t")), Err(AppendError::TooManyStreams)));
        assert_eq!(plan.take(remove()).unwrap(), Outcome::Changed(true));
        assert_eq!(plan.take(remove()).unwrap(), Outcome::Changed(false));
        assert_eq!(plan.take(make("t")).unwrap(), Outcome::Changed(true));
        let group = Request::RemoveGroup { group: "g".into() };
        assert_eq!(plan.take(group).unwrap(), Outcome::Changed(true));
        assert_eq!(plan.take(make("u")).unwrap(), Outcome::Changed(true));
    }
}
