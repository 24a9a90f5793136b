//! Plans of a small cluster, and that nothing of them is real.

use api::ecs::ECS;
use base::{ManualClock, Timestamp};
use control::Controller;
use controllers::KeepServices;
use model::{Actor, Service, Task, TaskStatus, ledger};
use rehearsal::{Pace, Plan, Wish, rehearse};
use serde_json::{Value, json};
use services::common::testing::{START, a_node, block_on, world_and_clock};
use services::{Ctx, Services};
use store::{Key, Tx};

struct Place {
    ctx: Ctx,
    clock: ManualClock,
    services: Services,
}

impl Place {
    /// Two nodes of four cores, and a service of four tasks that runs there.
    fn new() -> Place {
        let services = Services::new(vec![services::ecs::table()], false);
        let (ctx, clock) = world_and_clock();
        let place = Place { ctx, clock, services };
        place.call("CreateCluster", json!({}));
        place.ctx.put(a_node("default", "n1"));
        place.ctx.put(a_node("default", "n2"));
        for image in ["web:1", "web:2"] {
            let container = json!({"name": "web", "image": image, "cpu": 512, "memory": 256});
            place.call(
                "RegisterTaskDefinition",
                json!({"family": "web", "containerDefinitions": [container]}),
            );
        }
        place
    }

    fn call(&self, operation: &str, input: Value) -> Value {
        let facts = ECS
            .operations
            .iter()
            .find(|facts| facts.name == operation)
            .expect("it is one of ECS");
        let mut shape = (facts.input)();
        let limits = wire::codec::Limits::default();
        wire::codec::json::read(input.to_string().as_bytes(), &mut *shape, &limits).expect("the input is one");
        let reply = block_on(self.services.call(&ECS, facts, self.ctx.clone(), shape)).expect("a good request");
        let mut bytes = Vec::new();
        wire::codec::json::write(&*reply.output, &mut bytes);
        serde_json::from_slice(&bytes).expect("an answer is JSON")
    }

    /// The service's tasks come, and run.
    fn lives(&self) {
        let key = Service::key_of("default", "web");
        self.write(move |tx| KeepServices::default().step(tx, &key));
        self.write(|tx| {
            let waiting: Vec<_> = tx.scan::<Task>(&Key::all()).collect();
            for task in waiting {
                let key = Task::key_of(&task.cluster, &task.id);
                let moved = ledger::move_task(tx, &key, Actor::Node, TaskStatus::Running, None);
                moved.expect("a placed task may run");
            }
        });
    }

    fn write<T: Send + 'static>(&self, f: impl Fn(&mut Tx) -> T + Send + 'static) {
        let written = self.ctx.write(move |tx| {
            f(tx);
            Ok(())
        });
        block_on(written).expect("a store in memory takes it");
    }

    fn plan(&self, operation: &str, input: Value) -> Plan {
        let wish = Wish {
            operation: operation.to_string(),
            input,
        };
        let plan = rehearse(
            &self.ctx,
            &self.services,
            &wish,
            KeepServices::default(),
            Pace::default(),
        );
        block_on(plan).expect("a plan")
    }
}

fn web(desired: u32) -> Value {
    json!({"serviceName": "web", "taskDefinition": "web:1", "desiredCount": desired})
}

#[test]
fn a_new_service_is_planned_and_not_made() {
    let place = Place::new();
    let before = place.ctx.snapshot().revision();
    let plan = place.plan("CreateService", web(4));
    assert!(plan.fits, "{plan:#?}");
    assert_eq!(plan.ends.as_deref(), Some("SUCCESSFUL"));
    let started: u32 = plan.steps.iter().map(|step| step.started).sum();
    assert_eq!(started, 4);
    assert_eq!((plan.peak.cpu_units, plan.peak.memory_mib), (2048, 1024));
    assert_eq!(place.ctx.snapshot().revision(), before, "nothing happened");
    let again = place.plan("CreateService", web(4));
    assert_eq!(
        plan.hash(),
        again.hash(),
        "the same wish on the same state has the same plan"
    );
    assert_ne!(plan.hash(), place.plan("CreateService", web(5)).hash());
}

#[test]
fn what_does_not_fit_says_what_it_lacks() {
    let plan = Place::new().plan("CreateService", web(20));
    assert!(!plan.fits);
    assert!(
        plan.lacks[0].contains("no container instance met all of its requirements"),
        "{:?}",
        plan.lacks
    );
    assert_eq!(plan.peak.cpu_units, 16 * 512);
    let plan = Place::new().plan(
        "RunTask",
        json!({"taskDefinition": "web:1", "count": 10, "overrides": {"cpu": "2048"}}),
    );
    assert!(!plan.fits && plan.lacks[0].contains("RESOURCE:CPU"), "{:?}", plan.lacks);
}

#[test]
fn tasks_of_no_service_start_too() {
    let plan = Place::new().plan("RunTask", json!({"taskDefinition": "web:1", "count": 2}));
    assert!(plan.fits, "{plan:#?}");
    let sum = |of: fn(&rehearsal::Step) -> u32| plan.steps.iter().map(of).sum::<u32>();
    assert_eq!(
        (sum(|step| step.started), sum(|step| step.running)),
        (2, 2),
        "{:#?}",
        plan.steps
    );
}

