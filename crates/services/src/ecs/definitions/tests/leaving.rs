//! The way of a revision out: INACTIVE, DELETE_IN_PROGRESS, gone.

use super::*;

#[test]
fn a_family_means_its_newest_active_revision() {
    let ctx = world();
    for _ in 0..3 {
        put(&ctx, "web");
    }
    let newest = |ctx: &Ctx| described(ctx, "web").map(|r| r.task_definition.unwrap().revision.unwrap());
    assert_eq!(newest(&ctx), Ok(3));
    deregistered(&ctx, "web:3");
    assert_eq!(newest(&ctx), Ok(2));
    assert_eq!(status(&ctx, "web:3"), "INACTIVE");
    deregistered(&ctx, "web:1");
    deregistered(&ctx, "web:2");
    let fault = newest(&ctx).unwrap_err();
    assert_eq!(
        (&*fault.code, &*fault.message),
        ("ClientException", "Unable to describe task definition.")
    );
    assert!(described(&ctx, "web:4").is_err());
    assert!(described(&ctx, "other").is_err());
    assert!(described(&ctx, "web:first").is_err());
}

#[test]
fn deregistering_is_done_once_and_to_a_revision() {
    let (ctx, clock) = world_and_clock();
    put(&ctx, "web");
    clock.advance_millis(1500);
    let shown = deregistered(&ctx, "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1");
    assert_eq!(shown.status.as_deref(), Some("INACTIVE"));
    assert_eq!(shown.deregistered_at, Some(START.plus_millis(1500)));
    assert_eq!(active_revisions(&ctx, "web"), 0);
    let again = |name: &str| {
        let request = ecs::DeregisterTaskDefinitionRequest {
            task_definition: text(name),
        };
        refused(deregister::run(ctx.clone(), request)).1
    };
    assert_eq!(again("web:1"), "TaskDefinition is inactive");
    assert_eq!(again("web:2"), "Unable to describe task definition.");
    assert_eq!(again("web"), "Invalid revision number. Number: null");
    assert_eq!(active_revisions(&ctx, "web"), 0, "what was refused changed nothing");
}

#[test]
fn only_inactive_revisions_are_deleted() {
    let ctx = world();
    put(&ctx, "web");
    put(&ctx, "web");
    deregistered(&ctx, "web:2");
    let response = deleted(&ctx, &["web:1", "web:2", "web:9", "web", "a b:1"]);
    let shown = response.task_definitions.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].revision, shown[0].status.as_deref()),
        (Some(2), Some("DELETE_IN_PROGRESS"))
    );
    assert_eq!(shown[0].delete_requested_at, Some(START));
    let failures = response.failures.unwrap();
    let reasons: Vec<_> = failures
        .iter()
        .map(|f| (f.arn.as_deref().unwrap(), f.reason.as_deref().unwrap()))
        .collect();
    assert_eq!(reasons[0].0, "web:1");
    assert!(
        reasons[0]
            .1
            .starts_with("The specified task definition is still in ACTIVE status.")
    );
    assert!(
        reasons[1]
            .1
            .starts_with("The specified task definition does not exist.")
    );
    assert!(
        reasons[2]
            .1
            .starts_with("The specified task definition identifier is invalid.")
    );
    assert!(
        reasons[3]
            .1
            .starts_with("The specified task definition identifier is invalid.")
    );
    assert_eq!(
        deleted(&ctx, &["web:2"]).task_definitions.unwrap().len(),
        1,
        "asked again, it is shown as it is"
    );
    let request = ecs::DeregisterTaskDefinitionRequest {
        task_definition: text("web:2"),
    };
    let (_, message) = refused(deregister::run(ctx.clone(), request));
    assert_eq!(
        message,
        "The specified task definition is in the process of being deleted."
    );
    for count in [0, 11] {
        let names = Some(vec!["web:1".to_string(); count]);
        let request = ecs::DeleteTaskDefinitionsRequest {
            task_definitions: names,
        };
        assert_eq!(
            refused(delete::run(ctx.clone(), request)).0,
            "InvalidParameterException"
        );
    }
}

#[test]
fn a_number_is_never_given_twice() {
    let ctx = world();
    put(&ctx, "web");
    deregistered(&ctx, "web:1");
    deleted(&ctx, &["web:1"]);
    vanish(&ctx, "web", 1);
    assert!(described(&ctx, "web:1").is_err());
    assert_eq!(families_of(&ctx, "", None), Vec::<String>::new());
    assert_eq!(put(&ctx, "web").revision, Some(2));
}

/// What the controller does in time.
fn vanish(ctx: &Ctx, family: &str, revision: u32) {
    let key = TaskDefinition::key_of(family, revision);
    answer(ctx.write(move |tx| {
        let record = tx.get::<TaskDefinition>(&key).expect("it is still there");
        assert!(record.may_vanish(tx));
        tx.delete::<TaskDefinition>(&key);
        Ok(())
    }));
}

#[test]
fn a_revision_stays_while_a_task_stands_on_it() {
    let ctx = world();
    put(&ctx, "web");
    let may = |ctx: &Ctx| {
        let snapshot = ctx.snapshot();
        let record = snapshot
            .get::<TaskDefinition>(&TaskDefinition::key_of("web", 1))
            .unwrap();
        record.may_vanish(&snapshot)
    };
    assert!(!may(&ctx), "nobody asked for it");
    deregistered(&ctx, "web:1");
    assert!(!may(&ctx), "INACTIVE ones stay");
    deleted(&ctx, &["web:1"]);
    assert!(may(&ctx));
    let run = |status| {
        ctx.put(Task {
            status,
            ..model::testing::task("t1")
        })
    };
    run(TaskStatus::Running);
    assert!(!may(&ctx));
    run(TaskStatus::Stopped);
    assert!(may(&ctx));
}
