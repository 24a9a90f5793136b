//! What must hold of every task, whatever happened: by what was done on the machine and what the server was told.

use crate::testing::Deed;
use link::plan::Condition;
use link::{Assignment, ContainerPlan, Phase, TaskReport};
use std::collections::{BTreeMap, BTreeSet};

pub fn hold(task: &Assignment, deeds: &[Deed], heard: &[TaskReport]) {
    let reports: Vec<&TaskReport> = heard.iter().filter(|report| report.key == task.key).collect();
    deeds_are_in_order(task, deeds);
    reports_only_go_forward(&reports);
    the_last_word_is_true(task, deeds, &reports);
}

fn name_of(run: &str) -> &str {
    run.split('.').next().unwrap_or(run)
}

fn deeds_are_in_order(task: &Assignment, deeds: &[Deed]) {
    let plans = &task.plan.containers;
    let mut alive: BTreeSet<&str> = BTreeSet::new();
    let (mut started, mut unheard) = (BTreeMap::new(), BTreeSet::new());
    let mut clearing = false;
    for (at, deed) in deeds.iter().enumerate() {
        match deed {
            Deed::Started(run) => {
                let name = name_of(run);
                assert!(!clearing, "{run} starts while its task is taken away: {deeds:#?}");
                assert!(alive.insert(name), "{run} starts although it runs: {deeds:#?}");
                let before = started.insert(name, run);
                let lost = deeds[..at].contains(&Deed::Vanished(run.clone()));
                assert!(before != Some(run) || lost, "{run} starts twice: {deeds:#?}");
                unheard.insert(run);
                if before.is_none() {
                    gates_are_open(plans, name, &deeds[..at], &deeds[at..]);
                }
            }
            Deed::Ended(run, _) | Deed::Lost(run) => {
                assert!(alive.remove(name_of(run)), "{run} ends without a start: {deeds:#?}");
            }
            Deed::Vanished(run) => {
                assert!(alive.remove(name_of(run)), "{run} ends without a start: {deeds:#?}");
                unheard.remove(run);
            }
            Deed::Heard(run) => drop(unheard.remove(run)),
            Deed::Signalled(run) | Deed::Killed(run) => {
                let name = name_of(run);
                let needs = |plan: &&ContainerPlan| plan.depends_on.iter().any(|d| d.container == name);
                let needed = plans
                    .iter()
                    .filter(needs)
                    .find(|plan| alive.contains(plan.name.as_str()));
                assert!(
                    needed.is_none(),
                    "{run} is stopped before {:?}: {deeds:#?}",
                    needed.map(|p| &p.name)
                );
            }
            Deed::Clearing => {
                assert!(
                    alive.is_empty(),
                    "{alive:?} run when their task is taken away: {deeds:#?}"
                );
                assert!(unheard.is_empty(), "{unheard:?} had more to say: {deeds:#?}");
                clearing = true;
            }
            _ => {}
        }
    }
    assert!(alive.is_empty(), "{alive:?} still run: {deeds:#?}");
}

/// Where nobody is told of an end, `before` may still lack it: what a container waits for is seen, and then waited for
/// no longer.
fn gates_are_open(plans: &[ContainerPlan], name: &str, before: &[Deed], since: &[Deed]) {
    let plan = plans.iter().find(|plan| plan.name == name).expect("it is of the plan");
    for dependency in &plan.depends_on {
        let on = dependency.container.as_str();
        let of_on = |deed: &&Deed| match deed {
            Deed::Started(run)
            | Deed::Ended(run, _)
            | Deed::Lost(run)
            | Deed::Vanished(run)
            | Deed::Checked(run, _) => name_of(run) == on,
            _ => false,
        };
        let seen: Vec<&Deed> = before.iter().filter(of_on).collect();
        let last = seen.iter().rfind(|deed| !matches!(deed, Deed::Checked(..)));
        let again = since.iter().filter(of_on).any(|deed| deed.started().is_some());
        let open = match dependency.condition {
            Condition::Start => seen.iter().any(|deed| deed.started().is_some()),
            Condition::Complete => matches!(last, Some(Deed::Ended(..))) && !again,
            Condition::Success => matches!(last, Some(Deed::Ended(_, 0))) && !again,
            Condition::Healthy => seen.iter().any(|deed| matches!(deed, Deed::Checked(_, true))),
        };
        assert!(
            open,
            "{name} starts before {on} is {}: {before:#?}",
            dependency.condition.as_str()
        );
    }
}

/// What was told once stays told.
fn keeps<T: PartialEq + std::fmt::Debug>(before: &Option<T>, after: &Option<T>, what: &str) {
    assert!(
        before.is_none() || before == after,
        "{what} was {before:?}, and is {after:?}"
    );
}

fn reports_only_go_forward(reports: &[&TaskReport]) {
    for pair in reports.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        assert!(before.phase <= after.phase, "{before:#?} and then {after:#?}");
        keeps(&before.stop_code, &after.stop_code, "the stop code");
        keeps(&before.reason, &after.reason, "the reason");
        keeps(&before.started_at, &after.started_at, "the start");
        keeps(&before.pull_started_at, &after.pull_started_at, "the pull's start");
        keeps(&before.pull_stopped_at, &after.pull_stopped_at, "the pull's end");
        keeps(&before.execution_stopped_at, &after.execution_stopped_at, "the end");
        for (before, after) in before.containers.iter().zip(&after.containers) {
            assert!(before.phase <= after.phase, "{before:#?} and then {after:#?}");
            keeps(&before.exit_code, &after.exit_code, "the exit code");
            keeps(&before.reason, &after.reason, "the container's reason");
            keeps(&before.runtime_id, &after.runtime_id, "the container's id");
        }
    }
}

fn the_last_word_is_true(task: &Assignment, deeds: &[Deed], reports: &[&TaskReport]) {
    let Some(last) = reports.last().filter(|report| report.phase == Some(Phase::Stopped)) else {
        return;
    };
    // A signal or a check that was under way may arrive when there is nothing left for it to hit.
    let late = |deed: &&Deed| matches!(deed, Deed::Signalled(_) | Deed::Killed(_) | Deed::Checked(..));
    assert!(
        matches!(deeds.iter().rfind(|deed| !late(deed)), Some(Deed::Cleared)),
        "STOPPED is told before {deeds:#?}"
    );
    for plan in &task.plan.containers {
        let told = last
            .containers
            .iter()
            .find(|c| c.name == plan.name)
            .expect("all are told of");
        assert_eq!(told.phase, Some(Phase::Stopped), "{last:#?}");
        let code = deeds.iter().rev().find_map(|deed| match deed {
            Deed::Ended(run, code) if name_of(run) == plan.name => Some(Some(*code)),
            Deed::Lost(run) | Deed::Vanished(run) if name_of(run) == plan.name => Some(None),
            _ => None,
        });
        if let Some(code) = code {
            assert_eq!(told.exit_code, code, "of {}: {last:#?} {deeds:#?}", plan.name);
        }
    }
}
