//! Groups, streams and events together, on stores in memory.

use super::*;
use crate::Services;
use crate::common::Ctx;
use crate::common::testing::{START, block_on, world, world_and_clock};
use api::logs as shapes;
use wire::Shape;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Calls an operation as the door does.
fn call<I: Shape, O: Shape + Clone>(ctx: &Ctx, operation: &str, input: I) -> Result<O, Fault> {
    let facts = logs::LOGS.operation(operation).expect("it is in the model");
    let services = Services::all(false);
    let output = block_on(services.call(&logs::LOGS, facts, ctx.clone(), Box::new(input)))?.output;
    Ok(output.downcast_ref::<O>().expect("the operation's own output").clone())
}

type Done = Result<wire::service::Empty, Fault>;

fn text(t: &str) -> Option<String> {
    Some(t.to_string())
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Fault>) -> (String, String) {
    let fault = result.expect_err("it is refused");
    (fault.code.into_owned(), fault.message)
}

fn make_group(ctx: &Ctx, name: &str) {
    let input = shapes::CreateLogGroupRequest {
        log_group_name: text(name),
        ..Default::default()
    };
    call::<_, wire::service::Empty>(ctx, "CreateLogGroup", input).expect("a new group");
}

fn make_stream(ctx: &Ctx, group: &str, stream: &str) -> Done {
    let input = shapes::CreateLogStreamRequest {
        log_group_name: text(group),
        log_stream_name: text(stream),
    };
    call(ctx, "CreateLogStream", input)
}

fn put(ctx: &Ctx, stream: &str, events: &[(i64, &str)]) -> Result<shapes::PutLogEventsResponse, Fault> {
    let event = |(at, message): &(i64, &str)| shapes::InputLogEvent {
        timestamp: Some(START.millis() + at),
        message: text(message),
    };
    let input = shapes::PutLogEventsRequest {
        log_group_name: text("g"),
        log_stream_name: text(stream),
        log_events: Some(events.iter().map(event).collect()),
        ..Default::default()
    };
    call(ctx, "PutLogEvents", input)
}

fn a_group(streams: &[&str]) -> Ctx {
    let ctx = world();
    fill(&ctx, streams);
    ctx
}

fn fill(ctx: &Ctx, streams: &[&str]) {
    make_group(ctx, "g");
    for stream in streams {
        make_stream(ctx, "g", stream).expect("a new stream");
    }
}

fn get(ctx: &Ctx, input: shapes::GetLogEventsRequest) -> shapes::GetLogEventsResponse {
    let input = shapes::GetLogEventsRequest {
        log_group_name: text("g"),
        log_stream_name: text("s"),
        ..input
    };
    call(ctx, "GetLogEvents", input).expect("a good request")
}

fn said(answer: &shapes::GetLogEventsResponse) -> Vec<&str> {
    let events = answer.events.as_deref().unwrap_or_default();
    events.iter().filter_map(|e| e.message.as_deref()).collect()
}

fn filter(ctx: &Ctx, input: shapes::FilterLogEventsRequest) -> Result<shapes::FilterLogEventsResponse, Fault> {
    let input = shapes::FilterLogEventsRequest {
        log_group_name: text("g"),
        ..input
    };
    call(ctx, "FilterLogEvents", input)
}

fn found(answer: &shapes::FilterLogEventsResponse) -> Vec<&str> {
    let events = answer.events.as_deref().unwrap_or_default();
    events.iter().filter_map(|e| e.message.as_deref()).collect()
}

