//! What went wrong, counted: for the breaker, and to slow down what fails again and again.

use super::scene::Scene;
use super::tell;
use base::Timestamp;
use model::{ServiceRevision, Task};
use store::Tx;

/// Failures a deployment remembers by name.
const MOST_REMEMBERED: usize = 10;

/// So many rounds of failures (each as many as there should be tasks) are taken without a pause.
const FREE_ROUNDS: u32 = 3;
const FIRST_PAUSE_MS: i64 = 1_000;
const LONGEST_PAUSE_MS: i64 = 15 * 60_000;
/// Without a failure for so long after a pause, what was is forgotten.
const CALM_MS: i64 = 60_000;

/// Takes over from the tallies what is new.
pub fn count(tx: &Tx, scene: &mut Scene) {
    let resets = scene.service.rules.breaker.reset_on_healthy && scene.target_group().ready > 0;
    let target = scene.service.target.clone();
    let desired = scene.service.desired;
    let mut wakes = Vec::new();
    let (mut told, mut waited) = (Vec::new(), Vec::new());
    for revision in scene.revisions.values_mut() {
        let tally = scene.tally.of(&revision.id);
        let is_target = target.as_ref() == Some(&revision.id);
        let new = u32::try_from(tally.failed.saturating_sub(revision.seen_failed)).unwrap_or(u32::MAX);
        if new > 0 {
            revision.seen_failed = tally.failed;
            revision.last_failed_at = tally.last_failed_at;
            revision.streak = revision.streak.saturating_add(new);
            revision.failed = revision.failed.saturating_add(new);
            if let Some(id) = tally.last_failed {
                let task = tx.get::<Task>(&Task::key_of(&revision.cluster, &id));
                waited.extend(task.clone().filter(|task| task.node.is_none()));
                if is_target {
                    told.push((id, task.map_or_else(String::new, |task| reason(&task))));
                }
            }
        } else if revision.streak > 0 {
            let calm = calm_at(revision, desired);
            if calm <= scene.now {
                (revision.streak, revision.throttled) = (0, false);
            } else {
                wakes.push(calm);
            }
        }
        if is_target && resets {
            revision.failed = 0;
        }
    }
    wakes.into_iter().for_each(|at| scene.wake_at(at));
    for task in waited {
        let lacks = task.stopped_reason.as_deref().unwrap_or_default();
        let word = tell::waited(&scene.service.name, &task, lacks);
        scene.say(word);
    }
    remember(scene, told);
}

/// What made a task fail, in one line.
fn reason(task: &Task) -> String {
    let of_container = task.containers.iter().find_map(|c| match (&c.reason, c.exit_code) {
        (Some(reason), _) => Some(format!("{}: {reason}", c.name)),
        (None, Some(code)) if c.essential => Some(format!("{}: exit code {code}", c.name)),
        _ => None,
    });
    let whole = task.stopped_reason.clone().unwrap_or_default();
    match of_container {
        Some(more) if !whole.contains(&more) => format!("{whole} ({more})"),
        _ => whole,
    }
}

fn remember(scene: &mut Scene, told: Vec<(String, String)>) {
    let failed = scene.target().map_or(0, |target| target.failed);
    let desired = scene.service.desired;
    let Some(deployment) = scene.deployment.as_mut().filter(|d| !d.status.is_over()) else {
        return;
    };
    deployment.failures.extend(told);
    let surplus = deployment.failures.len().saturating_sub(MOST_REMEMBERED);
    deployment.failures.drain(..surplus);
    if !deployment.status.goes_back() {
        deployment.failed = failed;
        deployment.threshold = deployment.rules.breaker.threshold(desired);
    }
}

/// One more failure of a task's revision, found by its service and not by the task itself.
pub fn unhealthy(scene: &mut Scene, task: &Task, count: u32) {
    let now = scene.now;
    let of = task.member.as_ref().map(|member| &member.revision);
    if let Some(revision) = of.and_then(|id| scene.revisions.get_mut(id)) {
        revision.failed = revision.failed.saturating_add(count);
        revision.streak = revision.streak.saturating_add(count);
        revision.last_failed_at = Some(now);
    }
    remember(
        scene,
        vec![(task.id.clone(), "failed container health checks".to_string())],
    );
}

/// How long starts are held back after so many failures in a row.
fn pause_ms(streak: u32, desired: u32) -> i64 {
    let rounds = streak / desired.max(1);
    if rounds < FREE_ROUNDS {
        return 0;
    }
    (FIRST_PAUSE_MS << (rounds - FREE_ROUNDS).min(20)).min(LONGEST_PAUSE_MS)
}

fn calm_at(revision: &ServiceRevision, desired: u32) -> Timestamp {
    let last = revision.last_failed_at.unwrap_or(revision.created_at);
    last.plus_millis(2 * pause_ms(revision.streak, desired) + CALM_MS)
}

/// Until when nothing of this revision is started, if it fails again and again. Says so once.
pub fn held_until(scene: &mut Scene, id: &str) -> Option<Timestamp> {
    let desired = scene.service.desired;
    let revision = scene.revisions.get_mut(id)?;
    let pause = pause_ms(revision.streak, desired);
    let until = revision.last_failed_at?.plus_millis(pause);
    if pause == 0 || until <= scene.now {
        return None;
    }
    if !revision.throttled {
        revision.throttled = true;
        let word = tell::impaired(&scene.service.name);
        scene.say(word);
    }
    Some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_rounds_of_failures() {
        assert_eq!([0, 1, 2, 3, 4, 5].map(|n| pause_ms(n, 1)), [0, 0, 0, 1000, 2000, 4000]);
        assert_eq!([29, 30, 49].map(|n| pause_ms(n, 10)), [0, 1000, 2000]);
        assert_eq!(pause_ms(u32::MAX, 1), LONGEST_PAUSE_MS);
    }
}
