//! Any tasks in any weather: agents that die, sessions that break, clocks that are set, networks and disks that fail.
//! Then calm: whatever can run does, and after a stop nothing is left. What must hold is in [`laws`].

mod laws;
mod plans;

use super::{PATIENCE, Stage, Way};
use link::Phase;
use plans::Task;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Act {
    /// Gives the next task.
    Give,
    Rest {
        ms: u64,
    },
    Hear(Way),
    Stop(usize),
    Abandon(usize),
    Kill,
    Reopen,
    Connect,
    SetClock {
        by_ms: i64,
    },
    BreakNetwork(bool),
    BreakJournal(bool),
    /// Its processes are gone, keepers and all; perhaps with every trace of them.
    Lose(usize, bool),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Give),
        8 => (0..3_000_u64).prop_map(|ms| Act::Rest { ms }),
        2 => (3_000..40_000_u64).prop_map(|ms| Act::Rest { ms }),
        4 => Just(Act::Hear(Way::Through)),
        1 => Just(Act::Hear(Way::AnswerLost)),
        1 => Just(Act::Hear(Way::Lost)),
        2 => (0..3_usize).prop_map(Act::Stop),
        1 => (0..3_usize).prop_map(Act::Abandon),
        3 => Just(Act::Kill),
        4 => Just(Act::Reopen),
        2 => Just(Act::Connect),
        1 => (-100_000..100_000_i64).prop_map(|by_ms| Act::SetClock { by_ms }),
        1 => any::<bool>().prop_map(Act::BreakNetwork),
        1 => any::<bool>().prop_map(Act::BreakJournal),
        1 => (0..3_usize, any::<bool>()).prop_map(|(at, without_a_trace)| Act::Lose(at, without_a_trace)),
    ]
}

/// What happened to the tasks that could keep them from running.
#[derive(Default)]
struct Troubles {
    interfered: BTreeSet<String>,
    network: bool,
}

async fn play(tasks: &[Task], acts: &[Act], seed: u64, most_ms: u64) {
    let mut stage = Stage::with(seed, most_ms).await;
    let mut troubles = Troubles::default();
    let mut waiting = tasks.iter();
    for act in acts {
        let key = |at: &usize| tasks.get(*at).map(|task| task.assignment().key);
        match act {
            Act::Give => waiting
                .next()
                .into_iter()
                .for_each(|task| stage.give(task.assignment())),
            Act::Rest { ms } => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Act::Hear(way) => stage.hear(*way).await,
            Act::Stop(at) => key(at).into_iter().for_each(|key| {
                stage.stop(&key);
                troubles.interfered.insert(key);
            }),
            Act::Abandon(at) => key(at).into_iter().for_each(|key| {
                stage.abandon(&key);
                troubles.interfered.insert(key);
            }),
            Act::Kill => stage.kill().await,
            Act::Reopen => {
                stage.kill().await;
                stage.break_journal(false);
                stage.open().await;
                stage.connect();
            }
            Act::Connect => stage.connect(),
            Act::SetClock { by_ms } => stage.machine.set_clock(*by_ms),
            Act::BreakNetwork(broken) => {
                troubles.network |= broken;
                stage.machine.break_network(*broken);
            }
            Act::BreakJournal(broken) => stage.break_journal(*broken),
            Act::Lose(at, without_a_trace) => key(at).into_iter().for_each(|key| {
                stage.machine.lose(&key, *without_a_trace);
                troubles.interfered.insert(key);
            }),
        }
    }
    calm(&mut stage, waiting.as_slice()).await;
    all_that_can_run_does(&mut stage, tasks, &troubles).await;
    all_that_is_stopped_goes(&mut stage).await;
    for task in tasks {
        laws::hold(
            &task.assignment(),
            &stage.machine.deeds(&task.assignment().key),
            &stage.heard,
        );
    }
}

async fn calm(stage: &mut Stage, not_given: &[Task]) {
    stage.machine.break_network(false);
    stage.kill().await;
    stage.break_journal(false);
    stage.open().await;
    stage.connect();
    for task in not_given {
        stage.give(task.assignment());
    }
}

async fn all_that_can_run_does(stage: &mut Stage, tasks: &[Task], troubles: &Troubles) {
    let can = |task: &&Task| {
        let key = task.assignment().key;
        task.is_well() && !troubles.interfered.contains(&key) && !(troubles.network && task.has_network())
    };
    for task in tasks.iter().filter(can) {
        let key = task.assignment().key;
        patiently(stage, "RUNNING", |stage| {
            let last = stage.heard.iter().rfind(|report| report.key == key);
            last.is_some_and(|report| report.phase == Some(Phase::Running))
        })
        .await;
    }
}

async fn all_that_is_stopped_goes(stage: &mut Stage) {
    let keys: Vec<String> = stage.given.keys().cloned().collect();
    for key in keys {
        stage.stop(&key);
    }
    patiently(stage, "gone", |stage| {
        stage.given.is_empty() && stage.works().is_empty()
    })
    .await;
    assert_eq!(
        stage.machine.has(),
        Vec::<String>::new(),
        "this was left on the machine"
    );
}

async fn patiently(stage: &mut Stage, what: &str, is_so: impl Fn(&Stage) -> bool) {
    let started = tokio::time::Instant::now();
    while !is_so(stage) {
        assert!(
            started.elapsed() < PATIENCE,
            "not {what} in an hour: {:#?}\n{:#?}",
            stage.works(),
            stage.machine.done()
        );
        stage.rest(1_000).await;
    }
}

fn run(tasks: &[Task], acts: &[Act], seed: u64, most_ms: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(play(tasks, acts, seed, most_ms));
}

proptest! {
    #[test]
    fn the_laws_hold_in_any_weather(
        tasks in vec(plans::task(), 1..=2),
        acts in vec(act(), 0..40),
        seed in 0..1_000_u64,
        most_ms in prop_oneof![Just(0), Just(5), Just(1_500)],
    ) {
        let tasks: Vec<Task> = tasks.into_iter().enumerate().map(|(at, task)| task.named(at)).collect();
        run(&tasks, &acts, seed, most_ms);
    }
}