#[test]
fn what_is_not_there_or_there_already_is_told_in_awss_words() {
    let ctx = a_group(&["s"]);
    let missing = "ResourceNotFoundException";
    let no_group = (
        missing.to_string(),
        "The specified log group does not exist.".to_string(),
    );
    let no_stream = (
        missing.to_string(),
        "The specified log stream does not exist.".to_string(),
    );
    assert_eq!(refusal(make_stream(&ctx, "h", "s")), no_group);
    assert_eq!(
        refusal(make_stream(&ctx, "g", "s")),
        (
            "ResourceAlreadyExistsException".to_string(),
            "The specified log stream already exists".to_string()
        )
    );
    assert_eq!(refusal(put(&ctx, "t", &[(0, "x")])), no_stream);
    let named = shapes::FilterLogEventsRequest {
        log_stream_names: Some(vec!["s".to_string(), "t".to_string()]),
        ..Default::default()
    };
    assert_eq!(refusal(filter(&ctx, named)), no_stream);
    let input = shapes::DeleteLogStreamRequest {
        log_group_name: text("g"),
        log_stream_name: text("t"),
    };
    assert_eq!(
        refusal(call::<_, wire::service::Empty>(&ctx, "DeleteLogStream", input)),
        no_stream
    );
}

#[test]
fn tokens_lead_forward_and_back_and_stay_at_the_ends() {
    let ctx = a_group(&["s"]);
    let nothing = get(&ctx, shapes::GetLogEventsRequest::default());
    assert_eq!(said(&nothing), Vec::<&str>::new());
    for i in 0..5 {
        put(&ctx, "s", &[(i, &i.to_string())]).expect("good events");
    }
    // A token from before there was anything leads to everything.
    let with = |token: &Option<String>, limit: i32| shapes::GetLogEventsRequest {
        next_token: token.clone(),
        limit: Some(limit),
        start_from_head: Some(true),
        ..Default::default()
    };
    assert_eq!(
        said(&get(&ctx, with(&nothing.next_forward_token, 10))),
        ["0", "1", "2", "3", "4"]
    );
    let last = get(
        &ctx,
        shapes::GetLogEventsRequest {
            limit: Some(2),
            ..Default::default()
        },
    );
    assert_eq!(said(&last), ["3", "4"]);
    let before = get(&ctx, with(&last.next_backward_token, 2));
    assert_eq!(said(&before), ["1", "2"]);
    assert_eq!(said(&get(&ctx, with(&before.next_forward_token, 2))), ["3", "4"]);
    let first = get(&ctx, with(&before.next_backward_token, 2));
    assert_eq!(said(&first), ["0"]);
    let end = get(&ctx, with(&first.next_backward_token, 2));
    assert_eq!(
        (said(&end).len(), &end.next_backward_token),
        (0, &first.next_backward_token)
    );
    assert_eq!(said(&get(&ctx, with(&end.next_forward_token, 1))), ["0"]);
    let end = get(&ctx, with(&last.next_forward_token, 2));
    assert_eq!(
        (said(&end).len(), &end.next_forward_token),
        (0, &last.next_forward_token)
    );
    assert_eq!(said(&get(&ctx, with(&end.next_backward_token, 1))), ["4"]);
    // What comes later is found by the same token.
    put(&ctx, "s", &[(9, "9")]).expect("a good event");
    assert_eq!(said(&get(&ctx, with(&end.next_forward_token, 2))), ["9"]);
}

#[test]
fn a_range_of_time_has_its_beginning_and_not_its_end_unless_it_is_filtered() {
    let ctx = a_group(&["s"]);
    put(&ctx, "s", &[(1, "1"), (2, "2"), (3, "3")]).expect("good events");
    let (start, end) = (Some(START.millis() + 2), Some(START.millis() + 3));
    let some = get(
        &ctx,
        shapes::GetLogEventsRequest {
            start_time: start,
            end_time: end,
            ..Default::default()
        },
    );
    assert_eq!(said(&some), ["2"]);
    let range = shapes::FilterLogEventsRequest {
        start_time: start,
        end_time: end,
        ..Default::default()
    };
    assert_eq!(found(&filter(&ctx, range).expect("a good request")), ["2", "3"]);
}

