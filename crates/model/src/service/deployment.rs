//! The way of a service from the revisions that run to a new one.

use super::{HookAction, Rules, Strategy};
use crate::record::record;
use crate::words::words;
use crate::{StopCode, Task, TaskStatus, Why, ledger};
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::{Key, Tx};

words! {
    DeploymentStatus {
        Pending = 0 "PENDING",
        InProgress = 1 "IN_PROGRESS",
        Successful = 2 "SUCCESSFUL",
        StopRequested = 3 "STOP_REQUESTED",
        Stopped = 4 "STOPPED",
        RollbackRequested = 5 "ROLLBACK_REQUESTED",
        RollbackInProgress = 6 "ROLLBACK_IN_PROGRESS",
        RollbackSuccessful = 7 "ROLLBACK_SUCCESSFUL",
        RollbackFailed = 8 "ROLLBACK_FAILED",
    }
}

impl DeploymentStatus {
    /// Whether it has come to an end, of whatever kind.
    pub fn is_over(self) -> bool {
        use DeploymentStatus::*;
        matches!(self, Successful | Stopped | RollbackSuccessful | RollbackFailed)
    }

    /// Whether it is on its way back.
    pub fn goes_back(self) -> bool {
        use DeploymentStatus::*;
        matches!(self, RollbackRequested | RollbackInProgress)
    }
}

words! {
    /// In the order in which a deployment goes through them.
    Stage {
        ReconcileService = 0 "RECONCILE_SERVICE",
        PreScaleUp = 1 "PRE_SCALE_UP",
        ScaleUp = 2 "SCALE_UP",
        PostScaleUp = 3 "POST_SCALE_UP",
        TestTrafficShift = 4 "TEST_TRAFFIC_SHIFT",
        PostTestTrafficShift = 5 "POST_TEST_TRAFFIC_SHIFT",
        PreProductionTrafficShift = 6 "PRE_PRODUCTION_TRAFFIC_SHIFT",
        ProductionTrafficShift = 7 "PRODUCTION_TRAFFIC_SHIFT",
        PostProductionTrafficShift = 8 "POST_PRODUCTION_TRAFFIC_SHIFT",
        BakeTime = 9 "BAKE_TIME",
        CleanUp = 10 "CLEAN_UP",
    }
}

words! {
    HookStatus {
        AwaitingAction = 0 "AWAITING_ACTION",
        InProgress = 1 "IN_PROGRESS",
        Succeeded = 2 "SUCCEEDED",
        Failed = 3 "FAILED",
        TimedOut = 4 "TIMED_OUT",
    }
}

