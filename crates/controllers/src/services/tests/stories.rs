//! What is asked for stays true, one story each.

use super::*;
use model::{Hook, PlacementRule};

#[test]
fn a_service_comes_up_and_says_so_once() {
    let mut town = Town::new(3);
    town.create(3, rules(100, 200));
    town.until_steady();
    town.seconds(20);
    assert_eq!(town.live("1"), 3);
    assert_eq!(town.deployment().status, DeploymentStatus::Successful);
    assert_eq!(town.revision("1").rollout, RolloutState::Completed);
    assert_eq!(town.service().proven.as_deref(), Some("1"));
    let told: Vec<String> = town.words();
    assert_eq!(town.said("has reached a steady state"), 1, "{told:#?}");
    assert_eq!(town.said("deployment completed"), 1);
    assert_eq!(town.said("has started 3 tasks: (task "), 1);
    // Even over the zones.
    let zones: Vec<_> = town.tasks().iter().map(|task| task.availability_zone.clone()).collect();
    assert!((0..3).all(|at| zones.contains(&Some(format!("z{at}")))), "{zones:?}");
}

#[test]
fn an_update_rolls_within_its_bounds() {
    for (min, max, fewest, most) in [(100, 200, 4, 8), (50, 100, 2, 4), (100, 150, 4, 6), (0, 100, 0, 4)] {
        let mut town = Town::new(3);
        town.create(4, rules(min, max));
        town.until_steady();
        town.watch();
        town.update("2");
        town.until("rolled out", |town| {
            town.deployment().status == DeploymentStatus::Successful
        });
        assert_eq!((town.live("1"), town.live("2")), (0, 4));
        assert!(
            town.fewest >= fewest && town.most <= most,
            "{min} {max}: {} {}",
            town.fewest,
            town.most
        );
        town.until_steady();
        assert_eq!(town.revision("1").status, RevisionStatus::Inactive);
    }
}

#[test]
fn an_update_during_an_update_leaves_the_one_between() {
    let mut town = Town::new(3);
    town.create(4, rules(100, 150));
    town.until_steady();
    town.watch();
    town.update("2");
    town.seconds(2);
    assert!(town.live("2") > 0);
    town.update("3");
    town.until("rolled out", |town| {
        town.deployment().status == DeploymentStatus::Successful
    });
    assert_eq!([1, 2, 3].map(|n| town.live(&n.to_string())), [0, 0, 4]);
    assert!(town.fewest >= 4 && town.most <= 6, "{} {}", town.fewest, town.most);
}

#[test]
fn the_breaker_trips_and_the_healthy_stay() {
    for fate in [Fate::FailsToStart, Fate::Exits, Fate::Sickens] {
        let mut town = Town::new(3);
        town.create(4, with_breaker(true));
        town.until_steady();
        let before: Vec<String> = town.tasks().iter().map(|task| task.id.clone()).collect();
        town.fates.insert("2".to_string(), fate);
        town.watch();
        town.update("2");
        town.until("back", |town| town.deployment().status.is_over());
        let deployment = town.deployment();
        assert_eq!(deployment.status, DeploymentStatus::RollbackSuccessful, "{fate:?}");
        assert_eq!(deployment.breaker, MonitorStatus::Triggered);
        assert_eq!(deployment.rollback.as_ref().map(|r| r.revision.as_str()), Some("1"));
        assert!(deployment.failed >= deployment.threshold && !deployment.failures.is_empty());
        town.until_steady();
        assert_eq!((town.live("1"), town.live("2")), (4, 0));
        assert_eq!(town.fewest, 4, "{fate:?}");
        let stays = |id: &String| town.tasks().iter().any(|t| t.id == *id && !t.is_stopped());
        assert!(before.iter().all(stays), "healthy tasks of the old revision stay");
        assert_eq!(town.revision("2").rollout, RolloutState::Failed);
        assert_eq!(town.said("rolling back to (deployment ecs-svc/1)"), 1);
        town.seconds(200);
        assert_eq!(town.deployment(), deployment, "the verdict is final");
    }
}

#[test]
fn without_rollback_a_failed_deployment_starts_nothing_more() {
    let mut town = Town::new(3);
    town.create(2, with_breaker(false));
    town.until_steady();
    town.fates.insert("2".to_string(), Fate::FailsToStart);
    town.update("2");
    town.until("given up", |town| town.deployment().status == DeploymentStatus::Stopped);
    let tasks = town.tasks().len();
    town.seconds(300);
    assert_eq!(town.tasks().len(), tasks);
    assert_eq!((town.live("1"), town.live("2")), (2, 0));
    town.fates.clear();
    town.update("3");
    town.until_steady();
    assert_eq!(town.live("3"), 2);
}

