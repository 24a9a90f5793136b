//! Agents that die. The machine goes on without them.

use super::{Stage, Way, of};
use crate::testing::{Deed, assignment, container};
use link::{ContainerPlan, Phase, StopCode};

#[tokio::test(start_paused = true)]
async fn what_runs_is_taken_up_and_its_end_is_known() {
    let mut stage = Stage::of(assignment("t", vec![container("app", "exits-after-60000ms-with-4")])).await;
    let before = stage.phase(Phase::Running).await;
    stage.kill_and_reopen().await;
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(of(&last, "app").exit_code, Some(4));
    assert_eq!(of(&last, "app").runtime_id, of(&before, "app").runtime_id);
    assert_eq!(last.started_at, before.started_at);
    assert_eq!(stage.deeds(), ["app starts", "app ends with 4", "cleared"]);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_nobody_saw_is_found() {
    let mut stage = Stage::of(assignment("t", vec![container("app", "exits-after-5000ms-with-4")])).await;
    let running = stage.phase(Phase::Running).await;
    stage.kill().await;
    stage.rest(60_000).await;
    stage.open().await;
    stage.connect();
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(of(&last, "app").exit_code, Some(4));
    let ran_ms = last.execution_stopped_at.unwrap().since(running.started_at.unwrap());
    assert_eq!(ran_ms, 5_000, "not when it was found");
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_with_its_keeper_has_no_code() {
    for without_a_trace in [false, true] {
        let mut stage = Stage::of(assignment("t", vec![container("app", "runs")])).await;
        stage.phase(Phase::Running).await;
        stage.kill().await;
        stage.machine.lose("default/t", without_a_trace);
        stage.open().await;
        stage.connect();
        let last = stage.phase(Phase::Stopped).await;
        assert_eq!(last.stop_code, Some(StopCode::EssentialContainerExited));
        let app = of(&last, "app");
        assert_eq!(app.exit_code, None);
        assert!(app.reason.as_ref().unwrap().starts_with("ContainerVanishedError"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_the_node_has_no_memory_of_is_not_started_again() {
    let mut task = assignment("t", vec![container("app", "runs")]);
    task.known = true;
    let mut stage = Stage::of(task).await;
    let last = stage.phase(Phase::Stopped).await;
    assert!(last.reason.unwrap().starts_with("ContainerVanishedError"));
    assert_eq!(stage.deeds(), ["cleared"]);
}

/// A signal may have been sent, or not: it is sent again, and the kill comes when it would have.
#[tokio::test(start_paused = true)]
async fn a_stop_goes_on_where_it_was() {
    let plan = ContainerPlan {
        stop_timeout_s: Some(20),
        ..container("app", "ignores-term")
    };
    let mut stage = Stage::of(assignment("t", vec![plan])).await;
    stage.phase(Phase::Running).await;
    stage.stop("default/t");
    stage.rest(5_000).await;
    stage.kill_and_reopen().await;
    stage.phase(Phase::Stopped).await;
    let deeds = [
        "app starts",
        "app is asked",
        "app is asked",
        "app is killed",
        "app ends with 137",
        "cleared",
    ];
    assert_eq!(stage.deeds(), deeds);
    assert_eq!(stage.when(|deed| matches!(deed, Deed::Killed(_))), 20_000);
}

#[tokio::test(start_paused = true)]
async fn whenever_the_agent_dies_while_it_starts_a_container_it_starts_once() {
    for ms in (0..3_000).step_by(50) {
        let mut stage = Stage::with(ms, 1_000).await;
        stage.give(assignment("t", vec![container("app", "runs")]));
        stage.rest(ms).await;
        stage.kill_and_reopen().await;
        stage.rest(1).await;
        stage.phase(Phase::Running).await;
        let address = stage.work("default/t").parts[0].address.clone();
        assert_eq!(address.as_deref(), Some("172.31.0.2"), "after {ms} ms");
        stage.stop("default/t");
        stage.phase(Phase::Stopped).await;
        assert_eq!(
            stage.deeds(),
            ["app starts", "app is asked", "app ends with 0", "cleared"],
            "after {ms} ms"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_difference_to_what_this_node_does_not_have_is_not_applied() {
    let mut stage = Stage::of(assignment("t", vec![container("app", "runs")])).await;
    stage.phase(Phase::Running).await;
    stage.miss_a_message();
    stage.stop("default/t");
    stage.rest(60_000).await;
    assert_eq!(stage.deeds(), ["app starts"]);
    stage.connect();
    assert_eq!(stage.phase(Phase::Stopped).await.stop_code, None);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_did_not_hear_is_told_in_the_next_session() {
    let mut stage = Stage::of(assignment("t", vec![container("app", "exits-after-5000ms-with-0")])).await;
    stage.phase(Phase::Running).await;
    stage.rest(30_000).await;
    stage.hear(Way::Lost).await;
    stage.connect();
    assert_eq!(of(&stage.phase(Phase::Stopped).await, "app").exit_code, Some(0));
    stage.rest(1).await;
    assert!(stage.works().is_empty(), "acknowledged is forgotten");
}
