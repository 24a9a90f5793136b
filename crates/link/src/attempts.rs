//! Who may try again: sources that fail too often wait. Only failures count, so that many nodes behind one address may
//! come and go as they like.

use base::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How many failures a source has before it waits, and for how long they count.
const MOST_FAILURES: u32 = 10;
const COUNT_FOR_MS: i64 = 60_000;

/// Sources that are remembered. When there are more, the one that failed longest ago is forgotten.
const MOST_SOURCES: usize = 1024;

/// Attempts at one time, of one source and of all.
const MOST_UNDER_WAY: u32 = 32;
const MOST_ALL_UNDER_WAY: u32 = 256;

#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failures: BTreeMap<IpAddr, Failures>,
    /// Attempts that are neither here nor there yet.
    under_way: BTreeMap<IpAddr, u32>,
    all_under_way: u32,
}

#[derive(Debug)]
struct Failures {
    count: u32,
    since: Timestamp,
}

impl Attempts {
    /// Whether this source may try now; if so, [`Attempts::ended`] is to follow.
    pub fn begin(&mut self, source: IpAddr, now: Timestamp) -> bool {
        let over = |failures: &Failures| failures.counts(now) && failures.count >= MOST_FAILURES;
        let of_it = self.under_way.get(&source).copied().unwrap_or(0);
        if self.failures.get(&source).is_some_and(over)
            || of_it >= MOST_UNDER_WAY
            || self.all_under_way >= MOST_ALL_UNDER_WAY
        {
            return false;
        }
        self.under_way.insert(source, of_it + 1);
        self.all_under_way += 1;
        true
    }

    pub fn ended(&mut self, source: IpAddr) {
        let Some(of_it) = self.under_way.get_mut(&source) else {
            return;
        };
        *of_it -= 1;
        if *of_it == 0 {
            self.under_way.remove(&source);
        }
        self.all_under_way -= 1;
    }

    pub fn failed(&mut self, source: IpAddr, now: Timestamp) {
        if self.failures.len() >= MOST_SOURCES && !self.failures.contains_key(&source) {
            self.failures.retain(|_, failures| failures.counts(now));
            if self.failures.len() >= MOST_SOURCES {
                let oldest = self.failures.iter().min_by_key(|(_, failures)| failures.since);
                let oldest = oldest.map(|(source, _)| *source);
                oldest.and_then(|source| self.failures.remove(&source));
            }
        }
        let failures = self.failures.entry(source).or_insert(Failures { count: 0, since: now });
        if !failures.counts(now) {
            *failures = Failures { count: 0, since: now };
        }
        failures.count = failures.count.saturating_add(1);
    }
}

impl Failures {
    fn counts(&self, now: Timestamp) -> bool {
        // A clock that was set back must not keep a source out for long.
        (0..COUNT_FOR_MS).contains(&now.since(self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn source(n: u32) -> IpAddr {
        Ipv4Addr::from(n).into()
    }

    fn may_try(attempts: &mut Attempts, source: IpAddr, now: Timestamp) -> bool {
        let begun = attempts.begin(source, now);
        if begun {
            attempts.ended(source);
        }
        begun
    }

    #[test]
    fn not_too_many_at_once() {
        let mut attempts = Attempts::default();
        let now = Timestamp(0);
        for _ in 0..MOST_UNDER_WAY {
            assert!(attempts.begin(source(1), now));
        }
        assert!(!attempts.begin(source(1), now));
        for n in 0..MOST_ALL_UNDER_WAY - MOST_UNDER_WAY {
            assert!(attempts.begin(source(100 + n), now));
        }
        assert!(!attempts.begin(source(2), now));
        attempts.ended(source(1));
        assert!(attempts.begin(source(2), now));
        for n in 0..MOST_ALL_UNDER_WAY {
            attempts.ended(source(100 + n));
        }
        assert!(!attempts.under_way.contains_key(&source(100)));
    }

    #[test]
    fn who_fails_too_often_waits_and_nobody_else() {
        let mut attempts = Attempts::default();
        let start = Timestamp(1_000_000);
        for _ in 0..MOST_FAILURES {
            assert!(may_try(&mut attempts, source(1), start));
            attempts.failed(source(1), start);
        }
        assert!(!may_try(&mut attempts, source(1), start));
        assert!(may_try(&mut attempts, source(2), start));
        assert!(!may_try(&mut attempts, source(1), start.plus_millis(COUNT_FOR_MS - 1)));
        assert!(may_try(&mut attempts, source(1), start.plus_millis(COUNT_FOR_MS)));
        attempts.failed(source(1), start.plus_millis(COUNT_FOR_MS));
        assert!(may_try(&mut attempts, source(1), start.plus_millis(COUNT_FOR_MS)));
        assert!(
            may_try(&mut attempts, source(1), Timestamp(0)),
            "the clock was set back"
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut attempts = Attempts::default();
        for n in 0..2 * MOST_SOURCES as u32 {
            attempts.failed(source(n), Timestamp(i64::from(n)));
        }
        assert_eq!(attempts.failures.len(), MOST_SOURCES);
    }
}
