//! What the endpoints ask of those who know: the node, the runtime, the server.

use base::Timestamp;
use link::{Answer, Question};
use std::future::Future;
use std::pin::Pin;

/// An answer that comes later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub trait Source: Send + Sync + 'static {
    fn facts(&self) -> NodeFacts;

    /// What a container has used so far, by the runtime's name of its present run; `None` when it does not run.
    fn stats<'a>(&'a self, run: &'a str) -> Later<'a, Option<StatsSample>>;

    /// Asks the server. What goes wrong on the way is an answer too: [`Answer::No`] with `ServerException`.
    fn ask(&self, question: Question) -> Later<'_, Answer>;
}

/// What is known of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeFacts {
    pub region: String,
    pub account: String,
    pub cluster: String,
    pub node_arn: String,
    pub agent_version: String,
    pub instance_id: Option<String>,
    pub zone: Option<String>,
}

/// Counters of one container, all from its start on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatsSample {
    pub at: Timestamp,
    pub cpu: CpuSample,
    pub memory: MemorySample,
    pub pids: u64,
    pub pids_limit: Option<u64>,
    pub block: Vec<BlockSample>,
    /// The interfaces it sees; of an `awsvpc` task those are the task's. Empty when it has the machine's.
    pub interfaces: Vec<InterfaceSample>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuSample {
    pub usage_ns: u64,
    pub user_ns: u64,
    pub kernel_ns: u64,
    /// What all processors of the machine were busy or idle, together: [`machine_cpu_ns`].
    pub machine_ns: u64,
    pub online_cpus: u32,
    pub periods: u64,
    pub throttled_periods: u64,
    pub throttled_ns: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemorySample {
    pub usage_bytes: u64,
    pub max_usage_bytes: u64,
    /// Of the container, or else what the machine has.
    pub limit_bytes: u64,
    pub failures: u64,
    /// `inactive_file`, `cache` and the like, by the kernel's names.
    pub details: Vec<(&'static str, u64)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockSample {
    pub major: u32,
    pub minor: u32,
    pub read_bytes: u64,
    pub write_bytes: u64,
    pub reads: u64,
    pub writes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceSample {
    /// `eth0`
    pub name: String,
    pub rx_bytes: u64,
    pub rx_packets: u64,
    pub rx_errors: u64,
    pub rx_dropped: u64,
    pub tx_bytes: u64,
    pub tx_packets: u64,
    pub tx_errors: u64,
    pub tx_dropped: u64,
}

/// The time of all processors since the machine started, from `/proc/stat`, whose ticks are hundredths of a second.
pub fn machine_cpu_ns(proc_stat: &str) -> Option<u64> {
    let ticks = proc_stat.lines().next()?.strip_prefix("cpu ")?;
    // The first eight are disjoint; those of guests, behind them, are counted in the first two already.
    let ticks: Option<Vec<u64>> = ticks.split_ascii_whitespace().take(8).map(|t| t.parse().ok()).collect();
    Some(ticks?.iter().sum::<u64>().saturating_mul(10_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_time_leaves_out_what_is_counted_twice() {
        let stat = "cpu  10 1 5 100 2 0 1 1 7 7\ncpu0 1 1 1\n";
        assert_eq!(machine_cpu_ns(stat), Some(1_200_000_000));
        for bad in ["", "cpu", "cpu  1 x 2", "intr 1"] {
            assert_eq!(machine_cpu_ns(bad), None, "{bad}");
        }
    }
}
