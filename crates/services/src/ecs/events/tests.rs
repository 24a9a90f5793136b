//! Events as they are told: their shapes, which changes are some, and cursors over all of it.

use super::*;
use crate::common::testing::{START, a_node, a_task, block_on, world, world_and_clock};
use crate::common::{Ctx, World};
use base::{Clock, ManualClock, Scope, SeededDice};
use model::testing::{service_event, service_revision};
use model::{About, Attachment, Given, RolloutState, ServiceEvent, ServiceRevision, StopCode, TaskStatus};
use std::sync::Arc;
use store::{MemoryBackend, Options, Revision, Store};
use telemetry::Logs;

fn wish(after: Cursor) -> Wish {
    Wish {
        after,
        since: None,
        cluster: None,
        kinds: Vec::new(),
        most: 1000,
    }
}

fn from_now(ctx: &Ctx) -> Wish {
    wish(since(&ctx.world, None))
}

fn read(ctx: &Ctx, wish: &Wish) -> Vec<Event> {
    page(&ctx.world, wish).expect("events are told").events
}

fn revision(rollout: RolloutState) -> ServiceRevision {
    ServiceRevision {
        cluster: "c".to_string(),
        updated_at: START,
        rollout,
        ..service_revision("web", "1234567890123456789")
    }
}

fn said(number: u64, name: Option<(&str, &str)>, about: Option<About>) -> ServiceEvent {
    ServiceEvent {
        cluster: "c".to_string(),
        name: name.map(|(name, _)| name.to_string()),
        level: name.map(|(_, level)| level.to_string()),
        about,
        ..service_event("web", number, START.plus_millis(695))
    }
}

/// The event's JSON without its id, which the cursor's own tests look at.
fn told(event: &Event) -> String {
    let id = event.json.find(",\"id\":\"").expect("it has an id");
    let mut json = event.json.clone();
    json.replace_range(id..id + 7 + 36 + 1, "");
    json
}

#[test]
fn a_task_is_told_with_its_times_as_text_and_its_version() {
    let (ctx, clock) = world_and_clock();
    let begin = from_now(&ctx);
    clock.advance_millis(250);
    let mut task = a_task("c", "0123456789abcdef", TaskStatus::Pending);
    task.created_at = START;
    task.containers = vec![model::testing::container("app", true)];
    task.attachment = Some(Box::new(Attachment {
        id: "att".to_string(),
        interface: "eni-1".to_string(),
        subnet: "subnet-1".to_string(),
        address: [172, 31, 0, 9].into(),
    }));
    ctx.put(task.clone());
    let events = read(&ctx, &begin);
    assert_eq!(events.len(), 1);
    let expected = concat!(
        r#"{"version":"0","detail-type":"ECS Task State Change","source":"aws.ecs","account":"000000000000","#,
        r#""time":"2026-01-01T00:00:00Z","region":"us-east-1","#,
        r#""resources":["arn:aws:ecs:us-east-1:000000000000:task/c/0123456789abcdef"],"detail":{"#,
    );
    let json = told(&events[0]);
    assert!(json.starts_with(expected), "{json}");
    for part in [
        r#""clusterArn":"arn:aws:ecs:us-east-1:000000000000:cluster/c""#,
        r#""createdAt":"2026-01-01T00:00:00Z""#,
        r#""lastStatus":"PENDING""#,
        r#""desiredStatus":"RUNNING""#,
        r#""type":"eni""#,
        r#""taskDefinitionArn":"arn:aws:ecs:us-east-1:000000000000:task-definition/web:1""#,
        r#""version":1,"#,
        r#""updatedAt":"2026-01-01T00:00:00.250Z"}}"#,
    ] {
        assert!(json.contains(part), "{part} in {json}");
    }
    assert!(!json.contains("\"tags\""), "{json}");
    assert_eq!(events[0].line, "task 0123456789ab web:1 PENDING");

    let begin = wish(events[0].cursor);
    task.advance(model::Actor::Node, TaskStatus::Running, START, None)
        .expect("a move");
    ctx.put(task.clone());
    task.advance(model::Actor::Node, TaskStatus::Stopped, START, None)
        .expect("a move");
    task.stop_code = Some(StopCode::EssentialContainerExited);
    task.stopped_reason = Some("Essential container in task exited".to_string());
    task.containers[0].exit_code = Some(3);
    ctx.put(task);
    let lines: Vec<String> = read(&ctx, &begin).into_iter().map(|event| event.line).collect();
    assert_eq!(
        lines,
        [
            "task 0123456789ab web:1 PENDING > RUNNING",
            "task 0123456789ab web:1 RUNNING > STOPPED, app exited 3 (EssentialContainerExited: Essential container \
             in task exited)"
        ]
    );
}

