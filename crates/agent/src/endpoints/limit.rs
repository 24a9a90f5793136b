//! How much one caller may ask: 40 requests a second, 60 at once, 64 connections at a time. Callers are told apart by
//! their address, so that a container that asks without end is slowed down alone.

use base::{Clock, Timestamp};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const PER_SECOND: i64 = 40;
const BURST: i64 = 60;
const CONNECTIONS: u32 = 64;
/// Callers that are remembered; one that has asked nothing for two seconds needs not be.
const CALLERS: usize = 4096;

pub struct Limits {
    clock: Arc<dyn Clock>,
    callers: Mutex<HashMap<IpAddr, Caller>>,
}

struct Caller {
    /// Thousandths of a request that it may still make, as of `at`.
    left: i64,
    at: Timestamp,
    connections: u32,
}

impl Caller {
    fn refill(&mut self, now: Timestamp) {
        // A clock that went back gives nothing and takes nothing.
        let elapsed_ms = now.since(self.at).max(0);
        self.left = self
            .left
            .saturating_add(elapsed_ms.saturating_mul(PER_SECOND))
            .min(BURST * 1000);
        self.at = now;
    }
}

/// One connection, as long as it is kept.
pub struct Place {
    limits: Arc<Limits>,
    caller: IpAddr,
}

impl Limits {
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Limits> {
        Arc::new(Limits {
            clock,
            callers: Mutex::default(),
        })
    }

    /// Whether it may ask once more now.
    pub fn allow(&self, caller: IpAddr) -> bool {
        let now = self.clock.now();
        let mut callers = self.callers();
        let Some(caller) = known(&mut callers, caller, now) else {
            return false;
        };
        caller.refill(now);
        let allowed = caller.left >= 1000;
        if allowed {
            caller.left -= 1000;
        }
        allowed
    }

    pub fn connect(self: &Arc<Self>, caller: IpAddr) -> Option<Place> {
        let mut callers = self.callers();
        let known = known(&mut callers, caller, self.clock.now())?;
        if known.connections >= CONNECTIONS {
            return None;
        }
        known.connections += 1;
        let limits = Arc::clone(self);
        Some(Place { limits, caller })
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<IpAddr, Caller>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn known(callers: &mut HashMap<IpAddr, Caller>, caller: IpAddr, now: Timestamp) -> Option<&mut Caller> {
    if callers.len() >= CALLERS && !callers.contains_key(&caller) {
        callers.retain(|_, caller| {
            caller.refill(now);
            caller.connections > 0 || caller.left < BURST * 1000
        });
        if callers.len() >= CALLERS {
            return None;
        }
    }
    Some(callers.entry(caller).or_insert(Caller {
        left: BURST * 1000,
        at: now,
        connections: 0,
    }))
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(caller) = self.limits.callers().get_mut(&self.caller) {
            caller.connections -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::CREATED;
    use super::*;
    use base::ManualClock;
    use std::net::Ipv4Addr;

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from(n))
    }

    fn allowed(limits: &Limits, caller: IpAddr) -> usize {
        (0..1000).take_while(|_| limits.allow(caller)).count()
    }

    #[test]
    fn a_caller_gets_a_burst_and_then_its_rate_and_others_are_not_slowed() {
        let clock = ManualClock::at(CREATED);
        let limits = Limits::new(Arc::new(clock.clone()));
        assert_eq!(allowed(&limits, ip(1)), 60);
        assert_eq!(allowed(&limits, ip(2)), 60);
        clock.advance_millis(500);
        assert_eq!(allowed(&limits, ip(1)), 20);
        clock.advance_millis(-60_000);
        assert_eq!(allowed(&limits, ip(1)), 0);
        clock.advance_millis(1000);
        assert_eq!(allowed(&limits, ip(1)), 40, "a clock that went back shuts nobody out");
        clock.advance_millis(3_600_000);
        assert_eq!(allowed(&limits, ip(1)), 60);
    }

    #[test]
    fn connections_and_callers_are_bounded() {
        let clock = ManualClock::at(CREATED);
        let limits = Limits::new(Arc::new(clock.clone()));
        let mut places: Vec<Place> = std::iter::from_fn(|| limits.connect(ip(1))).collect();
        assert_eq!(places.len(), CONNECTIONS as usize);
        places.pop();
        assert!(limits.connect(ip(1)).is_some());
        for n in 2..=CALLERS as u32 {
            assert!(limits.allow(ip(n)));
        }
        assert!(!limits.allow(ip(1_000_000)), "all are busy");
        clock.advance_millis(2000);
        assert!(limits.allow(ip(1_000_000)), "those that are quiet are forgotten");
        assert_eq!(limits.callers().len(), 2, "but not who is connected");
    }
}
