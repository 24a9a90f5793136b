//! How deployments end, and what becomes of the service then.

use super::*;
use model::{Hook, PlacementRule};

fn stop_by_hand(town: &Town, status: DeploymentStatus) {
    let mut deployment = town.deployment();
    deployment.status = status;
    town.write(move |tx| tx.put(deployment.clone()));
}

/// Two of revision 2 are well when the third fails: the breaker gives the deployment up.
fn half_way() -> Town {
    let mut town = Town::new(3);
    town.create(
        4,
        Rules {
            min_percent: 50,
            max_percent: 100,
            ..with_breaker(false)
        },
    );
    town.until_steady();
    town.update("2");
    town.until("half way", |town| (town.live("1"), town.live("2")) == (2, 2));
    stop_by_hand(&town, DeploymentStatus::StopRequested);
    town.seconds(10);
    assert_eq!(town.deployment().status, DeploymentStatus::Stopped);
    town
}

fn live(town: &Town) -> (u32, u32) {
    (town.live("1"), town.live("2"))
}

#[test]
fn after_a_failure_a_service_still_has_as_many_tasks_as_are_desired() {
    let mut town = half_way();
    town.seconds(100);
    assert_eq!(live(&town), (2, 2), "what runs stays");
    let one = |town: &Town, revision: &str| {
        let of = |task: &&Arc<Task>| task.member.as_ref().is_some_and(|m| m.revision == revision) && !task.is_stopped();
        town.tasks().iter().find(of).expect("one runs").key()
    };
    town.change_task(one(&town, "1"), stopped_by_user);
    town.seconds(10);
    assert_eq!(live(&town), (2, 2), "an old one is made good");
    town.change_task(one(&town, "2"), stopped_by_user);
    town.seconds(10);
    assert_eq!(
        live(&town),
        (3, 1),
        "of the failed one nothing is started: the one that served makes it good"
    );
    town.change(|service| service.desired = 6);
    town.seconds(10);
    assert_eq!(live(&town), (5, 1));
    assert_eq!((town.revision("1").desired, town.revision("2").desired), (5, 1));
    town.change(|service| service.desired = 3);
    town.seconds(10);
    assert_eq!(live(&town), (3, 0), "the failed ones go first");
    town.change(|service| service.desired = 0);
    town.seconds(10);
    assert_eq!(live(&town), (0, 0));
    town.change(|service| service.desired = 2);
    town.seconds(10);
    assert_eq!(live(&town), (2, 0));
    assert_eq!(town.revision("1").status, RevisionStatus::Active);
    town.update("3");
    town.until_steady();
    assert_eq!((live(&town), town.live("3")), ((0, 0), 2));
}

#[test]
fn what_served_before_comes_back_though_it_never_came_to_a_good_end() {
    let mut town = Town::new(2);
    town.create(2, rules(100, 200));
    town.seconds(2);
    town.update("2");
    town.seconds(2);
    stop_by_hand(&town, DeploymentStatus::StopRequested);
    town.seconds(10);
    assert_eq!(
        (town.service().proven, town.revision("2").rollout),
        (None, RolloutState::Failed)
    );
    for desired in [0, 2] {
        town.change(move |service| service.desired = desired);
        town.seconds(20);
        assert_eq!(live(&town), (desired, 0));
    }
}

#[test]
fn after_a_failure_a_drained_node_is_left_in_order() {
    let mut town = half_way();
    town.watch();
    town.change_node("n0", |node| node.status = NodeStatus::Draining);
    let left = |town: &Town| {
        let there = |t: &Arc<Task>| !t.is_stopped() && t.node.as_deref() == Some("n0");
        !town.tasks().iter().any(there)
    };
    town.until("left", left);
    town.seconds(20);
    assert_eq!(town.live("1") + town.live("2"), 4);
    assert!(town.fewest >= 2 && town.most <= 4, "{} {}", town.fewest, town.most);
}

