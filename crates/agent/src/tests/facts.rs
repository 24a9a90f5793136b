//! Facts that come twice, late, or of what is not any more. Without a machine: only what is decided.

use crate::health::Checked;
use crate::testing::{assignment, container};
use crate::{Fact, ImageFacts, Stage, Step, Work, next, report};
use base::Timestamp;
use link::plan::{HealthCheck, NetworkMode, RestartPolicy};
use link::{ContainerPlan, Health, Phase};

const NOW: Timestamp = Timestamp(1_000_000);

fn at(second: i64) -> Timestamp {
    NOW.plus_millis(second * 1000)
}

fn work(plan: ContainerPlan) -> Work {
    let mut number = 0;
    Work::new(assignment("t", vec![plan]), || {
        number += 1;
        (format!("t-{number}"), format!("secret-{number}"))
    })
}

fn pulled() -> Fact {
    Fact::Pulled {
        part: 0,
        image: ImageFacts::default(),
    }
}

fn started(second: i64) -> Fact {
    Fact::Started {
        part: 0,
        at: at(second),
        ports: Vec::new(),
        address: None,
    }
}

fn exited(run: u32, second: i64) -> Fact {
    Fact::Exited {
        part: 0,
        run,
        at: at(second),
        code: Some(1),
        out_of_memory: false,
    }
}

/// Takes in facts, each followed by a decision; the steps of all.
fn tell(work: &mut Work, second: i64, facts: impl IntoIterator<Item = Fact>) -> Vec<Step> {
    let mut steps = next(work, at(second)).steps;
    for fact in facts {
        work.saw(fact, at(second));
        steps.extend(next(work, at(second)).steps);
    }
    steps
}

fn restarting() -> ContainerPlan {
    ContainerPlan {
        restart: Some(RestartPolicy {
            attempt_period_s: 1,
            ..RestartPolicy::default()
        }),
        health: Some(HealthCheck {
            command: vec!["CMD".to_string(), "true".to_string()],
            interval_s: 5,
            timeout_s: 2,
            retries: 1,
            start_period_s: 0,
        }),
        ..container("app", "runs")
    }
}

#[test]
fn every_step_is_given_once() {
    let mut work = work(container("app", "runs"));
    assert_eq!(tell(&mut work, 0, []), [Step::Pull(0)]);
    assert_eq!(tell(&mut work, 0, []), []);
    assert_eq!(tell(&mut work, 1, [pulled(), pulled()]), [Step::Start(0)]);
    assert_eq!(tell(&mut work, 2, [started(2), started(2)]), []);
    assert_eq!(report(&work).phase, Some(Phase::Running));
    assert_eq!(work.parts[0].unheard, [0]);
}

#[test]
fn what_is_told_of_an_earlier_run_says_nothing_about_this_one() {
    let mut work = work(restarting());
    tell(&mut work, 0, [pulled(), started(0)]);
    assert_eq!(tell(&mut work, 5, []), [Step::Check(0)]);
    assert_eq!(tell(&mut work, 6, [exited(0, 6), exited(0, 6)]), [Step::Start(0)]);
    tell(&mut work, 7, [started(7)]);
    let late = Checked {
        began_at: at(8),
        ended_at: at(8),
        exit_code: 1,
        output: String::new(),
    };
    let check = |run| Fact::Checked {
        part: 0,
        run,
        result: late.clone(),
    };
    assert_eq!(tell(&mut work, 8, [exited(0, 6), check(0)]), []);
    assert_eq!((work.parts[0].stage, work.parts[0].restarts), (Stage::Running, 1));
    assert_eq!(report(&work).containers[0].health, Some(Health::Unknown));
    tell(&mut work, 8, [check(1)]);
    assert_eq!(report(&work).containers[0].health, Some(Health::Unhealthy));
}