#[test]
fn streams_are_filtered_as_one_page_after_page() {
    let ctx = a_group(&["a1", "a2", "b"]);
    put(&ctx, "a1", &[(1, "ERROR one"), (4, "fine")]).expect("good events");
    put(&ctx, "a2", &[(2, "ERROR two"), (2, "fine")]).expect("good events");
    put(&ctx, "b", &[(1, "ERROR three"), (3, "{\"level\": \"ERROR\"}")]).expect("good events");
    let ask = |pattern: &str, prefix: Option<&str>, newest: bool| {
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            let input = shapes::FilterLogEventsRequest {
                filter_pattern: text(pattern),
                log_stream_name_prefix: prefix.map(str::to_string),
                limit: Some(1),
                start_from_head: newest.then_some(false),
                next_token: token,
                ..Default::default()
            };
            let answer = filter(&ctx, input).expect("a good request");
            all.extend(found(&answer).into_iter().map(str::to_string));
            token = answer.next_token;
            if token.is_none() {
                return all;
            }
        }
    };
    assert_eq!(
        ask("ERROR", None, false),
        ["ERROR one", "ERROR three", "ERROR two", "{\"level\": \"ERROR\"}"]
    );
    assert_eq!(ask("ERROR", Some("a"), true), ["ERROR two", "ERROR one"]);
    assert_eq!(ask("{ $.level = ERROR }", None, false), ["{\"level\": \"ERROR\"}"]);
    assert_eq!(ask("", Some("a2"), false), ["ERROR two", "fine"]);
    let bad = shapes::FilterLogEventsRequest {
        filter_pattern: text("{ $.a"),
        ..Default::default()
    };
    assert_eq!(refusal(filter(&ctx, bad)).0, "InvalidParameterException");
}

#[test]
fn a_batch_is_refused_as_a_whole_or_cut_by_age() {
    let ctx = a_group(&["s"]);
    let words = |events: &[(i64, &str)]| refusal(put(&ctx, "s", events)).1;
    assert_eq!(
        words(&[(2, "x"), (1, "y")]),
        "Log events in a single PutLogEvents request must be in chronological order."
    );
    assert_eq!(
        words(&[(-2 * DAY_MS, "x"), (-DAY_MS + 1, "y")]),
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
    );
    let half = "x".repeat(600_000);
    assert_eq!(
        words(&[(1, &half), (1, &half)]),
        "Upload too large: 1200052 bytes exceeds limit of 1048576"
    );
    let answer = put(&ctx, "s", &[(-20 * DAY_MS, "old"), (0, "good"), (DAY_MS, "new")]).expect("some are good");
    let info = answer.rejected_log_events_info.expect("some are not");
    assert_eq!(
        (info.too_old_log_event_end_index, info.too_new_log_event_start_index),
        (Some(1), Some(2))
    );
    assert_eq!(said(&get(&ctx, shapes::GetLogEventsRequest::default())), ["good"]);
}

#[test]
fn what_is_not_kept_any_more_is_not_seen() {
    let (ctx, clock) = world_and_clock();
    fill(&ctx, &["s"]);
    put(&ctx, "s", &[(0, "first")]).expect("a good event");
    let days = |days: i32| {
        let input = shapes::PutRetentionPolicyRequest {
            log_group_name: text("g"),
            retention_in_days: Some(days),
        };
        call::<_, wire::service::Empty>(&ctx, "PutRetentionPolicy", input)
    };
    assert_eq!(refusal(days(2)).0, "InvalidParameterException");
    days(3).expect("one of those that there are");
    clock.advance_millis(2 * DAY_MS);
    put(&ctx, "s", &[(2 * DAY_MS, "second")]).expect("a good event");
    assert_eq!(
        said(&get(&ctx, shapes::GetLogEventsRequest::default())),
        ["first", "second"]
    );
    clock.advance_millis(2 * DAY_MS);
    assert_eq!(said(&get(&ctx, shapes::GetLogEventsRequest::default())), ["second"]);
    assert_eq!(
        found(&filter(&ctx, Default::default()).expect("a good request")),
        ["second"]
    );
    assert_eq!(ctx.world.logs.bytes("g"), 11);
    forget(&ctx.world);
    assert_eq!(ctx.world.logs.bytes("g"), 6);
}

