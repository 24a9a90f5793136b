//! Post-mortems of what was put into a store.

use super::*;
use crate::common::testing::{START, a_task, block_on, world};
use crate::ecs;
use api::ecs::{self as shapes, op};
use model::testing::{container, service, service_deployment, service_event, service_revision};
use model::{Actor, DeploymentStatus, MonitorStatus, Service, Source, StopCode, Task, TaskStatus};
use wire::Call;

fn of(ctx: &Ctx, word: &str) -> Value {
    why(&ctx.world, word, None).expect("it is known")
}

fn call<C: Call>(ctx: &Ctx, input: C::Input) {
    let mut table = ecs::table();
    table.rows.sort_by_key(|row| row.operation.name);
    let answer = block_on(table.call(C::FACTS, ctx.clone(), Box::new(input)));
    answer.map(drop).expect("it is welcome");
}

/// The cluster `default` and so many revisions of `web`, of the images a:1, a:2, ..
fn prepare(ctx: &Ctx, revisions: u32) {
    call::<op::CreateCluster>(ctx, Default::default());
    for revision in 1..=revisions {
        let app = shapes::ContainerDefinition {
            name: Some("app".to_string()),
            image: Some(format!("a:{revision}")),
            memory: Some(64),
            ..Default::default()
        };
        let web = shapes::RegisterTaskDefinitionRequest {
            family: Some("web".to_string()),
            container_definitions: Some(vec![app]),
            ..Default::default()
        };
        call::<op::RegisterTaskDefinition>(ctx, web);
    }
}

fn stopped(id: &str, revision: u32, exit_code: i32) -> Task {
    let mut task = a_task("default", id, TaskStatus::Running);
    task.revision = revision;
    task.started_at = Some(START);
    task.containers = vec![container("app", true)];
    task.advance(Actor::Node, TaskStatus::Stopped, START.plus_millis(5_000), None)
        .expect("a move");
    task.containers[0].exit_code = Some(exit_code);
    task.stop_code = Some(StopCode::EssentialContainerExited);
    task.stopped_reason = Some("Essential container in task exited".to_string());
    task
}

fn forget(ctx: &Ctx, key: Key) {
    let forgotten = ctx.write(move |tx| {
        tx.delete::<Task>(&key);
        Ok(())
    });
    block_on(forgotten).expect("a store in memory takes it");
}

#[test]
fn a_task_says_how_it_ended_and_what_is_new_since_the_last_that_worked() {
    let ctx = world();
    prepare(&ctx, 3);
    ctx.put(stopped("aaaa1111", 1, 0));
    let mut bad = stopped("bbbb2222", 3, 137);
    bad.version = 1;
    ctx.put(Task {
        status: TaskStatus::Running,
        ..bad.clone()
    });
    bad.version = 2;
    ctx.put(bad.clone());
    let told = of(&ctx, "bbbb");
    assert_eq!(
        told["verdict"],
        "It stopped after 5 s: its container app was ended by SIGKILL (exit code 137). (Essential container in task exited)"
    );
    assert_eq!(told["containers"][0]["signal"], "SIGKILL");
    assert_eq!(
        (&told["diff"]["from"], &told["diff"]["fromWorked"]),
        (&"web:1".into(), &true.into())
    );
    let change = &told["diff"]["changes"][0];
    assert_eq!(
        (&change["path"], &change["from"]),
        (&"containerDefinitions[app].image".into(), &"a:1".into())
    );
    assert_eq!(told["timeline"].as_array().map(Vec::len), Some(2), "{told}");
    assert_eq!(told["forgotten"], false);

    bad.containers[0].reason = Some("OutOfMemoryError: Container killed due to memory usage".to_string());
    bad.containers[0].memory_mib = Some(64);
    ctx.put(bad.clone());
    let verdict = of(&ctx, "bbbb2222")["verdict"].to_string();
    assert!(verdict.contains("app had no memory left (limit 64 MiB)"), "{verdict}");
}

