//! Being asked to stop, at every point of a task's way.

use super::{Stage, of};
use crate::testing::{Deed, assignment, container};
use link::plan::NetworkMode;
use link::{ContainerPlan, Phase};

#[tokio::test(start_paused = true)]
async fn what_ignores_its_signal_is_killed_after_its_time() {
    let plan = ContainerPlan {
        stop_timeout_s: Some(7),
        ..container("app", "ignores-term")
    };
    let mut stage = Stage::of(assignment("t", vec![plan])).await;
    stage.phase(Phase::Running).await;
    stage.stop("default/t");
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(of(&last, "app").exit_code, Some(137));
    assert_eq!(stage.when(|deed| matches!(deed, Deed::Killed(_))), 7_000);
    let phases: Vec<_> = stage.heard.iter().filter_map(|r| r.phase).collect();
    assert!(phases.is_sorted() && phases.contains(&Phase::Stopping), "{phases:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pull_is_given_up() {
    let mut stage = Stage::of(assignment(
        "t",
        vec![container("app", "pulls-for-ever"), container("b", "runs")],
    ))
    .await;
    stage.until(|r| of(r, "b").phase == Some(Phase::Running)).await;
    stage.stop("default/t");
    let last = stage.phase(Phase::Stopped).await;
    assert!(
        of(&last, "app")
            .reason
            .as_ref()
            .unwrap()
            .starts_with("TaskStoppedBeforePullBeginError")
    );
    assert_eq!((last.stop_code, last.started_at), (None, None));
    assert_eq!(of(&last, "b").exit_code, Some(0));
}

/// Whatever is under way comes to its end, and leaves nothing.
#[tokio::test(start_paused = true)]
async fn at_any_moment_of_its_start_a_task_can_be_stopped() {
    for ms in (0..4_000).step_by(50) {
        let mut task = assignment("t", vec![container("app", "runs"), container("other", "ignores-term")]);
        task.plan.network_mode = Some(NetworkMode::Awsvpc);
        let mut stage = Stage::with(ms, 1_000).await;
        stage.give(task);
        stage.rest(ms).await;
        stage.stop("default/t");
        let last = stage.phase(Phase::Stopped).await;
        assert_eq!((last.stop_code, last.reason), (None, None), "after {ms} ms");
        assert_eq!(stage.machine.has(), Vec::<String>::new(), "after {ms} ms");
        let deeds = stage.machine.deeds("default/t");
        assert_eq!(deeds.last(), Some(&Deed::Cleared), "after {ms} ms");
        let started = deeds.iter().filter(|d| d.started().is_some()).count();
        let ended = deeds.iter().filter(|d| matches!(d, Deed::Ended(..))).count();
        assert_eq!(started, ended, "after {ms} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_given_and_stopped_at_once_never_starts() {
    let mut task = assignment("t", vec![container("app", "runs")]);
    task.stop = true;
    let mut stage = Stage::of(task).await;
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(stage.deeds(), ["cleared"]);
    assert_eq!((last.pull_started_at, last.started_at), (None, None));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_does_not_know_any_more_leaves_no_trace() {
    let mut stage = Stage::of(assignment("t", vec![container("app", "runs")])).await;
    stage.phase(Phase::Running).await;
    stage.kill().await;
    stage.given.clear();
    stage.open().await;
    stage.connect();
    stage.rest(60_000).await;
    assert_eq!(stage.machine.has(), Vec::<String>::new());
    assert!(stage.works().is_empty());
}