#[test]
fn a_first_deployment_that_fails_has_nowhere_to_go() {
    let mut town = Town::new(1);
    town.fates.insert("1".to_string(), Fate::FailsToStart);
    town.create(2, with_breaker(true));
    town.until("given up", |town| town.deployment().status.is_over());
    assert_eq!(town.deployment().status, DeploymentStatus::Stopped);
    assert_eq!(town.revision("1").rollout, RolloutState::Failed);
}

#[test]
fn a_crash_loop_is_slowed_down_and_forgiven() {
    let mut town = Town::new(1);
    town.fates.insert("1".to_string(), Fate::Exits);
    town.create(1, rules(100, 200));
    town.seconds(600);
    let tries = town.tasks().len();
    assert!((5..=20).contains(&tries), "{tries} starts in ten minutes");
    assert_eq!(town.said("unable to consistently start"), 1);
    town.fates.clear();
    town.until_steady();
}

#[test]
fn what_has_no_room_waits_and_says_why() {
    let mut town = Town::new(1);
    town.create(10, rules(100, 200));
    town.seconds(60);
    assert_eq!(town.live("1"), 8);
    assert!(town.service().barren.is_some());
    assert_eq!(town.said("was unable to place a task"), 1, "once while it is so");
    town.write(|tx| tx.put(zoned("n9", 1)));
    town.until_steady();
    assert_eq!(town.live("1"), 10);
}

#[test]
fn where_there_is_room_for_none_beside_them_old_ones_make_it() {
    let mut town = Town::new(1);
    town.create(8, rules(50, 200));
    town.until_steady();
    town.watch();
    town.update("2");
    town.until_steady();
    assert_eq!(town.live("2"), 8);
    assert!(town.fewest >= 4, "{}", town.fewest);
}

#[test]
fn a_drained_node_is_left_in_order() {
    let mut town = Town::new(3);
    town.create(6, rules(100, 200));
    town.until_steady();
    town.watch();
    town.change_node("n0", |node| node.status = NodeStatus::Draining);
    let left = |town: &Town| {
        town.tasks()
            .iter()
            .all(|t| t.is_stopped() || t.node.as_deref() != Some("n0"))
    };
    town.until("left", left);
    town.until_steady();
    assert!(town.fewest >= 6, "{}", town.fewest);
    assert_eq!(town.live("1"), 6);
}

#[test]
fn tasks_of_a_silent_node_are_given_up_after_a_while() {
    let mut town = Town::new(3);
    town.create(6, rules(100, 200));
    town.until_steady();
    town.change_node("n0", |node| node.connected = false);
    town.seconds(50);
    assert_eq!(town.tasks().len(), 6, "it may come back");
    town.seconds(20);
    town.until_steady();
    assert_eq!(town.live("1"), 6);
    assert_eq!(town.tasks().iter().filter(|t| t.is_stopped()).count(), 2);
}

#[test]
fn protected_tasks_stay_when_the_service_shrinks() {
    let mut town = Town::new(3);
    town.create(4, rules(100, 200));
    town.until_steady();
    let safe = town.tasks()[2].id.clone();
    let key = Task::key_of("default", &safe);
    town.write(move |tx| {
        let task = (*tx.get::<Task>(&key).expect("it runs")).clone();
        let until = Some(tx.now().plus_millis(600_000));
        ledger::keep(
            tx,
            Task {
                protected_until: until,
                ..task
            },
        );
    });
    town.change(|service| service.desired = 0);
    town.seconds(60);
    let stays: Vec<_> = town
        .tasks()
        .iter()
        .filter(|t| !t.is_stopped())
        .map(|t| t.id.clone())
        .collect();
    assert_eq!(stays, [safe]);
    town.seconds(600);
    assert_eq!(town.live("1"), 0, "protection ends");
}

#[test]
fn a_deleted_service_ends_with_its_tasks() {
    let mut town = Town::new(2);
    town.create(4, rules(100, 200));
    town.seconds(3);
    town.update("2");
    town.seconds(1);
    town.change(|service| (service.status, service.desired) = (ServiceStatus::Draining, 0));
    town.until("gone", |town| town.service().status == ServiceStatus::Inactive);
    assert!(town.tasks().iter().all(|t| t.is_stopped()));
    assert!(town.deployment().status.is_over());
}

