//! The way of a daemon's nodes to one revision.

use super::DaemonRules;
use crate::record::record;
use crate::{DeploymentStatus, MonitorStatus};
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DaemonDeployment {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub daemon: String,
    /// 21 letters and digits.
    #[n(2)]
    pub id: String,
    #[n(3)]
    pub created_at: Timestamp,
    #[n(4)]
    pub started_at: Option<Timestamp>,
    #[n(5)]
    pub finished_at: Option<Timestamp>,
    #[n(6)]
    pub stopped_at: Option<Timestamp>,
    /// The revision that it goes to. It stays that one when the deployment is rolled back.
    #[n(7)]
    pub target: DaemonSource,
    /// What was there before.
    #[n(8)]
    #[cbor(default)]
    pub sources: Vec<DaemonSource>,
    /// Never one that only services have.
    #[n(9)]
    pub status: DeploymentStatus,
    #[n(10)]
    pub reason: Option<String>,
    #[n(11)]
    pub rules: DaemonRules,
    /// Tasks of the target that failed.
    #[n(12)]
    pub failed: u32,
    /// As many were too many, as last counted.
    #[n(13)]
    pub threshold: u32,
    #[n(14)]
    pub breaker: MonitorStatus,
    #[n(15)]
    pub alarms: MonitorStatus,
    #[n(16)]
    pub rollback: Option<DaemonRollback>,
    /// Since when every node has the target, and it is only watched.
    #[n(17)]
    pub complete_since: Option<Timestamp>,
    /// Whether it takes the daemon away.
    #[n(18)]
    pub removes: bool,
}

record!(DaemonDeployment, "daemon-deployment", |d| DaemonDeployment::key_of(
    &d.cluster, &d.daemon, &d.id
));

impl DaemonDeployment {
    pub fn key_of(cluster: &str, daemon: &str, id: &str) -> Key {
        Key::of([cluster, daemon, id])
    }

    /// Another takes its place before it has come to its end.
    pub fn give_way(&mut self, now: Timestamp, reason: &str) {
        if self.status.is_over() {
            return;
        }
        self.status = DeploymentStatus::Stopped;
        self.reason = Some(reason.to_string());
        self.stopped_at = Some(now);
        self.finished_at = Some(now);
        self.end_watch();
    }

    /// Nothing watches it any more.
    pub fn end_watch(&mut self) {
        for monitor in [&mut self.breaker, &mut self.alarms] {
            if *monitor == MonitorStatus::Monitoring {
                *monitor = MonitorStatus::Complete;
            }
        }
    }
}

/// A revision, and the capacity that it was for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DaemonSource {
    #[n(0)]
    pub revision: String,
    #[n(1)]
    #[cbor(default)]
    pub providers: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DaemonRollback {
    #[n(0)]
    pub reason: String,
    #[n(1)]
    pub started_at: Timestamp,
    /// Where it goes back to.
    #[n(2)]
    pub to: DaemonSource,
    /// Tasks that failed on the way back.
    #[n(3)]
    pub failed: u32,
}