#[test]
fn a_group_takes_its_streams_with_it_and_what_a_crash_left_is_swept_away() {
    let ctx = a_group(&["s"]);
    put(&ctx, "s", &[(0, "x")]).expect("a good event");
    let protect = |on: bool| {
        let input = shapes::PutLogGroupDeletionProtectionRequest {
            log_group_identifier: text("arn:aws:logs:us-east-1:000000000000:log-group:g"),
            deletion_protection_enabled: Some(on),
        };
        call::<_, wire::service::Empty>(&ctx, "PutLogGroupDeletionProtection", input).expect("it is there");
    };
    let delete = || {
        let input = shapes::DeleteLogGroupRequest {
            log_group_name: text("g"),
        };
        call::<_, wire::service::Empty>(&ctx, "DeleteLogGroup", input)
    };
    protect(true);
    assert_eq!(refusal(delete()).0, "ValidationException");
    assert_eq!(ctx.world.logs.bytes("g"), 1);
    protect(false);
    delete().expect("it is there");
    assert_eq!(ctx.world.logs.groups().len(), 0);
    let left = telemetry::Append::line("gone", "s", START, "x");
    block_on(ctx.world.logs.append(left)).expect("memory takes it");
    block_on(sweep(&ctx.world)).expect("memory takes it");
    assert_eq!(ctx.world.logs.groups().len(), 0);
}

#[test]
fn streams_are_listed_by_name_or_time_up_or_down() {
    let ctx = a_group(&["a", "b", "c", "d"]);
    for (stream, at) in [("a", 30), ("b", 10), ("c", 20)] {
        put(&ctx, stream, &[(at, "x")]).expect("a good event");
    }
    let list = |by_time: bool, descending: bool, prefix: Option<&str>| {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let input = shapes::DescribeLogStreamsRequest {
                log_group_identifier: text("g"),
                order_by: by_time.then(|| "LastEventTime".to_string()),
                descending: Some(descending),
                log_stream_name_prefix: prefix.map(str::to_string),
                limit: Some(3),
                next_token: token,
                ..Default::default()
            };
            let answer: shapes::DescribeLogStreamsResponse =
                call(&ctx, "DescribeLogStreams", input).expect("a good request");
            names.extend(
                answer
                    .log_streams
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|s| s.log_stream_name),
            );
            token = answer.next_token;
            if token.is_none() {
                return names.concat();
            }
        }
    };
    assert_eq!(list(false, false, None), "abcd");
    assert_eq!(list(false, true, None), "dcba");
    assert_eq!(list(false, false, Some("b")), "b");
    // One without events stands where it was made.
    assert_eq!(list(true, false, None), "dbca");
    assert_eq!(list(true, true, None), "acbd");
}

#[test]
fn tags_come_by_name_and_by_arn() {
    let ctx = a_group(&[]);
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    let tag = |key: &str, value: &str| shapes::TagResourceRequest {
        resource_arn: text(arn),
        tags: Some([(key.to_string(), value.to_string())].into()),
    };
    call::<_, wire::service::Empty>(&ctx, "TagResource", tag("a", "1")).expect("it is there");
    let by_name = shapes::TagLogGroupRequest {
        log_group_name: text("g"),
        tags: Some([("b".to_string(), "2".to_string())].into()),
    };
    call::<_, wire::service::Empty>(&ctx, "TagLogGroup", by_name).expect("it is there");
    let untag = shapes::UntagResourceRequest {
        resource_arn: text(arn),
        tag_keys: Some(vec!["a".to_string()]),
    };
    call::<_, wire::service::Empty>(&ctx, "UntagResource", untag).expect("it is there");
    let input = shapes::ListTagsForResourceRequest {
        resource_arn: text(arn),
    };
    let listed: shapes::ListTagsForResourceResponse = call(&ctx, "ListTagsForResource", input).expect("it is there");
    assert_eq!(
        listed.tags.unwrap_or_default().into_iter().collect::<Vec<_>>(),
        [("b".to_string(), "2".to_string())]
    );
    let elsewhere = shapes::ListTagsForResourceRequest {
        resource_arn: text("arn:aws:logs:eu-west-1:000000000000:log-group:g"),
    };
    let refused = call::<_, shapes::ListTagsForResourceResponse>(&ctx, "ListTagsForResource", elsewhere);
    assert_eq!(refusal(refused).0, "ResourceNotFoundException");
}