#[test]
fn a_daemon_is_on_every_node_once() {
    let mut town = Town::new(3);
    town.create(0, rules(0, 100));
    town.change(|service| service.scheduling = Scheduling::Daemon);
    town.until_steady();
    assert_eq!((town.live("1"), town.service().desired), (3, 3));
    town.write(|tx| tx.put(zoned("n7", 1)));
    town.until("four", |town| town.live("1") == 4);
    town.until_steady();
    town.change(|service| service.rules = rules(75, 100));
    town.watch();
    town.update("2");
    town.until("rolled out", |town| {
        town.deployment().status == DeploymentStatus::Successful
    });
    assert_eq!((town.live("1"), town.live("2")), (0, 4));
    assert!(town.fewest >= 3, "{}", town.fewest);
    town.change_node("n7", |node| node.status = NodeStatus::Draining);
    town.until("three", |town| town.live("2") == 3);
    town.until_steady();
    assert_eq!(town.said("updated computedDesiredCount to 3."), 2);
}

#[test]
fn a_daemon_is_the_last_to_leave_a_node_that_drains() {
    let mut town = Town::new(2);
    town.create(0, rules(0, 100));
    town.change(|service| service.scheduling = Scheduling::Daemon);
    town.until_steady();
    town.write(|tx| {
        let mut other = testing::task("other");
        (other.revision, other.because) = (0, None);
        ledger::assign(tx, other, &zoned("n0", 0), None).expect("there is room");
    });
    town.change_node("n0", |node| node.status = NodeStatus::Draining);
    town.seconds(20);
    assert_eq!((town.live("1"), town.service().desired), (2, 1));
    town.change_task(Task::key_of("default", "other"), stopped_by_user);
    town.seconds(5);
    assert_eq!(town.live("1"), 1);
}

#[test]
fn a_daemon_leaves_nodes_that_its_constraints_are_against() {
    let mut town = Town::new(3);
    town.create(0, rules(0, 100));
    town.write(|tx| {
        let mut first = revision("1");
        first.template.rules = vec![PlacementRule {
            kind: "memberOf".to_string(),
            expression: "attribute:off !exists".to_string(),
        }];
        tx.put(first);
    });
    town.change(|service| service.scheduling = Scheduling::Daemon);
    town.until_steady();
    assert_eq!(town.live("1"), 3);
    let off = model::Attribute {
        name: "off".to_string(),
        value: None,
    };
    town.change_node("n1", move |node| node.attributes.push(off.clone()));
    town.until_steady();
    assert_eq!((town.live("1"), town.service().desired), (2, 2));
    let word = "(service web) has 1 tasks that no longer meet its placement constraints: (task ";
    assert_eq!(town.said(word), 1, "{:#?}", town.words());
}

#[test]
fn blue_and_green_stand_beside_each_other_until_the_bake_is_over() {
    let pause = Hook {
        kind: "PAUSE".to_string(),
        target: None,
        role: None,
        stages: vec!["POST_TEST_TRAFFIC_SHIFT".to_string()],
        details: None,
        timeout_minutes: 60,
        timeout_action: HookAction::Rollback,
    };
    for answer in [HookAction::Continue, HookAction::Rollback] {
        let mut town = Town::new(3);
        town.create(4, rules(100, 200));
        town.until_steady();
        let hooks = vec![pause.clone()];
        town.change(move |service| {
            service.rules.strategy = Strategy::BlueGreen;
            service.rules.bake_minutes = 2;
            service.rules.hooks = hooks.clone();
        });
        town.watch();
        town.update("2");
        town.until("paused", |town| !town.deployment().hooks.is_empty());
        town.seconds(100);
        let paused = town.deployment();
        assert_eq!(paused.stage, Some(Stage::PostTestTrafficShift));
        assert_eq!(paused.hooks[0].status, HookStatus::AwaitingAction);
        assert_eq!((paused.test_permille, paused.production_permille), (1000, 0));
        assert_eq!((town.live("1"), town.live("2")), (4, 4));
        town.write(move |tx| {
            let of = ServiceDeployment::key_of("default", "web", "d2");
            let mut deployment = (*tx.get::<ServiceDeployment>(&of).expect("it is there")).clone();
            deployment.hooks[0].answer = Some(answer);
            tx.put(deployment);
        });
        if answer == HookAction::Continue {
            town.until("baking", |town| town.deployment().stage == Some(Stage::BakeTime));
            assert_eq!(town.deployment().production_permille, 1000);
            assert_eq!((town.live("1"), town.live("2")), (4, 4));
        }
        town.until("over", |town| town.deployment().status.is_over());
        town.until_steady();
        let (one, two, end) = match answer {
            HookAction::Continue => (0, 4, DeploymentStatus::Successful),
            HookAction::Rollback => (4, 0, DeploymentStatus::RollbackSuccessful),
        };
        assert_eq!(
            (town.live("1"), town.live("2"), town.deployment().status),
            (one, two, end)
        );
        assert!(town.fewest >= 4);
    }
}

