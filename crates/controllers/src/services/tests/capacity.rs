//! What becomes of tasks that have no place.

use super::*;
use model::{CapacityProvider, StrategyItem, Waiting};

/// Tasks of `web` whose capacity grows, on nodes that belong to it.
fn growing(town: &Town) {
    town.write(|tx| {
        tx.put(CapacityProvider {
            name: "grows".to_string(),
            active: true,
            cluster: None,
            given: Given::default(),
            tags: Vec::new(),
            created_at: Timestamp(0),
            update_status: String::new(),
            update_status_reason: None,
            scales: true,
            drains: true,
        });
        for id in ["1", "2"] {
            tx.put(ServiceRevision {
                shares: vec![StrategyItem {
                    provider: "grows".to_string(),
                    weight: 1,
                    base: 0,
                }],
                status: if id == "1" {
                    RevisionStatus::Primary
                } else {
                    RevisionStatus::Inactive
                },
                ..revision(id)
            });
        }
    });
}

fn place_waiting(town: &Town) {
    town.write(|tx| crate::PlaceWaiting::default().step(tx, &Key::of(["default"])));
    town.check();
}

fn ours(id: &str) -> Node {
    Node {
        capacity_provider: Some("grows".to_string()),
        ..zoned(id, 0)
    }
}

#[test]
fn tasks_wait_for_capacity_that_grows() {
    let mut town = Town::new(0);
    town.write(|tx| tx.put(ours("n1")));
    town.create(10, rules(100, 200));
    growing(&town);
    town.seconds(10);
    // Eight have room. The others are there, wait, and are not asked for again.
    let waiting = |town: &Town| town.tasks().iter().filter(|task| task.node.is_none()).count();
    assert_eq!((town.live("1"), waiting(&town)), (10, 2));
    assert_eq!(
        (town.said("has started 10 tasks"), town.said("unable to place")),
        (1, 0)
    );
    assert!(!town.service().steady);
    town.write(|tx| tx.put(ours("n2")));
    place_waiting(&town);
    town.until_steady();
    assert_eq!((town.tasks().len(), waiting(&town)), (10, 0));
    let snapshot = town.snapshot();
    let mut told = snapshot.scan::<ServiceEvent>(&ServiceEvent::of("default", "web"));
    let steady = told.find(|event| event.name.as_deref() == Some("CAPACITY_PROVIDER_STEADY_STATE"));
    let about = steady.and_then(|event| event.about.clone()).expect("its capacity too");
    assert_eq!(about.providers, ["grows"]);
    assert!(
        town.words()
            .last()
            .is_some_and(|word| word.ends_with("(service web) has reached a steady state."))
    );
}

#[test]
fn what_waited_too_long_is_told_of_and_waits_anew() {
    let mut town = Town::new(0);
    town.create(1, rules(100, 200));
    growing(&town);
    town.seconds(5);
    assert_eq!(town.live("1"), 1);
    town.clock.advance_millis(Waiting::LONGEST_MS);
    place_waiting(&town);
    town.seconds(5);
    let word = "was unable to place a task because no container instance met all of its requirements in time. Reason: No \
                Container Instances were found in your capacity provider.";
    assert_eq!(town.said(word), 1, "{:#?}", town.words());
    assert_eq!((town.tasks().len(), town.live("1")), (2, 1));
    town.write(|tx| tx.put(ours("n1")));
    place_waiting(&town);
    town.until_steady();
}

#[test]
fn old_tasks_make_room_for_those_that_wait() {
    let mut town = Town::new(0);
    town.write(|tx| tx.put(ours("n1")));
    town.create(8, rules(50, 200));
    growing(&town);
    town.until_steady();
    town.watch();
    town.update("2");
    town.write(|tx| {
        let of = ServiceRevision::key_of("default", "web", "2");
        let mut revision = (*tx.get::<ServiceRevision>(&of).expect("just made")).clone();
        let first = tx.get::<ServiceRevision>(&ServiceRevision::key_of("default", "web", "1"));
        revision.shares = first.expect("it runs").shares.clone();
        tx.put(revision);
    });
    for _ in 0..60 {
        place_waiting(&town);
        town.second();
    }
    assert_eq!((town.live("1"), town.live("2")), (0, 8), "{:#?}", town.words());
    assert!(town.fewest >= 4, "{}", town.fewest);
    assert_eq!(town.deployment().status, DeploymentStatus::Successful);
}

#[test]
fn a_failed_placement_names_what_is_missing_and_where() {
    let mut town = Town::new(1);
    town.create(9, rules(100, 200));
    town.seconds(5);
    let snapshot = town.snapshot();
    let mut told = snapshot.scan::<ServiceEvent>(&ServiceEvent::of("default", "web"));
    let failure = told.find(|event| event.message.contains("unable to place"));
    let about = failure
        .and_then(|event| event.about.clone())
        .expect("it says about what");
    assert_eq!(about.nodes, ["n0"]);
    assert!(about.reason.is_some_and(|reason| reason.starts_with("RESOURCE:")));
}

#[test]
fn nodes_that_were_cut_off_a_moment_ago_are_waited_for() {
    let mut town = Town::new(1);
    town.change_node("n0", |node| node.connected = false);
    town.create(1, rules(100, 200));
    town.seconds(10);
    let patient = |town: &Town| town.service().patient_since.is_some();
    assert_eq!((town.said("unable to place"), patient(&town)), (0, true));
    // Not for ever, and then it is said as ever.
    town.seconds(10);
    assert_eq!((town.said("unable to place"), patient(&town)), (1, false));
    town.change_node("n0", |node| node.connected = true);
    town.until_steady();
    assert_eq!(town.said("unable to place"), 1);
}

#[test]
fn nodes_that_come_back_in_time_are_not_spoken_of() {
    let mut town = Town::new(1);
    town.change_node("n0", |node| node.connected = false);
    town.create(1, rules(100, 200));
    town.seconds(10);
    town.change_node("n0", |node| node.connected = true);
    town.until_steady();
    assert_eq!((town.said("unable to place"), town.service().patient_since), (0, None));
}

#[test]
fn what_lacks_more_than_a_session_is_told_of_at_once() {
    let mut town = Town::new(1);
    town.create(8, rules(100, 200));
    town.until_steady();
    town.change_node("n0", |node| node.connected = false);
    town.change(|service| service.desired = 9);
    town.seconds(2);
    assert_eq!((town.said("unable to place"), town.service().patient_since), (1, None));
}
