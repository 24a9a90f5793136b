//! What registering makes and what it leaves alone.

use super::*;

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
