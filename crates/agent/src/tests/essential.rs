//! Which container's end is the task's, and what is told of it.

use super::{Stage, of};
use crate::testing::{assignment, container};
use link::plan::NetworkMode;
use link::{ContainerPlan, Phase, StopCode};

fn sidecar(name: &str, story: &str) -> ContainerPlan {
    ContainerPlan {
        essential: false,
        ..container(name, story)
    }
}

#[tokio::test(start_paused = true)]
async fn an_essential_containers_end_is_the_tasks() {
    let app = container("app", "exits-after-2000ms-with-3");
    let mut stage = Stage::of(assignment("t", vec![app, sidecar("proxy", "runs")])).await;
    stage.phase(Phase::Running).await;
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(last.stop_code, Some(StopCode::EssentialContainerExited));
    assert_eq!(last.reason.as_deref(), Some("Essential container in task exited"));
    assert_eq!(of(&last, "app").exit_code, Some(3));
    assert_eq!(of(&last, "proxy").exit_code, Some(0));
    assert!(last.execution_stopped_at > last.started_at);
    let phases: Vec<_> = stage.heard.iter().filter_map(|r| r.phase).collect();
    assert!(phases.is_sorted(), "{phases:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_essential_may_end_or_never_start() {
    let parts = vec![
        container("app", "runs"),
        sidecar("ends", "exits-after-100ms-with-9"),
        sidecar("absent", "cannot-pull"),
        sidecar("broken", "fails-to-start"),
    ];
    let mut stage = Stage::of(assignment("t", parts)).await;
    let report = stage.until(|r| of(r, "ends").exit_code == Some(9)).await;
    assert_eq!(report.phase, Some(Phase::Running));
    assert_eq!(of(&report, "app").phase, Some(Phase::Running));
    assert_eq!(
        of(&report, "absent").reason.as_deref(),
        Some("CannotPullContainerError: there is no such image")
    );
    assert_eq!(of(&report, "broken").exit_code, Some(127));
}

#[tokio::test(start_paused = true)]
async fn when_all_have_ended_the_task_has() {
    let parts = vec![
        sidecar("one", "exits-after-100ms-with-0"),
        sidecar("two", "exits-after-300ms-with-0"),
    ];
    let mut stage = Stage::of(assignment("t", parts)).await;
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(last.stop_code, Some(StopCode::EssentialContainerExited));
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_not_there_is_a_task_that_failed_to_start() {
    let parts = vec![container("app", "cannot-pull"), container("other", "runs")];
    let mut stage = Stage::of(assignment("t", parts)).await;
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(last.stop_code, Some(StopCode::TaskFailedToStart));
    assert_eq!(
        last.reason.as_deref(),
        Some("CannotPullContainerError: there is no such image")
    );
    assert_eq!(last.started_at, None);
    assert!(
        stage
            .heard
            .iter()
            .all(|r| matches!(r.phase, Some(Phase::Pending | Phase::Stopped)))
    );
}

#[tokio::test(start_paused = true)]
async fn without_its_network_a_task_fails_to_start() {
    let mut task = assignment("t", vec![container("app", "runs")]);
    task.plan.network_mode = Some(NetworkMode::Awsvpc);
    let mut stage = Stage::new().await;
    stage.machine.break_network(true);
    stage.give(task);
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(last.stop_code, Some(StopCode::TaskFailedToStart));
    assert_eq!(
        last.reason.as_deref(),
        Some("ResourceInitializationError: there is no network")
    );
}
