//! Moves the deployment that is under way: to its next stage, to its good end, or back.

use super::scene::Scene;
use super::stages::{self, ALL_TRAFFIC, Facts, Step};
use super::tell;
use base::Dice;
use base::SeededDice;
use model::{
    DeploymentStatus, HookAction, HookRun, HookStatus, MonitorStatus, RevisionStatus, Rollback, RolloutState,
    ServiceRevision, Stage, Strategy,
};

/// More steps than any deployment takes in one look.
const MOST_STEPS: usize = 64;

pub fn advance(scene: &mut Scene) {
    for _ in 0..MOST_STEPS {
        if !step(scene) {
            return;
        }
    }
}

/// `false` when there is nothing more to do right now.
fn step(scene: &mut Scene) -> bool {
    let Some(status) = scene.under_way().map(|d| d.status) else {
        return false;
    };
    let now = scene.now;
    match status {
        DeploymentStatus::Pending => {
            scene.service.steady = false;
            let watches = |on: bool| {
                if on {
                    MonitorStatus::Monitoring
                } else {
                    MonitorStatus::Disabled
                }
            };
            if let Some(d) = &mut scene.deployment {
                d.status = DeploymentStatus::InProgress;
                d.started_at = Some(now);
                d.breaker = watches(d.rules.breaker.enable && d.rules.strategy == Strategy::Rolling);
                d.alarms = watches(d.rules.alarms.as_ref().is_some_and(|alarms| alarms.enable));
            }
            true
        }
        DeploymentStatus::StopRequested => {
            give_up(scene, "The service deployment was stopped by the user.".to_string());
            false
        }
        DeploymentStatus::RollbackRequested => {
            roll_back(
                scene,
                "The service deployment was stopped by the user.".to_string(),
                None,
            );
            true
        }
        DeploymentStatus::RollbackInProgress => {
            if is_ready(scene) && scene.old_group().wanted() == 0 {
                succeed(scene, DeploymentStatus::RollbackSuccessful);
            }
            false
        }
        DeploymentStatus::InProgress => !trips(scene) && forward(scene),
        _ => false,
    }
}

fn is_ready(scene: &Scene) -> bool {
    scene.target_group().ready >= scene.service.desired
}

/// Whether the breaker gave the deployment up.
fn trips(scene: &mut Scene) -> bool {
    let failed = scene.target().map_or(0, |target| target.failed);
    let Some(d) = &mut scene.deployment else { return false };
    if d.breaker != MonitorStatus::Monitoring || failed < d.threshold {
        return false;
    }
    d.breaker = MonitorStatus::Triggered;
    let goes_back = d.rules.breaker.rollback;
    let reason = format!("{}: tasks failed to start.", tell::BREAKER);
    if goes_back {
        roll_back(scene, reason, Some(tell::BREAKER));
    } else {
        give_up(scene, reason);
    }
    true
}

/// One step through the stages. `false` when it waits, or is at its end.
fn forward(scene: &mut Scene) -> bool {
    let (desired, group) = (scene.service.desired, scene.target_group());
    let percent = |part: u32| (u64::from(part) * 100).checked_div(u64::from(desired)).unwrap_or(100);
    let facts = Facts {
        target_ready: group.ready >= desired,
        target_percent: u32::try_from(percent(group.ready)).unwrap_or(100),
        sources_gone: scene.old_group().wanted() == 0,
        now: scene.now,
    };
    let Some(d) = &mut scene.deployment else { return false };
    match stages::next(d, &facts) {
        Step::Stay(at) => {
            at.into_iter().for_each(|at| scene.wake_at(at));
            return false;
        }
        Step::To(stage) => {
            (d.stage, d.stage_since) = (Some(stage), facts.now);
            if stage == Stage::TestTrafficShift {
                d.test_permille = ALL_TRAFFIC;
            }
            if d.rules.strategy != Strategy::Rolling {
                let name = ServiceRevision::shown_as(&d.target);
                let word = tell::stage(&scene.service.name, &name, stage.as_str());
                scene.say(word);
            }
        }
        Step::Shift(to) => (d.production_permille, d.stage_since) = (to, facts.now),
        Step::Hooks(stage, hooks) => {
            let seed = scene.service.draw();
            let dice = SeededDice::new(seed);
            for at in hooks {
                let hook = &d.rules.hooks[at];
                let waits = hook.kind == "PAUSE";
                let status = if waits {
                    HookStatus::AwaitingAction
                } else {
                    HookStatus::InProgress
                };
                let run = HookRun {
                    id: dice.uuid(),
                    hook: u32::try_from(at).unwrap_or(u32::MAX),
                    stage,
                    status,
                    started_at: facts.now,
                    expires_at: facts.now.plus_millis(i64::from(hook.timeout_minutes) * 60_000),
                    answer: None,
                    reason: None,
                    calls: 0,
                    call_at: (!waits).then_some(facts.now),
                    memo: None,
                };
                d.hooks.push(run);
            }
        }
        Step::Settle { run, status } => {
            let stage = d.hooks[run].stage;
            let action = d
                .rules
                .hooks
                .get(d.hooks[run].hook as usize)
                .map(|hook| hook.timeout_action);
            let run = &mut d.hooks[run];
            run.status = status;
            if status == HookStatus::TimedOut {
                run.answer = Some(action.unwrap_or(HookAction::Rollback));
                run.reason
                    .get_or_insert_with(|| format!("A lifecycle hook at {stage} timed out."));
            }
            if status == HookStatus::Failed {
                run.reason
                    .get_or_insert_with(|| format!("A lifecycle hook at {stage} asked to roll back."));
            }
        }
        Step::Rollback(why) => roll_back(scene, why, None),
        Step::Done => succeed(scene, DeploymentStatus::Successful),
    }
    true
}

