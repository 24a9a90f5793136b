//! What the containers of this machine's tasks use, compared with the look before.

use crate::logs::works;
use agent::machine::Paths;
use agent::{Stage, Work, report};
use base::{Clock, SystemClock, Timestamp};
use link::{Health, Phase};
use runtime::{Kept, Runtime, State};
use std::collections::HashMap;
use std::fs;

/// One container, as it is now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub task: String,
    pub cluster: String,
    /// Family and revision.
    pub definition: String,
    pub container: String,
    /// The container's, in the words of ECS.
    pub status: &'static str,
    pub health: Option<&'static str>,
    pub restarts: u32,
    /// Since it last started.
    pub up_seconds: Option<i64>,
    /// What it uses while it runs.
    pub uses: Option<Use>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Use {
    pub pid: u32,
    /// Of one processor; `None` at the first look.
    pub cpu_percent: Option<f64>,
    /// Without what the kernel could take back at once, as Docker counts it.
    pub memory_bytes: u64,
    pub memory_limit_bytes: Option<u64>,
    pub pids: u64,
    pub pids_limit: Option<u64>,
    /// Of its network namespace, all interfaces but loopback; `None` when that is the machine's own.
    pub received_bytes: Option<u64>,
    pub sent_bytes: Option<u64>,
}

pub struct Sampler {
    paths: Paths,
    runtime: Kept,
    /// Of each run: when it was looked at, and the processor time it had used by then.
    before: HashMap<String, (Timestamp, u64)>,
}

impl Sampler {
    pub fn new(paths: Paths, runtime: Kept) -> Sampler {
        Sampler {
            paths,
            runtime,
            before: HashMap::new(),
        }
    }

    /// One row for each container that is not over; oldest tasks first.
    pub async fn look(&mut self) -> Vec<Row> {
        let mut works = works(&self.paths);
        works.sort_by(|a, b| (a.started_at, &a.assigned.id).cmp(&(b.started_at, &b.assigned.id)));
        let mut rows = Vec::new();
        let mut seen = HashMap::new();
        for work in &works {
            for (part, told) in report(work).containers.iter().enumerate() {
                if work.parts[part].stage == Stage::Over {
                    continue;
                }
                let run = work.parts[part].run_name();
                let (state, uses) = self.measure(&run, &mut seen).await;
                rows.push(row(work, part, told, state, uses));
            }
        }
        self.before = seen;
        rows
    }

    async fn measure(&self, run: &str, seen: &mut HashMap<String, (Timestamp, u64)>) -> (State, Option<Use>) {
        let state = self.runtime.state(run).await.unwrap_or(State::Absent);
        let State::Running { pid, .. } = state else {
            return (state, None);
        };
        let Ok(stats) = self.runtime.stats(run).await else {
            return (state, None);
        };
        let now = SystemClock.now();
        seen.insert(run.to_string(), (now, stats.cpu.usage_ns));
        let before = self.before.get(run);
        let cpu_percent = before.and_then(|(at, used)| percent(stats.cpu.usage_ns, *used, now.since(*at)));
        let network = network(pid);
        let uses = Use {
            pid,
            cpu_percent,
            memory_bytes: stats
                .memory
                .usage_bytes
                .saturating_sub(stats.memory.inactive_file_bytes),
            memory_limit_bytes: stats.memory.limit_bytes,
            pids: stats.pids.current,
            pids_limit: stats.pids.limit,
            received_bytes: network.map(|(received, _)| received),
            sent_bytes: network.map(|(_, sent)| sent),
        };
        (state, Some(uses))
    }
}

fn row(work: &Work, part: usize, told: &link::ContainerReport, state: State, uses: Option<Use>) -> Row {
    let started_at = match state {
        State::Running { started_at, .. } => Some(Timestamp(started_at.millis())),
        _ => None,
    };
    Row {
        task: work.assigned.id.clone(),
        cluster: work.assigned.cluster.rsplit('/').next().unwrap_or_default().to_string(),
        definition: format!("{}:{}", work.assigned.family, work.assigned.revision),
        container: told.name.clone(),
        // The journal says what it should be; the kernel has the last word.
        status: match (told.phase, state, work.asked_to_stop) {
            (_, State::Running { .. }, Some(_)) => "STOPPING",
            (_, State::Running { .. }, None) => "RUNNING",
            (_, State::Exited(_) | State::Lost, _) => "STOPPED",
            (Some(Phase::Stopped), ..) => "STOPPED",
            _ => "PENDING",
        },
        health: told.health.map(|health| match health {
            Health::Healthy => "HEALTHY",
            Health::Unhealthy => "UNHEALTHY",
            Health::Unknown => "UNKNOWN",
        }),
        restarts: work.parts[part].restarts,
        up_seconds: started_at.map(|at| SystemClock.now().since(at).max(0) / 1000),
        uses,
    }
}

/// Of one processor, in so many milliseconds.
fn percent(used_ns: u64, before_ns: u64, millis: i64) -> Option<f64> {
    (millis > 0).then(|| used_ns.saturating_sub(before_ns) as f64 / (millis as f64 * 1e6) * 100.0)
}

/// Received and sent bytes of a process's network namespace, unless that is ours too.
fn network(pid: u32) -> Option<(u64, u64)> {
    let namespace = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/net")).ok();
    let (theirs, ours) = (namespace(&pid.to_string())?, namespace("self")?);
    if theirs == ours {
        return None;
    }
    Some(traffic(&fs::read_to_string(format!("/proc/{pid}/net/dev")).ok()?))
}

/// Reads the kernel's table: two lines of head, then a line an interface, with received bytes first and sent bytes ninth.
fn traffic(table: &str) -> (u64, u64) {
    let interfaces = table.lines().skip(2).filter_map(|line| line.split_once(':'));
    let others = interfaces.filter(|(name, _)| name.trim() != "lo");
    others.fold((0, 0), |(received, sent), (_, numbers)| {
        let numbers: Vec<u64> = numbers.split_whitespace().map(|n| n.parse().unwrap_or(0)).collect();
        let at = |n: usize| numbers.get(n).copied().unwrap_or(0);
        (received + at(0), sent + at(8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_table_is_read_without_loopback() {
        let table = "Inter-|   Receive                                                |  Transmit\n \
            face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls\n    \
            lo: 500 5 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n  eth0: 1200 9 0 0 0 0 0 0 34 1 0 0 0 0 0 0\n\
            eth1:1 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0\n";
        assert_eq!(traffic(table), (1201, 36));
        assert_eq!(traffic(""), (0, 0));
    }

    #[test]
    fn a_processor_that_is_busy_all_the_time_is_a_hundred_percent() {
        assert_eq!(percent(3_000_000_000, 2_000_000_000, 1000), Some(100.0));
        assert_eq!(percent(1, 2, 1000), Some(0.0), "a new run under an old name");
        assert_eq!(percent(1, 0, 0), None);
    }
}
