//! Whatever is asked and whatever goes wrong, the laws hold; and after the calm it is as it was asked.

use super::*;
use proptest::prelude::{Just, ProptestConfig, any, prop_assert, prop_assert_eq, prop_assume, prop_oneof, proptest};
use proptest::strategy::Strategy as _;

#[derive(Clone, Debug)]
enum Act {
    Update,
    Desire(u32),
    Drain(u8),
    Silence(u8),
    Wake(u8),
    /// The tasks of this revision do that from now on.
    Fate(u8, Fate),
    StopOne(u8),
    Protect(u8),
    Seconds(u8),
}

fn act() -> impl proptest::strategy::Strategy<Value = Act> {
    let fate = prop_oneof![
        Just(Fate::Runs),
        Just(Fate::FailsToStart),
        Just(Fate::Exits),
        Just(Fate::Sickens)
    ];
    prop_oneof![
        3 => Just(Act::Update),
        2 => (0..6u32).prop_map(Act::Desire),
        1 => any::<u8>().prop_map(Act::Drain),
        1 => any::<u8>().prop_map(Act::Silence),
        1 => any::<u8>().prop_map(Act::Wake),
        2 => (any::<u8>(), fate).prop_map(|(at, fate)| Act::Fate(at, fate)),
        1 => any::<u8>().prop_map(Act::StopOne),
        1 => any::<u8>().prop_map(Act::Protect),
        6 => (1..20u8).prop_map(Act::Seconds),
    ]
}

const REVISIONS: [&str; 9] = ["2", "3", "4", "5", "6", "7", "8", "9", "a"];
const NODES: u8 = 4;

fn play(town: &mut Town, acts: &[Act]) {
    let mut revisions = REVISIONS.iter();
    let node = |at: u8| format!("n{}", at % NODES);
    for act in acts {
        match act {
            Act::Update => {
                if let Some(next) = revisions.next() {
                    town.update(next);
                }
            }
            Act::Desire(desired) => {
                let desired = *desired;
                town.change(move |service| service.desired = desired);
            }
            Act::Drain(at) => town.change_node(&node(*at), |node| node.status = NodeStatus::Draining),
            Act::Silence(at) => town.change_node(&node(*at), |node| node.connected = false),
            Act::Wake(at) => town.change_node(&node(*at), |node| {
                (node.connected, node.status) = (true, NodeStatus::Active);
            }),
            Act::Fate(at, fate) => {
                let id = REVISIONS[*at as usize % REVISIONS.len()];
                town.fates.insert(id.to_string(), *fate);
            }
            Act::StopOne(at) => touch(town, *at, stopped_by_user),
            Act::Protect(at) => touch(town, *at, |task, now| {
                task.protected_until = Some(now.plus_millis(60_000))
            }),
            Act::Seconds(count) => town.seconds(u32::from(*count)),
        }
    }
}

fn touch(town: &Town, at: u8, f: fn(&mut Task, Timestamp)) {
    let live: Vec<_> = town.tasks().into_iter().filter(|t| !t.is_stopped()).collect();
    let Some(task) = live.get(at as usize % live.len().max(1)) else {
        return;
    };
    town.change_task(task.key(), f);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_and_after_the_calm_it_is_as_asked(
        acts in proptest::collection::vec(act(), 1..24),
        min in prop_oneof![Just(0u32), Just(50), Just(100)],
        max in prop_oneof![Just(100u32), Just(150), Just(200)],
        breaker: bool,
    ) {
        let mut town = Town::new(u32::from(NODES));
        let rules = Rules { breaker: Breaker { enable: breaker, rollback: true, ..Default::default() }, ..rules(min, max) };
        // Bounds that allow no step are the user's own.
        let stuck = |desired: u32| rules.upper(desired) <= rules.lower(desired) && desired > 0;
        prop_assume!(!(0..6).any(stuck));
        town.create(3, rules.clone());
        play(&mut town, &acts);
        town.fates.clear();
        for at in 0..NODES {
            town.change_node(&format!("n{at}"), |node| (node.connected, node.status) = (true, NodeStatus::Active));
        }
        town.second();
        town.until("over", |town| town.deployment().status.is_over());
        let given_up = town.deployment().status == DeploymentStatus::Stopped;
        if !given_up {
            town.until_steady();
            let service = town.service();
            let target = service.target.clone().expect("it has a target");
            let all = town.tasks().iter().filter(|t| !t.is_stopped()).count();
            prop_assert_eq!((town.live(&target), all), (service.desired, service.desired as usize));
        }
        let past = invariants::history::check(&town.store).expect("a store in memory reads");
        prop_assert!(past.broken.is_empty(), "{:?}", past.broken);
    }
}