/// The deployment came to a good end; also when that is where it came from.
fn succeed(scene: &mut Scene, status: DeploymentStatus) {
    let (now, Some(target)) = (scene.now, scene.service.target.clone()) else {
        return;
    };
    let group = scene.target_group();
    if let Some(d) = &mut scene.deployment {
        d.status = status;
        d.finished_at = Some(now);
        if status == DeploymentStatus::Successful {
            d.counts = Some((scene.service.desired, group.up() + group.unhealthy, group.pending));
            d.production_permille = ALL_TRAFFIC;
        } else {
            // What it was to lead to has no tasks left, and no traffic: those are with where it came from.
            d.counts = Some((0, 0, 0));
        }
        if d.rules.strategy != Strategy::Rolling {
            d.stage = Some(Stage::CleanUp);
        }
        for monitor in [&mut d.breaker, &mut d.alarms] {
            if *monitor == MonitorStatus::Monitoring {
                *monitor = MonitorStatus::Complete;
            }
        }
    }
    let reason = format!("ECS deployment {} completed.", ServiceRevision::shown_as(&target));
    let word = tell::completed(&scene.service.name, &target, &reason);
    scene.say(word);
    if let Some(revision) = scene.revisions.get_mut(&target) {
        revision.rollout = RolloutState::Completed;
        revision.rollout_reason = reason;
    }
    scene.service.proven = Some(target);
    scene.service.steady = false;
}

/// The deployment ends where it stands: what runs stays, and nothing more of the target is started.
fn give_up(scene: &mut Scene, reason: String) {
    let now = scene.now;
    let target = scene.service.target.clone();
    if let Some(d) = &mut scene.deployment {
        d.stop(now, reason.clone());
    }
    if let Some(target) = target {
        fail(scene, &target, reason);
    }
}

fn fail(scene: &mut Scene, id: &str, reason: String) {
    let word = tell::failed(&scene.service.name, id, &reason);
    scene.say(word);
    if let Some(revision) = scene.revisions.get_mut(id) {
        revision.rollout = RolloutState::Failed;
        revision.rollout_reason = reason;
    }
}

/// The service goes back to the last revision that was good, or, when there is none, gives up. `by` begins the words of
/// the way back.
fn roll_back(scene: &mut Scene, reason: String, by: Option<&str>) {
    let now = scene.now;
    let Some(d) = &mut scene.deployment else { return };
    let from = d.target.clone();
    let proven = scene.service.proven.iter();
    let sources = d.sources.iter().map(|source| &source.revision);
    let there = |id: &&String| **id != from && scene.revisions.contains_key(*id);
    let Some(to) = proven.chain(sources).find(there).cloned() else {
        return give_up(scene, reason);
    };
    d.status = DeploymentStatus::RollbackInProgress;
    d.reason = Some(reason.clone());
    d.end_hooks();
    d.production_permille = 0;
    d.test_permille = 0;
    d.rollback = Some(Rollback {
        reason: reason.clone(),
        started_at: now,
        revision: to.clone(),
    });
    if let Some(revision) = scene.revisions.get_mut(&from) {
        revision.status = RevisionStatus::Active;
    }
    fail(scene, &from, reason);
    let by = by.unwrap_or("ECS deployment");
    let reason = format!("{by}: rolling back to deploymentId {}.", ServiceRevision::shown_as(&to));
    let word = tell::rolling_back(&scene.service.name, &to, &reason);
    scene.say(word);
    let failed = scene.tally.of(&to).failed;
    if let Some(revision) = scene.revisions.get_mut(&to) {
        revision.status = RevisionStatus::Primary;
        revision.rollout = RolloutState::InProgress;
        revision.rollout_reason = reason;
        (revision.failed, revision.streak, revision.seen_failed) = (0, 0, failed);
        revision.throttled = false;
    }
    scene.service.target = Some(to);
    scene.service.has_room();
}
