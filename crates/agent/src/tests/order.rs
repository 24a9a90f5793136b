//! What a container waits for before it starts, and what waits for it before it stops.

use super::{Stage, of};
use crate::testing::{Deed, after, assignment, container};
use link::plan::{Condition, HealthCheck, LogConfig};
use link::{ContainerPlan, Health, Phase, StopCode};

fn sidecar(mut plan: ContainerPlan) -> ContainerPlan {
    plan.essential = false;
    plan
}

pub(super) fn checked(mut plan: ContainerPlan) -> ContainerPlan {
    plan.health = Some(HealthCheck {
        command: vec!["CMD".to_string(), "true".to_string()],
        interval_s: 5,
        timeout_s: 2,
        retries: 2,
        start_period_s: 0,
    });
    plan
}

#[tokio::test(start_paused = true)]
async fn start_waits_for_the_start_and_stopping_goes_the_other_way_round() {
    let app = after(container("app", "runs"), "proxy", Condition::Start);
    let proxy = after(container("proxy", "runs"), "db", Condition::Start);
    let mut stage = Stage::of(assignment("t", vec![proxy, container("db", "runs"), app])).await;
    stage.phase(Phase::Running).await;
    stage.stop("default/t");
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!((last.stop_code, last.reason), (None, None));
    assert_eq!(
        stage.deeds(),
        [
            "db starts",
            "proxy starts",
            "app starts",
            "app is asked",
            "app ends with 0",
            "proxy is asked",
            "proxy ends with 0",
            "db is asked",
            "db ends with 0",
            "cleared",
        ]
    );
    assert_eq!(stage.machine.has(), Vec::<String>::new());
}

fn log(driver: &str) -> Option<LogConfig> {
    Some(LogConfig {
        driver: driver.to_string(),
        options: Vec::new(),
        secret_options: Vec::new(),
    })
}

#[tokio::test(start_paused = true)]
async fn a_router_of_logs_is_there_before_and_after_whom_it_serves() {
    let mut app = container("app", "runs");
    app.log = log("awsfirelens");
    let mut router = container("router", "runs");
    router.firelens = log("fluentbit");
    let mut stage = Stage::of(assignment("t", vec![app.clone(), router.clone()])).await;
    stage.phase(Phase::Running).await;
    stage.stop("default/t");
    stage.phase(Phase::Stopped).await;
    assert_eq!(stage.deeds()[..2], ["router starts", "app starts"]);
    assert_eq!(stage.deeds()[2..4], ["app is asked", "app ends with 0"]);

    // One that waits for others itself is waited for by nobody, or they might wait for each other.
    let router = after(router, "app", Condition::Start);
    let mut stage = Stage::of(assignment("t", vec![app, router])).await;
    stage.phase(Phase::Running).await;
    assert_eq!(stage.deeds(), ["app starts", "router starts"]);
}

#[tokio::test(start_paused = true)]
async fn complete_takes_any_code_and_success_takes_zero() {
    let first = sidecar(container("first", "exits-after-100ms-with-3"));
    let second = sidecar(after(
        container("second", "exits-after-100ms-with-0"),
        "first",
        Condition::Complete,
    ));
    let third = after(container("third", "runs"), "second", Condition::Success);
    let mut stage = Stage::of(assignment("t", vec![third, second, first])).await;
    let report = stage.phase(Phase::Running).await;
    assert_eq!(of(&report, "first").exit_code, Some(3));
    let deeds = [
        "first starts",
        "first ends with 3",
        "second starts",
        "second ends with 0",
        "third starts",
    ];
    assert_eq!(stage.deeds(), deeds);
}

#[tokio::test(start_paused = true)]
async fn success_never_comes_after_a_failure() {
    let first = sidecar(container("first", "exits-after-100ms-with-3"));
    let second = after(container("second", "runs"), "first", Condition::Success);
    let mut stage = Stage::of(assignment("t", vec![second, first])).await;
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(last.stop_code, Some(StopCode::TaskFailedToStart));
    assert_eq!(of(&last, "second").exit_code, Some(143));
    let why = "CannotStartContainerError: dependency graph: failed to resolve the container ordering dependency [first] \
               for target [second] as the dependency did not exit successfully";
    assert_eq!(of(&last, "second").reason.as_deref(), Some(why));
    assert_eq!(last.reason.as_deref(), Some(why));
    assert_eq!(last.started_at, None);
}

#[tokio::test(start_paused = true)]
async fn healthy_waits_for_a_check_that_succeeds() {
    let db = checked(container("db", "healthy-after-7000ms"));
    let app = after(container("app", "runs"), "db", Condition::Healthy);
    let mut stage = Stage::of(assignment("t", vec![app, db])).await;
    let report = stage.phase(Phase::Running).await;
    assert_eq!(of(&report, "db").health, Some(Health::Healthy));
    assert_eq!(
        stage.when(|deed| *deed == Deed::Started("app".to_string())),
        10_000,
        "at the second check"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_healthy_in_its_time_is_not_waited_for() {
    let mut db = checked(container("db", "healthy-after-60000ms"));
    db.start_timeout_s = Some(12);
    let app = after(container("app", "runs"), "db", Condition::Healthy);
    let mut stage = Stage::of(assignment("t", vec![app, db])).await;
    let last = stage.phase(Phase::Stopped).await;
    assert_eq!(last.stop_code, Some(StopCode::TaskFailedToStart));
    let app = of(&last, "app");
    assert_eq!((app.exit_code, app.runtime_id.clone()), (Some(143), None));
    assert!(
        app.reason
            .as_ref()
            .unwrap()
            .ends_with("[db] for target [app] has timed out after 12s")
    );
    assert_eq!(of(&last, "db").exit_code, Some(0));
    assert_eq!(stage.when(|deed| *deed == Deed::Signalled("db".to_string())), 12_000);
}

#[tokio::test(start_paused = true)]
async fn a_dependency_that_never_starts_fails_all_that_follow_and_the_rest_goes_on() {
    let main = container("main", "runs");
    // In this order, each is looked at before what it waits for.
    let third = sidecar(after(container("third", "runs"), "second", Condition::Complete));
    let second = sidecar(after(container("second", "runs"), "first", Condition::Complete));
    let first = sidecar(container("first", "fails-to-start"));
    let mut stage = Stage::of(assignment("t", vec![third, second, first, main])).await;
    let report = stage.phase(Phase::Running).await;
    assert_eq!(of(&report, "first").exit_code, Some(127));
    for name in ["second", "third"] {
        assert_eq!(of(&report, name).exit_code, Some(143), "{name}");
        assert!(
            of(&report, name)
                .reason
                .as_ref()
                .unwrap()
                .ends_with("as the dependency never started")
        );
    }
    assert_eq!(stage.deeds(), ["main starts"]);
}

#[tokio::test(start_paused = true)]
async fn health_is_told_and_its_results_are_kept() {
    let plan = checked(container("app", "unhealthy-after-12000ms"));
    let mut stage = Stage::of(assignment("t", vec![plan])).await;
    let healthy = stage.until(|r| r.containers[0].health == Some(Health::Healthy)).await;
    assert_eq!(healthy.phase, Some(Phase::Running));
    let unhealthy = stage.until(|r| r.containers[0].health == Some(Health::Unhealthy)).await;
    assert_eq!(
        unhealthy.phase,
        Some(Phase::Running),
        "whether it goes on is for the server to say"
    );
    let codes = stage.work("default/t").parts[0]
        .health
        .transcript
        .iter()
        .map(|c| c.exit_code)
        .collect::<Vec<_>>();
    assert_eq!(codes, [0, 0, 1, 1]);
}
