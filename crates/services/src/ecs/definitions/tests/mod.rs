//! The operations together, on a store in memory; and what holds of any definition whatever.

mod properties;

use super::samples::*;
use super::{delete, deregister, describe, families, list, register};
use crate::common::Ctx;
use crate::common::testing::{START, block_on, world, world_and_clock};
use api::ecs;
use model::{Family, Task, TaskDefinition, TaskStatus};
use wire::Fault;

fn put(ctx: &Ctx, family: &str) -> ecs::TaskDefinition {
    let request = ecs::RegisterTaskDefinitionRequest {
        family: text(family),
        ..web()
    };
    answer(register::run(ctx.clone(), request))
        .task_definition
        .expect("what was registered is shown")
}

fn answer<T>(operation: impl Future<Output = Result<T, Fault>>) -> T {
    block_on(operation).unwrap_or_else(|fault| panic!("{fault}"))
}

#[track_caller]
fn refused<T>(operation: impl Future<Output = Result<T, Fault>>) -> (String, String) {
    match block_on(operation) {
        Ok(_) => panic!("this should be refused"),
        Err(fault) => (fault.code.into_owned(), fault.message),
    }
}

fn described(ctx: &Ctx, name: &str) -> Result<ecs::DescribeTaskDefinitionResponse, Fault> {
    block_on(describe::run(
        ctx.clone(),
        ecs::DescribeTaskDefinitionRequest {
            task_definition: text(name),
            include: None,
        },
    ))
}

fn status(ctx: &Ctx, name: &str) -> String {
    described(ctx, name)
        .expect("it is there")
        .task_definition
        .and_then(|d| d.status)
        .expect("a status is always shown")
}

fn deregistered(ctx: &Ctx, name: &str) -> ecs::TaskDefinition {
    let request = ecs::DeregisterTaskDefinitionRequest {
        task_definition: text(name),
    };
    answer(deregister::run(ctx.clone(), request))
        .task_definition
        .expect("what was deregistered is shown")
}

fn deleted(ctx: &Ctx, names: &[&str]) -> ecs::DeleteTaskDefinitionsResponse {
    let names = Some(names.iter().map(|name| name.to_string()).collect());
    answer(delete::run(
        ctx.clone(),
        ecs::DeleteTaskDefinitionsRequest {
            task_definitions: names,
        },
    ))
}

/// `web:1` of the ARNs.
fn short(arns: Option<Vec<String>>) -> Vec<String> {
    let arns = arns.expect("a list is always there");
    arns.iter()
        .map(|arn| arn.rsplit('/').next().unwrap_or_default().to_string())
        .collect()
}

fn listed(ctx: &Ctx, request: ecs::ListTaskDefinitionsRequest) -> Vec<String> {
    short(answer(list::run(ctx.clone(), request)).task_definition_arns)
}

fn active_revisions(ctx: &Ctx, family: &str) -> u32 {
    ctx.snapshot()
        .get::<Family>(&Family::key_of(family))
        .expect("the family is there")
        .active_revisions
}

#[test]
fn registering_counts_up_and_shows_what_was_made() {
    let ctx = world().as_caller("arn:aws:iam::000000000000:user/ann");
    let first = put(&ctx, "web");
    assert_eq!(
        first.task_definition_arn.as_deref(),
        Some("arn:aws:ecs:us-east-1:000000000000:task-definition/web:1")
    );
    assert_eq!((first.revision, first.status.as_deref()), (Some(1), Some("ACTIVE")));
    assert_eq!(
        first.registered_by.as_deref(),
        Some("arn:aws:iam::000000000000:user/ann")
    );
    assert_eq!(first.registered_at, Some(START));
    assert_eq!(
        first.compatibilities,
        Some(vec!["EXTERNAL".to_string(), "EC2".to_string()])
    );
    assert_eq!(first.requires_attributes, Some(Vec::new()));
    assert_eq!(put(&ctx, "web").revision, Some(2));
    assert_eq!(put(&ctx, "other").revision, Some(1));
    assert_eq!(active_revisions(&ctx, "web"), 2);
}

