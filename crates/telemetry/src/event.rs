//! What goes in, and where it stands once it is there.

use base::Timestamp;
use std::fmt;
use std::sync::Arc;

/// A line as its sender gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: Timestamp,
    pub message: String,
    /// Where the source stands behind this event; grows strictly within a source. Not looked at without one.
    pub position: u64,
}

/// Events for one stream, acknowledged together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    pub group: String,
    pub stream: String,
    /// Who sends; `None` for a client whose every batch is new.
    pub source: Option<String>,
    pub events: Vec<Event>,
    /// Make the stream when it is not there, rather than refuse.
    pub create: bool,
}

/// What an append came to, once it is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Everything of the source up to here is durable: it need not be sent again.
    pub acknowledged: u64,
    /// How many events were new.
    pub stored: usize,
}

/// Where a line stands among all lines: its time in milliseconds in the upper half, its arrival in the lower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u128);

impl Position {
    pub const FIRST: Position = Position(0);
    pub const LAST: Position = Position(u128::MAX);

    /// Times before 1970 count as 1970: nothing that keeps time in AWS's way has any.
    pub fn new(at: Timestamp, arrival: u64) -> Self {
        Position(u128::from(at.millis().max(0) as u64) << 64 | u128::from(arrival))
    }

    /// Before everything that was said at this time.
    pub fn at(at: Timestamp) -> Self {
        Position::new(at, 0)
    }

    pub fn time(self) -> Timestamp {
        Timestamp((self.0 >> 64) as u64 as i64)
    }

    pub fn arrival(self) -> u64 {
        self.0 as u64
    }
}

/// Why events were not kept. None of them was.
#[derive(Clone, Debug)]
pub enum AppendError {
    NoSuchStream,
    /// A store has a bound on its streams.
    TooManyStreams,
    /// More waits to be written than may wait. Try again later.
    Busy,
    /// The disk did not take it. Try again later.
    Disk(Arc<std::io::Error>),
    /// The store is closed, or its disk is not what it was.
    Closed,
}

impl AppendError {
    /// Whether the same append may go well later.
    pub fn is_passing(&self) -> bool {
        matches!(self, AppendError::Busy | AppendError::Disk(_))
    }
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AppendError::NoSuchStream => "the log stream does not exist",
            AppendError::TooManyStreams => "the log store has as many streams as it may",
            AppendError::Busy => "too many log events wait to be written",
            AppendError::Disk(_) => "the disk did not take the log events",
            AppendError::Closed => "the log store is closed",
        })
    }
}

impl std::error::Error for AppendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AppendError::Disk(error) => Some(&**error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_sort_by_time_then_arrival() {
        let p = |at, arrival| Position::new(Timestamp(at), arrival);
        assert!(p(1, 9) < p(2, 0));
        assert!(p(2, 0) < p(2, 1));
        assert_eq!(p(-5, 3), p(0, 3));
        assert_eq!((p(77, 5).time(), p(77, 5).arrival()), (Timestamp(77), 5));
    }
}
