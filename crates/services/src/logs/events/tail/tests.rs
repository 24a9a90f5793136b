//! Sessions on a log store in memory, with a clock that jumps to whatever is waited for.

use super::sample::{MAX_BYTES, MAX_EVENTS};
use super::*;
use crate::common::testing::{START, block_on, world};
use std::future::{Future, poll_fn};
use telemetry::{Append, Logs};

type Stream = logs::StartLiveTailResponseStream;

fn arn(group: &str) -> String {
    format!("arn:aws:logs:us-east-1:000000000000:log-group:{group}")
}

fn asked(groups: &[&str]) -> logs::StartLiveTailRequest {
    logs::StartLiveTailRequest {
        log_group_identifiers: Some(groups.iter().map(|group| arn(group)).collect()),
        ..Default::default()
    }
}

fn a_world(groups: &[&str]) -> Ctx {
    let ctx = world();
    for group in groups {
        let input = logs::CreateLogGroupRequest {
            log_group_name: Some(group.to_string()),
            ..Default::default()
        };
        let facts = logs::LOGS.operation("CreateLogGroup").expect("it is in the model");
        block_on(crate::logs::table().call(facts, ctx.clone(), Box::new(input))).expect("a new group");
    }
    ctx
}

async fn say(logs: &Logs, group: &str, stream: &str, message: &str) {
    let kept = logs.append(Append::line(group, stream, START, message)).await;
    kept.expect("memory takes it");
}

/// Time stands still while there is something to do, and jumps ahead when there is not.
fn timed<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(work)
}

async fn next(events: &mut Events) -> Option<Stream> {
    let event = poll_fn(|cx| events.poll_next(cx)).await?;
    Some(event.downcast_ref::<Stream>().expect("the stream's own shape").clone())
}

async fn update(events: &mut Events) -> logs::LiveTailSessionUpdate {
    next(events)
        .await
        .and_then(|event| event.session_update)
        .expect("an update")
}

fn messages(update: &logs::LiveTailSessionUpdate) -> Vec<String> {
    let results = update.session_results.iter().flatten();
    results.map(|event| event.message.clone().unwrap_or_default()).collect()
}

fn is_sampled(update: &logs::LiveTailSessionUpdate) -> bool {
    update
        .session_metadata
        .as_ref()
        .and_then(|metadata| metadata.sampled)
        .expect("it is always said")
}

#[test]
fn a_session_begins_and_tells_every_second_even_of_nothing() {
    let ctx = a_world(&["g", "h", "elsewhere"]);
    timed(async {
        say(&ctx.world.logs, "g", "s", "before").await;
        let (_, mut events) = run(ctx.clone(), asked(&["g", "h"])).await.expect("it starts");
        let start = next(&mut events)
            .await
            .and_then(|event| event.session_start)
            .expect("first of all");
        assert_eq!(start.log_group_identifiers, Some(vec![arn("g"), arn("h")]));
        assert_eq!(messages(&update(&mut events).await), Vec::<String>::new());
        for (group, message) in [("g", "one"), ("elsewhere", "not asked for"), ("h", "two")] {
            say(&ctx.world.logs, group, "s", message).await;
        }
        let told = update(&mut events).await;
        assert_eq!(messages(&told), ["one", "two"]);
        assert!(!is_sampled(&told));
        let first = &told.session_results.as_ref().unwrap()[0];
        assert_eq!(first.log_group_identifier, Some(arn("g")));
        assert_eq!(first.log_stream_name.as_deref(), Some("s"));
        assert_eq!(first.timestamp, Some(START.millis()));
    });
}

#[test]
fn streams_prefixes_and_patterns_choose() {
    let ctx = a_world(&["g"]);
    let all = [("web-1", "GET ok"), ("web-2", "GET bad"), ("job", "GET bad")];
    let wanted = |input: logs::StartLiveTailRequest| {
        timed(async {
            let (_, mut events) = run(ctx.clone(), input).await.expect("it starts");
            next(&mut events).await.expect("the start");
            for (stream, message) in all {
                say(&ctx.world.logs, "g", stream, message).await;
            }
            let told = update(&mut events).await;
            let streams = told.session_results.into_iter().flatten();
            streams
                .map(|event| event.log_stream_name.unwrap_or_default())
                .collect::<Vec<_>>()
        })
    };
    let some = |name: &str| Some(vec![name.to_string()]);
    let one = asked(&["g"]);
    assert_eq!(
        wanted(logs::StartLiveTailRequest {
            log_stream_names: some("job"),
            ..one.clone()
        }),
        ["job"]
    );
    let web = logs::StartLiveTailRequest {
        log_stream_name_prefixes: some("web-"),
        ..one.clone()
    };
    assert_eq!(wanted(web.clone()), ["web-1", "web-2"]);
    let pattern = Some("bad".to_string());
    assert_eq!(
        wanted(logs::StartLiveTailRequest {
            log_event_filter_pattern: pattern,
            ..web
        }),
        ["web-2"]
    );
}

