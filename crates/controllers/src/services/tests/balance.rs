//! Tasks that are moved so that all stand as they should.

use super::*;

#[test]
fn zones_are_evened_out_when_one_comes() {
    let mut town = Town::new(1);
    town.create(6, rules(100, 200));
    town.change(|service| service.zone_rebalancing = true);
    town.until_steady();
    town.watch();
    town.write(|tx| tx.put(zoned("n1", 1)));
    let even = |town: &Town| {
        let live = town.tasks();
        let there = live
            .iter()
            .filter(|t| t.desired == TaskStatus::Running && t.node.as_deref() == Some("n1"));
        there.count() == 3
    };
    town.until("even", even);
    town.until_steady();
    assert_eq!(town.live("1"), 6);
    assert!(town.fewest >= 6 && town.most <= 7, "{} {}", town.fewest, town.most);
    town.seconds(30);
    let words = town.words();
    let told = |word: &str| words.iter().filter(|said| said.starts_with(word)).count();
    for (word, times) in [
        (
            "(service web) is not AZ balanced with 6 tasks in z0, 0 tasks in z1. AZ Rebalancing in progress.",
            1,
        ),
        ("(service web) has started 1 tasks in z1 to AZ Rebalance: (task ", 3),
        (
            "(service web) has stopped 1 running tasks in z0 due to AZ rebalancing: (task ",
            3,
        ),
        ("(service web) is AZ balanced with 3 tasks in z0, 3 tasks in z1.", 1),
    ] {
        assert_eq!(told(word), times, "{word} in {words:#?}");
    }
}

/// A second zone came a moment ago, and the first move for it has begun.
fn evening_out() -> Town {
    let mut town = Town::new(1);
    town.create(6, rules(100, 200));
    town.change(|service| service.zone_rebalancing = true);
    town.until_steady();
    town.write(|tx| tx.put(zoned("n1", 1)));
    town.until("begun", |town| town.said("is not AZ balanced") == 1);
    town
}

#[test]
fn what_began_for_the_zones_is_told_to_end_once_though_a_deployment_came_between() {
    let mut town = evening_out();
    town.second();
    town.update("2");
    town.seconds(5);
    town.until_steady();
    town.seconds(100);
    assert_eq!((town.live("1"), town.live("2")), (0, 6));
    let told = [
        "is not AZ balanced",
        "is AZ balanced with 3 tasks in z0, 3 tasks in z1.",
    ]
    .map(|word| town.said(word));
    assert_eq!(told, [1, 1], "{:#?}", town.words());
}

#[test]
fn what_began_for_the_zones_is_told_to_end_when_it_is_turned_off() {
    let mut town = evening_out();
    town.change(|service| service.zone_rebalancing = false);
    town.seconds(100);
    let told = |town: &Town| {
        let words = ["is not AZ balanced", "stopped AZ rebalancing", "is AZ balanced"];
        words.map(|word| town.said(word))
    };
    assert_eq!(told(&town), [1, 1, 0], "{:#?}", town.words());
    town.change(|service| service.zone_rebalancing = true);
    town.seconds(200);
    assert_eq!(told(&town), [2, 1, 1], "{:#?}", town.words());
}

#[test]
fn a_zone_without_room_is_left_uneven() {
    let mut town = Town::new(1);
    town.create(6, rules(100, 200));
    town.change(|service| service.zone_rebalancing = true);
    town.until_steady();
    town.write(|tx| {
        let mut small = zoned("n1", 1);
        small.resources.memory_mib = 128;
        tx.put(small);
    });
    town.seconds(60);
    assert_eq!((town.tasks().len(), town.said("is not AZ balanced")), (6, 0));
}

/// Between the look that begins a move and the look that starts its task the room can go.
fn moving_without_room() -> Town {
    let mut town = Town::new(1);
    town.create(8, rules(100, 200));
    town.until_steady();
    let now = town.snapshot_time();
    town.change(move |service| {
        service.zone_rebalancing = true;
        service.balancing = Some("z0 z1".to_string());
        service.balanced_at = Some(now);
        service.steady = false;
    });
    town
}

#[test]
fn a_move_that_finds_no_room_says_so_once_and_is_given_up() {
    let mut town = moving_without_room();
    town.until("given up", |town| town.service().balancing.is_none());
    town.until_steady();
    assert_eq!((town.tasks().len(), town.said("was unable to place a task")), (8, 1));
    assert_eq!(town.service().barren, None);
}

#[test]
fn a_service_that_lacks_tasks_moves_none() {
    let town = moving_without_room();
    let one = town.tasks()[0].key();
    town.change_task(one, stopped_by_user);
    town.look();
    assert_eq!(town.service().balancing, None);
}

fn balanced_by(service: &mut Service, moves: u32) {
    service.tags = vec![model::Tag {
        key: Service::REBALANCE_TAG.to_string(),
        value: moves.to_string(),
    }];
}

fn ordered(town: &Town, kind: &'static str, field: &'static str) {
    town.write(move |tx| {
        let mut first = revision("1");
        first.template.order = vec![model::PlacementOrder {
            kind: kind.to_string(),
            field: field.to_string(),
        }];
        tx.put(first);
    });
}

/// How many tasks that run are on each node.
fn on_nodes(town: &Town) -> BTreeMap<String, u32> {
    let mut nodes = BTreeMap::new();
    for task in town
        .tasks()
        .iter()
        .filter(|task| Standing::of(task) == Standing::Running)
    {
        *nodes.entry(task.node.clone().unwrap_or_default()).or_default() += 1;
    }
    nodes
}

#[test]
fn with_a_budget_tasks_move_to_new_nodes() {
    let mut town = Town::new(1);
    town.create(6, rules(100, 200));
    ordered(&town, "spread", "instanceId");
    town.change(|service| balanced_by(service, 60));
    town.until_steady();
    town.write(|tx| tx.put(zoned("n1", 0)));
    town.watch();
    // A move a minute, and no more than are needed.
    town.seconds(30);
    assert_eq!(on_nodes(&town)["n1"], 1, "{:#?}", town.words());
    town.seconds(400);
    assert_eq!(on_nodes(&town).into_values().collect::<Vec<_>>(), [3, 3]);
    assert_eq!(town.said("is not balanced and moves 1 task from n0 to n1"), 3);
    assert!(town.fewest >= 6, "{}", town.fewest);
    assert!(town.service().steady);
}

#[test]
fn with_a_budget_tasks_are_packed_again() {
    let mut town = Town::new(3);
    town.create(6, rules(100, 200));
    ordered(&town, "spread", "instanceId");
    town.until_steady();
    assert_eq!(on_nodes(&town).into_values().collect::<Vec<_>>(), [2, 2, 2]);
    ordered(&town, "binpack", "memory");
    town.change(|service| balanced_by(service, 3600));
    // Alike is good enough. One more breaks the tie, and they gather.
    town.change(|service| service.desired = 7);
    town.seconds(300);
    assert_eq!(
        on_nodes(&town).into_values().collect::<Vec<_>>(),
        [7],
        "{:#?}",
        town.words()
    );
    assert!(town.service().steady);
}
