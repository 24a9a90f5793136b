//! Tasks that wait, against a store in memory.

use super::*;
use base::Timestamp;
use model::testing::{node, template_of, world, write};
use scheduler::launch::Draw;
use store::Store;

const PROVIDER: &str = "grows";

fn ours(id: &str) -> Node {
    Node {
        capacity_provider: Some(PROVIDER.to_string()),
        ..node(id)
    }
}

fn put(store: &Store, node: Node) {
    write(store, move |tx| {
        tx.put(node.clone());
        Ok(())
    })
    .expect("nothing moves");
}

/// A task that wants so much, waits since `since` and until `until`.
fn waits(store: &Store, seed: u64, cpu_units: u32, since: i64, until: i64) -> String {
    write(store, move |tx| {
        let template = template_of(cpu_units);
        let until = Timestamp(until);
        let task = Ready::new(tx, &template).wait(
            tx,
            &Draw::seeded(seed),
            Some(PROVIDER),
            None,
            until,
            "waits".to_string(),
        );
        let key = Waiting::key_of("default", &task.id);
        let mut waiting = (*tx.get::<Waiting>(&key).expect("just put")).clone();
        waiting.since = Timestamp(since);
        tx.put(waiting);
        Ok(task.id.clone())
    })
    .expect("it may wait")
}

fn look(store: &Store) -> Next {
    let next = write(store, |tx| Ok(PlaceWaiting::default().step(tx, &Key::of(["default"])))).expect("a look");
    let broken: Vec<_> = model::invariants::check(&store.snapshot())
        .into_iter()
        .filter(|broken| !broken.law.starts_with("every ")) // no cluster and no definition here
        .collect();
    assert_eq!(broken, []);
    next
}

fn task(store: &Store, id: &str) -> Task {
    let task = store.snapshot().get::<Task>(&Task::key_of("default", id));
    (*task.expect("it is there")).clone()
}

const LATER: i64 = i64::MAX / 2;

#[test]
fn a_node_that_comes_takes_the_oldest_first() {
    let store = world();
    let (young, old) = (waits(&store, 1, 3000, 20, LATER), waits(&store, 2, 3000, 10, LATER));
    assert_eq!(look(&store), Next::At(Timestamp(LATER)));
    assert!(
        task(&store, &old)
            .because
            .expect("it says why")
            .contains("capacity provider grows")
    );
    put(&store, ours("n1"));
    look(&store);
    assert_eq!(task(&store, &old).node.as_deref(), Some("n1"));
    let young = task(&store, &young);
    assert_eq!((young.status, young.node), (TaskStatus::Provisioning, None));
    assert!(
        young
            .because
            .expect("it says why")
            .contains("3000 CPU units are wanted and 1096 are free")
    );
}

#[test]
fn one_that_fits_nowhere_does_not_hold_up_the_others() {
    let store = world();
    put(&store, ours("n1"));
    let (large, small) = (waits(&store, 1, 9000, 10, LATER), waits(&store, 2, 100, 20, LATER));
    look(&store);
    assert_eq!(task(&store, &large).status, TaskStatus::Provisioning);
    assert_eq!(task(&store, &small).status, TaskStatus::Pending);
}

#[test]
fn who_waited_too_long_is_given_up_and_says_for_what() {
    let store = world();
    let late = waits(&store, 1, 100, 10, 20);
    assert_eq!(look(&store), Next::Rest);
    let gone = task(&store, &late);
    assert_eq!(
        (gone.status, gone.stop_code),
        (TaskStatus::Stopped, Some(StopCode::TaskFailedToStart))
    );
    assert_eq!(
        gone.stopped_reason.as_deref(),
        Some("No Container Instances were found in your capacity provider.")
    );
    let fits = waits(&store, 2, 100, 10, 20);
    put(&store, ours("n1"));
    look(&store);
    assert_eq!(
        task(&store, &fits).status,
        TaskStatus::Pending,
        "a place at the last moment is one"
    );
}

#[test]
fn nodes_of_others_are_not_for_them() {
    let store = world();
    put(&store, node("n1"));
    let waiting = waits(&store, 1, 100, 10, LATER);
    look(&store);
    assert_eq!(task(&store, &waiting).status, TaskStatus::Provisioning);
}

#[test]
fn a_stopped_one_is_looked_at_no_more() {
    let store = world();
    let id = waits(&store, 1, 100, 10, LATER);
    let key = Task::key_of("default", &id);
    write(&store, move |tx| {
        move_task(tx, &key, Actor::User, TaskStatus::Stopped, None)
    })
    .expect("a user may");
    assert_eq!(look(&store), Next::Rest);
}

#[test]
fn what_may_make_room_is_heard_of() {
    let store = world();
    let heard = |change: &dyn Fn(&Store)| {
        let mut watch = store.watch(store.snapshot().revision());
        change(&store);
        let mut keys = Vec::new();
        while let Ok(Some(commit)) = watch.try_next() {
            let changes = commit.changes.iter();
            changes.for_each(|change| PlaceWaiting::default().concerns(change, &mut |key| keys.push(key)));
        }
        keys
    };
    let cluster = [Key::of(["default"])];
    assert_eq!(heard(&|store| put(store, ours("n1"))), cluster);
    assert_eq!(heard(&|store| drop(waits(store, 1, 100, 10, LATER))), cluster);
    assert_eq!(
        heard(&|store| assert_eq!(look(store), Next::Rest)),
        [],
        "what is taken is nobody's news"
    );
    let id = store
        .snapshot()
        .scan::<Task>(&Key::all())
        .next()
        .expect("one task")
        .key();
    let stop = |store: &Store| {
        let id = id.clone();
        write(store, move |tx| {
            move_task(tx, &id, Actor::Controller, TaskStatus::Stopped, None)
        })
        .expect("it may");
    };
    assert_eq!(heard(&stop), cluster, "what is given back is");
    assert_eq!(PlaceWaiting::default().all(&store.snapshot()), []);
}
