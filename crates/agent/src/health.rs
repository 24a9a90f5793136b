//! Whether a container is healthy, by what its checks say. As Docker counts: one success is health, `retries` failures
//! in a row are not, and failures within the start period do not count.

use base::Timestamp;
use link::Health;
use link::plan::HealthCheck;
use minicbor::{Decode, Encode};
use std::collections::VecDeque;

/// How many results are kept to be told.
const MOST_KEPT: usize = 5;
/// How much is kept of what one check printed.
pub const MOST_OUTPUT_BYTES: usize = 4096;

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HealthState {
    #[n(0)]
    verdict: u8,
    #[n(1)]
    pub since: Option<Timestamp>,
    #[n(2)]
    failures: u32,
    /// When a check last began, whether or not it has ended.
    #[n(3)]
    asked_at: Option<Timestamp>,
    /// The newest results, oldest first.
    #[n(4)]
    pub transcript: VecDeque<Checked>,
}

/// One check's result.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Checked {
    #[n(0)]
    pub began_at: Timestamp,
    #[n(1)]
    pub ended_at: Timestamp,
    /// -1 when it took too long or could not be run.
    #[n(2)]
    pub exit_code: i32,
    #[n(3)]
    pub output: String,
}

impl HealthState {
    pub fn verdict(&self) -> Health {
        match self.verdict {
            1 => Health::Healthy,
            2 => Health::Unhealthy,
            _ => Health::Unknown,
        }
    }

    /// When the next check is due, of a container that started then.
    pub fn due_at(&self, check: &HealthCheck, started_at: Timestamp) -> Timestamp {
        let last = self.transcript.back().map(|c| c.ended_at).max(self.asked_at);
        last.unwrap_or(started_at)
            .plus_millis(i64::from(check.interval_s) * 1000)
    }

    pub fn asked(&mut self, at: Timestamp) {
        self.asked_at = Some(at);
    }

    pub fn heard(&mut self, check: &HealthCheck, started_at: Timestamp, mut result: Checked) {
        let mut end = result.output.len().min(MOST_OUTPUT_BYTES);
        while !result.output.is_char_boundary(end) {
            end -= 1;
        }
        result.output.truncate(end);
        let starting = result.began_at.since(started_at) < i64::from(check.start_period_s) * 1000;
        let before = self.verdict;
        if result.exit_code == 0 {
            self.failures = 0;
            self.verdict = 1;
        } else if !(starting && self.verdict == 0) {
            self.failures += 1;
            if self.failures >= check.retries.max(1) {
                self.verdict = 2;
            }
        }
        if self.verdict != before {
            self.since = Some(result.ended_at);
        }
        if self.transcript.len() == MOST_KEPT {
            self.transcript.pop_front();
        }
        self.transcript.push_back(result);
    }

    /// No time of it lies after now.
    pub fn not_after(&mut self, now: Timestamp) {
        self.each_time(|at| at.min(now));
    }

    /// The machine's clock was set forward, or back.
    pub fn clock_stepped(&mut self, by_ms: i64) {
        self.each_time(|at| at.plus_millis(by_ms));
    }

    fn each_time(&mut self, change: impl Fn(Timestamp) -> Timestamp) {
        self.since = self.since.map(&change);
        self.asked_at = self.asked_at.map(&change);
        for checked in &mut self.transcript {
            checked.began_at = change(checked.began_at);
            checked.ended_at = change(checked.ended_at);
        }
    }

    /// A container that starts again has proved nothing yet.
    pub fn restart(&mut self) {
        *self = HealthState::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(10_000);

    fn check() -> HealthCheck {
        HealthCheck {
            command: vec!["CMD".to_string(), "true".to_string()],
            interval_s: 5,
            timeout_s: 2,
            retries: 2,
            start_period_s: 20,
        }
    }

    fn heard(state: &mut HealthState, second: i64, code: i32) -> Health {
        let began_at = START.plus_millis(second * 1000);
        let result = Checked {
            began_at,
            ended_at: began_at.plus_millis(10),
            exit_code: code,
            output: "é".repeat(MOST_OUTPUT_BYTES),
        };
        state.heard(&check(), START, result);
        state.verdict()
    }

    #[test]
    fn failures_count_once_it_should_be_up_and_one_success_clears_them() {
        let mut state = HealthState::default();
        assert_eq!(state.due_at(&check(), START), START.plus_millis(5000));
        assert_eq!(heard(&mut state, 5, 1), Health::Unknown);
        assert_eq!(heard(&mut state, 10, 1), Health::Unknown);
        assert_eq!(heard(&mut state, 25, 1), Health::Unknown, "the first that counts");
        assert_eq!(heard(&mut state, 30, 1), Health::Unhealthy);
        assert_eq!(state.since, Some(START.plus_millis(30_010)));
        assert_eq!(heard(&mut state, 35, 0), Health::Healthy);
        assert_eq!(heard(&mut state, 40, -1), Health::Healthy);
        assert_eq!(heard(&mut state, 45, 137), Health::Unhealthy);
        assert_eq!(state.transcript.len(), MOST_KEPT);
        assert!(state.transcript.iter().all(|c| c.output.len() <= MOST_OUTPUT_BYTES));
        assert_eq!(state.due_at(&check(), START), START.plus_millis(50_010));
    }

    #[test]
    fn a_success_ends_the_start_period() {
        let mut state = HealthState::default();
        assert_eq!(heard(&mut state, 1, 0), Health::Healthy);
        heard(&mut state, 2, 1);
        assert_eq!(heard(&mut state, 3, 1), Health::Unhealthy);
    }
}