#[test]
fn too_much_is_sampled_in_its_order_and_within_its_bytes() {
    let ctx = a_world(&["g"]);
    timed(async {
        let (_, mut events) = run(ctx.clone(), asked(&["g"])).await.expect("it starts");
        next(&mut events).await.expect("the start");
        // The session hears while it is listened to; so it must be asked in between.
        for i in 0..2000 {
            say(&ctx.world.logs, "g", "s", &format!("{i:04}")).await;
            let asked_early = poll_fn(|cx| std::task::Poll::Ready(events.poll_next(cx).is_ready())).await;
            assert!(!asked_early, "a second has not gone by");
        }
        let told = update(&mut events).await;
        assert!(is_sampled(&told));
        let heard = messages(&told);
        assert_eq!(heard.len(), MAX_EVENTS);
        assert!(heard.is_sorted(), "as they were said");
        assert!(heard.iter().any(|m| m.as_str() >= "1000"), "the late have a chance too");
        let long = "x".repeat(MAX_BYTES / 4);
        for _ in 0..9 {
            say(&ctx.world.logs, "g", "s", &long).await;
        }
        let told = update(&mut events).await;
        assert_eq!((messages(&told).len(), is_sampled(&told)), (4, true));
        assert!(!is_sampled(&update(&mut events).await), "the next one begins anew");
    });
}

#[test]
fn what_a_slow_client_misses_is_told() {
    let ctx = a_world(&["g"]);
    timed(async {
        let (_, mut events) = run(ctx.clone(), asked(&["g"])).await.expect("it starts");
        next(&mut events).await.expect("the start");
        for i in 0..1000 {
            say(&ctx.world.logs, "g", "s", &format!("{i:04}")).await;
        }
        let told = update(&mut events).await;
        assert!(is_sampled(&told), "the oldest were dropped");
        assert_eq!(messages(&told).last().map(String::as_str), Some("0999"));
    });
}

#[test]
fn after_three_hours_it_ends_with_the_reason() {
    let ctx = a_world(&["g"]);
    timed(async {
        let (_, mut events) = run(ctx.clone(), asked(&["g"])).await.expect("it starts");
        let began = Instant::now();
        let mut last = None;
        while let Some(event) = next(&mut events).await {
            last = Some(event);
        }
        assert!(last.and_then(|event| event.session_timeout_exception).is_some());
        assert_eq!(began.elapsed().as_secs(), LONGEST.as_secs());
    });
    assert_eq!(ctx.world.logs.listeners(), 0);
}

#[test]
fn what_is_refused() {
    let ctx = a_world(&["g", "h"]);
    let some = Some(vec!["s".to_string()]);
    let code = |input| match block_on(run(ctx.clone(), input)) {
        Ok(_) => panic!("it should be refused"),
        Err(fault) => fault.code.into_owned(),
    };
    let bad = "InvalidParameterException";
    let of = |identifier: &str| logs::StartLiveTailRequest {
        log_group_identifiers: Some(vec![identifier.to_string()]),
        ..Default::default()
    };
    assert_eq!(code(of("g")), bad, "a name is not an ARN");
    assert_eq!(code(of(&format!("{}:*", arn("g")))), bad);
    assert_eq!(code(asked(&["g", "nowhere"])), "ResourceNotFoundException");
    let both = asked(&["g"]);
    let both = logs::StartLiveTailRequest {
        log_stream_names: some.clone(),
        log_stream_name_prefixes: some.clone(),
        ..both
    };
    assert_eq!(code(both), bad);
    let two = logs::StartLiveTailRequest {
        log_stream_names: some,
        ..asked(&["g", "h"])
    };
    assert_eq!(code(two), bad);
    let pattern = Some("{ $.a".to_string());
    assert_eq!(
        code(logs::StartLiveTailRequest {
            log_event_filter_pattern: pattern,
            ..asked(&["g"])
        }),
        bad
    );
}

#[test]
fn there_are_only_so_many_sessions_and_one_that_ends_makes_room() {
    let ctx = a_world(&["g"]);
    let start = || block_on(run(ctx.clone(), asked(&["g"])));
    let mut open: Vec<Events> = (0..SESSIONS).map(|_| start().expect("there is room").1).collect();
    assert_eq!(
        start().map(|_| ()).expect_err("one too many").code,
        "LimitExceededException"
    );
    open.pop();
    start().map(|_| ()).expect("there is room again");
}
