//! The server is killed between any two writes of a deployment, and of what comes of it: one run for each.

use model::{DeploymentStatus, Service, ServiceDeployment, Task, TaskStatus};
use sim::laws::Breach;
use sim::server::Setup;
use sim::storm::rest;
use sim::world::{Death, World};
use store::{Key, MemoryBackend};
use wire::codec::{Limits, json};

/// Longer than any deployment here takes.
const LONG_MS: u64 = 10 * 60_000;

/// A deployment, from a service that is steady to one that is.
struct Course {
    /// The image that the update leads to.
    image: &'static str,
    configuration: &'static str,
    /// How it ends.
    end: DeploymentStatus,
    /// Tasks that are started from first to last, when nothing is started twice.
    tasks: usize,
}

const ROLLING: Course = Course {
    image: "nginx:2",
    configuration: r#"{"minimumHealthyPercent":50,"maximumPercent":150}"#,
    end: DeploymentStatus::Successful,
    tasks: 4,
};

const BLUE_GREEN: Course = Course {
    image: "nginx:2",
    configuration: r#"{"strategy":"BLUE_GREEN","bakeTimeInMinutes":1}"#,
    end: DeploymentStatus::Successful,
    tasks: 4,
};

/// Three failures are too many: they come two at a time, and what a crash lets slip by is one more look of two.
const BROKEN: Course = Course {
    image: "simulated/cannot-pull",
    configuration: r#"{"deploymentCircuitBreaker":{"enable":true,"rollback":true}}"#,
    end: DeploymentStatus::RollbackSuccessful,
    tasks: 6,
};

struct Run {
    world: World,
    /// What the disk may still do before the server dies.
    moves_left: Option<u64>,
    moves: u64,
    death: Death,
}

impl Run {
    fn ask(&mut self, operation: &str, body: &str) -> u64 {
        let operation = api::ecs::ECS.operation(operation).expect("ECS has it");
        let mut input = (operation.input)();
        json::read(body.as_bytes(), input.as_mut(), &Limits::default()).expect("it is JSON");
        let sent = self.world.request("test", &api::ecs::ECS, operation, input);
        sent.expect("the server is up")
    }

    /// Asks until there is an answer, as clients do.
    fn insist(&mut self, operation: &str, body: &str) {
        for _ in 0..3 {
            let request = self.ask(operation, body);
            self.go_on(1);
            for answer in self.world.take_answers() {
                if answer.request == request {
                    assert!(answer.outcome.is_ok(), "{operation}: {:?}", answer.outcome.err());
                    return;
                }
            }
        }
        panic!("{operation} is never answered");
    }

    /// Everybody does what there is to do within that time; the server may die on the way.
    fn go_on(&mut self, ms: u64) {
        let end = self.world.elapsed_ms() + ms;
        while self.world.elapsed_ms() < end && self.world.breaches.is_empty() {
            if self.world.ready() > 0 {
                self.world.poll(0);
            } else if self.world.disk_moves() {
                self.moves += 1;
                if self.moves_left == Some(self.moves) {
                    self.world.die(self.death);
                    assert!(self.world.start(), "it opens again");
                }
            } else {
                self.world.idle(end - self.world.elapsed_ms());
            }
        }
    }
}

/// Plays the course; the server dies after so many moves of the disk, counted from the update. Answers with how many
/// there were.
fn play(course: &Course, dies_after: Option<u64>, death: Death) -> u64 {
    sim::logs::listening(|| play_heard(course, dies_after, death))
}

fn play_heard(course: &Course, dies_after: Option<u64>, death: Death) -> u64 {
    let setup = Setup {
        own_nodes: 2,
        ..Setup::default()
    };
    let mut run = Run {
        world: World::new(7, setup, MemoryBackend::new(), false, false),
        moves_left: None,
        moves: 0,
        death,
    };
    run.world.start();
    run.go_on(100);
    let define = |image: &str| {
        format!(r#"{{"family":"web","containerDefinitions":[{{"name":"web","image":"{image}","memory":128}}]}}"#)
    };
    run.insist("RegisterTaskDefinition", &define("nginx:1"));
    let configuration = course.configuration;
    run.insist(
        "CreateService",
        &format!(
            r#"{{"serviceName":"web","taskDefinition":"web:1","desiredCount":2,"availabilityZoneRebalancing":"DISABLED","deploymentConfiguration":{configuration}}}"#
        ),
    );
    run.go_on(LONG_MS);
    run.insist("RegisterTaskDefinition", &define(course.image));
    (run.moves, run.moves_left) = (0, dies_after);
    run.insist("UpdateService", r#"{"service":"web","taskDefinition":"web:2"}"#);
    run.go_on(LONG_MS);
    let at = format!("killed after {dies_after:?} of {} moves, {death:?}", run.moves);
    let none: [Breach; 0] = [];
    assert_eq!(run.world.breaches, none, "{at}");
    let server = run.world.server.as_ref().expect("it is up");
    let snapshot = server.store().snapshot();
    assert_eq!(
        rest::services(&snapshot, base::Clock::now(&run.world.clock)),
        none,
        "{at}"
    );
    let service = snapshot
        .get::<Service>(&Service::key_of("default", "web"))
        .expect("it was made");
    let id = service.deployment.as_deref().expect("it was deployed");
    let deployment = snapshot.get::<ServiceDeployment>(&ServiceDeployment::key_of("default", "web", id));
    assert_eq!(deployment.map(|d| d.status), Some(course.end), "{at}");
    let tasks: Vec<_> = snapshot.scan::<Task>(&Key::all()).collect();
    let running = tasks.iter().filter(|task| task.status == TaskStatus::Running).count();
    assert_eq!(
        (running, tasks.len()),
        (2, course.tasks),
        "running, and started from first to last: {at}"
    );
    run.moves
}

fn everywhere(course: &Course) {
    let moves = play(course, None, Death::Killed);
    assert!(moves > 10, "there is something to be killed in: {moves}");
    for death in [Death::Killed, Death::PowerCut] {
        for at in 1..=moves {
            play(course, Some(at), death);
        }
    }
}

#[test]
fn a_rollout_survives_a_crash_between_any_two_writes() {
    everywhere(&ROLLING);
}

#[test]
fn blue_and_green_survive_a_crash_between_any_two_writes() {
    everywhere(&BLUE_GREEN);
}

#[test]
fn a_breaker_trips_once_whatever_crashes_between_any_two_writes() {
    everywhere(&BROKEN);
}
