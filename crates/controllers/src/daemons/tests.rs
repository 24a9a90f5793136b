//! The decision over any weather, and the controller against a store in memory.

mod toy;

use super::decide::Kind;
use super::*;
use base::Timestamp;
use model::testing::{node, template_of, world, write};
use model::{
    DaemonRevision, DaemonRules, DaemonSource, DaemonStatus, DeploymentStatus, MonitorStatus, NodeStatus, TaskStatus,
};
use model::{Template, invariants, report};
use proptest::prelude::*;
use store::Store;
use toy::{Event, Toy};

fn event() -> impl Strategy<Value = Event> {
    let node = 0..8usize;
    prop_oneof![
        6 => node.clone().prop_map(Event::Moves),
        2 => node.clone().prop_map(Event::Fails),
        1 => node.clone().prop_map(Event::Sickens),
        1 => node.clone().prop_map(Event::Silences),
        2 => node.clone().prop_map(Event::Comes),
        1 => node.clone().prop_map(Event::Drains),
        1 => node.prop_map(Event::Undrains),
        1 => any::<bool>().prop_map(|bad| Event::Updates { bad }),
        3 => (1..90_000i64).prop_map(Event::Later),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_weather_and_then_calm(
        nodes in 1..8usize,
        percent in 0..=100u32,
        critical in any::<bool>(),
        storm in prop::collection::vec(event(), 0..120),
    ) {
        let mut toy = Toy::new(nodes, percent * 1000, critical);
        for event in storm {
            toy.happens(&event);
            toy.settles(3)?;
        }
        toy.calms()?;
    }
}

#[test]
fn a_deployment_goes_on_portion_by_portion() {
    let mut toy = Toy::new(8, 25_000, true);
    toy.calms().expect("the first one comes everywhere");
    toy.happens(&Event::Updates { bad: false });
    toy.settles(4).expect("a law holds");
    assert_eq!(toy.leaving(), 2, "a quarter of eight");
    assert!(
        toy.places.iter().filter(|p| p.awaits).count() == 2,
        "and nothing else comes there"
    );
    toy.calms().expect("it gets everywhere");
    assert_eq!(toy.way.status, DeploymentStatus::Successful);
}

#[test]
fn a_bad_revision_is_taken_back_once() {
    let mut toy = Toy::new(4, 25_000, true);
    toy.calms().expect("the first one comes everywhere");
    toy.happens(&Event::Updates { bad: true });
    toy.calms().expect("it gets back");
    assert_eq!(toy.way.status, DeploymentStatus::RollbackSuccessful);
    assert_eq!(toy.way.failed, 3, "the least threshold");
    assert_eq!(toy.target, "r1");
    assert!(
        toy.places
            .iter()
            .all(|place| place.kind == Kind::Ready && !place.awaits)
    );
}

#[test]
fn a_first_revision_that_is_bad_stays_where_it_is() {
    let mut toy = Toy::new(8, 25_000, true);
    toy.bad.insert("r1".to_string());
    toy.calms().expect("it gives up");
    assert_eq!(toy.way.status, DeploymentStatus::Stopped);
    assert_eq!(
        toy.places.iter().filter(|place| place.seated).count(),
        2,
        "no portion but the first"
    );
}

#[test]
fn a_deployment_waits_until_its_tasks_have_shown_that_they_go_on() {
    let mut toy = Toy::new(2, 100_000, true);
    toy.settles(4).expect("a law holds");
    (0..2).for_each(|node| toy.happens(&Event::Moves(node)));
    toy.happens(&Event::Later(toy::SETTLE_MS - 1));
    toy.settles(4).expect("a law holds");
    assert_eq!(toy.way.status, DeploymentStatus::InProgress, "they only run");
    toy.happens(&Event::Fails(0));
    assert_eq!(toy.way.failed, 1);
    toy.calms().expect("it gets everywhere");
    assert_eq!(toy.way.status, DeploymentStatus::Successful);
}

#[test]
fn a_revision_that_never_gets_healthy_goes_nowhere_and_back() {
    let mut toy = Toy::new(4, 25_000, true);
    toy.calms().expect("the first one comes everywhere");
    toy.happens(&Event::Updates { bad: false });
    toy.silent_checks.insert(toy.target.clone());
    for node in [0, 1, 2, 3, 0, 1, 2, 3] {
        toy.settles(4).expect("a law holds");
        toy.happens(&Event::Moves(node));
        toy.happens(&Event::Later(20_000));
    }
    assert_eq!(toy.way.status, DeploymentStatus::InProgress);
    let of_target = toy
        .places
        .iter()
        .filter(|place| place.seated && place.task.as_ref().is_some_and(|t| t.revision == "r2"));
    assert_eq!(of_target.count(), 1, "no portion but the first");
    for _ in 0..8 {
        toy.settles(4).expect("a law holds");
        (0..4).for_each(|node| toy.happens(&Event::Moves(node)));
        (0..4).for_each(|node| toy.happens(&Event::SickensIfUnwell(node)));
        toy.happens(&Event::Later(60_000));
    }
    toy.calms().expect("it gets back");
    assert_eq!(
        (toy.way.status, toy.target.as_str()),
        (DeploymentStatus::RollbackSuccessful, "r1")
    );
}

#[test]
fn a_node_that_is_silent_is_waited_for_a_while() {
    let mut toy = Toy::new(2, 100_000, true);
    toy.calms().expect("the first one comes everywhere");
    toy.happens(&Event::Silences(1));
    toy.happens(&Event::Updates { bad: false });
    for _ in 0..3 {
        toy.settles(4).expect("a law holds");
        toy.happens(&Event::Moves(0));
        toy.happens(&Event::Later(toy::SETTLE_MS));
    }
    assert_eq!(toy.way.status, DeploymentStatus::InProgress, "one has not heard of it");
    toy.happens(&Event::Later(toy::LOST_MS));
    toy.settles(4).expect("a law holds");
    assert_eq!(toy.way.status, DeploymentStatus::Successful);
}

const CONTROLLER: Daemons = Daemons {
    keep_ms: 0,
    settle_ms: 0,
    lost_ms: 60_000,
};

fn revision(id: &str, cpu_units: u32) -> DaemonRevision {
    DaemonRevision {
        cluster: "default".to_string(),
        daemon: "watch".to_string(),
        id: id.to_string(),
        created_at: Timestamp(0),
        template: Template {
            group: Daemon::group("watch"),
            family: Daemon::family("watch"),
            ..template_of(cpu_units)
        },
        critical: true,
        propagates_tags: false,
        managed_tags: false,
    }
}

fn deployment(id: &str, target: &str, removes: bool) -> DaemonDeployment {
    DaemonDeployment {
        cluster: "default".to_string(),
        daemon: "watch".to_string(),
        id: id.to_string(),
        created_at: Timestamp(0),
        started_at: None,
        finished_at: None,
        stopped_at: None,
        target: DaemonSource {
            revision: target.to_string(),
            providers: vec!["EC2".to_string()],
        },
        sources: Vec::new(),
        status: DeploymentStatus::Pending,
        reason: None,
        rules: DaemonRules::default(),
        failed: 0,
        threshold: 0,
        breaker: MonitorStatus::Monitoring,
        alarms: MonitorStatus::Disabled,
        rollback: None,
        complete_since: None,
        removes,
    }
}

fn daemon(target: &str, way: &str) -> Daemon {
    Daemon {
        cluster: "default".to_string(),
        name: "watch".to_string(),
        status: DaemonStatus::Active,
        providers: vec!["EC2".to_string()],
        rules: DaemonRules::default(),
        tags: Vec::new(),
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
        target: target.to_string(),
        deployment: way.to_string(),
        proven: None,
        seed: 7,
        drawn: 0,
        critical: true,
    }
}

/// A store with a daemon that has just been made, and nodes of these names.
fn started(nodes: &'static [&str]) -> Store {
    let store = world();
    write(&store, move |tx| {
        nodes.iter().for_each(|id| tx.put(node(id)));
        tx.put(revision("r1", 100));
        tx.put(deployment("d1", "r1", false));
        tx.put(daemon("r1", "d1"));
        Ok(())
    })
    .expect("nothing moves");
    store
}

fn step(store: &Store) {
    write(store, |tx| Ok(CONTROLLER.step(tx, &Key::of(["default"])))).expect("a look");
    let broken: Vec<_> = invariants::check(&store.snapshot())
        .into_iter()
        .filter(|broken| !broken.law.starts_with("every ")) // no cluster and no definition here
        .collect();
    assert_eq!(broken, []);
}

/// Every task is seen to be where it should be.
fn seen(store: &Store) {
    let tasks: Vec<Arc<Task>> = store.snapshot().scan::<Task>(&Key::all()).collect();
    for task in tasks.into_iter().filter(|task| !task.is_stopped()) {
        let key = Task::key_of(&task.cluster, &task.id);
        let told = report::TaskReport {
            status: Some(task.desired),
            ..Default::default()
        };
        write(store, move |tx| report::apply(tx, &key, &told)).expect("a node may tell that");
    }
}

fn until_still(store: &Store) {
    for _ in 0..40 {
        let before = store.snapshot().revision();
        step(store);
        seen(store);
        if store.snapshot().revision() == before {
            return;
        }
    }
    panic!("it never comes to rest");
}

fn live(store: &Store) -> Vec<(String, String)> {
    let mut tasks: Vec<(String, String)> = store
        .snapshot()
        .scan::<Task>(&Key::all())
        .filter(|task| task.status == TaskStatus::Running)
        .map(|task| {
            let member = task.member.clone().expect("a daemon's");
            (task.node.clone().expect("placed"), member.revision)
        })
        .collect();
    tasks.sort();
    tasks
}

fn of(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect()
}

fn way(store: &Store, id: &str) -> DaemonDeployment {
    let key = DaemonDeployment::key_of("default", "watch", id);
    (*store.snapshot().get::<DaemonDeployment>(&key).expect("it is there")).clone()
}

#[test]
fn one_task_comes_to_every_node_and_a_new_revision_after_it() {
    let store = started(&["n1", "n2", "n3"]);
    until_still(&store);
    assert_eq!(live(&store), of(&[("n1", "r1"), ("n2", "r1"), ("n3", "r1")]));
    assert_eq!(way(&store, "d1").status, DeploymentStatus::Successful);
    write(&store, |tx| {
        tx.put(revision("r2", 100));
        tx.put(deployment("d2", "r2", false));
        let there = tx
            .get::<Daemon>(&Daemon::key_of("default", "watch"))
            .expect("the daemon");
        tx.put(Daemon {
            target: "r2".to_string(),
            deployment: "d2".to_string(),
            ..(*there).clone()
        });
        tx.put(node("n4").settled(tx, true));
        Ok(())
    })
    .expect("nothing moves");
    let awaits = |store: &Store, id: &str| {
        store
            .snapshot()
            .get::<Node>(&Node::key_of("default", id))
            .expect("a node")
            .awaits
            .clone()
    };
    assert_eq!(awaits(&store, "n4"), ["watch"], "nothing comes there before the daemon");
    until_still(&store);
    assert_eq!(
        live(&store),
        of(&[("n1", "r2"), ("n2", "r2"), ("n3", "r2"), ("n4", "r2")])
    );
    assert!(awaits(&store, "n4").is_empty());
    let past = store.snapshot().scan::<DaemonRevision>(&Key::all()).count();
    assert_eq!(past, 1, "what nobody names is forgotten");
}

#[test]
fn a_node_that_drains_keeps_it_until_the_others_have_left() {
    let store = started(&["n1"]);
    until_still(&store);
    write(&store, |tx| {
        let mut other = model::testing::task("other");
        other.because = None;
        let placed = model::ledger::assign(tx, other, &node("n1"), None)?;
        let drains = Node {
            status: NodeStatus::Draining,
            ..node("n1")
        };
        tx.put(drains);
        Ok(placed)
    })
    .expect("it may be placed");
    step(&store);
    let daemons = |store: &Store| {
        let tasks = store
            .snapshot()
            .by::<Task>(Task::BY_NODE, &Key::of(["n1"]))
            .collect::<Vec<_>>();
        tasks
            .iter()
            .filter(|t| t.member.is_some() && t.desired == TaskStatus::Running)
            .count()
    };
    assert_eq!(daemons(&store), 1);
    write(&store, |tx| {
        model::ledger::move_task(
            tx,
            &Task::key_of("default", "other"),
            model::Actor::Controller,
            TaskStatus::Stopped,
            None,
        )
    })
    .expect("a controller may");
    step(&store);
    assert_eq!(daemons(&store), 0);
}

#[test]
fn a_removed_one_leaves_nothing_but_its_past() {
    let store = started(&["n1", "n2"]);
    until_still(&store);
    write(&store, |tx| {
        tx.put(deployment("d2", "r1", true));
        let there = tx
            .get::<Daemon>(&Daemon::key_of("default", "watch"))
            .expect("the daemon");
        tx.put(Daemon {
            status: DaemonStatus::DeleteInProgress,
            deployment: "d2".to_string(),
            ..(*there).clone()
        });
        Ok(())
    })
    .expect("nothing moves");
    for _ in 0..4 {
        step(&store);
        seen(&store);
    }
    assert_eq!(live(&store), []);
    assert!(
        store
            .snapshot()
            .get::<Daemon>(&Daemon::key_of("default", "watch"))
            .is_none()
    );
    assert_eq!(store.snapshot().scan::<model::DaemonSeat>(&Key::all()).count(), 0);
}