#[test]
fn what_is_described_is_what_registering_showed() {
    let ctx = world();
    let request = ecs::RegisterTaskDefinitionRequest {
        runtime_platform: Some(ecs::RuntimePlatform {
            cpu_architecture: None,
            operating_system_family: text("LINUX"),
        }),
        ..with(web(), |c| {
            c.command = Some(Vec::new());
            c.docker_labels = options(&[]);
            let pairs = [("awslogs-group", "g"), ("awslogs-region", "r")];
            c.log_configuration = Some(ecs::LogConfiguration {
                log_driver: text("awslogs"),
                options: options(&pairs),
                secret_options: Some(Vec::new()),
            });
        })
    };
    let given = request.container_definitions.as_ref().unwrap()[0].clone();
    let shown = answer(register::run(ctx.clone(), request)).task_definition.unwrap();
    assert_eq!(described(&ctx, "web:1").unwrap().task_definition.as_ref(), Some(&shown));
    let container = &shown.container_definitions.as_ref().unwrap()[0];
    assert_eq!(container.log_configuration, given.log_configuration);
    assert_eq!(container.command, Some(Vec::new()), "an empty list stays empty");
    assert_eq!(container.docker_labels, options(&[]));
    assert_eq!(container.entry_point, None, "and an absent one absent");
    assert_eq!(shown.runtime_platform.unwrap().cpu_architecture, None);
}

#[test]
fn tags_are_shown_to_who_asks() {
    let ctx = world();
    let tag = ecs::Tag {
        key: text("team"),
        value: text("a"),
    };
    let request = ecs::RegisterTaskDefinitionRequest {
        tags: Some(vec![tag.clone()]),
        ..web()
    };
    assert_eq!(
        answer(register::run(ctx.clone(), request)).tags,
        Some(vec![tag.clone()])
    );
    assert_eq!(described(&ctx, "web").unwrap().tags, None);
    let include = Some(vec!["TAGS".to_string()]);
    let request = ecs::DescribeTaskDefinitionRequest {
        task_definition: text("web"),
        include,
    };
    assert_eq!(
        answer(describe::run(ctx.clone(), request.clone())).tags,
        Some(vec![tag])
    );
    put(&ctx, "web");
    assert_eq!(
        answer(describe::run(ctx.clone(), request)).tags,
        Some(Vec::new()),
        "the newest revision has none"
    );
    let none = ecs::RegisterTaskDefinitionRequest {
        tags: Some(Vec::new()),
        ..web()
    };
    let expected = (
        "InvalidParameterException".to_string(),
        "Tags can not be empty.".to_string(),
    );
    assert_eq!(refused(register::run(ctx, none)), expected);
}

#[test]
fn a_refused_definition_leaves_nothing_behind() {
    let ctx = world();
    let request = with(web(), |c| c.image = None);
    assert_eq!(
        refused(register::run(ctx.clone(), request)).1,
        "Container.image should not be null or empty."
    );
    assert!(ctx.snapshot().get::<Family>(&Family::key_of("web")).is_none());
}

#[test]
fn a_definition_has_at_most_64_kib() {
    let long = with(web(), |c| c.command = Some(vec!["x".repeat(64 << 10)]));
    let (code, message) = refused(register::run(world(), long));
    assert_eq!(code, "ClientException");
    assert!(
        message.starts_with("Actual length: '") && message.ends_with("'. Max allowed length is '65536' bytes."),
        "{message}"
    );
    answer(register::run(
        world(),
        with(web(), |c| c.command = Some(vec!["x".repeat(60 << 10)])),
    ));
}

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

fn families_of(ctx: &Ctx, prefix: &str, status: Option<&str>) -> Vec<String> {
    let request = ecs::ListTaskDefinitionFamiliesRequest {
        family_prefix: text(prefix),
        status: status.map(str::to_string),
        ..Default::default()
    };
    answer(families::run(ctx.clone(), request)).families.unwrap()
}

#[test]
fn families_are_listed_by_prefix_and_status() {
    let ctx = world();
    for family in ["web", "web-2", "we", "api", "webshop", "x"] {
        put(&ctx, family);
    }
    deregistered(&ctx, "web-2:1");
    assert_eq!(
        families_of(&ctx, "", None),
        ["api", "we", "web", "web-2", "webshop", "x"]
    );
    assert_eq!(families_of(&ctx, "web", None), ["web", "web-2", "webshop"]);
    assert_eq!(families_of(&ctx, "web", Some("ACTIVE")), ["web", "webshop"]);
    assert_eq!(families_of(&ctx, "web", Some("INACTIVE")), ["web-2"]);
    assert_eq!(families_of(&ctx, "y", Some("ALL")), Vec::<String>::new());
    deleted(&ctx, &["web-2:1"]);
    assert_eq!(
        families_of(&ctx, "web-2", Some("INACTIVE")),
        ["web-2"],
        "listed until the last revision is gone"
    );
}

