//! Limits as files and values, for both kinds of cgroups. Pure.
//!
//! Where the kinds differ, an operator's words are kept: a share of 1024 is v2's weight of 100 (each is the ordinary
//! one), and swap is counted beside the memory, though v1 takes the sum.

use crate::spec::Limits;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub controller: &'static str,
    pub file: &'static str,
    pub value: String,
    /// Kernels may be built or booted without it.
    pub optional: bool,
}

pub(super) fn settings(limits: &Limits, v2: bool) -> Vec<Setting> {
    if v2 { for_v2(limits) } else { for_v1(limits) }
}

fn for_v1(limits: &Limits) -> Vec<Setting> {
    let mut all = Vec::new();
    let mut add = |controller, file, value: Option<String>| {
        all.extend(value.map(|value| Setting {
            controller,
            file,
            value,
            optional: false,
        }));
    };
    add(
        "cpu",
        "cpu.shares",
        limits.cpu_shares.map(|shares| shares.clamp(2, 262_144).to_string()),
    );
    add(
        "cpu",
        "cpu.cfs_period_us",
        limits.cpu_quota.map(|quota| quota.period_us.to_string()),
    );
    add(
        "cpu",
        "cpu.cfs_quota_us",
        limits.cpu_quota.map(|quota| quota.quota_us.to_string()),
    );
    add("cpuset", "cpuset.cpus", limits.cpuset.clone());
    // The sum with swap may never be below the memory, so memory comes first on a group that has no limit yet.
    add(
        "memory",
        "memory.limit_in_bytes",
        limits.memory_bytes.map(|bytes| bytes.to_string()),
    );
    add(
        "memory",
        "memory.memsw.limit_in_bytes",
        memory_swap_bytes(limits).map(|bytes| bytes.to_string()),
    );
    add(
        "memory",
        "memory.soft_limit_in_bytes",
        limits.memory_soft_bytes.map(|bytes| bytes.to_string()),
    );
    add(
        "memory",
        "memory.swappiness",
        limits.swappiness.map(|value| value.min(100).to_string()),
    );
    add("pids", "pids.max", limits.pids.map(|most| most.to_string()));
    mark_optional(&mut all);
    all
}

fn for_v2(limits: &Limits) -> Vec<Setting> {
    let mut all = Vec::new();
    let mut add = |controller, file, value: Option<String>| {
        all.extend(value.map(|value| Setting {
            controller,
            file,
            value,
            optional: false,
        }));
    };
    add(
        "cpu",
        "cpu.weight",
        limits.cpu_shares.map(|shares| weight_of_shares(shares).to_string()),
    );
    add(
        "cpu",
        "cpu.max",
        limits
            .cpu_quota
            .map(|quota| format!("{} {}", quota.quota_us, quota.period_us)),
    );
    add("cpuset", "cpuset.cpus", limits.cpuset.clone());
    add(
        "memory",
        "memory.max",
        limits.memory_bytes.map(|bytes| bytes.to_string()),
    );
    let swap = limits.swap_bytes.filter(|_| limits.memory_bytes.is_some());
    add("memory", "memory.swap.max", swap.map(|bytes| bytes.to_string()));
    add(
        "memory",
        "memory.low",
        limits.memory_soft_bytes.map(|bytes| bytes.to_string()),
    );
    add("pids", "pids.max", limits.pids.map(|most| most.to_string()));
    mark_optional(&mut all);
    all
}

fn mark_optional(all: &mut [Setting]) {
    for one in all {
        one.optional = ["memory.memsw.limit_in_bytes", "memory.swap.max", "memory.swappiness"].contains(&one.file);
    }
}

/// Memory and swap together, as v1 and the OCI words count.
pub fn memory_swap_bytes(limits: &Limits) -> Option<u64> {
    Some(limits.memory_bytes?.saturating_add(limits.swap_bytes?))
}

/// v2's weight (1 to 10000) for v1's shares (2 to 262144): least to least, most to most, ordinary to ordinary, and even
/// steps between on the scale of logarithms. A straight line would make an ordinary container weigh 39 beside the 100
/// of everybody else.
pub fn weight_of_shares(shares: u64) -> u64 {
    let log = (shares.clamp(2, 262_144) as f64).log2();
    let exponent = (log * log + 125.0 * log) / 612.0 - 7.0 / 34.0;
    // A hair is taken off, for the ends and the middle are whole but for rounding.
    ((10f64.powf(exponent) - 1e-6).ceil() as u64).clamp(1, 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::CpuQuota;
    use proptest::prelude::*;

    fn text(limits: &Limits, v2: bool) -> Vec<String> {
        settings(limits, v2)
            .iter()
            .map(|one| format!("{}={}", one.file, one.value))
            .collect()
    }

    fn all() -> Limits {
        Limits {
            cpu_shares: Some(1024),
            cpu_quota: Some(CpuQuota {
                quota_us: 50_000,
                period_us: 100_000,
            }),
            cpuset: Some("0-1".into()),
            memory_bytes: Some(64 << 20),
            memory_soft_bytes: Some(32 << 20),
            swap_bytes: Some(0),
            swappiness: Some(10),
            pids: Some(100),
        }
    }

    #[test]
    fn each_kind_gets_its_own_words() {
        assert_eq!(
            text(&all(), false),
            [
                "cpu.shares=1024",
                "cpu.cfs_period_us=100000",
                "cpu.cfs_quota_us=50000",
                "cpuset.cpus=0-1",
                "memory.limit_in_bytes=67108864",
                "memory.memsw.limit_in_bytes=67108864",
                "memory.soft_limit_in_bytes=33554432",
                "memory.swappiness=10",
                "pids.max=100",
            ]
        );
        assert_eq!(
            text(&all(), true),
            [
                "cpu.weight=100",
                "cpu.max=50000 100000",
                "cpuset.cpus=0-1",
                "memory.max=67108864",
                "memory.swap.max=0",
                "memory.low=33554432",
                "pids.max=100",
            ]
        );
        assert!(text(&Limits::default(), true).is_empty() && text(&Limits::default(), false).is_empty());
    }

    #[test]
    fn swap_counts_only_with_memory() {
        let limits = Limits {
            swap_bytes: Some(1),
            ..Limits::default()
        };
        assert!(text(&limits, false).is_empty() && text(&limits, true).is_empty());
    }

    #[test]
    fn ends_and_middle_of_the_scale_meet() {
        assert_eq!(
            [0, 2, 1024, 262_144, u64::MAX].map(weight_of_shares),
            [1, 1, 100, 10_000, 10_000]
        );
    }

    proptest! {
        #[test]
        fn more_shares_never_weigh_less(a in 2u64..262_144, b in 2u64..262_144) {
            prop_assert!((a <= b) == (weight_of_shares(a) <= weight_of_shares(b)) || weight_of_shares(a) == weight_of_shares(b));
        }
    }
}