#[test]
fn a_first_deployment_that_was_stopped_can_be_made_smaller_but_starts_nothing() {
    let mut town = Town::new(3);
    town.create(
        3,
        Rules {
            strategy: Strategy::BlueGreen,
            bake_minutes: 60,
            ..rules(100, 200)
        },
    );
    town.until("baking", |town| town.deployment().stage == Some(Stage::BakeTime));
    stop_by_hand(&town, DeploymentStatus::StopRequested);
    town.seconds(10);
    assert_eq!(town.deployment().status, DeploymentStatus::Stopped);
    for (desired, there) in [(4, 3), (2, 2), (3, 2), (0, 0)] {
        town.change(move |service| service.desired = desired);
        town.seconds(10);
        assert_eq!(town.live("1"), there, "{desired}");
    }
}

#[test]
fn green_that_has_the_traffic_stays_when_its_deployment_is_stopped() {
    let mut town = Town::new(3);
    town.create(3, rules(100, 200));
    town.until_steady();
    town.change(|service| (service.rules.strategy, service.rules.bake_minutes) = (Strategy::BlueGreen, 60));
    town.update("2");
    town.until("baking", |town| town.deployment().stage == Some(Stage::BakeTime));
    stop_by_hand(&town, DeploymentStatus::StopRequested);
    town.seconds(20);
    assert_eq!(live(&town), (0, 3));
}

fn pause(stage: Stage) -> Hook {
    Hook {
        kind: "PAUSE".to_string(),
        target: None,
        role: None,
        stages: vec![stage.to_string()],
        details: None,
        timeout_minutes: 60,
        timeout_action: HookAction::Rollback,
    }
}

/// Revision 2 waits for a person before its first task.
fn paused() -> Town {
    let mut town = Town::new(3);
    town.create(2, rules(100, 200));
    town.until_steady();
    town.change(|service| {
        service.rules.strategy = Strategy::BlueGreen;
        service.rules.hooks = vec![pause(Stage::PreScaleUp)];
    });
    town.update("2");
    town.until("paused", |town| !town.deployment().hooks.is_empty());
    town
}

#[test]
fn after_a_way_back_the_failed_revision_is_told_without_tasks_and_traffic() {
    let mut town = paused();
    stop_by_hand(&town, DeploymentStatus::RollbackRequested);
    town.until_steady();
    let deployment = town.deployment();
    assert_eq!(deployment.status, DeploymentStatus::RollbackSuccessful);
    assert_eq!(deployment.counts, Some((0, 0, 0)));
    assert_eq!((deployment.production_permille, deployment.test_permille), (0, 0));
}

#[test]
fn nobody_waits_for_the_hooks_of_a_deployment_that_ends() {
    for status in [DeploymentStatus::StopRequested, DeploymentStatus::RollbackRequested] {
        let mut town = paused();
        stop_by_hand(&town, status);
        town.until("over", |town| town.deployment().status.is_over());
        let run = &town.deployment().hooks[0];
        assert_eq!(run.status, HookStatus::Failed, "{status}");
        assert!(run.reason.is_some());
    }
}

#[test]
fn every_deployment_that_is_stopped_has_an_end() {
    for delete in [false, true] {
        let mut town = paused();
        match delete {
            true => town.change(|service| (service.status, service.desired) = (ServiceStatus::Draining, 0)),
            false => stop_by_hand(&town, DeploymentStatus::StopRequested),
        }
        town.until("over", |town| town.deployment().status.is_over());
        let deployment = town.deployment();
        assert_eq!(deployment.status, DeploymentStatus::Stopped);
        assert!(deployment.finished_at.is_some() && deployment.finished_at == deployment.stopped_at);
        assert!(deployment.hooks.iter().all(|run| !run.is_open()));
    }
}

