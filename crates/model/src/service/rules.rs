//! How a service is deployed: typed from its deployment configuration, once.

use crate::words::words;
use minicbor::{Decode, Encode};

words! {
    Strategy { Rolling = 0 "ROLLING", BlueGreen = 1 "BLUE_GREEN", Linear = 2 "LINEAR", Canary = 3 "CANARY", }
}

words! {
    Threshold {
        BoundedPercent = 0 "BOUNDED_PERCENT",
        UnboundedPercent = 1 "UNBOUNDED_PERCENT",
        Count = 2 "COUNT",
    }
}

words! {
    HookAction { Continue = 0 "CONTINUE", Rollback = 1 "ROLLBACK", }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Rules {
    #[n(0)]
    pub min_percent: u32,
    #[n(1)]
    pub max_percent: u32,
    #[n(2)]
    pub strategy: Strategy,
    #[n(3)]
    pub bake_minutes: u32,
    #[n(4)]
    pub breaker: Breaker,
    #[n(5)]
    pub alarms: Option<Alarms>,
    #[n(6)]
    #[cbor(default)]
    pub hooks: Vec<Hook>,
    /// Of LINEAR and CANARY: how much of the traffic a step shifts, in thousandths.
    #[n(7)]
    #[cbor(default)]
    pub step_permille: u32,
    #[n(8)]
    #[cbor(default)]
    pub step_bake_minutes: u32,
    #[n(9)]
    pub early: Option<EarlySuccess>,
}

impl Rules {
    /// The least that must stay healthy of `desired`: rounded up.
    pub fn lower(&self, desired: u32) -> u32 {
        let exact = u64::from(desired) * u64::from(self.min_percent);
        u32::try_from(exact.div_ceil(100)).unwrap_or(u32::MAX)
    }

    /// The most there may be of `desired`: rounded down.
    pub fn upper(&self, desired: u32) -> u32 {
        let exact = u64::from(desired) * u64::from(self.max_percent);
        u32::try_from(exact / 100).unwrap_or(u32::MAX)
    }
}

/// When a deployment is given up.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Breaker {
    #[n(0)]
    pub enable: bool,
    #[n(1)]
    pub rollback: bool,
    #[n(2)]
    pub reset_on_healthy: bool,
    #[n(3)]
    pub threshold: Threshold,
    #[n(4)]
    pub value: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Breaker {
            enable: false,
            rollback: false,
            reset_on_healthy: true,
            threshold: Threshold::BoundedPercent,
            value: 50,
        }
    }
}

impl Breaker {
    const LEAST: u32 = 3;
    const MOST: u32 = 200;

    /// How many failures are too many.
    pub fn threshold(&self, desired: u32) -> u32 {
        let percent = || u32::try_from((u64::from(desired) * u64::from(self.value)).div_ceil(100)).unwrap_or(u32::MAX);
        match self.threshold {
            Threshold::Count => self.value,
            Threshold::UnboundedPercent => percent(),
            Threshold::BoundedPercent => percent().clamp(Self::LEAST, Self::MOST),
        }
        .max(1)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Alarms {
    #[n(0)]
    pub names: Vec<String>,
    #[n(1)]
    pub enable: bool,
    #[n(2)]
    pub rollback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EarlySuccess {
    #[n(0)]
    pub healthy_percent: u32,
    /// Whether the old tasks go before the deployment is called good.
    #[n(1)]
    pub blocking: bool,
}

/// Something to be done, or waited for, at stages of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hook {
    /// `PAUSE` or `AWS_LAMBDA`; what a target names decides how the latter is called.
    #[n(0)]
    pub kind: String,
    #[n(1)]
    pub target: Option<String>,
    #[n(2)]
    pub role: Option<String>,
    /// Names of stages.
    #[n(3)]
    pub stages: Vec<String>,
    /// A JSON document that the target is handed.
    #[n(4)]
    pub details: Option<String>,
    #[n(5)]
    pub timeout_minutes: u32,
    #[n(6)]
    pub timeout_action: HookAction,
}

impl Hook {
    /// The task definition of which a task is run, when that is what its target names.
    pub fn task_definition(&self) -> Option<&str> {
        self.target.as_deref().filter(|target| target.starts_with("arn:"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_bounded_unless_asked_otherwise() {
        let breaker = |threshold, value| Breaker {
            threshold,
            value,
            ..Default::default()
        };
        let default = Breaker::default();
        assert_eq!([1, 10, 25, 10_000].map(|n| default.threshold(n)), [3, 5, 13, 200]);
        assert_eq!(breaker(Threshold::Count, 2).threshold(1000), 2);
        assert_eq!(breaker(Threshold::UnboundedPercent, 50).threshold(1000), 500);
        assert_eq!(breaker(Threshold::UnboundedPercent, 50).threshold(0), 1);
    }
}
