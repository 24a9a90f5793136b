//! Random tasks, small enough to read.

use crate::testing::script::{self, Script};
use crate::testing::{after, assignment, container};
use link::plan::{Condition, HealthCheck, NetworkMode, RestartPolicy};
use link::{Assignment, ContainerPlan};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub struct Task {
    id: String,
    parts: Vec<PartShape>,
    /// Whether a container stands before those that it waits for.
    backwards: bool,
    network: bool,
}

#[derive(Clone, Debug)]
struct PartShape {
    story: &'static str,
    essential: bool,
    /// Which of those before it this one waits for.
    waits: Vec<(usize, Condition)>,
    start_timeout_s: Option<u32>,
    stop_timeout_s: Option<u32>,
    checked: bool,
    restarts: Option<(u32, Vec<i32>)>,
}

const STORIES: [&str; 12] = [
    "runs",
    "ignores-term",
    "exits-after-0ms-with-0",
    "exits-after-700ms-with-1",
    "exits-after-3000ms-with-0",
    "exits-after-20000ms-with-2",
    "healthy-after-0ms",
    "healthy-after-9000ms",
    "unhealthy-after-9000ms",
    "fails-to-start",
    "cannot-pull",
    "pulls-for-ever",
];

pub fn task() -> impl Strategy<Value = Task> {
    (vec(part(), 1..=4), any::<bool>(), any::<bool>()).prop_map(|(parts, backwards, network)| Task {
        id: String::new(),
        parts,
        backwards,
        network,
    })
}

fn part() -> impl Strategy<Value = PartShape> {
    let condition = prop_oneof![
        3 => Just(Condition::Start),
        1 => Just(Condition::Complete),
        1 => Just(Condition::Success),
        2 => Just(Condition::Healthy),
    ];
    let story = prop_oneof![3 => 0..2_usize, 3 => 0..9_usize, 1 => 9..12_usize];
    let restarts = (1..4_u32, prop_oneof![Just(vec![]), Just(vec![0]), Just(vec![1, 2])]);
    (
        story.prop_map(|at| STORIES[at]),
        any::<bool>(),
        vec((0..4_usize, condition), 0..3),
        proptest::option::weighted(0.2, 0..15_u32),
        proptest::option::of(0..10_u32),
        any::<bool>(),
        proptest::option::weighted(0.3, restarts),
    )
        .prop_map(
            |(story, essential, waits, start_timeout_s, stop_timeout_s, checked, restarts)| PartShape {
                story,
                essential,
                waits,
                start_timeout_s,
                stop_timeout_s,
                checked,
                restarts,
            },
        )
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

impl Task {
    pub fn named(mut self, at: usize) -> Task {
        self.id = format!("t{at}");
        self
    }

    pub fn has_network(&self) -> bool {
        self.network
    }

    pub fn assignment(&self) -> Assignment {
        let mut containers: Vec<ContainerPlan> = (0..self.parts.len()).map(|at| self.container(at)).collect();
        if self.backwards {
            containers.reverse();
        }
        let mut assignment = assignment(&self.id, containers);
        assignment.plan.network_mode = self.network.then_some(NetworkMode::Awsvpc);
        assignment
    }

    fn container(&self, at: usize) -> ContainerPlan {
        let shape = &self.parts[at];
        let mut plan = container(NAMES[at], shape.story);
        plan.essential = shape.essential || at == 0;
        plan.start_timeout_s = shape.start_timeout_s;
        plan.stop_timeout_s = shape.stop_timeout_s;
        plan.health = shape.checked.then(|| HealthCheck {
            command: vec!["CMD".to_string(), "true".to_string()],
            interval_s: 3,
            timeout_s: 2,
            retries: 2,
            start_period_s: 0,
        });
        plan.restart = shape
            .restarts
            .clone()
            .map(|(attempt_period_s, ignored_exit_codes)| RestartPolicy {
                ignored_exit_codes,
                attempt_period_s,
            });
        for (on, condition) in shape.waits.iter().filter(|(on, _)| *on < at) {
            plan = after(plan, NAMES[*on], *condition);
        }
        plan
    }

    /// Whether nothing of its own can keep it from running, and from running on.
    pub fn is_well(&self) -> bool {
        let becomes_healthy = |on: usize| {
            let script = script::of(&format!("pretended/{}", self.parts[on].story));
            self.parts[on].checked && !matches!(script, Script::UnhealthyAfter { .. })
        };
        self.parts.iter().enumerate().all(|(at, part)| {
            let runs = ["runs", "ignores-term"].contains(&part.story) || part.story.contains("healthy");
            let mut waits = part.waits.iter().filter(|(on, _)| *on < at);
            let can = waits.all(|(on, condition)| match condition {
                Condition::Start => true,
                Condition::Healthy => becomes_healthy(*on),
                Condition::Complete | Condition::Success => false,
            });
            runs && can && part.start_timeout_s.is_none()
        })
    }
}
