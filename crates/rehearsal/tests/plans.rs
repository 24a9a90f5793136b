//! Plans of a small cluster, and that nothing of them is real.

use api::ecs::ECS;
use control::Controller;
use controllers::KeepServices;
use model::{Actor, Service, Task, TaskStatus, ledger};
use rehearsal::{Pace, Plan, Wish, rehearse};
use serde_json::{Value, json};
use services::common::testing::{a_node, block_on, world};
use services::{Ctx, Services};
use store::{Key, Tx};

struct Place {
    ctx: Ctx,
    services: Services,
}

impl Place {
    /// Two nodes of four cores, and a service of four tasks that runs there.
    fn new() -> Place {
        let services = Services::new(vec![services::ecs::table()], false);
        let place = Place { ctx: world(), services };
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
