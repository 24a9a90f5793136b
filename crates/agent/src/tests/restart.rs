//! Containers that are started again.

use super::{Stage, of};
use crate::testing::{assignment, container};
use link::plan::RestartPolicy;
use link::{ContainerPlan, Phase};

fn restarts(name: &str, story: &str, period_s: u32, ignored: &[i32]) -> ContainerPlan {
    ContainerPlan {
        restart: Some(RestartPolicy {
            ignored_exit_codes: ignored.to_vec(),
            attempt_period_s: period_s,
        }),
        ..container(name, story)
    }
}

#[tokio::test(start_paused = true)]
async fn what_ran_long_enough_is_started_again_and_nobody_is_told() {
    let mut stage = Stage::of(assignment(
        "t",
        vec![restarts("app", "exits-after-2000ms-with-1", 2, &[])],
    ))
    .await;
    stage.phase(Phase::Running).await;
    let told = stage.heard.len();
    stage.rest(5_000).await;
    assert_eq!(stage.heard.len(), told);
    stage.stop("default/t");
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(of(&last, "app").exit_code, Some(0));
    assert_eq!(last.stop_code, None);
    let deeds = [
        "app starts",
        "app ends with 1",
        "app.1 starts",
        "app.1 ends with 1",
        "app.2 starts",
        "app.2 is asked",
    ];
    assert_eq!(stage.deeds()[..6], deeds);
}

#[tokio::test(start_paused = true)]
async fn what_ended_too_soon_or_with_an_ignored_code_is_not() {
    for plan in [
        restarts("app", "exits-after-1999ms-with-1", 2, &[]),
        restarts("app", "exits-after-2000ms-with-1", 2, &[0, 1]),
    ] {
        let mut stage = Stage::of(assignment("t", vec![plan])).await;
        stage.phase(Phase::Stopped).await;
        assert_eq!(stage.deeds(), ["app starts", "app ends with 1", "cleared"]);
    }
}

#[tokio::test(start_paused = true)]
async fn every_run_is_heard_to_the_end_although_the_agent_dies_in_between() {
    let mut stage = Stage::with(7, 900).await;
    stage.give(assignment(
        "t",
        vec![restarts("app", "exits-after-2000ms-with-1", 1, &[])],
    ));
    stage.phase(Phase::Running).await;
    for _ in 0..12 {
        stage.rest(700).await;
        stage.kill_and_reopen().await;
    }
    stage.stop("default/t");
    stage.phase(Phase::Stopped).await;
    let done = stage.machine.deeds("default/t");
    let started: Vec<_> = done.iter().filter_map(|d| d.started()).collect();
    assert!(started.len() > 2, "{started:?}");
    let heard: std::collections::BTreeSet<_> = done.iter().filter_map(|d| d.heard()).collect();
    assert_eq!(heard, started.into_iter().collect());
}