#[test]
fn pages_of_families_join_to_the_whole() {
    let ctx = world();
    let all: Vec<String> = (0..7).map(|i| format!("web{i}")).collect();
    all.iter().for_each(|family| drop(put(&ctx, family)));
    put(&ctx, "other");
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let request = ecs::ListTaskDefinitionFamiliesRequest {
            family_prefix: text("web"),
            max_results: Some(2),
            next_token: token,
            status: None,
        };
        let page = answer(families::run(ctx.clone(), request));
        seen.extend(page.families.unwrap());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}

#[test]
fn definitions_are_listed_by_family_and_number_both_ways() {
    let ctx = world();
    (0..11).for_each(|_| drop(put(&ctx, "web")));
    put(&ctx, "api");
    put(&ctx, "webshop");
    deregistered(&ctx, "web:2");
    let request = |family: Option<&str>, status: Option<&str>, sort: Option<&str>| ecs::ListTaskDefinitionsRequest {
        family_prefix: family.map(str::to_string),
        status: status.map(str::to_string),
        sort: sort.map(str::to_string),
        ..Default::default()
    };
    let all = [
        "api:1",
        "web:1",
        "web:3",
        "web:4",
        "web:5",
        "web:6",
        "web:7",
        "web:8",
        "web:9",
        "web:10",
        "web:11",
        "webshop:1",
    ];
    assert_eq!(
        listed(&ctx, request(None, None, None)),
        all,
        "revisions are numbers, not words"
    );
    let mut falling = all.map(str::to_string).to_vec();
    falling.reverse();
    assert_eq!(listed(&ctx, request(None, None, Some("DESC"))), falling);
    assert_eq!(
        listed(&ctx, request(Some("web"), None, None)),
        all[1..11],
        "the prefix is the whole family name"
    );
    assert_eq!(listed(&ctx, request(Some("web"), Some("INACTIVE"), None)), ["web:2"]);
    assert_eq!(listed(&ctx, request(Some("we"), None, None)), Vec::<String>::new());
    deleted(&ctx, &["web:2"]);
    assert_eq!(
        listed(&ctx, request(None, Some("DELETE_IN_PROGRESS"), Some("DESC"))),
        ["web:2"]
    );
}

#[test]
fn pages_of_definitions_join_to_the_whole_both_ways() {
    let ctx = world();
    for family in ["api", "web", "webshop"] {
        (0..5).for_each(|_| drop(put(&ctx, family)));
    }
    for (sort, family) in [
        ("ASC", None),
        ("DESC", None),
        ("ASC", Some("web")),
        ("DESC", Some("web")),
    ] {
        let request = |token, most| ecs::ListTaskDefinitionsRequest {
            family_prefix: family.map(str::to_string),
            sort: text(sort),
            next_token: token,
            max_results: most,
            status: None,
        };
        let whole = listed(&ctx, request(None, None));
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let page = answer(list::run(ctx.clone(), request(token, Some(2))));
            seen.extend(short(page.task_definition_arns));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole, "{sort} {family:?}");
    }
}

#[test]
fn odd_pages_are_refused() {
    let ctx = world();
    let request = |most, token: Option<&str>| ecs::ListTaskDefinitionsRequest {
        max_results: Some(most),
        next_token: token.map(str::to_string),
        ..Default::default()
    };
    for request in [request(0, None), request(101, None), request(1, Some("x"))] {
        assert_eq!(refused(list::run(ctx.clone(), request)).0, "InvalidParameterException");
    }
}

#[test]
fn racing_registrations_each_get_a_number() {
    let ctx = world();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let ctx = ctx.clone();
            std::thread::spawn(move || (0..25).map(|_| put(&ctx, "web").revision.unwrap()).collect::<Vec<_>>())
        })
        .collect();
    let mut numbers: Vec<i32> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
    assert_eq!(active_revisions(&ctx, "web"), 100);
    assert_eq!(model::invariants::check(&ctx.snapshot()), []);
}
