//! Lifecycle hooks that are tasks.

use super::*;
use model::Hook;

/// Before revision 2 gets any traffic, a task of `check` is asked; `memory_mib` is what that task needs.
fn asks(memory_mib: u32) -> Town {
    let mut town = Town::new(3);
    town.create(2, rules(100, 200));
    town.until_steady();
    town.write(move |tx| {
        let mut check = TaskDefinition {
            family: "check".to_string(),
            ..definition()
        };
        check.plan.containers = revision("1").template.containers;
        check.plan.memory_mib = Some(memory_mib);
        tx.put(check);
    });
    town.change(|service| {
        service.rules.strategy = Strategy::BlueGreen;
        service.rules.hooks = vec![Hook {
            kind: "AWS_LAMBDA".to_string(),
            target: Some("arn:aws:ecs:us-east-1:000000000000:task-definition/check:0".to_string()),
            role: None,
            stages: vec!["POST_SCALE_UP".to_string()],
            details: Some("{}".to_string()),
            timeout_minutes: 60,
            timeout_action: HookAction::Rollback,
        }];
    });
    town.update("2");
    town
}

fn asked(town: &Town) -> Option<Arc<Task>> {
    town.tasks().into_iter().find(|task| task.group == "hook:web")
}

/// The hook's task, which runs.
fn running() -> (Town, Arc<Task>) {
    let mut town = asks(16);
    town.until("asked", |town| {
        asked(town).is_some_and(|task| task.status == TaskStatus::Running)
    });
    let task = asked(&town).expect("it runs");
    (town, task)
}

#[test]
fn a_hook_that_is_a_task_answers_with_its_exit_code() {
    for code in [0, 3] {
        let (mut town, task) = running();
        let launch = task.launch.as_ref().expect("it has an environment");
        let told = &launch.overrides.containers[0].environment;
        let stage = |pair: &link::plan::Pair| pair.name == "GANTRY_HOOK_STAGE" && pair.value == "POST_SCALE_UP";
        assert!(told.iter().any(stage));
        town.change_task(task.key(), move |task, now| {
            task.containers[0].exit_code = Some(code);
            task.advance(Actor::Node, TaskStatus::Stopped, now, None)
                .expect("it may end");
        });
        town.until("over", |town| town.deployment().status.is_over());
        let (end, live) = match code {
            0 => (DeploymentStatus::Successful, (0, 2)),
            _ => (DeploymentStatus::RollbackSuccessful, (2, 0)),
        };
        town.until_steady();
        assert_eq!(
            (town.deployment().status, (town.live("1"), town.live("2"))),
            (end, live)
        );
        assert_eq!(town.tasks().iter().filter(|task| task.group == "hook:web").count(), 1);
    }
}

#[test]
fn whose_hook_was_stopped_has_no_answer_and_goes_back() {
    let (mut town, task) = running();
    town.change_task(task.key(), |task, now| {
        stopped_by_user(task, now);
        task.containers[0].exit_code = Some(0);
    });
    town.until("over", |town| town.deployment().status.is_over());
    let deployment = town.deployment();
    assert_eq!(deployment.status, DeploymentStatus::RollbackSuccessful);
    let why = deployment.reason.expect("it is told");
    assert!(why.contains("Task stopped by user"), "{why}");
}

#[test]
fn a_task_that_nobody_waits_for_any_more_is_stopped() {
    for end in ["stopped", "deleted"] {
        let (mut town, task) = running();
        if end == "stopped" {
            let mut deployment = town.deployment();
            deployment.status = DeploymentStatus::StopRequested;
            town.write(move |tx| tx.put(deployment.clone()));
        } else {
            town.change(|service| service.status = ServiceStatus::Draining);
        }
        town.seconds(5);
        let now = town.snapshot().get::<Task>(&task.key()).expect("tasks stay");
        assert!(now.is_stopped(), "{end}");
        let why = now.stopped_reason.clone().unwrap_or_default();
        assert!(why.starts_with("The lifecycle hook at POST_SCALE_UP is over"), "{why}");
    }
}

#[test]
fn a_task_without_a_place_is_told_of_once_and_comes_when_there_is_one() {
    let mut town = asks(1_000_000);
    town.until("told", |town| town.said("was unable to place a task because") > 0);
    town.seconds(30);
    assert_eq!(town.said("was unable to place a task because"), 1);
    let [run] = town.deployment().hooks.try_into().expect("one hook");
    let why = run.reason.expect("it is told");
    assert!(
        why.starts_with("The task of the lifecycle hook at POST_SCALE_UP has no place: "),
        "{why}"
    );
    assert!(asked(&town).is_none());
    town.write(|tx| {
        let mut check = (*tx
            .get::<TaskDefinition>(&TaskDefinition::key_of("check", 0))
            .expect("kept"))
        .clone();
        check.plan.memory_mib = Some(16);
        tx.put(check);
    });
    town.until("asked", |town| asked(town).is_some());
    assert_eq!(town.deployment().hooks[0].reason, None);
}
