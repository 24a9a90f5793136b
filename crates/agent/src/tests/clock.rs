//! Clocks that are set while something is waited for.

use super::Stage;
use super::order::checked;
use crate::testing::{Deed, assignment, container};
use link::{ContainerPlan, Health, Phase};

const HOUR_MS: i64 = 3_600_000;

#[tokio::test(start_paused = true)]
async fn patience_is_the_same_whatever_the_clock_says() {
    for step_ms in [-HOUR_MS, HOUR_MS] {
        for dies in [false, true] {
            let plan = ContainerPlan {
                stop_timeout_s: Some(20),
                ..container("app", "ignores-term")
            };
            let mut stage = Stage::of(assignment("t", vec![plan])).await;
            stage.phase(Phase::Running).await;
            stage.stop("default/t");
            stage.rest(5_000).await;
            stage.machine.set_clock(step_ms);
            if dies {
                stage.kill_and_reopen().await;
            }
            stage.phase(Phase::Stopped).await;
            let killed = stage.when(|deed| matches!(deed, Deed::Killed(_)));
            // An agent that was not there when the clock was set cannot know by how much; it only never waits for ever.
            let right = if dies { 5_000..=25_000 } else { 20_000..=20_000 };
            assert!(right.contains(&killed), "{step_ms} {dies}: {killed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn health_goes_on_being_checked() {
    let plan = checked(container("app", "unhealthy-after-60000ms"));
    let mut stage = Stage::of(assignment("t", vec![plan])).await;
    stage.until(|r| r.containers[0].health == Some(Health::Healthy)).await;
    stage.machine.set_clock(-HOUR_MS);
    stage.until(|r| r.containers[0].health == Some(Health::Unhealthy)).await;
    let checks = stage
        .machine
        .done()
        .into_iter()
        .filter(|d| matches!(d.deed, Deed::Checked(..)));
    let at_s: Vec<u64> = checks.map(|d| d.at_ms / 1000).collect();
    assert_eq!(at_s, (1..=13).map(|n| n * 5).collect::<Vec<_>>());
}