#[test]
fn an_instance_is_told_with_its_cluster() {
    let ctx = world();
    let begin = from_now(&ctx);
    ctx.put(a_node("c", "n1"));
    let events = read(&ctx, &begin);
    let json = told(&events[0]);
    let head = r#"{"version":"0","detail-type":"ECS Container Instance State Change","source":"aws.ecs","#;
    assert!(json.starts_with(head), "{json}");
    for part in [
        r#""resources":["arn:aws:ecs:us-east-1:000000000000:container-instance/c/n1"]"#,
        r#""agentConnected":true"#,
        r#""remainingResources":[{"name":"CPU","type":"INTEGER","#,
        r#""status":"ACTIVE""#,
        r#""clusterArn":"arn:aws:ecs:us-east-1:000000000000:cluster/c","updatedAt":"2026-01-01T00:00:00Z"}}"#,
    ] {
        assert!(json.contains(part), "{part} in {json}");
    }
    assert_eq!(events[0].line, "instance n1 ACTIVE, agent connected");
    // What ECS does not show of a node is no event.
    let mut same = a_node("c", "n1");
    same.given = Given(vec![1]);
    let begin = from_now(&ctx);
    ctx.put(same);
    assert!(read(&ctx, &begin).is_empty());
}

#[test]
fn services_and_deployments_are_told_as_aws_documents_them() {
    let ctx = world();
    let begin = from_now(&ctx);
    ctx.put(said(1, None, None));
    ctx.put(said(2, Some(("SERVICE_STEADY_STATE", "INFO")), None));
    let failure = Some(("SERVICE_TASK_PLACEMENT_FAILURE", "ERROR"));
    let why = About {
        reason: Some("RESOURCE:CPU".to_string()),
        nodes: vec!["n1".to_string()],
        providers: vec!["mine".to_string()],
        ..About::default()
    };
    ctx.put(said(3, failure, Some(why)));
    let set = About {
        desired: Some(2),
        task_sets: vec!["ecs-svc/9".to_string()],
        tasks: vec!["t1".to_string()],
        ..About::default()
    };
    ctx.put(said(4, Some(("SERVICE_DESIRED_COUNT_UPDATED", "INFO")), Some(set)));
    ctx.put(revision(RolloutState::InProgress));
    ctx.put(revision(RolloutState::InProgress));
    ctx.put(revision(RolloutState::Failed));
    let of = |revision: &str, reason: &str| About {
        deployment: Some(revision.to_string()),
        reason: Some(reason.to_string()),
        ..About::default()
    };
    let (new, old) = ("1234567890123456789", "2222222222222222222");
    // A way back that ends at once is one commit, and is told in its order all the same.
    let back = [
        said(
            5,
            Some(("SERVICE_DEPLOYMENT_FAILED", "ERROR")),
            Some(of(new, "it failed")),
        ),
        said(
            6,
            Some(("SERVICE_DEPLOYMENT_IN_PROGRESS", "INFO")),
            Some(of(old, "back")),
        ),
        said(
            7,
            Some(("SERVICE_DEPLOYMENT_COMPLETED", "INFO")),
            Some(of(old, "there")),
        ),
    ];
    let together = ctx.write(move |tx| {
        back.iter().for_each(|event| tx.put(event.clone()));
        Ok(())
    });
    block_on(together).expect("a store in memory takes it");
    ctx.put(ServiceRevision {
        id: "set".to_string(),
        task_set: Some("ecs-svc/9".to_string()),
        ..revision(RolloutState::InProgress)
    });
    let head = |kind: &str| {
        format!(
            "{{\"version\":\"0\",\"detail-type\":\"{kind}\",\"source\":\"aws.ecs\",\"account\":\"000000000000\",\
             \"time\":\"2026-01-01T00:00:00Z\",\"region\":\"us-east-1\",\
             \"resources\":[\"arn:aws:ecs:us-east-1:000000000000:service/c/web\"],\"detail\":"
        )
    };
    let cluster = r#""clusterArn":"arn:aws:ecs:us-east-1:000000000000:cluster/c""#;
    let action = |detail: &str| {
        let detail = detail.replace("CLUSTER", cluster);
        format!("{}{detail}}}", head("ECS Service Action"))
    };
    let deployment = |of: &str, level: &str, name: &str, reason: &str, at: &str| {
        format!(
            "{}{{\"deploymentId\":\"ecs-svc/{of}\",\"eventName\":\"{name}\",\"eventType\":\"{level}\",\
             \"reason\":\"{reason}\",\"updatedAt\":\"2026-01-01T00:00:00{at}Z\"}}}}",
            head("ECS Deployment State Change")
        )
    };
    let begins = format!("ECS deployment ecs-svc/{new} in progress.");
    let expected = [
        action(
            r#"{CLUSTER,"createdAt":"2026-01-01T00:00:00.695Z","eventName":"SERVICE_STEADY_STATE","eventType":"INFO"}"#,
        ),
        action(
            r#"{"capacityProviderArns":["arn:aws:ecs:us-east-1:000000000000:capacity-provider/mine"],CLUSTER,"containerInstanceArns":["arn:aws:ecs:us-east-1:000000000000:container-instance/c/n1"],"createdAt":"2026-01-01T00:00:00.695Z","eventName":"SERVICE_TASK_PLACEMENT_FAILURE","eventType":"ERROR","reason":"RESOURCE:CPU"}"#,
        ),
        action(
            r#"{CLUSTER,"createdAt":"2026-01-01T00:00:00.695Z","desiredCount":2,"eventName":"SERVICE_DESIRED_COUNT_UPDATED","eventType":"INFO","taskArns":["arn:aws:ecs:us-east-1:000000000000:task/c/t1"],"taskSetArns":["arn:aws:ecs:us-east-1:000000000000:task-set/c/web/ecs-svc/9"]}"#,
        ),
        deployment(new, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", &begins, ""),
        deployment(new, "ERROR", "SERVICE_DEPLOYMENT_FAILED", "it failed", ".695"),
        deployment(old, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", "back", ".695"),
        deployment(old, "INFO", "SERVICE_DEPLOYMENT_COMPLETED", "there", ".695"),
    ];
    let events = read(&ctx, &begin);
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
    let only = Wish {
        kinds: vec![Kind::named("deployment").expect("a kind")],
        ..begin.clone()
    };
    assert_eq!(read(&ctx, &only).len(), 4);
    let elsewhere = Wish {
        cluster: Some("other".to_string()),
        ..begin
    };
    let none = page(&ctx.world, &elsewhere).expect("a page");
    assert!(none.events.is_empty() && !none.more);
    assert_eq!(
        none.cursor,
        since(&ctx.world, None),
        "who hears nothing gets on all the same"
    );
}

fn open(disk: &MemoryBackend, clock: &ManualClock) -> World {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let mut options = Options::new(Arc::clone(&clock));
    options.limits.ring_commits = 5;
    World {
        board: None,
        store: Store::open(disk.clone(), model::tables(), options).expect("it opens"),
        logs: Logs::memory(Arc::clone(&clock)),
        shelf: crate::common::Shelf::memory(),
        clock,
        dice: Arc::new(SeededDice::new(1)),
        scope: Scope::new("us-east-1", "000000000000"),
        since: START,
    }
}

/// Several tasks in one commit.
fn put_tasks(world: &World, round: u64, count: u64) {
    let write = world.store.write(move |tx| -> Result<(), store::StoreError> {
        for n in 0..count {
            let mut task = a_task("c", &format!("task-{n}"), TaskStatus::Pending);
            task.version = round;
            tx.put(task);
        }
        Ok(())
    });
    block_on(write).expect("written");
}

fn all(world: &World, after: Cursor, most: usize) -> Vec<Event> {
    let mut wish = Wish { most, ..wish(after) };
    let mut events = Vec::new();
    loop {
        let page = page(world, &wish).expect("a page");
        events.extend(page.events);
        wish.after = page.cursor;
        if !page.more {
            return events;
        }
    }
}

#[test]
fn a_cursor_goes_on_without_a_lost_or_doubled_event_also_after_a_crash() {
    let (disk, clock) = (MemoryBackend::new().with_small_files(), ManualClock::at(START));
    let before = open(&disk, &clock);
    let start = Cursor::after(Revision(0));
    for round in 1..40 {
        put_tasks(&before, round, 1 + round % 4);
    }
    let told = all(&before, start, 1000);
    let mut ids: Vec<String> = told.iter().map(|event| event.json[21..57].to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), told.len(), "no two events have one id");
    for most in [1, 3, 7] {
        assert_eq!(all(&before, start, most), told, "in pages of {most}");
    }
    drop(before);
    disk.crash(&SeededDice::new(5));
    let after = open(&disk, &clock);
    assert_eq!(all(&after, start, 2), told);
    for (n, event) in told.iter().enumerate().step_by(5) {
        assert_eq!(all(&after, event.cursor, 1000), told[n + 1..]);
        let id = event.json.split('"').nth(7).expect("an id");
        assert_eq!(parse(&after, id), Some(event.cursor), "an id is a cursor too");
    }
    let now = since(&after, None);
    assert!(all(&after, now, 10).is_empty());
    put_tasks(&after, 90, 2);
    assert_eq!(all(&after, now, 10).len(), 2);
    let ahead = page(&after, &wish(Cursor::after(Revision(1 << 30))));
    assert!(matches!(ahead, Err(Trouble::Ahead)));
}

#[test]
fn a_time_is_where_to_begin() {
    let (ctx, clock) = world_and_clock();
    ctx.put(a_task("c", "old", TaskStatus::Pending));
    clock.advance_millis(60_000);
    let at = clock.now();
    ctx.put(a_task("c", "new", TaskStatus::Pending));
    let wish = Wish {
        since: Some(at),
        ..wish(since(&ctx.world, Some(at)))
    };
    let lines: Vec<String> = read(&ctx, &wish).into_iter().map(|event| event.line).collect();
    assert_eq!(lines, ["task new web:1 PENDING"]);
}