#[test]
fn what_is_forgotten_is_told_from_history() {
    let ctx = world();
    prepare(&ctx, 0);
    let id = "0123456789abcdef0123456789abcdef";
    let task = stopped(id, 1, 3);
    let key = store::Record::key(&task);
    ctx.put(task);
    forget(&ctx, key);
    for word in [id, &format!("arn:aws:ecs:us-east-1:000000000000:task/default/{id}")] {
        let told = of(&ctx, word);
        assert_eq!(told["forgotten"], true);
        assert_eq!(told["containers"][0]["exitCode"], 3);
    }
    for word in ["0123", "nobody", "arn:aws:ecs:us-east-1:000000000000:task/default/ffff"] {
        assert!(why(&ctx.world, word, None).is_err(), "{word}");
    }
}

#[test]
fn a_deployment_to_another_family_tells_what_is_new_in_its_definition() {
    let ctx = world();
    prepare(&ctx, 1);
    let app = shapes::ContainerDefinition {
        name: Some("app".to_string()),
        image: Some("b:1".to_string()),
        memory: Some(64),
        ..Default::default()
    };
    call::<op::RegisterTaskDefinition>(
        &ctx,
        shapes::RegisterTaskDefinitionRequest {
            family: Some("other".to_string()),
            container_definitions: Some(vec![app]),
            ..Default::default()
        },
    );
    let (from, mut to) = (service_revision("web", "1"), service_revision("web", "2"));
    to.template.family = "other".to_string();
    ctx.put(from);
    ctx.put(to);
    ctx.put(Service {
        deployment: Some("dep".to_string()),
        target: Some("2".to_string()),
        ..service("web")
    });
    ctx.put(model::ServiceDeployment {
        sources: vec![Source {
            revision: "1".to_string(),
            requested: 1,
            running: 1,
            pending: 0,
        }],
        ..service_deployment("web", "dep", "2")
    });
    let told = of(&ctx, "dep");
    let paths: Vec<&str> = told["diff"]["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .filter_map(|change| change["path"].as_str())
        .collect();
    assert_eq!(paths, ["containerDefinitions[app].image", "family"], "{told}");
}

#[test]
fn a_deployment_tells_the_breakers_tally_and_what_its_tasks_died_of() {
    let ctx = world();
    prepare(&ctx, 2);
    let mut target = service_revision("web", "2222222222222222222");
    target.template.revision = 2;
    ctx.put(service_revision("web", "1111111111111111111"));
    ctx.put(target);
    ctx.put(Service {
        deployment: Some("dep".to_string()),
        target: Some("1111111111111111111".to_string()),
        proven: Some("1111111111111111111".to_string()),
        ..service("web")
    });
    ctx.put(stopped("f1", 2, 7));
    ctx.put(service_event("web", 1, base::Timestamp(0)));
    ctx.put(model::ServiceDeployment {
        status: DeploymentStatus::RollbackSuccessful,
        breaker: MonitorStatus::Triggered,
        failed: 3,
        failures: vec![
            ("gone".to_string(), "x".to_string()),
            ("f1".to_string(), "exit code 7".to_string()),
        ],
        sources: vec![Source {
            revision: "1111111111111111111".to_string(),
            requested: 1,
            running: 1,
            pending: 0,
        }],
        ..service_deployment("web", "dep", "2222222222222222222")
    });
    for word in ["dep", "ecs-svc/2222222222222222222"] {
        let told = of(&ctx, word);
        assert_eq!(told["kind"], "deployment");
        assert_eq!(
            told["verdict"],
            "Its circuit breaker took it back after 3 failures. Of its tasks 3 failed, the last (f1) of: exit code 7."
        );
        assert_eq!(
            (&told["breaker"]["failed"], &told["breaker"]["threshold"]),
            (&3.into(), &3.into())
        );
        assert_eq!(told["tasks"][0]["id"], "f1");
        assert_eq!(
            told["tasks"].as_array().map(Vec::len),
            Some(1),
            "one is known to nobody"
        );
        assert_eq!(told["events"].as_array().map(Vec::len), Some(1));
        let paths: Vec<&Value> = told["diff"]["changes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|c| &c["path"])
            .collect();
        assert_eq!(paths, ["containerDefinitions[app].image"]);
    }
    let told = of(&ctx, "web");
    assert_eq!(
        (&told["kind"], &told["deployment"]["id"]),
        (&"service".into(), &"dep".into())
    );
    assert_eq!(told["verdict"], "ACTIVE: 0 of 1 run, 0 are on their way.");
}