#[test]
fn task_sets_have_their_shares() {
    let mut town = Town::new(3);
    town.create(4, rules(100, 200));
    let set = |id: &str, scale| TaskSet {
        cluster: "default".to_string(),
        service: "web".to_string(),
        id: ServiceRevision::shown_as(id),
        scale,
        external_id: None,
        draining: false,
        tags: Vec::new(),
        given: Given::default(),
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
        steady_since: None,
    };
    let (one, two) = (set("1", 10_000), set("2", 2_600));
    town.write(move |tx| {
        let mut service = service(4, rules(100, 200));
        (service.controls, service.target, service.deployment) = (Controls::External, None, None);
        tx.put(service);
        tx.delete::<ServiceDeployment>(&ServiceDeployment::key_of("default", "web", "d1"));
        for set in [&one, &two] {
            let id = set.revision();
            let task_set = Some(set.id.clone());
            tx.put(ServiceRevision {
                task_set,
                ..revision(id)
            });
            tx.put(set.clone());
        }
    });
    town.until_steady();
    assert_eq!((town.live("1"), town.live("2")), (4, 2), "a share is rounded up");
    let gone = TaskSet {
        draining: true,
        ..set("1", 10_000)
    };
    town.write(move |tx| tx.put(gone.clone()));
    town.seconds(10);
    assert_eq!((town.live("1"), town.live("2")), (0, 2));
    assert_eq!(town.snapshot().count::<TaskSet>(&Key::all()), 1);
    // Each set speaks for itself, once.
    for word in [
        "(service web) updated computedDesiredCount for taskSet ecs-svc/2 to 2.",
        "(service web, taskSet ecs-svc/2) has started 2 tasks: (task ",
        "(service web, taskSet ecs-svc/2) updated state to STEADY_STATE.",
        "(service web) updated computedDesiredCount for taskSet ecs-svc/1 to 0.",
        "(service web, taskSet ecs-svc/1) has stopped 4 running tasks: (task ",
    ] {
        assert_eq!(town.said(word), 1, "{word} in {:#?}", town.words());
    }
}

#[test]
fn a_stop_by_the_user_is_made_good() {
    let mut town = Town::new(1);
    town.create(2, rules(100, 200));
    town.until_steady();
    let one = town.tasks()[0].key();
    town.change_task(one, stopped_by_user);
    town.seconds(1);
    town.until_steady();
    assert_eq!((town.live("1"), town.tasks().len()), (2, 3));
    assert_eq!(town.revision("1").failed, 0, "that was no failure");
}

#[test]
fn green_that_lacks_room_says_so_once() {
    let mut town = Town::new(1);
    town.create(5, rules(100, 200));
    town.until_steady();
    town.change(|service| service.rules.strategy = Strategy::BlueGreen);
    town.update("2");
    town.seconds(60);
    assert_eq!((town.live("1"), town.live("2")), (5, 3));
    assert_eq!(
        town.said("was unable to place a task"),
        1,
        "that blue has enough unsays nothing"
    );
}

#[test]
fn what_lacks_room_for_more_than_one_look_starts_is_left_in_peace() {
    let mut town = Town::new(1);
    town.create(10, rules(100, 200));
    town.seconds(20);
    let few = KeepServices { batch: 1, ..KEEPER };
    let next = town.write(move |tx| few.step(tx, &key()));
    let now = town.snapshot_time();
    assert!(matches!(next, Next::At(at) if at > now), "{next:?}");
}

#[test]
fn the_end_of_a_protection_is_waited_for() {
    let mut town = Town::new(1);
    town.create(1, rules(100, 200));
    town.until_steady();
    let key = town.tasks()[0].key();
    let until = town.snapshot_time().plus_millis(600_000);
    town.write(move |tx| {
        let task = (*tx.get::<Task>(&key).expect("it runs")).clone();
        let protected_until = Some(until);
        ledger::keep(
            tx,
            Task {
                protected_until,
                ..task
            },
        );
    });
    town.change(|service| service.desired = 0);
    assert_eq!(town.look(), Some(until));
}

#[test]
fn a_large_service_comes_up_batch_by_batch() {
    let mut town = Town::new(200);
    town.create(1_050, rules(100, 200));
    town.until_steady();
    assert_eq!(town.live("1"), 1_050);
    assert_eq!(town.deployment().status, DeploymentStatus::Successful);
    // What was started without a look at all tasks is not started again.
    assert_eq!((town.tasks().len(), town.said("has started 100 tasks")), (1_050, 10));
    assert_eq!(town.said("has started 50 tasks"), 1);
}