#[test]
fn a_pause_takes_no_time_and_is_told_where_it_is() {
    let place = Place::new();
    place.call("CreateService", web(4));
    place.lives();
    let hook = json!({"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]});
    let rules = json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": [hook]});
    let plan = place.plan(
        "UpdateService",
        json!({"service": "web", "taskDefinition": "web:2", "deploymentConfiguration": rules}),
    );
    assert_eq!(plan.pauses.len(), 1, "{plan:#?}");
    let last = plan.steps.last().expect("something changes");
    assert!(
        last.at_ms < 600_000,
        "as if the whole time of the pause were waited for: {plan:#?}"
    );
}

#[test]
fn an_update_tells_what_changes_and_how_it_rolls() {
    let place = Place::new();
    place.call("CreateService", web(4));
    place.lives();
    let wish = json!({"service": "web", "taskDefinition": "web:2", "deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": 100}});
    let plan = place.plan("UpdateService", wish);
    let image = plan
        .differences
        .iter()
        .find(|d| d.path == "definition.containerDefinitions.web.image");
    let image = image.expect("the image changes");
    assert_eq!(
        (image.before.as_deref(), image.after.as_deref()),
        (Some("web:1"), Some("web:2"))
    );
    let bounds = plan.bounds.expect("of a service");
    assert_eq!((bounds.lower, bounds.upper, bounds.desired), (2, 4, 4));
    assert!(bounds.fewest >= 2 && bounds.most <= 4, "{bounds:?}");
    assert!(plan.fits && plan.steps.iter().any(|step| step.stopped > 0), "{plan:#?}");
}

#[test]
fn bad_wishes_get_the_fault_of_their_operation() {
    let place = Place::new();
    let wish = |operation: &str, input| Wish {
        operation: operation.to_string(),
        input,
    };
    let fault = |wish: &Wish| {
        let plan = rehearse(
            &place.ctx,
            &place.services,
            wish,
            KeepServices::default(),
            Pace::default(),
        );
        block_on(plan).expect_err("a bad wish").code.to_string()
    };
    assert_eq!(fault(&wish("DeleteCluster", json!({}))), "InvalidParameterException");
    assert_eq!(
        fault(&wish("UpdateService", json!({"service": "none"}))),
        "ServiceNotFoundException"
    );
}

#[test]
fn members_that_nobody_knows_are_refused() {
    let place = Place::new();
    let mut input = web(1);
    input["deploymentConfiguration"] = json!({"maximumPercent": 200, "minimumHealthyPercent": null, "most": 3});
    let wish = Wish {
        operation: "CreateService".to_string(),
        input,
    };
    let (keeper, pace) = (KeepServices::default(), Pace::default());
    let fault = block_on(rehearse(&place.ctx, &place.services, &wish, keeper, pace)).expect_err("a slip");
    assert_eq!(
        fault.message,
        "Unknown parameter in input: \"deploymentConfiguration.most\"."
    );
}

impl Place {
    /// A service of two tasks that run, and so many of them are protected until then.
    fn protected(count: usize, until: Timestamp) -> (Place, Vec<String>) {
        let place = Place::new();
        place.call("CreateService", web(2));
        place.lives();
        let all: Vec<_> = place.ctx.snapshot().scan::<Task>(&Key::all()).take(count).collect();
        let ids = all.iter().map(|task| task.id.clone()).collect();
        place.write(move |tx| {
            for task in &all {
                let protected_until = Some(until);
                ledger::keep(
                    tx,
                    Task {
                        protected_until,
                        ..(**task).clone()
                    },
                );
            }
        });
        (place, ids)
    }
}

fn anew(min: u32, max: u32) -> Value {
    let bounds = json!({"minimumHealthyPercent": min, "maximumPercent": max});
    json!({"service": "web", "forceNewDeployment": true, "deploymentConfiguration": bounds})
}

#[test]
fn protected_tasks_that_hold_it_up_are_named_and_when_one_asks_makes_no_other_plan() {
    let until = START.plus_millis(7_200_000);
    let (place, ids) = Place::protected(2, until);
    place.clock.advance_millis(10_000);
    let plan = place.plan("UpdateService", anew(0, 100));
    assert!(plan.fits, "{:?}", plan.lacks);
    assert_eq!(plan.protected, ids);
    place.clock.advance_millis(1_234);
    let later = place.plan("UpdateService", anew(0, 100));
    assert_ne!(later.steps, plan.steps, "it comes sooner");
    assert_eq!(later.hash(), plan.hash());
    let (place, ids) = Place::protected(1, until);
    assert_eq!(
        place
            .plan("UpdateService", json!({"service": "web", "desiredCount": 0}))
            .protected,
        ids
    );
    let fewer = place.plan("UpdateService", json!({"service": "web", "desiredCount": 1}));
    assert!(fewer.protected.is_empty(), "another can go");
}

#[test]
fn what_never_moves_is_known_to() {
    let place = Place::new();
    place.call("CreateService", web(1));
    place.lives();
    // Of a single task: no room above, and none below.
    let plan = place.plan("UpdateService", anew(50, 150));
    assert!(!plan.fits);
    assert_eq!(plan.ends.as_deref(), Some("IN_PROGRESS"));
    assert_eq!(plan.lacks, ["it does not come to a steady state"]);
}