#[test]
fn a_way_back_is_told_in_its_order_also_when_it_ends_at_once() {
    let mut town = paused();
    stop_by_hand(&town, DeploymentStatus::RollbackRequested);
    town.until_steady();
    let snapshot = town.snapshot();
    let of_deployment = |event: &Arc<ServiceEvent>| {
        let of = event.about.as_ref()?.deployment.clone()?;
        Some((of, event.name.clone().unwrap_or_default()))
    };
    let all: Vec<(String, String)> = snapshot
        .scan::<ServiceEvent>(&ServiceEvent::of("default", "web"))
        .filter_map(|event| of_deployment(&event))
        .collect();
    let told: Vec<(&str, &str)> = all.iter().map(|(of, name)| (of.as_str(), name.as_str())).collect();
    assert_eq!(
        told,
        [
            ("1", "SERVICE_DEPLOYMENT_COMPLETED"),
            ("2", "SERVICE_DEPLOYMENT_FAILED"),
            ("1", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
            ("1", "SERVICE_DEPLOYMENT_COMPLETED"),
        ]
    );
}

#[test]
fn tasks_that_hold_it_up_because_they_are_protected_are_named_once() {
    let mut town = Town::new(2);
    town.create(2, rules(0, 100));
    town.until_steady();
    for task in town.tasks() {
        town.change_task(task.key(), |task, now| {
            task.protected_until = Some(now.plus_millis(600_000))
        });
    }
    town.update("2");
    town.seconds(120);
    let word = "was unable to stop 2 tasks because they are protected from scale-in: (task ";
    assert_eq!((town.said(word), live(&town)), (1, (2, 0)), "{:#?}", town.words());
    town.seconds(500);
    town.until_steady();
    assert_eq!((town.said("because they are protected"), live(&town)), (1, (0, 2)));
}

/// A daemon on four nodes; of revision 2 half is there when its deployment is stopped by hand.
fn daemon_half_way() -> Town {
    let mut town = Town::new(4);
    town.create(0, rules(50, 100));
    town.change(|service| service.scheduling = Scheduling::Daemon);
    town.until_steady();
    town.update("2");
    town.until("half way", |town| live(town) == (2, 2));
    stop_by_hand(&town, DeploymentStatus::StopRequested);
    town.seconds(100);
    assert_eq!(
        (town.deployment().status, live(&town)),
        (DeploymentStatus::Stopped, (2, 2))
    );
    town
}

fn one_of(town: &Town, revision: &str) -> Arc<Task> {
    let of = |task: &&Arc<Task>| task.member.as_ref().is_some_and(|m| m.revision == revision) && !task.is_stopped();
    let tasks = town.tasks();
    Arc::clone(tasks.iter().find(of).expect("one runs"))
}

#[test]
fn after_a_failure_a_daemon_is_still_on_every_node() {
    let mut town = daemon_half_way();
    town.change_task(one_of(&town, "1").key(), stopped_by_user);
    town.seconds(10);
    assert_eq!(live(&town), (2, 2), "an old one is made good");
    town.change_task(one_of(&town, "2").key(), stopped_by_user);
    town.seconds(10);
    assert_eq!(live(&town), (3, 1), "what is missing is made of the one that served");
    town.write(|tx| tx.put(zoned("n7", 1)));
    town.seconds(10);
    assert_eq!(live(&town), (4, 1), "a new node has one");
    let desired = |town: &Town| ["1", "2"].map(|id| town.revision(id).desired);
    assert_eq!((town.service().desired, desired(&town)), (5, [4, 1]));
    let last = one_of(&town, "2").node.clone().expect("it has a place");
    town.change_node(&last, |node| node.status = NodeStatus::Draining);
    town.seconds(20);
    assert_eq!((live(&town), town.service().desired), ((4, 0), 4));
    assert_eq!(town.revision("1").status, RevisionStatus::Active);
    town.change_node(&last, |node| node.status = NodeStatus::Active);
    town.seconds(20);
    assert_eq!(live(&town), (5, 0));
    town.update("3");
    town.until_steady();
    assert_eq!((live(&town), town.live("3")), ((0, 0), 5));
}

#[test]
fn a_daemon_whose_deployment_the_breaker_gave_up_is_whole_again() {
    let mut town = Town::new(4);
    let gives_up = Rules {
        min_percent: 50,
        max_percent: 100,
        ..with_breaker(false)
    };
    town.create(0, gives_up);
    town.change(|service| service.scheduling = Scheduling::Daemon);
    town.until_steady();
    town.fates.insert("2".to_string(), Fate::FailsToStart);
    town.update("2");
    town.until("given up", |town| town.deployment().status == DeploymentStatus::Stopped);
    town.until("whole", |town| live(town) == (4, 0));
    assert_eq!(town.deployment().breaker, MonitorStatus::Triggered);
}

#[test]
fn a_daemon_keeps_what_failed_where_only_that_may_be() {
    let mut town = Town::new(4);
    let only = |revision: &'static str, expression: &'static str| {
        let rule = PlacementRule {
            kind: "memberOf".to_string(),
            expression: expression.to_string(),
        };
        move |tx: &mut Tx| {
            let mut of = super::revision(revision);
            of.template.rules = vec![rule.clone()];
            tx.put(of);
        }
    };
    let big = model::Attribute {
        name: "big".to_string(),
        value: None,
    };
    town.change_node("n0", move |node| node.attributes.push(big.clone()));
    town.create(0, rules(50, 100));
    town.write(only("1", "attribute:big !exists"));
    town.change(|service| service.scheduling = Scheduling::Daemon);
    town.until_steady();
    assert_eq!((live(&town), town.service().desired), ((3, 0), 3));
    town.update("2");
    town.write(only("2", "attribute:big exists"));
    town.until("on the big one", |town| live(town) == (0, 1));
    stop_by_hand(&town, DeploymentStatus::StopRequested);
    town.seconds(20);
    assert_eq!((live(&town), town.service().desired), ((3, 1), 4));
    town.change_task(one_of(&town, "2").key(), stopped_by_user);
    town.seconds(20);
    assert_eq!((live(&town), town.service().desired), ((3, 0), 3));
}

#[test]
fn a_daemon_whose_first_deployment_was_stopped_starts_nothing_and_leaves_drained_nodes() {
    let mut town = Town::new(2);
    town.create(0, rules(0, 100));
    town.change(|service| service.scheduling = Scheduling::Daemon);
    town.seconds(2);
    stop_by_hand(&town, DeploymentStatus::StopRequested);
    town.write(|tx| tx.put(zoned("n7", 1)));
    town.seconds(20);
    assert_eq!(
        (town.deployment().status, town.live("1")),
        (DeploymentStatus::Stopped, 2)
    );
    town.change_node("n0", |node| node.status = NodeStatus::Draining);
    town.seconds(20);
    assert_eq!((town.live("1"), town.revision("1").desired), (1, 1));
}

#[test]
fn a_daemon_waits_for_a_hook_before_its_first_task() {
    let mut town = Town::new(4);
    town.create(0, rules(0, 100));
    town.change(|service| service.scheduling = Scheduling::Daemon);
    town.until_steady();
    town.change(|service| service.rules.hooks = vec![pause(Stage::PreScaleUp)]);
    town.update("2");
    town.seconds(30);
    assert_eq!(live(&town), (4, 0));
    town.change_node("n0", |node| node.status = NodeStatus::Draining);
    town.seconds(10);
    assert_eq!(live(&town), (3, 0), "a node that is drained is left all the same");
    let mut deployment = town.deployment();
    deployment.hooks[0].answer = Some(HookAction::Continue);
    town.write(move |tx| tx.put(deployment.clone()));
    town.until_steady();
    assert_eq!(live(&town), (0, 3));
}