words! {
    /// How a breaker or a set of alarms watches a deployment.
    MonitorStatus {
        Disabled = 0 "DISABLED",
        Monitoring = 1 "MONITORING",
        Complete = 2 "MONITORING_COMPLETE",
        Triggered = 3 "TRIGGERED",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceDeployment {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub service: String,
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
    #[n(7)]
    pub updated_at: Timestamp,
    #[n(8)]
    pub sources: Vec<Source>,
    #[n(9)]
    pub target: String,
    #[n(10)]
    pub status: DeploymentStatus,
    #[n(11)]
    pub reason: Option<String>,
    /// Of what its revision was when it ended: requested, running, pending.
    #[n(12)]
    pub counts: Option<(u32, u32, u32)>,
    /// The configuration when it began.
    #[n(13)]
    pub rules: Rules,
    #[n(14)]
    pub failed: u32,
    #[n(15)]
    pub threshold: u32,
    #[n(16)]
    pub breaker: MonitorStatus,
    #[n(17)]
    pub alarms: MonitorStatus,
    #[n(18)]
    #[cbor(default)]
    pub triggered: Vec<String>,
    #[n(19)]
    pub rollback: Option<Rollback>,
    #[n(20)]
    pub stage: Option<Stage>,
    #[n(21)]
    pub stage_since: Timestamp,
    /// Those of the stages it went through, the newest last.
    #[n(22)]
    #[cbor(default)]
    pub hooks: Vec<HookRun>,
    /// Traffic that the target should get, in thousandths; the sources get the rest.
    #[n(23)]
    #[cbor(default)]
    pub production_permille: u32,
    #[n(24)]
    #[cbor(default)]
    pub test_permille: u32,
    // 25 is of a field that nobody asked for.
    /// The last failures that the breaker counted, newest last: tasks and why.
    #[n(26)]
    #[cbor(default)]
    pub failures: Vec<(String, String)>,
}

record!(ServiceDeployment, "service-deployment", |d| ServiceDeployment::key_of(
    &d.cluster, &d.service, &d.id
));

impl ServiceDeployment {
    pub fn key_of(cluster: &str, service: &str, id: &str) -> Key {
        Key::of([cluster, service, id])
    }

    /// All revisions that it is about: where it leads, and where it comes from.
    pub fn revisions(&self) -> impl Iterator<Item = &str> {
        let sources = self.sources.iter().map(|source| source.revision.as_str());
        std::iter::once(self.target.as_str()).chain(sources)
    }

    /// Whether where it comes from stays whole beside where it leads to, as far as it has come.
    pub fn keeps_sources(&self) -> bool {
        self.rules.strategy != Strategy::Rolling
            && !self.status.goes_back()
            && self.stage.is_none_or(|stage| stage < Stage::CleanUp)
    }

    /// It ends without having come to where it was to lead, whyever: asked to, or because another took its place.
    pub fn stop(&mut self, now: Timestamp, reason: String) {
        self.status = DeploymentStatus::Stopped;
        self.stopped_at = Some(now);
        self.finished_at = Some(now);
        self.reason = Some(reason);
        self.end_hooks();
        for monitor in [&mut self.breaker, &mut self.alarms] {
            if *monitor == MonitorStatus::Monitoring {
                *monitor = MonitorStatus::Complete;
            }
        }
    }

    /// Stops the tasks that were started for its hooks and that nobody waits for any more.
    pub fn stop_left(&self, tx: &mut Tx) {
        for run in self.hooks.iter().filter(|run| !run.is_open()) {
            let hook = self.rules.hooks.get(run.hook as usize);
            let is_task = hook.is_some_and(|hook| hook.task_definition().is_some());
            let Some(id) = run.memo.as_ref().filter(|_| is_task) else {
                continue;
            };
            let Some(task) = tx.get::<Task>(&Task::key_of(&self.cluster, id)) else {
                continue;
            };
            if task.desired != TaskStatus::Stopped {
                let why = Why {
                    code: StopCode::ServiceSchedulerInitiated,
                    reason: format!("The lifecycle hook at {} is over (deployment {}).", run.stage, self.id),
                };
                ledger::stop(tx, &task, why);
            }
        }
    }

    /// Nobody waits for its hooks any more.
    pub fn end_hooks(&mut self) {
        for run in self.hooks.iter_mut().filter(|run| run.is_open()) {
            run.status = HookStatus::Failed;
            run.call_at = None;
            run.reason
                .get_or_insert_with(|| "The service deployment did not wait for it.".to_string());
        }
    }
}

/// A revision that ran when the deployment began.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Source {
    #[n(0)]
    pub revision: String,
    #[n(1)]
    pub requested: u32,
    #[n(2)]
    pub running: u32,
    #[n(3)]
    pub pending: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Rollback {
    #[n(0)]
    pub reason: String,
    #[n(1)]
    pub started_at: Timestamp,
    /// Where it goes back to.
    #[n(2)]
    pub revision: String,
}

/// One hook at one stage.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HookRun {
    #[n(0)]
    pub id: String,
    /// Which of the rules' hooks it is.
    #[n(1)]
    pub hook: u32,
    #[n(2)]
    pub stage: Stage,
    #[n(3)]
    pub status: HookStatus,
    #[n(4)]
    pub started_at: Timestamp,
    #[n(5)]
    pub expires_at: Timestamp,
    #[n(6)]
    pub answer: Option<HookAction>,
    #[n(7)]
    pub reason: Option<String>,
    /// How often its target was called.
    #[n(8)]
    #[cbor(default)]
    pub calls: u32,
    /// When its target is to be called again.
    #[n(9)]
    pub call_at: Option<Timestamp>,
    /// What it said last is handed to it at the next call.
    #[n(10)]
    pub memo: Option<String>,
}

impl HookRun {
    /// Whether it has not come to an end.
    pub fn is_open(&self) -> bool {
        matches!(self.status, HookStatus::AwaitingAction | HookStatus::InProgress)
    }
}
