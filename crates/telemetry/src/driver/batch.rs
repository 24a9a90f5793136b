//! Gathering events into what one request may carry.

use super::{EVENT_OVERHEAD, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_BATCH_SPAN_MS};
use crate::Event;

#[derive(Debug, Default)]
pub struct Batcher {
    events: Vec<Event>,
    bytes: usize,
    /// The earliest and the latest time.
    span: (i64, i64),
}

impl Batcher {
    /// Takes an event in. When there is no room for it, what has gathered is given out first.
    #[must_use = "a batch that is given out is to be sent"]
    pub fn push(&mut self, event: Event) -> Option<Vec<Event>> {
        let at = event.at.millis();
        let weight = event.message.len() + EVENT_OVERHEAD;
        let (first, last) = match self.events.is_empty() {
            true => (at, at),
            false => (self.span.0.min(at), self.span.1.max(at)),
        };
        let full = self.events.len() == MAX_BATCH_EVENTS
            || self.bytes + weight > MAX_BATCH_BYTES
            || last - first >= MAX_BATCH_SPAN_MS;
        let batch = if full { self.take() } else { None };
        self.span = if full { (at, at) } else { (first, last) };
        self.bytes += weight;
        self.events.push(event);
        batch
    }

    /// What has gathered.
    pub fn take(&mut self) -> Option<Vec<Event>> {
        self.bytes = 0;
        Some(std::mem::take(&mut self.events)).filter(|events| !events.is_empty())
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Timestamp;

    fn event(at: i64, len: usize) -> Event {
        Event {
            at: Timestamp(at),
            message: "x".repeat(len),
            position: 0,
        }
    }

    #[test]
    fn a_batch_is_full_by_bytes_count_or_span() {
        let mut batcher = Batcher::default();
        let quarter = MAX_BATCH_BYTES / 4 - EVENT_OVERHEAD;
        for _ in 0..4 {
            assert_eq!(batcher.push(event(0, quarter)), None);
        }
        assert_eq!(batcher.push(event(0, 0)).map(|b| b.len()), Some(4));
        for _ in 1..MAX_BATCH_EVENTS {
            assert_eq!(batcher.push(event(0, 1)), None);
        }
        assert_eq!(batcher.push(event(5, 1)).map(|b| b.len()), Some(MAX_BATCH_EVENTS));
        assert_eq!(batcher.push(event(5 - MAX_BATCH_SPAN_MS + 1, 1)), None);
        assert_eq!(batcher.push(event(6, 1)).map(|b| b.len()), Some(2));
        assert_eq!(batcher.take().map(|b| b.len()), Some(1));
        assert_eq!(batcher.take(), None);
    }
}
