//! How many tasks of each revision a service has. Every change of a task changes it in the same transaction, so that
//! nobody needs to walk over a hundred thousand tasks to know whether there are enough.

use crate::record::record;
use crate::{Health, StopCode, Task, TaskStatus};
use base::Timestamp;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use store::Key;

/// Where a task of a service stands, as far as its service counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// On its way to RUNNING.
    Pending,
    /// RUNNING, and none of its health checks speaks against it.
    Running,
    /// RUNNING, and found unhealthy.
    Unhealthy,
    /// Asked to stop, and not yet RUNNING when it was.
    Leaving,
    /// Asked to stop, and still RUNNING.
    LeavingRunning,
    Gone,
}

impl Standing {
    pub fn of(task: &Task) -> Standing {
        use Standing::*;
        match (task.status, task.desired) {
            (TaskStatus::Stopped, _) => Gone,
            (TaskStatus::Running, TaskStatus::Stopped) => LeavingRunning,
            (_, TaskStatus::Stopped) => Leaving,
            (status, _) if status > TaskStatus::Running => Leaving,
            (TaskStatus::Running, _) if task.health == Health::Unhealthy => Unhealthy,
            (TaskStatus::Running, _) => Running,
            _ => Pending,
        }
    }
}

/// The tasks of one revision that are not STOPPED, and what became of those that are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Tally {
    #[n(0)]
    pub pending: u32,
    #[n(1)]
    pub running: u32,
    #[n(2)]
    pub unhealthy: u32,
    #[n(3)]
    pub leaving: u32,
    #[n(4)]
    pub leaving_running: u32,
    /// Tasks that stopped though nobody had asked, since the revision was made.
    #[n(5)]
    pub failed: u64,
    #[n(6)]
    pub last_failed_at: Option<Timestamp>,
    /// The last task that failed.
    #[n(7)]
    pub last_failed: Option<String>,
}

impl Tally {
    /// Those that are meant to run.
    pub fn wanted(&self) -> u32 {
        self.pending + self.running + self.unhealthy
    }

    /// All that are not STOPPED.
    pub fn live(&self) -> u32 {
        self.wanted() + self.leaving + self.leaving_running
    }

    /// As `runningCount` shows it.
    pub fn shown_running(&self) -> u32 {
        self.running + self.unhealthy + self.leaving_running
    }

    fn place(&mut self, standing: Standing) -> Option<&mut u32> {
        match standing {
            Standing::Pending => Some(&mut self.pending),
            Standing::Running => Some(&mut self.running),
            Standing::Unhealthy => Some(&mut self.unhealthy),
            Standing::Leaving => Some(&mut self.leaving),
            Standing::LeavingRunning => Some(&mut self.leaving_running),
            Standing::Gone => None,
        }
    }

    /// One task more of this standing.
    pub fn add(&mut self, standing: Standing) {
        if let Some(count) = self.place(standing) {
            *count += 1;
        }
    }

    fn take(&mut self, standing: Standing) {
        if let Some(count) = self.place(standing) {
            *count = count.saturating_sub(1);
        }
    }
}

/// The tallies of one service, by the id of the revision.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceTally {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub service: String,
    #[n(2)]
    pub revisions: BTreeMap<String, Tally>,
}

record!(ServiceTally, "service-tally", |t| ServiceTally::key_of(
    &t.cluster, &t.service
));

impl ServiceTally {
    pub fn key_of(cluster: &str, service: &str) -> Key {
        Key::of([cluster, service])
    }

    pub fn empty(cluster: &str, service: &str) -> Self {
        ServiceTally {
            cluster: cluster.to_string(),
            service: service.to_string(),
            revisions: BTreeMap::new(),
        }
    }

    pub fn of(&self, revision: &str) -> Tally {
        self.revisions.get(revision).cloned().unwrap_or_default()
    }

    /// All revisions together.
    pub fn sum(&self, of: fn(&Tally) -> u32) -> u32 {
        self.revisions.values().map(of).sum()
    }

    /// A task of the service is no longer as it was.
    pub(crate) fn moved(&mut self, revision: &str, before: Option<&Task>, after: &Task, now: Timestamp) {
        let tally = self.revisions.entry(revision.to_string()).or_default();
        if let Some(before) = before {
            tally.take(Standing::of(before));
        }
        tally.add(Standing::of(after));
        if after.is_stopped() && before.is_some_and(|b| !b.is_stopped()) && failed(after) {
            tally.failed += 1;
            tally.last_failed_at = Some(now);
            tally.last_failed = Some(after.id.clone());
        }
    }
}

/// Whether it stopped by itself. A machine that goes takes its tasks with it, and they are not to blame.
fn failed(task: &Task) -> bool {
    matches!(
        task.stop_code,
        Some(StopCode::TaskFailedToStart | StopCode::EssentialContainerExited)
    )
}