#[test]
fn a_restart_that_cannot_start_leaves_nothing_unheard() {
    let mut work = work(restarting());
    tell(&mut work, 0, [pulled(), started(0), exited(0, 2)]);
    let failed = Fact::NotStarted {
        part: 0,
        reason: "CannotStartContainerError: no".to_string(),
        exit_code: None,
    };
    assert_eq!(
        tell(&mut work, 3, [failed]),
        [],
        "what it said is still to be passed on"
    );
    assert_eq!(tell(&mut work, 4, [Fact::LogsDone { part: 0, run: 0 }]), [Step::Clear]);
}

#[test]
fn a_restart_that_a_dead_agent_began_is_begun_again_whatever_it_once_waited_for() {
    let mut work = work(restarting());
    tell(&mut work, 0, [pulled(), started(0), exited(0, 2)]);
    assert_eq!(work.parts[0].stage, Stage::Starting);
    work.woke(at(3));
    work.never_started(0);
    assert_eq!(report(&work).containers[0].phase, Some(Phase::Running));
    assert_eq!(tell(&mut work, 3, []), [Step::Start(0)]);
}

#[test]
fn a_pull_that_was_done_when_it_was_given_up_changes_nothing() {
    let mut work = work(container("app", "runs"));
    let ask = Fact::AskedToStop { at: at(1) };
    assert_eq!(
        tell(&mut work, 1, [ask.clone(), ask]),
        [Step::Pull(0), Step::CancelPull(0)]
    );
    let cancelled = Fact::NotPulled {
        part: 0,
        reason: "TaskStoppedBeforePullBeginError".to_string(),
    };
    assert_eq!(tell(&mut work, 1, [pulled(), cancelled]), [Step::Clear]);
    assert_eq!(report(&work).containers[0].reason, None);
    assert_eq!(tell(&mut work, 2, [Fact::Cleared, Fact::Cleared]), []);
    assert_eq!(report(&work).phase, Some(Phase::Stopped));
}

#[test]
fn what_is_being_made_is_not_taken_away_under_the_hands_that_make_it() {
    let mut task = assignment("t", vec![container("app", "runs")]);
    task.plan.network_mode = Some(NetworkMode::Awsvpc);
    let mut work = Work::new(task, || ("t-1".to_string(), "secret".to_string()));
    let ask = Fact::AskedToStop { at: at(1) };
    let steps = [Step::Network, Step::Pull(0), Step::CancelPull(0)];
    let cancelled = Fact::NotPulled {
        part: 0,
        reason: String::new(),
    };
    assert_eq!(tell(&mut work, 1, [ask, cancelled]), steps);
    assert_eq!(tell(&mut work, 2, [Fact::NetworkUp]), [Step::Clear]);
}

#[test]
fn killed_for_memory_and_ended_unseen_have_their_reasons() {
    let end = |code, out_of_memory| {
        let mut work = work(container("app", "runs"));
        tell(&mut work, 0, [pulled(), started(0)]);
        let exited = Fact::Exited {
            part: 0,
            run: 0,
            at: at(1),
            code,
            out_of_memory,
        };
        tell(&mut work, 1, [exited]);
        report(&work).containers[0].reason.clone().unwrap()
    };
    assert_eq!(
        end(Some(137), true),
        "OutOfMemoryError: Container killed due to memory usage"
    );
    assert!(end(None, false).starts_with("ContainerVanishedError"));
}

#[test]
fn the_journal_keeps_all_but_what_only_one_agent_can_know() {
    let mut work = work(restarting());
    tell(&mut work, 0, [pulled(), started(0), exited(0, 2), started(3)]);
    let bytes = minicbor::to_vec(&work).unwrap();
    let read: Work = minicbor::decode(&bytes).unwrap();
    assert_eq!(read, work);
    tell(&mut work, 9, []);
    assert!(work.parts[0].checking);
    let read: Work = minicbor::decode(&minicbor::to_vec(&work).unwrap()).unwrap();
    assert!(!read.parts[0].checking);
}
