//! A daemon's place on one node.

use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

/// There from the first task that the daemon starts on the node, until the node is none of its own any more.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DaemonSeat {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub daemon: String,
    #[n(2)]
    pub node: String,
    /// The one task that may be there; `None` once its end was noticed.
    #[n(3)]
    pub task: Option<String>,
    /// Of that task, or of the last one.
    #[n(4)]
    pub revision: String,
    /// Tasks of that revision that failed here one after the other: what slows down new starts.
    #[n(5)]
    pub failures: u32,
    #[n(6)]
    pub failed_at: Option<Timestamp>,
}

record!(DaemonSeat, "daemon-seat", |s| DaemonSeat::key_of(
    &s.cluster, &s.daemon, &s.node
));

impl DaemonSeat {
    const FIRST_WAIT_MS: i64 = 1_000;
    const LONGEST_WAIT_MS: i64 = 300_000;

    pub fn key_of(cluster: &str, daemon: &str, node: &str) -> Key {
        Key::of([cluster, daemon, node])
    }

    /// When the next task of a revision may start here: twice as late after each failure of the same.
    pub fn next_start(&self, revision: &str) -> Option<Timestamp> {
        let failed_at = self
            .failed_at
            .filter(|_| self.revision == revision && self.failures > 0)?;
        let doubled = Self::FIRST_WAIT_MS << (self.failures - 1).min(20);
        Some(failed_at.plus_millis(doubled.min(Self::LONGEST_WAIT_MS)))
    }

    /// Its task ended by itself.
    pub fn fail(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.failed_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_make_the_next_start_wait_longer_up_to_a_bound() {
        let mut seat = DaemonSeat {
            cluster: "c".to_string(),
            daemon: "d".to_string(),
            node: "n".to_string(),
            task: None,
            revision: "r1".to_string(),
            failures: 0,
            failed_at: None,
        };
        assert_eq!(seat.next_start("r1"), None);
        let mut waits = Vec::new();
        for _ in 0..12 {
            seat.fail(Timestamp(0));
            waits.push(seat.next_start("r1").expect("it failed").millis());
        }
        assert_eq!(waits[..4], [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(waits[11], 300_000);
        assert_eq!(seat.next_start("r2"), None, "another revision has failed nowhere yet");
    }
}
